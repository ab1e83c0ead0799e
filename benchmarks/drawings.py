"""Measure how long a drawing takes, and how large it is: `python benchmarks/drawings.py`.

Seconds are those of the processor, of this process and of those that it starts: what others take is not counted. The
first row has a process of its own, from the start of Python to the file.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from microgradnn import Value
from microgradnn.nn.scalar import MLP

SMALL = "0.5 * (w1*x1 + w2*x2 + b)**2 + tanh(w3*x3 + w4*x4) * (b + w1)"  # 20 nodes


def line_of(count: int) -> Value:
    """A graph of so many nodes, each made of the two before it, so that nothing can be folded by structure alone."""
    nodes = [Value(0.5, "x"), Value(0.25, "y")]
    while len(nodes) < count:
        x, y = nodes[-1], nodes[-2 - len(nodes) % 2]
        nodes.append((x * y, x + y, x.tanh())[len(nodes) % 3])
    nodes[-1].backward()
    return nodes[-1]


def network() -> Value:
    """The cost of one example in a 2-16-16-1 network of scalars, 979 nodes or so."""
    cost: Value = ((MLP(2, [16, 16, 1])([Value(0.5, "x1"), Value(-0.5, "x2")]) - 1.0) ** 2).named("J")
    cost.backward()
    return cost


def processor() -> float:
    """Seconds of the processor so far, of this process and of those that it started and that have ended."""
    return sum(os.times()[:4])


def seconds(run: Callable[[], object]) -> float:
    """The shortest of three runs."""
    times = []
    for _ in range(3):
        start = processor()
        run()
        times.append(processor() - start)
    return min(times)


def rows(folder: Path) -> Iterator[tuple[str, float, float, int]]:
    """What is drawn, how long it took, how long it may take, and the bytes of the file."""
    path = folder / "small.svg"
    program = f"""if True:
        from microgradnn import expression
        graph = expression({SMALL!r}, dict.fromkeys("w1 x1 w2 x2 b w3 x3 w4 x4".split(), 0.5))
        graph.output.backward()
        graph.output.draw().save({str(path)!r})"""
    took = seconds(lambda: subprocess.run([sys.executable, "-c", program], check=True))
    yield "20 nodes to SVG, with the process", took, 0.2, path.stat().st_size
    whole, folded = line_of(150), network()
    for name, root, most in (("150 nodes, all shown", whole, 150), ("a 2-16-16-1 network, folded", folded, None)):
        for ending in ("svg", "html"):
            path = folder / f"one.{ending}"
            took = seconds(lambda: root.draw(most=most).save(path))  # noqa: B023, called at once
            yield f"{name}, to {ending.upper()}", took, 1.0, path.stat().st_size
    million, path = line_of(1_000_000), folder / "million.svg"
    start = processor()
    million.draw().save(path)
    yield "a million nodes, to SVG", processor() - start, 10.0, path.stat().st_size


def main() -> None:
    """Print a table."""
    print("| what | seconds | at most | kB |\n|---|---:|---:|---:|")
    with TemporaryDirectory() as folder:
        for what, took, most, size in rows(Path(folder)):
            print(f"| {what} | {took:.2f}{' (!)' if took > most else ''} | {most} | {size / 1000:.0f} |", flush=True)


if __name__ == "__main__":
    main()
