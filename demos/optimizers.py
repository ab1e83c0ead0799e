"""Functions that you write, minimised by SciPy: `compile(f, *examples).flat()` is what its optimisers ask for.

Prints Rosenbrock's valley by L-BFGS-B, Newton-CG and trust-constr, all at 1.000; a curve that is fitted by
least_squares, 2.000 · e^(−3.000 t); logistic regression, of which the gradient is 0.0000 at the end; and a small neural
network in a differential equation, which learns to turn 1.00, 0.00 into -1.00, 0.00. Needs SciPy.
"""

from typing import Any

import numpy as np
from scipy.optimize import least_squares, minimize

from microgradnn import Tensor, compile, exp, softplus, tanh


def rosenbrock(x: Any) -> Any:
    """Return Σ 100 (xᵢ₊₁ − xᵢ²)² + (1 − xᵢ)²."""
    return sum(100 * (x[i + 1] - x[i] ** 2) ** 2 + (1 - x[i]) ** 2 for i in range(len(x) - 1))


valley = compile(rosenbrock, np.zeros(10)).flat()
methods: dict[str, dict[str, Any]] = {
    "L-BFGS-B": {},
    "Newton-CG": {"hessp": valley.hessp},
    "trust-constr": {"hess": valley.hess},
}
for method, second in methods.items():
    found = minimize(valley, valley.x0, jac=True, method=method, **second)
    print(f"{method:<12} {found.nit:3} steps, to x from {found.x.min():.3f} to {found.x.max():.3f}")


t = np.linspace(0, 1, 20)
y = 2 * np.exp(-3 * t)


def residuals(p: Any) -> Any:
    """Return a · e^(−b t) − y at every t."""
    return [p["a"] * exp(-p["b"] * ti) - yi for ti, yi in zip(t.tolist(), y.tolist(), strict=True)]


curve = compile(residuals, {"a": 1.0, "b": 1.0}).flat()
fit = least_squares(curve.value, curve.x0, jac=curve.jacobian)
print("{a:.3f} · e^(−{b:.3f} t)".format(**curve.unflatten(fit.x)))


rng = np.random.default_rng(0)
X = rng.normal(size=(3, 200))
Y = (X[:1] - 0.5 * X[1:2] + rng.normal(size=(1, 200)) > 0) * 1.0


def cost(w: Any, b: Any, x: Any, y: Any) -> Any:
    """Return the cross entropy of σ(w x + b), from its logits, with a little weight decay."""
    z = w @ x + b
    return (softplus(z) - y * z).mean() + 0.001 * (w * w).sum()


regression = compile(cost, Tensor(np.zeros((1, 3))), np.zeros((1, 1)), X, Y, wrt=["w", "b"]).flat()
best = minimize(regression, regression.x0, jac=True, hessp=regression.hessp, method="Newton-CG")
print(f"logistic regression: J = {best.fun:.4f}, slope {np.abs(best.jac).max():.4f}")


def flow(p: Any, u: Any, steps: int = 10) -> Any:
    """Follow du/dt = V tanh(W u + b) from t = 0 to 1, by Euler's midpoints."""
    h = 1 / steps
    for _ in range(steps):
        middle = u + h / 2 * (p["V"] @ tanh(p["W"] @ u + p["b"]))
        u = u + h * (p["V"] @ tanh(p["W"] @ middle + p["b"]))
    return u


def miss(p: Any, u: Any, target: Any) -> Any:
    """Return the squared distance of where the flow ends from a target."""
    return ((flow(p, u) - target) ** 2).sum()


start = {"W": Tensor(rng.normal(size=(4, 2))), "b": np.zeros((4, 1)), "V": 0.5 * rng.normal(size=(2, 4))}
u0, u1 = np.array([[1.0], [0.0]]), np.array([[-1.0], [0.0]])
equation = compile(miss, start, u0, u1, wrt=["p"]).flat()
learned = minimize(equation, equation.x0, jac=True, method="BFGS")
end = compile(flow, start, u0).value(equation.unflatten(learned.x)) + 0.0
print(f"1.00, 0.00 flows to {end[0, 0]:.2f}, {abs(end[1, 0]):.2f}")
