"""The user's pass as a `Pass`: called as they call it, its gradients read from wherever they are left."""

from __future__ import annotations

import ast
import contextlib
import copy
import inspect
import re
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from ...engine.masks import refuse_mask
from ...engine.tensor import Array
from .calls import (
    CACHES,
    LABELS,
    OUTPUTS,
    RATES,
    SEEDS,
    Argument,
    Pass,
    Run,
    attributes_of,
    describe_call,
    find_calls,
    is_scalar,
    is_sure,
    named_arguments,
    parameters_of,
    repeatable,
    signature,
)
from .losses import Loss, usual_losses
from .outside import Outside
from .readings import Item, find_items, match_names, read_gradients
from .reference import Reference
from .source import Family, Rebuilt, all_names, contents, function_of, global_names, is_users, return_names
from .structure import (
    GRADIENTS,
    Leaf,
    Token,
    build,
    changes,
    find_leaves,
    in_place_of,
    is_gradient_name,
    is_object,
    is_real,
    numbers_in,
    parts,
    plain,
    snapshot,
    spell,
    walk,
)


def name_inputs(function: Callable[..., Any], count: int, taken: int, others: Sequence[str] = ()) -> list[str]:
    """Name inputs after the parameters that a function takes of them, those beyond them after what else wants them."""
    names = [p.name for p in parameters_of(function)][:taken]
    spare = [name for name in others if name not in names]
    names += spare[: count - len(names)]
    return names + [f"x{i}" for i in range(len(names), count)]


def spare_names(backward: Callable[..., Any], outputs: Sequence[str]) -> list[str]:
    """Return the parameters of backward that are inputs if forward takes none of that name, the labels first."""
    others = (*RATES.split(), *CACHES.split(), *SEEDS.split())
    wanted = [p.name for p in parameters_of(backward) if p.name not in outputs]
    spare = [n for n in wanted if plain(n) not in others or plain(n) in ("y", "x")]
    return sorted(spare, key=lambda n: plain(n) not in LABELS.split())


def generators_in(*things: Any) -> list[Any]:
    """Return NumPy's random generators among globals, closures and attributes."""
    found: dict[int, Any] = {}
    for thing in things:
        for function in thing.functions if isinstance(thing, Family) else []:
            pool = [function.__globals__.get(name) for name in function.__code__.co_names]
            pool += [cell.cell_contents for cell in function.__closure__ or () if cell != type(cell)()]
            found |= {id(x): x for x in pool if isinstance(x, (np.random.Generator, np.random.RandomState))}
    return [x for x in found.values() if isinstance(x, np.random.Generator)]


OF_DATA = "dinputs dinput dx din dinp dprev"  # attributes for the gradient of whatever came in
FEW = 4  # ways to call backward are tried where its names leave it open


class FunctionPass(Pass):
    """A forward and a backward function, or one that gives both the loss and the gradients."""

    def __init__(
        self,
        forward: Callable[..., Any],
        backward: Callable[..., Any] | None,
        inputs: Sequence[Any],
        *,
        loss: Callable[..., Any] | None = None,
        call: Callable[..., Any] | None = None,
        rate: float | None = None,
    ) -> None:
        owner: Any = getattr(forward, "__self__", None)
        if owner is None and is_object(forward):
            owner, forward = forward, type(forward).__call__
        if owner is not None and inspect.ismethod(forward):
            forward = forward.__func__
        inputs = tuple(map(as_array, inputs))
        if not any(is_real(x) for part in (*inputs, owner) for _, x in walk(part, ("",), set())):
            inputs = tuple(map(as_floats, inputs))  # integers that are all there is are numbers, not counts
        gradients = [*(return_names(call or backward or forward) or []), *(return_names(forward) or [])]
        names = [p.name for p in parameters_of(forward)][owner is not None :]
        for k, name in enumerate(names[: len(inputs)]):  # initial_w = 200, and backward returns dj_dw
            if any(is_gradient_name(one, name) and plain(one) != plain(name) for one in gradients):
                inputs = (*inputs[:k], as_floats(inputs[k]), *inputs[k + 1 :])
        if owner is not None:
            inputs = (owner, *inputs)
            if inspect.ismethod(backward) and backward.__self__ is owner:
                backward = backward.__func__
        forward = with_parameters(forward)
        self.forward, self.backward, self.given, self.rate = forward, call or backward, tuple(inputs), rate
        self.loss, self.call, self.notes = loss, call, []
        takes = parameters_of(forward)
        variable = any(p.kind is p.VAR_POSITIONAL for p in signature(forward))
        self.count = len(inputs) if variable else min(len(takes), len(inputs))
        for k, (p, x) in enumerate(zip(takes, inputs, strict=False)):  # labels are no return_cache=True
            if isinstance(p.default, (bool, str)) and isinstance(x, (np.ndarray, list)):
                self.count = min(self.count, k)
        outputs = return_names(forward) or []
        spare = spare_names(self.backward, outputs) if self.backward is not None and call is None else []
        self.names = name_inputs(forward, len(inputs), self.count, spare)
        self.leaves = find_leaves(self.given, self.names)
        objects = [x for part in self.given for x in objects_in(part)]
        self.family = Family(self.backward or forward, objects)
        reached = Family(forward, [*objects, *objects_in(getattr(backward, "__self__", None))])
        self.reached = reached.functions
        self.inside = len(self.leaves)  # arrays that were given; those after them stand outside
        self.outside = Outside(self.given, self.names, getattr(backward, "__self__", None))
        self.leaves += self.outside.find(self.reached, self.family.functions, Family(loss).functions)
        self.readings: dict[Any, list[int | None]] = {}
        self.generators = generators_in(self.family, reached)
        looked_up = {n for f in (*self.family.functions, *reached.functions) for n in all_names(f.__code__)}
        self.clips = any("clip" in name for function in self.family.functions for name in all_names(function.__code__))
        self.chance = bool(self.generators) or not reached.functions or any("rand" in name for name in looked_up)
        self.for_another: dict[tuple[Token, ...], bool] = {}
        self.seeds: dict[int, Array] = {}
        self.scalar: int | None = None
        self.fitted: Loss | None = None
        self.fitted_to = 0  # the output that the loss is of
        self.changed: list[str] = []
        self.objects = bool(objects)
        self.nested = False  # backward is a function that forward returned
        self.broken: Exception | None = None
        self.empty = False  # backward returned nothing
        self.stops: tuple[list[Argument], Exception] | None = None
        self.kept: Run | None = None
        self.arguments: list[Argument] = []
        self.output_names = outputs
        first = self.run_first()
        if len(outputs) != len(first.outputs):
            self.output_names = [""] * len(first.outputs)
        self.guessed = False  # the loss was found beside the user's functions
        self.loss_of: int | None = 0
        if self.loss is not None:
            self.find_loss(first)
        self.idle = self.find_idle(first)
        self.look_for_chance(first)
        self.returns = self.find_return_names(self.backward or forward)
        if self.backward is None:
            self.read_both(first)
        else:
            self.find_contract(first)
        if self.outside.owner is not None and self.outside.leaves:
            self.idle |= {k for k, x in enumerate(self.gradients()) if x is None and k >= self.inside}

    # --- running ------------------------------------------------------------------------------------

    def run(self, arrays: Sequence[Array] | None = None, rebuilt: Rebuilt | None = None) -> Run:
        """Run forward on copies of the inputs, with these arrays in them."""
        arrays = [leaf.array for leaf in self.leaves] if arrays is None else arrays
        inputs = build(self.given, arrays)
        before = dict(vars(inputs[0])) if inputs and is_object(inputs[0]) else {}
        with repeatable(self.generators, self.chance), self.outside.at(arrays):
            edited = rebuilt is not None and (self.backward is None or self.nested)
            forward = rebuilt.of(self.forward) if rebuilt is not None and edited else self.forward
            result = forward(*inputs[: self.count])
        if self.backward is None and isinstance(result, dict):  # {"loss": …, "grads": …}
            costs = [name for name in result if COSTS.fullmatch(plain(str(name))) and np.size(result[name]) == 1]
            if costs:
                result = result[costs[0]], {name: x for name, x in result.items() if name != costs[0]}
        return Run(inputs, find_output(inputs, before) if result is None else result)

    def run_first(self) -> Run:
        """Run forward at what was given; TypeError with what is wrong where it does not run, or there is no array."""
        foreign = [name for name, x in zip(self.names, self.given, strict=True) if is_foreign(x)]
        if foreign:
            kind = describe(self.given[self.names.index(foreign[0])])
            raise TypeError(
                f"{foreign[0]} is {kind}: give NumPy arrays; or, for code of another library, "
                "gradcheck(f, x, grad=g), or check_gradients(loss, arrays, gradients) with .numpy()"
            )
        if not self.leaves:
            kinds = ", ".join(f"{name} is {describe(x)}" for name, x in zip(self.names, self.given, strict=True))
            raise TypeError(f"there is no array of floating-point numbers to differentiate by: {kinds or 'no input'}")
        try:
            return self.run()
        except Exception as error:  # whatever the user's code says to inputs in another order
            names, given = ", ".join(p.name for p in signature(self.forward)), ", ".join(map(describe, self.given))
            told = (
                f"forward({names}) was given {given}: first what forward takes, in its order, then what backward needs "
                "besides; or give a function of them, lambda x, w: forward(x, w=w)"
            )
            if not is_raised_inside(error, [*self.reached, *self.family.functions]):
                raise TypeError(f"forward could not be called: {error}. {told}") from error
            error.add_note(told)
            raise

    def find_return_names(self, function: Callable[..., Any]) -> list[str] | None:
        """Return the names of what a function returns; of a lambda that calls another, those that the other has."""
        names = return_names(function)
        if names is None or len(names) == 1:
            for other in self.family.functions[1:]:
                inner = return_names(other) or []
                if names is not None and len(inner) < 2:  # what one function returns is no other's
                    continue
                if any(is_gradient_name(name, leaf.tokens[-1]) for name in inner for leaf in self.leaves):
                    return inner
        return names

    def find_idle(self, first: Run) -> set[int]:
        """Return which arrays in attributes are no inputs: forward sets or never reads them, or they are gradients."""
        after: dict[tuple[Token, ...], Any] = {}
        for name, part in zip(self.names, first.inputs, strict=True):
            after |= dict(walk(part, (name,), set()))
        idle, read = set(), {name for function in self.reached for name in all_names(function.__code__)}
        held = {  # also under another name: self.layers[0].W is self.params["W1"]
            id(x)
            for part in filter(is_object, self.given)
            for name, attribute in vars(part).items()
            for _, x in (walk(attribute, (name,), set()) if name in read else ())
        }
        for k, leaf in enumerate(self.leaves[: self.inside]):
            if len(leaf.tokens) > 1 and is_object(self.given[self.names.index(str(leaf.tokens[0]))]):
                now = after.get(leaf.tokens)
                moved = not isinstance(now, (np.ndarray, float)) or not np.array_equal(now, leaf.array, equal_nan=True)
                unread = bool(read) and isinstance(leaf.tokens[1], str) and leaf.tokens[1] not in read
                unread = unread and id(self.outside.given[k]) not in held
                if moved or unread or any(plain(str(token)) in GRADIENTS for token in leaf.tokens):
                    idle.add(k)
        return idle

    def look_for_chance(self, first: Run) -> None:
        """Say so if forward does not give the same twice."""
        again = snapshot(self.run().result)
        if changes(first.result, again):
            self.notes.append("forward is random and cannot be seeded from here: give it a generator as an argument")

    def cost(self, arrays: Sequence[Array]) -> Any:
        """Return J: what forward returns, its loss, or Σ dout · out."""
        with self.outside.at(arrays):
            return self.cost_of(self.run(arrays))

    def cost_of(self, run: Run) -> Any:
        """Return J of a run."""
        outputs = run.outputs
        if self.loss is not None:
            return self.call_loss(run)
        if self.fitted is not None:
            return self.fitted(last_array(outputs[self.fitted_to]))
        if self.scalar is not None:
            return np.asarray(outputs[self.scalar]).sum()
        return sum(np.sum(seed * np.asarray(outputs[k])) for k, seed in self.seeds.items())

    def call_loss(self, run: Run) -> Any:
        """Call the user's loss with the output, and with inputs that its parameters are named after."""
        assert self.loss is not None
        return one_number(self.loss(*self.loss_arguments(run, self.loss_of)))

    def loss_arguments(self, run: Run, of: int | None) -> list[Any]:
        """Return what the loss is called with, where what it is a loss of is output `of`, or all that forward gave."""
        assert self.loss is not None
        takes = parameters_of(self.loss)
        wanted = [p for p in takes if p.default is p.empty] or takes[:1]
        pool = dict(zip(self.output_names, run.outputs, strict=False)) | dict(zip(self.names, run.inputs, strict=True))
        labels = [n for n in self.names if plain(n) in LABELS.split()]
        arguments: list[Any] = []
        for i, p in enumerate(wanted):
            if p.name in pool and (i or p.name in self.output_names):
                arguments.append(pool[p.name])
            elif i == 0:
                arguments.append(
                    run.result if of is None else last_array(run.outputs[0]) if of < 0 else run.outputs[of]
                )
            elif plain(p.name) in LABELS.split() and labels:
                arguments.append(pool[labels[0]])
            elif plain(p.name) in CACHES.split() or "cache" in p.name:
                apart = len(run.outputs) > 1 and not is_real(run.outputs[-1])
                arguments.append(run.outputs[-1] if apart and of is not None else run.result)
            elif not self.guessed:
                arguments.append(run.inputs[-1])
            else:
                raise TypeError(f"there is nothing to be given to it as {p.name}")
        return arguments

    def find_loss(self, first: Run) -> None:
        """Find out which output the loss is of: the first that it gives a number for, the last where all are arrays."""
        assert self.loss is not None
        count = len(first.outputs)
        alike = count > 2 and all(is_real(x) for x in first.outputs)
        said: list[str] = []
        ways = [count - 1, None, 0] if alike else [0, count - 1, None]
        if not is_real(first.outputs[0]):  # of the last in a list of activations
            ways.append(-1)
        self.loss_ways: list[int | None] = []
        infinite: list[int | None] = []
        for of in dict.fromkeys(ways):
            try:
                found = one_number(self.loss(*self.loss_arguments(first, of)))
                if np.size(found) != 1:
                    said.append(f"it gives an array of shape {np.shape(found)}")
                    continue
            except Exception as error:  # whatever the user's code says to another output
                said.append(f"{type(error).__name__}: {error}")
                continue
            (self.loss_ways if np.all(np.isfinite(found)) else infinite).append(of)
        self.loss_ways += infinite
        if not self.loss_ways:
            raise TypeError("the loss gives no number of what forward returns: " + "; ".join(dict.fromkeys(said)))
        self.loss_of = of = self.loss_ways[0]
        name = "all that forward returned" if of is None else self.output_names[of]
        if of and alike and name:
            self.notes.append(f"the loss is taken to be of {name}, the last that forward returns")

    # --- the contract -------------------------------------------------------------------------------

    def read_both(self, first: Run) -> None:
        """See which part of the result of a single function is the loss, or is a function that goes backward."""
        backs = [k for k, x in enumerate(first.outputs) if inspect.isfunction(x)]
        if len(first.outputs) == 2 and len(backs) == 1 and isinstance(first.result, tuple):
            self.returns = return_names(first.outputs[backs[0]])
            self.arguments, self.backward, self.nested = [("output", backs[0]), ("seed", 1 - backs[0])], run_back, True
            self.choose_cost(first)
            return
        scalars = [k for k, x in enumerate(first.outputs) if is_real(x) and np.size(x) == 1]
        if len(first.outputs) < 2 or not scalars:
            raise TypeError(
                "one function alone must return (loss, gradients), in either order; "
                "or give two: check_backward(forward, backward, *inputs)"
            )
        self.scalar = scalars[0]

    def find_contract(self, first: Run) -> None:
        """Find out how backward is called, and what it starts from."""
        assert self.backward is not None
        tried: list[str] = []
        names = self.output_names
        if self.call is not None:
            count = len(parameters_of(self.call))
            several = len(first.outputs) > 1
            ways: Iterator[list[Argument]] = iter(
                [[("output", k) for k in range(count)]] if several and count <= len(first.outputs) else []
            )
            ways = iter([*ways, [("all", None)][:count], [("output", 0), ("input", 0)][:count]])
        else:
            ways = find_calls(self.backward, self.names, names, first)
        wanted = [p.name for p in parameters_of(self.backward)] or [""]
        begin = wanted[1] if wanted[0] == "self" and len(wanted) > 1 else wanted[0]
        by_names = named_arguments(self.backward, self.names, names, first)
        sure = self.call is not None or is_sure(by_names, begin, first)
        empty, best = False, None
        fit: list[tuple[list[Argument], list[Array | None]]] = []
        for way in ways:
            self.arguments = way
            try:
                self.choose_cost(first)
                found = self.gradients()
            except Exception as error:  # whatever the user's code says to arguments that it does not want
                if sure and not tried and is_raised_inside(error, self.family.functions):
                    self.stops = (way, error)
                tried.append(f"backward({describe_call(way, self.names, names)}): {type(error).__name__}: {error}")
                continue
            given = [(x.shape, leaf.array.shape) for x, leaf in zip(found, self.leaves, strict=True) if x is not None]
            if not given:
                empty = empty or self.empty
                tried.append(
                    f"backward({describe_call(way, self.names, names)}) gave no gradient of {self.leaf_names()}"
                )
                continue
            fitting = sum(mine == wanted for mine, wanted in given)
            if best is None or fitting > best[0]:
                best = (fitting, way, found)
            if fitting == len(given):
                fit.append((way, found))
                if sure or len(fit) == FEW:
                    break
            elif (
                sure and not tried and not is_scalar(first)
            ):  # a gradient of a wrong shape is wrong, not called wrongly
                break
        if best is not None:
            self.choose_reading(fit or [best[1:]], first)
            usual = len(first.outputs) == 1 and self.arguments == [("input", k) for k in range(len(self.names))]
            if not sure and not usual and not self.score(best[2]) and wanted != [""]:
                told = describe_call(self.arguments, self.names, names)
                self.notes.append(f"backward({', '.join(wanted)}) was called with ({told}); call= says another way")
            return
        if self.stops is not None and bool(self.stops[0]):
            self.arguments, self.broken = self.stops
            self.choose_cost(first)
            own = next(self.own_losses(first), None) if self.loss is None else None
            if own is not None:
                self.take_own_loss(own, first)
            if self.loss is not None or self.scalar is not None or self.seeds:
                return
        if empty:
            raise TypeError("backward returns None, and leaves no gradient in an attribute: is `return` forgotten?")
        raise TypeError(
            "backward could not be called; say how with call=lambda out, cache: backward(…).\n  "
            + "\n  ".join(dict.fromkeys(tried[:6]))
        )

    def choose_reading(self, ways: Sequence[tuple[list[Argument], list[Array | None]]], first: Run) -> None:
        """Take the first of the ways to call backward, all of which run, by which it is right; the first if by none."""
        notes, loss, priced = list(self.notes), self.loss, list(ways)

        def take(way: list[Argument], found: Sequence[Array | None]) -> None:
            self.arguments, self.notes, self.loss, self.fitted = way, list(notes), loss, None
            self.find_cost(found, first)

        for way, found in ways if len(ways) > 1 else []:
            try:
                take(way, found)
            except TypeError:  # it starts from nothing, called like this
                priced.remove((way, found))
                continue
            if self.score(found) >= 1:
                return
        take(*(priced or ways)[0])

    def find_cost(self, found: Sequence[Array | None], first: Run) -> None:
        """Find what it is that backward, called as it is now, gave the gradients of."""
        self.choose_cost(first)
        if self.loss is not None:
            scores: list[float] = []
            for of in self.loss_ways if len(self.loss_ways) > 1 and len(first.outputs) > 1 else []:
                self.loss_of = of  # which of several outputs is it of?
                scores.append(self.score(self.gradients() if self.seeds else found))
                if scores[-1] >= 1:
                    break
            if scores:
                self.loss_of = self.loss_ways[int(np.argmax(scores))]
            return
        if self.scalar is None and not self.seeds:
            self.fit_loss(found, first)
        elif self.scalar is not None and any(plain(n) in LABELS.split() for n in self.names[self.count :]):
            self.doubt_scalar(found, first)  # forward takes no labels

    def doubt_scalar(self, found: Sequence[Array | None], first: Run) -> None:
        """Take a single number that forward gives for a prediction, where backward takes labels and a loss fits."""
        if self.score(found):
            return
        scalar, notes, self.scalar = self.scalar, list(self.notes), None
        with contextlib.suppress(TypeError):
            self.fit_loss(found, first)
        if (self.loss is None and self.fitted is None) or not self.score(found):
            self.scalar, self.notes, self.loss, self.fitted = scalar, notes, None, None

    def leaf_names(self) -> str:
        """List the names of the arrays."""
        return ", ".join(leaf.name for leaf in self.leaves)

    def choose_cost(self, first: Run) -> None:
        """Choose what is differentiated: the loss, forward's own number, or Σ dout · out with a random dout."""
        self.seeds, self.scalar = {}, None
        outputs = first.outputs
        wanted = sorted(k for kind, k in self.arguments if kind == "seed")
        if wanted and self.loss is None:
            for k in wanted:
                shape = np.shape(outputs[k])
                self.seeds[k] = np.ones(shape) if np.size(outputs[k]) == 1 else dout(shape, k)
                if self.clips:  # a small one, which none of its gradients is cut off with
                    self.seeds[k] = self.seeds[k] / 64
        elif self.loss is None:
            scalars = [k for k, x in enumerate(outputs) if is_real(x) and np.size(x) == 1]
            self.scalar = scalars[0] if scalars and (0 in scalars or len(outputs) <= 2) else None

    def seed_of(self, run: Run, k: int) -> Any:
        """Return dJ/d(output k): the random dout, or that of the loss."""
        if k in self.seeds:
            seed = self.seeds[k]
            return seed.copy() if seed.shape else float(seed)
        out = np.array(run.outputs[k], float)

        def of_out(arrays: Sequence[Array]) -> Any:
            outputs = list(run.outputs)
            outputs[k] = arrays[0]
            return self.call_loss(Run(run.inputs, tuple(outputs)))

        return Reference(of_out, [out], seconds=60.0).slopes(0).values

    def own_losses(self, first: Run) -> Iterator[Callable[..., Any]]:
        """Yield the costs beside the user's functions that can be called here, each as the loss: cost(A2, Y)."""
        space = {k: x for function in self.family.functions for k, x in function.__globals__.items()}
        known = [*self.family.functions, *self.reached]
        named = [x for name, x in space.items() if COSTS.fullmatch(plain(name)) and is_users(x) and x not in known]
        for cost in dict.fromkeys(named):
            if parameters_of(cost):
                self.loss, self.guessed = cost, True
                with contextlib.suppress(TypeError):
                    self.find_loss(first)
                    yield cost
        self.loss = None

    def fit_own_loss(self, found: Sequence[Array | None], first: Run) -> tuple[float, Callable[..., Any]] | None:
        """Return the cost beside the user's functions that the gradient fits best, and how well."""
        scores = [(self.score(found), cost) for cost in self.own_losses(first)]
        return max(scores, key=lambda one: one[0], default=None)

    def take_own_loss(self, cost: Callable[..., Any], first: Run) -> None:
        """Take a cost that was found."""
        self.loss, self.fitted = cost, None
        self.find_loss(first)
        self.notes.append(f"the cost is taken to be {cost.__name__}, which stands beside it; loss= says another")

    def divides(self) -> bool:
        """Whether backward takes a mean somewhere: / m, 1 / m *, np.mean."""
        text = " ".join(ast.unparse(source.tree) for source in self.family.sources)
        return bool(MEANS.search(text))

    def fit_loss(self, found: Sequence[Array | None], first: Run) -> None:
        """Nobody wrote a loss: try the usual ones, and keep the one whose gradient fits best."""
        own, means = self.fit_own_loss(found, first), self.divides()
        outputs = [last_array(x) for x in self.run().outputs]
        real = [k for k, x in enumerate(outputs) if is_real(x) and np.ndim(x)]
        best: tuple[float, str, Loss, int] | None = None
        for k in dict.fromkeys([*real[:1], *real[-1:]]):
            given = any(plain(n) in LABELS.split() for n in self.names[: self.count])  # so that out is a loss
            self.fitted_to = k
            whole: list[tuple[str, Loss]] = [("Σ out", np.sum)]  # the slope of each number, as of sigmoid_prime
            if np.ndim(outputs[k]) == 1:  # a loss of each example
                whole.append(("mean of out", np.mean))
            for name, loss in whole:
                self.fitted = loss
                fits = self.score(found)
                if fits < 1 and self.is_flat():  # as the sum of a softmax is: what would be right of it says nothing
                    continue
                if fits >= 1 or given or not self.label_candidates(outputs[k]):
                    best = (fits, name, loss, k) if best is None or fits > best[0] else best
            for labels in [] if given else self.label_candidates(outputs[k]):
                for name, loss in usual_losses(np.asarray(outputs[k], float), labels):
                    self.fitted = loss
                    score = self.score(found)
                    if means and score < 1 and re.search(r"1/|mean", name):  # where one 1/m stands others are forgotten
                        score = min(score + 0.3, 0.99)
                    if best is None or score > best[0] + 1e-9:
                        best = (score, name, loss, k)
        if own is not None and (best is None or own[0] >= best[0] - 0.3):
            self.take_own_loss(own[1], first)
            return
        several = sum(x is not None for x in found) > 1
        if best is None or (best[0] == 0 and several and best[1] in ("Σ out", "mean of out")):  # it is none of these
            self.fitted = None
            raise TypeError(
                "forward gives no number to be differentiated, and backward takes no gradient of its output: "
                "say what the cost is with loss=lambda out: …"
            )
        self.fitted, self.fitted_to = best[2:]
        sure = "the gradient fits" if best[0] >= 1 else "it comes nearest to the gradient"
        of = f" of {self.output_names[best[3]]}" if best[3] and self.output_names[best[3]] else ""
        self.notes.append(f"no loss is written: taken to be J = {best[1].strip()}{of}, as {sure}; loss= says another")

    def label_candidates(self, out: Any) -> list[Array]:
        """Return what may be the labels: inputs of the output's shape, or integers."""
        pool: list[tuple[str, Any]] = list(zip(self.names, self.given, strict=True))
        for function in self.family.functions:
            cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
            pool += [
                (name, function.__globals__[name])
                for name in global_names(function.__code__)
                if name in function.__globals__
            ]
            pool += [(name, cell.cell_contents) for name, cell in cells]
        for part in self.given:
            pool += list(vars(part).items()) if is_object(part) else []
        whole = [(name, x) for name, x in pool if isinstance(x, list) and x and all(type(part) is int for part in x)]
        arrays = [(name, np.asarray(x)) for name, x in pool if isinstance(x, (np.ndarray, float))]
        arrays += [(name, np.array(x)) for name, x in whole]
        found = [
            (name, x)
            for name, x in arrays
            if x.shape == np.shape(out) or x.size == np.size(out) or x.dtype.kind in "iu"
        ]
        named = [x for name, x in found if plain(name) in LABELS.split()]
        return (named or [x for name, x in found if plain(name) not in ("x", "inputs")])[:3]

    def score(self, found: Sequence[Array | None]) -> float:
        """Return how many of the gradients are right under the cost as it is now, of 1, by some entries of each."""
        reference = Reference(self.cost, [leaf.array for leaf in self.leaves])
        rng, shares = np.random.default_rng(0), []
        for k, claimed in enumerate(found):
            if claimed is None or claimed.shape != self.leaves[k].array.shape or not claimed.size:
                continue
            places = rng.choice(claimed.size, min(4, claimed.size), replace=False)
            right = 0
            for index in [tuple(int(i) for i in np.unravel_index(flat, claimed.shape)) for flat in places]:
                slope, error = reference.entry(k, index)
                right += bool(abs(slope - claimed[index]) <= 1e-5 * abs(slope) + 10 * error)
            shares.append(right / len(places))
        return sum(shares) / max(len(shares), 1)

    def is_flat(self) -> bool:
        """Whether no entry of an array that is looked at moves the cost."""
        reference = Reference(self.cost, [leaf.array for leaf in self.leaves])
        scale = abs(float(np.real(self.cost(reference.arrays)))) + 1e-300
        for k in set(range(len(self.leaves))) - self.idle:
            for flat in range(min(4, self.leaves[k].array.size)):
                index = tuple(int(i) for i in np.unravel_index(flat, self.leaves[k].array.shape))
                slope, error = reference.entry(k, index)
                if not abs(slope) <= 1e-12 * scale + 10 * error:
                    return False
        return True

    # --- the gradients ------------------------------------------------------------------------------

    def prepare(self, arrays: Sequence[Array] | None = None, rebuilt: Rebuilt | None = None) -> Run:
        """Run forward, and work out what backward is given."""
        run = self.run(arrays, rebuilt)
        run.seeds = {k: self.seed_of(run, k) for kind, k in self.arguments if kind == "seed"}
        return run

    def gradients(self, arrays: Sequence[Array] | None = None, rebuilt: Rebuilt | None = None) -> list[Array | None]:
        """Return what backward claims."""
        with self.outside.at(arrays):
            return self.claims(arrays, rebuilt)

    def claims(self, arrays: Sequence[Array] | None, rebuilt: Rebuilt | None) -> list[Array | None]:
        """Return what backward claims, where what stands outside is as it is to be."""
        if self.backward is None:
            run = self.run(arrays, rebuilt)
            rest = [x for k, x in enumerate(run.outputs) if k != self.scalar]
            names = None
            if self.returns is not None and len(rest) > 1:
                names = [n for k, n in enumerate(self.returns) if k != self.scalar]
            return self.read(find_items(rest if len(rest) > 1 else rest[0], names))
        return self.call_backward(self.prepare(arrays, rebuilt), rebuilt)

    def again(self, rebuilt: Rebuilt) -> list[Array | None]:
        """Return what an edited backward claims, of one forward run for all where nothing is changed in place."""
        if self.backward is None or self.nested or self.changed or self.objects or self.broken is not None:
            return self.gradients(rebuilt=rebuilt)
        if self.kept is None:
            self.kept = self.prepare()
            for part in (self.kept.inputs, list(self.kept.outputs)):
                for _, x in walk(part, ("",), set()):
                    if isinstance(x, np.ndarray):
                        x.flags.writeable = False
        arguments = [self.argument(self.kept, kind, k) for kind, k in self.arguments]
        with repeatable(self.generators, self.chance):
            result = rebuilt.of(self.backward)(*arguments)
        names = self.returns if isinstance(result, (tuple, list)) or is_real(result) else None
        items = find_items(result, names)
        found = self.undo_steps(self.read(items), snapshot(self.kept.inputs), self.kept.inputs)
        if all(x is None for x in found):
            return self.gradients(rebuilt=rebuilt)
        return [None if x is None else np.array(x) for x in found]

    def call_backward(self, run: Run, rebuilt: Rebuilt | None = None) -> list[Array | None]:
        """Call backward on what a run of forward left, and read the gradients."""
        assert self.backward is not None
        if rebuilt is not None:
            rebuilt.dress(run.inputs)
            rebuilt.dress(list(run.outputs))
        before, numbers = snapshot(run.inputs), numbers_in(run.inputs)
        kept, outside = snapshot(list(run.outputs)), self.outside.now(rebuilt)
        arguments = [self.argument(run, kind, k) for kind, k in self.arguments]
        bound_before = snapshot(list(self.given)) if self.call is not None else []
        with repeatable(self.generators, self.chance):
            backward = self.backward if rebuilt is None else rebuilt.of(self.backward)
            result = backward(*arguments)
            result = list(result) if inspect.isgenerator(result) else result
            self.empty = result is None
        names = self.returns if isinstance(result, (tuple, list)) or is_real(result) else None
        stepped = bool(changes(run.inputs, before))
        items = [] if is_real(result) and np.ndim(result) == 0 and (stepped or self.rate) else find_items(result, names)
        self.changed = [self.input_name(name) for name in changes(run.inputs, before)] + [
            f"{self.output_name(name)}" for name in changes(list(run.outputs), kept)
        ]
        left = self.outside.now(rebuilt)
        self.changed += [spell(t) for t, x in outside.items() if t in left and not np.array_equal(left[t], x)]
        items += self.left_behind(run.inputs, before)
        found = self.undo_steps(self.read(items), before, run.inputs)
        if self.step_size() is not None or all(x is None for x in found):
            found = self.steps(found, [*before, *numbers], run.inputs, outside, left)
        if bound_before:
            restore(list(self.given), bound_before)
        return [None if x is None else np.array(x) for x in found]

    def input_name(self, place: str) -> str:
        """Name an input that was changed in place: '[1].W' is parameters['W'], or self.W."""
        k, _, rest = place.lstrip("[").partition("]")
        return (self.names[int(k)] if k.isdigit() else place) + rest

    def output_name(self, place: str) -> str:
        """Name an output that was changed in place: '[0]' is out."""
        head = place.partition("]")[0].lstrip("[")
        if head.isdigit() and int(head) < len(self.output_names) and self.output_names[int(head)]:
            return self.output_names[int(head)] + place.partition("]")[2]
        return f"what forward returned{place}"

    def argument(self, run: Run, kind: str, k: Any) -> Any:
        """Return one argument of backward."""
        if kind == "input":
            return run.inputs[k]
        if kind == "output":
            return run.outputs[k]
        if kind == "rest":
            return run.outputs[k:]
        if kind == "attribute":
            return getattr(run.inputs[0], k)
        if kind == "seed":
            return copy.copy(run.seeds[k])
        return run.result if kind == "all" else (self.rate or 1.0)

    def left_behind(self, inputs: Sequence[Any], before: Sequence[tuple[str, Array]]) -> list[Item]:
        """Return the gradients that were left in attributes, or in dicts and lists that were given."""
        found: list[Item] = []
        for name, part in zip(self.names, inputs, strict=True):
            if not (is_object(part) or isinstance(part, (dict, list))):
                continue
            for tokens, x in walk(part, (name,), set()):
                if isinstance(x, (np.ndarray, np.generic, float)) and np.asarray(x).dtype.kind == "f":
                    if tokens not in self.for_another:
                        self.for_another[tokens] = self.is_for_another(tokens)
                    if self.for_another[tokens]:
                        found.append((tokens, np.asarray(x)))
        return found

    def is_for_another(self, tokens: tuple[Token, ...]) -> bool:
        """Whether a place is named as that of the gradient of an array: self.dW, self.grads[0], self.grad["W"]."""
        places = [leaf.tokens for k, leaf in enumerate(self.leaves) if k not in self.idle]
        for place in places:
            alike = plain(str(tokens[-1])) == plain(str(place[-1]))  # self.X, which is x kept
            if place != tokens and is_gradient_name(tokens[-1], place[-1]) and not alike:
                return True
            if len(place) == len(tokens) and place != tokens:  # grads[0] of params[0]
                if all(a == b or in_place_of(a, b) for a, b in zip(tokens, place, strict=True)):
                    return True
        if tokens in places:
            return False
        return "grad" in "".join(map(str, tokens[1:])).lower() or plain(str(tokens[-1])) in OF_DATA.split()

    def read(self, items: Sequence[Item]) -> list[Array | None]:
        """Match gradients to arrays, those given by themselves before those inside of objects."""
        signature_of = tuple((tokens, x.shape) for tokens, x in items)
        if signature_of in self.readings:
            return [None if i is None else items[i][1] for i in self.readings[signature_of]]
        order = sorted(
            range(len(self.leaves)), key=lambda k: len(self.leaves[k].tokens) > 1 and is_object(self.given[0])
        )
        order = [k for k in order if k not in self.idle]
        back: list[Array | None] = [None] * len(self.leaves)
        outer = [k for k in order if k >= self.inside]
        for k, x in zip(outer, match_names(items, [self.leaves[k] for k in outer], by_place=False), strict=True):
            back[k] = x
        known = [x for x in back if x is not None]
        order = [k for k in order if k < self.inside]
        rest = [item for item in items if not any(item[1] is x for x in known)]
        found = read_gradients(rest, [self.leaves[k] for k in order], by_place=not known)
        for k, x in zip(order, found, strict=True):
            back[k] = x
        places = [next((i for i, (_, y) in enumerate(items) if y is x), None) for x in back]
        if all((x is None) == (i is None) for x, i in zip(back, places, strict=True)):
            self.readings[signature_of] = places
        return back

    def steps(
        self,
        found: list[Array | None],
        before: Sequence[tuple[str, Array]],
        inputs: Sequence[Any],
        outside: dict[tuple[Token, ...], Array],
        left: dict[tuple[Token, ...], Array],
    ) -> list[Array | None]:
        """Return (before − after) / rate for the arrays that backward moved itself."""
        after: dict[Any, Array] = dict([*snapshot(list(inputs)), *numbers_in(list(inputs))]) | left
        start: dict[Any, Array] = dict(before) | outside
        for k, leaf in enumerate(self.leaves):
            place = leaf_place(leaf, self.names) if k < self.inside else leaf.tokens
            if k in self.idle or place not in after or place not in start:
                continue
            if found[k] is None and after[place].shape == start[place].shape:
                if not np.array_equal(after[place], start[place]):
                    found[k] = (start[place] - after[place]) / (self.step_size() or 1.0)
        return found

    def undo_steps(
        self, found: list[Array | None], before: Sequence[tuple[str, Array]], inputs: Sequence[Any]
    ) -> list[Array | None]:
        """Return the gradients, where a parameter is returned after its step: (before − after) / rate."""
        if not self.stepped:
            return found
        start, now = dict(before), dict(snapshot(list(inputs)))
        for k, leaf in enumerate(self.leaves[: self.inside]):
            x, place = found[k], leaf_place(leaf, self.names)
            if x is None or place not in start or x.shape != start[place].shape or leaf.tokens[-1] not in self.stepped:
                continue
            if not np.array_equal(now[place], start[place]):  # in place, and `steps` reads it
                found[k] = None if np.array_equal(x, now[place]) else x
            elif str(leaf.tokens[-1]) in (self.returns or ()):
                found[k] = (start[place] - x) / (self.step_size() or 1.0)
        return found

    @cached_property
    def stepped(self) -> set[Token]:
        """The inputs that backward gives another value, made of the one they had: W = W - lr * dW, W -= lr * dW."""
        found: set[Token] = set()
        for source in self.family.sources:
            for node in ast.walk(source.tree):
                if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
                    found.add(node.target.id)
                if isinstance(node, ast.Assign) and isinstance(node.value, ast.BinOp):
                    names = {part.id for part in ast.walk(node.value) if isinstance(part, ast.Name)}
                    found |= {t.id for t in node.targets if isinstance(t, ast.Name)} & names
        return found & {leaf.tokens[-1] for leaf in self.leaves[: self.inside]}

    def step_size(self) -> float | None:
        """Return the rate of a step that backward takes: as said, as given, or as an object or the file keeps it."""
        if self.rate is not None:
            return self.rate or None
        if any(kind == "rate" for kind, _ in self.arguments):
            return 1.0
        for name, part in zip(self.names, self.given, strict=True):
            for tokens, x in walk(part, (name,), set()) if is_object(part) or isinstance(part, float) else ():
                if isinstance(x, float) and x and plain(str(tokens[-1])) in RATES.split():
                    return x
        for function in self.family.functions:
            for name in global_names(function.__code__):
                x = function.__globals__.get(name)
                if isinstance(x, float) and x and plain(name) in RATES.split():
                    return x
        return None


COSTS = re.compile(
    r"(compute|calc|calculate|get)?\w*(cost|loss|objective|elbo|nll)(function|func|fn)?|crossentropy\w*|mse\w*|criterion"
)
SIZES = r"m|n|N|M|bs|batch\w*|n_?\w*(samples|examples)|num_\w+|len\(\w+\)|\w+\.shape\[\d\]"
MEANS = re.compile(rf"/ ({SIZES})(?!\w)|\bmean\(")


def run_back(back: Callable[[Any], Any], dout: Any) -> Any:
    """Run a function that forward returned beside its output."""
    return back(dout)


def last_array(x: Any) -> Any:
    """Return an output, the last one of a list of activations; anything else as it is."""
    return x[-1] if isinstance(x, (list, tuple)) and x and all(map(is_real, x)) else x


def one_number(found: Any) -> Any:
    """Return the cost that a loss gives, which may give gradients after it."""
    return found[0] if isinstance(found, tuple) else found


def find_output(inputs: Sequence[Any], before: dict[str, Any]) -> Any:
    """Return what a forward that returns nothing left in an attribute of its object: self.output."""
    owner = inputs[0] if inputs else None
    after = vars(owner) if is_object(owner) else {}
    new = [name for name, x in after.items() if is_real(x) and before.get(name) is not x]
    left = [name for name in new if not any(after[name] is given for given in inputs[1:])]
    usual = [name for name in attributes_of(owner, OUTPUTS.split()) if name in left]
    if left:
        return after[usual[0] if usual else left[-1]]
    raise TypeError("forward returns nothing, and leaves no array in an attribute: return the output, or the cost")


def with_parameters(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function of NumPy's as one whose parameters can be asked for: np.tanh, of which `out` is none."""
    if not isinstance(function, np.ufunc):
        return function
    if function.nin == 1:
        return lambda x: function(x)
    return lambda x, y: function(x, y)


def is_array(x: Any) -> bool:
    """Whether something is an array of NumPy's."""
    return isinstance(x, np.ndarray)


def as_array(x: Any) -> Any:
    """Return a list of numbers, or of rows of them, and a table of pandas, as an array; anything else as it is."""
    refuse_mask(x, "an input")
    if type(x).__module__.partition(".")[0] == "pandas" and hasattr(x, "to_numpy"):
        return x.to_numpy()
    if not isinstance(x, list) or not x:
        return x
    if any(isinstance(row, tuple) for row in x):  # ratings, edges: they are no array
        return x
    flat = [part for _, part in walk(x, ("",), set())]
    if not all(isinstance(part, (int, float)) and not isinstance(part, bool) for part in flat):
        return x
    try:
        found = np.array(x)
    except ValueError:  # rows of different lengths
        return x
    return found if found.dtype.kind == "f" else x


def as_floats(x: Any) -> Any:
    """Return integers as floating-point numbers."""
    whole = isinstance(x, (int, np.integer)) and not isinstance(x, bool)
    if isinstance(x, np.ndarray) and x.dtype.kind in "iu":
        return x.astype(float)
    return float(x) if whole else x


def is_foreign(x: Any) -> bool:
    """Whether an input is an array of another library, which cannot be moved here."""
    return type(x).__module__.partition(".")[0] in ("torch", "tensorflow", "jax", "jaxlib", "cupy")


def describe(x: Any) -> str:
    """Say what an input is: an int64 array of shape (2, 3), a str."""
    if isinstance(x, np.ndarray):
        return f"an array of {x.dtype} of shape {x.shape}"
    return f"{type(x).__module__}.{type(x).__name__}".removeprefix("builtins.")


def is_raised_inside(error: Exception, functions: Sequence[Any]) -> bool:
    """Whether an exception was raised in one of these functions, rather than by calling the first of them."""
    codes, trace = {function.__code__ for function in functions}, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code in codes:
            return True
        trace = trace.tb_next
    return False


def leaf_place(leaf: Leaf, names: Sequence[str]) -> str:
    """Return where `snapshot` of the list of inputs says that a leaf is."""
    place = f"[{names.index(str(leaf.tokens[0]))}]"
    for token in leaf.tokens[1:]:
        place += f"[{token}]" if isinstance(token, int) else f".{token}"
    return place


def restore(inputs: Sequence[Any], before: Sequence[tuple[str, Array]]) -> None:
    """Put back what was changed in place."""
    arrays = [x for _, x in walk(list(inputs), ("",), set()) if isinstance(x, np.ndarray)]
    for x, (_, old) in zip(arrays, before, strict=False):
        if x.shape == old.shape and x.flags.writeable:
            x[...] = old


def objects_in(x: Any) -> list[Any]:
    """Return the objects of the user's classes in x, however deep."""
    found: dict[int, Any] = {}

    def visit(part: Any) -> None:
        if id(part) in found or not (is_object(part) or isinstance(part, (list, tuple, dict))):
            return
        found[id(part)] = part
        inner = (
            part.values()
            if isinstance(part, dict)
            else part
            if isinstance(part, (list, tuple))
            else vars(part).values()
        )
        for other in list(inner):
            visit(other)

    visit(x)
    return [part for part in found.values() if is_object(part)]


def dout(shape: tuple[int, ...], k: int) -> Array:
    """Return a random gradient to come in, no entry of it near 0."""
    found = np.random.default_rng(k).uniform(0.5, 1.5, shape)
    signs = np.random.default_rng(k + 50).choice([-1.0, 1.0], shape)
    return np.asarray(found * signs)


def variables_of(function: Any) -> Iterator[tuple[str, Any]]:
    """Yield the globals and free variables that a function reads, and what is in them, with code that reads it."""
    code = getattr(function, "__code__", None)
    if code is None:
        return
    space = function.__globals__
    pool = [(name, space[name]) for name in global_names(code) if name in space]
    pool += [(name, contents(c)) for name, c in zip(code.co_freevars, function.__closure__ or (), strict=True)]
    for name, x in pool:
        yield name, x
        if isinstance(x, (list, tuple, dict)) or is_object(x):
            yield from ((spell((name, token)), part) for token, part in parts(x))


class GivenPass(Pass):
    """A loss that is run again while arrays are moved in place, and gradients that are given."""

    def __init__(self, loss: Callable[[], Any], arrays: Any, gradients: Any, around: dict[str, Any]) -> None:
        """Take what `check_gradients` takes, and the caller's variables, `around`, for the arrays' names."""
        if not callable(loss):
            what = f"the loss is a function of no arguments, which reads the arrays; got {loss!r:.60}"
            raise TypeError(f"{what} ({type(loss).__name__}): check_gradients(lambda: cost(W), [W], [dW])")
        given = [arrays] if isinstance(arrays, np.ndarray) else arrays
        if not isinstance(given, (list, tuple, dict)) or not len(given):
            what = f"the arrays that the loss reads are a NumPy array, or a list or dict of them; got {arrays!r:.60}"
            raise TypeError(f"{what} ({type(arrays).__name__}): check_gradients(lambda: cost(W), [W], [dW])")
        self.live = [x for _, x in walk(given, ("",), set()) if is_real(x)]
        if not all(isinstance(x, np.ndarray) for x in self.live):
            raise TypeError("check_gradients moves arrays in place: give NumPy arrays, also for single numbers")
        self.loss, self.notes, self.given_gradients = loss, [], gradients
        known = {id(x): name for name, x in around.items()}
        for function in reversed(Family(loss).functions):
            known |= {id(x): name for name, x in variables_of(function)}
        names = list(given) if isinstance(given, dict) else [known.get(id(x), f"array{i}") for i, x in enumerate(given)]
        if isinstance(given, dict):
            self.leaves = find_leaves(list(given.values()), [str(name) for name in names])
        else:
            self.leaves = find_leaves(list(given), names)
        self.objects = [x for _, part in variables_of(function_of(gradients)) for x in objects_in(part)]
        self.family = Family(gradients if callable(gradients) else None, self.objects)
        self.reached = Family(loss).functions
        self.changed: list[str] = []

    def cost(self, arrays: Sequence[Array]) -> Any:
        """Return loss() with these numbers in the user's arrays, which are put back afterwards."""
        if any(np.iscomplexobj(a) for a in arrays):
            raise TypeError("no complex step: the arrays are the user's own")
        kept = [x.copy() for x in self.live]
        try:
            for x, new in zip(self.live, arrays, strict=True):
                x[...] = new
            with repeatable():
                found = self.loss()
            return np.asarray(found[0] if isinstance(found, tuple) else found).sum()
        finally:
            for x, old in zip(self.live, kept, strict=True):
                x[...] = old

    def gradients(self, arrays: Sequence[Array] | None = None, rebuilt: Rebuilt | None = None) -> list[Array | None]:
        """Return the gradients that were given, or call the function that gives them."""
        found = self.given_gradients
        if callable(found):
            kept = [x.copy() for x in self.live]
            try:
                if arrays is not None:
                    for x, new in zip(self.live, arrays, strict=True):
                        x[...] = new
                with repeatable():
                    found = self.call(found, rebuilt)
                items = find_items(found, return_names(self.given_gradients))
                read = read_gradients(items, self.leaves)
                return [None if x is None else np.array(x) for x in read]
            finally:
                for x, old in zip(self.live, kept, strict=True):
                    x[...] = old
        return [None if x is None else np.array(x) for x in read_gradients(find_items(found), self.leaves)]

    def call(self, gradients: Callable[[], Any], rebuilt: Rebuilt | None) -> Any:
        """Call the function that gives the gradients, or an edited one; the user's objects have their classes back."""
        if rebuilt is None:
            return gradients()
        kinds = [type(x) for x in self.objects]
        kept = [(x, dict(vars(x)), {k: v.copy() for k, v in vars(x).items() if is_array(v)}) for x in self.objects]
        try:
            for x in self.objects:
                rebuilt.dress(x)
            return rebuilt.of(gradients)()
        finally:
            for x, kind in zip(self.objects, kinds, strict=True):
                if type(x) is not kind:
                    x.__class__ = kind
            for x, attributes, arrays in kept:  # an edit may have stopped half way
                vars(x).clear()
                vars(x).update(attributes)
                for name, array in arrays.items():
                    attributes[name][...] = array
