"""Every derivative: the two tables, what their functions are worth, and how they are written."""
