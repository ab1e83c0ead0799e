"""NumPy's words on Tensors: each is worth what NumPy says, and its gradient is the slope, on every path."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import microgradnn
from microgradnn import ShapeError, Tensor, compile, compiled, derive, no_grad
from microgradnn.check import gradcheck

pytestmark = pytest.mark.filterwarnings("ignore::microgradnn.RankOneWarning")

Array = np.ndarray[Any, Any]
NUMPY: Any = np  # whose types know of no Tensors
RNG = np.random.default_rng(17)
STEP = 2.0**-17  # of a central difference: its rounding and its curvature cost some 1e-10 of numbers of order 1


def some(*shape: int) -> Array:
    """Normal numbers."""
    return RNG.normal(size=shape)


def near_one(*shape: int) -> Array:
    """Matrices that are far from singular."""
    return 0.3 * some(*shape) + 2 * np.eye(shape[-1])


PLACES, LENGTHS = np.array([4.23, -3.31, 0.77]), np.array([1.5, -0.9, -2.0])  # clear of the jumps of floor, mod, round

np_, linalg = NUMPY, NUMPY.linalg
trapezoid = getattr(np, "trapezoid", None) or NUMPY.trapz
WORDS: dict[str, tuple[Callable[..., Any], tuple[Array, ...]]] = {
    "einsum ij,jk->ik": (lambda x, y: np_.einsum("ij,jk->ik", x, y), (some(2, 3), some(3, 4))),
    "einsum with lists": (lambda x, y: np_.einsum(x, [0, 1], y, [1, 2], [0, 2]), (some(2, 3), some(3, 4))),
    "einsum ii->i": (lambda x: np_.einsum("ii->i", x), (some(3, 3),)),
    "einsum iji": (lambda x: np_.einsum("iji", x), (some(3, 2, 3),)),
    "einsum of batches": (lambda x, y: np_.einsum("...ij,...jk->...ik", x, y), (some(2, 2, 3), some(3, 4))),
    "einsum that repeats": (lambda x, y: np_.einsum("ij,ij->ij", x, y), (some(1, 3), some(2, 3))),
    "einsum of three": (
        lambda x, y, z: np_.einsum("ijk,lji,lli->lki", x, y, z),
        (some(3, 4, 4), some(4, 4, 3), some(4, 4, 3)),
    ),
    "einsum that sums": (lambda x, y: np_.einsum("k,nk->", x, y), (some(5), some(2, 5))),
    "einsum without a result": (lambda x, y: np_.einsum("ij,k", x, y), (some(3, 2), some(3))),
    "einsum of attention": (lambda x, y: np_.einsum("bqhd,bkhd->bhqk", x, y), (some(2, 3, 2, 4), some(2, 3, 2, 4))),
    "tensordot": (lambda x, y: np_.tensordot(x, y, axes=([0], [-1])), (some(2, 3), some(3, 2))),
    "tensordot of 2 axes": (lambda x, y: np_.tensordot(x, y), (some(2, 3, 4), some(3, 4))),
    "inner": (np_.inner, (some(2, 3), some(4, 3))),
    "outer": (np_.outer, (some(3), some(2, 2))),
    "dot": (np_.dot, (some(2, 2, 3), some(2, 3, 4))),
    "dot of vectors": (np_.dot, (some(3), some(3))),
    "dot with a number": (np_.dot, (some(3), some())),
    "T.dot": (lambda x, y: x.dot(y), (some(2, 3), some(3))),
    "vdot": (np_.vdot, (some(2, 3), some(2, 3))),
    "kron": (np_.kron, (some(2, 3), some(3))),
    "cross": (lambda x, y: np_.cross(x, y, axis=0), (some(3, 2), some(3, 2))),
    "matmul": (np_.matmul, (some(3), some(2, 3, 4))),
    "trace": (lambda x: np_.trace(x, offset=1), (some(3, 4, 2),)),
    "diag": (lambda x: np_.diag(x, k=-1), (some(3, 3),)),
    "diag of a vector": (lambda x: np_.diag(x, k=1), (some(3),)),
    "diagonal": (lambda x: x.diagonal(0, 0, 2), (some(3, 2, 3),)),
    "tril": (lambda x: np_.tril(x, k=-1), (some(3, 4),)),
    "triu": (np_.triu, (some(2, 3, 4),)),
    "squeeze": (np_.squeeze, (some(1, 3, 1),)),
    "squeeze of one axis": (lambda x: x.squeeze(axis=-1), (some(1, 3, 1),)),
    "expand_dims": (lambda x: np_.expand_dims(x, axis=(0, -1)), (some(3, 2),)),
    "swapaxes": (lambda x: np_.swapaxes(x, 0, 2), (some(2, 3, 4),)),
    "moveaxis": (lambda x: np_.moveaxis(x, 0, -1), (some(2, 3, 4),)),
    "rollaxis": (lambda x: np_.rollaxis(x, 2), (some(2, 3, 4),)),
    "transpose": (lambda x: np_.transpose(x, axes=[1, 0, 2]), (some(2, 3, 4),)),
    "ravel by columns": (lambda x: np_.ravel(x, order="F"), (some(2, 3),)),
    "reshape by columns": (lambda x: np_.reshape(x, (3, 4), order="F"), (some(2, 3, 2),)),
    "flatten": (lambda x: x.flatten(), (some(2, 3),)),
    "atleast_3d": (np_.atleast_3d, (some(2, 3),)),
    "broadcast_to": (lambda x: np_.broadcast_to(x, (2, 3)), (some(3),)),
    "cumsum": (lambda x: np_.cumsum(x, axis=1, dtype=None), (some(2, 3),)),
    "cumprod": (np_.cumprod, (some(2, 3),)),
    "diff": (lambda x: np_.diff(x, n=2, axis=0, prepend=0.5), (some(4, 3),)),
    "gradient": (np_.gradient, (some(6),)),
    "gradient, to second order": (lambda x: np_.gradient(x, 2.0, axis=0, edge_order=2), (some(6, 2),)),
    "gradient at uneven places": (lambda x: np_.gradient(x, np.array([0.0, 1, 3, 4, 7]), edge_order=2), (some(5),)),
    "trapezoid": (lambda x: trapezoid(x, dx=0.5, axis=0), (some(4, 2),)),
    "pad": (lambda x: np_.pad(x, ((1, 2), (0, 1))), (some(2, 3),)),
    "pad by reflection": (lambda x: np_.pad(x, 2, mode="reflect"), (some(4, 3),)),
    "pad with a number": (lambda x: np_.pad(x, 1, constant_values=3.0), (some(2, 2),)),
    "roll": (lambda x: np_.roll(x, (1, 2), axis=(0, 1)), (some(3, 4),)),
    "roll of all": (lambda x: np_.roll(x, -2), (some(3, 4),)),
    "rot90": (lambda x: np_.rot90(x, k=3, axes=(1, 2)), (some(2, 3, 2),)),
    "fliplr": (np_.fliplr, (some(2, 3),)),
    "tile": (lambda x: np_.tile(x, (2, 1, 3)), (some(2, 3),)),
    "repeat": (lambda x: np_.repeat(x, 2, axis=1), (some(2, 3),)),
    "repeat by numbers": (lambda x: np_.repeat(x, [1, 0, 2], axis=1), (some(2, 3),)),
    "split": (lambda x: np_.split(x, 2, axis=1)[1], (some(2, 4),)),
    "array_split": (lambda x: np_.array_split(x, 3)[1], (some(7, 2),)),
    "hsplit": (lambda x: np_.hsplit(x, [1, 2])[1], (some(2, 4),)),
    "stack": (lambda x, y: np_.stack([x, y], axis=1), (some(2, 3), some(2, 3))),
    "hstack": (lambda x, y: np_.hstack([x, y]), (some(2, 3), some(2, 1))),
    "vstack": (lambda x, y: np_.vstack([x, y]), (some(3), some(2, 3))),
    "dstack": (lambda x, y: np_.dstack([x, y]), (some(2, 3), some(2, 3))),
    "column_stack": (lambda x, y: np_.column_stack([x, y]), (some(3), some(3))),
    "append": (np_.append, (some(3), some(2, 2))),
    "take": (lambda x: np_.take(x, [[0, 2], [2, 2]], axis=1), (some(2, 3),)),
    "take_along_axis": (lambda x: np_.take_along_axis(x, np.array([[0, 2], [1, 1]]), axis=1), (some(2, 3),)),
    "delete": (lambda x: np_.delete(x, 1, axis=0), (some(3, 2),)),
    "block": (lambda x, y: np_.block([[x, y], [y, x]]), (some(2, 2), some(2, 2))),
    "compress": (lambda x: np_.compress([True, False, True], x, axis=0), (some(3, 2),)),
    "extract": (lambda x: np_.extract(np.array([[True], [False]]), x), (some(2, 1),)),
    "choose": (lambda x, y: np_.choose([[0, 1, 1]], [x, y]), (some(2, 3), some(3))),
    "cov": (np_.cov, (some(3, 4),)),
    "cov of columns": (lambda x: np_.cov(x, rowvar=False, ddof=0), (some(4, 2),)),
    "sort": (lambda x: np_.sort(x, axis=0), (some(4, 3),)),
    "median": (lambda x: np_.median(x, axis=0), (some(4, 3),)),
    "quantile": (lambda x: np_.quantile(x, [0.2, 0.7], axis=1), (some(2, 4),)),
    "percentile": (lambda x: np_.percentile(x, 30, keepdims=True), (some(4, 3),)),
    "ptp": (lambda x: np_.ptp(x, axis=0), (some(3, 2),)),
    "average": (lambda x: np_.average(x, axis=0, weights=[1.0, 2, 3]), (some(3, 2),)),
    "sum with a start": (lambda x: np_.sum(x, axis=1, initial=2.0, keepdims=True), (some(2, 3),)),
    "max with a floor": (lambda x: np_.max(x, axis=0, initial=0.5), (some(2, 3),)),
    "var": (lambda x: np_.var(x, axis=0, ddof=1, keepdims=True), (some(3, 2),)),
    "add.reduce": (np_.add.reduce, (some(2, 3),)),
    "add.accumulate": (np_.add.accumulate, (some(2, 3),)),
    "multiply.outer": (np_.multiply.outer, (some(2), some(3))),
    "nansum": (np_.nansum, (some(3),)),
    "nanmax": (lambda x: np_.nanmax(x, axis=0), (some(3, 2),)),
    "norm": (linalg.norm, (some(3, 2),)),
    "norm of lines": (lambda x: linalg.norm(x, ord=3, axis=1), (some(3, 2),)),
    "the largest sum of a column": (lambda x: linalg.norm(x, ord=1), (some(3, 2),)),
    "nuclear norm": (lambda x: linalg.norm(x, ord="nuc"), (some(3, 2),)),
    "solve": (linalg.solve, (near_one(3, 3), some(3))),
    "solve for columns": (linalg.solve, (near_one(2, 3, 3), some(2, 3, 2))),
    "solve for the same columns": (lambda x, y: linalg.solve(x, y[None])[0], (near_one(2, 3, 3), some(3, 2))),
    "inv": (linalg.inv, (near_one(2, 3, 3),)),
    "det": (linalg.det, (some(3, 3),)),
    "slogdet": (lambda x: linalg.slogdet(x)[1], (near_one(3, 3),)),
    "cholesky": (lambda x: linalg.cholesky(x @ np_.swapaxes(x, -1, -2)), (near_one(2, 3, 3),)),
    "eigh": (lambda x: linalg.eigh(x)[0], (np.diag([1.0, 3.0, 5.0]) + 0.1,)),
    "svd": (lambda x: linalg.svd(x, full_matrices=False)[1], (some(4, 3),)),
    "pinv": (linalg.pinv, (some(4, 3),)),
    "qr": (lambda x: linalg.qr(x)[0] @ np_.tril(linalg.qr(x)[1] + 1), (some(2, 4, 3),)),
    "qr of a wide matrix": (lambda x: linalg.qr(x).Q @ linalg.qr(x).R ** 2, (some(2, 3),)),
    "R alone": (lambda x: linalg.qr(x, mode="r"), (near_one(3, 3),)),
    "lstsq": (lambda x, y: linalg.lstsq(x, y, rcond=None)[0], (some(4, 2), some(4))),
    "what lstsq leaves": (lambda x, y: linalg.lstsq(x, y, rcond=None)[1], (some(4, 2), some(4, 3))),
    "lstsq of few equations": (lambda x, y: linalg.lstsq(x, y, rcond=None)[0], (some(2, 3), some(2))),
    "cond": (lambda x: linalg.cond(x) + linalg.cond(x, 1) + linalg.cond(x, -2), (near_one(2, 3, 3),)),
    "tensorinv": (lambda x: linalg.tensorinv(x, ind=1), (near_one(6, 6).reshape(6, 2, 3),)),
    "tensorsolve": (linalg.tensorsolve, (near_one(6, 6).reshape(2, 3, 6), some(2, 3))),
    "tensorsolve of other axes": (
        lambda x, y: linalg.tensorsolve(x, y, axes=(0, 2)),
        (near_one(6, 6).reshape(2, 3, 6).transpose(1, 2, 0)[:, :, :], some(6)),
    ),
    "matrix_power": (lambda x: linalg.matrix_power(x, 3), (some(3, 3),)),
    "convolve": (np_.convolve, (some(5), some(3))),
    "convolve, same": (lambda x, y: np_.convolve(x, y, mode="same"), (some(5), some(4))),
    "correlate": (np_.correlate, (some(5), some(3))),
    "sliding windows": (lambda x: np_.lib.stride_tricks.sliding_window_view(x, 3, axis=0), (some(5, 2),)),
    "clip": (lambda x: np_.clip(x, a_min=-0.5, a_max=0.5), (some(3, 3),)),
    "clip from below": (lambda x: np_.clip(x, 0.1, None), (some(3, 3),)),
    "nan_to_num": (np_.nan_to_num, (some(3, 3),)),
    "select": (lambda x: np_.select([x > 0, x < -1], [x, x**2], default=1.1), (some(3, 3),)),
    "interp": (lambda x: np_.interp(x, [-1.0, 0.0, 1.0], [0.0, 2.0, 1.0]), (some(5),)),
    "interp with ends": (lambda x: np_.interp(x, [-0.5, 0.0, 0.5], [0.0, 2.0, 1.0], -1.0, right=3.0) + x, (some(5),)),
    "logspace": (lambda x, y: np_.logspace(x, y, 3, base=2.0), (some(2), some(2))),
    "geomspace": (lambda x, y: np_.geomspace(x, y, 4), (np.array([1.5, -2.0]), np.array([4.0, -0.5]))),
    "apply_along_axis": (lambda x: np_.apply_along_axis(lambda u: u[::-1] * u.sum(), 1, x), (some(2, 3, 2),)),
    "apply_along_axis to one": (lambda x: np_.apply_along_axis(lambda u: (u * u).sum(), 0, x), (some(2, 3),)),
    "apply_over_axes": (lambda x: np_.apply_over_axes(np_.sum, x, [0, 2]), (some(2, 3, 2),)),
    "polyadd": (np_.polyadd, (some(3), some(2))),
    "polysub": (np_.polysub, (some(2), some(3))),
    "polymul": (np_.polymul, (some(3), some(2))),
    "polyder": (lambda p: np_.polyder(p, 2), (some(5),)),
    "polyint": (lambda p, k: np_.polyint(p, 2, k), (some(3), some(2))),
    "polyfit": (lambda x, y: np_.polyfit(x, y, 2), (some(5), some(5))),
    "polyfit with weights": (lambda y, w: np_.polyfit(PLACES, y, 1, w=w), (some(3, 2), 2 + some(3) ** 2)),
    "poly": (np_.poly, (some(3),)),
    "polyval": (np_.polyval, (some(3), some(4))),
    "fmax": (np_.fmax, (some(3), some(3))),
    "logaddexp2": (np_.logaddexp2, (some(3), some(3))),
    "deg2rad": (np_.deg2rad, (some(3),)),
    "reciprocal": (np_.reciprocal, (2 + np.abs(some(3)),)),
    "floor": (lambda x: np_.floor(x) + x, (PLACES,)),
    "ceil": (lambda x: np_.ceil(x) * x, (PLACES,)),
    "trunc": (lambda x: np_.trunc(3 * x) * x, (PLACES,)),
    "round": (lambda x: np_.round(x, 1) * x, (PLACES,)),
    "%": (lambda x, y: x % y, (PLACES, LENGTHS)),
    "mod": (np_.mod, (PLACES, LENGTHS)),
    "fmod": (np_.fmod, (PLACES, LENGTHS)),
    "//": (lambda x, y: x // y + x, (PLACES, LENGTHS)),
    "copy": (np_.copy, (some(2, 2),)),
    "real": (np_.real, (some(2, 2),)),
    "zeros_like": (lambda x: np_.zeros_like(x) + x, (some(2, 3),)),
    "fftshift": (np_.fft.fftshift, (some(3, 4),)),
    "ifftshift along one axis": (lambda x: np_.fft.ifftshift(x, axes=1), (some(2, 5),)),
    "linspace's step": (lambda x, y: np_.linspace(x, y, 3, endpoint=False, retstep=True)[1], (some(2), some(2))),
    "linspace": (lambda x, y: np_.linspace(x, y, 4), (some(2), some(2))),
    "meshgrid": (lambda x, y: np_.meshgrid(x, y)[0] + np_.meshgrid(x, y)[1] ** 2, (some(2), some(3))),
    "flipud": (np_.flipud, (some(3, 2),)),
    "rot90 twice": (lambda x: np_.rot90(x, k=2), (some(2, 3),)),
    "rot90 not at all": (lambda x: np_.rot90(x, k=4), (some(2, 3),)),
    "rot90 back": (lambda x: np_.rot90(x, k=-1), (some(2, 3),)),
    "vsplit": (lambda x: np_.vsplit(x, 2)[1], (some(4, 2),)),
    "dsplit": (lambda x: np_.dsplit(x, 2)[0], (some(2, 2, 4),)),
    "broadcast_arrays": (lambda x, y: np_.broadcast_arrays(x, y)[0] * y, (some(3), some(2, 3))),
    "diagflat": (lambda x: np_.diagflat(x, k=1), (some(2, 2),)),
    "take from all": (lambda x: np_.take(x, [0, 3, 3]), (some(2, 3),)),
    "nanmean": (lambda x: np_.nanmean(x, axis=0), (some(2, 3),)),
    "nanvar": (lambda x: np_.nanvar(x, axis=0), (some(3, 2),)),
    "nanstd": (lambda x: np_.nanstd(x, axis=0), (some(3, 2),)),
    "nanprod": (lambda x: np_.nanprod(x, axis=0), (some(2, 3),)),
    "nanmin": (lambda x: np_.nanmin(x, axis=0), (some(2, 3),)),
    "average returned": (lambda x: np_.average(x, axis=0, returned=True)[0], (some(2, 3),)),
    "gradient with places": (lambda x: np_.gradient(x, [0.0, 0.5, 2.0, 2.5], axis=1), (some(2, 4),)),
    "gradient to second order": (lambda x: np_.gradient(x, [0.0, 0.5, 2.0, 2.5], edge_order=2), (some(4),)),
    "gradient of two": (np_.gradient, (some(2),)),
    "trapezoid with places": (lambda x: trapezoid(x, x=[0.0, 0.5, 2.0], axis=0), (some(3, 2),)),
    "trapezoid of pairs": (lambda x, y: trapezoid(x, x=y), (some(2, 3), some(2, 3))),
    "convolve with a longer one": (np_.convolve, (some(2), some(4))),
    "convolve, as long as the longer": (lambda x, y: np_.convolve(x, y, "same"), (some(2), some(5))),
    "correlate with a longer one": (lambda x, y: np_.correlate(x, y, "full"), (some(2), some(4))),
    "fmin": (np_.fmin, (some(3), some(3))),
    "matrix_power 0": (lambda x: linalg.matrix_power(x, 0) @ x, (near_one(2, 2),)),
    "multi_dot of two": (lambda x, y: linalg.multi_dot([x, y]), (some(2, 3), some(3, 2))),
    "norm of order 1": (lambda x: linalg.norm(x, 1, axis=0), (some(3, 2),)),
    "norm of order 3": (lambda x: linalg.norm(x, 3), (some(3),)),
    "norm of order ∞": (lambda x: linalg.norm(x, np.inf, axis=1, keepdims=True), (some(3, 2),)),
    "norm of order −∞": (lambda x: linalg.norm(x, -np.inf), (some(3),)),
    "norm of columns": (lambda x: linalg.norm(x, 1), (some(3, 2),)),
    "norm of rows": (lambda x: linalg.norm(x, np.inf), (some(3, 2),)),
    "norm of Frobenius": (lambda x: linalg.norm(x, "fro", axis=(0, 1)), (some(3, 2),)),
    "spectral norm": (lambda x: linalg.norm(x, 2), (near_one(2, 2),)),
    "singular values": (lambda x: linalg.svd(x, compute_uv=False), (near_one(3, 3)[:, :2],)),
    "clip of bounds that cross": (lambda x: np_.clip(x, 0.5, -0.5) + x.clip(None, 0.2), (some(3),)),
    "copysign": (lambda x, y: np_.copysign(x, -y), (some(3), some(3))),
    "ldexp": (lambda x: np_.ldexp(x, [1, -2, 0]), (some(3),)),
    "divmod": (lambda x, y: np_.divmod(x, y)[0] * x + np_.divmod(x, y)[1], (PLACES, LENGTHS)),
    "modf": (lambda x: np_.modf(x)[0] * np_.modf(x)[1], (PLACES,)),
    "corrcoef": (np_.corrcoef, (some(3, 4),)),
    "corrcoef of one": (lambda x: np_.corrcoef(x) * x, (near_one(3, 3)[0],)),
    "ediff1d": (lambda x: np_.ediff1d(x, to_end=[1.0, 2.0]), (some(2, 3),)),
    "insert": (lambda x, y: np_.insert(x, 1, y, axis=1), (some(3, 2), some(3))),
    "insert several": (lambda x: np_.insert(x, [2, 0, 2], [1.0, 2.0, 3.0]), (some(3),)),
    "insert rows": (lambda x, y: np_.insert(x, -1, y, axis=0), (some(3, 2), some(2, 2))),
    "resize": (lambda x: np_.resize(x, (2, 4)), (some(2, 3),)),
    "piecewise": (lambda x: np_.piecewise(x, [x < -0.5, x > 0.5], [-1.0, lambda u: u**2, lambda u: 3 * u]), (some(5),)),
    "vander": (lambda x: np_.vander(x, 4, increasing=True), (some(3),)),
    "nancumsum": (lambda x: np_.nancumsum(x, axis=1), (some(2, 3),)),
    "nancumprod": (np_.nancumprod, (some(2, 2),)),
}
if hasattr(np, "cumulative_sum"):  # NumPy 2.1
    WORDS["cumulative_sum"] = (lambda x: np_.cumulative_sum(x, axis=-1, include_initial=True), (some(2, 3),))
    WORDS["cumulative_prod"] = (np_.cumulative_prod, (some(3),))
if hasattr(np, "matvec"):  # NumPy 2.2
    WORDS["matvec"] = (lambda x, y: np_.vecmat(np_.matvec(x, y), x), (some(2, 3, 3), some(3)))


def weight(shape: tuple[int, ...]) -> Array:
    """Numbers of which no two are equal, to weigh the results with."""
    return np.array(np.cos(np.arange(float(np.prod(shape, dtype=int))))).reshape(shape)


def leaves(xs: tuple[Array, ...]) -> list[Tensor]:
    return [Tensor(x, name) for x, name in zip(xs, "xyz", strict=False)]


def assert_close(got: Any, want: Any) -> None:
    np.testing.assert_allclose(got, want, rtol=1e-7, atol=1e-7)  # of a difference, see STEP


@pytest.mark.parametrize("word", WORDS)
def test_a_word_is_worth_what_numpy_says_and_has_its_slope(word: str) -> None:
    f, xs = WORDS[word]
    made = leaves(xs)
    y = f(*made)
    want = f(*xs)
    assert isinstance(y, Tensor)
    assert y.shape == np.shape(want)
    np.testing.assert_allclose(y.data, want, rtol=1e-13, atol=1e-13)

    w = weight(y.shape)
    (y * y * w).sum().backward()

    def cost(*xs: Array) -> float:
        return float(np.sum(np.asarray(f(*xs)) ** 2 * w))

    for i, x in enumerate(xs):
        slope = np.zeros(x.shape)
        for place in np.ndindex(x.shape):
            ends = []
            for step in (STEP, -STEP):
                moved = [one.copy() for one in xs]
                moved[i][place] += step
                ends.append(cost(*moved))
            slope[place] = (ends[0] - ends[1]) / (2 * STEP)
        assert_close(made[i].grad, slope)


@pytest.mark.parametrize("word", WORDS)
def test_a_word_has_second_derivatives(word: str) -> None:
    f, xs = WORDS[word]
    ways = tuple([weight(x.shape) for x in xs])

    def cost(*xs: Any) -> Any:
        y = f(*xs)
        return (y * y * weight(y.shape)).sum()

    def slope(*xs: Array) -> float:
        made = leaves(xs)
        cost(*made).backward()
        return float(sum(np.sum(x.grad * way) for x, way in zip(made, ways, strict=True)))

    turned = second(cost, xs, ways)
    ends = [slope(*[x + step * way for x, way in zip(xs, ways, strict=True)]) for step in (STEP, -STEP)]
    np.testing.assert_allclose(turned, (ends[0] - ends[1]) / (2 * STEP), rtol=1e-6, atol=1e-6)


def second(cost: Callable[..., Any], xs: tuple[Array, ...], ways: tuple[Array, ...]) -> float:
    """How the slope along `ways` changes along them: by a backward pass of a backward pass."""
    made = leaves(xs)
    cost(*made).backward(create_graph=True)
    firsts = [x.grad for x in made]
    slope = sum((g * way).sum() for g, way in zip(firsts, ways, strict=True))
    for x in made:
        x.grad = None
    slope.backward()
    return float(sum(np.sum(x.grad * way) for x, way in zip(made, ways, strict=True)))


@pytest.mark.parametrize("word", WORDS)
def test_programs_and_printed_code_agree(word: str) -> None:
    f, xs = WORDS[word]
    made = leaves(xs)
    y = f(*made)
    J = (y * y * Tensor(weight(y.shape), "w", kind="constant")).sum()
    J.backward()
    found = compile(J, made)()
    printed = derive(J, made)
    space: dict[str, Any] = {}
    exec(printed.source, space)
    known = {**dict(zip("xyz", xs, strict=False)), "w": weight(y.shape)}
    value, gradients = space["value_and_gradients"](*[known[name] for name in printed.inputs])

    np.testing.assert_allclose([found.value, value], J.item(), rtol=1e-12, atol=1e-12)
    for x, gradient in zip(made, gradients, strict=True):
        np.testing.assert_allclose(found.gradients[x.name], x.grad, rtol=1e-11, atol=1e-11)
        np.testing.assert_allclose(gradient, x.grad, rtol=1e-11, atol=1e-11)


def test_what_has_no_slope_gives_plain_numbers() -> None:
    x = Tensor([[3.0, 1.0, 2.0]], "x")

    assert np_.argmax(x) == x.argmax() == 0
    assert np_.argsort(x, axis=1).tolist() == x.argsort(1).tolist() == [[1, 2, 0]]
    assert type(np_.any(x > 2)) is np.bool_
    assert np_.allclose(x, [[3, 1, 2]])
    assert x.astype(int).tolist() == [[3, 1, 2]]
    assert x.astype(int).dtype == int
    assert np_.array_equal(x, x.data)
    assert (np_.shape(x), np_.ndim(x), np_.size(x), x.tolist()) == ((1, 3), 2, 3, [[3.0, 1.0, 2.0]])
    assert [one.tolist() for one in np_.where(x > 1)] == [[0, 0], [0, 2]]


def test_no_answer_that_a_replay_would_keep_is_given_while_a_function_is_recorded() -> None:
    @compiled
    def f(x: Any) -> Any:
        return x[:, int(np_.argmax(x))].sum()

    with pytest.raises(TypeError, match="is compared while a function is recorded"):
        f(Tensor([[1.0, 2.0]], "x"))


def test_an_order_follows_the_data_in_a_program() -> None:
    x = Tensor([[3.0, 1.0, 2.0]], "x")
    program = compile((np_.sort(x, axis=1) * np.array([[1.0, 10.0, 100.0]])).sum() + np_.median(x))

    value, gradients = program(x=np.array([[5.0, 7.0, 6.0]]))
    assert value == 5 + 60 + 700 + 6
    assert gradients["x"].tolist() == [[1, 100, 11]]


def test_tests_may_compare_tensors() -> None:
    x = Tensor([[0.1, 0.2]], "x")

    np.testing.assert_allclose(x, [[0.1, 0.2]])
    np.testing.assert_allclose([[0.2, 0.4]], x * 2)
    np.testing.assert_array_equal(x, x)
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(x, [[0.1, 0.3]])
    with pytest.raises(TypeError, match="would leave the graph"):
        np.asarray(x)
    assert np.asarray(x.detach()).tolist() == [[0.1, 0.2]]


@pytest.mark.parametrize(
    "call",
    [
        lambda x: np_.stack([x, x], axis=7),
        lambda x: np_.expand_dims(x, 7),
        lambda x: np_.squeeze(x, 7),
        lambda x: np_.diff(x, axis=7),
        lambda x: np_.roll(x, 1, axis=-7),
        lambda x: np_.split(x, 2, axis=7),
        lambda x: linalg.norm(x, axis=7),
    ],
)
def test_an_axis_out_of_range_is_an_index_error(call: Callable[[Any], Any]) -> None:
    for x in (np.ones((2, 2)), Tensor(np.ones((2, 2)))):
        with pytest.raises(IndexError):
            call(x)


@pytest.mark.parametrize(
    "index",
    [np.array(1), (slice(None), np.array(1)), ([[0, 1], [1, 0]], np.array(1)), np.array([[]], int), np.array(True)],
)
def test_an_index_of_no_axes_is_a_number(index: Any) -> None:
    x = some(2, 3)

    np.testing.assert_array_equal(Tensor(x)[index], x[index])


def test_matrices_are_transposed() -> None:
    x = some(2, 3, 4)

    np.testing.assert_array_equal(Tensor(x).mT, np.swapaxes(x, -1, -2))


@pytest.mark.parametrize("index", [99, (0, 2), (0, 0, 0), ([0, 3],)])
def test_an_index_out_of_range_is_an_index_error(index: Any) -> None:
    with pytest.raises(IndexError, match=r"take: .*x 'x'") as raised:
        Tensor([[1.0, 2.0]], "x")[index]
    assert isinstance(raised.value, ShapeError)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda x: np_.sum(x, out=np.zeros(())), "gives a new Tensor, and writes none: leave out `out`"),
        (lambda x: np_.pad(x, 1, mode="linear_ramp"), "choose from constant, edge, reflect, symmetric, wrap"),
        (lambda x: np_.einsum("ij,j->i", x, np.ones(3)), "'j' of 'ij,j->i' is 2 long, and 3"),
        (lambda x: np_.einsum("ij->k", x), "one that no array has"),
        (lambda x: np_.squeeze(x, axis=0), r"axis 0 of shape \(2, 2\) is not of length 1"),
        (lambda x: np_.quantile(x, 0.5, method="weibull"), "choose from linear, lower, higher, midpoint"),
        (lambda x: microgradnn.conv2d(x, x), r"pictures \(N, C, H, W\)"),
        (lambda x: x.astype(complex), "float64 or float32, no complex128"),
        (lambda x: np_.take_along_axis(x, np.array([0]), axis=1), r"indices of shape \(1,\)"),
        (lambda x: np_.cross(x, x), "vectors of three numbers"),
    ],
)
def test_what_a_word_does_not_take_is_said(call: Callable[[Any], Any], words: str) -> None:
    with pytest.raises((TypeError, ValueError), match=words):
        call(Tensor([[1.0, 2.0], [3.0, 4.0]], "x"))


def test_keywords_of_numpys_that_say_nothing_are_taken() -> None:
    x = Tensor([[1.0, 2.0]], "x")

    assert np_.sum(x, axis=0, dtype=None, out=None).tolist() == [1, 2]
    assert np_.sum(x, dtype=np.float32).dtype == np.float32
    assert np_.add(x, 1, dtype=np.float32).dtype == np.float32
    assert np_.mean(x, None, None, None, True).tolist() == [[1.5]]
    assert np_.clip(x, a_min=None, a_max=1.5).tolist() == [[1, 1.5]]
    assert np_.std(x, ddof=1, keepdims=True).shape == (1, 1)


def test_a_determinant_of_a_singular_matrix_has_a_gradient() -> None:
    x = Tensor([[1.0, 2.0], [2.0, 4.0]], "x")
    linalg.det(x).backward()

    np.testing.assert_allclose(x.grad, [[4, -2], [-2, 1]], atol=1e-14)  # the entries of the adjugate, by hand


def test_quantiles_at_the_ends_share_a_tie_as_max_and_min_do() -> None:
    x = Tensor([[1.0, 3.0, 3.0, 1.0]], "x")
    (np_.quantile(x, 1.0) + 10 * np_.quantile(x, 0.0)).backward()

    assert x.grad.tolist() == [[5, 0.5, 0.5, 5]]


@pytest.mark.parametrize("word", [np_.mean, np_.var, np_.std, np_.sum])
def test_some_of_the_numbers_are_taken_where_a_mask_says(word: Callable[..., Any]) -> None:
    x, mask = some(2, 3), np.array([True, False, True])
    made = Tensor(x, "x")
    y = word(made, axis=1, where=mask)
    y.sum().backward()

    np.testing.assert_allclose(y.data, word(x, axis=1, where=mask), rtol=1e-14)
    for place in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[place] += STEP
        down[place] -= STEP
        slope = (word(up, axis=1, where=mask).sum() - word(down, axis=1, where=mask).sum()) / (2 * STEP)
        assert made.grad[place] == pytest.approx(slope, abs=1e-7)


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
@pytest.mark.parametrize(("n", "k"), [(2, 5), (5, 2), (3, 4), (4, 4), (1, 3), (6, 3)])
@pytest.mark.parametrize("word", [np_.convolve, np_.correlate])
def test_a_convolution_is_cut_as_numpy_cuts_it(word: Callable[..., Any], n: int, k: int, mode: str) -> None:
    x, y = some(n), some(k)

    np.testing.assert_allclose(word(Tensor(x), Tensor(y), mode).data, word(x, y, mode), rtol=1e-12, atol=1e-14)


def slide(x: Array, size: int, step: int, pad: int, fill: float, what: Callable[[Array], Any]) -> Array:
    """What is computed of each window of the last two axes, one by one."""
    x = np.pad(x, [(0, 0)] * (x.ndim - 2) + [(pad, pad)] * 2, constant_values=fill)
    rows, columns = ((n - size) // step + 1 for n in x.shape[-2:])
    seen = [
        [what(x[..., i * step : i * step + size, j * step : j * step + size]) for j in range(columns)]
        for i in range(rows)
    ]
    return np.moveaxis(np.array(seen), (0, 1), (-2, -1))


@pytest.mark.parametrize(("step", "pad"), [(1, 0), (2, 1)])
def test_pictures_are_convolved_and_pooled(step: int, pad: int) -> None:
    x, w, b = some(2, 4, 5, 6), some(4, 2, 3, 3), some(4)
    groups = [slide(x[:, i : i + 2], 3, step, pad, 0.0, lambda p: p) for i in (0, 2)]  # (N, C, h, w, rows, columns)
    halves = [np.einsum("ncijrs,dcij->ndrs", seen, w[2 * i : 2 * i + 2]) for i, seen in enumerate(groups)]
    want = np.concatenate(halves, axis=1) + b[:, None, None]

    got = microgradnn.conv2d(Tensor(x), Tensor(w), Tensor(b), stride=step, padding=pad, groups=2)
    whole = microgradnn.conv2d(Tensor(x[:, :2]), Tensor(w), stride=(step, step), padding=(pad, pad))

    np.testing.assert_allclose(got.data, want, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(whole.data, np.einsum("ncijrs,dcij->ndrs", groups[0], w), rtol=1e-12, atol=1e-13)
    largest = microgradnn.max_pool2d(Tensor(x), 2, stride=step, padding=pad)
    means = microgradnn.avg_pool2d(Tensor(x), 2, stride=step, padding=pad)
    np.testing.assert_allclose(largest.data, slide(x, 2, step, pad, -np.inf, lambda p: p.max(axis=(-2, -1))))
    np.testing.assert_allclose(means.data, slide(x, 2, step, pad, 0.0, lambda p: p.mean(axis=(-2, -1))), atol=1e-14)


def test_dependent_columns_have_a_q_and_r_where_no_gradient_is_wanted() -> None:
    x = Tensor([[1.0, 2.0], [2.0, 4.0]], "x")

    with no_grad():
        np.testing.assert_array_equal(linalg.qr(x)[1].numpy(), np.linalg.qr(x.data)[1])


def test_the_gradients_of_pictures_are_those_of_what_was_seen() -> None:
    x, w = Tensor(some(1, 2, 4, 4), "x"), Tensor(some(3, 2, 2, 2), "w")
    y = microgradnn.max_pool2d(microgradnn.conv2d(x, w, padding=1), 2) ** 2

    assert gradcheck(lambda x, w: (microgradnn.avg_pool2d(microgradnn.conv2d(x, w, stride=2), 2) ** 2).sum(), x, w)
    assert gradcheck(lambda x, w: (microgradnn.max_pool2d(microgradnn.conv2d(x, w, padding=1), 2) ** 2).sum(), x, w)
    assert y.shape == (1, 3, 2, 2)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda x: np_.gradient(x, 1.0, 2.0, 3.0), "3 spacings for 2 axes"),
        (lambda x: np_.gradient(x, edge_order=2), "too few for edge_order 2"),
        (lambda x: np_.gradient(x, [0.0, 1.0, 2.0], axis=0), "3 places for 2 numbers"),
        (lambda x: np_.lib.stride_tricks.sliding_window_view(x, (2, 2), axis=0), "a window of 2 axes over 1"),
        (lambda x: np_.convolve(x, x), "arrays of one axis"),
        (lambda x: np_.convolve(x[0], x[0], mode="whole"), "choose from full, same, valid"),
        (lambda x: microgradnn.max_pool2d(x, 3), "a window of 3 by 3 does not fit into shape"),
        (lambda x: np_.matmul(x, x[0, 0]), "write \\* for a single number"),
        (lambda x: np_.tensordot(x, np.ones(3), axes=1), "of other lengths"),
        (lambda x: np_.einsum("ij,jk->ik", x), "is for 2 arrays, and there are 1"),
        (lambda x: np_.einsum("ijk->k", x), "does not fit the shapes"),
        (lambda x: linalg.norm(np_.stack([x, x]), 2), "say which axes"),
        (lambda x: linalg.norm(x[0], "nuc"), "is for matrices"),
        (lambda x: linalg.norm(x, 3), "choose from fro, nuc"),
        (lambda x: np_.ravel(x, order="Z"), "choose from C, F"),
        (lambda x: np_.broadcast_to(x, (2,)), "has more axes than"),
        (lambda x: np_.stack([x, x[0]]), "the arrays are of different shapes"),
        (lambda x: np_.diag(np_.stack([x, x])), "diag is for one or two axes"),
        (lambda x: np_.interp(x, [0.0, 1.0], [0.0, 1.0], period=1.0), "write x % period"),
        (linalg.eig, "np.linalg.eig gives complex numbers, and a Tensor holds real ones; of a symmetric matrix"),
        (np_.fft.rfft, "np.fft.rfft gives complex numbers"),
        (lambda x: np_.fill_diagonal(x, 0.0), "np.fill_diagonal writes into an array"),
        (lambda x: linalg.qr(x[:, :1], mode="complete"), "the complete Q has no gradient"),
        (lambda x: linalg.qr(x, mode="raw"), "choose from reduced, complete, r"),
        (lambda x: linalg.qr(x[0]), "qr is for matrices"),
        (lambda x: linalg.lstsq(x, x[0], rcond=10.0), "rcond 10 makes 0 of a's rank 2"),
        (lambda x: linalg.tensorinv(x, ind=0), "ind is how many axes"),
        (lambda x: np_.polyint(x[0], 3, [1.0, 2.0]), "3 constants of integration"),
        (lambda x: np_.polyfit(x[0], x[1], 1, full=True), "full and cov are not for Tensors"),
        (np_.poly, "in one axis; got shape"),
        (lambda x: np_.polyder(x[0], -1), "polyder: m says how often, 0 times or more; got -1"),
        (lambda x: np_.polyint(x[0], -1), "polyint: m says how often, 0 times or more; got -1"),
        (lambda x: np_.polyder(x[0], 1.5), "polyder: m is a whole number; got 1.5"),
        (lambda x: np_.geomspace(x - 1, 2.0, 3), "between numbers of one sign"),
        (lambda x: np_.geomspace(-x, 2.0, 3), "between numbers of one sign"),
        (lambda x: linalg.qr(x * [[1.0], [0.0]]), "the first 2 columns of shape \\(2, 2\\) are not independent"),
        (lambda x: linalg.qr(np_.stack([x[:, 0], 0.1 * x[:, 0], x[:, 1]], axis=1)), "the first 2 columns"),
        (lambda x: np_.r_[x, x], "np.stack and np.concatenate make one array of several"),
        (lambda x: np_.apply_along_axis(np_.sum, 1, x[:0]), "has no line along axis 1"),
        (lambda x: np_.swapaxes(x, 0, 5), "axis 5"),
    ],
)
def test_a_word_that_does_not_fit_says_so(call: Callable[[Any], Any], words: str) -> None:
    with pytest.raises((TypeError, ValueError), match=words):
        call(Tensor([[1.0, 2.0], [3.0, 4.0]], "x"))
