"""The backward passes in a file of the user's: found by their names, with the file's own variables as inputs."""

from __future__ import annotations

import contextlib
import inspect
import json
import linecache
import os
import re
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from ...engine.disk import explain_absence
from .calls import LABELS, RATES, parameters_of
from .checks import check_backward, check_layer
from .passes import spare_names
from .report import BackwardReport
from .source import is_users, return_names
from .structure import is_gradient_name, plain

FORWARD = r"(\w*?)_?(?:(?:feed_?)?forward_?(?:propagation|propagate|pass|prop)?|fprop)_?(\w*)"
SLOPE = re.compile(
    r"(\w+?)_?(?:[Pp]rime|[Gg]rad(?:ient)?|[Dd]eriv(?:ative)?|[Ss]lope)|(?:d_?|grad_|deriv(?:ative)?_of_|gradient_of_)(\w+)"
)
NAME = r"(?:get_|compute_?|calc(?:ulate)?_?)?{}_?(?:function|func|fn)?s?"
COST = re.compile(NAME.format("(?:cost|loss|objective|J)"), re.IGNORECASE)
GRADIENT = re.compile(NAME.format("(?:gradient|grad|jac)"), re.IGNORECASE)
COST_RETURNED = re.compile(r"(?:total|data|batch)?(?:loss|cost|error|err|nll|objective|value|j|l|e)\d*")
BACKWARD = r"(\w*?)_?(?:backward_?(?:propagation|propagate|pass|prop)?|back_?prop(?:agation|agate)?|bprop)_?(\w*)"


def check_file(
    file: str,
    *,
    forward: str | None = None,
    backward: str | None = None,
    loss: str | None = None,
    rate: float | None = None,
) -> Iterator[tuple[str, BackwardReport]]:
    """Run a file or a notebook, and yield a report for each pair in it of functions, or of methods of an object, of
    which one goes forward and the other back (see `find_pairs`); `FILE.py:x` means one of them, and `forward`,
    `backward` and `loss` name functions. The inputs are the file's variables that the parameters are named after.
    """
    path, _, name = file.rpartition(":") if re.search(r"\.(py|ipynb):\w+$", file) else (file, "", "")
    if not Path(path).is_file():
        raise FileNotFoundError(2, explain_absence(Path(path), "file"), path)
    with beside(path):
        space = run_file(path)
        more: dict[str, Any] = {"rate": rate, "loss": pick(space, loss) if loss else None}
        if forward or backward:
            one = pick(space, forward or "forward")
            two = pick(space, backward) if backward else None
            found = [(title(forward or "forward", backward), one, two)]
        else:
            found = list(find_passes(space, name))
        if not found:
            pair = "pair of functions named forward and backward, or x_forward and x_backward"
            looked = f"no {name!r}" if name else f"no {pair}"
            classes = [n for n, x in space.items() if inspect.isclass(x) and list(find_pairs(methods_of(x)))]
            if classes and not name:
                looked = f"{classes[0]} with such methods, and no object of it: write one, net = {classes[0]}(…), or"
                raise ValueError(f"{path} has {looked} name functions with --forward and --backward")
            raise ValueError(f"{path} has {looked}; name them with --forward and --backward")
        done = shown = False
        lacking: list[tuple[str, MissingInput, bool]] = []
        failed: list[str] = []
        for label, one, two in found:
            slope = two is not None and is_slope(two)
            try:
                if two is None and not inspect.isroutine(one):
                    wanted = method_inputs(one)
                    report = check_layer(one, *(lookup(n, space, label) for n in wanted), **more)
                elif two is not None and slope:
                    report = check_slope(one, two, space)
                    if any(e.gradient is not None and e.gradient.shape == 2 * (e.right.size,) for e in report.entries):
                        continue  # a matrix of slopes, as of a softmax
                else:
                    report = check_backward(one, two, *inputs_of(one, two, space), **more)
            except MissingInput as error:  # a step of another pass, which has its inputs from that
                lacking.append((label, error, slope))
                continue
            except Exception as error:
                if slope and not (name or backward):  # it is called in some way of its own
                    continue
                place = place_in(error, path)
                kind = "" if isinstance(error, (TypeError, ValueError)) and not place else f"{type(error).__name__}: "
                failed.append(f"{label}: {place}{': ' if place else ''}{kind}{error}")
                continue  # the others can be checked all the same
            shown = True
            done = done or not slope
            yield label, report
        if failed:
            raise ValueError("; ".join(failed))
        passes = [missing for _, missing, slope in lacking if not slope]
        if not shown and not lacking:
            names = ", ".join(label for label, *_ in found)
            raise ValueError(
                f"{path}: {names} could not be called with numbers; name what is to be checked with --forward"
            )
        for label, missing, _ in lacking:
            if not done and (passes or not shown):
                raise passes[0] if passes else missing
            print(f"{label} is left out: {missing}", file=sys.stderr)


class MissingInput(ValueError):
    """The file has no variable that a parameter is named after."""


@contextmanager
def beside(path: str) -> Iterator[None]:
    """Let a file import what lies beside it, and draw its plots nowhere."""
    before = os.environ.get("MPLBACKEND")
    sys.path.insert(0, str(Path(path).resolve().parent))
    os.environ["MPLBACKEND"] = "agg"
    try:
        yield
    finally:
        sys.path.pop(0)
        os.environ.pop("MPLBACKEND")
        if before is not None:
            os.environ["MPLBACKEND"] = before


def run_file(path: str) -> dict[str, Any]:
    """Run a file, or the cells of a notebook, and return its variables as they are when it ends, or calls sys.exit.

    It sees no arguments, and what it prints goes to standard error, beside the report. Raises ValueError, with the
    line, where it cannot be run.
    """
    whole = Path(path).resolve()
    module = ModuleType(whole.stem)
    module.__file__ = str(whole)
    arguments, known = sys.argv, sys.modules.get(whole.stem)
    try:
        parts = cells_of(whole) if whole.suffix == ".ipynb" else {str(whole): whole.read_bytes()}
        sys.argv, sys.modules[whole.stem] = [path], module
        with contextlib.redirect_stdout(sys.stderr), contextlib.suppress(SystemExit):
            for name, source in parts.items():
                exec(compile(source, name, "exec", dont_inherit=True), vars(module))
    except SyntaxError as error:
        name = path + str(error.filename).removeprefix(str(whole))
        raise ValueError(f"{name}, line {error.lineno}: {error.msg}") from error
    except Exception as error:  # whatever the file does
        where = place_in(error, path).removeprefix(f"{path}, ") or "a library"
        raise ValueError(f"{path} stops in {where}: {type(error).__name__}: {error}") from error
    finally:
        sys.argv = arguments
        sys.modules.pop(whole.stem, None)
        if known is not None:
            sys.modules[whole.stem] = known
    return vars(module)


def cells_of(path: Path) -> dict[str, str]:
    """Return the code cells of a notebook under the names that their lines are called by, and have Python know them.

    What is for the notebook alone (%matplotlib inline, !pip) is left out. Raises ValueError where it is no notebook.
    """
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path.name} is no notebook of version 4: {type(error).__name__}: {error}") from error
    found = {}
    for i, source in enumerate(code, 1):
        lines = source.splitlines()
        if lines and lines[0].startswith("%%") and lines[0].split()[0] not in ("%%time", "%%timeit", "%%capture"):
            continue  # another language, or a file
        name = f"{path}, cell {i}"
        try:
            compile(source, name, "exec", dont_inherit=True)
        except SyntaxError:
            lines = [re.sub(r"^(\s*)([%!].*|[\w.]+\?+)$", r"\1pass", line) for line in lines]
        found[name] = "\n".join(lines) + "\n"
        linecache.cache[name] = len(found[name]), None, found[name].splitlines(keepends=True), name
    return found


def place_in(error: Exception, path: str) -> str:
    """Say at which line of a file, or of a cell, an exception came through last; '' if it did not."""
    file, lines = str(Path(path).resolve()), traceback.extract_tb(error.__traceback__)
    inside = [frame for frame in lines if frame.filename == file or frame.filename.startswith(f"{file}, cell ")]
    return f"{path}{inside[-1].filename.removeprefix(file)}, line {inside[-1].lineno}" if inside else ""


def pick(space: dict[str, Any], name: str) -> Any:
    """Return what a name stands for in the file, a method of one of its objects too: net.backprop."""
    head, _, method = name.partition(".")
    if method and hasattr(space.get(head), method):
        return getattr(space[head], method)
    if name not in space:
        names = [n for n, x in space.items() if inspect.isfunction(x) and not n.startswith("_")]
        raise ValueError(f"the file has no {name!r} (choose from {', '.join(names)})")
    return space[name]


def title(forward: str, backward: str | None) -> str:
    """Name a pair."""
    return forward if backward is None else f"{forward}, {backward}"


def find_passes(space: dict[str, Any], name: str) -> Iterator[tuple[str, Any, Any]]:
    """Yield the pairs of functions, and the objects with both methods, each with its name."""
    own = {
        n: x for n, x in space.items() if inspect.isfunction(x) and x.__globals__.get("__name__") == space["__name__"]
    }
    pairs = list(find_pairs(own))
    for forth, back in pairs:
        if name in ("", back, forth, stem(back)):
            yield title(forth, back), own[forth], own[back]
    for n in own:
        alone = n not in {one for pair in pairs for one in pair}
        if (name == n and alone) or (not name and alone and gives_both(own[n])):
            yield n, own[n], None
    for n, x in space.items():
        if inspect.isclass(x) or inspect.isroutine(x) or inspect.ismodule(x) or n.startswith("_"):
            continue
        if name not in ("", n, type(x).__name__):
            continue
        if hasattr(x, "backward") and hasattr(x, "forward"):
            yield f"{n}.forward, {n}.backward", x, None
        else:
            for forth, back in find_pairs(methods_of(type(x))):
                yield f"{n}.{forth}, {n}.{back}", getattr(x, forth), getattr(x, back)


def methods_of(kind: type) -> list[str]:
    """Return the names of the methods that the user wrote for a class."""
    return [name for name in dir(kind) if not name.startswith("_") and is_users(getattr(kind, name, None))]


def is_slope(function: Callable[..., Any]) -> bool:
    """Whether a function is the slope of another by its name, and no backward pass."""
    name = getattr(function, "__name__", "")
    return SLOPE.fullmatch(name) is not None and not re.fullmatch(BACKWARD, name)


def check_slope(function: Callable[..., Any], slope: Callable[..., Any], space: dict[str, Any]) -> BackwardReport:
    """Check a function's slope, of what went in or of what came out, at numbers of ours if the file has none."""
    try:
        inputs = inputs_of(function, slope, space)
    except MissingInput:
        if len([p for p in parameters_of(function) if p.default is p.empty]) != 1:
            raise
        inputs = [np.linspace(-1.9, 2.1, 12).reshape(3, 4)]
        with np.errstate(all="ignore"):
            if not np.all(np.isfinite(function(*inputs))):
                inputs = [np.linspace(0.1, 0.9, 12).reshape(3, 4)]
    report = check_backward(function, slope, *inputs)
    if not report.ok and len(inputs) == 1:
        other = check_backward(function, slope, *inputs, call=lambda out: slope(out))
        if other.ok or ("the right one" in str(other) and not any(finding.right for finding in report.findings)):
            report = other
    slopes_of = [note for note in report.notes if "Σ out" not in note and "as numbers" not in note]
    return replace(report, notes=tuple(slopes_of))


def gives_both(function: Callable[..., Any]) -> bool:
    """Whether a function gives a cost and gradients by the names in its return statement: return loss, dW."""
    returned = return_names(function) or []
    costs = [n for n in returned if COST_RETURNED.fullmatch(plain(n))]
    return len(costs) == 1 and any(is_gradient_of(n, function) for n in returned if n not in costs)


def is_gradient_of(name: str, function: Callable[..., Any]) -> bool:
    """Whether a name is that of the gradients of a function, or of one of its parameters."""
    names = [p.name for p in parameters_of(function)]
    return "grad" in name.lower() or any(is_gradient_name(name, n) and plain(name) != plain(n) for n in names)


def find_pairs(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield the pairs of names of which one goes forward and the other back: relu and relu_backward, cost and gradient.

    The slope of a function, sigmoid_prime, is one too; a network's passes come first.
    """
    known, costs = list(names), [n for n in names if COST.fullmatch(n)]
    forwards = {n: n for n in known} | {key(m): n for n in known if (m := re.fullmatch(FORWARD, n))}
    slopes = []
    for n in known:
        if match := re.fullmatch(BACKWARD, n):
            if key(match) in forwards:
                yield forwards[key(match)], n
        elif (base := stem(n)) in known:
            slopes.append((base, n))
    yield from slopes
    gradients = [n for n in known if GRADIENT.fullmatch(n) and n not in [back for _, back in slopes]]
    if len(costs) == len(gradients) == 1:
        yield costs[0], gradients[0]


def stem(name: str) -> str:
    """Return what is left of the name of a backward pass or a slope, without what says that it is one."""
    if match := re.fullmatch(BACKWARD, name):
        return key(match)
    found = SLOPE.fullmatch(name)
    return next(filter(None, found.groups())) if found else ""


def key(match: re.Match[str]) -> str:
    """Return what is left of a name without forward or backward."""
    return "_".join(filter(None, match.groups()))


def lookup(name: str, space: dict[str, Any], of: str) -> Any:
    """Return the file's variable that a parameter is named after."""
    if name in space:
        return space[name]
    alike = [x for n, x in space.items() if plain(n) == plain(name) and not callable(x)]
    if alike:
        return alike[0]
    text = Path(str(space.get("__file__"))).read_text(encoding="utf-8", errors="replace")
    guarded = " (what stands under if __name__ == … is not run)" if "__main__" in text else ""
    raise MissingInput(
        f"{of} wants {name!r}, and the file has no variable of this name{guarded}: write one, with numbers to try"
    )


def inputs_of(forward: Callable[..., Any], backward: Callable[..., Any] | None, space: dict[str, Any]) -> list[Any]:
    """Return the inputs of forward, and after them the labels, numbers and words that only backward takes."""
    names = [p.name for p in parameters_of(forward) if p.default is p.empty or p.name in space]
    spare = spare_names(backward, return_names(forward) or []) if backward is not None else []
    others = [n for n in spare if n in space and n not in names and plain(n) not in LABELS.split()]
    if len(names) == 1 and names[0] not in space and len(others) == 1:  # feedforward(a) and backprop(x, y)
        found, spare = [space[others[0]]], [n for n in spare if n != others[0]]
    else:
        found = [lookup(name, space, getattr(forward, "__name__", "forward")) for name in names]
    for n in spare:
        if n not in names:
            labels = plain(n) in LABELS.split()
            if n not in space or not (labels or isinstance(space[n], (int, float, str))):  # an array may be outdated
                break
            found.append(space[n])
    return found


def method_inputs(layer: Any) -> list[str]:
    """Return the names of what forward takes, and after them of the labels that backward takes besides."""
    names = [p.name for p in parameters_of(layer.forward) if p.default is p.empty]
    others = [p.name for p in parameters_of(layer.backward) if p.default is p.empty and plain(p.name) in LABELS.split()]
    return names + [n for n in others if n not in names and plain(n) not in RATES.split()]
