"""A derivation as a C library."""
