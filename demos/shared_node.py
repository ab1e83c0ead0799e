"""f = (a + b)c + (a + b)d: a node that is used twice gets the sum of both paths (D3).

Prints the two paths from f to a, 4 and 5, and their sum, 9; then 9, 9, 5, 5 for a, b, c, d.
An engine that overwrites a gradient where it should add would say 4 or 5. Writes shared_node.svg.
"""

from microgradnn import expression

graph = expression("f = (a + b)*c + (a + b)*d", {"a": 2, "b": 3, "c": 4, "d": 5})
f = graph.output
f.backward()

print(f"f = {f.data:g}")
print(f.explain(graph.names["a"]))
print("gradients:", *(f"{graph.names[name].grad:g}" for name in "abcd"))
print(f"wrote {f.draw().save('shared_node.svg')}")
