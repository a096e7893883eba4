"""Pinpoint on this machine: the operations over a store, and thin adapters for its callers."""
