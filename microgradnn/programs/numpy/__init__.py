"""A function of arrays, rewritten so that a replay makes no new arrays."""
