"""Fix problems automatically: plan edits of the text, apply them, or show them as a diff."""
