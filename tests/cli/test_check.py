"""`microgradnn check FILE.py`: 0 if every backward pass in it is right, 1 if one is wrong, 2 if that cannot be said."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from microgradnn.cli.console import main

Capture = pytest.CaptureFixture[str]

PASSES = """\
import numpy as np


def relu_forward(x):
    return np.maximum(0, x), x


def relu_backward(dout, cache):
    return dout * (cache > 0)


def linear_forward(x, w):
    return x @ w, (x, w)


def linear_backward(dout, cache):
    x, w = cache
    return dout @ w.T, x.T @ dout


rng = np.random.default_rng(0)
x, w = rng.standard_normal((3, 4)), rng.standard_normal((4, 2))
"""
WRONG = PASSES.replace("x.T @ dout", "-x.T @ dout")
LAYER = """\
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from helper import slope


@dataclass
class Tanh:
    scale: float = 2.0

    def forward(self, x):
        self.out = np.tanh(self.scale * x)
        return self.out

    def backward(self, dout):
        return self.scale * dout * slope(self.out)


tanh = Tanh()
x = np.array([0.3, -1.2, 2.0])
"""


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(text: str, *arguments: str, name: str = "") -> int:
    """Write a file and check it, or one pass in it."""
    Path("net.py").write_text(text, encoding="utf-8")
    try:
        return main(["check", f"net.py{name}", *arguments])
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else 1


def test_every_pair_in_a_file_is_checked(capsys: Capture) -> None:
    assert run(PASSES) == 0

    out = capsys.readouterr().out
    assert "relu_forward, relu_backward\nThe backward pass is right: dx" in out
    assert "linear_forward, linear_backward\nThe backward pass is right: dx and dw" in out


def test_one_that_is_wrong_makes_it_1_and_its_line_is_quoted(capsys: Capture) -> None:
    assert run(WRONG) == 1

    out = capsys.readouterr().out
    assert "dw has the wrong sign\n     net.py, line 18:   return dout @ w.T, -x.T @ dout" in out
    assert "right would be:   return (dout @ w.T, x.T @ dout)" in out


@pytest.mark.parametrize(
    ("name", "code"), [(":relu", 0), (":relu_backward", 0), (":linear", 1), (":linear_forward", 1), (":nothing", 2)]
)
def test_one_pair_of_several_by_its_name(name: str, code: int) -> None:
    assert run(WRONG, name=name) == code


def test_functions_of_any_name_and_a_loss(capsys: Capture) -> None:
    text = PASSES.replace("linear_forward", "predict").replace("linear_backward", "gradients")

    assert run(text, "--forward", "predict", "--backward", "gradients") == 0
    assert run(text, "--forward", "predict", "--backward", "gradient") == 2
    assert "the file has no 'gradient' (choose from relu_forward, relu_backward, predict, gradients)" in (
        capsys.readouterr().err
    )


def test_an_object_with_both_methods_that_imports_what_lies_beside_it() -> None:
    Path("helper.py").write_text("def slope(y):\n    return 1 - y**2\n", encoding="utf-8")
    before = list(sys.path), dict(sys.modules).keys()

    assert run(LAYER) == 0
    assert run(LAYER.replace("self.scale * dout", "dout")) == 1
    assert sys.path == before[0]
    assert "net" not in sys.modules
    sys.modules.pop("helper")


def test_what_the_file_prints_stands_beside_the_report(capsys: Capture) -> None:
    assert run("print('epoch 1')\n" + PASSES.replace("return dout", "print('here'); return dout")) == 0

    out, err = capsys.readouterr()
    assert "epoch" not in out
    assert "here" not in out
    assert err == "epoch 1\n"


def test_the_file_sees_no_arguments_of_ours_and_may_end_as_it_likes() -> None:
    parses = "import argparse\nparser = argparse.ArgumentParser()\nparser.add_argument('--epochs', default=3)\n"

    assert run(parses + "parser.parse_args()\n" + PASSES, "--rate", "0.5") == 0
    assert run(PASSES + "import sys\nsys.exit(3)\n") == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("def f(:\n", "net.py, line 1: invalid syntax"),
        ("import numpy\n\nnumpy.nothing\n", "net.py stops in line 3: AttributeError"),
        ("x = 3\n", "no pair of functions named forward and backward"),
        ("", "no pair of functions named forward and backward"),
        (PASSES[: PASSES.index("rng")], "relu_forward wants 'x', and the file has no variable of this name: write one"),
        (
            PASSES.replace("rng =", "if __name__ == '__main__':\n    rng =").replace("\nx, w", "\n    x, w"),
            "(what stands under if __name__ == … is not run)",
        ),
        (PASSES.replace("x @ w", "x @ w.T"), "linear_forward, linear_backward: net.py, line 13: ValueError: matmul"),
    ],
    ids=["syntax", "raises", "no pair", "empty", "no inputs", "guarded", "forward raises"],
)
def test_what_cannot_be_said_is_2_and_one_line(text: str, said: str, capsys: Capture) -> None:
    assert run(text) == 2

    err = capsys.readouterr().err
    assert said in err
    assert err.startswith("microgradnn: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize("file", ["missing.py", "folder.py", "missing.py:relu"])
def test_no_such_file(file: str, capsys: Capture) -> None:
    Path("folder.py").mkdir()

    assert main(["check", file]) == 2
    assert "there is no such file" in capsys.readouterr().err


def test_a_backward_pass_that_stops_is_wrong_and_not_an_error_of_ours(capsys: Capture) -> None:
    assert run(PASSES.replace("dout @ w.T", "dout @ w")) == 1
    assert "right would be:   return (dout @ w.T, x.T @ dout)" in capsys.readouterr().out


def test_help_says_what_is_looked_for(capsys: Capture) -> None:
    with pytest.raises(SystemExit) as leaving:
        main(["check", "--help"])

    assert leaving.value.code == 0
    assert "FILE.py[:name]" in capsys.readouterr().out


def test_a_pair_without_inputs_of_its_own_is_left_out(capsys: Capture) -> None:
    text = PASSES + "\n\ndef step_forward(h):\n    return h\n\n\ndef step_backward(dh):\n    return dh\n"
    Path("steps.py").write_text(text)

    main(["check", "steps.py"])

    out, err = capsys.readouterr()
    assert "relu_forward" in out
    assert "step_forward, step_backward is left out: step_forward wants 'h'" in err


# Files as people have them: no function is called forward, and none backward.

LOY = """\
import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def sigmoid_derivative(x):
    return x * (1 - x)


class Network:
    def __init__(self, x, y):
        self.input, self.y = x, y
        self.weights1, self.weights2 = rng.random((3, 4)), rng.random((4, 1))

    def feedforward(self):
        self.layer1 = sigmoid(np.dot(self.input, self.weights1))
        self.output = sigmoid(np.dot(self.layer1, self.weights2))

    def backprop(self):
        error = 2 * (self.y - self.output) * sigmoid_derivative(self.output)
        self.weights1 += np.dot(self.input.T, np.dot(error, self.weights2.T) * sigmoid_derivative(self.layer1))
        self.weights2 += np.dot(self.layer1.T, error)


rng = np.random.default_rng(0)
nn = Network(np.array([[0.0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]]), np.array([[0], [1], [1], [0]]))
"""

GRADIENT = """\
import numpy as np


def compute_cost(theta, X, y, lambda_):
    h = 1 / (1 + np.exp(-X @ theta))
    return (-y @ np.log(h) - (1 - y) @ np.log(1 - h)) / len(y) + lambda_ / (2 * len(y)) * np.sum(theta[1:] ** 2)


def compute_gradient(theta, X, y, lambda_):
    h = 1 / (1 + np.exp(-X @ theta))
    return X.T @ (h - y) / len(y) + lambda_ / len(y) * np.r_[0, theta[1:]]


X = np.array([[1, 0.3, -1.2], [1, 1.1, 0.4], [1, -0.7, 0.9], [1, 0.2, 0.8]])
y, theta, lambda_ = np.array([0, 1, 1, 0]), np.array([0.1, -0.4, 0.3]), 1.0
"""

STEPS = """\
import numpy as np

rng = np.random.default_rng(0)
Wx, Wh, Wy = rng.standard_normal((3, 2)), rng.standard_normal((3, 3)), rng.standard_normal((1, 3))
lr = 0.01


def forward(xs):
    hs = [np.zeros((3, 1))]
    for x in xs:
        hs.append(np.tanh(Wx @ x.reshape(2, 1) + Wh @ hs[-1]))
    return Wy @ hs[-1], hs


def loss(y_pred, y_true):
    return 0.5 * np.sum((y_pred - y_true) ** 2)


def backward(xs, y_true, y_pred, hs):
    global Wx, Wh, Wy
    dWx, dWh = np.zeros_like(Wx), np.zeros_like(Wh)
    dy = y_pred - y_true
    dWy, dh = dy @ hs[-1].T, Wy.T @ dy
    for t in reversed(range(len(xs))):
        dz = dh * (1 - hs[t + 1] ** 2)
        dWx += dz @ xs[t].reshape(1, 2)
        dWh += dz @ hs[t].T
        dh = Wh.T @ dz
    for parameter, gradient in zip([Wx, Wh, Wy], [dWx, dWh, dWy]):
        parameter -= lr * np.clip(gradient, -1, 1)


xs, y_true = 0.1 * rng.standard_normal((4, 2)), np.array([[0.2]])
"""

SIZES = """\
import numpy as np


def forward_prop(w1, w2, x):
    a1 = np.tanh(w1 @ x)
    a2 = 1 / (1 + np.exp(-w2 @ a1))
    return a1, a2


def back_prop(m, w1, w2, a1, a2, y):
    dz2 = a2 - y
    dz1 = w2.T @ dz2 * (1 - a1**2)
    return dz1 @ x.T / m, dz2 @ a1.T / m


rng = np.random.default_rng(0)
x, y, w1, w2, m = rng.random((2, 4)), np.array([[0, 1, 1, 0]]), rng.standard_normal((3, 2)), rng.random((1, 3)), 4
"""

SLOPES = """\
import numpy as np


def relu(z):
    return np.maximum(0, z)


def relu_deriv(z):
    return z > 0


def tanh(x):
    return np.tanh(x)


def d_tanh(x):
    return 1 - np.tanh(x) ** 2


def sqrt(x):
    return np.sqrt(x)


def sqrt_prime(y):
    return 1 / (2 * y)


def softmax(z):
    return np.exp(z) / np.sum(np.exp(z))


def softmax_grad(s):
    return np.diagflat(s) - np.outer(s, s)
"""


CONVOLUTION = """\
import numpy as np
from scipy.signal import convolve2d, correlate2d


def conv_forward(x, kernel):
    return correlate2d(x, kernel, mode="valid"), (x, kernel)


def conv_backward(dout, cache):
    x, kernel = cache
    dx = np.zeros_like(x)
    dx += convolve2d(dout, kernel, mode="full")
    return dx, correlate2d(x, dout, mode="valid")


rng = np.random.default_rng(0)
x, kernel = rng.standard_normal((5, 5)), rng.standard_normal((2, 2))
"""

BOTH = """\
import numpy as np


def svm_loss_naive(W, X, y, reg):
    dW, loss = np.zeros(W.shape), 0.0
    for x, label in zip(X, y):
        scores = x @ W
        for j in range(W.shape[1]):
            margin = scores[j] - scores[label] + 1
            if j != label and margin > 0:
                loss += margin
                dW[:, j] += x
                dW[:, label] -= x
    loss = loss / len(X) + reg * np.sum(W * W)
    dW = dW / len(X) + 2 * reg * W
    return loss, dW


rng = np.random.default_rng(0)
W, X, y, reg = 0.3 * rng.standard_normal((3, 4)), rng.standard_normal((5, 3)), np.array([0, 3, 1, 2, 1]), 0.1
"""

NUMBERS = """\
def forward_propagation(x, theta):
    return theta * x


def backward_propagation(x, theta):
    dtheta = x
    return dtheta


x, theta = 2, 4
"""


@pytest.mark.parametrize(
    ("source", "found", "right", "mistake", "named"),
    [
        (LOY, "nn.feedforward, nn.backprop", " * sigmoid_derivative(self.layer1)", "", "the slope of sigmoid"),
        (GRADIENT, "compute_cost, compute_gradient", "np.r_[0, theta[1:]]", "theta", "a bias is not regularised"),
        (STEPS, "forward, backward", "dz @ hs[t].T", "dz @ hs[t + 1].T", "dWh"),
        (SIZES, "forward_prop, back_prop", "* (1 - a1**2)", "", "the slope of tanh"),
        (CONVOLUTION, "conv_forward, conv_backward", "+= convolve2d", "+= correlate2d", "convolve2d belongs here"),
        (BOTH, "svm_loss_naive", "2 * reg * W", "reg * W", "2"),
        (NUMBERS, "forward_propagation", "dtheta = x", "dtheta = theta", "x belongs where theta stands"),
        (SLOPES, "tanh, d_tanh", "np.tanh(x) ** 2", "np.tanh(x)", "the slope of tanh"),
        (SLOPES, "sqrt, sqrt_prime", "1 / (2 * y)", "1 / y", "dx is 2 × the right one"),
    ],
    ids=[
        "network",
        "cost",
        "steps",
        "sizes",
        "convolution",
        "loss and gradient",
        "numbers",
        "slope",
        "slope of what came out",
    ],
)
def test_a_pass_is_found_by_the_usual_names(
    capsys: Capture, source: str, found: str, right: str, mistake: str, named: str
) -> None:
    assert right in source
    assert run(source) == 0
    out = capsys.readouterr().out
    assert found in out
    assert "WRONG" not in out

    assert run(source.replace(right, mistake)) == 1
    assert named in capsys.readouterr().out


def test_a_method_can_be_named(capsys: Capture) -> None:
    assert run(LOY, "--forward", "nn.feedforward", "--backward", "nn.backprop") == 0
    assert "weights1" in capsys.readouterr().out


def test_a_sum_that_never_moves_is_no_cost(capsys: Capture) -> None:
    source = """\
import numpy as np


class Softmax:
    def forward(self, x):
        self.value = np.exp(x) / np.sum(np.exp(x))
        return self.value

    def backward(self):
        return self.value * (1 - self.value)


layer, x = Softmax(), np.array([0.1, -0.3, 0.7])
"""
    assert run(source) == 2
    assert "say what the cost is" in capsys.readouterr().err


ONE_ENTRY = """\
import numpy as np


class Softmax:
    def __init__(self):
        self.weights = rng.standard_normal((4, 3))

    def forward(self, input):
        self.input = input
        self.exp = np.exp(input @ self.weights)
        return self.exp / np.sum(self.exp)

    def backprop(self, d_out, learn_rate):
        for i, gradient in enumerate(d_out):
            if gradient == 0:
                continue
            s = self.exp / np.sum(self.exp)
            slope = -s[i] * s
            slope[i] += s[i]
            d_input = self.weights @ (gradient * slope)
            self.weights -= learn_rate * np.outer(self.input, gradient * slope)
            return d_input


rng = np.random.default_rng(0)
layer, input = Softmax(), rng.standard_normal(4)
"""


def test_a_pass_that_leaves_zeros_out_may_be_for_one_class(capsys: Capture) -> None:
    assert run(ONE_ENTRY) == 0
    assert "right where one entry of what comes in is not zero" in capsys.readouterr().out

    assert run(ONE_ENTRY.replace("-s[i] * s", "s[i] * s")) == 1


def test_one_pass_that_fails_keeps_no_other_from_being_checked(capsys: Capture) -> None:
    lines = [
        "class Other:",
        "    def forward(self, input):",
        "        return input[99]",
        "    def backprop(self, d_out):",
    ]
    other = "\n".join([*lines, "        return d_out"])

    assert run(ONE_ENTRY + f"\n\n{other}\n\nother = Other()\n") == 2
    out, err = capsys.readouterr()
    assert "dweights  right" in out
    assert "other.forward, other.backprop" in err


def test_a_notebook_is_read_cell_by_cell(capsys: Capture) -> None:
    forth, back = WRONG.split("\n\n\ndef relu_backward")
    cells = [
        {"cell_type": "markdown", "source": ["# Layers"]},
        {
            "cell_type": "code",
            "source": ["%matplotlib inline\n", "!pip install numpy\n", *forth.splitlines(keepends=True)],
        },
        {"cell_type": "code", "source": ["%%bash\n", "ls"]},
        {"cell_type": "code", "source": "\n".join(["%%time", "def relu_backward" + back])},
    ]
    Path("layers.ipynb").write_text(json.dumps({"cells": cells, "nbformat": 4}), encoding="utf-8")

    assert main(["check", "layers.ipynb:linear"]) == 1
    out = capsys.readouterr().out
    assert "layers.ipynb, cell 3, line 12:   return dout @ w.T, -x.T @ dout" in out
    assert "right would be:   return (dout @ w.T, x.T @ dout)" in out

    cells.append({"cell_type": "code", "source": "x = 1\ny = x / 0"})
    Path("layers.ipynb").write_text(json.dumps({"cells": cells, "nbformat": 4}), encoding="utf-8")
    assert main(["check", "layers.ipynb"]) == 2
    assert "stops in cell 4, line 2: ZeroDivisionError" in capsys.readouterr().err

    Path("layers.ipynb").write_text("no notebook", encoding="utf-8")
    assert main(["check", "layers.ipynb"]) == 2
    assert "is no notebook" in capsys.readouterr().err


VAE = """\
import numpy as np


def forward(x, W_mu, W_lv, W_dec, noise):
    mu, logvar = x @ W_mu, x @ W_lv
    z = mu + np.exp(0.5 * logvar) * noise
    return 1 / (1 + np.exp(-(z @ W_dec))), mu, logvar, z


def loss_fn(xhat, x, mu, logvar):
    return -np.sum(x * np.log(xhat) + (1 - x) * np.log(1 - xhat)) - 0.5 * np.sum(1 + logvar - mu**2 - np.exp(logvar))


def backward(x, xhat, mu, logvar, z, W_mu, W_lv, W_dec, noise):
    dlogits = xhat - x
    dz = dlogits @ W_dec.T
    dlogvar = dz * noise * 0.5 * np.exp(0.5 * logvar) + 0.5 * (np.exp(logvar) - 1)
    return x.T @ (dz + mu), x.T @ dlogvar, z.T @ dlogits


rng = np.random.default_rng(0)
x, noise = rng.random((4, 5)), rng.standard_normal((4, 2))
W_mu, W_lv, W_dec = rng.standard_normal((5, 2)), 0.3 * rng.standard_normal((5, 2)), rng.standard_normal((2, 5))
"""


def test_a_cost_that_stands_in_the_file_is_taken_and_none_is_made_up(capsys: Capture) -> None:
    assert run(VAE) == 0
    assert "the cost is taken to be loss_fn" in capsys.readouterr().out

    assert run(VAE.replace("loss_fn", "evidence")) == 2  # nobody can tell
    assert "say what the cost is" in capsys.readouterr().err

    assert run(VAE.replace("loss_fn", "evidence"), "--loss", "evidence") == 0


STEPPED = """\
import numpy as np


def forward(X, W1, W2):
    a1 = 1 / (1 + np.exp(-X @ W1))
    return a1, 1 / (1 + np.exp(-a1 @ W2))


def backward(lr, X, y, a1, a2, W1, W2):
    d2 = (y - a2) * a2 * (1 - a2)
    d1 = d2 @ W2.T * a1 * (1 - a1)
    W2 += a1.T @ d2 * lr
    W1 += X.T @ d1 * lr
    return W1, W2


rng = np.random.default_rng(0)
X, y, W1, W2, lr = rng.random((5, 3)), rng.random((5, 1)), rng.standard_normal((3, 2)), rng.standard_normal((2, 1)), 0.3
"""


@pytest.mark.parametrize("new", [False, True], ids=["in place", "anew"])
def test_parameters_that_are_returned_after_a_step_are_no_gradients(capsys: Capture, new: bool) -> None:
    source = STEPPED.replace("W2 += ", "W2 = W2 + ").replace("W1 += ", "W1 = W1 + ") if new else STEPPED

    assert run(source) == 0
    assert "dW1  right" in capsys.readouterr().out
    assert run(source.replace(" * a1 * (1 - a1)", "")) == 1
    out = capsys.readouterr().out
    assert "dW2  right" in out
    assert "the slope of sigmoid" in out


LISTS = """\
import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


class Network:
    def __init__(self):
        self.weights = [rng.standard_normal((4, 3)), rng.standard_normal((2, 4))]
        self.biases = [rng.standard_normal((4, 1)), rng.standard_normal((2, 1))]

    def feedforward(self, x):
        for w, b in zip(self.weights, self.biases):
            x = sigmoid(w @ x + b)
        return x

    def backprop(self, x, y):
        a1 = sigmoid(self.weights[0] @ x + self.biases[0])
        a2 = sigmoid(self.weights[1] @ a1 + self.biases[1])
        d2 = (a2 - y) * a2 * (1 - a2)
        d1 = self.weights[1].T @ d2 * a1 * (1 - a1)
        nabla_b, nabla_w = [d1, d2], [d1 @ x.T, d2 @ a1.T]
        return nabla_b, nabla_w


rng = np.random.default_rng(0)
net, x, y = Network(), rng.standard_normal((3, 1)), np.array([[1.0], [0.0]])
"""


def test_lists_of_gradients_are_read_in_another_order_than_their_arrays(capsys: Capture) -> None:
    assert run(LISTS) == 0
    assert "dweights[0]  right" in capsys.readouterr().out
    assert run(LISTS.replace("[d1 @ x.T,", "[3 * d1 @ x.T,")) == 1
    assert "dweights[0]  WRONG" in capsys.readouterr().out


def test_squares_of_integer_labels_are_tried(capsys: Capture) -> None:
    source = LISTS.replace("(a2 - y)", "(a2 - np.eye(2)[label].T)").replace(
        "backprop(self, x, y)", "backprop(self, x, label)"
    )
    source = source.replace(
        "rng.standard_normal((3, 1)), np.array([[1.0], [0.0]])", "rng.standard_normal((3, 1)), None"
    )

    assert run(source.replace("x, y = Network()", "x, label = Network()").replace("None", "np.array([1])")) == 0
    assert "Σ(ŷ − y)²" in capsys.readouterr().out


def test_what_was_left_out_is_no_success(capsys: Capture) -> None:
    forward, backward = (
        "def forward(x, hidden):\n    return x * hidden",
        "def backward(dout, x, hidden):\n    return dout * x",
    )
    slopes = "\n\n\n".join([SLOPES, forward, backward])
    assert run(slopes) == 2
    out, err = capsys.readouterr()
    assert "tanh, d_tanh" in out
    assert "forward wants 'x'" in err

    assert run("def f(x):\n    return [x]\n\n\ndef f_prime(x):\n    return {}\n") == 2
    assert "f, f_prime could not be called with numbers" in capsys.readouterr().err

    assert run(LISTS.replace("net, x, y = Network(), ", "x, y = ")) == 2
    assert "no object of it" in capsys.readouterr().err


def test_a_number_without_a_name_is_the_gradient_that_is_left(capsys: Capture) -> None:
    source = PASSES.replace("(x, w):\n    return x @ w,", "(x, w, b):\n    return x @ w + b,")
    source = source.replace("dout @ w.T, x.T @ dout", "dx, dw, dout.sum(axis=0)").replace("    x, w = cache\n", LINES)

    assert run(source + "b = np.zeros(2)\n") == 0
    assert run(source.replace("dout.sum(axis=0)", "np.sum(dout)") + "b = np.zeros(2)\n") == 1
    assert "db is a number; it should be (2,)" in capsys.readouterr().out


LINES = "    x, w = cache\n    dx = dout @ w.T\n    dw = x.T @ dout\n"
