"""Segments: which endpoints a definition of Amazon Pinpoint takes, and why."""
