"""The rules that a schema cannot express: one function each, whose docstring is its page."""
