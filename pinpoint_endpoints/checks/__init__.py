"""Check documents: the schema, the rules, and collisions between documents."""
