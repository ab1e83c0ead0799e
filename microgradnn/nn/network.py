"""Networks of any depth, vectorised over the examples (course notes, F10, G, H)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from random import Random
from typing import Any, NoReturn

import numpy as np

from ..engine.tensor import Array, Tensor, count, leaf, numeric
from ..engine.value import Value
from ..errors import ModelFileError, ShapeError
from ..graph import Op
from ..programs.onnx import Precision
from .activations import name_of
from .architecture import describe, numbers, rebuilt
from .files import read, save
from .initialisation import Initialiser
from .layers import Dense, columns
from .losses import check_shares, cost, loss_of, squared_error, weigh
from .onnx import network_to_onnx
from .optimisers import not_negative
from .scalar import MLP, activations
from .torch import to_torch
from .training import fit
from .words import OF_NETWORK, refuse_name, with_words


class Network:
    """L layers, of sizes [n_x, n[1], …, n[L]]; the input layer is not counted (notes, A7).

    `hidden` is the activation of the hidden layers, or a list of one for each; `output` that of the
    last: names, or functions of the table, such as microgradnn.tanh. `loss` is the usual one for the
    output unless named: the cross entropy for 'sigmoid' and
    'softmax', computed from Z so that it never overflows, else the squared error. `init` sets how
    the weights start, by default He's for ReLU and its like and Xavier's for others; `seed` makes
    it repeatable. `dropout` is the share of hidden units that are left out in training.

    Examples are columns: X is (n_x, m), Y is (n[L], m).

    >>> Network([2, 3, 1], seed=0)
    Network of 2 layers, 13 parameters
    layer  activation  W       b       Z, A    parameters
    1      relu        (3, 2)  (3, 1)  (3, m)  9
    2      sigmoid     (1, 3)  (1, 1)  (1, m)  4
    """

    @with_words(OF_NETWORK)
    def __init__(
        self,
        sizes: Sequence[int],
        *more: int,
        hidden: str | Op | Sequence[str | Op] = "relu",
        output: str | Op = "sigmoid",
        loss: str | None = None,
        init: str | float | Initialiser | None = None,
        seed: int | np.random.Generator | None = None,
        slope: float = 0.01,
        learn_slope: bool = False,
        dropout: float = 0.0,
        dtype: Any = "float64",
    ) -> None:
        if more or not isinstance(sizes, Iterable) or isinstance(sizes, (str, bytes)):
            shown = ", ".join(map(repr, (sizes, *more)))
            raise TypeError(f"the sizes of the layers are one list, Network([2, 3, 1]); got Network({shown:.60})")
        sizes = list(sizes)
        if len(sizes) < 2:
            raise ValueError(f"a network has at least an input and an output, such as [2, 1]; got {sizes}")
        several = isinstance(hidden, (list, tuple))
        names = [name_of(one) for one in (hidden if several else [hidden] * (len(sizes) - 2))]  # type: ignore[union-attr]
        output = name_of(output)
        if len(names) != len(sizes) - 2:
            raise ValueError(f"{len(sizes) - 2} hidden layers and {len(names)} activations for them: {names}")
        if "softmax" in names:
            raise ValueError("softmax is for the output: it makes the probabilities of classes")
        if not 0 <= dropout < 1:
            raise ValueError(f"dropout is the share of units left out, at least 0 and less than 1; got {dropout}")
        try:
            self.rng = np.random.default_rng(seed)
        except (TypeError, ValueError):
            raise ValueError(
                f"seed is a whole number, at least 0, or one of NumPy's generators; got {seed!r}"
            ) from None
        self.layers = [
            Dense(
                sizes[i],
                sizes[i + 1],
                name,
                number=i + 1,
                init=init,
                rng=self.rng,
                slope=slope,
                learn_slope=learn_slope,
                dtype=dtype,
            )
            for i, name in enumerate([*names, output])
        ]
        self.loss, self.of_logits = loss_of(loss, output)
        self.dropout = dropout

    # --- what it is -------------------------------------------------------------------------

    @property
    def L(self) -> int:  # noqa: N802 (the notes' name)
        """How many layers it has."""
        return len(self.layers)

    @property
    def n(self) -> list[int]:
        """The sizes: n[0] = n_x inputs, then the units of each layer."""
        return [self.layers[0].n_prev, *(layer.n for layer in self.layers)]

    @property
    def activations(self) -> list[str]:
        """The activation of each layer."""
        return [layer.activation for layer in self.layers]

    def parameters(self) -> list[Tensor]:
        """Return what is learnt, in the notes' order: W1, b1, W2, b2, … (I7)."""
        return [p for layer in self.layers for p in layer.parameters()]

    def zero_grad(self) -> None:
        """Forget the gradients of the parameters."""
        for p in self.parameters():
            p.grad = 0.0

    def _table(self) -> list[tuple[str, ...]]:
        """Return the shapes and sizes of the layers, line by line."""
        rows: list[tuple[str, ...]] = [("layer", "activation", "W", "b", "Z, A", "parameters")]
        for layer in self.layers:
            size = str(sum(p.size for p in layer.parameters()))
            name = layer.activation
            rows.append((str(layer.number), name, str(layer.W.shape), str(layer.b.shape), f"({layer.n}, m)", size))
        return rows

    def _headline(self) -> str:
        total = sum(p.size for p in self.parameters())
        layers = f"{self.L} layer" + "s" * (self.L > 1)
        return f"{type(self).__name__} of {layers}, {total} parameters"

    def __repr__(self) -> str:
        rows = self._table()
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ["  ".join(f"{cell:<{w}}" for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows]
        return "\n".join([self._headline(), *lines])

    def _repr_html_(self) -> str:
        head, *rows = [[escape(cell) for cell in row] for row in self._table()]
        lines = [f"<tr><td>{'</td><td>'.join(row)}</td></tr>" for row in rows]
        top = f"<caption>{escape(self._headline())}</caption><tr><th>{'</th><th>'.join(head)}</th></tr>"
        return f"<table>{top}{''.join(lines)}</table>"

    # --- forward ----------------------------------------------------------------------------

    def logits(self, X: Any, *, training: bool = False) -> Tensor:  # noqa: N803
        """Return Z[L], (n[L], m), for X, (n_x, m); in training some units are dropped."""
        a = columns(X, self.n[0], dtype=self.layers[0].W.dtype)
        if a is not X:
            a.named("X")
        for layer in self.layers[:-1]:
            a = layer(a)
            if training and self.dropout:
                a = self.drop_units(a)
        return self.layers[-1].linear(a)

    def __call__(self, X: Any, *, training: bool = False) -> Tensor:  # noqa: N803
        """Return A[L], (n[L], m), for X, (n_x, m)."""
        return self.layers[-1].activate(self.logits(X, training=training))

    def drop_units(self, a: Tensor) -> Tensor:
        """Return A with a share of the units at 0 and the others made larger, so that the mean stays.

        N. Srivastava et al., "Dropout", JMLR 15, 2014, in the form that leaves prediction as it is.
        """
        keep = 1 - self.dropout
        mask = (self.rng.random(a.shape) < keep) / keep
        kept: Tensor = a * Tensor(mask, kind="constant", dtype=a.dtype)
        return kept.named(a.name, scope=a.scope)

    @with_words({"loss": "it where the network is made: Network([2, 3, 1], loss=…)", "regularization": "l2=0.1"})
    def cost(
        self,
        X: Any,  # noqa: N803
        Y: Any,  # noqa: N803
        *,
        l2: float = 0.0,
        class_weight: Sequence[float] | None = None,
        training: bool = False,
    ) -> Tensor:
        """Return J, the mean of the losses over the m examples, with l2 / (2m) · Σ W² added.

        With `class_weight` the loss of an example counts as often as the weight of its class says; m stays m.
        """
        l2 = not_negative("l2", l2)
        z = self.logits(X, training=training)
        y = self.labels(Y, z.shape)
        output = z if self.of_logits else self.layers[-1].activate(z)
        losses = self.loss(output, y)
        if class_weight is not None:
            losses = weigh(losses, y, class_weight)
        J: Tensor = cost(losses)  # noqa: N806
        if l2:
            squares = sum((layer.W**2).sum() for layer in self.layers)
            J = J + squares * (l2 / 2) / count(losses)  # noqa: N806
        return J.named("J")

    def labels(self, Y: Any, shape: tuple[int, ...]) -> Tensor:  # noqa: N803
        """Return Y as a constant; ShapeError unless there is a label for each output."""
        y = Y if isinstance(Y, Tensor) else leaf(numeric(Y, self.layers[0].W.dtype), "constant")
        if y.shape != shape:
            fix = "; give the transpose, Y.T" if y.shape == shape[::-1] else ""
            fix = "; write Y.reshape(1, -1)" if y.shape == shape[1:] and shape[0] == 1 else fix
            fix = "; one_hot makes a row for each class" if y.size == shape[1] and shape[0] > 1 else fix
            raise ShapeError(f"the labels have shape {y.shape} and the outputs {shape}, a column an example{fix}")
        if self.loss is not squared_error:
            check_shares(y)
        return y if y.name else y.named("Y")

    def predict(self, X: Any) -> Array:  # noqa: N803
        """Return the labels: 0 or 1 for sigmoid outputs (notes, A1), the class, (1, m), for softmax, else A."""
        return self.labels_of(self(X).numpy())

    def labels_of(self, a: Array) -> Array:
        """Return the labels that an output A, (n[L], m), stands for, as `predict` does."""
        output = self.layers[-1].activation
        if output == "softmax":
            return a.argmax(axis=0, keepdims=True)  # type: ignore[no-any-return, unused-ignore]
        return (a > 0.5).astype(int) if output == "sigmoid" else a

    def accuracy(self, X: Any, Y: Any) -> float:  # noqa: N803
        """Return the share of examples of which every label is predicted."""
        predicted = self.predict(X)
        given = np.atleast_2d(Y.numpy() if isinstance(Y, Tensor) else np.asarray(Y))
        if self.layers[-1].activation == "softmax" and given.shape[0] > 1:
            given = given.argmax(axis=0, keepdims=True)
        if given.shape != predicted.shape:
            raise ShapeError(f"the labels have shape {given.shape}, and the predictions {predicted.shape}")
        return float((predicted == given).all(axis=0).mean())

    # --- training and files -----------------------------------------------------------------

    fit = fit

    def __getattr__(self, name: str) -> NoReturn:
        raise refuse_name(self, name)

    def save(self, path: str | Path) -> Path:
        """Write it to a safetensors file, architecture included, and return the path; to keep a scaling, see Model."""
        return save(path, numbers(self), {"architecture": describe(self)})

    def to_torch(self) -> Any:
        """Return it as a torch.nn.Sequential of the same numbers, whose examples are rows; see nn.torch.to_torch."""
        return to_torch(self)

    def to_onnx(self, path: str | Path | None = None, *, rows: bool = False, dtype: Precision = "float32") -> Any:
        """Return its prediction as an ONNX model (an extra), and write it to a path; see nn.onnx.network_to_onnx."""
        return network_to_onnx(self, path, rows=rows, dtype=dtype)

    @classmethod
    def load(cls, path: str | Path) -> Network:
        """Return the network of a file; ModelFileError where it is none or damaged, or has a scaling (see Model)."""
        arrays, about = read(path)
        if "scaling" in about:
            raise ModelFileError(f"{path} scales its inputs before they reach the network: use nn.Model.load")
        return rebuilt(cls, arrays, about.get("architecture"), path)

    # --- the other path ---------------------------------------------------------------------

    def to_scalar(self) -> MLP:
        """Return the same network of Values, with the same parameters, neuron by neuron."""
        mlp = MLP(self.n[0], self.n[1:], activations=self.activations, rng=Random(0))  # its draws are replaced
        for layer, twin in zip(self.layers, mlp.layers, strict=True):
            for k, neuron in enumerate(twin.neurons):
                for w, value in zip(neuron.w, layer.W.numpy()[k], strict=True):
                    w.data = float(value)
                neuron.b.data = float(layer.b.numpy()[k, 0])
                neuron.slope = layer.slope.item() if isinstance(layer.slope, Tensor) else layer.slope
        return mlp

    @classmethod
    def from_scalar(cls, mlp: MLP, **options: Any) -> Network:
        """Return the vectorised network with the parameters of one of Values; options as for Network."""
        sizes = [len(mlp.layers[0].neurons[0].w), *(len(layer.neurons) for layer in mlp.layers)]
        names = [layer.neurons[0].activation for layer in mlp.layers]
        network = cls(sizes, hidden=names[:-1], output=names[-1], init="zeros", **options)
        for layer, twin in zip(network.layers, mlp.layers, strict=True):
            slope = twin.neurons[0].slope
            if isinstance(layer.slope, Tensor):
                layer.slope.data = np.array([[slope]])
            else:
                layer.slope = slope
            layer.W.data = np.array([[w.data for w in neuron.w] for neuron in twin.neurons])
            layer.b.data = np.array([[neuron.b.data] for neuron in twin.neurons])
        return network

    def unfold(self, x: Any, *, layer: int | None = None, unit: int | None = None) -> Any:
        """Return what the network makes of one example as a graph of Values, to be drawn and explained.

        `x` is (n_x, 1), or a list of n_x numbers. With `layer` and `unit`, counted from 1, only that
        neuron is unfolded, its inputs being the activations before it.
        """
        numbers = [float(one) for one in np.asarray(x.numpy() if isinstance(x, Tensor) else x, float).ravel()]
        if len(numbers) != self.n[0]:
            raise ShapeError(f"one example has {self.n[0]} features; got {len(numbers)}")
        return unfold(self.to_scalar(), numbers, layer, unit)


def unfold(mlp: MLP, numbers: Sequence[float], layer: int | None, unit: int | None) -> Any:
    """Return the output of a network of Values, or of one of its neurons, as a graph with names."""
    if layer is None:
        if unit is not None:
            raise ValueError(f"unit {unit} of which layer? say layer=…")
        outputs: Any = [Value(x, f"x{i + 1}") for i, x in enumerate(numbers)]
        for number, scalar_layer in enumerate(mlp.layers, 1):
            outputs = activations(scalar_layer.neurons, outputs)
            for k, a in enumerate(outputs, 1):
                label(a, number, k, scalar_layer.neurons[k - 1].activation)
        return outputs[0] if len(outputs) == 1 else outputs
    unit = 1 if unit is None else unit
    if not 1 <= layer <= len(mlp.layers) or not 1 <= unit <= len(mlp.layers[layer - 1].neurons):
        raise ValueError(f"there is no unit {unit} of layer {layer}: both are counted from 1")
    before: Any = list(numbers)
    for earlier in mlp.layers[: layer - 1]:
        before = [neuron(before).data for neuron in earlier.neurons]
    letter = "x" if layer == 1 else "a"
    inputs = [Value(x, f"{letter}{i + 1}") for i, x in enumerate(before)]
    a = activations(mlp.layers[layer - 1].neurons, inputs)[unit - 1]  # a softmax is of all of them
    return label(a, layer, unit, mlp.layers[layer - 1].neurons[unit - 1].activation)


def label(a: Any, layer: int, unit: int, activation: str) -> Any:
    """Name the activation of a neuron a[l]_k and its sum z[l]_k, as the notes do, and return it (notes, A6)."""
    scope = f"layer {layer}/neuron {unit}"
    if activation == "linear":
        return a.named(f"z[{layer}]_{unit}", scope=scope)
    if activation != "softmax":
        a.inputs[0].named(f"z[{layer}]_{unit}", scope=scope)
    return a.named(f"a[{layer}]_{unit}", scope=scope)
