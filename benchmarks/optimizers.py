"""What an optimiser of SciPy's calls, value and gradient at a vector: ours, and what others make of the same function.

`optimizers.py [rosenbrock] [regression] [whole] [--quick]`. One thread each, float64. Each contestant gives
what `minimize` takes: a float and a NumPy array. JAX, autograd and CasADi take part where they are installed.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import networks  # noqa: F401 (before NumPy: it says that there is one thread)
import numpy as np
from rounds import Bars, Parts, bar, medians, run_parts, tell, time_text

from microgradnn import Tensor, compile, softplus

Fun = Callable[..., Any]  # of a vector: value and gradient
OURS, HAND = "microgradnn, compile(f).flat()", "NumPy, the gradient by hand"
NATIVE = 'microgradnn, backend="native"'
CASADI, JAX = "CasADi, f(x)", "JAX, jit"


def rosenbrock(x: Any) -> Any:
    """Return Σ 100 (xᵢ₊₁ − xᵢ²)² + (1 − xᵢ)², of numbers of any engine."""
    return sum(100 * (x[i + 1] - x[i] ** 2) ** 2 + (1 - x[i]) ** 2 for i in range(x.shape[0] - 1))


def rosenbrock_by_hand(x: Any) -> Any:
    """Return the same and its gradient."""
    a, b = x[1:] - x[:-1] ** 2, 1 - x[:-1]
    gradient = np.zeros_like(x)
    gradient[:-1] = -400 * x[:-1] * a - 2 * b
    gradient[1:] += 200 * a
    return float(100 * (a @ a) + b @ b), gradient


def data(m: int, n: int) -> tuple[Any, Any]:
    """Return m examples of n features, as columns, and their labels."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, m))  # noqa: N806 (the notes' name)
    return X, (rng.normal(size=(1, n)) @ X + rng.normal(size=(1, m)) > 0) * 1.0


def regression_by_hand(X: Any, Y: Any) -> Fun:  # noqa: N803
    """Return the cross entropy of σ(w X + b), with weight decay, and its gradient, as a function of (w, b)."""
    m = X.shape[1]

    def fun(x: Any) -> Any:
        w, b = x[:-1], x[-1]
        z = w @ X + b
        dz = (1 / (1 + np.exp(-z)) - Y[0]) / m
        value = np.mean(np.logaddexp(0, z) - Y[0] * z) + 1e-3 * (w @ w)
        return float(value), np.append(X @ dz + 2e-3 * w, dz.sum())

    return fun


# --- what others make of a function ---------------------------------------------------------------


def with_jax(f: Callable[[Any, Any], Any]) -> Fun:
    """Return `jit(value_and_grad(f))`, with its results as NumPy's."""
    jax = importlib.import_module("jax")
    jax.config.update("jax_enable_x64", True)
    both = jax.jit(jax.value_and_grad(lambda x: f(jax.numpy, x)))

    def fun(x: Any) -> Any:
        value, gradient = both(x)
        return float(value), np.asarray(gradient)

    return fun


def with_autograd(f: Callable[[Any, Any], Any]) -> Fun:
    """Return autograd's value_and_grad."""
    both = importlib.import_module("autograd").value_and_grad(lambda x: f(importlib.import_module("autograd.numpy"), x))

    def fun(x: Any) -> Any:
        return both(x)

    return fun


def with_casadi(f: Callable[[Any, Any], Any], n: int, *, buffers: bool) -> Fun:
    """Return CasADi's function of value and gradient: called with an array, or through buffers."""
    casadi = importlib.import_module("casadi")
    x = casadi.SX.sym("x", n)
    value = f(casadi, x)
    both = casadi.Function("f", [x], [value, casadi.gradient(value, x)])

    def fun(x: Any) -> Any:
        value, gradient = both(x)
        return float(value), gradient.full().ravel()

    if not buffers:
        return fun
    buffer, run = both.buffer()
    places: list[Any] = [np.zeros(n), np.zeros(1), np.zeros(n)]
    given, value_of, gradient_of = places
    buffer.set_arg(0, memoryview(given))
    buffer.set_res(0, memoryview(value_of))
    buffer.set_res(1, memoryview(gradient_of))

    def through_buffers(x: Any) -> Any:
        given[:] = x
        run()  # it knows where the numbers are, and holds nothing
        assert buffer is not None
        return float(value_of[0]), gradient_of.copy()

    return through_buffers


def contestants(
    f: Callable[[Any, Any], Any], n: int, ours: Fun, by_hand: Fun, native: Fun | None = None
) -> dict[str, Fun]:
    """Return all who are here."""
    others: dict[str, Callable[[], Fun]] = {
        JAX: lambda: with_jax(f),
        "autograd": lambda: with_autograd(f),
        CASADI: lambda: with_casadi(f, n, buffers=False),
        "CasADi, buffers": lambda: with_casadi(f, n, buffers=True),
    }
    found = {OURS: ours, HAND: by_hand}
    if native is not None:
        found[NATIVE] = native
    for name, make in others.items():
        try:
            found[name] = make()
        except ImportError:
            tell(f"{name} is not installed")
    return found


def valleys(n: int) -> dict[str, Fun]:
    """Return Rosenbrock's function of n variables, by everyone."""
    ours = compile(rosenbrock, np.zeros(n)).flat()
    here = importlib.util.find_spec("llvmlite") is not None
    native = compile(rosenbrock, np.zeros(n), backend="native").flat() if here else None
    return contestants(lambda np, x: rosenbrock(x), n, ours, rosenbrock_by_hand, native)


def regressions(m: int, n: int) -> dict[str, Fun]:
    """Return the cost of a logistic regression of n features over m examples, by everyone."""
    X, Y = data(m, n)  # noqa: N806

    def cost(w: Any, b: Any, X: Any, Y: Any) -> Any:  # noqa: N803
        z = w @ X + b
        return (softplus(z) - Y * z).mean() + 1e-3 * (w * w).sum()

    def of(np: Any, x: Any) -> Any:
        if np.__name__ == "casadi":
            w, z = x[:-1].T, x[:-1].T @ X + x[-1]
            return np.sum2(np.log1p(np.exp(-np.fabs(z))) + np.fmax(z, 0) - Y * z) / m + 1e-3 * (w @ w.T)
        w, z = x[:-1], x[:-1] @ X + x[-1]
        return np.mean(np.logaddexp(0, z) - Y[0] * z) + 1e-3 * np.sum(w * w)

    ours = compile(cost, Tensor(np.zeros((1, n))), np.zeros((1, 1)), X, Y, wrt=["w", "b"]).flat()
    return contestants(of, n + 1, ours, regression_by_hand(X, Y))


# --- tables ---------------------------------------------------------------------------------------


def rows_of(title: str, funs: dict[str, Fun], x: Any, rounds: int) -> tuple[Iterator[str], dict[str, float]]:
    """Return the lines of one task, fastest first, and the seconds of each."""
    times = medians({name: partial(fun, x) for name, fun in funs.items()}, rounds)
    lines = (
        f"| {title} | {name} | {time_text(seconds)} | {seconds / times[OURS]:.2f} |"
        for name, seconds in sorted(times.items(), key=lambda one: one[1])
    )
    return lines, times


HEAD = ["| function | by | one call | × microgradnn's |", "|---|---|---:|---:|"]


def rosenbrock_table(quick: bool, bars: Bars) -> Iterator[str]:
    """Rosenbrock's function: Python floats where there are few of them."""
    yield from HEAD
    for n in (10,) if quick else (2, 10, 100):
        tell(f"Rosenbrock of {n} variables")
        lines, times = rows_of(f"Rosenbrock, {n} variables", valleys(n), np.linspace(-1, 1, n), 5 if quick else 15)
        yield from lines
        if n == 10 and CASADI in times:
            over = 1e6 * (times[OURS] - times[CASADI])
            bars.append(bar("Rosenbrock of 10 variables, a call", over, 2, "µs over CasADi's f(x)", at_most=True))


def regression_table(quick: bool, bars: Bars) -> Iterator[str]:
    """Logistic regression: arrays."""
    yield from HEAD
    for m, n in [(100, 5)] if quick else [(100, 5), (1000, 20)]:
        tell(f"logistic regression of {n} features, {m} examples")
        lines, times = rows_of(
            f"{n} features, {m} examples", regressions(m, n), np.linspace(-1, 1, n + 1), 5 if quick else 15
        )
        yield from lines
        if JAX in times:
            what = f"regression, {n} features, {m} examples"
            bars.append(bar(what, times[OURS] / times[JAX], 1.5, "× JAX, jit", at_most=True))


def whole_table(quick: bool, bars: Bars) -> Iterator[str]:
    """A whole minimisation: what SciPy itself takes is in it."""
    from scipy.optimize import minimize

    yield "| task, L-BFGS-B | by | steps | to the minimum |"
    yield "|---|---|---:|---:|"
    tasks = {
        "Rosenbrock, 10 variables": (valleys(10), np.zeros(10)),
        "20 features, 1,000 examples": (regressions(1000, 20), np.zeros(21)),
    }
    for title, (funs, x0) in tasks.items():
        tell(title)
        found = {name: minimize(fun, x0, jac=True, method="L-BFGS-B") for name, fun in funs.items()}
        steps = {name: partial(minimize, fun, x0, jac=True, method="L-BFGS-B") for name, fun in funs.items()}
        for name, seconds in sorted(medians(steps, 3 if quick else 7).items(), key=lambda one: one[1]):
            yield f"| {title} | {name} | {found[name].nit} | {time_text(seconds)} |"


PARTS: Parts = {
    "rosenbrock": ("Rosenbrock's function: value and gradient", rosenbrock_table),
    "regression": ("Logistic regression: value and gradient", regression_table),
    "whole": ("From the start to the minimum, by SciPy", whole_table),
}

if __name__ == "__main__":
    run_parts(PARTS, __doc__)
