"""The command line. No logic: it reads arguments, calls the library, prints and writes."""

from __future__ import annotations

import argparse
import io
import os
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn
from unicodedata import normalize

from . import __version__
from .commands import demo, predict, train
from .data.columns import LABELS
from .data.images import ORDERS
from .data.scaling import SCALINGS
from .draw import draw
from .draw.drawing import FORMATS
from .draw.render import renderer
from .errors import AnomalyError, DomainError, ExpressionError, RenderError
from .explain import explain
from .expression import Expression, expression
from .nn.activations import ACTIVATIONS
from .nn.optimisers import OPTIMISERS
from .notation import visible
from .value import COMPILED

FINE, MATHEMATICS, USAGE, INTERRUPTED = 0, 1, 2, 130
LONGEST = 1000  # characters of a complaint

EXAMPLES = """\
examples:
  microgradnn draw "J = 3*(a + b*c)" a=5 b=3 c=2
  microgradnn draw "u = b*c; v = a + u; J = 3*v" a=5 b=3 c=2 -o graph.svg
  microgradnn draw exam.mg --text
  microgradnn explain "f = (a+b)*c + (a+b)*d" a=2 b=3 c=4 d=5 --wrt a
  microgradnn train data.csv --label y
  microgradnn predict model.safetensors new.csv
  microgradnn demo
"""
DRAW = """\
Computes an expression and its gradients, prints every node, and writes the graph as a picture.

examples:
  microgradnn draw "J = 3*(a + b*c)" a=5 b=3 c=2         writes J.svg
  microgradnn draw "J = 3*(a + b*c)" a=5 b=3 c=2 --text  prints a tree, writes nothing
  microgradnn draw exam.mg x1=0.6 -o exam.dot            reads a file, with another x1
  echo "y = x**2" | microgradnn draw - x=3 --wrt x       reads standard input
"""
EXPLAIN = """\
Prints the chain rule of a gradient: every path, in letters and in numbers, and the sum.

examples:
  microgradnn explain "u = b*c; v = a + u; J = 3*v" a=5 b=3 c=2 --wrt b
  microgradnn explain "f = (a+b)*c + (a+b)*d" a=2 b=3 c=4 d=5
"""
TRAIN = """\
Trains a network on a table, or on pictures, prints both accuracies, and writes it to a model file.

The first line of the CSV file has the names of the columns; every other column than the label is a
feature. For pictures, give a folder with a folder for each class, such as cat and non-cat. Ctrl-C
keeps what was learnt.

examples:
  microgradnn train data.csv --label y                       logistic regression
  microgradnn train data.csv --label y --layers 20,7,5,1     a network with three hidden layers
  microgradnn train data.csv --label y --layers 8,1 --optimiser adam --batch-size 32 --plot cost.svg
  microgradnn train data.csv --label price --labels numbers  a regression
  microgradnn train --images photographs --layers 20,7,5,1 -o cats.safetensors
"""
PREDICT = """\
Says what a model that was trained makes of each line of a table, or of each picture, as CSV.

The table needs the columns that the model learnt from, in any order; others are not read.

examples:
  microgradnn predict model.safetensors new.csv
  microgradnn predict model.safetensors new.csv -o answers.csv
  microgradnn predict cats.safetensors holidays tom.jpg      a folder, and a picture
"""
DEMO = """\
Lists the demos, or runs one, which may write its pictures to the folder you are in.

examples:
  microgradnn demo
  microgradnn demo first_graph
"""


def complain(error: Exception, code: int) -> int:
    """Say on one line what went wrong, and return the exit code."""
    message = f"{error.strerror}: {error.filename}" if isinstance(error, OSError) and error.strerror else str(error)
    line = visible(" ".join(message.split()))
    print("microgradnn:", line if len(line) <= LONGEST else f"{line[:LONGEST]}…", file=sys.stderr)
    return code


class Parser(argparse.ArgumentParser):
    """A parser that complains on one line."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and leave."""
        sys.exit(complain(ValueError(f"{message}; see {self.prog} --help"), USAGE))


def parser() -> Parser:
    """Describe the arguments."""
    raw = argparse.RawDescriptionHelpFormatter
    top = Parser(prog="microgradnn", description="See backpropagation.", epilog=EXAMPLES, formatter_class=raw)
    top.add_argument(
        "--version", action=Version, nargs=0, help="print the version, the build and the renderer, and stop"
    )
    commands = top.add_subparsers(title="commands", metavar="command", required=True)
    for name, run, about in (("draw", run_draw, DRAW), ("explain", run_explain, EXPLAIN)):
        command = commands.add_parser(name, description=about, formatter_class=raw, help=about.split("\n")[0])
        command.set_defaults(run=run)
        command.add_argument("expression", help="the text, or a file with it, or - for standard input")
        command.add_argument("values", nargs="*", metavar="name=number", help="what the names stand for")
        command.add_argument("--wrt", metavar="a,b", help="report on these names only")
        if name == "draw":
            command.add_argument("-o", "--output", metavar="FILE", help=f"where to write: .{', .'.join(FORMATS)}")
            command.add_argument("--text", action="store_true", help="print a tree; write a file only if -o says so")
    for name, work, about, arguments in (
        ("train", train, TRAIN, TRAINING),
        ("predict", predict, PREDICT, PREDICTING),
        ("demo", demo, DEMO, {"name": dict(nargs="?", help="the demo to run")}),
    ):
        command = commands.add_parser(name, description=about, formatter_class=raw, help=about.split("\n")[0])
        command.set_defaults(run=calling(work))
        for names, more in arguments.items():
            command.add_argument(*names.split(), **more)
    return top


TRAINING: dict[str, dict[str, Any]] = {
    "data": dict(nargs="?", metavar="data.csv", help="the table"),
    "--images": dict(metavar="FOLDER", help="pictures instead: a folder with a folder for each class"),
    "--label": dict(metavar="COLUMN", help="the column to be learnt"),
    "--labels": dict(choices=LABELS, help="what it holds, where that is not plain: 0 and 1, classes, or any numbers"),
    "--layers": dict(metavar="20,7,5,1", help="the units of each layer after the input (default: the outputs alone)"),
    "--hidden": dict(
        default="relu",
        choices=sorted(set(ACTIVATIONS) - {"softmax"}),
        metavar="NAME",
        help="the activation of the hidden layers: " + ", ".join(sorted(set(ACTIVATIONS) - {"softmax"})),
    ),
    "--scale": dict(choices=SCALINGS, help="the scaling of the features (default: standardise; of pictures, pixels)"),
    "--optimiser": dict(default="gradient_descent", choices=OPTIMISERS, metavar="NAME", help=", ".join(OPTIMISERS)),
    "--learning-rate": dict(type=float, metavar="α", help="(default: 0.1; of adam 0.001, of rmsprop 0.01)"),
    "--iterations": dict(type=int, default=1000, metavar="N", help="how many steps (default: 1000)"),
    "--batch-size": dict(type=int, metavar="N", help="examples in a step (default: all)"),
    "--momentum": dict(type=float, default=0.0, metavar="μ", help="(default: 0)"),
    "--l2": dict(type=float, default=0.0, metavar="λ", help="regularisation (default: 0)"),
    "--dropout": dict(type=float, default=0.0, metavar="SHARE", help="hidden units left out in a step (default: 0)"),
    "--tolerance": dict(type=float, metavar="ΔJ", help="stop when a pass changes the cost by no more"),
    "--test-share": dict(type=float, default=0.2, metavar="SHARE", help="examples kept for the test (default: 0.2)"),
    "--seed": dict(type=int, default=0, metavar="N", help="of the split, the first weights, the shuffle (default: 0)"),
    "--size": dict(type=int, default=64, metavar="N", help="the width and height of a picture (default: 64)"),
    "--order": dict(default="rows", choices=ORDERS, help="how a picture becomes a column (default: rows)"),
    "-o --output": dict(default="model.safetensors", metavar="FILE", help="(default: model.safetensors)"),
    "--plot": dict(metavar="FILE", help="draw the curve of the cost: .svg, .png or .pdf"),
}
PREDICTING: dict[str, dict[str, Any]] = {
    "model": dict(help="the file that `microgradnn train` wrote"),
    "data": dict(nargs="+", metavar="new.csv", help="the table, or pictures and folders of pictures"),
    "-o --output": dict(metavar="FILE", help="write to a CSV file instead"),
}


def calling(work: Callable[..., None]) -> Callable[[argparse.Namespace], None]:
    """Return a function of the parsed arguments that gives them to another by their names."""
    others = ("run", "version")
    return lambda options: work(**{name: value for name, value in vars(options).items() if name not in others})


def parsed(arguments: Sequence[str]) -> argparse.Namespace:
    """Parse the arguments; those of the form name=number may stand anywhere after the expression."""
    program = parser()
    spaced = [re.sub(r"^-(?=[^-oh])", " -", argument) for argument in arguments]  # -x**2 is no option
    options, more = program.parse_known_args(spaced)
    for argument in more:
        if argument.startswith("-"):
            program.error(f"unknown option {argument}")
        if not hasattr(options, "values"):
            program.error(f"unexpected argument {argument!r}")
        options.values.append(argument)
    return options


class Version(argparse.Action):
    """Print the version, the build and which Graphviz draws here, and stop."""

    def __call__(self, parser: argparse.ArgumentParser, *rest: Any) -> None:  # noqa: D102 (argparse says)
        try:
            drawn_by = renderer()
        except RenderError as error:
            drawn_by = f"no renderer: {error}"
        build = "compiled" if COMPILED else "pure"
        print(f"microgradnn {__version__} ({build}), Python {sys.version.split()[0]}, {drawn_by}")
        parser.exit()


def run_draw(options: argparse.Namespace) -> None:
    """Print every node and write the picture; or print the tree instead."""
    graph = read(options)
    wrt = wanted(graph, options.wrt)
    graph.output.backward()
    drawing = draw(graph.output)
    output = options.output or ("" if options.text else default_file(graph.output.name))
    if output:
        drawing.save(output)
    print(drawing.text() if options.text else drawing.table(only=wrt and [*wrt, graph.output.name]))
    if output:
        print(f"wrote {output}")


def run_explain(options: argparse.Namespace) -> None:
    """Print the chain rule of each gradient that is asked for."""
    graph = read(options)
    leaves = [name for name, node in graph.names.items() if node.kind in ("input", "parameter")]
    wrt = wanted(graph, options.wrt) or leaves
    if not wrt:
        raise ValueError("there is nothing to differentiate by: the expression has no inputs")
    print("\n\n".join(str(explain(graph.output, graph.names[name])) for name in wrt))


def read(options: argparse.Namespace) -> Expression:
    """Build the graph of the text that the arguments name, or are."""
    values: dict[str, float] = {}
    for name, value in map(assignment, options.values):
        if name in values:
            raise ValueError(f"{name!r} was given two values: {values[name]:g} and {value:g}")
        values[name] = value
    text: str = options.expression
    if text == "-":
        return expression(sys.stdin.read(), values)
    if is_file(text):
        try:
            return expression(Path(text).read_text(encoding="utf-8-sig"), values)
        except UnicodeDecodeError as error:
            raise ValueError(f"{text} is no text in UTF-8: {error}") from None
    try:
        return expression(text, values)
    except ExpressionError as error:
        if re.fullmatch(r"\S+\.[a-z]\w*", text):
            raise ExpressionError(f"{error}; and there is no file {text!r}") from None
        raise


def is_file(text: str) -> bool:
    """Whether an argument is meant as the name of a file: it exists, or ends in .mg."""
    try:
        return text.endswith(".mg") or Path(text).is_file()
    except (OSError, ValueError):  # too long for a name, or with a NUL in it
        return False


def assignment(text: str) -> tuple[str, float]:
    """Split 'a=5'."""
    name, _, value = text.partition("=")
    try:
        return name.strip(), float(value)
    except ValueError:
        raise ValueError(f"{text!r} is not of the form name=number, as in a=5") from None


def wanted(graph: Expression, names: str | None) -> list[str]:
    """Split --wrt, and look whether the expression has these names."""
    wrt = [normalize("NFKC", name.strip()) for name in (names or "").split(",") if name.strip()]  # as the reader does
    for name in wrt:
        if name not in graph.names:
            raise ValueError(f"--wrt: the expression has no {name!r}; it has {', '.join(graph.names)}")
    return wrt


def default_file(name: str) -> str:
    """The file for the picture of an output: 'J.svg'."""
    return re.sub(r"\W", "_", name)[:100] + ".svg"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program and return its exit code: 0 fine, 1 the mathematics failed, 2 bad usage."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a "?" for ∂ where there is no ∂
    try:
        options = parsed(sys.argv[1:] if arguments is None else arguments)
        options.run(options)
        sys.stdout.flush()
        return FINE
    except BrokenPipeError:  # the reader of the pipe, such as `head`, has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FINE
    except (DomainError, AnomalyError) as error:
        return complain(error, MATHEMATICS)
    except (RenderError, ValueError, TypeError, OSError, ImportError, MemoryError) as error:
        return complain(error, USAGE)
    except KeyboardInterrupt:
        return complain(InterruptedError("interrupted"), INTERRUPTED)
