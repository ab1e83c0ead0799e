"""Text to graph, and graph to text: expressions, explanations, formulas as data, the backward pass written out."""
