"""Documents in, what an upsert of them would change in the stored endpoints out."""
