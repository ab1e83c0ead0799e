"""Terms as lines of code: brackets, names, folding, helpers. What is printed is run and held to the numbers."""

from __future__ import annotations

import keyword
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from microgradnn import Tensor, Value, abs, clip, derive, elu, gelu, leaky_relu, sigmoid, where
from microgradnn.check.strategies import Formula, programs, tensor_programs
from microgradnn.formulas.book import Book
from microgradnn.formulas.latex import latex
from microgradnn.formulas.listing import Listing
from microgradnn.formulas.spelling import LONGEST, Style
from microgradnn.formulas.terms import Term
from microgradnn.graph import OPS, topological
from microgradnn.programs.backends import compile
from microgradnn.rules import arrays, calculus

STYLES: list[Style] = ["numpy", "python"]


def lines_of(root: Term, style: Style = "numpy", **labels: Term) -> tuple[Listing, list[str]]:
    """The lines that compute a term, the last of which is J."""
    named = {term: name for name, term in labels.items()}
    listing = Listing({**named, root: named.get(root, "J")}, style, [*labels.values(), root])
    return listing, [str(line) for line in listing.forward([*labels.values(), root])]


def printed(form: Callable[..., Any], count: int = 3, style: Style = "numpy") -> str:
    """The right side of the one line that a form of variables x, y, z becomes, nothing being simplified."""
    book = Book(simplify=False)
    _, lines = lines_of(form(*[book.variable(name, ()) for name in "xyz"[:count]]), style)
    assert len(lines) == 1
    return lines[0].removeprefix("J = ")


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (lambda x, y, z: x + y + z, "x + y + z"),
        (lambda x, y, z: x + (y + z), "x + (y + z)"),
        (lambda x, y, z: x - (y - z), "x - (y - z)"),
        (lambda x, y, z: x - y - z, "x - y - z"),
        (lambda x, y, z: (x + y) * z, "(x + y) * z"),
        (lambda x, y, z: x / (y * z), "x / (y * z)"),
        (lambda x, y, z: x / y / z, "x / y / z"),
        (lambda x, y, z: x * (y / z), "x * (y / z)"),
        (lambda x, y, z: -(x + y) * z, "(-(x + y)) * z"),
        (lambda x, y, z: -x + y - -z, "-x + y - (-z)"),
        (lambda x, y, z: (-x) ** 2 + y + z, "(-x)**2 + y + z"),
        (lambda x, y, z: -(x**2) + y + z, "-x**2 + y + z"),
        (lambda x, y, z: (x**2) ** 3 + y + z, "(x**2)**3 + y + z"),
        (lambda x, y, z: x ** (y + z), "x**(y + z)"),
        (lambda x, y, z: (x * y) ** z, "(x * y)**z"),
        (lambda x, y, z: x**-2 + y + z, "x**(-2) + y + z"),
        (lambda x, y, z: x * -2 + y + z, "x * (-2) + y + z"),
        (lambda x, y, z: calculus.sin(x + y) * z, "np.sin(x + y) * z"),
        (lambda x, y, z: calculus.squared_error(x + y, z), "(x + y - z)**2 / 2"),
        (lambda x, y, z: calculus.dot([x, y], [y + z, z]), "x * (y + z) + y * z"),
        (lambda x, y, z: calculus.mean([x, y, z]), "(x + y + z) / 3"),
        (lambda x, y, z: calculus.prod([x + y, y, z]), "(x + y) * y * z"),
        (lambda x, y, z: calculus.step(x) * y + z, "y * (x > 0) + z"),
        (lambda x, y, z: calculus.where(calculus.step(x), y, z), "np.where(x > 0, y, z)"),
    ],
)
def test_brackets_stand_where_they_are_needed(form: Callable[..., Any], text: str) -> None:
    assert printed(form) == text
    numbers = {"x": 0.7, "y": -1.3, "z": 2.0, "np": np}
    if "**(y" not in text and ")**z" not in text:  # of a negative number
        expected = form(*[np.float64(numbers[name]) for name in "xyz"])  # type: ignore[arg-type]
        assert eval(text, {}, {**numbers}) == pytest.approx(expected, rel=1e-15)


def test_a_matrix_product_is_bracketed_as_a_product() -> None:
    book = Book()
    x, y, z = book.variable("x", (2, 3)), book.variable("y", (3, 2)), book.variable("z", (2, 2))

    assert lines_of((x @ y) @ z)[1] == ["J = x @ y @ z"]
    assert lines_of(z * (x @ y))[1] == ["J = z * (x @ y)"]
    assert lines_of((x + x) @ y)[1] == ["J = 2 * x @ y"]
    assert lines_of(arrays.swap(x @ y))[1] == ["J = (x @ y).T"]


# --- what is printed is what is meant -----------------------------------------------------------


def of_terms(program: Formula, *, simplify: bool) -> list[str]:
    """The lines of a formula."""
    book = Book(simplify=simplify)
    return lines_of(program(*[book.variable(f"x{i}", ()) for i in range(len(program.inputs))]))[1]


def run(output: Any, leaves: list[Any], **options: Any) -> Any:
    """The value of a formula as its printed lines compute it."""
    used = [x for x in leaves if x in topological(output)]
    namespace: dict[str, Any] = {}
    exec(derive(output, [], inputs=used, **options).value_source, namespace)
    with np.errstate(all="ignore"):
        return namespace["value"](*[x.data for x in used])


@pytest.mark.parametrize("style", STYLES)
@given(program=programs(), simplify=st.booleans())
def test_the_printed_lines_give_the_value_of_a_formula(style: Style, program: Formula, simplify: bool) -> None:
    leaves = [Value(x, f"x{i}") for i, x in enumerate(program.inputs)]
    output = program(*leaves)

    assert run(output, leaves, style=style, simplify=simplify) == pytest.approx(output.data, rel=1e-9, abs=1e-9)


@given(programs(rows=[*map(OPS.get, ("add", "mul", "sub", "div", "neg", "tanh", "sigmoid"))], most=20), st.booleans())  # type: ignore[list-item]
def test_a_line_is_not_too_long_and_nothing_is_computed_twice(program: Formula, simplify: bool) -> None:
    lines = of_terms(program, simplify=simplify)
    sides = [line.split(" = ", 1)[1] for line in lines]

    # Two folded parts, what stands between them, a function around them.
    assert all(len(side) <= 2 * LONGEST + len("sigmoid((-) * ())") for side in sides)
    assert len({*sides}) == len(sides)


@given(tensor_programs(most=6))
def test_the_printed_lines_give_the_value_of_a_formula_of_arrays(program: Formula) -> None:
    leaves = [Tensor(x, f"x{i}") for i, x in enumerate(program.inputs)]
    output = (program(*leaves) ** 2).sum()
    assert run(output, leaves) == pytest.approx(output.item(), rel=1e-9, abs=1e-9)


# --- lines --------------------------------------------------------------------------------------


def test_a_part_that_is_used_once_is_folded_in_and_one_that_is_used_twice_has_a_line() -> None:
    book = Book()
    x, y = book.variable("x", ()), book.variable("y", ())
    once, twice = x + y, calculus.tanh(x)

    assert lines_of(once * x)[1] == ["J = (x + y) * x"]
    assert lines_of(twice * y + twice)[1] == ["t1 = np.tanh(x)", "J = t1 * y + t1"]


def test_a_named_part_is_a_line() -> None:
    book = Book()
    x, y = book.variable("x", ()), book.variable("y", ())

    assert lines_of((x + y) * x, s=x + y)[1] == ["s = x + y", "J = s * x"]


def test_a_part_that_is_too_long_has_a_line() -> None:
    book = Book()
    x = book.variable("a_rather_long_name_for_a_variable", ())

    _, lines = lines_of((x * 3 + calculus.cos(x)) / 2 + 1)

    assert len(lines) == 2
    assert lines[-1] == "J = t1 / 2 + 1"


def test_what_reads_as_easily_as_a_name_is_written_where_it_is_used() -> None:
    book = Book()
    x, W = book.variable("x", ()), book.variable("W", (2, 2))

    assert lines_of((1 - x) * calculus.tanh(1 - x))[1] == ["J = (1 - x) * np.tanh(1 - x)"]
    assert lines_of(arrays.swap(W) @ W @ arrays.swap(W))[1] == ["J = W.T @ W @ W.T"]


@pytest.mark.parametrize("name", ["t1", "t2", "dt1"])
def test_an_input_may_have_the_name_that_a_fresh_one_would_have(name: str) -> None:
    x, y = Value(0.5, name), Value(2.0, "y")
    inner = x * y
    J = (inner * inner * sigmoid(x)).named("J")
    J.backward()

    result = compile(J, [x, y])()

    assert result.value == pytest.approx(J.data)
    assert [*result.gradients.values()] == pytest.approx([x.grad, y.grad])


# --- names --------------------------------------------------------------------------------------

NAMES = [
    "np",
    "math",
    "m",
    "J",
    "dJ",
    "x",
    "dx",
    "value",
    "lambda",
    "None",
    "_",
    "1",
    "z[1]",
    "W 1",
    "x'",
    "ŷ",
    "y_hat",
]
OF_HELPERS = ["sigmoid", "abs", "float", "where", "power", "gelu", "zero", "erfc", "sum", "type", "len"]
OTHERS = ["ﬁ", "µ", "ℵ", "self", "args", "named", "value_and_gradients", "print", "__import__"]


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("name", [*NAMES, *OF_HELPERS, *OTHERS])
def test_any_name_is_made_one_that_does_no_harm(name: str, style: Any) -> None:
    a, b = Value(0.5, name), Value(2.0, "b")
    J = (sigmoid(a) * b + where(a, abs(b), a) + a.relu() + b**1.5 + gelu(a) + a / b).named("J")
    J.backward()

    program = compile(J, [a, b], backend=style)
    result = program()

    assert all(x.isidentifier() and not keyword.iskeyword(x) for x in program.inputs)
    assert result.value == pytest.approx(J.data)
    assert [*result.gradients.values()] == pytest.approx([a.grad, b.grad])
    assert program(0.5, 2.0).value == result.value


@pytest.mark.parametrize("pair", [("x", "dx"), ("d", "dd"), ("z[1]", "z1"), ("ŷ", "y_hat"), ("µ", "μ"), ("x", "x")])
def test_two_names_do_not_become_one(pair: tuple[str, str]) -> None:
    a, b = Value(3.0, pair[0]), Value(2.0, pair[1])
    result = compile((a**2 * b).named("J"), [a, b])()

    assert [*result.gradients.values()] == [12.0, 9.0]


def test_names_with_an_index_lose_their_brackets() -> None:
    z, w = Value(1.0, "z[1]"), Value(2.0, "lambda")

    assert derive((z * w).named("J")).inputs == ("z1", "v_lambda")


# --- helpers ------------------------------------------------------------------------------------


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(
    "row",
    [op for op in calculus.__dict__.values() if getattr(op, "arity", 0) == 1 and op.name not in ("same", "zero")],
    ids=lambda op: str(op.name),
)
def test_every_row_of_one_argument_comes_with_what_it_needs(row: Any, style: Any) -> None:
    x = Value(1.5 if row.name == "acosh" else 0.4, "x")
    J = (row(x) * 2).named("J")
    J.backward()

    result = compile(J, [x], backend=style)()

    assert result.value == pytest.approx(J.data, rel=1e-14)
    assert result.gradients["x"] == pytest.approx(x.grad, rel=1e-14)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("x", [-0.7, 0.7])
@pytest.mark.parametrize(
    "form",
    {
        "elu": lambda x: elu(x, 1.3),
        "leaky_relu": lambda x: leaky_relu(x, 0.1),
        "clip": lambda x: clip(x, -0.5, 0.5),
        "cube": lambda x: x**3,
        "root": lambda x: (x * x) ** 0.5,
        "inverse": lambda x: x**-1,
    }.values(),
)
def test_rows_that_hold_numbers_come_with_what_they_need(form: Callable[..., Any], x: float, style: Any) -> None:
    node = Value(x, "x")
    J = (form(node) * 2).named("J")
    J.backward()

    result = compile(J, [node], backend=style)()

    assert result.value == pytest.approx(J.data, rel=1e-14)
    assert result.gradients["x"] == pytest.approx(node.grad, rel=1e-14)


def test_a_helper_that_is_not_used_is_left_out() -> None:
    x = Value(0.5, "x")

    assert derive(calculus.tanh(x)).source.startswith("import numpy as np\n\n\ndef value_and_gradients(x):")
    assert "def " not in derive(x * 2).source.split("def value_and_gradients", 1)[0]


def test_a_condition_is_a_number_where_it_is_subtracted_or_turned_round() -> None:
    x = Value(0.5, "x")
    J = calculus.relu(calculus.cos(x)).named("J")  # dx = −(cos x > 0) · sin x: NumPy has no minus for true and false
    J.backward()

    assert compile(J, [x])().gradients["x"] == pytest.approx(x.grad)


# --- numbers and LaTeX --------------------------------------------------------------------------


@pytest.mark.parametrize("number", [0.1, 1e-300, 2.5, 1e20, float("inf"), float("nan"), 1 / 3])
@pytest.mark.parametrize("style", STYLES)
def test_a_number_is_written_so_that_the_same_one_is_read(number: float, style: Any) -> None:
    book = Book()
    text = lines_of(book.variable("x", ()) / number, style)[1][0].removeprefix("J = ")

    read = eval(text.removeprefix("x / "), {"np": np, "math": math})
    assert read == number or (read != read and number != number)


def test_latex_has_the_letters_of_the_notes() -> None:
    book = Book()
    W, A, b = book.variable("W2", (1, 3)), book.variable("A1", (3, 4)), book.variable("b2", (1, 1))
    listing = Listing({W @ A + b: "Z2"}, "numpy", [W @ A + b])

    text = latex(listing.forward([W @ A + b]))

    assert text == "\\begin{aligned}\nZ_{2} &= W_{2}\\,A_{1} + b_{2}\n\\end{aligned}"


# --- plain Python that is quick -----------------------------------------------------------------


def test_in_plain_python_the_operand_of_relu_has_a_name_and_is_read_in_line() -> None:
    w, x = Value(2.0, "w"), Value(3.0, "x")

    derived = derive((w * x + 1).relu(), [w, x], style="python")

    assert str(derived).splitlines() == [
        "t1 = w * x + 1",
        "J = t1 if t1 > 0 or t1 != t1 else 0.0",
        "",
        "t2 = float(t1 > 0)",
        "dw = t2 * x",
        "dx = t2 * w",
    ]


@pytest.mark.parametrize("x", [2.0, -2.0, 0.0, -0.0, math.inf, -math.inf, math.nan])
def test_relu_in_line_is_relu(x: float) -> None:
    a = Value(1.0, "a")

    value = compile(a.relu() + 1.0, [a], backend="python")(x).value

    np.testing.assert_equal(value, (Value(x).relu() + 1.0).data)


def test_in_plain_python_a_square_of_a_name_is_a_product() -> None:
    a, b = Value(2.0, "a"), Value(3.0, "b")

    derived = derive(a**2 + (a + b) ** 2, [a], style="python")

    assert [str(line) for line in derived.forward] == ["t1 = a + b", "J = a * a + t1 * t1"]


def whole() -> list[tuple[Any, Any]]:
    """Formulas of one variable, and whether all that they give in plain Python are floats."""
    return [
        (lambda a: a * a, True),
        (lambda a: 3 * a, False),  # da = 3
        (lambda a: a + 1.5, False),  # da = 1
        (lambda a: a.relu() * 2.5, True),
        (lambda a: a.relu() * 2, False),  # da = 2 * (a > 0)
        (lambda a: where(a, a * a, 2.5), True),
        (lambda a: where(a, a * a, 2), False),
        (lambda a: where(a, 1, 2) * a, False),
        (lambda a: a.sin() / 3, True),
    ]


@pytest.mark.parametrize(("formula", "floats"), whole())
def test_it_is_known_whether_plain_python_gives_floats_throughout(formula: Any, floats: bool) -> None:
    a = Value(2.0, "a")
    derived = derive(formula(a), [a], style="python")

    assert derived.floats is floats
    for x in (2.0, 0.0, -2.0):
        value, gradients = compile(formula(a), [a], backend="python").function(x)
        if floats:
            assert [type(one) for one in (value, *gradients)] == [float, float]


# --- a step of descent --------------------------------------------------------------------------


@pytest.mark.parametrize("backend", ["python", "numpy"])
def test_a_step_is_the_gradients_and_one_line_more(backend: Any) -> None:
    a, b, x = (Value(n, name) for n, name in ((2.0, "a"), (1.0, "b"), (3.0, "x")))
    program = compile(((a * x + b).sigmoid() - x) ** 2, [b, a], inputs=[a, b, x], backend=backend)

    value, new = program.step(2.0, 1.0, 3.0, 0.1)

    expected = program(2.0, 1.0, 3.0)
    assert value == expected.value
    assert new == (1.0 - 0.1 * expected.gradients["b"], 2.0 - 0.1 * expected.gradients["a"])


def test_a_step_has_its_helpers_and_a_name_for_alpha_that_is_free() -> None:
    learning_rate = Value(0.5, "learning_rate")

    source = derive(learning_rate.softplus(), style="python").step_source

    assert "def step(learning_rate, alpha):" in source
    assert "return J, (learning_rate - alpha * dlearning_rate,)" in source
    assert source.index("def softplus") < source.index("def step")


def test_there_is_no_step_for_what_is_computed() -> None:
    a = Value(2.0, "a")
    b = (a * a).named("b")

    with pytest.raises(ValueError, match="a step changes inputs, and b is computed"):
        derive(b * a, [b, a]).step_source  # noqa: B018 (it is a property)
