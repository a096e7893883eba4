"""The bundled JSON Schema: loading, members, YAML types, export and file templates."""
