"""A network as an ONNX model, with the scaling of its inputs where there is one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ..data.scaling import Scaling
from ..engine.modes import RECORDING, switch
from ..engine.tensor import leaf
from ..programs.onnx import Precision, to_onnx

EXAMPLES = 7  # at which the network is looked at


def network_to_onnx(
    network: Any,
    path: str | Path | None = None,
    *,
    scaling: Scaling | None = None,
    rows: bool = False,
    dtype: Precision = "float32",
) -> Any:
    """Return a network's prediction as an ONNX model (an extra), written to a path if one is given.

    X is (n_x, m), as everywhere here, and A[L] (n[L], m); with `rows` both are transposed, as PyTorch and scikit-learn
    have examples. m is free. Parameters keep their names. Dropout, which is for training, is left out.
    """
    n_x = network.n[0]
    with switch(RECORDING, True):
        given = leaf(np.zeros((EXAMPLES, n_x) if rows else (n_x, EXAMPLES), network.layers[0].W.dtype), "input").named(
            "X"
        )
        x = given.T if rows else given
        if scaling is not None and scaling.kind != "none":
            shift, scale = (np.asarray(one, x.dtype) for one in scaling.shift_and_scale(x.numpy()))
            x = (x - leaf(shift, "constant")) / leaf(scale, "constant")
        output = network(x)
        output = output.T.named(output.name) if rows else output
        return to_onnx(output, path, inputs=[given], batch={"X": 0 if rows else 1}, dtype=dtype)
