"""Every row in JavaScript, in Node and in a browser: the numbers of Python.

`python tests/programs/test_javascript.py` prints how many numbers were compared, and where they differ.
"""

from __future__ import annotations

import json
import math
import random
import shutil
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from microgradnn import Value, expression, operation
from microgradnn.formulas.derive import derive
from microgradnn.graph import OPS, Interval, Op
from microgradnn.rules import calculus
from tests.browser import Browser, browser  # noqa: F401, a fixture
from tests.programs.test_rows import places, same, swept

NODE = shutil.which("node")
ROWS = [op for op in OPS.values() if op.arity and hasattr(calculus, op.name)]


def inside(one: Interval, x: float) -> bool:
    """Whether a number is one of those an argument may be, its ends left out: there, what is on paper has no number."""
    return one.low < x < one.high and x != one.hole


def points(op: Op) -> list[tuple[float, ...]]:
    """Where a row is tried: at the awkward points that its domain has, and at random ones."""
    draw = random.Random(op.name)

    def some(one: Interval) -> float:
        low, high = max(one.low, -5.0), min(one.high, 5.0)
        return draw.uniform(low, high)

    awkward = [xs for xs in places(op) if all(map(inside, op.domain, xs))]
    return [*awkward, *(tuple(map(some, op.domain)) for _ in range(50))]


def sources(simplify: bool) -> dict[str, str]:
    """The derivation of each row."""
    found = {}
    for op in ROWS:
        leaves = [Value(1.0, name) for name in "xyz"[: len(op.partials)]]
        found[op.name] = derive(
            op(*leaves), leaves, inputs=leaves, name="row", style="javascript", simplify=simplify
        ).source
    return found


def program(simplify: bool) -> str:
    """A formula whose value is what each row gives at each of its points, numbers as text, since JSON has no NaN."""
    parts = []
    for name, source in sources(simplify).items():
        given = json.dumps([[repr(x) for x in xs] for xs in points(OPS[name])])
        numbers = given.replace("inf", "Infinity").replace("nan", "NaN")
        parts.append(f"{name}: (() => {{ {source}\nreturn {numbers}.map((xs) => row(...xs.map(Number)).flat()); }})()")
    text = "(_, x) => (Object.is(x, -0) ? '-0' : typeof x === 'number' ? String(x) : x)"
    return f"JSON.stringify({{ {', '.join(parts)} }}, {text})"


def in_node(formula: str) -> str:
    """What a formula is worth in Node."""
    code = f"process.stdout.write({formula})"
    return subprocess.run([str(NODE), "-"], input=code, capture_output=True, text=True, check=True, timeout=60).stdout


def differences(run: Callable[[str], str], *, simplify: bool) -> Iterator[str]:
    """What a row gives in JavaScript and not by a sweep."""
    found = json.loads(run(program(simplify)))
    for op in ROWS:
        for xs, got in zip(points(op), found[op.name], strict=True):
            for k, (x, want) in enumerate(zip(map(float, got), swept(op, xs), strict=True)):
                overflows = op.name == "cross_entropy" and 0 < xs[0] < 1e-300 and math.isinf(x)  # 1 / x does
                if not overflows and not same(op, xs, x, want, printed=k > 0):
                    yield f"{op.name}{xs}: {k} is {x!r} in JavaScript, {want!r} in Python"


@pytest.mark.skipif(NODE is None, reason="there is no Node")
@pytest.mark.parametrize("simplify", [True, False])
def test_a_row_gives_the_same_numbers_in_node(simplify: bool) -> None:
    assert list(differences(in_node, simplify=simplify)) == []


def test_a_row_gives_the_same_numbers_in_a_browser(browser: Browser) -> None:  # noqa: F811
    page = browser.new_page()

    assert list(differences(page.evaluate, simplify=True)) == []


def evaluated(output: Value, run: Callable[[str], str]) -> Any:
    """The value and the gradients of a graph in JavaScript, at its own numbers."""
    written = derive(output, style="javascript")
    call = f"{written.source}; JSON.stringify(value_and_gradients({', '.join(map(repr, written.defaults.values()))}))"
    return json.loads(run(f"eval({json.dumps(call)})"))


@pytest.mark.skipif(NODE is None, reason="there is no Node")
def test_what_takes_many_arguments_is_written_out() -> None:
    x = [Value(n, f"x{i}") for i, n in enumerate((0.5, -1.5, 2.0))]
    J = calculus.logsumexp(x) + calculus.mean(x) * calculus.prod(x) + calculus.dot(x, x[::-1]) + calculus.sum(x)
    J = J + calculus.maximum(x[0], x[1]).gelu() + x[2] ** 0.3
    J.backward()

    value, gradients = evaluated(J, in_node)

    assert value == pytest.approx(J.data, rel=1e-14)
    assert gradients == pytest.approx([one.grad for one in x], rel=1e-14)


@pytest.mark.skipif(NODE is None, reason="there is no Node")
@pytest.mark.parametrize(
    "names",
    [("new", "var", "let"), ("Math", "NaN", "Infinity"), ("elete", "o", "x"), ("J", "dJ", "sech"), ("é", "π", "x y")],
)
def test_any_name_may_stand_in_javascript(names: tuple[str, ...]) -> None:
    x, y, z = (Value(0.5 + i, name) for i, name in enumerate(names))
    J = (x.tanh() * y.exp() + z.erf() * x**y * math.inf**-1).named(names[0] + "J")
    J.backward()

    assert evaluated(J, in_node) == [pytest.approx(J.data), pytest.approx([x.grad, y.grad, z.grad])]


def test_the_lines_are_those_a_person_would_write() -> None:
    graph = expression("u = b*c; J = 3*(a + u)", {"a": 5, "b": 3, "c": 2})

    assert derive(graph.output, style="javascript").source.splitlines() == [
        "// J and its gradients by b, c, a, for the inputs b, c, a.",
        "function value_and_gradients(b, c, a) {",
        "  const u = b * c;",
        "  const J = 3 * (a + u);",
        "  const da = 3;",
        "  const du = 3;",
        "  const db = du * c;",
        "  const dc = du * b;",
        "  return [J, [db, dc, da]];",
        "}",
    ]


def test_an_operation_of_ones_own_has_no_javascript() -> None:
    def half(x: Any) -> Any:
        return x / 2

    with operation(half, lambda f, x: 0.5) as halved, pytest.raises(ValueError, match=r"javascript.*half"):
        derive(halved(Value(1.0, "x")), style="javascript")
