"""A computation as a module of PyTorch: the nodes that ONNX is given, run by torch, whose own sweep has the gradients.

Where torch has a function for a row it is that one, with its slopes. They are held against ours where a module is made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache, reduce
from typing import Any

import numpy as np

from ..errors import extra
from ..formulas.onnx_arrays import FIRST, LAST, ROWS, ArrayStep
from ..formulas.onnx_nodes import ONNX, Nodes, Operators
from .onnx import Forward, check_rows, concrete_shapes, leaves_of, nodes_of


def of_torch(name: str) -> Callable[[ArrayStep], str]:
    """Return a row that torch has as a function of the same arguments."""
    return lambda step: step.add(name, *step.xs)


def symmetric(name: str) -> Callable[[ArrayStep], str]:
    """Return a row of a symmetric matrix, of which one triangle is read."""
    return lambda step: step.add(name, step.x, uplo=step.about["uplo"])


TORCH = Operators(
    rows={
        **ONNX.rows,
        **{name: name for name in ("clip", "cross_entropy_logits", "elu", "erfinv", "gelu", "logaddexp", "logit")},
        **{name: name for name in ("mod", "normal_cdf", "silu", "sinc", "xlogy")},
    },
    math={
        **ONNX.math,
        **{f"math.{name}": name for name in ("atan2", "copysign", "erfc", "exp2", "expm1", "hypot")},
        **{f"math.{name}": name for name in ("log10", "log1p", "log2", "trunc")},
    },
    name="PyTorch",
)
ARRAYS = {
    **ROWS,
    **{name: of_torch(name) for name in ("cholesky", "inv", "logabsdet", "orthonormal", "pinv", "signdet", "solve")},
    **{name: of_torch(name) for name in ("svdvals", "triangle")},
    **{name: symmetric(name) for name in ("eigenvectors", "eigvalsh")},
}


@cache
def functions() -> dict[str, Callable[..., Any]]:
    """Return what each operator is in torch: of its inputs, and its attributes by name."""
    import torch as module

    torch: Any = module  # whatever types a version of it has
    f, special, linalg = torch.nn.functional, torch.special, torch.linalg
    same = {  # called alike
        **{
            name: getattr(torch, name.lower())
            for name in ("Abs", "Acos", "Acosh", "Add", "Asin", "Asinh", "Atan", "Atanh")
        },
        **{
            name: getattr(torch, name.lower())
            for name in ("Ceil", "Cos", "Cosh", "Div", "Erf", "Exp", "Floor", "IsInf")
        },
        **{
            name: getattr(torch, name.lower())
            for name in ("IsNaN", "Log", "MatMul", "Mul", "Neg", "Pow", "Relu", "Round")
        },
        **{
            name: getattr(torch, name.lower())
            for name in ("Sigmoid", "Sin", "Sinh", "Sqrt", "Sub", "Tan", "Tanh", "Where")
        },
        **{
            name: getattr(torch, name)
            for name in ("atan2", "copysign", "erfinv", "exp2", "expm1", "hypot", "logaddexp")
        },
        **{
            name: getattr(torch, name) for name in ("erfc", "log10", "log1p", "log2", "logit", "sinc", "trunc", "xlogy")
        },
        "And": torch.logical_and,
        "Not": torch.logical_not,
        "Or": torch.logical_or,
        "Identity": lambda x: x,
        "Equal": torch.eq,
        "Less": torch.lt,
        "Greater": torch.gt,
        "LessOrEqual": torch.le,
        "GreaterOrEqual": torch.ge,
        "gelu": f.gelu,
        "mod": torch.remainder,
        "normal_cdf": special.ndtr,
        "silu": f.silu,
        "Det": linalg.det,
        "inv": linalg.inv,
        "orthonormal": lambda x: linalg.qr(x)[0],
        "pinv": linalg.pinv,
        "solve": linalg.solve,
        "svdvals": linalg.svdvals,
        "triangle": lambda x: linalg.qr(x)[1],
    }

    def each(function: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *xs: reduce(function, xs)

    def along(function: Callable[..., Any]) -> Callable[..., Any]:
        return lambda x, axes, keepdims: function(x, dim=axes.tolist(), keepdim=bool(keepdims))

    def reduce_prod(x: Any, axes: Any, keepdims: int) -> Any:
        axes = axes.tolist()
        for axis in axes:
            x = x.prod(dim=axis, keepdim=True)
        return x if keepdims else x.squeeze(tuple(axes))

    def unsqueeze(x: Any, axes: Any) -> Any:
        n = x.ndim + len(axes)
        for axis in sorted(axis % n for axis in axes.tolist()):
            x = x.unsqueeze(axis)
        return x

    def gather(x: Any, index: Any, axis: int = 0) -> Any:
        axis %= x.ndim
        found = x.index_select(axis, index.reshape(-1) % x.shape[axis])
        return found.reshape((*x.shape[:axis], *index.shape, *x.shape[axis + 1 :]))

    def cut(x: Any, starts: Any, ends: Any, axes: Any, steps: Any) -> Any:
        for start, end, axis, step in zip(*(one.tolist() for one in (starts, ends, axes, steps)), strict=True):
            whole = slice(None if start == LAST else start, None if end in (FIRST, LAST) else end, step)
            places = list(range(x.shape[axis]))[whole]
            x = x.index_select(axis, torch.tensor(places, dtype=torch.int64, device=x.device))
        return x

    def pad(x: Any, ends: Any, fill: Any) -> Any:
        before, after = ends[: x.ndim].tolist(), ends[x.ndim :].tolist()
        pairs = [n for pair in zip(before[::-1], after[::-1], strict=True) for n in pair]
        return f.pad(x, pairs, value=float(fill))

    def scatter(x: Any, index: Any, updates: Any, axis: int, reduction: str = "none") -> Any:
        return (x.scatter_add if reduction == "add" else x.scatter)(axis, index, updates)

    def clip(x: Any, low: Any, high: Any) -> Any:
        return torch.where(low > high, torch.nan, torch.clamp(x, low, high))

    def elu(x: Any, alpha: Any) -> Any:
        return torch.where(x > 0, x, alpha * torch.expm1(torch.clamp(x, max=0)))

    def cross_entropy_logits(x: Any, y: Any) -> Any:
        return f.binary_cross_entropy_with_logits(*torch.broadcast_tensors(x, y), reduction="none")

    def cholesky(x: Any) -> Any:
        return linalg.cholesky((x + x.mT) / 2)

    return {
        **same,
        "Max": each(torch.maximum),
        "Min": each(torch.minimum),
        "Sum": each(torch.add),
        "ReduceMax": along(torch.amax),
        "ReduceMin": along(torch.amin),
        "ReduceMean": along(torch.mean),
        "ReduceSum": along(torch.sum),
        "ReduceProd": reduce_prod,
        "Unsqueeze": unsqueeze,
        "Gather": gather,
        "Slice": cut,
        "Pad": pad,
        "ScatterElements": scatter,
        "clip": clip,
        "elu": elu,
        "cholesky": cholesky,
        "cross_entropy_logits": cross_entropy_logits,
        "Mean": lambda *xs: reduce(torch.add, xs) / len(xs),
        "Mod": lambda x, y, fmod: torch.fmod(x, y),
        "Softplus": lambda x: f.softplus(x, threshold=700.0),  # by default it is cut to z beyond 20
        "LeakyRelu": lambda x, alpha: f.leaky_relu(x, alpha),
        "Elu": lambda x, alpha: f.elu(x, alpha),
        "Transpose": lambda x, perm: x.permute(perm),
        "Reshape": lambda x, shape, allowzero: x.reshape(shape.tolist()),
        "Expand": lambda x, shape: x.expand(torch.broadcast_shapes(x.shape, tuple(shape.tolist()))),
        "Squeeze": lambda x, axes: x.squeeze(tuple(axes.tolist())),
        "Concat": lambda *xs, axis: torch.cat(xs, axis),
        "GatherElements": lambda x, index, axis: torch.gather(x, axis, index),
        "TopK": lambda x, k, axis, largest, sorted: torch.sort(x, dim=axis, stable=True),
        "CumSum": lambda x, axis: torch.cumsum(x, int(axis)),
        "Einsum": lambda *xs, equation: torch.einsum(equation, *xs),
        "Softmax": lambda x, axis: torch.softmax(x, axis),
        "LogSoftmax": lambda x, axis: torch.log_softmax(x, axis),
        "Trilu": lambda x, k, upper: (torch.triu if upper else torch.tril)(x, int(k)),
        "Cast": lambda x, to: x.to(torch.int64),
        "eigvalsh": lambda x, uplo: linalg.eigvalsh(x, UPLO=uplo),
        "eigenvectors": lambda x, uplo: linalg.eigh(x, UPLO=uplo)[1],
        "logabsdet": lambda x: linalg.slogdet(x)[1],
        "signdet": lambda x: linalg.slogdet(x)[0],
    }


def to_module(forward: Forward, learnt: Sequence[str]) -> Any:
    """Return a torch.nn.Module of a computation, with the leaves `learnt` as its parameters, under their names.

    Called with the leaves that are not held, in order, it returns a tensor, or a tuple of them. It is in the precision
    of the parameters, or double; batches of any size are taken that the computation takes.
    """
    with extra("torch"):
        import torch as module
    torch: Any = module
    check_rows(forward, ARRAYS, TORCH.name)
    dtypes = {np.asarray(x).dtype for name, x, _ in leaves_of(forward) if name in learnt}
    dtype = np.dtype(np.float32 if dtypes == {np.dtype(np.float32)} else np.float64)
    kind = getattr(torch, str(dtype))
    ways: dict[Any, tuple[Nodes, list[str]]] = {}  # by the shapes of the inputs
    run = functions()

    class GraphModule(torch.nn.Module):  # type: ignore[misc]
        """The computation; see `to_module`."""

        def __init__(self) -> None:
            super().__init__()
            self.inputs = tuple([name for name, _, held in leaves_of(forward) if not held])
            for name, x, _ in leaves_of(forward):
                if name in learnt:
                    self.register_parameter(name, torch.nn.Parameter(torch.tensor(np.asarray(x), dtype=kind)))

        def forward(self, *xs: Any) -> Any:
            """Return what is computed."""
            if len(xs) != len(self.inputs):
                raise TypeError(f"the module takes {', '.join(self.inputs)}; got {len(xs)} arguments")
            given = {name: torch.as_tensor(x) for name, x in zip(self.inputs, xs, strict=True)}
            given = {name: x.to(kind) if x.dtype != kind else x for name, x in given.items()}
            device = next(iter([*given.values(), *self.parameters()])).device
            key = tuple([tuple(x.shape) for x in given.values()])
            if key not in ways:
                shapes = [given[name].shape if name in given else np.shape(x) for name, x, _ in leaves_of(forward)]
                ways[key] = nodes_of(forward, {}, concrete_shapes(forward, [*map(tuple, shapes)]), dtype, TORCH, ARRAYS)
            nodes, results = ways[key]
            at = {name: torch.from_numpy(np.array(x)).to(device) for name, x in nodes.held.items()}
            at |= given | dict(self.named_parameters())
            for one in nodes.entries:
                found = run[one.kind](*[at[x] for x in one.inputs], **one.attributes)
                at.update(zip(one.results, found if len(one.results) > 1 else (found,), strict=True))
            outputs = tuple([at[name] for name in results])
            return outputs[0] if len(outputs) == 1 else outputs

    return GraphModule()


def check_module(
    module: Any, given: Sequence[Any], seeds: Sequence[Any], values: Sequence[Any], grads: Mapping[str, Any]
) -> None:
    """Raise RuntimeError where a module's values, or gradients by names, are not these; `seeds` weigh the values."""
    import torch as module_of_torch

    torch: Any = module_of_torch

    kind = next((p.dtype for p in module.parameters()), torch.float64)
    xs = {name: torch.tensor(np.asarray(x), dtype=kind) for name, x in zip(module.inputs, given, strict=True)}
    leaves = {name: x.requires_grad_() for name, x in xs.items() if name in grads}
    leaves |= {name: p for name, p in module.named_parameters() if name in grads}
    found = module(*xs.values())
    outputs = found if isinstance(found, tuple) else (found,)
    error = 1e-9 if kind == torch.float64 else 1e-3
    pairs = [("the value", y.detach(), value) for y, value in zip(outputs, values, strict=True)]
    if leaves and any(y.requires_grad for y in outputs):
        us = [torch.tensor(np.asarray(u), dtype=kind).reshape(y.shape) for u, y in zip(seeds, outputs, strict=True)]
        back = torch.autograd.grad(outputs, [*leaves.values()], us, allow_unused=True)
        pairs += [
            (f"the gradient by {name}", torch.zeros_like(x) if g is None else g, grads[name])
            for (name, x), g in zip(leaves.items(), back, strict=True)
        ]
    for what, one, other in pairs:
        if not np.allclose(one.numpy().ravel(), np.ravel(other), rtol=error, atol=error, equal_nan=True):
            raise RuntimeError(
                f"{what} that PyTorch finds is not ours, {one.numpy().ravel()[:3]} for {np.ravel(other)[:3]}: is the "
                "point a kink, or is a number there not finite?"
            )
