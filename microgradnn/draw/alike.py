"""What is folded where there are no scopes: parts that play the same role, and the steps of a long chain.

Two parts play the same role if they are of the same kind and so are, some edges around, what they are made from and
what is made of them (the refinement of colours: B. Weisfeiler and A. Leman, 1968, on a graph with directions, cut
off after some rounds). All examples of a mean, all neurons of a layer and all inner steps of a chain come out alike.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .web import Ints, Parts, Path, Web, number_parts

ROUNDS = 3  # edges around a part that are looked at; of a chain so many steps are shown at both ends
FEWEST = 3  # steps that make a chain
UNEVEN = 8  # times in one step of a chain a role may be met
ASIDE = 4  # edges from a chain to what is made for the sake of one step
MOST_CLASSES = 2000  # beyond this no picture comes of it

Colours = NDArray[np.uint64]


def fold_alike(net: Web, folded: Parts, boxes: int, kept: Collection[int] = ()) -> Parts:
    """Fold parts that play the same role into one, looking as far around each as `boxes` boxes allow.

    The parts `kept`, and the output, stay alone. Where too many parts have other neighbours, nothing is folded.
    """
    tail, head, slot = edges(net, folded)
    colours = roles(net, folded)
    alone = [folded.count - 1, *kept]
    found = folded
    for _ in range(ROUNDS):
        colours = refine(colours, tail, head, slot)
        whole = with_users(colours, tail, head)
        whole[alone] = alone  # small numbers, which mixed ones are not
        finer = classes(net, folded, whole, tail, head)
        if finer is None or finer.count > boxes:
            break
        found = finer
    return found


def fold_siblings(net: Web, folded: Parts, opened: Collection[Path]) -> Parts:
    """Fold the scopes beside an open one that have its name but for digits, fed and used by the same, into one: ×15."""
    tail, head, _ = edges(net, folded)
    joined: dict[int, set[int]] = {part: set() for part in range(folded.count)}
    for x, user in zip(tail.tolist(), head.tolist(), strict=True):
        joined[x].add(user)
        joined[user].add(~x)
    whole: dict[str, str] = {}
    beside = {(path[:-1], stem(path[-1], whole)) for path in opened}
    rows: dict[Any, list[int]] = {}
    for i, name in enumerate(folded.name):
        if folded.kind[i] == "scope" and (name[:-1], stem(name[-1], whole)) in beside:
            rows.setdefault((name[:-1], stem(name[-1], whole), frozenset(joined[i])), []).append(i)
    group, times = np.arange(folded.count), [*folded.times]
    for row in rows.values():
        if len(row) >= FEWEST:
            group[row] = row[0]
            for i in row:
                times[i] = len(row)
    of, first = number_parts(group[folded.of])
    old = folded.of[first].tolist()
    kind = ["alike" if times[i] > 1 else folded.kind[i] for i in old]
    return Parts(of, kind, [folded.name[i] for i in old], [folded.frame[i] for i in old], [times[i] for i in old])


def edges(net: Web, folded: Parts) -> tuple[Ints, Ints, Ints]:
    """Return the edges between parts: tails, heads, and as which input."""
    tail, head = folded.of[net.tail], folded.of[net.head]
    apart = tail != head
    return tail[apart], head[apart], net.slot[apart]


def roles(net: Web, folded: Parts) -> Colours:
    """Return a number for what each part is by itself: its operation, or its kind, and its name but for digits."""
    numbers: dict[tuple[Any, ...], int] = {}
    found = np.zeros(folded.count, np.uint64)
    whole: dict[str, str] = {}
    last = np.zeros(folded.count, np.int64)
    last[folded.of] = np.arange(len(net.nodes))  # of several, the last is assigned last
    for i, place in enumerate(last.tolist()):
        node = net.nodes[place]
        key: tuple[Any, ...]
        if folded.kind[i] == "scope":
            key = (folded.name[i][:-1], stem(folded.name[i][-1], whole))
        else:
            key = (
                node.op.name if node.op else node.kind,
                stem(node.name, whole) if i < folded.count - 1 else "",  # an output is often the only one with a name
                folded.frame[i],
                place in net.missing,
            )
        found[i] = numbers.setdefault(key, len(numbers))
    return mix(found)


def stem(name: str, known: dict[str, str]) -> str:
    """Return a name without its digits."""
    if name not in known:
        known[name] = re.sub(r"\d+", "", name)
    return known[name]


def refine(colours: Colours, tail: Ints, head: Ints, slot: Ints) -> Colours:
    """Return colours that tell apart what the colours of inputs and users tell apart."""
    found = colours * np.uint64(3)
    places = slot.astype(np.uint64)
    np.add.at(found, head, mix(colours[tail] + places * np.uint64(0x9E3779B97F4A7C15)))
    np.add.at(found, tail, mix(~colours[head] + places * np.uint64(0x9E3779B97F4A7C15)))
    return mix(found)


def with_users(colours: Colours, tail: Ints, head: Ints) -> Colours:
    """Return colours that tell leaves apart by what uses them, if it is one: they are there for its sake."""
    count = len(colours)
    leaf = (np.bincount(head, minlength=count) == 0) & (np.bincount(tail, minlength=count) == 1)
    user = np.zeros(count, np.int64)
    user[tail] = head
    return np.where(leaf, mix(colours + mix(colours[user])), colours)


def mix(x: Colours) -> Colours:
    """Return other numbers, equal where x is, without pattern (splitmix64: G. Steele, D. Lea, C. Flood, 2014)."""
    x = x + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def classes(net: Web, folded: Parts, colours: Colours, tail: Ints, head: Ints) -> Parts | None:
    """Return the parts when those of one colour are one, and what repeats itself along a chain is one again.

    None where there are so many colours that no picture comes of it, or what leads back to itself is no chain of steps.
    """
    _, of_part = np.unique(colours, return_inverse=True)
    if of_part.max() < MOST_CLASSES:
        _, of_part = np.unique(with_chains(colours, of_part, tail, head), return_inverse=True)
    size = np.bincount(of_part)
    if len(size) > MOST_CLASSES:
        return None
    chain, length = steps(of_part, size, tail, head)
    if not all(length.values()):
        return None
    group = np.array([chain.get(colour, colour) for colour in range(len(size))])
    times_of = {colour: int(n) for colour, n in enumerate(size)} | length
    of, first = number_parts(group[of_part[folded.of]])
    kind, name, frame, times = [], [], [], []
    for old in folded.of[first].tolist():
        number = int(group[of_part[old]])
        kind.append("steps" if number < 0 else "alike" if times_of[number] > 1 else folded.kind[old])
        name.append(() if number < 0 else folded.name[old])
        frame.append(folded.frame[old])
        times.append(times_of[number])
    return Parts(of, kind, name, frame, times)


def with_chains(colours: Colours, of_part: Ints, tail: Ints, head: Ints) -> Colours:
    """Return colours that tell apart what is made for the steps of a chain, and what for its ends."""
    number = np.zeros(of_part.max() + 1, np.uint64)
    for i, circle in enumerate(circles(users_of(of_part, tail, head)), 1):
        number[circle] = i
    if not number.any():
        return colours
    chain = number[of_part]
    user = np.zeros(len(colours), np.int64)
    user[tail] = head
    beside = (np.bincount(tail, minlength=len(colours)) == 1) & (chain == 0)
    for _ in range(ASIDE):
        met = np.where(chain > 0, chain, colours)
        colours = np.where(beside, mix(colours + mix(met[user])), colours)
    return colours


def users_of(of_part: Ints, tail: Ints, head: Ints) -> list[list[int]]:
    """Return for each colour those of its users."""
    count = int(of_part.max()) + 1
    users: list[list[int]] = [[] for _ in range(count)]
    for code in np.unique(of_part[head] * count + of_part[tail]).tolist():
        users[code % count].append(code // count)
    return users


def steps(of_part: Ints, size: Ints, tail: Ints, head: Ints) -> tuple[dict[int, int], dict[int, int]]:
    """Return which colours are steps of which chain, −1, −2 and so on, and how many steps each has: 0 if none.

    A chain is where colours lead back to themselves, with all that there is for the sake of its steps alone.
    """
    users = users_of(of_part, tail, head)
    chain: dict[int, int] = {}
    length: dict[int, int] = {}
    for number, circle in enumerate(circles(users), 1):
        chain |= dict.fromkeys(circle, -number)
        usual = np.median(size[circle])
        even = size[circle][(size[circle] * 2 >= usual) & (size[circle] <= usual * UNEVEN)]
        length[-number] = int(even.min()) if usual >= FEWEST and 3 * len(even) >= 2 * len(circle) else 0
    again = bool(chain)
    while again:
        again = False
        for colour in range(len(size)):
            served = {chain.get(user, 0) for user in users[colour]}
            if colour not in chain and size[colour] > 1 and len(served) == 1 and 0 not in served:
                chain[colour] = served.pop()
                again = True
    return chain, length


def circles(users: list[list[int]]) -> list[list[int]]:
    """Return the strongly connected components that hold an edge (R. Tarjan, 1972), without recursion."""
    found: list[list[int]] = []
    low: dict[int, int] = {}
    open_: dict[int, int] = {}  # the nodes of components not yet closed, and when they were met
    for root in range(len(users)):
        if root in low:
            continue
        low[root] = open_[root] = len(low)
        path = [(root, iter(users[root]))]
        while path:
            node, rest = path[-1]
            for user in rest:
                if user not in low:
                    low[user] = open_[user] = len(low)
                    path.append((user, iter(users[user])))
                    break
                if user in open_:
                    low[node] = min(low[node], open_[user])
            else:
                path.pop()
                if path:
                    low[path[-1][0]] = min(low[path[-1][0]], low[node])
                if low[node] == open_[node]:
                    members = [*open_]
                    circle = members[members.index(node) :]
                    for one in circle:
                        del open_[one]
                    if len(circle) > 1 or node in users[node]:
                        found.append(circle)
    return found
