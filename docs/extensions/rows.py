"""The rows of the course notes: what they are about, where a text cites them, and links from there to the page of rows.

A page names a row in brackets, (G6); the reader sees a small link that tells what the row is about.
"""

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

NOTES = {
    "A": """Data, shapes, names
        labels 0 and 1 | a picture as a column | the order of unrolling | examples are columns
        training set and test set | layer, example, unit | the input layer is not counted | shallow and deep
        dvar, the gradient by var | shapes of every layer""",
    "B": """Logistic regression
        why a sigmoid | the limits of σ | what the bias does | what the weight does | the cross entropy
        log is the natural one | the cost is a mean | the slope of log | dL/da | da/dz | dz = a − y
        dw and db | five derivatives | one step | m examples, two loops | m examples, one loop
        forward without a loop | gradients without a loop | a whole iteration | what loops cost
        a sum and np.dot | zeros are a good start""",
    "C": """Losses and descent
        squared error and its ½ | it is not convex behind σ | cross entropy is convex
        where the squared error stalls | the update | the learning rate | until convergence
        a derivative is a slope | brute force | steepest downhill""",
    "D": """Computation graphs
        J = 3(a + bc) | direct calculus | a node used twice | forward and backward | the order backward
        the chain rule in a network | steps of a derivation""",
    "E": """Broadcasting
        calories | matrix and row, matrix and column | the general rule | b is repeated
        the gradient of a repeated array | arrays of rank 1 | keepdims | ∗ and the matrix product""",
    "F": """Activations
        sigmoid | tanh | tanh is a scaled sigmoid | ReLU | leaky ReLU | dead units | a slope that is learnt
        linear outputs | linear layers collapse | one for each layer | which to choose
        slopes from the activation | saturation""",
    "G": """One hidden layer
        units as one matrix | 3-4-1, with shapes | all examples at once | backward, one example
        backward, m examples | the NumPy lines | shapes on the way back | the exam network
        the loop of descent | the bias as a weight | sums with indices | image by image""",
    "H": """Deep networks
        the loop forward | the exercise on dimensions | the forward block | the backward block
        backward over m examples | the recursion in dZ | the drawing of the blocks""",
    "I": """Start and hyperparameters
        zeros keep units equal | biases may start at 0 | small random weights | why not 100 | He and Xavier
        hyperparameters by name | parameters in order""",
}
TITLES = {  # of each letter: what it is about, and then its rows from 1 on
    letter: [text.split("\n")[0], *(one.strip() for line in text.split("\n")[1:] for one in line.split("|"))]
    for letter, text in NOTES.items()
}
ID = r"[A-I]\d{1,2}"
LISTED = rf"{ID}(?:(?:,| and| to|–|-)\s?{ID})*"
IN_BRACKETS = rf"(?:[^;,]*[;,]\s)*?{LISTED}(?:[;,]\s.*)?"


def rows_in(text):
    """Return the rows that a text names: G3, and G1 to G3."""
    found = set(re.findall(rf"\b{ID}\b", text))
    for letter, first, last in re.findall(r"\b([A-I])(\d+)(?: to |–|-|_to_)[A-I]?(\d+)\b", text):
        found |= {f"{letter}{i}" for i in range(int(first), int(last) + 1)}
    return found


def cited(text):
    """Return the rows that prose cites, in brackets or after 'course notes'; A1 and W2 in formulas are none."""
    prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    named = [inner for inner in re.findall(r"\(([^()]*)\)", prose) if re.fullmatch(IN_BRACKETS, inner)]
    named += re.findall(rf"[Cc]ourse\s+notes,\s+({LISTED}(?:, [^.]*?\b{LISTED})*)", prose)
    return rows_in(" ".join(named).replace("\n", " "))


class LinkRows(SphinxPostTransform):
    """Make the rows that a page cites in brackets links to the page of rows."""

    default_priority = 500

    def run(self, **_: Any) -> None:
        if self.env.docname in ("course", "api"):
            return
        for text in list(self.document.findall(nodes.Text)):
            if not isinstance(text.parent, (nodes.literal, nodes.literal_block, nodes.math, nodes.math_block)):
                parts = re.split(r"(\([^()]*\))", str(text))
                if any(map(is_citation, parts)):
                    text.parent.replace(text, [node for part in parts for node in linked(part)])


def is_citation(part: str) -> bool:
    """Whether a part of a text is a pair of brackets that cites rows."""
    return part[:1] == "(" and re.fullmatch(IN_BRACKETS, part[1:-1].replace("\n", " ")) is not None


def linked(part: str) -> list[nodes.Node]:
    """Return a part of a text, its rows as links where it cites some."""
    if not is_citation(part):
        return [nodes.Text(part)] if part else []
    found: list[nodes.Node] = []
    for piece in re.split(rf"\b({ID})\b", part):
        if re.fullmatch(ID, piece):
            title = TITLES[piece[0]][int(piece[1:])]
            link = nodes.reference(
                piece, piece, internal=True, refuri=f"course.html#{piece.lower()}", reftitle=f"course notes: {title}"
            )
            link["classes"].append("row")
            found.append(link)
        else:
            found.append(nodes.Text(piece))
    return found


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_post_transform(LinkRows)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
