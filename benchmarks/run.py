"""Measure side by side: `python benchmarks/run.py [--quick]`. Writes RESULTS.md, unless --quick.

All that is compared is measured in this one run, in rounds that take turns, and the median of the
rounds is told. The ratios are what to look at: seconds differ from machine to machine. networks.py
and programs.py measure their parts alone as well: `python benchmarks/programs.py demo`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from engines import Engine, installed
from graphs import Step, Times, measured, plan
from rounds import bar, goals, tell
from training import NETWORKS

HERE = Path(__file__).parent
SIZES = {10**3: 40, 10**4: 12, 10**5: 5, 10**6: 1}  # nodes, rounds
QUICK = {10**3: 5}
NAMES = {"tensor": "microgradnn, of 0-d Tensors"}
PEERS = ("micrograd", "torch", "autograd", "casadi", "jax", "numpy")


def medians(engines: list[Engine], steps: list[Step], rounds: int) -> dict[str, Times]:
    """Return the median times of every engine, measured in turns."""
    found: dict[str, list[Times]] = {engine.name: [] for engine in engines}
    for i in range(rounds):
        for engine in engines if i % 2 else reversed(engines):
            found[engine.name].append(measured(engine, steps)[0])
    return {name: Times(*map(statistics.median, zip(*times, strict=True))) for name, times in found.items()}


def graph_table(sizes: dict[int, int], engines: list[Engine], bars: list[str]) -> Iterator[str]:
    """The random graph: nanoseconds per operation, and how many times as fast as micrograd."""
    ours, per_node = engines[0].name, {}
    compiled = "compiled" in ours
    wanted = {10**3: 8.0 if compiled else 2.2, 10**5: 25.0 if compiled else 6.0}
    yield "| nodes | engine | build | backward | free | build + backward | × micrograd |"
    yield "|---:|---|---:|---:|---:|---:|---:|"
    for size, rounds in sizes.items():
        tell(f"random graph of {size:,} operations, {rounds} rounds")
        steps = plan(size)
        times = medians([engine for engine in engines if engine.most >= size], steps, rounds)
        their = times["micrograd"].build + times["micrograd"].sweep if "micrograd" in times else float("nan")
        for name, (build, sweep, free) in times.items():
            total = build + sweep
            parts = [f"{1e9 * part / size:,.0f}" if part else "" for part in (build, sweep, free)]
            yield f"| {size:,} | {name} | {' | '.join(parts)} | {1e9 * total / size:,.0f} ns | {their / total:.2f} |"
        mine = times[ours].build + times[ours].sweep
        per_node[size] = mine / size
        if size in wanted:
            bars.append(
                bar(f"random graph of {size:,} nodes", their / mine, wanted[size], "times as fast as micrograd")
            )
    if 10**6 in per_node and 10**4 in per_node:
        growth = per_node[10**6] / per_node[10**4]
        bars.append(bar("time per node at 1,000,000 over that at 10,000", growth, 2.0, "", at_most=True))


def alone(*arguments: str) -> list[float]:
    """Run a script of this folder in a process of its own, where no other peer is loaded; return its numbers."""
    return [float(x) for x in printed(*arguments).split()]


def printed(*arguments: str) -> str:
    """Run a script of this folder in a process of its own; return what it prints, and let what it tells be seen."""
    program = [sys.executable, str(HERE / arguments[0]), *arguments[1:]]
    return subprocess.run(program, stdout=subprocess.PIPE, text=True, check=True).stdout


def tables(script: str, quick: bool, bars: list[str]) -> str:
    """Return the sections of a script that has one thread, which it has to say before NumPy is loaded."""
    found = json.loads(printed(script, "--json", *(["--quick"] if quick else [])))
    bars += found["bars"]
    return "\n\n".join(f"## {title}\n\n{table}" for title, table in found["tables"].items())


def training_table(rounds: int, examples: int, bars: list[str]) -> Iterator[str]:
    """The demo: milliseconds for one step, each engine in processes of its own, which take turns."""
    tell(f"training step, {rounds} rounds")
    found = [[alone("training.py", name, "15", str(examples))[0] for name in NETWORKS] for _ in range(rounds)]
    ours, theirs = map(statistics.median, zip(*found, strict=True))
    yield "| engine | one step | × micrograd |"
    yield "|---|---:|---:|"
    yield f"| microgradnn | {1e3 * ours:.1f} ms | {theirs / ours:.1f} |"
    yield f"| micrograd | {1e3 * theirs:.1f} ms | 1.0 |"
    bars.append(bar("micrograd's demo, one step", theirs / ours, 60.0, "times as fast as micrograd"))


def memory_table(size: int, bars: list[str]) -> Iterator[str]:
    """Bytes per node."""
    tell(f"memory of a graph of {size:,} operations")
    yield "| engine | bytes per node |"
    yield "|---|---:|"
    for name in ("microgradnn", "tensor", "micrograd"):
        (found,) = alone("memory.py", name, str(size))
        yield f"| {NAMES.get(name, name)} | {found:,.0f} |"
        if name == "microgradnn":
            bars.append(bar("bytes per node", found, 350.0, "", at_most=True))


def machine() -> str:
    """Describe what it was measured on."""
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [line.split(":")[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")]
        cpu = names[0] if names else cpu
    found = []
    for package in PEERS:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{cpu}, {os.cpu_count()} cores, {platform.system()}, {python}; {', '.join(found)}"


def report(quick: bool) -> str:
    """Measure everything; return the page."""
    engines, missing = installed()
    bars: list[str] = []
    sections = {
        "Random graph": graph_table(QUICK if quick else SIZES, engines, bars),
        "Training": training_table(1 if quick else 3, 10 if quick else 100, bars),
        "Memory": memory_table(10**3 if quick else 10**5, bars),
    }
    texts = {title: "\n".join(lines) for title, lines in sections.items()}
    networks = tables("networks.py", quick, bars)
    programs = tables("programs.py", quick, bars)
    absent = f"Not installed, so not measured: {', '.join(missing)}.\n\n" if missing else ""
    return (
        f"# Results\n\n`python benchmarks/run.py{' --quick' if quick else ''}` on {date.today()}: {engines[0].name}.\n"
        f"{machine()}.\n\n{absent}## Bars\n\n{goals(bars)}\n\n"
        "## A random graph of + − × ÷ x² tanh exp relu\n\n"
        "Nanoseconds per operation. Engines that record only while they differentiate have one time for all.\n\n"
        f"{texts['Random graph']}\n\n"
        "## micrograd's demo: 100 points, a 2-16-16-1 network, max-margin loss with L2\n\n"
        f"{texts['Training']}\n\n"
        "## Memory, by tracemalloc, of the random graph before the backward pass\n\n"
        f"{texts['Memory']}\n\n"
        f"{networks}\n\n{programs}\n"
    )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--quick", action="store_true", help="small sizes; print, and write nothing")
    options.add_argument("-o", "--output", type=Path, default=HERE / "RESULTS.md")
    chosen = options.parse_args()

    sys.setrecursionlimit(10**6)  # micrograd finds its order by recursion: 10,000 calls deep at a million nodes
    page = report(chosen.quick)
    print(page)
    if not chosen.quick:
        chosen.output.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
