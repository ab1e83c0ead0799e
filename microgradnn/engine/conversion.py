"""What a Tensor is made from, and indexed with: anything that NumPy takes for an array of real numbers."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..errors import ShapeError
from ..graph import Node

Array = NDArray[Any]

FLOATS: Final = (np.dtype("float64"), np.dtype("float32"))
PLAIN: Final[Any] = (int, float, bool)  # as an Any, since a float of NumPy's is one, whose == gives no bool


def numeric(x: Any, dtype: Any = None) -> Array:
    """Return a copy of x as an array of float64, or of float32 where it is one; TypeError for anything else."""
    if type(x) is np.ndarray and x.dtype in FLOATS and (dtype is None or x.dtype == dtype):
        return x.copy(order="C")
    if isinstance(x, np.ma.MaskedArray):
        raise TypeError("a Tensor has no mask; fill the array first: x.filled(0)")
    if isinstance(x, Node):
        raise TypeError(f"a Tensor is made from numbers, got {x!r}; take its .data, or use it as it is")
    try:
        array = np.array(x)
    except ValueError:
        lengths = ", ".join(str(len(one)) if hasattr(one, "__len__") else "none" for one in x[:5])
        raise ShapeError(f"the rows of an array are of equal length; got rows of {lengths} in {x!r:.60}") from None
    if array.dtype.kind not in "fiub":
        nodes = array.dtype == object and any(isinstance(one, Node) for one in array.flat)
        hint = "; Values and Tensors are two paths, which do not mix: take their .data" if nodes else ""
        raise TypeError(f"a Tensor holds real numbers; got {array.dtype} in an array of shape {array.shape}{hint}")
    if dtype is not None and np.dtype(dtype) not in FLOATS:
        raise TypeError(f"a Tensor holds float64 or float32; got dtype {np.dtype(dtype)}")
    wanted = dtype or (array.dtype if array.dtype in FLOATS else FLOATS[0])
    return array.astype(wanted, copy=False)


def check_index(index: Any) -> Any:
    """Return an index without Tensors in it."""
    if isinstance(index, Node):
        called = getattr(index, "called", None)
        what = f"{called()} is of {getattr(index, 'dtype', '')}" if called else f"{index!r} is of floats"
        raise TypeError(
            f"an index is of whole numbers; {what}: take its .data.astype(int), or, for an input of programs, X[I] or "
            'X[:, I] with a constant of whole numbers: I = Tensor([[2, 0]], "I", kind="constant")'
        )
    if isinstance(index, np.ma.MaskedArray) and np.ma.is_masked(index):
        raise TypeError("an index has no mask: what is under it would be taken too; leave it out: I.compressed()")
    if isinstance(index, tuple):
        return tuple([check_index(one) for one in index])
    if isinstance(index, np.ndarray) and index.ndim == 0 and index.dtype.kind in "iu":
        return int(index)
    if isinstance(index, list):
        index = [check_index(one) if isinstance(one, np.ma.MaskedArray) else one for one in index]
    if isinstance(index, (list, np.ndarray)):
        array = np.array(index)
        return array if array.size or array.dtype.kind in "iub" else array.astype(np.intp)
    return int(index) if isinstance(index, np.integer) else index
