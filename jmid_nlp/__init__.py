"""Japanese radiology reports: de-identify, extract structured findings, align with image annotations."""

__version__ = "0.1.0"
