"""Pinpoint on this machine: one implementation of the operations, and thin doors to it."""
