"""Is a backward pass that somebody wrote by hand right, and if not, where."""
