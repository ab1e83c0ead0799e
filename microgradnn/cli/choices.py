"""The options of `microgradnn train` and `watch`, whose choices are the library's own: nobody else imports these."""

from __future__ import annotations

from typing import Any

from ..data.columns import LABELS
from ..data.encoding import IMPUTE
from ..data.images import ORDERS
from ..data.scaling import SCALINGS
from ..nn.optimisers import OPTIMISERS
from ..nn.watch.playground import DATA, HIDDEN

TRAINING: dict[str, dict[str, Any]] = {
    "data": dict(nargs="?", metavar="data.csv", help="the table"),
    "--images": dict(metavar="FOLDER", help="pictures instead: a folder with a folder for each class"),
    "--label": dict(metavar="COLUMN", help="the column to be learnt"),
    "--labels": dict(choices=LABELS, help="what it holds, where that is not plain: 0 and 1, classes, or any numbers"),
    "--features": dict(metavar="COLUMN,…", help="the columns to learn from (default: all but the label)"),
    "--layers": dict(metavar="20,7,5,1", help="the units of each layer after the input (default: the outputs alone)"),
    "--categorical": dict(metavar="COLUMN,…", help="features that hold categories: an input for each of their values"),
    "--impute": dict(choices=IMPUTE, help="fill in the features' missing values, from the training set"),
    "--decimal": dict(choices=(".", ","), help="what decimals are written with, where the table leaves it open"),
    "--hidden": dict(
        default="relu",
        choices=HIDDEN,
        metavar="NAME",
        help=f"the activation of the hidden layers: {', '.join(HIDDEN)} (default: relu)",
    ),
    "--scale": dict(choices=SCALINGS, help="the scaling of the features (default: standardise; of pictures, pixels)"),
    "--optimiser": dict(
        default="gradient_descent",
        choices=OPTIMISERS,
        metavar="NAME",
        help=f"how the gradient becomes a step: {', '.join(OPTIMISERS)} (default: gradient_descent)",
    ),
    "--learning-rate": dict(
        type=float,
        metavar="α",
        help="how far a step goes (default: 0.1, or 8 / number of features where that is less, 0.00065 for pictures "
        "of 64×64; of adam and adamw 0.001, of rmsprop 0.01)",
    ),
    "--iterations": dict(type=int, default=1000, metavar="N", help="how many steps (default: 1000)"),
    "--batch-size": dict(type=int, metavar="N", help="examples in a step (default: all)"),
    "--momentum": dict(type=float, default=0.0, metavar="μ", help="how much of the last step is kept (default: 0)"),
    "--l2": dict(type=float, default=0.0, metavar="λ", help="regularisation (default: 0)"),
    "--dropout": dict(type=float, default=0.0, metavar="SHARE", help="hidden units left out in a step (default: 0)"),
    "--tolerance": dict(type=float, metavar="ΔJ", help="stop when a pass over the data changes the cost by no more"),
    "--patience": dict(
        type=int, metavar="N", help="stop when the cost of a validation set has not fallen for N passes over the data"
    ),
    "--validation-share": dict(
        type=float, default=0.2, metavar="SHARE", help="… examples kept for that, of those to learn from (default: 0.2)"
    ),
    "--class-weight": dict(metavar="1,5", help="how much a class counts, in their order, or balanced: all the same"),
    "--test-share": dict(type=float, default=0.2, metavar="SHARE", help="examples kept for the test (default: 0.2)"),
    "--seed": dict(type=int, default=0, metavar="N", help="of the split, the first weights, the shuffle (default: 0)"),
    "--size": dict(type=int, default=64, metavar="N", help="the width and height of a picture (default: 64)"),
    "--order": dict(default="rows", choices=ORDERS, help="how a picture becomes a column (default: rows)"),
    "-o --output": dict(default="model.safetensors", metavar="FILE", help="the model (default: model.safetensors)"),
    "--watch": dict(
        nargs="?", const=True, metavar="FILE.html", help="see it learn in the browser, or on a page that replays it"
    ),
    "--plot": dict(metavar="FILE", help="draw the curve of the cost: .svg, .png or .pdf"),
    "--history": dict(metavar="FILE", help="write cost and learning rate of each iteration to a CSV file"),
    "--checkpoint": dict(metavar="FILE", help="keep the state of the training in this file, to go on from it"),
    "--checkpoint-every": dict(type=int, default=100, metavar="N", help="… every so many iterations (default: 100)"),
    "--resume": dict(action="store_true", help="go on from the checkpoint; all else as it was, or more --iterations"),
}
WATCHING: dict[str, dict[str, Any]] = {
    "data": dict(nargs="?", default="xor", help=f"{', '.join(DATA)}, or a table (default: xor)"),
    "--label": dict(metavar="COLUMN", help="the column of the table to be learnt"),
    "--features": dict(metavar="COLUMN,…", help="the columns to learn from (default: all but the label)"),
    "--layers": dict(default="4", metavar="4,4", help="the units of the hidden layers (default: 4; '' for none)"),
    "--hidden": dict(default="tanh", choices=HIDDEN, metavar="NAME", help="their activation (default: tanh)"),
    "--learning-rate": dict(type=float, default=0.5, metavar="α", help="how far a step goes (default: 0.5)"),
    "--batch-size": dict(type=int, metavar="N", help="examples in a step (default: all)"),
    "--seed": dict(type=int, default=0, metavar="N", help="of the first weights and the shuffle (default: 0)"),
    "--port": dict(type=int, default=0, metavar="N", help="where to listen (default: a port that is free)"),
    "--no-open": dict(dest="open", action="store_false", help="print the address, and open no browser"),
    "-o --output": dict(metavar="FILE.html", help="write a recording instead, without a page in the browser"),
    "--iterations": dict(type=int, default=1000, metavar="N", help="… of so many steps (default: 1000)"),
}
