"""NumPy's words for products of arrays, and its linear algebra. All are made of rows."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any, NamedTuple

import numpy as np

from ..errors import ShapeError
from ..graph import Node
from ..rules import arrays, calculus
from .rearrange import concatenate, diagonal, expand_dims, integer, moveaxis, one_axis, operand, ravel, squeeze

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"  # importing the module string takes 0.7 ms
Axes = int | Sequence[int] | None
PINV = 1e-15  # the part of the largest singular value below which np.linalg.pinv takes one for 0


def matmul(x: Any, y: Any) -> Any:
    """Return the matrix product, an operand of one axis being a row on the left and a column on the right."""
    x, y = operand(x), operand(y)
    if x.ndim > 1 and y.ndim > 1:
        return arrays.matmul(x, y)
    if not x.ndim or not y.ndim:
        raise ShapeError(f"matmul is for arrays; got shapes {x.shape} and {y.shape}: write * for a single number")
    left, right = x.ndim == 1, y.ndim == 1
    result = arrays.matmul(
        arrays.reshape(x, shape=(1, -1)) if left else x, arrays.reshape(y, shape=(-1, 1)) if right else y
    )
    shape = result.shape
    return arrays.reshape(result, shape=shape[:-2] + (() if left else shape[-2:-1]) + (() if right else shape[-1:]))


def dot(x: Any, y: Any) -> Any:
    """Return the product of numbers, of vectors, of matrices; of more axes, the last by the last but one."""
    x, y = operand(x), operand(y)
    if not x.ndim or not y.ndim:
        return x * y
    if x.ndim <= 2 and y.ndim <= 2:
        return matmul(x, y)
    return tensordot(x, y, (x.ndim - 1, max(y.ndim - 2, 0)))


def vdot(x: Any, y: Any) -> Any:
    """Return the sum of the products of all numbers."""
    return matmul(ravel(x), ravel(y))


def inner(x: Any, y: Any) -> Any:
    """Return the sums of products over the last axis of both."""
    x, y = operand(x), operand(y)
    return tensordot(x, y, (x.ndim - 1, y.ndim - 1)) if x.ndim and y.ndim else x * y


def outer(x: Any, y: Any) -> Any:
    """Return the products of each number with each: (n,) and (m,) give (n, m)."""
    return einsum("i,j->ij", ravel(x), ravel(y))


def tensordot(x: Any, y: Any, axes: Any = 2) -> Any:
    """Return the sums of products over so many axes, or over these pairs of them."""
    x, y = operand(x), operand(y)
    if isinstance(axes, (int, np.integer)):
        first, second = list(range(x.ndim - axes, x.ndim)), list(range(axes))
    else:
        first, second = ([integer(i, "an axis") for i in np.atleast_1d(one)] for one in axes)
    first, second = [one_axis(i, x.ndim) for i in first], [one_axis(i, y.ndim) for i in second]
    if [x.shape[i] for i in first] != [y.shape[i] for i in second]:
        raise ShapeError(f"tensordot: axes {first} of shape {x.shape} and {second} of {y.shape} are of other lengths")
    of_x, of_y = list(LETTERS[: x.ndim]), list(LETTERS[x.ndim : x.ndim + y.ndim])
    for i, k in zip(first, second, strict=True):
        of_y[k] = of_x[i]
    shared = {of_x[i] for i in first}
    free = [letter for letter in of_x + of_y if letter not in shared]
    return arrays.einsum(x, y, subscripts=f"{''.join(of_x)},{''.join(of_y)}->{''.join(free)}")


def kron(x: Any, y: Any) -> Any:
    """Return the Kronecker product: y for each number of x, times it."""
    x, y = operand(x), operand(y)
    ndim = max(x.ndim, y.ndim)
    x, y = (arrays.reshape(one, shape=(1,) * (ndim - one.ndim) + tuple(one.shape)) for one in (x, y))
    large = arrays.reshape(x, shape=tuple([n for length in x.shape for n in (length, 1)]))
    small = arrays.reshape(y, shape=tuple([n for length in y.shape for n in (1, length)]))
    return arrays.reshape(large * small, shape=tuple([a * b for a, b in zip(x.shape, y.shape, strict=True)]))


def cross(x: Any, y: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None) -> Any:
    """Return the vector product, of three numbers each along an axis."""
    if axis is not None:
        axisa = axisb = axisc = axis
    x, y = moveaxis(x, axisa, -1), moveaxis(y, axisb, -1)
    if x.shape[-1] != 3 or y.shape[-1] != 3:
        raise ShapeError(f"cross is for vectors of three numbers; got {x.shape[-1]} and {y.shape[-1]}")
    a, b = [
        (arrays.take(one, index=(..., np.array([1, 2, 0]))), arrays.take(one, index=(..., np.array([2, 0, 1]))))
        for one in (x, y)
    ]
    return moveaxis(a[0] * b[1] - a[1] * b[0], -1, axisc)


# --- einsum ---------------------------------------------------------------------------------------


def einsum(*operands: Any, optimize: Any = None) -> Any:
    """Return sums of products over the letters that the result has not, as NumPy reads them.

    The row knows arrays without a letter twice, and letters of one length: here diagonals are taken, axes of length 1
    that meet longer ones left out, and `...` written out.
    """
    text, xs = subscripts_of(operands)
    listed, arrow, result = text.replace(" ", "").partition("->")
    names = listed.split(",")
    if len(names) != len(xs):
        raise ValueError(f"einsum: {text!r} is for {len(names)} arrays, and there are {len(xs)}")
    free = [letter for letter in LETTERS if letter not in text]
    more = [np.ndim(x) - len(name.replace("...", "")) for x, name in zip(xs, names, strict=True)]
    most = max([n for n, name in zip(more, names, strict=True) if "..." in name], default=0)
    dots = "".join(free[:most])
    if any(n < 0 or (n and "..." not in name) for n, name in zip(more, names, strict=True)):
        raise ShapeError(f"einsum: {text!r} does not fit the shapes {', '.join(str(np.shape(x)) for x in xs)}")
    names = [name.replace("...", dots[most - n :] if n else "") for n, name in zip(more, names, strict=True)]
    if not arrow:
        whole = "".join(names)
        result = "..." + "".join(sorted({one for one in whole if whole.count(one) == 1 and one not in dots}))
    result = result.replace("...", dots)
    if not {*result} <= {*"".join(names)} or len({*result}) < len(result):
        raise ValueError(f"einsum: the result of {text!r} has a letter twice, or one that no array has")
    pairs = [without_twice(operand(x), name) for x, name in zip(xs, names, strict=True)]
    lengths: dict[str, int] = {}
    for x, name in pairs:
        for letter, n in zip(name, x.shape, strict=True):
            known = lengths.setdefault(letter, n)
            if known != n and 1 not in (known, n):
                raise ShapeError(f"einsum: {letter!r} of {text!r} is {known} long, and {n}")
            lengths[letter] = n if known == 1 else known
    pairs = [without_ones(x, name, lengths) for x, name in pairs]
    return arrays.einsum(*[x for x, _ in pairs], subscripts=f"{','.join(name for _, name in pairs)}->{result}")


def subscripts_of(operands: Sequence[Any]) -> tuple[str, list[Any]]:
    """Return the text and the arrays; also of np.einsum(x, [0, 1], y, [1, 2], [0, 2])."""
    if not operands:
        raise TypeError("einsum takes subscripts, then the arrays: einsum('ij,jk->ik', A, B)")
    if isinstance(operands[0], str):
        given = operands[1:]
        if len(given) == 1 and isinstance(given[0], (list, tuple)) and any(isinstance(x, Node) for x in given[0]):
            given = given[0]  # as PyTorch takes them
        return operands[0], list(given)
    numbers = sorted({i for one in operands[1::2] for i in one if i is not Ellipsis})
    letter: dict[Any, str] = {i: LETTERS[k] for k, i in enumerate(numbers)} | {Ellipsis: "..."}
    names = ["".join([letter[i] for i in one]) for one in operands[1::2]]
    if len(operands) % 2:
        names.append("".join([letter[i] for i in operands[-1]]))
        return f"{','.join(names[:-1])}->{names[-1]}", list(operands[:-1:2])
    return ",".join(names), list(operands[::2])


def without_twice(x: Any, name: str) -> tuple[Any, str]:
    """Return the diagonal along axes that have one letter, until each has its own."""
    for letter in dict.fromkeys(name):
        while name.count(letter) > 1:
            i = name.index(letter)
            k = name.index(letter, i + 1)
            if x.shape[i] != x.shape[k]:
                raise ShapeError(f"einsum: {letter!r} stands for axes of lengths {x.shape[i]} and {x.shape[k]}")
            x = diagonal(x, 0, i, k)
            name = name[:i] + name[i + 1 : k] + name[k + 1 :] + letter
    return x, name


def without_ones(x: Any, name: str, lengths: dict[str, int]) -> tuple[Any, str]:
    """Return x without axes of length 1 whose letter is longer elsewhere."""
    kept = [i for i, letter in enumerate(name) if x.shape[i] == lengths[letter]]
    if len(kept) == len(name):
        return x, name
    return arrays.reshape(x, shape=tuple([x.shape[i] for i in kept])), "".join([name[i] for i in kept])


# --- linear algebra -------------------------------------------------------------------------------


class Slogdet(NamedTuple):
    """What np.linalg.slogdet gives."""

    sign: Any
    logabsdet: Any


class Eigh(NamedTuple):
    """What np.linalg.eigh gives."""

    eigenvalues: Any
    eigenvectors: Any


class Svd(NamedTuple):
    """What np.linalg.svd gives."""

    U: Any
    S: Any
    Vh: Any


class QR(NamedTuple):
    """What np.linalg.qr gives."""

    Q: Any
    R: Any


def solve(x: Any, y: Any) -> Any:
    """Return z of x z = y, for a vector or the columns of a matrix."""
    x, y = operand(x), operand(y)
    if y.ndim == x.ndim - 1 and y.ndim > 1:  # which an old NumPy takes for vectors
        y = arrays.reshape(y, shape=(1, *y.shape))
    if y.ndim > 1:
        return arrays.solve(x, y)
    return arrays.reshape(result := arrays.solve(x, expand_dims(y, 1)), shape=result.shape[:-1])


def inv(x: Any) -> Any:
    """Return the inverse of a matrix, or of each of a stack."""
    return arrays.inv(operand(x))


def det(x: Any) -> Any:
    """Return the determinant of a matrix, or of each of a stack."""
    return arrays.det(operand(x))


def slogdet(x: Any) -> Slogdet:
    """Return the sign of the determinant and the logarithm of its size."""
    return Slogdet(arrays.signdet(operand(x)), arrays.logabsdet(operand(x)))


def cholesky(x: Any, upper: bool = False) -> Any:
    """Return the lower factor L of L Lᵀ, or with `upper` its transpose."""
    lower = arrays.cholesky(operand(x))
    return arrays.swap(lower) if upper else lower


def eigvalsh(x: Any, UPLO: str = "L") -> Any:  # noqa: N803 (NumPy's name)
    """Return the eigenvalues of a symmetric matrix, of which one triangle is read."""
    return arrays.eigvalsh(operand(x), uplo=UPLO.upper())


def eigh(x: Any, UPLO: str = "L") -> Eigh:  # noqa: N803 (NumPy's name)
    """Return the eigenvalues and eigenvectors of a symmetric matrix, of which one triangle is read."""
    return Eigh(eigvalsh(x, UPLO), arrays.eigenvectors(operand(x), uplo=UPLO.upper()))


def svd(x: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False) -> Any:
    """Return U, the singular values, and Vᵀ; the full matrices have no gradient where they are larger."""
    x = operand(x)
    if not compute_uv:
        return arrays.svdvals(x)
    if full_matrices and x.shape[-1] != x.shape[-2]:
        raise ShapeError(f"svd: of shape {x.shape} the full matrices have no gradient; write full_matrices=False")
    return Svd(arrays.left_vectors(x), arrays.svdvals(x), arrays.right_vectors(x))


def svdvals(x: Any) -> Any:
    """Return the singular values, from the largest down."""
    return arrays.svdvals(operand(x))


def pinv(x: Any) -> Any:
    """Return the pseudo-inverse of a matrix, or of each of a stack."""
    return arrays.pinv(operand(x))


def check_independence(triangle: Any, shape: tuple[int, ...]) -> None:
    """Raise LinAlgError for a matrix of that shape whose Q and R have no gradient, though one is wanted."""
    if not getattr(triangle, "wants_grad", False):
        return
    held = np.asarray(triangle._held()).reshape(triangle.shape)
    sizes = np.abs(np.diagonal(held, axis1=-2, axis2=-1))
    tiny = np.finfo(held.dtype).eps * max(shape[-2:]) * sizes.max(axis=-1, keepdims=True, initial=0)
    if np.any(sizes <= tiny):
        raise np.linalg.LinAlgError(
            f"qr: the first {min(shape[-2:])} columns of shape {shape} are not independent, and Q and R have no "
            "gradient; write .data where none is wanted"
        )


def qr(a: Any, mode: str = "reduced") -> Any:
    """Return Q and R of a = Q R, of full rank, or with mode 'r' R alone.

    The complete Q of a matrix with more rows than columns has no gradient. Of one with more columns the first ones
    make Q, and the rest of R is Qᵀ times the rest. Raises LinAlgError, a ValueError, where a gradient is wanted and
    those columns are not independent: Q jumps there.
    """
    x = operand(a)
    if x.ndim < 2:
        raise ShapeError(f"qr is for matrices; got shape {x.shape}")
    m, n = x.shape[-2:]
    if mode not in ("reduced", "complete", "r"):
        raise ValueError(f"qr: mode {mode!r} (choose from reduced, complete, r)")
    if mode == "complete" and m > n:
        raise ShapeError(f"qr: of shape {x.shape} the complete Q has no gradient; write mode='reduced'")
    first = x if m >= n else arrays.take(x, index=(..., slice(None, m)))
    r = arrays.triangle(first)
    check_independence(r, x.shape)
    if m >= n and mode == "r":
        return r
    q = arrays.orthonormal(first)
    if m < n:
        r = concatenate((r, arrays.matmul(arrays.swap(q), arrays.take(x, index=(..., slice(m, None))))), -1)
    return r if mode == "r" else QR(q, r)


def lstsq(a: Any, b: Any, rcond: Any = None) -> tuple[Any, Any, int, Any]:
    """Return the x, the shortest, for which ‖a x − b‖² is least, that, the rank of a, and its singular values.

    Its gradient is that where the rank stays. Raises ValueError for an `rcond` by which a has another rank.
    """
    a, b = operand(a), operand(b)
    plain: Any = a
    sizes = np.linalg.svd(plain.data if isinstance(a, Node) else a, compute_uv=False)
    least = np.finfo(sizes.dtype).eps * max(a.shape) if rcond is None or rcond == -1 else rcond
    rank, own = (int(np.sum(sizes > part * sizes.max(initial=0))) for part in (least, PINV))
    if rank != own:
        raise ValueError(f"lstsq: rcond {least:g} makes {rank} of a's rank {own}, and so has no gradient")
    x = matmul(arrays.pinv(a), b)
    if rank < a.shape[1] or a.shape[0] <= a.shape[1]:
        return x, np.zeros(0), rank, arrays.svdvals(a)
    rest = matmul(a, x) - b
    return x, arrays.sum(rest * rest, axis=0, keepdims=b.ndim == 1), rank, arrays.svdvals(a)


def cond(x: Any, p: Any = None) -> Any:
    """Return how many times as large a relative error may become: the norm of x times that of its inverse."""
    x = operand(x)
    if p in (None, 2, -2):
        values = arrays.svdvals(x)
        first, last = arrays.take(values, index=(..., 0)), arrays.take(values, index=(..., -1))
        return last / first if p == -2 else first / last
    return norm(x, p, (-2, -1)) * norm(inv(x), p, (-2, -1))


def tensorinv(a: Any, ind: int = 2) -> Any:
    """Return the inverse with respect to `tensordot(…, ind)`: of a whose first `ind` axes are rows."""
    x = operand(a)
    if ind <= 0:
        raise ValueError(f"tensorinv: ind is how many axes, from the first, are those of the rows; got {ind}")
    rows, columns = tuple(x.shape[:ind]), tuple(x.shape[ind:])
    size = int(np.prod(rows, dtype=int))
    return arrays.reshape(inv(arrays.reshape(x, shape=(size, -1))), shape=columns + rows)


def tensorsolve(a: Any, b: Any, axes: Any = None) -> Any:
    """Return the x for which tensordot(a, x, x.ndim) is b; `axes` of a are moved to its end before."""
    x, y = operand(a), operand(b)
    if axes is not None:
        x = moveaxis(x, axes, range(x.ndim - len(axes), x.ndim))
    columns = tuple(x.shape[y.ndim :])
    rows = arrays.reshape(x, shape=(int(np.prod(y.shape, dtype=int)), -1))
    return arrays.reshape(solve(rows, ravel(y)), shape=columns)


def matrix_power(x: Any, n: int) -> Any:
    """Return the product of n times the matrix, of a negative n of its inverse."""
    x = operand(x)
    if n == 0:
        return np.eye(x.shape[-1], dtype=x.dtype) + 0 * x
    base = arrays.inv(x) if n < 0 else x
    result = None
    for digit in reversed(f"{abs(n):b}"):
        if digit == "1":
            result = base if result is None else arrays.matmul(result, base)
        base = arrays.matmul(base, base)
    return result


def multi_dot(xs: Sequence[Any]) -> Any:
    """Return the product of many matrices."""
    return reduce(dot, xs)


def norm(x: Any, ord: Any = None, axis: Axes = None, keepdims: bool = False) -> Any:
    """Return the length of vectors, or a norm of matrices; slopes are 0 where √ (Σ x²) is."""
    x = operand(x)
    if axis is None:
        if ord is None or (ord == "fro" and x.ndim == 2) or (ord == 2 and x.ndim == 1):
            return length(x, None, keepdims)
        if x.ndim > 2:
            raise ShapeError(f"norm: of shape {x.shape}; say which axes: axis=…")
        axis = tuple(range(x.ndim))
    axes = tuple([one_axis(i, x.ndim) for i in arrays.axes_of(axis, x.ndim)])
    if len(axes) == 1:
        return vector_norm(x, axis=axes, ord=2 if ord is None else ord, keepdims=keepdims)
    return matrix_norm_along(x, axes, "fro" if ord is None else ord, keepdims)


def length(x: Any, axis: Axes, keepdims: bool) -> Any:
    """Return √ (Σ x²) along the axes."""
    return calculus.sqrt(arrays.sum(x * x, axis=axis, keepdims=keepdims))


def vector_norm(x: Any, *, axis: Axes = None, keepdims: bool = False, ord: Any = 2) -> Any:
    """Return (Σ |x|^ord)^(1/ord) along the axes, or the largest or smallest |x| for ±∞."""
    x = operand(x)
    if ord == 2:
        return length(x, axis, keepdims)
    size = calculus.abs(x)
    if ord in (np.inf, -np.inf):
        return (arrays.max if ord > 0 else arrays.min)(size, axis=axis, keepdims=keepdims)
    if ord == 0:
        return arrays.sum(1 - calculus.zero(x), axis=axis, keepdims=keepdims)
    if ord == 1:
        return arrays.sum(size, axis=axis, keepdims=keepdims)
    if isinstance(ord, str):
        raise ValueError(f"norm: {ord!r} is for matrices")
    return arrays.sum(size**ord, axis=axis, keepdims=keepdims) ** (1 / ord)


def matrix_norm(x: Any, *, keepdims: bool = False, ord: Any = "fro") -> Any:
    """Return a norm of the last two axes."""
    x = operand(x)
    return matrix_norm_along(x, (x.ndim - 2, x.ndim - 1), ord, keepdims)


def matrix_norm_along(x: Any, axes: tuple[int, ...], ord: Any, keepdims: bool) -> Any:
    """Return a norm of matrices that lie in two of the axes."""
    if ord == "fro":
        return length(x, axes, keepdims)
    if ord in (1, -1, np.inf, -np.inf):
        rows, columns = axes if abs(ord) == 1 else axes[::-1]
        sums = arrays.sum(calculus.abs(x), axis=rows, keepdims=True)
        found = (arrays.max if ord > 0 else arrays.min)(sums, axis=columns, keepdims=True)
    elif ord in (2, -2, "nuc"):
        values = arrays.svdvals(moveaxis(x, axes, (-2, -1)))
        reduction = arrays.sum if ord == "nuc" else arrays.max if ord == 2 else arrays.min
        found = reduction(values, axis=-1)
    else:
        raise ValueError(f"norm: ord {ord!r} of matrices (choose from fro, nuc, 1, −1, 2, −2, inf, −inf)")
    shape = [1 if i in axes else n for i, n in enumerate(x.shape) if keepdims or i not in axes]
    return arrays.reshape(found, shape=tuple(shape))


def trace_of_last(x: Any, offset: int = 0) -> Any:
    """Return np.linalg.trace: the sum of a diagonal of the last two axes."""
    return arrays.sum(diagonal(x, offset, -2, -1), axis=-1)


def diagonal_of_last(x: Any, offset: int = 0) -> Any:
    """Return np.linalg.diagonal: that of the last two axes."""
    return diagonal(x, offset, -2, -1)


def vecdot(x: Any, y: Any, axis: int = -1) -> Any:
    """Return the sums of products along an axis."""
    return arrays.sum(operand(x) * operand(y), axis=axis)


def matvec(x1: Any, x2: Any) -> Any:
    """Return a stack of matrices times vectors."""
    return squeeze(matmul(x1, expand_dims(x2, -1)), -1)


def vecmat(x1: Any, x2: Any) -> Any:
    """Return vectors times a stack of matrices."""
    return squeeze(matmul(expand_dims(x1, -2), x2), -2)
