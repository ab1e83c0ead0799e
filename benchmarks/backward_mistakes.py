"""How many planted mistakes `check_backward` finds and names: python benchmarks/backward_mistakes.py [SHARE [RIGHT]].

The right passes are those of tests/check/backward/stock. A mistake is planted by replacing text in a line, the way
people write it wrong; those that change no gradient are left out. It is named rightly if the first finding is on the
line that was changed, the gradients that it says become right were wrong, and its kind is one that the change can be
called. Then as many right passes as wanted, at awkward points: a false alarm is one that is called wrong.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import random
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from microgradnn.check import check_backward

STOCK = [f"tests.check.backward.stock.{name}" for name in ("networks", "layers", "sequences")]

# What is replaced by what, and the kinds that it may be called. Text, not syntax: the check reads the syntax.
RULES: tuple[tuple[str, str, str], ...] = (
    (r" / (m|N)$", "", "factor"),
    (r" / (m|N)\b", "", "factor"),
    (r"1 / m \* ", "", "factor"),
    (r"= (np\.(?:dot|sum)\(.*\))$", r"= \1 / 2", "factor"),
    (r"= ([^=]+)$", r"= 2 * (\1)", "factor"),
    (r" / keep_prob", "", "factor,applied twice"),
    (r" / np\.sqrt\(d_k\)", "", "factor"),
    (r"\b2 \* ", "", "factor,constant"),
    (r"\b0\.5 ", "1.0 ", "constant,factor"),
    (r", keepdims=True", "", "axis,not summed,call"),
    (r"axis=0", "axis=1", "axis"),
    (r"axis=1", "axis=0", "axis"),
    (r"axis=-1", "axis=0", "axis"),
    (r"np\.sum\(([^(),]+), axis=\d[^)]*\)", r"np.sum(\1)", "axis,not summed"),
    (r"np\.sum\(([^(),]+), axis=\d[^)]*\)", r"\1", "not summed,axis"),
    (r"np\.sum\(", "np.mean(", "sum for mean,factor,axis"),
    (r"\.T\b", "", "transpose,another variable,operands swapped,product"),
    (r" @ ", " * ", "product,transpose"),
    (r"np\.dot\((\w+), (\w+)\.T\)", r"np.dot(\2, \1.T).T", "transpose,product,operands swapped"),
    (r" - ", " + ", "sign,slope"),
    (r" \+ ", " - ", "sign,slope"),
    (r"= ([^=]+)$", r"= -(\1)", "sign,factor"),
    (r"(\w+) - (\w+)", r"\2 - \1", "sign,operands swapped,slope"),
    (r"\*\*2", "", "power,slope,factor missing,another variable"),
    (r"np\.power\((\w+), 2\)", r"\1", "power,slope,factor missing,another variable"),
    (r"\(1 - (\w+)\*\*2\)", r"\1 * (1 - \1)", "slope"),
    (r" \* \(1 - (\w+)\*\*2\)", r"", "slope,factor missing"),
    (r"\b(\w+) \* \(1 - \1\)", r"(1 - \1**2)", "slope"),
    (r" \* (\w+) \* \(1 - \1\)", r"", "slope,factor missing"),
    (r" \* (\w+) \* \(1 - \1\)", r" * (1 - \1)", "slope,factor missing"),
    (r" \* (\w+) \* \(1 - \1\)", r" * (\1 > 0)", "slope"),
    (r" \* \(1 - (\w+)\)", "", "slope,factor missing"),
    (r" \+= ", " = ", "overwrite"),
    (r"np\.add\.at\((\w+), (\w+), (\w+)\)", r"\1[\2] += \3", "repeated index,overwrite"),
    (r"np\.add\.at\((\w+), (\w+), (\w+)\)", r"\1[\2] = \3", "repeated index,overwrite"),
    (r"^(\s+)(\w+) \+= (.*)$", r"\1pass", "term,order,overwrite,applied twice"),
    (r"^(\s+)(\w+)\[[^=]*\] (-|/|\+)?= .*$", r"\1pass", "term,slope,index,factor missing,overwrite"),
    (r" \* mask", "", "factor missing,slope"),
    (r" <= 0", " > 0", "comparison"),
    (r" > 0\)", " < 0)", "comparison"),
    (r"t - 1", "t", "index,constant"),
    (r"reversed\((range\(\w+\))\)", r"\1", "order"),
    (r"\bdprev\b$", "0", "term,constant,another variable"),
    (r" \+ dprev", "", "term"),
    (r" \+ Uz\.T @ daz", "", "term"),
    (r"dnext_c \+ ", "", "term"),
    (r"dh \+ ", "", "term"),
    (r" - xhat \* (\w+)", "", "term"),
    (r" - s1", "", "term"),
    (r"\bdx1 \+ dx2", "dx1", "term"),
    (r" \* gamma", "", "factor missing,slope"),
    (r"gamma \* ", "", "factor missing,slope"),
    (r" \* ivar", "", "factor missing,slope"),
    (r"\bA1\b", "A2", "another variable,slope"),
    (r"\bhprev\b", "h0", "another variable,index"),
    (r"\bprev_c\b", "next_c", "another variable"),
    (r"\b(dai|daf) = di \* i", r"\1 = df * i", "another variable"),
    (r"\* f \* \(1 - f\)", "* i * (1 - i)", "another variable,slope"),
    (r"\brh\b", "h", "another variable"),
    (r"\bhidden\b", "X", "another variable"),
    (r"binary\[np\.arange\(N\), y\] = -counts", "binary[np.arange(N), y] = counts", "sign"),
    (r"i \* stride : i \* stride \+ HH", "i : i + HH", "index,term"),
    (r"i \* stride, j \* stride", "i, j", "index,factor"),
    (r"pad : H \+ pad", "0 : H", "index,constant,term"),
)


class Mutant(NamedTuple):
    """A right pass with one line, or two, changed."""

    case: str
    module: str
    changes: tuple[tuple[int, str, str], ...]  # the line's number, the new line, the kinds


def reached(function: Callable[..., Any]) -> list[Callable[..., Any]]:
    """Return a function and those of its module that it calls."""
    found, open_ = [function], [function]
    while open_:
        for name in open_.pop().__code__.co_names:
            other = function.__globals__.get(name)
            if inspect.isfunction(other) and other.__module__ == function.__module__ and other not in found:
                found.append(other)
                open_.append(other)
    return [f for f in found if f.__name__ != "sigmoid"]


def single_mutants() -> Iterator[Mutant]:
    """Yield every replacement in every line of every backward pass."""
    for module in STOCK:
        loaded = importlib.import_module(module)
        for case, (_, backward, _) in loaded.CASES.items():
            for function in reached(backward):
                lines, first = inspect.getsourcelines(function)
                for i, line in enumerate(lines):
                    if (
                        i
                        and not line.strip().startswith(("def ", "return", "N, ", "m =", "N =", "#"))
                        and "= cache" not in line
                    ):
                        done = set()
                        for pattern, new, kinds in RULES:
                            changed = re.sub(pattern, new, line.rstrip(), count=1)
                            if changed != line.rstrip() and changed not in done:
                                done.add(changed)
                                yield Mutant(case, module, ((first + i, changed, kinds),))


def load(mutant: Mutant, folder: Path, number: int) -> ModuleType:
    """Write a mutant's module to a file, and import it."""
    source = Path(str(importlib.import_module(mutant.module).__file__)).read_text(encoding="utf-8").split("\n")
    for line, text, _ in mutant.changes:
        source[line - 1] = text
    path = folder / f"mutant_{number}.py"
    path.write_text("\n".join(source), encoding="utf-8")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def gradients(forward: Callable[..., Any], backward: Callable[..., Any], inputs: Any) -> Any:
    """Return what a pass of the stock gives, called as its parameters are named."""
    result = forward(*inputs)
    names = list(inspect.signature(backward).parameters)
    named = dict(zip(inspect.signature(forward).parameters, inputs, strict=True))
    rng = np.random.default_rng(11)
    outs = {}
    for k, name in enumerate(n for n in names if n.startswith("d") and n not in named and n != "delta"):
        outs[name] = rng.standard_normal(result[k].shape)
    with np.errstate(all="ignore"):
        found = backward(*(named.get(n, outs.get(n, result[-1])) if n not in outs else outs[n] for n in names))
    found = list(found.values()) if isinstance(found, dict) else found
    return [np.asarray(x) for x in (found if isinstance(found, (list, tuple)) else [found])]


def is_wrong(mutant: Mutant, module: ModuleType) -> bool | None:
    """Whether a mutant gives other gradients than the right pass; None if it raises."""
    right = importlib.import_module(mutant.module).CASES[mutant.case]
    forward, backward, _ = module.CASES[mutant.case]
    for seed in (0, 5):
        try:
            mine = gradients(forward, backward, right[2](np.random.default_rng(seed)))
        except Exception:
            return None
        truth = gradients(right[0], right[1], right[2](np.random.default_rng(seed)))
        if len(mine) != len(truth):
            return None  # another contract
        for a, b in zip(mine, truth, strict=True):
            if a.shape != b.shape or not np.allclose(a, b, rtol=1e-7, atol=1e-12):
                return True
    return False


def judge(mutant: Mutant, module: ModuleType) -> tuple[bool, bool, str, float]:
    """Return whether a mutant is detected, and named rightly, and the report."""
    forward, backward, make = module.CASES[mutant.case]
    begin = time.perf_counter()
    report = check_backward(forward, backward, *make(np.random.default_rng(0)))
    seconds = time.perf_counter() - begin
    if report:
        return False, False, str(report), seconds
    wanted = {line: kinds.split(",") for line, _, kinds in mutant.changes}
    named = [f for f in report.findings if f.line in wanted and f.kind in wanted[f.line]]
    whole = len(report.findings) == len(mutant.changes) and len(named) == len(mutant.changes)
    return True, whole, str(report), seconds


def main(share: float = 1.0, pairs: int = 60, right: int = 1000, verbose: bool = False) -> None:
    """Print the table."""
    rng = random.Random(1)
    every = list(single_mutants())
    rng.shuffle(every)
    singles: list[Mutant] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        counts, misses, slow = Counter[str](), [], 0.0
        number = 0
        for kind, wanted in (("single", int(300 * share)), ("pair", int(pairs * share))):
            pool = iter(every) if kind == "single" else iter(join(rng, singles, 20 * wanted))
            for mutant in pool:
                if counts[kind] >= wanted:
                    break
                number += 1
                try:
                    module = load(mutant, folder, number)
                except SyntaxError:
                    continue
                if not is_wrong(mutant, module):
                    continue
                counts[kind] += 1
                if kind == "single":
                    singles.append(mutant)
                try:
                    detected, named, report, seconds = judge(mutant, module)
                except Exception as error:
                    detected, named, report, seconds = True, False, f"{type(error).__name__}: {error}", 0.0
                    counts[f"{kind} raised"] += 1
                slow = max(slow, seconds)
                counts[f"{kind} detected"] += detected
                counts[f"{kind} named"] += named
                if not named:
                    misses.append((mutant, report, seconds))
    for kind in ("single", "pair"):
        n = max(counts[kind], 1)
        print(
            f"{kind}: {counts[kind]} planted, {counts[kind + ' detected'] / n:.1%} detected, "
            f"{counts[kind + ' named'] / n:.1%} named rightly, {counts[kind + ' raised']} raised"
        )
    print(f"the slowest took {slow:.2f} s")
    if verbose:
        for mutant, report, seconds in misses:
            print("=" * 100, mutant.case, f"{seconds:.1f} s", *mutant.changes, report, sep="\n")
    false_alarms(right)


def join(rng: random.Random, singles: list[Mutant], count: int) -> Iterator[Mutant]:
    """Yield pairs of mistakes in one pass, in different lines."""
    for _ in range(count):
        a, b = rng.sample(singles, 2)
        if a.case == b.case and a.changes[0][0] != b.changes[0][0]:
            yield Mutant(a.case, a.module, (*a.changes, *b.changes))


def false_alarms(count: int) -> None:
    """Check right passes at awkward points, and print how many are called wrong."""
    rng, alarms, done = np.random.default_rng(2), [], 0
    cases = [(name, *case) for module in STOCK for name, case in importlib.import_module(module).CASES.items()]
    begin = time.perf_counter()
    while done < count:
        name, forward, backward, make = cases[done % len(cases)]
        seed = int(rng.integers(1 << 30))
        m = {} if name == "dropout" else {"m": int(rng.choice([1, 1, 2, 3, 4, 7]))}
        if name in ("batchnorm", "batchnorm_short"):
            m = {"m": max(2, m["m"])}
        inputs = make(np.random.default_rng(seed), **m)
        inputs = awkward(np.random.default_rng(seed), inputs)
        with np.errstate(all="ignore"):
            try:
                finite = all(np.all(np.isfinite(g)) for g in gradients(forward, backward, again(inputs)))
            except Exception:
                finite = False
        done += 1
        if not finite:
            continue
        report = check_backward(forward, backward, *inputs)
        if not report:
            alarms.append(f"{name} seed {seed} {m}: {report}")
    print(
        f"{len(alarms)} false alarms in {done} right passes, {(time.perf_counter() - begin) / max(done, 1):.3f} s each"
    )
    for alarm in alarms[:5]:
        print(alarm)


def again(inputs: Any) -> Any:
    """Return inputs with generators as they were."""
    return tuple(np.random.default_rng(3) if isinstance(x, np.random.Generator) else x for x in inputs)


def awkward(rng: np.random.Generator, inputs: Any) -> Any:
    """Return inputs scaled, rounded (ties, kinks), of float32, or as they are."""
    way = rng.integers(6)
    scale = 10.0 ** rng.uniform(-8, 8) if way == 1 else 1.0

    def made(x: Any, name: str = "") -> Any:
        if isinstance(x, dict):
            return {k: made(v) for k, v in x.items()}
        if not isinstance(x, np.ndarray) or x.dtype != float or set(np.unique(x)) <= {0.0, 1.0}:
            return x
        if way == 2:
            return np.round(x)
        if way == 3:
            return x.astype(np.float32)
        if way == 4:
            return x * 10.0 ** rng.uniform(-3, 1)
        if way == 5:
            return x * (rng.random(x.shape) > 0.3)
        return x * scale

    return tuple(made(x) for x in inputs)


if __name__ == "__main__":
    arguments = [float(x) for x in sys.argv[1:] if x != "-v"]
    main(
        arguments[0] if arguments else 1.0,
        right=int(arguments[1]) if len(arguments) > 1 else 1000,
        verbose="-v" in sys.argv,
    )
