"""How the service merges an update into a stored endpoint."""
