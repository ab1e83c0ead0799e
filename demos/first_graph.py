"""J = 3(a + bc): the first graph of the course notes (D1), forward and backward.

Prints J = 33 and the gradients 3, 6, 9 of a, b, c, then the graph as a tree, and writes first_graph.svg.
"""

from microgradnn import Value

a, b, c = Value(5, name="a"), Value(3, name="b"), Value(2, name="c")
u = (b * c).named("u")
v = (a + u).named("v")
J = (3 * v).named("J")
J.backward()

print(f"J = {J.data:g}")
for x in (a, b, c, u, v):
    print(f"dJ/d{x.name} = {x.grad:g}")
print(J.draw().text())
print(f"wrote {J.draw().save('first_graph.svg')}")
