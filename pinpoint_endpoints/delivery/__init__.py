"""Documents in, outcomes out: planned, sent in batches by several threads, kept in a journal."""
