"""Convert endpoints to the formats of other systems, with an account of what became of each."""
