"""Documents in, problems out: the schema and what explains it."""
