"""Every way that people call a backward pass, and give its gradients back."""

# ruff: noqa: N803
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

from collections import defaultdict
from types import CodeType, FunctionType
from typing import Any, cast

import numpy as np
import pytest

from microgradnn.check import BackwardReport, check_backward, check_gradients, check_layer
from microgradnn.check.backward.source import Scope, watch

rng = np.random.default_rng(0)
X, Y = rng.standard_normal((2, 6)), np.array([[1.0, 0, 1, 1, 0, 0]])
PARAMETERS = {
    "W1": rng.standard_normal((4, 2)),
    "b1": np.zeros((4, 1)),
    "W2": rng.standard_normal((1, 4)),
    "b2": np.zeros((1, 1)),
}
LINEAR = tuple(rng.standard_normal(shape) for shape in ((3, 4), (2, 3), (2, 1)))


def ok(report: BackwardReport) -> list[str]:
    """The names of the gradients of a report in which all is right."""
    assert report, str(report)
    return [entry.name for entry in report.entries]


# --- a network whose backward pass starts at the cost -------------------------------------------------


def forward(X, parameters):
    A1 = np.tanh(parameters["W1"] @ X + parameters["b1"])
    A2 = 1 / (1 + np.exp(-(parameters["W2"] @ A1 + parameters["b2"])))
    return A2, {"A1": A1, "A2": A2}


def cost(A2, Y):
    return -np.mean(Y * np.log(A2) + (1 - Y) * np.log(1 - A2))


def backward(parameters, cache, X, Y):
    m = X.shape[1]
    dZ2 = cache["A2"] - Y
    dZ1 = parameters["W2"].T @ dZ2 * (1 - cache["A1"] ** 2)
    return {
        "dW1": dZ1 @ X.T / m,
        "db1": np.sum(dZ1, axis=1, keepdims=True) / m,
        "dW2": dZ2 @ cache["A1"].T / m,
        "db2": np.sum(dZ2, axis=1, keepdims=True) / m,
    }


def step(parameters, cache, X, Y):
    for name, gradient in backward(parameters, cache, X, Y).items():
        parameters[name[1:]] -= 0.5 * gradient


def early_step(parameters, cache, X, Y):
    m = X.shape[1]
    dZ2 = cache["A2"] - Y
    parameters["b2"] -= 0.5 * np.sum(dZ2, axis=1, keepdims=True) / m
    parameters["W2"] -= 0.5 * dZ2 @ cache["A1"].T / m
    dZ1 = parameters["W2"].T @ dZ2 * (1 - cache["A1"] ** 2)
    parameters["W1"] -= 0.5 * dZ1 @ X.T / m
    parameters["b1"] -= 0.5 * np.sum(dZ1, axis=1, keepdims=True) / m


def test_arguments_are_found_by_their_names_and_a_loss_takes_the_labels() -> None:
    assert ok(check_backward(forward, backward, X, PARAMETERS, Y, loss=cost)) == ["W1", "b1", "W2", "b2"]


def test_call_says_how_and_loss_may_be_of_the_output_alone() -> None:
    report = check_backward(
        forward,
        backward,
        *(X, PARAMETERS),
        loss=lambda A2: cost(A2, Y),
        call=lambda out, cache: backward(PARAMETERS, cache, X, Y),
    )
    assert ok(report) == ["W1", "b1", "W2", "b2"]


def test_where_no_loss_is_written_the_one_that_fits_is_said() -> None:
    report = check_backward(forward, backward, X, PARAMETERS, call=lambda out, cache: backward(PARAMETERS, cache, X, Y))

    assert ok(report) == ["W1", "b1", "W2", "b2"]
    assert "taken to be J = −1/6 Σ y log ŷ + (1 − y) log(1 − ŷ), as the gradient fits" in report.notes[0]


def test_a_cost_that_stands_beside_the_pass_is_taken() -> None:
    report = check_backward(forward, backward, X, PARAMETERS, Y)

    assert ok(report) == ["W1", "b1", "W2", "b2"]
    assert report.notes[0] == "the cost is taken to be cost, which stands beside it; loss= says another"


def test_an_error_in_backward_is_told_with_its_line() -> None:
    def misspelt(parameters, cache, X, Y):
        dZ2 = cache["A2"] - Y
        return {"dW2": dZ2 @ cache["A1"].Tt, "db2": dZ2.sum(axis=1, keepdims=True)}

    def forgotten(parameters, cache, X, Y):
        backward(parameters, cache, X, Y)

    (finding,) = check_backward(forward, misspelt, X, PARAMETERS, Y, loss=cost).findings
    assert finding.text.startswith("backward stops with AttributeError")
    assert "cache['A1'].Tt" in finding.quoted.replace('"', "'")
    with pytest.raises(TypeError, match="backward returns None, and leaves no gradient in an attribute"):
        check_backward(forward, forgotten, X, PARAMETERS, Y, loss=cost)
    with pytest.raises((IndexError, TypeError)) as raised:
        check_backward(forward, backward, PARAMETERS, X, Y, loss=cost)
    assert "was given dict, an array of float64" in raised.value.__notes__[0]


def test_what_is_right_with_one_column_by_chance_is_no_finding() -> None:
    def dense(A_prev, W, b):
        Z = W @ A_prev + b
        return np.maximum(Z, 0), (A_prev, W, Z)

    def backward_of_dense(dA, cache):
        A_prev, W, _ = cache
        dZ = dA
        dZ[A_prev <= 0] = 0
        return W.T @ dZ, dZ @ A_prev.T, dZ.sum(axis=1, keepdims=True)

    for seed in range(4):
        r = np.random.default_rng(seed).standard_normal
        report = check_backward(dense, backward_of_dense, r((4, 6)), r((4, 4)), r((4, 1)))
        assert not report
        assert not any("<= 1" in finding.right for finding in report.findings)


def test_a_step_taken_inside_is_the_gradient_times_the_rate() -> None:
    before = {name: x.copy() for name, x in PARAMETERS.items()}
    report = check_backward(forward, step, X, PARAMETERS, Y, loss=cost, rate=0.5)

    assert ok(report) == ["W1", "b1", "W2", "b2"]
    assert "backward changes in place" in str(report)
    assert all(np.array_equal(x, before[name]) for name, x in PARAMETERS.items())


def test_weights_that_move_before_they_are_used_are_named() -> None:
    report = check_backward(forward, early_step, X, PARAMETERS, Y, loss=cost, rate=0.5)

    assert [entry.name for entry in report.entries if not entry.ok] == ["W1", "b1"]
    (finding,) = report.findings
    assert finding.kind in ("updated before use", "order")
    assert "W2" in finding.quoted


# --- one function for both ----------------------------------------------------------------------------


def logistic(theta, X, y):
    h = 1 / (1 + np.exp(-(X @ theta)))
    return -np.mean(y * np.log(h) + (1 - y) * np.log(1 - h)), X.T @ (h - y) / len(y)


def test_loss_and_gradients_in_either_order() -> None:
    inputs = rng.standard_normal(3), rng.standard_normal((5, 3)), np.array([0.0, 1, 1, 0, 1])

    assert ok(check_backward(logistic, *inputs)) == ["theta"]
    assert ok(check_backward(lambda theta, X, y: logistic(theta, X, y)[::-1], *inputs)) == ["theta"]


def deep(x, weights):
    outs = [x]
    for W in weights:
        outs.append(np.tanh(outs[-1] @ W))
    grads = [None] * len(weights)
    d = outs[-1]
    for i in reversed(range(len(weights))):
        d = d * (1 - outs[i + 1] ** 2)
        grads[i] = outs[i].T @ d
        d = d @ weights[i].T
    return 0.5 * np.sum(outs[-1] ** 2), grads


def test_a_list_of_gradients_for_a_list_of_weights() -> None:
    weights = [rng.standard_normal((3, 3)), rng.standard_normal((3, 3))]

    assert ok(check_backward(deep, rng.standard_normal((4, 3)), weights)) == ["weights[0]", "weights[1]"]


def test_a_flat_vector_for_several_arrays() -> None:
    def flat(dZ, cache):
        A, W, _ = cache
        return np.concatenate([(W.T @ dZ).ravel(), (dZ @ A.T).ravel(), np.sum(dZ, axis=1)])

    assert ok(check_backward(linear_forward, flat, *LINEAR)) == ["A_prev", "W", "b"]


# --- layers -------------------------------------------------------------------------------------------


def linear_forward(A_prev, W, b):
    return np.dot(W, A_prev) + b, (A_prev, W, b)


def course_backward(dZ, cache):
    A_prev, W, _ = cache
    m = A_prev.shape[1]
    dW = np.dot(dZ, A_prev.T) / m
    db = np.sum(dZ, axis=1, keepdims=True) / m
    dA_prev = np.dot(W.T, dZ)
    return dA_prev, dW, db


def half_convention(dZ, cache):
    dA_prev, dW, db = course_backward(dZ, cache)
    return dA_prev, dW, db * 4


def stops(dZ, cache):
    A_prev, W, _ = cache
    dW = np.dot(dZ, A_prev)
    db = np.sum(dZ, axis=1, keepdims=True)
    dA_prev = np.dot(W.T, dZ)
    return dA_prev, dW, db


def test_the_convention_of_the_course_is_not_called_wrong() -> None:
    report = check_backward(linear_forward, course_backward, *LINEAR)

    assert ok(report) == ["A_prev", "W", "b"]
    assert "dW and db are 1/4 of the derivative of this step alone" in report.notes[0]


def mean_square(Z):
    return 0.5 * np.sum(Z**2) / Z.shape[1]


def test_nor_is_it_where_the_loss_is_known() -> None:
    report = check_backward(linear_forward, course_backward, *LINEAR, loss=mean_square)

    assert ok(report) == ["A_prev", "W", "b"]
    assert "dW and db are 1/4 of the derivative of this step alone" in report.notes[0]
    assert not check_backward(linear_forward, half_convention, *LINEAR, loss=mean_square)


def test_dz_of_the_notes_is_without_its_mean() -> None:
    def entropy(Z, Y):
        A = 1 / (1 + np.exp(-Z))
        return -np.mean(Y * np.log(A) + (1 - Y) * np.log(1 - A)), A

    report = check_backward(entropy, lambda Y, A: A - Y, rng.standard_normal((1, 6)), Y)

    assert ok(report) == ["Z"]
    assert "dZ is 6 × the derivative of the cost: right if the cost is a mean over the 6 examples" in report.notes[0]
    assert not check_backward(entropy, lambda Y, A: 2 * (A - Y), rng.standard_normal((1, 6)), Y)
    assert not check_backward(lambda x, Y: entropy(x, Y), lambda Y, A: A - Y, rng.standard_normal((1, 6)), Y)


def test_half_of_the_convention_is() -> None:
    assert [e.name for e in check_backward(linear_forward, half_convention, *LINEAR).entries if not e.ok] == ["W"]


def test_a_pass_that_raises_is_wrong_and_the_line_is_named() -> None:
    report = check_backward(linear_forward, stops, *LINEAR)

    assert not report
    assert "backward stops with ValueError" in report.entries[0].text
    assert report.findings[0].right == "dW = np.dot(dZ, A_prev.T)"


class Linear:
    def __init__(self):
        self.W, self.b = rng.standard_normal((3, 3)), np.zeros((3, 1))

    def forward(self, x):
        self.x = x
        return self.W @ x + self.b

    def backward(self, dout):
        self.dW = dout @ self.x.T
        self.db = dout.sum(axis=1, keepdims=True)
        return self.W.T @ dout


class Forgot(Linear):
    def backward(self, dout):
        self.dW = dout @ self.x.T
        self.db = dout.sum(axis=1, keepdims=True)
        return self.W @ dout


def test_a_class_leaves_its_gradients_in_attributes() -> None:
    layer = Linear()

    assert set(ok(check_layer(layer, rng.standard_normal((3, 4))))) == {"W", "b", "x"}
    assert not hasattr(layer, "x")


def test_a_method_is_quoted_and_a_square_matrix_hides_no_transpose() -> None:
    report = check_layer(Forgot(), rng.standard_normal((3, 4)))

    assert [entry.name for entry in report.entries if not entry.ok] == ["x"]
    assert report.findings[0].right == "return self.W.T @ dout"


class Network:
    def __init__(self):
        self.W1, self.W2 = rng.standard_normal((2, 3)), rng.standard_normal((3, 1))

    def forward(self, X):
        self.hidden = 1 / (1 + np.exp(-(X @ self.W1)))
        return 1 / (1 + np.exp(-(self.hidden @ self.W2)))

    def backward(self, X, y, output):
        delta = (y - output) * output * (1 - output)
        hidden = (delta @ self.W2.T) * self.hidden * (1 - self.hidden)
        self.W1 += X.T @ hidden
        self.W2 += self.hidden.T @ delta


def test_a_network_that_takes_its_step_and_writes_no_loss() -> None:
    report = check_layer(Network(), rng.standard_normal((5, 2)), rng.random((5, 1)), rate=1.0)

    assert ok(report) == ["W1", "W2"]
    assert "½ Σ(ŷ − y)²" in report.notes[0]


# --- what the wild does -------------------------------------------------------------------------------


def dropout(x, keep):
    mask = np.random.rand(*x.shape) < keep
    return x * mask / keep, mask


def test_chance_inside_of_forward_is_seeded_and_leaves_no_trace() -> None:
    before = np.random.get_state(legacy=False)["state"]["key"].copy()

    assert ok(check_backward(dropout, lambda dout, mask: dout * mask / 0.5, rng.standard_normal((3, 4)), 0.5)) == ["x"]
    assert np.array_equal(before, np.random.get_state(legacy=False)["state"]["key"])


def softmax_forward(x, y):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return -np.log(p[range(len(y)), y]).mean(), p


def aliasing(x, y, p):
    d = p
    d[range(len(y)), y] -= 1
    return d / len(y)


def test_a_dict_that_makes_what_is_missing_gets_no_keys_from_us() -> None:
    seen: defaultdict[str, float] = defaultdict(float)
    rows = [np.arange(3.0)]

    def backward(dout, t):
        if dout is None:
            return seen["factor"]
        return rows[t - 1] * dout

    scopes: dict[tuple[CodeType, int], Scope] = {}
    with watch([cast(FunctionType, backward)], scopes):
        backward(2.0, 1)

    assert not seen
    assert any("rows[t - 1]" in scope for scope in scopes.values())


def test_integer_labels_stay_and_an_alias_is_told() -> None:
    report = check_backward(softmax_forward, aliasing, rng.standard_normal((4, 3)), np.array([0, 1, 1, 2]))

    assert ok(report) == ["x"]
    assert "backward changes in place: p" in report.notes


def test_float32_is_held_against_float64() -> None:
    assert ok(check_backward(linear_forward, course_backward, *(x.astype(np.float32) for x in LINEAR)))


@pytest.mark.parametrize("scale", [1e-8, 1e8])
def test_the_size_of_the_numbers_does_not_matter(scale: float) -> None:
    assert ok(check_backward(forward, backward, X * scale, PARAMETERS, Y, loss=cost))
    assert ok(check_backward(linear_forward, course_backward, *(scale * x for x in LINEAR)))


# --- anything else ------------------------------------------------------------------------------------

W, x = rng.standard_normal((3, 2)), rng.standard_normal((2, 4))


def loss() -> float:
    return float(0.5 * np.sum((W @ x) ** 2) + 0.1 * np.sum(W**2))


def test_given_gradients_are_held_against_a_loss_that_is_run_again() -> None:
    kept = W.copy()

    assert ok(check_gradients(loss, {"W": W}, {"dW": W @ x @ x.T + 0.2 * W})) == ["W"]
    assert ok(check_gradients(loss, [W], [W @ x @ x.T + 0.2 * W])) == ["W"]
    assert ok(check_gradients(loss, W, lambda: W @ x @ x.T + 0.2 * W)) == ["W"]
    assert np.array_equal(W, kept)


def test_a_forgotten_term_is_told_by_the_numbers_alone() -> None:
    assert "lacks a term: the difference is 0.2 × W" in str(check_gradients(loss, [W], [W @ x @ x.T]))


def test_what_cannot_be_called_says_what_to_give() -> None:
    with pytest.raises(TypeError, match="say how with call="):
        check_backward(linear_forward, lambda one, two, three, four, five, six: None, *LINEAR)
    with pytest.raises(TypeError, match="one function alone must return"):
        check_backward(lambda x: x * 2, np.ones(3))


def test_html_has_a_picture_of_each_array() -> None:
    report = check_backward(linear_forward, half_convention, *LINEAR)
    html = report._repr_html_()

    wrong = sum(not entry.ok for entry in report.entries)
    assert html.count('role="img"') == wrong > 0
    assert "#d55e00" in html or "#0072b2" in html
    assert "mistake 1 below" in html


@pytest.mark.parametrize("seed", [4, 7, 12, 111, 112])
def test_a_wide_layer_has_kinks_within_a_step_and_is_right(seed: int) -> None:
    def forward(x, y, w1, b1, w2, b2):
        z1 = w1 @ x + b1
        a1 = np.maximum(0, z1)
        z2 = w2 @ a1 + b2
        e = np.exp(z2 - z2.max(axis=0, keepdims=True))
        p = e / e.sum(axis=0, keepdims=True)
        return -np.sum(y * np.log(p)) / x.shape[1], (z1, a1, p)

    def backward(x, y, w1, b1, w2, b2, cache):
        z1, a1, p = cache
        dz2 = (p - y) / x.shape[1]
        dz1 = (w2.T @ dz2) * (z1 > 0)
        sums = [dz.sum(axis=1, keepdims=True) for dz in (dz1, dz2)]
        return {"dw1": dz1 @ x.T, "db1": sums[0], "dw2": dz2 @ a1.T, "db2": sums[1]}

    r = np.random.default_rng(seed)
    n, h, m = [(12, 150, 60), (5, 300, 40), (30, 100, 100)][seed % 3]
    x, y = r.random((n, m)), np.eye(10)[r.integers(0, 10, m)].T
    w1, w2 = r.standard_normal((h, n)) * 0.3, r.standard_normal((10, h)) * 0.1

    report = check_backward(forward, backward, x, y, w1, np.zeros((h, 1)), w2, np.zeros((10, 1)))

    assert report, str(report)


# --- contracts that people bring -----------------------------------------------------------------


class Context:
    saved_tensors: tuple[Any, ...] = ()

    def save_for_backward(self, *arrays):
        self.saved_tensors = arrays


class Times(Context):
    @staticmethod
    def forward(ctx, x, y):
        ctx.save_for_backward(x, y)
        return x * y

    @staticmethod
    def backward(ctx, grad_output):
        x, y = ctx.saved_tensors
        return y * grad_output, x * grad_output


class Dot(Context):
    def forward(ctx, x, w):  # noqa: N805
        ctx.save_for_backward(x, w)
        return x.dot(w)

    def backward(ctx, grad_output):  # noqa: N805
        x, w = ctx.saved_tensors
        return grad_output.dot(w.T), grad_output.T.dot(x).T


@pytest.mark.parametrize("layer", [Times, Times()])
def test_static_methods_are_handed_a_context(layer) -> None:
    assert ok(check_layer(layer, np.ones((2, 3)) + X[:, :3], X[:, 3:])) == ["x", "y"]


def test_expressions_that_are_returned_are_gradients_in_the_order_of_the_inputs() -> None:
    assert ok(check_layer(Dot(), X, X.T + 1)) == ["x", "w"]


class Model:
    def __init__(self):
        self.params = {"W": np.array([[0.3, -0.2], [0.1, 0.4]]), "b": np.array([0.1, 0.2])}

    def loss(self, X, y):
        scores = X @ self.params["W"] + self.params["b"]
        exped = np.exp(scores)
        p = exped / exped.sum(axis=1, keepdims=True)
        d = p.copy()
        d[np.arange(len(y)), y] -= 1
        d /= len(y)
        return -np.log(p[np.arange(len(y)), y]).mean(), {"W": X.T @ d, "b": d.sum(axis=0)}


def test_a_model_whose_loss_gives_the_gradients_too() -> None:
    assert ok(check_layer(Model(), X.T, np.array([0, 1, 1, 0, 1, 0]))) == ["W", "b"]


class ByLists:
    def __init__(self):
        r = np.random.default_rng(7).standard_normal
        self.lr, self.wih, self.who = 0.3, r((4, 3)), r((2, 4))

    def squash(self, z):
        return 1 / (1 + np.exp(-z))

    def query(self, inputs_list):
        inputs = np.array(inputs_list, ndmin=2).T
        return self.squash(self.who @ self.squash(self.wih @ inputs))

    def train(self, inputs_list, targets_list):
        inputs, targets = np.array(inputs_list, ndmin=2).T, np.array(targets_list, ndmin=2).T
        hidden = self.squash(self.wih @ inputs)
        final = self.squash(self.who @ hidden)
        errors = targets - final
        hidden_errors = np.dot(self.who.T, errors)
        self.who += self.lr * np.dot(errors * final * (1 - final), hidden.T)
        self.wih += self.lr * np.dot(hidden_errors * hidden * (1 - hidden), inputs.T)


def test_errors_that_are_sent_back_without_their_slope_are_named() -> None:
    report = check_layer(ByLists(), [0.5, -1.0, 0.3], [0.01, 0.99], rate=0.3)

    assert [entry.title for entry in report.entries if not entry.ok] == ["dwih"]
    (finding,) = report.findings
    assert finding.kind == "slope"
    assert finding.right == "hidden_errors = np.dot(self.who.T, errors * (final * (1 - final)))"


def test_what_a_small_number_in_the_logarithm_adds_is_no_mistake() -> None:
    T = np.eye(3)[[0, 1, 2, 0, 1, 2]]

    def probabilities(x, w):
        exped = np.exp(x @ w)
        return exped / exped.sum(axis=1, keepdims=True)

    def cost(x, w):
        return -np.sum(T * np.log(probabilities(x, w) + 1e-7)) / len(x)

    def backward(x, w):
        return {"w": x.T @ (probabilities(x, w) - T) / len(x)}

    def twice(x, w):
        return {"w": x.T @ (probabilities(x, w) - T) / len(x) * (1 + 1e-3)}

    w = np.array([[1.0, -2.0, 0.3], [0.5, 1.5, -3.0]])
    report = check_backward(cost, backward, X.T, w)

    assert ok(report) == ["w"]
    assert "what 1e-07 in the forward pass adds" in str(report)
    assert not check_backward(cost, twice, X.T, w)


def test_numbers_in_lists_and_integers_that_are_all_there_is_are_arrays() -> None:
    def backward(d, x, w):
        return np.dot(d, np.asarray(w).T), np.asarray(x).T.dot(d)

    assert ok(check_backward(lambda x, w: np.dot(x, w), backward, [[1.0, 2, 3]], [[1.0], [2], [3]])) == ["x", "w"]
    assert ok(check_backward(lambda x, w: np.dot(x, w), backward, np.array([[1, 2]]), np.array([[1], [2]]))) == [
        "x",
        "w",
    ]
    slopes = check_backward(
        lambda w, b: (w * 3 + b - 7) ** 2, lambda w, b: (6 * (w * 3 + b - 7), 2 * (w * 3 + b - 7)), 1, 2
    )
    assert ok(slopes) == ["w", "b"]


def test_gradients_that_are_yielded_are_read() -> None:
    def backward(d, x, w):
        yield d @ w.T
        yield x.T @ d

    assert ok(check_backward(lambda x, w: x @ w, backward, X.T, X[:, :3])) == ["x", "w"]


def test_arrays_of_other_libraries_and_functions_that_cannot_be_called_are_told() -> None:
    def by_keyword(x, *, w):
        return x @ w

    with pytest.raises(TypeError, match="lambda x, w: forward"):
        check_backward(by_keyword, lambda d, x, w: d, X.T, X)
    with pytest.raises(TypeError, match="no array of floating-point numbers"):
        check_backward(lambda x: x, lambda d: d, "text")
    with pytest.raises(TypeError, match="the loss gives no number"):
        check_backward(lambda x: x * 2, lambda d: d, X, loss=lambda out: out["loss"])
    torch = pytest.importorskip("torch")
    with pytest.raises(TypeError, match=r"x is torch.Tensor: give NumPy arrays"):
        check_backward(lambda x: x, lambda d: d, torch.ones(3))


# --- what is a parameter, a gradient, a cost --------------------------------------------------------


class Trained:
    """A network whose attributes keep what its last step computed."""

    def __init__(self, returns=False):
        r = np.random.default_rng(3).standard_normal
        self.W1, self.W2, self.returns = r((2, 3)), r((3, 1)), returns

    def forward(self, X):
        self.h = 1 / (1 + np.exp(-X @ self.W1))
        return self.h @ self.W2

    def backward(self, X, y, o):
        self.o_error = o - y
        self.h_error = self.o_error @ self.W2.T
        self.h_delta = self.h_error * self.h * (1 - self.h)
        self.W1 -= X.T @ self.h_delta
        self.W2 -= self.h.T @ self.o_error
        return float(0.5 * np.sum(self.o_error**2)) if self.returns else None


@pytest.mark.parametrize("returns", [False, True])
def test_what_a_step_left_behind_is_no_parameter_and_the_cost_it_returns_no_gradient(returns) -> None:
    net = Trained(returns)
    x, y = X.T, Y.T
    net.backward(x, y, net.forward(x))

    assert ok(check_layer(net, x, y, rate=1.0)) == ["W1", "W2"]


def test_of_a_loss_the_gradient_is_that_of_the_prediction_and_of_a_slope_that_of_each_number() -> None:
    def mse(y_true, y_pred):
        return np.mean((y_true - y_pred) ** 2)

    def mse_prime(y_true, y_pred):
        return 2 * (y_pred - y_true) / y_true.size

    assert ok(check_backward(mse, mse_prime, X, X + 1)) == ["y_pred"]
    assert ok(check_backward(np.tanh, lambda x: 1 - np.tanh(x) ** 2, X)) == ["x"]


@pytest.mark.parametrize("name", ["AL", "A2", "y_hat", "pred", "out"])
def test_a_prediction_that_backward_takes_is_the_output(name) -> None:
    space: dict[str, Any] = {"Y": Y, "np": np}
    exec(f"def back({name}, cache):\n    return {{'dW': ({name} - Y) @ cache[0].T / Y.size}}", space)

    def front(X, W):
        return 1 / (1 + np.exp(-W @ X)), (X, W)

    report = check_backward(front, space["back"], X, np.array([[0.3, -0.2]]), loss=lambda A: cost(A, Y))

    assert ok(report) == ["W"]


class Dense:
    def __init__(self):
        self.W, self.b = np.array([[0.3, -0.2], [0.1, 0.5]]), np.array([[0.1], [0.2]])

    def forward(self, x):
        self.x = x
        return self.W @ x + self.b

    def backward(self, d):
        self.dW = d @ self.x.T
        return self.W.T @ d


def test_a_gradient_that_was_forgotten_is_told() -> None:
    report = check_layer(Dense(), X)

    assert not report
    assert [entry.title for entry in report.entries if not entry.ok] == ["db"]
    assert "no gradient is given for db" in str(
        check_backward(lambda x, W, b: W @ x + b, lambda d, x, W: {"W": d @ x.T}, X, X @ X.T, X[:, :1])
    )


def test_a_gradient_that_differs_from_run_to_run_is_not_right() -> None:
    counts = iter(range(1000))

    def backward(d, x):
        return d * (1 + 1e-4 * next(counts))

    assert not check_backward(lambda x: x * 1, backward, X)


def test_lists_of_gradients_of_a_wrong_shape_are_told() -> None:
    def front(weights, x):
        return weights[1] @ (weights[0] @ x)

    def back(d, weights, x):
        return [(weights[1].T @ d @ x.T)[:, :1], d @ (weights[0] @ x).T]

    report = check_backward(front, back, [np.ones((3, 2)) + np.arange(2), np.ones((1, 3))], X)

    assert [entry.name for entry in report.entries if not entry.ok] == ["weights[0]"]


def test_a_branch_that_does_not_run_stops_no_diagnosis() -> None:
    def back(d, x):
        if d is None:
            for i in range(len(x) - 1):
                d = x[i]
        return d * (1 - np.tanh(x))

    (finding,) = check_backward(np.tanh, back, X).findings
    assert finding.right == "return d * (1 - np.tanh(x) ** 2)"
