"""Endpoints as the service has them in, texts and files that are read back to the same out."""
