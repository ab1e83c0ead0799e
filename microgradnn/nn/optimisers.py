"""How parameters follow their gradients: θ := θ − α dJ/dθ, and its refinements (course notes, C5 and I6).

All parameters live in one flat array, of which each Tensor holds a view, so that a step is a few
calls of NumPy however many layers there are. Each optimiser is held against PyTorch's, step by step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import cos, inf, pi
from typing import Any, NoReturn

import numpy as np

from ..engine.tensor import Tensor
from ..engine.value import Value
from .words import OF_OPTIMISERS, refuse_name, with_words

Schedule = Callable[[int], float]


class Optimiser:
    """What all share: the flat arrays, the learning rate, the number of the step.

    `learning_rate` is α, or a schedule: a function of the number of the step, from 0 on.
    `weight_decay` adds weight_decay · θ to the gradient (for AdamW see there).
    """

    @with_words(OF_OPTIMISERS)
    def __init__(
        self, parameters: Sequence[Tensor], learning_rate: float | Schedule, *, weight_decay: float = 0.0
    ) -> None:
        self.parameters = check_parameters(type(self).__name__, parameters)
        if not self.parameters:
            raise ValueError("there are no parameters to optimise")
        if len(set(self.parameters)) < len(self.parameters):
            raise ValueError("a parameter is given twice")
        self.learning_rate = learning_rate
        self.weight_decay = not_negative("weight_decay", weight_decay)
        self.rate(0)
        self.steps = 0
        dtypes = {p.dtype for p in self.parameters}
        if len(dtypes) > 1:
            raise TypeError(f"the parameters are of several dtypes: {', '.join(sorted(map(str, dtypes)))}")
        self.flat = np.concatenate([p.numpy().ravel() for p in self.parameters])
        self.gradient = np.zeros_like(self.flat)
        ends = np.cumsum([0, *(p.size for p in self.parameters)])
        self.views = [self.flat[ends[i] : ends[i + 1]].reshape(p.shape) for i, p in enumerate(self.parameters)]
        self.adopt()

    def adopt(self) -> None:
        """Make every parameter a view of the flat array, keeping numbers that were assigned to it."""
        for p, view in zip(self.parameters, self.views, strict=True):
            p.live_in(view)

    def rate(self, step: int) -> float:
        """Return α at a step."""
        try:
            rate = self.learning_rate(step) if callable(self.learning_rate) else self.learning_rate
        except TypeError as error:
            what = (
                "learning_rate is a number, or a function of the number of the step, such as nn.cosine(0.1, steps=100)"
            )
            raise TypeError(f"{what}; {self.learning_rate!r:.60} at {step}: {error}") from None
        return not_negative("learning_rate", rate)

    def step(self) -> None:
        """Change the parameters by their gradients; one that has none yet stays as it is."""
        self.adopt()
        there = [not isinstance(p.grad, float) for p in self.parameters]
        before = None if all(there) else self.copy_state()
        parts = [
            np.asarray(p.grad_data).reshape(-1) if has else np.zeros(p.size, self.flat.dtype)
            for p, has in zip(self.parameters, there, strict=True)
        ]
        np.concatenate(parts, out=self.gradient)
        if self.weight_decay:
            self.decay()
        self.update(self.rate(self.steps), self.steps + 1)
        self.steps += 1
        if before is not None:
            self.put_back(before, there)
        for p in self.parameters:
            p.changed()

    def copy_state(self) -> dict[str, Any]:
        """Return copies of the flat arrays that a step changes."""
        return {name: getattr(self, name).copy() for name in ("flat", *self.REMEMBERED)}

    def put_back(self, before: dict[str, Any], there: Sequence[bool]) -> None:
        """Undo a step for the parameters that have no gradient."""
        ends = np.cumsum([0, *(p.size for p in self.parameters)])
        for i, has in enumerate(there):
            if not has:
                for name, array in before.items():
                    getattr(self, name)[ends[i] : ends[i + 1]] = array[ends[i] : ends[i + 1]]

    def decay(self) -> None:
        """Add what pulls the parameters to 0 to the gradient."""
        self.gradient += self.weight_decay * self.flat

    def update(self, rate: float, t: int) -> None:
        """Change `flat` by `gradient`; t counts from 1."""
        raise NotImplementedError

    def zero_grad(self) -> None:
        """Forget the gradients, as before each backward pass."""
        for p in self.parameters:
            p.grad = 0.0

    def state(self) -> dict[str, Any]:
        """Return what a later run needs to go on from here: arrays and the number of steps."""
        arrays = {name: value.copy() for name, value in vars(self).items() if name in self.REMEMBERED}
        return {"steps": self.steps, **arrays}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state; ValueError where it is that of another kind of optimiser, or of other parameters."""
        wanted = {"steps", *self.REMEMBERED}
        if set(state) != wanted:
            raise ValueError(f"{type(self).__name__} goes on from {sorted(wanted)}; got {sorted(state)}")
        for name in self.REMEMBERED:
            if np.shape(state[name]) != self.flat.shape:
                raise ValueError(
                    f"the state is of other parameters: {np.size(state[name])} numbers in {name}, here {self.flat.size}"
                )
        self.steps = int(state["steps"])
        for name in self.REMEMBERED:
            getattr(self, name)[...] = state[name]

    def __getattr__(self, name: str) -> NoReturn:
        raise refuse_name(self, name)

    REMEMBERED: tuple[str, ...] = ()


class GradientDescent(Optimiser):
    """θ := θ − α dθ (course notes, C5)."""

    def update(self, rate: float, t: int) -> None:  # noqa: D102
        self.flat -= rate * self.gradient


class Momentum(Optimiser):
    """v := μ v + dθ;  θ := θ − α v (B. Polyak, 1964): steps in the same direction add up."""

    REMEMBERED = ("velocity",)

    @with_words(OF_OPTIMISERS)
    def __init__(
        self, parameters: Sequence[Tensor], learning_rate: float | Schedule, *, momentum: float = 0.9, **options: Any
    ) -> None:
        super().__init__(parameters, learning_rate, **options)
        self.momentum = share("momentum", momentum)
        self.velocity = np.zeros_like(self.flat)

    def update(self, rate: float, t: int) -> None:  # noqa: D102
        self.velocity *= self.momentum
        self.velocity += self.gradient
        self.flat -= rate * self.direction()

    def direction(self) -> Any:
        """Return what θ goes against."""
        return self.velocity


class Nesterov(Momentum):
    """v := μ v + dθ;  θ := θ − α (dθ + μ v): momentum that looks ahead (Y. Nesterov, 1983; in PyTorch's form)."""

    def direction(self) -> Any:  # noqa: D102
        return self.gradient + self.momentum * self.velocity


class RMSProp(Optimiser):
    """s := ρ s + (1 − ρ) dθ²;  θ := θ − α dθ / (√s + ε) (T. Hinton, 2012): each parameter has its own scale."""

    REMEMBERED = ("squares",)

    @with_words(OF_OPTIMISERS)
    def __init__(
        self,
        parameters: Sequence[Tensor],
        learning_rate: float | Schedule = 0.01,
        *,
        rho: float = 0.99,
        epsilon: float = 1e-8,
        **options: Any,
    ) -> None:
        super().__init__(parameters, learning_rate, **options)
        self.rho = share("rho", rho)
        self.epsilon = not_negative("epsilon", epsilon)
        self.squares = np.zeros_like(self.flat)

    def update(self, rate: float, t: int) -> None:  # noqa: D102
        self.squares *= self.rho
        self.squares += (1 - self.rho) * self.gradient * self.gradient
        self.flat -= rate * (self.gradient / (np.sqrt(self.squares) + self.epsilon))


class Adam(Optimiser):
    """Momentum and a scale for each parameter, both freed of their start at 0 (D. Kingma and J. Ba, ICLR 2015)."""

    REMEMBERED = ("means", "squares")

    @with_words(OF_OPTIMISERS)
    def __init__(
        self,
        parameters: Sequence[Tensor],
        learning_rate: float | Schedule = 0.001,
        *,
        betas: tuple[float, float] = (0.9, 0.999),
        epsilon: float = 1e-8,
        **options: Any,
    ) -> None:
        super().__init__(parameters, learning_rate, **options)
        self.betas = (share("beta 1", betas[0]), share("beta 2", betas[1]))
        self.epsilon = not_negative("epsilon", epsilon)
        self.means = np.zeros_like(self.flat)
        self.squares = np.zeros_like(self.flat)

    def update(self, rate: float, t: int) -> None:  # noqa: D102
        first, second = self.betas
        g = self.gradient
        self.means += (1 - first) * (g - self.means)
        self.squares *= second
        g *= g
        g *= 1 - second
        self.squares += g
        np.sqrt(self.squares, out=g)  # the gradient has been used: its place holds what θ is divided by
        g /= (1 - second**t) ** 0.5
        g += self.epsilon
        np.divide(self.means, g, out=g)
        g *= rate / (1 - first**t)
        self.flat -= g


class AdamW(Adam):
    """Adam in which the weights decay by themselves: θ := θ (1 − α λ) (I. Loshchilov and F. Hutter, ICLR 2019)."""

    def __init__(self, *args: Any, weight_decay: float = 0.01, **options: Any) -> None:
        super().__init__(*args, weight_decay=weight_decay, **options)

    def decay(self) -> None:  # noqa: D102
        self.flat *= 1 - self.rate(self.steps) * self.weight_decay


def check_parameters(called: str, parameters: Any) -> list[Tensor]:
    """Return parameters as a list; TypeError for what is no list of Tensors."""
    example = f"{called}(network.parameters(), 0.1)"
    if hasattr(parameters, "parameters"):
        raise TypeError(f"{called} takes the parameters, not what has them: {example}")
    found = (
        list(parameters) if isinstance(parameters, Iterable) and not isinstance(parameters, Tensor) else [parameters]
    )
    for p in found:
        if isinstance(p, Value):
            raise TypeError(f"{called} changes Tensors; Values are changed in a loop: p.data -= 0.1 * p.grad")
        if not isinstance(p, Tensor):
            raise TypeError(
                f"{called} takes a list of Tensors first, as in {example}; got {p!r:.60} ({type(p).__name__})"
            )
    return found


def is_real(x: Any) -> bool:
    """Whether x is a single real number."""
    return isinstance(x, (int, float, np.integer, np.floating)) or (isinstance(x, np.ndarray) and x.shape == ())


def not_negative(name: str, x: float) -> float:
    """Return x; ValueError where it is negative, infinite or no number."""
    if not is_real(x) or not 0 <= x < inf:
        raise ValueError(f"{name} is a number that is not negative; got {x!r}")
    return float(x)


def share(name: str, x: float) -> float:
    """Return x; ValueError unless 0 ≤ x < 1."""
    if not is_real(x) or not 0 <= x < 1:
        raise ValueError(f"{name} is at least 0 and less than 1; got {x!r}")
    return float(x)


def positive(name: str, n: int) -> None:
    """Raise ValueError for a number of steps that is none."""
    if not is_real(n) or n < 1:
        raise ValueError(f"{name} is a number of steps, at least 1; got {n!r}")


# --- schedules: the learning rate as a function of the number of the step ---------------------------


@with_words({})
def exponential(start: float, *, factor: float) -> Schedule:
    """α := start · factor^step."""
    return lambda step: float(start * factor**step)


@with_words({})
def steps_down(start: float, *, every: int, factor: float = 0.1) -> Schedule:
    """Multiply α by `factor` after every so many steps."""
    positive("every", every)
    return lambda step: float(start * factor ** (step // every))


@with_words({})
def cosine(start: float, *, steps: int, end: float = 0.0) -> Schedule:
    """Go down from `start` to `end` along half a cosine, and stay there (I. Loshchilov and F. Hutter, ICLR 2017)."""
    positive("steps", steps)
    return lambda step: end + (start - end) * (1 + cos(pi * min(step / steps, 1.0))) / 2


@with_words({})
def warmup(after: float | Schedule, *, steps: int) -> Schedule:
    """Rise in a straight line to what `after` says at its step 0, then follow it."""
    positive("steps", steps)
    then: Schedule = after if callable(after) else lambda step: after
    return lambda step: then(0) * (step + 1) / steps if step < steps else then(step - steps)


OPTIMISERS: dict[str, type[Optimiser]] = {
    "adam": Adam,
    "adamw": AdamW,
    "gradient_descent": GradientDescent,
    "momentum": Momentum,
    "nesterov": Nesterov,
    "rmsprop": RMSProp,
}
