"""J = 3(a + bc): the first graph of the course notes, forward and backward (D1, D2, D4).

Prints J = 33 and the gradients 3, 6, 9 of a, b, c, first from the graph and then by direct calculus, 3, 3c and 3b;
then the graph as a tree, and writes first_graph.svg.
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
print(f"directly: 3, 3c = {3 * c.data:g}, 3b = {3 * b.data:g}")
print(J.draw().text())
print(f"wrote {J.draw().save('first_graph.svg')}")
