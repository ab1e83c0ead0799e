"""Layers as people write them by hand, each with a backward pass that is right, from the formulas.

A module's `CASES` has, by name, forward, backward and a function of a random generator that makes the inputs.
"""
