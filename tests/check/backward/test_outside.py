"""Arrays that a pass reads without being given them, and calls whose parameters do not say what they are."""

# ruff: noqa: N803
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import numpy as np
import pytest

from microgradnn.check import BackwardReport, check_backward, check_layer

rng = np.random.default_rng(0)
U, V, bias = rng.standard_normal((4, 3)), rng.standard_normal((4, 4)), np.zeros((4, 1))
net = {"W": rng.standard_normal((2, 3))}
shift = 0.3
X, Y, LABELS = rng.standard_normal((3, 6)), rng.standard_normal((1, 6)), rng.standard_normal((2, 6))


def names(report: BackwardReport) -> list[str]:
    """The names of the gradients of a report in which all is right."""
    assert report, str(report)
    return [entry.name for entry in report.entries]


# --- parameters that are globals ----------------------------------------------------------------------


def recurrent(inputs, targets, before):
    hs, loss = {-1: before}, 0.0
    for t in range(len(inputs)):
        hs[t] = np.tanh(U[:, inputs[t] : inputs[t] + 1] + V @ hs[t - 1] + bias)
        loss += 0.5 * float((hs[t][targets[t]] ** 2).sum())
    dU, dV, dbias, carry = np.zeros_like(U), np.zeros_like(V), np.zeros_like(bias), np.zeros_like(before)
    for t in reversed(range(len(inputs))):
        dh = carry.copy()
        dh[targets[t]] += hs[t][targets[t]]
        dz = dh * (1 - hs[t] ** 2)
        dU[:, inputs[t] : inputs[t] + 1] += dz
        dV += dz @ hs[t - 1].T
        dbias += dz
        carry = V.T @ dz
    return loss, dU, dV, dbias, hs[len(inputs) - 1]


def test_globals_are_the_parameters_of_a_function_that_returns_their_gradients() -> None:
    before = U.copy(), V.copy(), bias.copy()

    report = check_backward(recurrent, None, [0, 2, 1], [3, 0, 2], np.zeros((4, 1)))

    assert sorted(names(report)) == ["U", "V", "bias"]
    assert all(np.array_equal(a, b) for a, b in zip(before, (U, V, bias), strict=True))


def doubled(inputs, targets, before):
    loss, dU, dV, dbias, state = recurrent(inputs, targets, before)
    return loss, dU, 2 * dV, dbias, state


def unnamed(inputs, targets, before):
    loss, dU, dV, dbias, state = recurrent(inputs, targets, before)
    return loss, dU, np.multiply(2, dV), dbias, state


def test_a_mistake_in_the_gradient_of_a_global_is_found_and_a_missing_one_told() -> None:
    report = check_backward(doubled, None, [0, 2, 1], [3, 0, 2], np.zeros((4, 1)))

    assert [entry.name for entry in report.entries if not entry.ok] == ["V"]
    report = check_backward(unnamed, None, [0, 2, 1], [3, 0, 2], np.zeros((4, 1)))
    assert "no gradient is given for dbefore, dV" in str(report)


def predict(X):
    return net["W"] @ X + shift


def learn(X, Y, A):
    global shift
    dZ = (A - Y) / X.shape[1]
    dW, dshift = dZ @ X.T, np.sum(dZ)
    net["W"] -= 0.1 * dW
    shift = shift - 0.1 * dshift


def test_a_step_on_globals_is_read_and_taken_back() -> None:
    before = net["W"].copy()

    report = check_backward(predict, learn, X, LABELS, rate=0.1)

    assert sorted(names(report)) == ["W", "shift"]
    assert shift == 0.3
    assert np.array_equal(net["W"], before)


# --- arrays that are given and read a second time -----------------------------------------------------


@pytest.mark.parametrize("decay", [0.0, 0.7])
def test_a_loss_that_reads_an_array_that_was_given_follows_it(decay: float) -> None:
    W, b = rng.standard_normal((1, 3)), np.zeros((1, 1))

    def back(out, cache):
        d = (out - Y) / Y.size
        return {"dW": d @ X.T + decay * cache[1], "db": d.sum(1, keepdims=True)}

    report = check_backward(
        lambda X, W, b: (W @ X + b, (X, W)),
        None,
        *(X, W, b),
        loss=lambda out: 0.5 * np.mean((out - Y) ** 2) + 0.35 * np.sum(W**2),
        call=lambda out, cache: back(out, cache),
    )

    assert bool(report) == (decay == 0.7)


class Dense:
    def __init__(self):
        self.W, self.b, self.lr = rng.standard_normal((3, 2)), 0.2, 0.05

    def forward(self, X):
        self.X = X
        return X @ self.W + self.b

    def backward(self, d):
        self.dW = self.X.T @ d + 0.02 * self.W
        self.db = d.sum()
        return d @ self.W.T

    def fit(self, X, Y):
        error = self.forward(X) - Y
        self.W -= self.lr * self.X.T @ error / len(X)
        self.b -= self.lr * error.sum() / len(X)
        return float((error**2).sum())


def test_a_loss_that_reads_the_parameters_of_a_layer_follows_them() -> None:
    layer = Dense()

    assert check_layer(layer, X.T, loss=lambda out: np.sum(out) + 0.01 * np.sum(layer.W**2))


def test_the_rate_of_a_step_is_that_of_the_object_and_numbers_are_moved_too() -> None:
    layer = Dense()

    assert names(check_backward(layer.forward, layer.fit, X.T, LABELS.T)) == ["W", "b"]


# --- what is which ------------------------------------------------------------------------------------


def test_whole_numbers_whose_gradients_are_given_are_parameters() -> None:
    def compute_cost(x, y, w, b):
        return np.sum((w * x + b - y) ** 2) / (2 * len(x))

    def compute_gradient(x, y, w, b):
        dj_dw, dj_db = np.mean((w * x + b - y) * x), np.mean(w * x + b - y)
        return dj_dw, dj_db

    assert names(check_backward(compute_cost, compute_gradient, X[0], Y[0], 200, 100)) == ["w", "b"]


def test_a_flat_gradient_is_that_of_the_array_of_its_shape() -> None:
    def cost(theta, weight, decay_, data):  # 5 numbers and 5 + 2 others
        g = data.T @ (data @ theta) + decay_ * theta
        return 0.5 * np.sum((data @ theta) ** 2) + 0.5 * decay_ * theta @ theta, g

    assert names(check_backward(cost, None, rng.standard_normal(5), 0.1, 0.2, X[:1, :5] * 1)) == ["theta"]


def test_the_cache_of_a_loss_is_the_last_that_forward_returns() -> None:
    def front(params, x):
        h = np.tanh(x @ params["W"])
        return h, {"h": h}

    def loss_fn(out, cache, x):
        return 0.5 * np.sum((out - x) ** 2) + np.sum(cache["h"])

    def back(params, x, out, cache):
        return {"W": x.T @ ((out - x + 1) * (1 - cache["h"] ** 2))}

    assert names(check_backward(front, back, {"W": 0.1 * V}, rng.standard_normal((5, 4)), loss=loss_fn)) == ["W"]


@pytest.mark.parametrize("name", ["a", "Z", "out", "scores"])
def test_what_comes_in_under_any_name_is_the_output_where_that_is_right(name: str) -> None:
    space: dict[str, object] = {"Y": Y}
    exec(f"def back({name}, cache):\n    return {{'dW': ({name} - Y) @ cache.T / Y.size}}", space)

    assert names(
        check_backward(
            lambda X, W: (W @ X, X), space["back"], X, np.ones((1, 3)), loss=lambda out: 0.5 * np.mean((out - Y) ** 2)
        )
    ) == ["W"]


def test_a_slope_of_the_output_is_told_from_one_of_the_input() -> None:
    assert check_backward(np.tanh, lambda a: 1 - a**2, X)
    assert check_backward(np.tanh, lambda x: 1 - np.tanh(x) ** 2, X)
    assert not check_backward(np.tanh, lambda a: 1 - a, X)


class CrossEntropy:
    def forward(self, y_pred, y_true):
        return -np.log(y_pred[range(len(y_pred)), y_true])

    def backward(self, dvalues, y_true):
        self.dinputs = -np.eye(len(dvalues[0]))[y_true] / dvalues / len(dvalues)


def test_a_loss_whose_backward_starts_from_the_predictions_is_called_with_them() -> None:
    p = rng.random((5, 3))

    assert names(check_layer(CrossEntropy(), p / p.sum(1, keepdims=True), np.array([0, 2, 1, 1, 0]))) == ["y_pred"]


def test_what_cannot_be_called_is_asked_for_and_not_called_wrong() -> None:
    def policy(eph, epdlogp):
        return {"W": np.dot(eph.T, epdlogp)}

    def front(x, W):
        return 1 / (1 + np.exp(-W @ x)), W @ x

    report = check_backward(front, policy, X[:, 0], rng.standard_normal(3))
    assert "backward(eph, epdlogp) was called with (" in str(report)
    with pytest.raises(TypeError, match="could not be called; say how with call="):
        check_backward(front, lambda eph, epx: {"W": eph.rewards}, X[:, 0], rng.standard_normal(3))
    assert check_backward(lambda x: (np.maximum(x, 0), x), lambda *args: args[0] * (args[1] > 0), X)


def test_the_function_that_forward_returns_goes_backward() -> None:
    def linear(X, W):
        def back(dY):
            dW = dY @ X.T
            dX = W.T @ dY
            return dX, dW

        return W @ X, back

    def squared(X, W):
        def back(dY):
            return W.T @ dY, 2 * dY @ X.T

        return W @ X, back

    assert names(check_backward(linear, None, X, U)) == ["X", "W"]
    assert [entry.name for entry in check_backward(squared, None, X, U).entries if not entry.ok] == ["W"]


def test_a_dict_with_the_loss_and_the_gradients_is_read() -> None:
    def both(W, x):
        return {"loss": 0.5 * np.sum((W @ x) ** 2), "grads": {"W": W @ x @ x.T}}

    assert names(check_backward(both, None, U, X)) == ["W"]


class TwoParts:
    """The arrays of `params` are those of the layers."""

    def __init__(self):
        self.params = {"W": rng.standard_normal((3, 2))}
        self.layers = [Dense()]
        self.layers[0].W = self.params["W"]

    def predict(self, x):
        return self.layers[0].forward(x)

    def loss(self, x, t):
        return 0.5 * np.sum((self.predict(x) - t) ** 2)

    def gradient(self, x, t):
        self.layers[0].forward(x)
        self.layers[0].backward(self.predict(x) - t)
        return {"W": self.layers[0].dW - 0.02 * self.params["W"]}


def test_arrays_that_are_kept_under_two_names_are_those_that_forward_reads() -> None:
    assert names(check_layer(TwoParts(), X.T, LABELS.T)) == ["W", "b"]


class Decayed(Dense):
    def __init__(self, l2):
        super().__init__()
        self.weight_regularizer_l2 = l2

    def backward(self, d):
        dx = super().backward(d)
        self.dW += 0.04 * self.W
        return dx


def test_the_slope_of_a_penalty_that_the_cost_of_the_network_has_is_said() -> None:
    report = check_layer(Decayed(0.03), X.T)

    assert report
    assert "dW is right if the cost has self.weight_regularizer_l2 · Σ W² besides" in str(report)
    assert not check_layer(Decayed(0.3), X.T)


class Linear:
    """As in a course: the cost and its gradients are methods that take the same."""

    def __init__(self):
        self.coef_, self.intercept_, self.learning_rate = 0.1 * np.ones(3), 0.2, 0.01

    def compute_cost(self, X, y, lam):
        return np.mean((X @ self.coef_ + self.intercept_ - y) ** 2) / 2 + lam * np.sum(self.coef_**2)

    def compute_gradients(self, X_batch, y_batch, lam):
        e = (X_batch @ self.coef_ + self.intercept_ - y_batch) / len(y_batch)
        return X_batch.T @ e + 2 * lam * self.coef_, e.sum()

    def evaluate(self, X):
        return X @ self.coef_ + self.intercept_


class Dense2:
    def __init__(self):
        self.W, self.b, self.learning_rate = rng.standard_normal((3, 2)), np.zeros(2), 0.1

    def forward(self, input):
        return input @ self.W + self.b

    def backward(self, input, grad_output):
        grad_input = grad_output @ self.W.T
        self.W = self.W - self.learning_rate * input.T @ grad_output
        self.b = self.b - self.learning_rate * grad_output.mean(axis=0)
        return grad_input


def test_methods_under_other_names_are_found() -> None:
    assert names(check_layer(Linear(), X.T, Y[0], 0.1)) == ["coef_", "intercept_"]


def test_a_step_beside_a_gradient_that_is_returned_is_checked_too() -> None:
    report = check_layer(Dense2(), X.T)

    assert [entry.name for entry in report.entries if not entry.ok] == ["b"]
    assert sorted(entry.name for entry in report.entries) == ["W", "b", "input"]


def activate(X, weights, biases):
    activations, inputs = [X], []
    for W, b in zip(weights, biases, strict=True):
        inputs.append(activations[-1] @ W + b)
        activations.append(np.tanh(inputs[-1]))
    return activations, inputs


def back_through(Y, activations, inputs, weights):
    delta = activations[-1] - Y
    grads_w, grads_b = [None, None], [None, None]
    for i in (1, 0):
        delta = delta * (1 - np.tanh(inputs[i]) ** 2)
        grads_w[i], grads_b[i] = activations[i].T @ delta, delta.sum(0)
        delta = delta @ weights[i].T
    return grads_w, grads_b


@pytest.mark.parametrize(
    "loss",
    [
        None,
        lambda out: 0.5 * np.sum((out[0][-1] - LABELS.T) ** 2),
        lambda A: 0.5 * np.sum((A - LABELS.T) ** 2),
    ],
)
def test_the_output_is_the_last_in_a_list_of_activations(loss) -> None:
    weights, biases = [rng.standard_normal((3, 4)), rng.standard_normal((4, 2))], [np.ones(4), np.ones(2)]

    report = check_backward(activate, back_through, X.T, weights, biases, LABELS.T, loss=loss)

    assert names(report) == ["weights[0]", "weights[1]", "biases[0]", "biases[1]"]


def test_a_cost_that_is_no_number_is_told() -> None:
    report = check_backward(lambda x: np.sum(np.log(x)), lambda x: 1 / x, -X)

    assert str(report).startswith("Nothing can be told of the backward pass here.")
    assert "the cost is nan" in str(report)


class Recurrent:
    def __init__(self):
        self.U, self.W, self.V = (0.5 * rng.standard_normal(shape) for shape in ((3, 4), (3, 3), (4, 3)))

    def forward_propagation(self, x):
        s, o = np.zeros((len(x) + 1, 3)), np.zeros((len(x), 4))
        for t in range(len(x)):
            s[t] = np.tanh(self.U[:, x[t]] + self.W @ s[t - 1])
            e = np.exp(self.V @ s[t])
            o[t] = e / e.sum()
        return [o, s]

    def calculate_loss(self, x, y):
        return -np.sum(np.log(self.forward_propagation(x)[0][range(len(y)), y]))

    def bptt(self, x, y):
        o, s = self.forward_propagation(x)
        dLdU, dLdW, dLdV, later = np.zeros((3, 4)), np.zeros((3, 3)), np.zeros((4, 3)), np.zeros(3)
        o[np.arange(len(y)), y] -= 1
        for t in reversed(range(len(y))):
            dLdV += np.outer(o[t], s[t])
            dz = (self.V.T @ o[t] + later) * (1 - s[t] ** 2)
            dLdU[:, x[t]] += dz
            dLdW += np.outer(dz, s[t - 1])
            later = self.W.T @ dz
        return [dLdU, dLdV, dLdW]


@pytest.mark.parametrize("form", ["layer", "pair", "lambda"])
def test_a_method_is_checked_whatever_its_forward_is_wrapped_in(form: str) -> None:
    net, x, y = Recurrent(), [0, 2, 1], [2, 1, 3]
    before = dict(vars(net))

    if form == "layer":
        report = check_layer(net, x, y)
    elif form == "pair":
        report = check_backward(net.forward_propagation, net.bptt, x, y)
    else:
        report = check_backward(lambda x, y: net.calculate_loss(x, y), net.bptt, x, y)

    assert sorted(names(report)) == ["U", "V", "W"]
    assert all(vars(net)[name] is x for name, x in before.items())


def test_the_output_that_a_loss_is_of_is_the_one_for_which_the_gradient_is_right() -> None:
    def front(x, W):
        z = W @ x
        return z, 1 / (1 + np.exp(-z))

    def back(x, z, a):
        return {"W": (a - (LABELS > 0)) @ x.T}

    def loss(out):
        return -np.sum(np.where(LABELS > 0, np.log(np.abs(out[1])), np.log(np.abs(1 - out[1]))))

    assert names(check_backward(front, back, X, rng.standard_normal((2, 3)), loss=loss)) == ["W"]


def test_labels_are_not_given_to_a_switch_of_forward() -> None:
    def front(params, x, return_cache=False):
        out = params["W"] @ x
        return (out, x) if return_cache else out

    def back(params, x, y):
        return {"W": (params["W"] @ x - y) @ x.T}

    assert names(check_backward(front, back, {"W": rng.standard_normal((2, 3))}, X, LABELS)) == ["W"]


def test_a_list_of_numbers_is_the_gradient_of_an_array() -> None:
    def loss(w, rows, ys):
        g, total = [0.0] * len(w), 0.0
        for row, y in zip(rows, ys, strict=True):
            error = sum(a * b for a, b in zip(w, row, strict=True)) - y
            total += error * error
            for j in range(len(w)):
                g[j] += 2 * error * row[j]
        return total, g

    assert names(check_backward(loss, None, [0.1, 0.2, -0.3], X.T.tolist(), Y[0].tolist())) == ["w"]
    wrong = check_backward(lambda *a: (loss(*a)[0], [g / 2 for g in loss(*a)[1]]), None, [0.1, 0.2, -0.3], X.T, Y[0])
    assert not wrong


def test_tables_of_pandas_are_arrays() -> None:
    pandas = pytest.importorskip("pandas")

    def cost(theta, table, y):
        return ((table.dot(theta) - y) ** 2).sum() / 2

    def grad(theta, table, y):
        return table.T.dot(table.dot(theta) - y)

    assert names(check_backward(cost, grad, X[:, 0], pandas.DataFrame(X.T), pandas.Series(Y[0]))) == ["theta"]


def test_a_gradient_of_a_wrong_shape_is_told_under_the_call_that_the_names_say() -> None:
    report = check_backward(lambda x: (x.sum(1, keepdims=True), x.shape), lambda dout, cache: dout, X)

    assert "dx has the shape (3, 1); it should have (3, 6)" in str(report)
