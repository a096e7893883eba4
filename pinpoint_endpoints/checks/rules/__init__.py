"""The rules that a schema cannot say: one function a rule, its docstring its documentation."""
