"""The page on which J = 3(a + bc) is alive (course notes, D1): drag b, and every value and gradient follows.

Writes J.html. Prints the JavaScript that computes on the page, and what it gives where b is 4: J = 39, dJ/dc = 12.
"""

from microgradnn import Value, derive

a, b, c = Value(5, name="a"), Value(4, name="b"), Value(2, name="c")
u = (b * c).named("u")
v = (a + u).named("v")
J = (3 * v).named("J")
J.backward()

print("wrote", J.draw().save("J.html"))
print(derive(J, style="javascript").source)
print(f"b = {b.data:g}: J = {J.data:g}, dJ/da = {a.grad:g}, dJ/db = {b.grad:g}, dJ/dc = {c.grad:g}")
