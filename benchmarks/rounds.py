"""What is measured side by side takes turns: rounds, medians, and the tables that tell of them."""

from __future__ import annotations

import argparse
import gc
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping

TURN = 0.002  # seconds that a turn takes at least: shorter steps are repeated in it
WARM = 3  # steps before anything is timed

Bars = list[str]
Part = Callable[[bool, Bars], Iterator[str]]  # quick, bars to add to; the lines of a table
Parts = Mapping[str, tuple[str, Part]]  # the title of each


def tell(text: str) -> None:
    """Show where the run is."""
    print(text, file=sys.stderr, flush=True)


def bar(what: str, found: float, wanted: float, unit: str, *, at_most: bool = False) -> str:
    """One line of the table of what was to be reached."""
    met = found <= wanted if at_most else found >= wanted
    return f"| {what} | {'≤' if at_most else '≥'} {wanted:g} | {found:.3g} {unit} | {'yes' if met else '**no**'} |"


def goals(bars: Bars) -> str:
    """The table of the bars."""
    return "\n".join(["| what | to reach | measured | reached |", "|---|---:|---:|---|", *bars])


def medians(steps: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Return the median seconds, of processor time, of one step of each; every round is in another order."""
    repeats = {}
    clock = time.process_time  # of all threads: what other processes take is not counted
    for name, step in steps.items():
        start = clock()
        step()
        if clock() - start < 0.1:  # a longer one needs no warming
            for _ in range(WARM):
                step()
        start = clock()
        step()
        repeats[name] = max(1, int(TURN / (clock() - start)))
    found: dict[str, list[float]] = {name: [] for name in steps}
    names = list(steps)
    gc.collect()
    gc.freeze()  # what is there by now is no garbage of a step
    for i in range(rounds):
        turned = names[i % len(names) :] + names[: i % len(names)]
        for name in turned if i % 2 else reversed(turned):
            step, repeat = steps[name], repeats[name]
            gc.collect()  # nobody sweeps up for the one before
            start = clock()
            for _ in range(repeat):
                step()
            found[name].append((clock() - start) / repeat)
    gc.unfreeze()
    return {name: statistics.median(times) for name, times in found.items()}


def time_text(seconds: float) -> str:
    """Write a time in a unit that suits it."""
    unit, size = ("s", 1.0) if seconds >= 1 else ("ms", 1e-3) if seconds >= 1e-3 else ("µs", 1e-6)
    return f"{seconds / size:.3g} {unit}" if seconds < 999.5 else f"{seconds:,.0f} s"


def run_parts(parts: Parts, about: str) -> None:
    """Measure the parts that are named, or all: `SCRIPT [PART …] [--quick] [--json]`, each a table and its bars."""
    options = argparse.ArgumentParser(description=about)
    options.add_argument("part", nargs="*", help=f"{', '.join(parts)}; all of them if none is named")
    options.add_argument("--quick", action="store_true", help="small sizes, few rounds")
    options.add_argument("--json", action="store_true", help="for run.py")
    chosen = options.parse_args()
    unknown = [name for name in chosen.part if name not in parts]
    if unknown:
        options.error(f"unknown part {unknown[0]!r} (choose from {', '.join(parts)})")

    bars: Bars = []
    tables = {title: "\n".join(part(chosen.quick, bars)) for title, part in wanted(parts, chosen.part)}
    if chosen.json:
        print(json.dumps({"bars": bars, "tables": tables}))
        return
    for title, table in tables.items():
        print(f"## {title}\n\n{table}\n")
    print(goals(bars))


def wanted(parts: Parts, names: list[str]) -> Iterator[tuple[str, Part]]:
    """Return the parts of these names, or all."""
    return (part for name, part in parts.items() if not names or name in names)
