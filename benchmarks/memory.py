"""Memory per node of a random graph of 10⁵ nodes, by tracemalloc, in this process alone: `memory.py ENGINE SIZE`."""

from __future__ import annotations

import sys
import tracemalloc

from engines import Engine, Micrograd, Microgradnn, Tensors
from graphs import LEAVES, built, ends, plan

ENGINES: dict[str, type[Engine]] = {"microgradnn": Microgradnn, "micrograd": Micrograd, "tensor": Tensors}


def per_node(name: str, size: int) -> float:
    """Return the bytes that a node takes, its numbers included, at the peak of building."""
    engine, steps = ENGINES[name](), plan(size)
    last = ends(steps)
    leaves = [engine.leaf(x) for x in LEAVES]
    tracemalloc.start()
    root = built(engine, steps, last, leaves)
    current, _ = tracemalloc.get_traced_memory()
    del root
    tracemalloc.stop()
    return current / size


if __name__ == "__main__":
    print(per_node(sys.argv[1], int(sys.argv[2])))
