"""Readers and writers of image and text annotations, one module a format."""
