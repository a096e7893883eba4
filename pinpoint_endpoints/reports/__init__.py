"""Values in, text out: problems, outcomes and endpoints as table, text or JSON."""
