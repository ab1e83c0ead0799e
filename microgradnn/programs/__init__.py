"""A graph run again: as NumPy, as plain Python, as C, by an interpreter that Numba compiles."""
