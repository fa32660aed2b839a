"""Findings of de-identified reports in the formats of other systems: FHIR R4 and DICOM structured reports."""
