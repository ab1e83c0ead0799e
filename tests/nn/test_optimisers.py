"""Optimisers: the first steps by hand, then PyTorch's numbers, step by step."""

from __future__ import annotations

from collections.abc import Callable
from math import cos, pi
from typing import Any

import numpy as np
import pytest

from microgradnn import Tensor
from microgradnn.nn import (
    Adam,
    AdamW,
    GradientDescent,
    Momentum,
    Nesterov,
    Network,
    Optimiser,
    RMSProp,
    cosine,
    exponential,
    steps_down,
    warmup,
)
from microgradnn.nn.optimisers import OPTIMISERS

Array = Any
Make = Callable[[list[Tensor]], Optimiser]

X = np.array([[0.0, 0.0, 1.0, 1.0], [0.0, 1.0, 0.0, 1.0]])
Y = np.array([[0.0, 1.0, 1.0, 0.0]])


def pair() -> list[Tensor]:
    """Two parameters of different shapes."""
    rng = np.random.default_rng(0)
    return [Tensor(rng.standard_normal(shape), kind="parameter") for shape in [(2, 3), (2, 1)]]


def slope(theta: Array) -> Array:
    """The gradient of some function with hills and a valley."""
    return theta + 2 * np.sin(3 * theta)


def run(optimiser: Optimiser, steps: int) -> list[list[Array]]:
    """Take so many steps along `slope`; the parameters after each."""
    history = []
    for _ in range(steps):
        for p in optimiser.parameters:
            p.grad = slope(p.numpy())
        optimiser.step()
        history.append([p.numpy() for p in optimiser.parameters])
    return history


def same(xs: list[list[Array]], ys: list[list[Array]]) -> bool:
    """Whether two histories are the same to the last bit."""
    return all((x == y).all() for x_s, y_s in zip(xs, ys, strict=True) for x, y in zip(x_s, y_s, strict=True))


# --- by hand --------------------------------------------------------------------------------------

G = np.array([[0.5, -4.0]])
SIGN = np.sign(G)

# What has been taken from θ = (1, −2) after two steps with α = 0.1, along the same gradient G.
# The sum of two velocities G and 1.9 G; of 1.9 G and G + 0.9 · 1.9 G; of G over the roots of
# s = 0.01 G² and 0.0199 G²; Adam's correction makes the means G and G² from the first step on.
TWO_STEPS: dict[str, tuple[Make, Array]] = {
    "gradient_descent": (lambda ps: GradientDescent(ps, 0.1), 0.2 * G),
    "momentum": (lambda ps: Momentum(ps, 0.1, momentum=0.9), 0.29 * G),
    "nesterov": (lambda ps: Nesterov(ps, 0.1, momentum=0.9), 0.461 * G),
    "rmsprop": (lambda ps: RMSProp(ps, 0.1, epsilon=0), 0.1 * (0.01**-0.5 + 0.0199**-0.5) * SIGN),
    "adam": (lambda ps: Adam(ps, 0.1, epsilon=0), 0.2 * SIGN),
    "adamw": (lambda ps: AdamW(ps, 0.1, epsilon=0, weight_decay=0), 0.2 * SIGN),
}


@pytest.mark.parametrize("name", OPTIMISERS)
def test_the_first_two_steps_by_hand(name: str) -> None:
    make, taken = TWO_STEPS[name]
    p = Tensor([[1.0, -2.0]], kind="parameter")
    optimiser = make([p])
    for _ in range(2):
        p.grad = G.copy()
        optimiser.step()

    assert type(optimiser) is OPTIMISERS[name]
    # A dozen roundings of numbers near 1.
    np.testing.assert_allclose(p.data, [[1.0, -2.0]] - taken, rtol=0, atol=1e-14)


def test_weight_decay_adds_to_the_gradient() -> None:
    p = Tensor([[2.0]], kind="parameter")
    p.grad = np.array([[1.0]])
    GradientDescent([p], 0.1, weight_decay=0.5).step()

    assert p.item() == 2 - 0.1 * (1 + 0.5 * 2)


def test_the_weights_of_adamw_decay_by_themselves() -> None:
    p = Tensor([[2.0]], kind="parameter")
    p.grad = np.array([[1.0]])
    AdamW([p], 0.1, epsilon=0, weight_decay=0.5).step()

    assert p.item() == pytest.approx(2 * (1 - 0.1 * 0.5) - 0.1, rel=1e-15)


@pytest.mark.parametrize("kind", [Momentum, Nesterov])
def test_momentum_0_is_plain_gradient_descent(kind: type[Momentum]) -> None:
    assert same(run(kind(pair(), 0.1, momentum=0), 20), run(GradientDescent(pair(), 0.1), 20))


def test_adamw_without_decay_is_adam() -> None:
    assert same(run(AdamW(pair(), 0.1, weight_decay=0), 20), run(Adam(pair(), 0.1), 20))


# --- as PyTorch -----------------------------------------------------------------------------------

AS_PYTORCH: dict[str, tuple[Make, str, dict[str, Any]]] = {
    "plain": (lambda ps: GradientDescent(ps, 0.05), "SGD", dict(lr=0.05)),
    "plain, decaying": (
        lambda ps: GradientDescent(ps, 0.05, weight_decay=0.1),
        "SGD",
        dict(lr=0.05, weight_decay=0.1),
    ),
    "momentum": (lambda ps: Momentum(ps, 0.05), "SGD", dict(lr=0.05, momentum=0.9)),
    "momentum, decaying": (
        lambda ps: Momentum(ps, 0.05, momentum=0.7, weight_decay=0.1),
        "SGD",
        dict(lr=0.05, momentum=0.7, weight_decay=0.1),
    ),
    "nesterov": (lambda ps: Nesterov(ps, 0.05), "SGD", dict(lr=0.05, momentum=0.9, nesterov=True)),
    "rmsprop": (lambda ps: RMSProp(ps), "RMSprop", dict()),
    "rmsprop, decaying": (
        lambda ps: RMSProp(ps, 0.02, rho=0.9, epsilon=1e-4, weight_decay=0.1),
        "RMSprop",
        dict(lr=0.02, alpha=0.9, eps=1e-4, weight_decay=0.1),
    ),
    "adam": (lambda ps: Adam(ps), "Adam", dict()),
    "adam, decaying": (
        lambda ps: Adam(ps, 0.05, betas=(0.8, 0.95), epsilon=1e-4, weight_decay=0.1),
        "Adam",
        dict(lr=0.05, betas=(0.8, 0.95), eps=1e-4, weight_decay=0.1),
    ),
    "adamw": (lambda ps: AdamW(ps), "AdamW", dict()),
    "adamw, decaying": (lambda ps: AdamW(ps, 0.05, weight_decay=0.2), "AdamW", dict(lr=0.05, weight_decay=0.2)),
}


def of_torch(torch: Any, name: str, steps: int, options: dict[str, Any], schedule: Any = None) -> list[list[Array]]:
    """What `run` returns, of an optimiser of PyTorch's."""
    ps = [torch.tensor(p.numpy(), requires_grad=True) for p in pair()]
    optimiser = getattr(torch.optim, name)(ps, **options)
    scheduler = schedule(torch.optim.lr_scheduler, optimiser) if schedule else None
    history = []
    for _ in range(steps):
        for p in ps:
            p.grad = torch.tensor(slope(p.detach().numpy()))
        optimiser.step()
        if scheduler:
            scheduler.step()
        history.append([p.detach().numpy().copy() for p in ps])
    return history


def assert_same(ours: list[list[Array]], theirs: list[list[Array]]) -> None:
    """A step has a dozen roundings of numbers near 1, and there are a hundred of them."""
    for step, (xs, ys) in enumerate(zip(ours, theirs, strict=True)):
        for x, y in zip(xs, ys, strict=True):
            np.testing.assert_allclose(x, y, rtol=1e-12, atol=1e-12, err_msg=f"after step {step + 1}")


@pytest.mark.parametrize("name", AS_PYTORCH)
def test_a_hundred_steps_are_pytorchs(name: str) -> None:
    make, theirs, options = AS_PYTORCH[name]
    torch = pytest.importorskip("torch")

    assert_same(run(make(pair()), 100), of_torch(torch, theirs, 100, options))


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (exponential(0.1, factor=0.97), lambda s, o: s.ExponentialLR(o, 0.97)),
        (steps_down(0.1, every=7, factor=0.5), lambda s, o: s.StepLR(o, 7, 0.5)),
        (cosine(0.1, steps=40, end=0.01), lambda s, o: s.CosineAnnealingLR(o, 40, 0.01)),
        (warmup(0.1, steps=10), lambda s, o: s.LinearLR(o, 0.1, 1.0, 9)),
    ],
    ids=["exponential", "steps_down", "cosine", "warmup"],
)
def test_schedules_are_pytorchs(ours: Callable[[int], float], theirs: Any) -> None:
    torch = pytest.importorskip("torch")

    assert_same(run(Adam(pair(), ours), 40), of_torch(torch, "Adam", 40, dict(lr=0.1), theirs))


# --- schedules ------------------------------------------------------------------------------------


def test_schedules_start_and_end_where_they_say() -> None:
    assert [exponential(8, factor=0.5)(k) for k in range(4)] == [8, 4, 2, 1]
    assert [steps_down(8, every=2, factor=0.5)(k) for k in range(6)] == [8, 8, 4, 4, 2, 2]
    # ½ (1 + cos) rounds at 0.5 and 0.
    assert [cosine(2, steps=4, end=1)(k) for k in (0, 1, 2, 4, 9)] == pytest.approx(
        [2, 1.5 + cos(pi / 4) / 2, 1.5, 1, 1], abs=1e-15
    )
    assert [warmup(4, steps=4)(k) for k in range(6)] == [1, 2, 3, 4, 4, 4]


def test_a_warmup_leads_to_another_schedule() -> None:
    rate = warmup(exponential(8, factor=0.5), steps=2)

    assert [rate(k) for k in range(5)] == [4, 8, 8, 4, 2]


def test_the_learning_rate_may_be_a_schedule() -> None:
    p = Tensor([[0.0]], kind="parameter")
    optimiser = GradientDescent([p], exponential(1, factor=0.5))
    for _ in range(3):
        p.grad = np.ones((1, 1))
        optimiser.step()

    assert p.item() == -(1 + 0.5 + 0.25)


# --- in training ------------------------------------------------------------------------------------


def train(network: Network, optimiser: Optimiser, steps: int) -> None:
    for _ in range(steps):
        optimiser.zero_grad()
        network.cost(X, Y).backward()
        optimiser.step()


@pytest.mark.parametrize("name", OPTIMISERS)
def test_each_learns_xor(name: str) -> None:
    network = Network([2, 8, 1], hidden="tanh", seed=0)
    rate = {"gradient_descent": 1.0, "momentum": 0.3, "nesterov": 0.3}.get(name, 0.03)
    train(network, OPTIMISERS[name](network.parameters(), rate), 300)

    assert network.accuracy(X, Y) == 1


def test_numbers_assigned_between_steps_are_kept() -> None:
    p, q = pair()
    optimiser = Momentum([p, q], 0.1)
    run(optimiser, 3)
    p.data = np.full((2, 3), 7.0)
    q.data[0, 0] = 5.0  # in place
    p.grad, q.grad = np.zeros((2, 3)), np.zeros((2, 1))
    optimiser.velocity[:] = 0
    optimiser.step()

    assert (p.data == 7).all()
    assert q.data[0, 0] == 5


def test_what_is_assigned_is_not_written_to_afterwards() -> None:
    p = Tensor([[0.0]], kind="parameter")
    optimiser = GradientDescent([p], 1.0)
    mine = np.array([[3.0]])
    p.data = mine
    p.grad = np.ones((1, 1))
    optimiser.step()

    assert p.item() == 2


def test_a_parameter_without_a_gradient_stays() -> None:
    p, q = pair()
    before = q.numpy()
    for kind in OPTIMISERS.values():
        p.grad = np.ones(p.shape)
        kind([p, q], 0.1, weight_decay=0).step()

    assert (q.data == before).all()


@pytest.mark.parametrize("make", [lambda ps: AdamW(ps, 0.1), lambda ps: GradientDescent(ps, 0.1, weight_decay=0.5)])
def test_a_parameter_without_a_gradient_stays_with_decay_too(make: Make) -> None:
    p, q = pair()
    before = q.numpy()
    p.grad = np.ones(p.shape)
    make([p, q]).step()

    assert (q.data == before).all()


def test_a_step_makes_the_old_graph_refuse_to_go_back() -> None:
    network = Network([2, 3, 1], seed=0)
    J = network.cost(X, Y)
    J.backward()
    GradientDescent(network.parameters(), 0.1).step()

    with pytest.raises(ValueError, match="the data of Tensor 'W1' was changed after matmul had used it"):
        J.backward()


def test_zero_grad_forgets_the_gradients() -> None:
    network = Network([2, 3, 1], seed=0)
    optimiser = GradientDescent(network.parameters(), 0.1)
    network.cost(X, Y).backward()
    optimiser.zero_grad()

    assert [p.grad for p in network.parameters()] == [0.0] * 4


def test_two_optimisers_may_take_turns() -> None:
    ours, twins = pair(), pair()
    first, second = GradientDescent(ours, 0.1), Momentum(ours, 0.1, momentum=0)
    alternating = [run(optimiser, 1)[0] for _ in range(3) for optimiser in (first, second)]

    assert same(alternating, run(GradientDescent(twins, 0.1), 6))


@pytest.mark.parametrize("name", OPTIMISERS)
def test_a_run_goes_on_from_its_state_to_the_last_bit(name: str) -> None:
    schedule = exponential(0.1, factor=0.9)
    whole = run(OPTIMISERS[name](pair(), schedule), 20)

    ours = pair()
    optimiser = OPTIMISERS[name](ours, schedule)
    run(optimiser, 8)
    state, numbers = optimiser.state(), [p.numpy() for p in ours]
    run(optimiser, 3)  # which does not change what was returned

    later = [Tensor(x, kind="parameter") for x in numbers]
    resumed = OPTIMISERS[name](later, schedule)
    resumed.restore(state)
    assert resumed.steps == 8
    assert same(run(resumed, 12), whole[8:])


def test_the_state_of_other_parameters_is_refused() -> None:
    other = Adam([Tensor([[1.0]], kind="parameter")])

    with pytest.raises(ValueError, match="state"):
        Adam(pair()).restore(other.state())


def test_float32_stays_float32() -> None:
    for kind in OPTIMISERS.values():
        single = [Tensor(p.numpy(), kind="parameter", dtype="float32") for p in pair()]
        history, exact = run(kind(single, 0.01), 10), run(kind(pair(), 0.01), 10)

        assert {p.dtype for p in single} == {np.dtype("float32")}
        for x, y in zip(history[-1], exact[-1], strict=True):
            np.testing.assert_allclose(x, y, rtol=0, atol=1e-5)  # ten steps of a dozen roundings of 6e-8


# --- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda ps: GradientDescent([], 0.1), "there are no parameters to optimise"),
        (lambda ps: GradientDescent(ps + ps, 0.1), "a parameter is given twice"),
        (lambda ps: GradientDescent(ps, -0.1), "learning_rate is a number that is not negative; got -0.1"),
        (lambda ps: GradientDescent(ps, float("nan")), "learning_rate is a number that is not negative; got nan"),
        (lambda ps: GradientDescent(ps, lambda step: -1.0), "learning_rate is a number that is not negative; got -1.0"),
        (lambda ps: Adam(ps, weight_decay=-1), "weight_decay is a number that is not negative; got -1"),
        (lambda ps: Momentum(ps, 0.1, momentum=1), "momentum is at least 0 and less than 1; got 1"),
        (lambda ps: RMSProp(ps, rho=1.5), "rho is at least 0 and less than 1; got 1.5"),
        (lambda ps: RMSProp(ps, epsilon=-1), "epsilon is a number that is not negative; got -1"),
        (lambda ps: Adam(ps, betas=(0.9, 1.0)), "beta 2 is at least 0 and less than 1; got 1.0"),
    ],
)
def test_what_makes_no_sense_is_refused(make: Make, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        make(pair())


def test_parameters_are_all_of_one_dtype() -> None:
    p, q = Tensor([[1.0]]), Tensor([[1.0]], dtype="float32")

    with pytest.raises(TypeError, match="the parameters are of several dtypes: float32, float64"):
        GradientDescent([p, q], 0.1)
