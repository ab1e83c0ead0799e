"""Questions on a graph, to learn by: what is da? A wrong answer is told what it is right for."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from numbers import Real
from random import Random
from typing import Any

from ..engine.value import Value
from ..formulas.explain import Explanation, explain
from ..graph import Node, topological
from ..rules.notation import number

LEVELS = {1: "every node is used once", 2: "a node is used twice", 3: "a node is used twice, and a function comes in"}
NUMBERS = [*range(-5, 0), *range(1, 7)]
LARGEST = 500  # a number that can be counted with by heart
CLOSE = 1e-6


class Question:
    """A graph of numbers, and a node whose gradient is asked for.

    `print(question)` shows the graph, with the local derivative on each edge and no gradient; in a notebook it is the
    drawing. `answer(x)` says whether x is right, and if not, what it is.

    >>> a, b, c = Value(5, name="a"), Value(3, name="b"), Value(2, name="c")
    >>> question = Question(((a + b * c) * 3).named("J"), b)
    >>> print(question.answer(2))
    no: that is the local derivative at b alone; what arrives there from J, 3, is missing
    >>> print(question.answer(6))
    yes: dJ/db = ∂J/∂t2 · ∂t2/∂t1 · ∂t1/∂b = 3 · 1 · c = 3 · 1 · 2 = 6
      where t1 = b × c
      where t2 = a + t1
    """

    def __init__(self, root: Value, source: Value | str) -> None:
        found = explain(root, source)
        if not isinstance(found, Explanation) or found.by_uses:
            raise ValueError("a question is about a small graph of Values, whose paths can be read")
        self.root, self.source, self.explanation = root, found.source, found
        self.text = f"d{found.names[root]}/d{found.names[found.source]} = ?"

    def __str__(self) -> str:
        return f"{self.root.draw().text()}\n\n{self.text}"

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return f"{self.root.draw()._repr_html_()}<p>{self.text}</p>"

    @property
    def right(self) -> float:
        """The gradient that is asked for."""
        return self.explanation.value

    def is_right(self, x: float) -> bool:
        """Whether a number is the gradient, to a rounded sixth digit."""
        return math.isclose(x, self.right, rel_tol=CLOSE, abs_tol=1e-9)

    def read(self, text: str) -> float:
        """Return what somebody typed as a number, as −0.5, 0,5 or 2/3; ValueError where it is none."""
        try:
            x = float(Fraction(text.replace("−", "-").replace(",", ".")))
        except (ValueError, ZeroDivisionError, OverflowError):
            raise ValueError(f"a number, please; {text!r:.40} is none") from None
        return x

    def answer(self, x: float | str) -> str:
        """Say whether a number, or a text that is one, is the gradient; of one that is not, what it is."""
        if isinstance(x, str):
            x = self.read(x)
        if not isinstance(x, Real) or x != x:
            raise ValueError(f"a number, please; {x!r:.40} is none")
        if self.is_right(x):
            return f"yes: {self.explanation}"
        named = next((what for number, what in self.mistakes() if math.isclose(x, number, rel_tol=CLOSE)), None)
        return "no: " + (
            named or "begin at the end with 1, and go back: each edge multiplies, and where ways meet, add"
        )

    def mistakes(self) -> Iterator[tuple[float, str]]:
        """Yield what people find in the place of the gradient, and a sentence on each."""
        names, terms = self.explanation.names, self.explanation.terms
        name = names[self.source]
        if not terms or self.source is self.root:
            return
        products = [term.value for term in terms]
        if len(terms) > 1:
            for term in terms:
                via = names[term.edges[-1].user]
                yield term.value, f"that is the path through {via} alone; {name} is used in {len(terms)} ways: add them"
            yield math.prod(products), f"that is the product of the {len(terms)} paths; they are added"
        if len(terms) == 1:
            arriving = math.prod(edge.partial for edge in terms[0].edges[:-1])
            yield (
                terms[0].edges[-1].partial,
                f"that is the local derivative at {name} alone; what arrives there from {names[self.root]}, "
                f"{arriving:g}, is missing",
            )
        for term in terms:
            others = self.right - term.value
            for i, edge in enumerate(term.edges if len(term.edges) > 1 else ()):
                rest = math.prod(one.partial for j, one in enumerate(term.edges) if j != i)
                yield (
                    others + rest,
                    f"the factor d{names[edge.user]}/d{names[edge.source]} = {edge.partial:g} is missing",
                )
        yield -self.right, "the sign is the other one"
        yield self.source.item(), f"that is the value of {name}, and not its gradient"
        for other in topological(self.root):
            if other is not self.source and other is not self.root and other.kind != "constant":
                yield explain(self.root, other).value, f"that is d{names[self.root]}/d{name_of(other, names)}"


class WrongGradient:
    """A graph of numbers with all of its gradients, one of which is wrong, and it is asked which.

    `print(question)` shows the graph; in a notebook it is the drawing. `answer("b")` says whether it is that of b, how
    it comes about, and what was taken for it.

    >>> a, b, c = Value(5, name="a"), Value(3, name="b"), Value(2, name="c")
    >>> question = WrongGradient(((a + b * c).named("v") * 3).named("J"), b, 2)
    >>> print(question.answer("c"))
    no: dJ/dc = 9 is right: dJ/dc = ∂J/∂v · ∂v/∂t1 · ∂t1/∂c = 3 · 1 · b = 3 · 1 · 3 = 9
      where t1 = b × c
    >>> print(question.answer("b"))
    yes, it is not 2: that is the local derivative at b alone; what arrives there from J, 3, is missing
    dJ/db = ∂J/∂v · ∂v/∂t1 · ∂t1/∂b = 3 · 1 · c = 3 · 1 · 2 = 6
      where t1 = b × c
    """

    def __init__(self, root: Value, source: Value | str, wrong: float) -> None:
        self.question = Question(root, source)
        if self.question.is_right(wrong):
            raise ValueError(f"{wrong:g} is no wrong gradient: {self.question.explanation}")
        self.root, self.source, self.wrong = root, self.question.source, wrong
        self.names = {node.name: node for node in topological(root) if node.name and node.kind != "constant"}
        root.backward()
        self.source.grad = wrong
        self.drawing = root.draw()
        self.text = "one gradient is wrong: which?"

    def __str__(self) -> str:
        return f"{self.drawing.text()}\n\n{self.text}"

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return f"{self.drawing._repr_html_()}<p>{self.text}</p>"

    @property
    def right(self) -> str:
        """The name of the node whose gradient is wrong."""
        return self.source.name

    @property
    def explanation(self) -> Explanation:
        """How the gradient comes about that is wrong."""
        return self.question.explanation

    def read(self, text: str) -> str:
        """Return what somebody typed as the name of a node; ValueError where it is none."""
        if not isinstance(text, str):
            raise ValueError(f"a name, please ({', '.join(self.names)}); {text!r:.40} is none")
        name = text.removeprefix(f"d{self.root.name}/").removeprefix("d") if text not in self.names else text
        if name not in self.names:
            raise ValueError(f"a name, please ({', '.join(self.names)}); {text!r:.40} is none")
        return name

    def is_right(self, name: str) -> bool:
        """Whether the gradient of the node of that name is the wrong one."""
        return name == self.right

    def answer(self, name: str) -> str:
        """Say whether the gradient of a node is the wrong one; ValueError for a name that is none."""
        name = self.read(name)
        if not self.is_right(name):
            node = self.names[name]
            if node is self.root:
                return f"no: d{name}/d{name} is 1, always"
            own = explain(self.root, node)
            return f"no: d{self.root.name}/d{name} = {number(own.value)} is right: {own}"
        said = self.question.answer(self.wrong).removeprefix("no: ")
        return f"yes, it is not {number(self.wrong)}: {said}\n{self.explanation}"


def name_of(node: Node, names: dict[Any, str]) -> str:
    """Return the name of a node, which an explanation may not have met."""
    return names.get(node) or node.name or "another node"


def at_kink(node: Node) -> bool:
    """Whether the slope of the operation that made a node jumps where it stands."""
    return node.op is not None and node.op.kink is not None and node.op.kink(*[x.item() for x in node.inputs]) == 0


def ask(level: int = 1, seed: int | None = None) -> Question:
    """Return a question on a fresh graph of small whole numbers; the same for the same seed.

    Levels: 1, every node is used once; 2, one is used twice; 3, and a function, max(0, x) or x², comes in.

    >>> question = ask(2, seed=0)
    >>> question.answer(question.right)[:3]
    'yes'
    """
    if level not in LEVELS:
        told = ", ".join(f"{number} ({what})" for number, what in LEVELS.items())
        raise ValueError(f"the level of a question is one of {told}; got {level!r}")
    random = Random(seed)
    while True:
        root, source = draw_graph(level, random)
        order = topological(root)
        if max(abs(node.item()) for node in order) <= LARGEST and not any(map(at_kink, order)):
            question = Question(root, source)
            if question.right and abs(question.right) <= LARGEST:
                return question


def ask_wrong(level: int = 1, seed: int | None = None) -> WrongGradient:
    """Return a fresh graph as `ask` does, with a gradient at every node, one of which somebody got wrong.

    >>> question = ask_wrong(2, seed=0)
    >>> question.answer(question.right)[:3]
    'yes'
    """
    random = Random(seed)
    while True:
        root = ask(level, random.randrange(2**32)).root
        inner = [node for node in topological(root)[:-1] if node.name and isinstance(node, Value)]
        question = Question(root, random.choice(inner))
        wrong = [x for x, _ in question.mistakes() if not question.is_right(x) and abs(x) <= LARGEST]
        if wrong and question.right:
            return WrongGradient(root, question.source.name, random.choice(wrong))


def draw_graph(level: int, random: Random) -> tuple[Value, Value]:
    """Return the end of a random graph, and a leaf of it: at levels 2 and 3 one that is used twice."""
    leaves = [Value(number, name) for name, number in zip("abc", random.sample(NUMBERS, 3), strict=True)]
    source = random.choice(leaves)
    pool, names = [*leaves, *([source] if level > 1 else [])], iter("uvwpqrs")
    random.shuffle(pool)
    while len(pool) > 1:
        x, y = pool.pop(0), pool.pop(0)
        node = x * y if random.random() < 0.5 else x + y if random.random() < 0.6 else x - y
        if level == 3 and len(pool) == 1:
            node = node.named(next(names)).relu() if random.random() < 0.5 else node.named(next(names)) ** 2
        pool.insert(random.randrange(len(pool) + 1), node.named(next(names)))
    return (random.choice([2, 3, -1, 4]) * pool[0]).named("J"), source
