"""A derivative is a slope: nudge an input by 0.001 and see how far the output moves (D1, C8).

Prints, for J = 3(a + bc) at 5, 3, 2, what each nudge does to u, v and J, and beside the slope that
it gives the gradient that one backward sweep gives: 3, 6 and 9.
"""

from microgradnn import expression

TEXT = "u = b*c; v = a + u; J = 3*v"
POINT = {"a": 5.0, "b": 3.0, "c": 2.0}
NUDGE = 0.001

here = expression(TEXT, POINT)
here.output.backward()

print(f"at a, b, c = 5, 3, 2: J = {here.output.data:g}")
print("nudge             u        v        J      slope  gradient")
for name, x in POINT.items():
    there = expression(TEXT, POINT | {name: x + NUDGE})
    u, v, J = (there.names[node].data for node in "uvJ")
    slope = (J - here.output.data) / NUDGE
    print(f"{name} → {x + NUDGE:<9g} {u:8.3f} {v:8.3f} {J:8.3f} {slope:10.6f} {here.names[name].grad:9g}")
