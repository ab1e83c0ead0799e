"""The backward passes in a file of the user's: found by their names, with the file's own variables as inputs."""

from __future__ import annotations

import contextlib
import inspect
import os
import re
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from .calls import LABELS, RATES, parameters_of
from .checks import check_backward, check_layer
from .report import BackwardReport
from .structure import plain

FORWARD = r"(\w*?)_?(?:forward_?(?:propagation|pass|prop)?|fprop)_?(\w*)"
BACKWARD = r"(\w*?)_?(?:backward_?(?:propagation|pass|prop)?|back_?prop\w*|bprop)_?(\w*)"


def check_file(
    file: str,
    *,
    forward: str | None = None,
    backward: str | None = None,
    loss: str | None = None,
    rate: float | None = None,
) -> Iterator[tuple[str, BackwardReport]]:
    """Run a file, and yield a report for each pair of functions in it named forward and backward, x_forward and
    x_backward, and for each object with such methods; `FILE.py:x` means one of them, and `forward`, `backward` and
    `loss` name functions. The inputs are the file's variables that the parameters are named after.
    """
    path, _, name = file.rpartition(":") if re.search(r"\.py:\w+$", file) else (file, "", "")
    if not Path(path).is_file():
        raise FileNotFoundError(2, "no such file", path)
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
            raise ValueError(f"{path} has {looked}; name them with --forward and --backward")
        done = False
        lacking: list[tuple[str, MissingInput]] = []
        for label, one, two in found:
            try:
                if two is None and not inspect.isfunction(one):
                    wanted = method_inputs(one)
                    report = check_layer(one, *(lookup(n, space, label) for n in wanted), **more)
                else:
                    report = check_backward(one, two, *inputs_of(one, two, space), **more)
            except MissingInput as error:  # a step of another pass, which has its inputs from that
                lacking.append((label, error))
                continue
            except Exception as error:
                line = line_in(error, path)
                if line is None:  # ours, which says what is to be done
                    raise
                raise ValueError(f"{label}: {path}, line {line}: {type(error).__name__}: {error}") from error
            done = True
            yield label, report
        for label, missing in lacking:
            if not done:
                raise missing
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
    """Run a file, and return its variables as they are when it ends, or when it calls sys.exit.

    It sees no arguments, and what it prints goes to standard error, beside the report. Raises ValueError, with the
    line, where it cannot be run.
    """
    whole = Path(path).resolve()
    module = ModuleType(whole.stem)
    module.__file__ = str(whole)
    arguments, known = sys.argv, sys.modules.get(whole.stem)
    try:
        code = compile(whole.read_bytes(), str(whole), "exec", dont_inherit=True)
        sys.argv, sys.modules[whole.stem] = [path], module
        with contextlib.redirect_stdout(sys.stderr), contextlib.suppress(SystemExit):
            exec(code, vars(module))
    except SyntaxError as error:
        raise ValueError(f"{path}, line {error.lineno}: {error.msg}") from error
    except Exception as error:  # whatever the file does
        raise ValueError(f"{path} stops in line {line_in(error, path)}: {type(error).__name__}: {error}") from error
    finally:
        sys.argv = arguments
        sys.modules.pop(whole.stem, None)
        if known is not None:
            sys.modules[whole.stem] = known
    return vars(module)


def line_in(error: Exception, path: str) -> int | None:
    """Return the line of a file that an exception came through last, if it did."""
    file, lines = str(Path(path).resolve()), traceback.extract_tb(error.__traceback__)
    return next((frame.lineno for frame in reversed(lines) if frame.filename == file), None)


def pick(space: dict[str, Any], name: str) -> Any:
    """Return what a name stands for in the file."""
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
    forwards = {key(m): n for n in own if (m := re.fullmatch(FORWARD, n))}
    for n, function in own.items():
        match = re.fullmatch(BACKWARD, n)
        if match and key(match) in forwards and name in ("", n, key(match), forwards[key(match)]):
            partner = forwards[key(match)]
            yield title(partner, n), own[partner], function
        elif name == n and not match and not re.fullmatch(FORWARD, n):
            yield n, function, None
    for n, x in space.items():
        if inspect.isclass(x) or inspect.isfunction(x) or inspect.ismodule(x) or n.startswith("_"):
            continue
        if hasattr(x, "backward") and hasattr(x, "forward") and name in ("", n, type(x).__name__):
            yield f"{n}.forward, {n}.backward", x, None


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
    """Return the inputs of forward, and after them the labels that only backward takes."""
    names = [p.name for p in parameters_of(forward) if p.default is p.empty or p.name in space]
    extra = [p.name for p in parameters_of(backward) if p.name in space] if backward is not None else []
    found = [lookup(name, space, getattr(forward, "__name__", "forward")) for name in names]
    return found + [space[n] for n in extra if n not in names and plain(n) in LABELS.split()]


def method_inputs(layer: Any) -> list[str]:
    """Return the names of what forward takes, and after them of the labels that backward takes besides."""
    names = [p.name for p in parameters_of(layer.forward) if p.default is p.empty]
    others = [p.name for p in parameters_of(layer.backward) if p.default is p.empty and plain(p.name) in LABELS.split()]
    return names + [n for n in others if n not in names and plain(n) not in RATES.split()]
