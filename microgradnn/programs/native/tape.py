"""A graph of Values as arrays of numbers: which operation, and on which slots.

Slots hold first the inputs, then the constants, then what each operation gives. A tape is made in
one walk over the graph, without a formula being written, so that a graph of 100,000 nodes is there at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...engine.value import Value
from ...formulas.carried import refuse
from ...graph import OPS, Fold, Node, row
from ...rules import calculus
from ...rules.logistic import find_logit, sigmoids

Array = np.ndarray[Any, Any]

# A case is what there are instructions for. A row whose last arguments are numbers is a case of its own where
# that is quicker (a square is no power), and `HELD` is the power of any number.
HELD = ("pow", None)
LISTS = {"sum": 1, "dot": 2, "prod": 1, "logsumexp": 1}  # of as many as there are: how many sequences
MANY = 16  # factors from which on a product is a chain of products: the slopes of one take n² steps
FIRST = ("add", "mul", "sub", "neg", "div", "relu", "tanh", "exp", "sigmoid", "log")  # in the order of their use
SQUARES: list[Any] = [("pow", (2.0,)), ("pow", (3.0,))]


def all_cases() -> list[tuple[str, Any]]:
    """Return a key for every case, a name and what is held; a case's number is its place."""
    rows = [name for name, op in OPS.items() if not isinstance(op, Fold) and hasattr(calculus, name)]
    names = [*FIRST, *(name for name in rows if name not in FIRST)]
    return [*((name, ()) for name in names), *SQUARES, HELD, *((name, ()) for name in LISTS)]


def arity(key: tuple[str, Any]) -> int:
    """Return how many operands a case reads; 0 for a list."""
    name, held = key
    return 0 if name in LISTS else len(OPS[name].partials) - len(held or ())


KEYS = all_cases()
NUMBERS = {key: number for number, key in enumerate(KEYS)}
ARITIES = [arity(key) for key in KEYS]
PLAIN = {row(*key): number for key, number in NUMBERS.items() if key[1] is not None and ARITIES[number] in (1, 2)}


@dataclass(frozen=True)
class Tape:
    """`code` has a row for each operation: the case, the slot of the result, the operands.

    Of three operands, and of lists, the operands stand in `lists`: the fourth number is the place of the
    second and third there; of a list the third is the place, the fourth the length.
    """

    code: Array  # (n, 4) of uint32
    lists: Array  # of uint32
    start: Array  # of float64: what the slots hold at first
    inputs: tuple[str, ...]
    wrt: Array  # slots
    output: int
    names: Mapping[int, str]  # of slots that have one

    def operations(self) -> list[tuple[int, int, list[int]]]:
        """Return for each operation its case, the slot of its result and those that it reads."""
        lists, found = self.lists.tolist(), []
        for number, slot, x, y in self.code.tolist():
            arity = ARITIES[number]
            if arity == 0:
                operands = lists[x : x + y * LISTS[KEYS[number][0]]]
            else:
                operands = [x] if arity == 1 else [x, y] if arity == 2 else [x, lists[y], lists[y + 1]]
            found.append((number, slot, operands))
        return found

    def graph(self) -> tuple[Any, list[Any], list[Any]]:
        """Return a graph that has this tape: its output, the nodes of `wrt`, the inputs."""
        nodes: list[Any] = []
        for slot, x in enumerate(self.start[: len(self.start) - len(self.code)].tolist()):
            given = slot < len(self.inputs)
            nodes.append(Value(x, self.inputs[slot] if given else "", kind="input" if given else "constant"))
        for number, slot, places in self.operations():
            name, held = KEYS[number]
            operands = [nodes[x] for x in places]
            op = row(name, (operands[1].data,) if held is None else held)
            nodes.append(op(*operands) if isinstance(op, Fold) else op(*operands[: len(op.partials)]))
            if slot in self.names:
                nodes[slot].named(self.names[slot])
        return nodes[self.output], [nodes[slot] for slot in self.wrt.tolist()], nodes[: len(self.inputs)]


class TapeWriter:
    """What a tape is made from, operation by operation."""

    def __init__(self, given: Sequence[Node]) -> None:
        self.slots: dict[Any, int] = {node: slot for slot, node in enumerate(given)}
        self.start: list[float] = [float(node.item()) for node in given]
        self.code: list[int] = []
        self.lists: list[int] = []
        self.numbers: dict[Any, int] = {}

    def constant(self, x: float) -> int:
        """Return the slot of a number; −0 and 0 are two."""
        key: Any = x or str(x)
        if key not in self.numbers:
            self.numbers[key] = len(self.start)
            self.start.append(x)
        return self.numbers[key]

    def write(self, key: tuple[str, Any], operands: Sequence[int]) -> int:
        """Write an operation, and return where its result will be."""
        if key not in NUMBERS:
            raise refuse(key[0], "native")
        slot, number = len(self.start) + len(self.code) // 4, NUMBERS[key]
        if key[0] in LISTS:
            self.code += (number, slot, self.write_operands(operands), len(operands) // LISTS[key[0]])
        elif len(operands) == 3:
            self.code += (number, slot, operands[0], self.write_operands(operands[1:]))
        else:
            self.code += (number, slot, operands[0], operands[-1])
        return slot

    def write_operands(self, operands: Sequence[int]) -> int:
        """Return the place of operands in `lists`."""
        self.lists += operands
        return len(self.lists) - len(operands)

    def operation(self, op: Any, operands: list[int], held: Sequence[int]) -> int:
        """Write a row, and return where its result will be."""
        if op.name == "mean":
            return self.write(("div", ()), [self.write(("sum", ()), operands), held[0]])
        if op.name == "prod" and not 2 < len(operands) <= MANY:
            result = operands[0] if operands[1:] else self.write(("same", ()), operands)
            for x in operands[1:]:
                result = self.write(("mul", ()), [result, x])
            return result
        if op.held and (op.name, op.held) in NUMBERS:
            return self.write((op.name, op.held), operands)
        if op.held and OPS[op.name].held_rule is not None:
            return self.write((op.name, None), [*operands, *held])
        return self.write((op.name, ()), [*operands, *held])

    def log_of_logistic(self, z: int, flipped: bool) -> int:
        """Write log σ(z), or log(1 − σ(z)), and return where its result will be."""
        softplus = self.write(("softplus", ()), [z if flipped else self.write(("neg", ()), [z])])
        return self.write(("neg", ()), [softplus])


def to_tape(order: Sequence[Any], given: Sequence[Node], wanted: Sequence[Node], names: Mapping[Any, str]) -> Tape:
    """Return the tape of a graph in topological order. `given` are the inputs, `names` what nodes are called."""
    writer = TapeWriter(given)
    slots, constant = writer.slots, writer.constant
    held: dict[Any, list[int]] = {}  # the slots of the numbers that operations bring along
    for node in order:  # all constants before the first operation
        op: Any = node.op
        if op is None or (node._x is None and node not in slots):
            if node not in slots:
                slots[node] = constant(float(node.item()))
        elif op.held and (op.name, op.held) not in NUMBERS:
            held[node] = [constant(x) for x in op.held]
        elif op.name == "mean":
            held[node] = [constant(float(len(node.inputs)))]
    first, code = len(writer.start), writer.code
    kept = {x for x in wanted if x.op is calculus.sigmoid or x.op is calculus.sub}
    for node in order:
        if node in slots:
            continue
        if (
            node.op is calculus.log
            and (found := find_logit(node.inputs[0]))
            and kept.isdisjoint(sigmoids(node.inputs[0]))
        ):
            slots[node] = writer.log_of_logistic(slots[found[0]], found[1])
            continue
        number = PLAIN.get(node.op)
        if number is not None:  # written out: half of the time that a graph of 100,000 nodes takes
            x = slots[node._x]
            slots[node] = slot = first + len(code) // 4
            code += (number, slot, x, slots[node._y] if node._y is not None else x)
        else:
            slots[node] = writer.operation(node.op, [slots[x] for x in node.inputs], held.get(node, ()))
    return Tape(
        code=np.array(code, np.uint32).reshape(-1, 4),
        lists=np.array(writer.lists, np.uint32),
        start=np.array([*writer.start, *[0.0] * (len(code) // 4)]),
        inputs=tuple([names[x] for x in given]),
        wrt=np.array([slots[x] for x in wanted], np.int64),
        output=slots[order[-1]],
        names={slots[node]: name for node, name in names.items() if node.op is not None and node in slots},
    )
