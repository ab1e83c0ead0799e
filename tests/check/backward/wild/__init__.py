"""Backward passes as other people write them."""
