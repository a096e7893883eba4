"""The bundled schema: what it wants, says and prints."""
