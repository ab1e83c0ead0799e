"""What a newcomer writes by mistake is answered with what to write instead."""

# mypy: disable-error-code="arg-type, attr-defined, call-arg, call-overload, list-item, misc, operator"
# (a type checker answers most of them too)

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import microgradnn as mg
from microgradnn import RankOneWarning, ShapeError, Tensor, Value, data, derive
from microgradnn.check import check_backward, check_gradients, check_training, gradcheck
from microgradnn.draw import draw
from microgradnn.graph.node import COMPILED
from microgradnn.nn import MLP, Adam, Network, Neuron, cosine, fit
from microgradnn.nn.losses import LOSSES
from microgradnn.programs.backends import BACKENDS, compile

V, T = Value(2.0, "a"), Tensor([[1.0, 2.0]], "T")
P = Tensor([[1.0]], "P", kind="parameter")
X = np.array([[0.5, -1.0, 2.0, 0.1, 0.2, 0.3]])
MASKED = np.ma.array([[1.0, 2.0]], mask=[[False, True]])
LABELS = [0, 1, 2, 0, 1, 2]

MISTAKES: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "a.gradient": (lambda: V.gradient, AttributeError, "a.grad"),
    "T.gradient": (lambda: T.gradient, AttributeError, "a.grad"),
    "a.sigmod()": (lambda: V.sigmod(), AttributeError, "did you mean a.sigmoid?"),
    "T.tranpose()": (lambda: T.tranpose(), AttributeError, "did you mean a.transpose?"),
    "a.Grad": (lambda: V.Grad, AttributeError, "did you mean a.grad?"),
    "a.qqq": (lambda: V.qqq, AttributeError, "a Value has no 'qqq'; dir()"),
    "if T > 0": (lambda: 1 if T > 0 else 0, ValueError, "where(T > 0, x, y)"),
    "0 < T < 3": (lambda: 0 < T < 3, ValueError, ".all() or .any()"),
    "max(T, T)": (lambda: max(T, T + 1), ValueError, ".all() or .any()"),
    "a^2": (lambda: V ^ 2, TypeError, "**"),
    "2^a": (lambda: 2 ^ V, TypeError, "**"),
    "T^2": (lambda: T ^ 2, TypeError, "**"),
    "round(a)": (lambda: round(V), TypeError, "round(a.item(), 2)"),
    "round(T, 2)": (lambda: round(T, 2), TypeError, "round(a.item(), 2)"),
    "f'{T:.2f}'": (lambda: f"{T:.2f}", TypeError, "is for one number"),
    "derive(function)": (lambda: derive(lambda x: x * x), TypeError, "microgradnn.grad(f)"),
    "derive([a])": (lambda: derive([V]), TypeError, "derive the sum"),
    "derive(network)": (lambda: derive(Network([1, 1])), TypeError, "derive(network.cost(X, Y))"),
    "derive(3.0)": (lambda: derive(3.0), TypeError, "takes a node"),
    "derive(J, a)": (lambda: derive(V * V, V), TypeError, "derive(J, [x])"),
    **{
        f"compile(function), {backend}": (
            lambda backend=backend: compile(lambda x: x * x, backend=backend),
            TypeError,
            "microgradnn.compiled(f)",
        )
        for backend in BACKENDS
    },
    "compile([a, b])": (lambda: compile([V, V * V]), TypeError, "compile the sum"),
    "Network(2, 3, 1)": (lambda: Network(2, 3, 1), TypeError, "Network([2, 3, 1])"),
    "Network(2)": (lambda: Network(2), TypeError, "one list"),
    "hidden=np.tanh": (lambda: Network([1, 2, 1], hidden=np.tanh), ValueError, "choose from"),
    "if T": (lambda: 1 if T else 0, ValueError, ".all()"),
    "Value([1, 2])": (lambda: Value([1, 2]), TypeError, "[Value(one) for one in x]"),
    "Value(t, (x,), (slope,))": (lambda: Value(1.0, (V,), (2.0,)), TypeError, "str"),
    "Value(array)": (lambda: Value(np.ones(2)), TypeError, "Tensor"),
    "Value('2')": (lambda: Value("2"), TypeError, "float(x)"),
    "labels of three classes": (lambda: Network([1, 3], output="softmax").fit(X, LABELS), ShapeError, "one_hot"),
    "labels of three classes for a sigmoid": (lambda: Network([1, 1]).fit(X, LABELS), ShapeError, "one_hot"),
    "labels as (m,)": (lambda: Network([1, 1]).cost(X, np.zeros(6)), ShapeError, "Y.reshape(1, -1)"),
    "labels as (m, 1)": (lambda: Network([1, 1]).cost(X, np.zeros((6, 1))), ShapeError, "Y.T"),
    "labels of -1": (lambda: Network([1, 1]).cost(X, [[-1, 1, 1, -1, 1, 1]]), ValueError, "(Y + 1) / 2"),
    "labels of -1 for a margin": (
        lambda: Network([1, 1], output="linear", loss="max_margin").cost(X, [[-1, 1, 1, -1, 1, 1]]),
        ValueError,
        "(Y + 1) / 2",
    ),
    "labels of 2": (lambda: Network([1, 1]).cost(X, [[0, 1, 2, 0, 1, 2]]), ValueError, "from 0 to 1; got 2 at Y[0, 2]"),
    "a.requires_grad": (lambda: V.requires_grad, AttributeError, "every leaf has a gradient"),
    "T.cpu()": (lambda: T.cpu(), AttributeError, "leave it out"),
    "a.mean()": (lambda: V.mean(), AttributeError, "it is one number"),
    "a.pow(2)": (lambda: V.pow(2), AttributeError, "write a ** b"),
    "a.zero_()": (lambda: V.zero_(), AttributeError, "write a.data = …"),
    "a.backprop()": (lambda: V.backprop(), AttributeError, "did you mean a.backward?"),
    "T[0] = 1": (lambda: T.__setitem__(0, 1), TypeError, "where(mask, x, T)"),
    "1 in T": (lambda: 1 in T, TypeError, "(T.data == x).any()"),
    "a @ a": (lambda: V @ V, TypeError, "microgradnn.dot(v, w)"),
    "a & a": (lambda: V & V, TypeError, "(a > 0) & (a < 3)"),
    "~T": (lambda: ~T, TypeError, "~(a > 0)"),
    "a + None": (lambda: V + None, TypeError, "got None (NoneType); a function without `return` gives None"),
    "'2' * a": (lambda: "2" * V, TypeError, "got '2' (str); write float(x)"),
    "a ** '2'": (lambda: V ** "2", TypeError, "got '2' (str); write float(x)"),
    "[1] * a": (lambda: [1] * V, TypeError, "[Value(one) for one in x]"),
    "a * 1j": (lambda: V * 1j, TypeError, "write x.real"),
    "a + a.relu": (lambda: V + V.relu, TypeError, "a function is called, as in f(x)"),
    "a * Fraction": (lambda: V * Fraction(1, 3), TypeError, "write float(x)"),
    "a < 'b'": (lambda: V < "b", TypeError, "got 'b' (str); write float(x)"),
    "a < None": (lambda: V < None, TypeError, "got None (NoneType)"),
    "T + 'b'": (lambda: T + "b", TypeError, "add: a Tensor is joined by numbers, arrays and Tensors; got 'b' (str)"),
    "tanh('a')": (
        lambda: mg.tanh("a"),
        TypeError,
        "tanh takes numbers, Values, Tensors and arrays of numbers; got 'a'",
    ),
    "sigmoid(None)": (lambda: mg.sigmoid(None), TypeError, "got None (NoneType)"),
    "relu([1, 2])": (lambda: mg.relu([1, 2]), TypeError, "[relu(one) for one in x]"),
    "tanh(texts)": (lambda: mg.tanh(np.array(["a"])), TypeError, "arrays of numbers; got array(['a']"),
    "sigmoid()": (lambda: mg.sigmoid(), TypeError, "sigmoid takes 1 argument, as in "),
    "sigmoid(1, 2)": (lambda: mg.sigmoid(1.0, 2.0), TypeError, "got 2"),
    "where(a, a)": (lambda: mg.where(V > 0, V), TypeError, "where takes 3 arguments"),
    "maximum(a)": (lambda: mg.maximum(V), TypeError, "maximum takes 2 arguments"),
    "maximum(a, a, a)": (lambda: mg.maximum(V, V, V), TypeError, "maximum takes 2 arguments"),
    "max(a, b)": (lambda: mg.max(V, V), TypeError, "max([a, b])"),
    "softmax(a)": (lambda: mg.softmax(V), TypeError, "an array is a Tensor"),
    "softmax(T, 'a')": (lambda: mg.softmax(T, axis="a"), TypeError, "an axis, a length and an index are whole numbers"),
    "sum('a')": (lambda: mg.sum("a"), TypeError, "sum takes numbers, Values, Tensors and arrays of numbers; got 'a'"),
    "ragged rows": (lambda: Tensor([[1, 2], [3]]), ShapeError, "rows of 2, 1"),
    "Value(np.ma.masked)": (lambda: Value(np.ma.masked), TypeError, "holds one real number"),
    "network.forward": (lambda: Network([1, 1]).forward, AttributeError, "write network(X)"),
    "network.state_dict()": (lambda: Network([1, 1]).state_dict(), AttributeError, "network.save(path)"),
    "network.layrs": (lambda: Network([1, 1]).layrs, AttributeError, "did you mean layers?"),
    "mlp.fit": (lambda: MLP(1, [1]).weights, AttributeError, "network.parameters()"),
    "optimiser.lr": (lambda: Adam([P]).lr, AttributeError, "optimiser.learning_rate"),
    "fit(epochs=)": (
        lambda: Network([1, 1]).fit(X, X > 0, epochs=3),
        TypeError,
        "takes no 'epochs'; write iterations=",
    ),
    "fit(optimizer=)": (lambda: Network([1, 1]).fit(X, X > 0, optimizer="adam"), TypeError, 'write optimiser="adam"'),
    "fit(optimiser=Adam)": (lambda: Network([1, 1]).fit(X, X > 0, optimiser=Adam), TypeError, "give its name"),
    "fit(iteratoins=)": (lambda: Network([1, 1]).fit(X, X > 0, iteratoins=3), TypeError, "write iterations"),
    "fit(network, X)": (lambda: Network([1, 1]).fit(X), TypeError, "without Y it takes batches"),
    "fit(X, Y, network)": (
        lambda: fit(X, X > 0, Network([1, 1])),
        TypeError,
        "fit trains a Network, as in network.fit",
    ),
    "fit(mlp, X, Y)": (lambda: fit(MLP(1, [1]), X, X > 0), TypeError, "docs/coming-from-micrograd.md"),
    "cost(l2=-1)": (
        lambda: Network([1, 1]).cost(X, X > 0, l2=-1),
        ValueError,
        "l2 is a number that is not negative; got -1",
    ),
    "cost(l2='a')": (lambda: Network([1, 1]).cost(X, X > 0, l2="a"), ValueError, "got 'a'"),
    "cost(loss=)": (lambda: Network([1, 1]).cost(X, X > 0, loss="mse"), TypeError, "where the network is made"),
    "Network(activation=)": (lambda: Network([1, 1], activation="relu"), TypeError, 'write hidden="relu"'),
    "Network(lr=)": (lambda: Network([1, 1], lr=0.1), TypeError, "where the network is trained"),
    "Network(seed='a')": (lambda: Network([1, 1], seed="a"), ValueError, "seed is a whole number"),
    "Network(['2', 1])": (lambda: Network(["2", 1]), ValueError, "got '2' inputs"),
    "MLP(2, 3)": (lambda: MLP(2, 3), TypeError, "MLP(2, [3, 1])"),
    "MLP([2, 3, 1])": (lambda: MLP([2, 3, 1]), TypeError, "missing a required argument: 'nouts'"),
    "MLP(activation=)": (lambda: MLP(2, [1], activation="tanh"), TypeError, 'activations=["tanh", "linear"]'),
    "MLP(2, [0])": (lambda: MLP(2, [0]), ValueError, "the number of neurons, is a whole number, at least 1; got 0"),
    "MLP('2', [1])": (
        lambda: MLP("2", [1]),
        ValueError,
        "the number of inputs, is a whole number, at least 0; got '2'",
    ),
    "Neuron(-1)": (lambda: Neuron(-1), ValueError, "got -1"),
    "Neuron(2)(1)": (lambda: Neuron(2)(1), TypeError, "takes a list of 2 numbers or Values; got 1"),
    "Adam(0.1)": (lambda: Adam(0.1), TypeError, "Adam(network.parameters(), 0.1); got 0.1"),
    "Adam(network)": (lambda: Adam(Network([1, 1])), TypeError, "takes the parameters, not what has them"),
    "Adam([a])": (lambda: Adam([V]), TypeError, "p.data -= 0.1 * p.grad"),
    "Adam(lr=)": (lambda: Adam([P], lr=0.1), TypeError, "takes no 'lr'; write learning_rate="),
    "Adam()": (lambda: Adam(), TypeError, "missing a required argument: 'parameters'"),
    "learning_rate='a'": (lambda: Adam([P], "a"), ValueError, "not negative; got 'a'"),
    "learning_rate=cosine": (lambda: Adam([P], cosine), TypeError, "nn.cosine(0.1, steps=100)"),
    "cosine(0.1)": (lambda: cosine(0.1), TypeError, "missing a required argument: 'steps'"),
    "derive(J, network)": (lambda: derive(V * V, Network([1, 1])), TypeError, "derive(J, network.parameters())"),
    "derive(J, [3])": (lambda: derive(V * V, [3]), TypeError, "got 3 in it"),
    "compile(J, 3)": (lambda: compile(V * V, 3), TypeError, "compile(J, [x]); got 3"),
    "grad(3)": (lambda: mg.grad(3), TypeError, "what is differentiated is a function of Values; got 3 (int)"),
    "grad(node)": (lambda: mg.grad(V * V), TypeError, "J.backward() gives the gradients"),
    "grad(f)()": (lambda: mg.grad(mg.tanh)(), TypeError, "call grad(f)(2.0)"),
    "grad(f, 5)": (lambda: mg.grad(mg.tanh, 5)(1.0), TypeError, "there is no argument 5 among 1"),
    "hessian(3)": (lambda: mg.hessian(3)([1.0]), TypeError, "a function of Values"),
    "jvp(f, 1, 1)": (lambda: mg.jvp(mg.tanh, 1.0, 1.0), TypeError, "jvp(f, (x, y), (1.0, 0.0)); got 1.0"),
    "gradcheck(3, 1)": (lambda: gradcheck(3, 1.0), TypeError, "a function of Values; got 3"),
    "gradcheck(f)": (lambda: gradcheck(mg.tanh), TypeError, "Give them: gradcheck(f, 2.0)"),
    "gradcheck(f, 'a')": (lambda: gradcheck(mg.tanh, "a"), TypeError, "got 'a' (str)"),
    "gradcheck(f, None)": (lambda: gradcheck(mg.tanh, None), TypeError, "got None (NoneType)"),
    "expression(3)": (lambda: mg.expression(3), TypeError, "an expression is text"),
    "expression(text, [1])": (lambda: mg.expression("x", [1]), TypeError, "a dict by name, {'x': 1.0}; got [1]"),
    "explain(3, a)": (lambda: mg.explain(3, V), TypeError, "explain takes a node, what a graph ends in; got 3"),
    "draw(most='a')": (lambda: (V * V).draw(most="a"), TypeError, "most is a whole number; got 'a'"),
    "@no_grad": (lambda: mg.no_grad(mg.tanh), TypeError, "brackets and all"),
    "grad(f, 0, 1)": (lambda: mg.grad(mg.tanh, 0, 1), TypeError, "grad(f, wrt): got 1 besides"),
    "explain(J)": (lambda: mg.explain(V), TypeError, "explain(root, source): missing a required argument: 'source'"),
    "vjp()": (lambda: mg.vjp(), TypeError, "missing a required argument: 'f'"),
    "stack(axs=)": (lambda: mg.stack([T], axs=1), TypeError, "stack takes no 'axs'; write axis"),
    "gradcheck(fst=)": (lambda: gradcheck(mg.tanh, 1.0, fst=True), TypeError, "takes no 'fst'; write fast"),
    "draw(J, 3)": (lambda: draw(V, 3), TypeError, "got 3 besides; what follows * is given by name"),
    "network.predict(X, Y)": (
        lambda: Network([1, 1]).predict(X, X),
        TypeError,
        "Network.predict(X): got array([[ 0.5",
    ),
    "step(0.1)": (lambda: Adam([P]).step(0.1), TypeError, "step(): got 0.1 besides"),
    "backward(3, 4)": (
        lambda: V.backward(3, 4),
        TypeError,
        "Value.backward(seed, *, create_graph, retain_graph): got",
    ),
    "derive(J, wrtt=)": (lambda: derive(V * V, wrtt=[V]), TypeError, "derive takes no 'wrtt'; write wrt"),
    "compile(J, backends=)": (lambda: mg.compile(V * V, backends="c"), TypeError, "takes no 'backends'; write backend"),
    "derive(f, x, notes=)": (
        lambda: mg.derive(lambda x: [x, x * x], 2.0, notes=True),
        TypeError,
        "returns more than one number takes no notes; choose from wrt, style, name",
    ),
    "a\\0.csv": (lambda: data.read_table("a\0.csv", "y"), ValueError, "no NUL"),
    "T.take(0.5)": (lambda: T.take(0.5), TypeError, "places along an axis are whole numbers; got 0.5"),
    "T.take('1')": (lambda: T.take("1"), TypeError, "places along an axis are whole numbers; got '1'"),
    "np.roll(T, 1.5)": (lambda: np.roll(T, 1.5), TypeError, "a shift is a whole number"),
    "np.repeat(T, 1.5)": (lambda: np.repeat(T, 1.5), TypeError, "repeats is a whole number"),
    "np.pad(T, 1.5)": (lambda: np.pad(T, 1.5), TypeError, "pad_width is a whole number"),
    "np.median(T, axis=0.5)": (lambda: np.median(T, axis=0.5), TypeError, "an axis is a whole number; got 0.5"),
    "stride=1.5": (lambda: mg.max_pool2d(X[None, None], 1, stride=1.5), TypeError, "is a whole number; got 1.5"),
    "einsum()": (lambda: mg.einsum(), TypeError, "einsum takes subscripts, then the arrays"),
    "draw(None)": (lambda: draw(None), TypeError, "draw takes a node, what a graph ends in; got None"),
    "sum(dim=1)": (lambda: T.sum(dim=1), TypeError, "Tensor.sum takes no 'dim'; write axis"),
    "sum(foo=1)": (lambda: T.sum(foo=1), TypeError, "Tensor.sum takes no 'foo'; choose from axis, keepdims"),
    "backward(gradient=1)": (lambda: V.backward(gradient=1.0), TypeError, "takes no 'gradient'; write seed"),
    "T.tanh(1)": (lambda: T.tanh(1), TypeError, "Tensor.tanh(): got 1 besides"),
    "named()": (lambda: V.named(), TypeError, "Value.named(name, *, scope): missing a required argument: 'name'"),
    "T[masked]": (lambda: T[np.ma.array([0, 1], mask=[0, 1])], TypeError, "an index has no mask"),
    "T[:, masked]": (lambda: T[:, np.ma.array([0, 1], mask=[0, 1])], TypeError, "an index has no mask"),
    "T[[masked]]": (lambda: T[[0, np.ma.masked]], TypeError, "an index has no mask"),
    "program(masked)": (lambda: mg.compile(V * V)(a=MASKED), TypeError, "masked numbers in a:"),
    "program(T=masked)": (lambda: mg.compile(T.sum())(T=MASKED), TypeError, "masked numbers in T:"),
    "gradcheck(f, masked)": (lambda: gradcheck(mg.sum, MASKED), TypeError, "got masked"),
    "gradcheck(grad=)": (lambda: gradcheck(np.sum, MASKED, grad=np.ones_like), TypeError, "masked numbers"),
    "check_backward(masked)": (lambda: check_backward(np.sum, np.ones_like, MASKED), TypeError, "masked numbers"),
    "split(masked)": (lambda: data.split(MASKED, [[0, 1]]), TypeError, "masked numbers in X:"),
    "one_hot(masked)": (lambda: data.one_hot(MASKED[0]), TypeError, "masked numbers in the labels:"),
    "conv2d(masked)": (lambda: mg.conv2d(MASKED[None, None], np.ones((1, 1, 1, 1))), TypeError, "masked numbers"),
    "split(X)": (lambda: data.split(X, tset=0.2), TypeError, "takes no 'tset'"),
    "labels of nan": (lambda: Network([1, 1]).cost(X, [[np.nan] * 6]), ValueError, "from 0 to 1; got nan"),
}
if not COMPILED:  # there the class itself has Python's words
    MISTAKES["Value.Data"] = (lambda: Value.Data, AttributeError, "a Value has no 'Data'; did you mean a.data?")


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_answered_with_what_to_write(mistake: str) -> None:
    call, kind, advice = MISTAKES[mistake]

    with pytest.raises(kind, match=re.escape(advice)):
        call()


@pytest.mark.parametrize("kind", [list, Tensor])
@pytest.mark.parametrize("loss", LOSSES)
def test_labels_in_a_column_beside_outputs_in_a_row_are_refused(loss: str, kind: Callable[[Any], Any]) -> None:
    a = Tensor(np.full((1, 3), 0.5))

    with pytest.raises(ShapeError, match=r"the labels have shape \(3, 1\) and the outputs \(1, 3\)"):
        LOSSES[loss](a, kind([[0.0], [1.0], [1.0]]))


@pytest.mark.parametrize("loss", sorted(set(LOSSES) - {"squared_error"}))
@pytest.mark.parametrize("kind", [np.array, Tensor])
def test_a_loss_refuses_labels_of_minus_one(loss: str, kind: Any) -> None:
    with pytest.raises(ValueError, match=r"from 0 to 1; got -1 at Y\[0, 1\]; write \(Y \+ 1\) / 2"):
        LOSSES[loss](Tensor(np.full((1, 3), 0.5)), kind([[1.0, -1.0, 1.0]]))


def test_a_format_and_an_activation_as_a_function_are_understood() -> None:
    assert (f"{V:.2f}", f"{V:8.1e}", f"{T.sum():.1f}") == ("2.00", " 2.0e+00", "3.0")
    assert f"{V}" == str(V)
    assert Network([2, 3, 3, 1], hidden=mg.tanh).activations == ["tanh", "tanh", "sigmoid"]
    assert Network([2, 3, 3, 1], hidden=[mg.tanh, "relu"], output=mg.sigmoid).activations == ["tanh", "relu", "sigmoid"]


@pytest.mark.parametrize(
    "call",
    [
        lambda: Tensor(np.ones((3, 2))) + np.ones(2),
        lambda: np.ones(2) * Tensor(np.ones((3, 2))),
        lambda: Tensor(np.ones((3, 1))) - np.ones(3),
        lambda: mg.maximum(np.ones(2), Tensor(np.ones((3, 2)))),
    ],
)
def test_an_array_of_rank_one_beside_rows_and_columns_is_warned_of(call: Callable[[], Any]) -> None:
    with pytest.warns(RankOneWarning, match=r"meets a Tensor of shape .*write x.reshape\(1, -1\)"):
        call()


@pytest.mark.parametrize(
    ("name", "meant"), [("gard", "grad"), ("dta", "data"), ("Grad", "grad"), ("nmae", "name"), ("labell", "label")]
)
def test_an_attribute_of_ones_own_that_is_nearly_one_of_ours_is_warned_of(name: str, meant: str) -> None:
    v = Value(2.0)
    assert not hasattr(v, name)
    with pytest.warns(UserWarning, match=f"'{name}' is set as an attribute of your own.*did you mean '{meant}'"):
        setattr(v, name, 3.0)

    assert (getattr(v, name), v.data, v.grad) == (3.0, 2.0, 0.0)
    assert getattr(copy.deepcopy(v), name) == 3.0
    assert name not in dir(Value(1.0))
    v.moment, v.grads, v.m = 1.0, [2.0], 0.5  # others are nobody's business


THINGS: list[Any] = [
    None,
    "abc",
    b"x",
    3.5,
    [],
    {},
    [[1, 2], [3]],
    np.zeros((0, 3)),
    np.array(["a", "b"]),
    np.array([None, 1]),
]
INSIDE = re.compile(  # how Python and NumPy say it
    r"object (is|has|of)|not supported|ambiguous|could not convert|inhomogeneous|float\(\) arg|os.PathLike object|unha"
)
OF_THINGS: dict[str, Callable[[Any], Any]] = {
    "loss": lambda x: check_gradients(x, [X], [X]),
    "arrays": lambda x: check_gradients(lambda: float(X.sum()), x, [X]),
    "examples": lambda x: check_training(Network([1, 1]), x, X > 0),
    "pictures": data.read_pictures,
    "folder": data.read_folder,
    "scaling": data.Scaling,
    "gate": data.gate,
    "points": data.discs,
    "features": lambda x: data.check_features(X, x),
    "shape": lambda x: data.unflatten(X, x),
    "labels": data.one_hot,
}


@pytest.mark.parametrize("call", OF_THINGS)
@pytest.mark.parametrize("thing", [*THINGS, V, T], ids=lambda x: repr(x)[:20])
def test_what_is_nothing_for_a_check_or_a_reader_is_answered_in_a_sentence(call: str, thing: Any) -> None:
    said = ""
    try:
        OF_THINGS[call](thing)
    except (TypeError, ValueError, OSError) as error:
        said = str(error)

    assert not INSIDE.search(said)
