"""Bytes in, documents out: discovery, JSON, YAML, shapes and positions."""
