"""A graph as rows of numbers, and the interpreter that runs them."""
