"""The review page: one HTML file on which a person checks, before a release, what detection found and what it left in."""
