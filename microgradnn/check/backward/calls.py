"""How a backward pass is called, and what it is the gradient of.

A `Pass` is what the four forms of a check become: arrays, a cost of them, and the gradients that somebody claims.
"""

from __future__ import annotations

import contextlib
import copy
import inspect
import io
import random
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FunctionType
from typing import Any

import numpy as np

from ...engine.tensor import Array
from .source import Family, Rebuilt
from .structure import Leaf, is_gradient_name, is_object, is_real, plain

CACHES = "cache caches memory mem ctx context saved stored state store tape linearcache activationcache activations"
CACHES += " intermediates intermediate values forwardvalues layeroutputs vals hist history"
SEEDS = "dout dy dz da dh dl g grad grads gradoutput gradoutputs gradout upstream delta outgrad error dlast dnext d"
SEEDS += " dal dloss dvalues outputgradient outputerror gradoutput accumgrad dnexth dhnext dup upstreamgrad dscores"
SEEDS += " dyhat doutput gout incoming danext dzl topdiff eta dprev gradient dj dcost dlogits gradupstream dlout"
RATES = "lr learningrate alpha rate eta stepsize learnrate lrate learn"
LABELS = "y target targets t label labels yt ytrue ytarget ybatch ys tgt expected truth"
LABELS += " targetslist targetlist ylist labelslist"

SETTINGS = "reg lambda lambd lmbda lmbd lam regstrength regularization beta gamma alpha delta margin eps epsilon tau"
SETTINGS += " temperature temp momentum keepprob keep p prob dropout dropoutrate l1 l2 c decay weightdecay sigma scale"
SETTINGS += " rho slope negativeslope sparsity sparsityparam discount clip lambdau lambdav lambda1 lambda2 regparam"

OUTPUTS = "output out outputs yhat ypred prediction predictions result activations activation a y probs z"

PREDICTIONS = re.compile(r"al|a\d|yhat|ypred|preds?|predictions?|probs?|outputs?|out")

COMES_IN = re.compile(r"d|g|.*(grad|delta|err|diff|upstream)")  # how a gradient that comes in is called

# ("input", 2), ("output", 0), ("rest", 1), ("all", None), ("seed", 0), ("rate", None), ("attribute", "output")
Argument = tuple[str, Any]


@dataclass
class Run:
    """A forward pass that was run: what went in and what came out."""

    inputs: list[Any]
    result: Any
    seeds: dict[int, Any] = field(default_factory=dict)

    @property
    def outputs(self) -> tuple[Any, ...]:
        """What forward returned, as a tuple."""
        return tuple(self.result) if isinstance(self.result, (tuple, list)) else (self.result,)


@contextmanager
def repeatable(generators: Sequence[Any] = (), random_too: bool = True) -> Iterator[None]:
    """Let everything random give the same numbers each time, and leave no trace of it."""
    if not random_too:
        with np.errstate(all="ignore"):
            yield
        return
    numpy_state, python_state = np.random.get_state(), random.getstate()
    states = [copy.deepcopy(generator.bit_generator.state) for generator in generators]
    np.random.seed(0)
    random.seed(0)
    try:
        with np.errstate(all="ignore"):
            yield
    finally:
        np.random.set_state(numpy_state)
        random.setstate(python_state)
        for generator, state in zip(generators, states, strict=True):
            generator.bit_generator.state = state


@contextmanager
def quiet() -> Iterator[None]:
    """Let the user's code print and warn into the void."""
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def signature(function: Callable[..., Any]) -> list[inspect.Parameter]:
    """Return all parameters of a function."""
    try:
        return list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return []


def parameters_of(function: Callable[..., Any]) -> list[inspect.Parameter]:
    """Return the parameters that arguments can be given to by position."""
    return [p for p in signature(function) if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]


def describe_call(arguments: Sequence[Argument], inputs: Sequence[str], outputs: Sequence[str]) -> str:
    """Write how backward was called."""
    words = {"all": "everything forward returned", "rate": "rate"}
    told = []
    for kind, k in arguments:
        if kind == "input":
            told.append(inputs[k])
        elif kind == "seed":
            told.append(f"d{outputs[k] or 'out'}")
        elif kind == "output":
            told.append(outputs[k] or ("out" if k == 0 else "cache"))
        elif kind == "attribute":
            told.append(f"self.{k}")
        else:
            told.append(words.get(kind, "cache"))
    return ", ".join(told)


# --- which argument is which --------------------------------------------------------------------------


def is_scalar(run: Run) -> bool:
    """Whether the first thing that forward returned is a number."""
    return is_real(run.outputs[0]) and np.size(run.outputs[0]) == 1


def named_arguments(
    backward: Callable[..., Any], inputs: Sequence[str], outputs: Sequence[str], run: Run
) -> list[Argument | None]:
    """Return what the names of the parameters of backward say that each is to be given, None where they do not."""
    wanted = parameters_of(backward)
    required = [p for p in wanted if p.default is p.empty]
    by_name = [name_argument(p, inputs, outputs, run, required) for p in wanted]
    chosen = [a for a, p in zip(by_name, wanted, strict=True) if a is not None or p.default is p.empty]
    seeds = 0
    named: list[Argument | None] = []
    for argument in chosen:
        if argument is not None and argument[0] == "seed" and argument[1] is None:
            argument, seeds = ("seed", seeds), seeds + 1
        named.append(argument)
    return named


def is_sure(named: Sequence[Argument | None], begin: str, run: Run) -> bool:
    """Whether there is no doubt how backward is called: by its names, or by all but the gradient that comes in.

    `begin` is the name of the first parameter, that of self left out.
    """
    if named[:1] == [("input", 0)] and is_object(run.inputs[0]):  # after self
        named = named[1:]
    first = len(named) > 1 and named[0] is None and not is_scalar(run) and bool(COMES_IN.match(plain(begin)))
    return bool(named) and None not in named[first:] and not (first and ("seed", 0) in named)


def find_calls(
    backward: Callable[..., Any], inputs: Sequence[str], outputs: Sequence[str], run: Run
) -> Iterator[list[Argument]]:
    """Yield the ways to call backward, the likeliest first: by the names of its parameters, then by their places."""
    wanted = parameters_of(backward)
    required = [p for p in wanted if p.default is p.empty]
    count, several = len(run.outputs), isinstance(run.result, (tuple, list))
    scalar = is_scalar(run)
    named = named_arguments(backward, inputs, outputs, run)
    if None not in named:
        yield [a for a in named if a is not None]
        if scalar:  # a loss whose backward starts from the scores or probabilities that it kept
            for kept in attributes_of(run.inputs[0], OUTPUTS.split()):
                yield [("attribute", kept) if a[0] == "seed" else a for a in named if a is not None]
    if named.count(None) == 1:
        hole = named.index(None)
        used = {a for a in named if a is not None and a[0] in ("input", "output")}
        guesses: list[Argument] = []
        begins = hole == 0 or (hole == 1 and is_object(run.inputs[0]) and wanted[1].name[0] in "dge")  # after self
        if not any(a and a[0] == "seed" for a in named) and not scalar and begins:
            guesses.append(("seed", 0))
        whole: list[Argument] = [("all", None)]
        last: list[Argument] = [("output", count - 1), ("rest", 1)] if several and count > 1 else []
        arrays = count > 2 and all(is_real(x) for x in run.outputs)  # no cache among them
        guesses += [*whole, *last] if arrays else [*last, *whole]
        guesses.append(("output", 0))
        guesses += [("input", k) for k in range(len(inputs)) if ("input", k) not in used]
        if hole == 0:
            guesses.append(("seed", 0))
        for guess in guesses:
            yield [a if a is not None else guess for a in named]
    variable = any(p.kind is p.VAR_POSITIONAL for p in signature(backward))
    yield from by_place(len(required), len(inputs), count, scalar, several, variable)


def attributes_of(x: Any, names: Sequence[str]) -> list[str]:
    """Return those attributes of an object that are arrays and called so, in the order of the names."""
    found = {plain(name): name for name, part in vars(x).items() if np.ndim(part)} if is_object(x) else {}
    return [found[name] for name in names if name in found]


def name_argument(
    p: inspect.Parameter, inputs: Sequence[str], outputs: Sequence[str], run: Run, required: Sequence[inspect.Parameter]
) -> Argument | None:
    """Return what a parameter of backward is to be given, if its name says so."""
    name = plain(p.name)
    if p.name in inputs:
        return ("input", inputs.index(p.name))
    if p.name in outputs:
        return ("output", list(outputs).index(p.name))
    for k, output in enumerate(outputs):
        if output and plain(output) != name and is_gradient_name(p.name, output) and is_real(run.outputs[k]):
            return ("seed", k)
    lowered = [plain(x) for x in inputs]
    if name in lowered:
        return ("input", lowered.index(name))
    if name in CACHES.split() or "cache" in name:
        if len(run.outputs) == 1:
            return ("all", None)
        return (
            ("output", len(run.outputs) - 1) if len(run.outputs) == 2 or not is_real(run.outputs[-1]) else ("rest", 1)
        )
    if name in SEEDS.split() and name != "eta":
        return ("seed", None)
    alike = len(run.outputs) > 2 and all(is_real(x) for x in run.outputs)  # the output may be any of them
    if PREDICTIONS.fullmatch(name) and is_real(run.outputs[0]) and np.ndim(run.outputs[0]) and not alike:
        arrays = [k for k, x in enumerate(run.outputs) if is_real(x) and np.ndim(x)]
        return ("output", next((k for k in arrays if not outputs[k]), 0))  # rather one without a name than another's
    if name in RATES.split():
        return ("rate", None)
    if name in LABELS.split():
        labels = [k for k, x in enumerate(lowered) if x in LABELS.split()]
        return ("input", labels[0]) if len(labels) == 1 else None
    return None


def by_place(
    required: int, inputs: int, outputs: int, scalar: bool, several: bool, variable: bool
) -> Iterator[list[Argument]]:
    """Yield the usual ways to call a function with so many parameters, or any number of them."""
    everything: list[Argument] = [("input", k) for k in range(inputs)]
    cache: list[Argument] = [("output", outputs - 1)] if several and outputs > 1 else [("all", None)]
    rest: list[Argument] = [("rest", 1)]
    seed: list[Argument] = [("seed", 0)]
    ways = [
        *([everything] if scalar else []),
        *([cache, rest] if scalar or required == 1 else []),
        [*seed, *cache],
        [*seed, *rest],
        [("seed", 0), ("seed", 1), *cache],
        [*seed, *everything],
        [*everything, *seed],
        everything,
        [*seed, *everything, *cache],
        [*everything, *cache],
        [*everything, ("output", 0)],
        [("output", 0), *everything],
        [*cache, *everything],
        [*cache, *seed],
        [*seed, *[("output", k) for k in range(1, outputs)]],
        seed,
        [("output", k) for k in range(outputs)],
    ]
    for way in ways:
        if (len(way) == required or (variable and len(way) > required)) and (outputs > 1 or ("seed", 1) not in way):
            yield way


# --- the pass -----------------------------------------------------------------------------------------


class Pass:
    """Arrays, a cost of them, and the gradients that a backward pass claims, at the point given or at another."""

    leaves: list[Leaf]
    family: Family
    notes: list[str]
    reached: list[FunctionType]  # the functions that the cost is computed by
    rate: float | None = None

    def cost(self, arrays: Sequence[Array]) -> Any:
        """Return J as a number, of arrays that may be complex."""
        raise NotImplementedError

    def gradients(self, arrays: Sequence[Array] | None = None, rebuilt: Rebuilt | None = None) -> list[Array | None]:
        """Return what the user's pass claims, for each leaf."""
        raise NotImplementedError

    def again(self, rebuilt: Rebuilt) -> list[Array | None]:
        """Return what an edited pass claims at the point given."""
        return self.gradients(rebuilt=rebuilt)
