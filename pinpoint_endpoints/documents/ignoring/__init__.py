"""What a search leaves out: patterns of git and of the user."""
