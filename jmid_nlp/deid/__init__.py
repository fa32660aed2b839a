"""De-identification: detection, policies, replacement, audit."""
