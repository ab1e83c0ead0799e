"""Which boxes stand on one row, where the output is below: so many side by side as a page is wide.

The boxes are set from the output upwards, each as low as its users and the width of the rows allow, one bough after the
other, of several the one with the longest way up first (a list schedule, as by E. Coffman and R. Graham, 1972). A frame
is set within itself, and then as the one rectangle that it is. Pure: boxes and arrows in, numbers out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from .boxes import Arrow, Box, nest

GAP = 18.0  # points: between two boxes of a row
LANE = 18.0  # for an arrow that passes a row
FRAME = 24.0  # around what is in a frame


class Block(NamedTuple):
    """What is set as one rectangle: a box, or all that is in a frame."""

    rows: dict[str, int]  # of each box in it, counted from the lowest
    width: float
    height: int


def rows(boxes: Sequence[Box], arrows: Sequence[Arrow], widths: Mapping[str, float], page: float) -> dict[str, int]:
    """Return the row of each box, counted from below, so that no row is wider than `page` points if it can be."""
    place = {box.id: i for i, box in enumerate(boxes)}
    ahead = [arrow for arrow in arrows if place[arrow.tail] < place[arrow.head]]
    return block(boxes, ahead, widths, page, 0).rows


def block(boxes: Sequence[Box], arrows: Sequence[Arrow], widths: Mapping[str, float], page: float, depth: int) -> Block:
    """Set what is in a frame, or on the page."""
    here, inner = nest(boxes, depth)
    frames = [block(members, arrows, widths, page - FRAME, depth + 1) for members in inner.values()]
    each = [Block({box.id: 0}, widths[box.id], 1) for box in here]
    found = set_up([*each, *frames], arrows, page)
    if found is None:  # frames that feed each other: set their boxes one by one
        found = set_up([Block({box.id: 0}, widths[box.id], 1) for box in boxes], arrows, page)
    assert found is not None  # boxes alone have an order
    return found._replace(width=found.width + FRAME)


def set_up(blocks: Sequence[Block], arrows: Sequence[Arrow], page: float) -> Block | None:
    """Set rectangles one above the other and side by side; None where there is no order among them."""
    owner = {id: i for i, one in enumerate(blocks) for id in one.rows}
    joins = {(owner[a.tail], owner[a.head]) for a in arrows if a.tail in owner and a.head in owner}
    pairs = sorted(pair for pair in joins if pair[0] != pair[1])
    users: dict[int, list[int]] = {i: [] for i in range(len(blocks))}
    feeds: dict[int, list[int]] = {i: [] for i in range(len(blocks))}
    for tail, head in pairs:
        users[tail].append(head)
        feeds[head].append(tail)
    order = sort(feeds, users)
    if order is None:
        return None
    above = dict.fromkeys(order, 0)  # rows on the longest way up
    for i in order:
        above[i] = blocks[i].height + max((above[x] for x in feeds[i]), default=0)
    left = {i: len(users[i]) for i in order}
    ready = [i for i in order if not left[i]]
    used: list[float] = []
    at: dict[int, int] = {}
    while ready:
        i = ready.pop()
        at[i] = lowest(used, blocks[i], max((at[user] + blocks[user].height for user in users[i]), default=0), page)
        for user in users[i]:
            for row in range(at[user] + blocks[user].height, at[i]):
                used[row] += LANE
        for x in sorted(feeds[i], key=lambda x: (-above[x], x), reverse=True):
            left[x] -= 1
            if not left[x]:
                ready.append(x)
    rows = {id: at[i] + row for i, one in enumerate(blocks) for id, row in one.rows.items()}
    return Block(rows, max(used, default=0.0), len(used))


def sort(feeds: Mapping[int, Sequence[int]], users: Mapping[int, Sequence[int]]) -> list[int] | None:
    """Return each after what feeds it; None where something feeds itself."""
    left = {i: len(xs) for i, xs in feeds.items()}
    found = [i for i, count in left.items() if not count]
    for i in found:
        for user in users[i]:
            left[user] -= 1
            if not left[user]:
                found.append(user)
    return found if len(found) == len(feeds) else None


def lowest(used: list[float], one: Block, row: int, page: float) -> int:
    """Return the lowest row, `row` or above, from which a rectangle has room, and take that room."""
    wide = one.width + GAP
    while any(used[k] and used[k] + wide > page + GAP for k in range(row, min(row + one.height, len(used)))):
        row += 1
    used += [0.0] * (row + one.height - len(used))
    for k in range(row, row + one.height):
        used[k] += wide
    return row
