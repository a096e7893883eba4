"""Endpoints in, charts of the audience out."""
