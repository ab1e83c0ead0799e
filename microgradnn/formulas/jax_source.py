"""What is printed for NumPy, for JAX: the same lines with `jax.numpy`, and helpers that need not look at numbers."""

from __future__ import annotations

import ast
from typing import Any

WEIGHED = "return np.where(np.equal(x, 0) | np.equal(y, 0), 0, x * y)"
HELPERS = {  # that write into an array, or look whether its numbers are finite
    "put": "return np.zeros(shape, x.dtype).at[index].add(x)",
    "place": "return np.zeros((*x.shape[:axis], n, *x.shape[axis + y.ndim:]), x.dtype)"
    ".at[(slice(None),) * axis + (y.astype(int),)].add(x)",
    "on_diagonal": "places = np.arange(x.shape[-1])\n"
    "return np.zeros(shape, x.dtype).at[..., places + max(-offset, 0), places + max(offset, 0)].set(x)",
    "windows": """
k, lead = len(size), x.ndim - len(size)
for i in reversed(range(k)):
    places = (x.shape[lead + i] - dilation[i] * (size[i] - 1) - 1) // step[i] + 1
    x = np.take(x, np.arange(places)[:, None] * step[i] + np.arange(size[i]) * dilation[i], axis=lead + i)
return np.transpose(x, [*range(lead), *range(lead, lead + 2 * k, 2), *range(lead + 1, lead + 2 * k, 2)])
""",
    "overlap": """
k = len(size)
index = []
for i in range(k):
    places = np.arange(x.shape[i - 2 * k])[:, None] * step[i] + np.arange(size[i]) * dilation[i]
    index.append(places.reshape([x.shape[j - 2 * k] if j in (i, k + i) else 1 for j in range(2 * k)]))
return np.zeros(shape, x.dtype).at[(..., *index)].add(x)
""",
    "others": """
axes = tuple(range(x.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
n = x.ndim - len(axes)
last = np.moveaxis(x, axes, range(n, x.ndim))
lines = last.reshape((*last.shape[:n], -1))
one = np.ones_like(lines[..., :1])
before = np.concatenate([one, np.cumprod(lines[..., :-1], axis=-1)], axis=-1)
after = np.concatenate([np.cumprod(lines[..., :0:-1], axis=-1)[..., ::-1], one], axis=-1)
return np.moveaxis((before * after).reshape(last.shape), range(n, x.ndim), axes)
""",
    "shift": "edge = (slice(None),) * (axis % x.ndim) + (0 if by > 0 else -1,)\n"
    "return np.roll(x, by, axis).at[edge].set(fill)",
    "recur": """
lines, factors = np.moveaxis(x.astype(np.result_type(x, y)), axis, 0), np.moveaxis(y, axis, 0)
for i in range(1, len(lines)):
    at, near, factor = (-1 - i, -i, factors[-i]) if back else (i, i - 1, factors[i])
    lines = lines.at[at].add(weigh_array(factor, lines[near]))
return np.moveaxis(lines, 0, axis)
""",
    "unsort": "return np.take_along_axis(x, np.argsort(np.argsort(y, axis), axis), axis)",
    "weigh": WEIGHED,
    "weigh_array": WEIGHED,
    "weigh_matmul": "whole = x @ y\n"
    "x, y = x[..., :, :, None], y[..., None, :, :]\n"
    "return np.where(np.isfinite(whole), whole, np.sum(np.where(np.equal(x, 0) | np.equal(y, 0), 0, x * y), axis=-2))",
}
MISSING = ("np.add.at", "np.add.reduce", "np.multiply.accumulate", "np.vectorize", "np.copyto", "np.frompyfunc")


class ForJax(ast.NodeTransformer):
    """The functions of a module as JAX has them."""

    def visit_With(self, node: ast.With) -> Any:
        """Leave out `np.errstate`: JAX warns of nothing."""
        self.generic_visit(node)
        return node.body

    def visit_FunctionDef(self, node: ast.FunctionDef) -> Any:
        """Take a helper that JAX needs in another form."""
        if node.name in HELPERS:
            node.body = (
                [node.body[0], *ast.parse(HELPERS[node.name]).body]
                if has_doc(node)
                else ast.parse(HELPERS[node.name]).body
            )
        self.generic_visit(node)
        return node

    def visit_If(self, node: ast.If) -> Any:
        """Leave out the quick way where all is finite, which the numbers would have to be looked at for."""
        self.generic_visit(node)
        return None if "np.isfinite(" in ast.unparse(node.test) else node

    def visit_Call(self, node: ast.Call) -> Any:
        """Sum by `np.sum` where NumPy's reduction is told the axis."""
        self.generic_visit(node)
        if ast.unparse(node.func) == "np.add.reduce" and any(one.arg == "axis" for one in node.keywords):
            node.func = ast.parse("np.sum", mode="eval").body
        if ast.unparse(node.func) in ("np.sort", "np.argsort"):  # which are stable there
            node.keywords = [one for one in node.keywords if one.arg != "kind"]
        return node

    def visit_Subscript(self, node: ast.Subscript) -> Any:
        """Index by an array where it is by a list."""
        self.generic_visit(node)
        if isinstance(node.slice, ast.List):
            node.slice = ast.parse(f"np.array({ast.unparse(node.slice)})", mode="eval").body
        return node

    def visit_Assign(self, node: ast.Assign) -> Any:
        """Take the error functions from jax.scipy."""
        self.generic_visit(node)
        text = ast.unparse(node.value)
        for name in ("erf", "erfc"):
            if text.startswith(f"np.vectorize(math.{name},"):
                node.value = ast.parse(f"jax.scipy.special.{name}", mode="eval").body
        return node


def has_doc(node: ast.FunctionDef) -> bool:
    """Whether a function begins with a docstring."""
    return ast.get_docstring(node) is not None


def jax_source(source: str) -> str:
    """Return a module that was printed for NumPy as one for JAX: a pure function for `jit`, `vmap` and shardings.

    Raises ValueError where it needs what JAX has not, or branches.
    """
    tree = ast.parse(source)
    functions = [x for x in tree.body if not isinstance(x, (ast.Import, ast.ImportFrom))]
    if any(isinstance(x, ast.FunctionDef) and x.name == "holds" for x in functions):
        raise ValueError("a branch is no formula of JAX: write where, maximum or relu for it")
    parts = [ast.unparse(ast.fix_missing_locations(ForJax().visit(x))) for x in functions]
    code = "\n\n\n".join(parts)
    missing = [name for name in MISSING if name in code]
    stores = [x for x in ast.walk(ast.parse(code)) if isinstance(x, ast.Subscript) and isinstance(x.ctx, ast.Store)]
    if missing or stores:
        raise ValueError(f"the formula needs {', '.join(missing) or 'to write into an array'}, which JAX has not")
    names = [name for name in ("math", "jax.scipy") if f"{name}." in code]
    return "\n".join([*(f"import {name}" for name in names), "import jax.numpy as np"]) + f"\n\n\n{code}\n"
