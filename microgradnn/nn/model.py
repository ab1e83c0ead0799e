"""What a user takes away: a network with all that stands between the raw numbers and its answer.

That is the scaling, the features' names in their order, and the names of the classes, in one file.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ..data.delimited import Table
from ..data.encoding import Encoding
from ..data.scaling import Scaling
from ..data.tables import columns_of, labels_of, place
from ..engine.modes import no_grad
from ..engine.tensor import Array
from ..errors import AnomalyError, ModelFileError
from ..programs.onnx import Precision
from .architecture import describe, numbers, rebuilt
from .files import read, save
from .network import Network
from .onnx import network_to_onnx


@dataclass
class Model:
    """A trained network and how it is used: `features` are the names of the n_x rows of X, unscaled.

    `classes` are the names of the labels 0 and 1, or of the n[L] outputs of a softmax; empty for a
    regression. `label` is the name of what is predicted. For pictures `pictures` is their width and
    height and `order` how they are flattened. `split` says which examples were kept for the test: the `share`, the
    `seed`, and a number that stands for the `data`. `encoding` is how the columns of a table become the rows of X,
    where some hold categories or lack values.

    >>> model = Model(Network([2, 1], init="zeros"), features=["height", "weight"], classes=["dog", "cat"])
    >>> model.predict([[1.0], [2.0]])
    ['dog']
    """

    network: Network
    scaling: Scaling = field(default_factory=Scaling)
    features: list[str] = field(default_factory=list)
    classes: list[str] = field(default_factory=list)
    label: str = ""
    pictures: int | None = None
    order: str = "rows"
    split: dict[str, Any] | None = None
    encoding: Encoding | None = None

    def __call__(self, X: Any) -> Array:  # noqa: N803 (the notes' name)
        """Return A[L], (n[L], m), for raw numbers X, (n_x, m); AnomalyError where one of A is not finite."""
        with no_grad(), np.errstate(all="ignore"):
            found = self.network(self.scaling(X)).numpy()
        if not np.isfinite(found).all():
            i, j = map(int, np.argwhere(~np.isfinite(found))[0])
            raise AnomalyError(
                f"A[{i}, {j}], the answer for example {j}, counted from 0, is {found[i, j]}: "
                "its numbers are far from those that the network learnt from, or its parameters are too large"
            )
        return found

    def predict(self, X: Any) -> list[Any]:  # noqa: N803
        """Return the name of the class, or the number, for each of the m examples of X, (n_x, m); raises as a call."""
        found = self.network.labels_of(self(X))[0]
        return [self.classes[int(k)] for k in found] if self.classes else found.tolist()

    # --- tables -----------------------------------------------------------------------------

    @property
    def columns(self) -> list[str]:
        """The columns of a table that it reads; none where it does not know their names."""
        return self.features if self.encoding is None else [column.name for column in self.encoding.columns]

    def features_of(self, table: Table, decimal: str | None = None) -> Array:
        """Return X, (n_x, m), of a table that has the features' columns among others, in any order."""
        if self.encoding is not None:
            return self.encoding(table, decimal)
        return columns_of(table, self.features or table.names, decimal)

    def labels_of(self, table: Table, decimal: str | None = None) -> Array:
        """Return Y, (n_L, m), from the table's column of the label; ValueError for a class that is unknown."""
        if not self.label:
            raise ValueError("the model does not say which column it learnt; give X and Y")
        kind = "classes" if self.classes else "numbers"
        return labels_of(table, place(table, self.label), kind, self.classes or None, decimal)[0]

    # --- files ------------------------------------------------------------------------------

    def save(self, path: str | Path) -> Path:
        """Write it to a safetensors file and return the path."""
        about = {
            "architecture": describe(self.network),
            "scaling": self.scaling.state(),
            "features": list(self.features),
            "classes": list(self.classes),
            "label": self.label,
            "pictures": self.pictures,
            "order": self.order,
            "split": self.split,
            "encoding": None if self.encoding is None else self.encoding.state(),
        }
        return save(path, numbers(self.network), about)

    def to_onnx(self, path: str | Path | None = None, *, rows: bool = False, dtype: Precision = "float32") -> Any:
        """Return it as an ONNX model (an extra) of raw numbers, scaling included; see nn.onnx.network_to_onnx."""
        return network_to_onnx(self.network, path, scaling=self.scaling, rows=rows, dtype=dtype)

    @classmethod
    def load(cls, path: str | Path) -> Model:
        """Return the model of a file, a network saved alone included; ModelFileError where it is none or is damaged."""
        arrays, about = read(path)
        if "training" in about:
            raise ModelFileError(
                f"{path} is a checkpoint, which knows neither how the inputs were scaled nor what the outputs mean: "
                "use the model that the training saves when it ends; for the network alone, nn.Network.load"
            )
        network = rebuilt(Network, arrays, about.get("architecture"), path)
        try:
            scaling = Scaling.from_state(about.get("scaling", {"kind": "none"}))
            state = about.get("encoding")
            encoding = None if state is None else Encoding.from_state(state)
        except ValueError as error:
            raise ModelFileError(f"{path}: {error}") from None
        names = {key: about.get(key, []) for key in ("features", "classes")}
        for key, given in names.items():
            if not isinstance(given, list) or not all(isinstance(name, str) for name in given):
                raise ModelFileError(f"{path}: its {key} are no list of names")
        n_x, outputs = network.n[0], network.n[-1]
        if len(names["features"]) not in (0, n_x) or (scaling.mean is not None and len(scaling.mean) != n_x):
            raise ModelFileError(
                f"{path}: the network takes {n_x} features, and its names or its scaling are of others"
            )
        if encoding is not None and encoding.features != names["features"]:
            raise ModelFileError(f"{path}: its encoding makes other features than the network takes")
        if len(names["classes"]) not in (0, 2 if outputs == 1 else outputs):
            raise ModelFileError(f"{path}: {outputs} outputs, and names of {len(names['classes'])} classes")
        label, pictures, order = about.get("label", ""), about.get("pictures"), about.get("order", "rows")
        if not isinstance(label, str) or order not in ("rows", "channels"):
            raise ModelFileError(f"{path}: its label or its order of pixels is none that is known")
        if pictures is not None and (type(pictures) is not int or 3 * pictures**2 != n_x):
            raise ModelFileError(f"{path}: the network takes {n_x} numbers, and no picture of such a size has as many")
        split = about.get("split")
        if split is not None and not is_split(split):
            raise ModelFileError(f"{path}: which examples were kept for the test, it says in a way that is not known")
        return cls(network, scaling, names["features"], names["classes"], label, pictures, order, split, encoding)


def is_split(split: Any) -> bool:
    """Whether what a file says of the examples that were kept for the test can be true."""
    wanted = {"share": float, "seed": int, "data": int}
    if not isinstance(split, dict) or {name: type(one) for name, one in split.items()} != wanted:
        return False
    return bool(0 < split["share"] < 1 and split["seed"] >= 0)


def probabilities(model: Model, A: Array) -> dict[str, Array]:  # noqa: N803
    """Return a column of numbers for each thing that a model says of m examples, by its name."""
    if not model.classes:
        return {}
    if len(A) == 1:
        return {f"P({model.classes[1]})": A[0]}
    return dict(zip((f"P({name})" for name in model.classes), np.asarray(A), strict=True))
