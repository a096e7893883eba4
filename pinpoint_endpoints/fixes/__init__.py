"""Files and what is wrong in them in, files put right out: what is not broken keeps its bytes."""
