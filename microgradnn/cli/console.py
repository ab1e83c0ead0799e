"""The command line. No logic: it reads arguments, calls the library, prints and writes.

What a command needs is imported when it is that command which runs: the first screen is there at once.
"""

from __future__ import annotations

import argparse
import io
import os
import re
import sys
import warnings
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from errno import ENOSPC
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn
from unicodedata import normalize

from .. import __version__
from ..engine.disk import open_ordinary, writable, write
from ..engine.value import COMPILED
from ..errors import AnomalyError, DomainError, ExpressionError, RenderError
from ..rules.notation import visible
from .completion import SHELLS, write_completion
from .usage import (
    CHECK,
    CHECKING,
    COMPLETION,
    COURSE,
    DEMO,
    DRAW,
    DRAWING,
    EVALUATE,
    EVALUATING,
    EXAMPLES,
    EXPLAIN,
    FIRST_SCREEN,
    PREDICT,
    PREDICTING,
    TAKING,
    TRAIN,
    WATCH,
)

if TYPE_CHECKING:
    from ..formulas.expression import Expression

FINE, MATHEMATICS, USAGE, INTERRUPTED = 0, 1, 2, 130
MOST = 1000  # characters of a complaint
WHOLE = 1 << 30  # boxes: a table has every node


def complain(error: Exception, code: int) -> int:
    """Say on one line what went wrong, and return the exit code."""
    message = str(error)
    if isinstance(error, OSError) and error.strerror:
        message = f"{error.strerror}: {'standard output' if error.filename is None else error.filename}"
    line = visible(" ".join(message.split()))
    if sys.stderr is not None:  # it may be closed, and print would take standard output instead
        with suppress(OSError, ValueError):
            print("microgradnn:", line if len(line) <= MOST else f"{line[:MOST]}…", file=sys.stderr, flush=True)
    return code


def note(message: Warning | str, *where: Any) -> None:
    """Show a warning as one line, without the place in the code."""
    complain(ValueError(f"note: {message}"), FINE)


class Parser(argparse.ArgumentParser):
    """A parser that complains on one line; the first has those of its commands."""

    commands: Mapping[str, argparse.ArgumentParser]

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and leave."""
        sys.exit(complain(ValueError(f"{message}; see {self.prog} --help"), USAGE))


def parser(given: Collection[str]) -> Parser:
    """Describe the commands, and the arguments of those that are among the words given."""
    raw = argparse.RawDescriptionHelpFormatter
    top = Parser(prog="microgradnn", description="See backpropagation.", epilog=EXAMPLES, formatter_class=raw)
    top.add_argument(
        "--version", action=Version, nargs=0, help="print the version, the build and the renderer, and stop"
    )
    commands = top.add_subparsers(title="commands", metavar="command", required=True)
    for name, run, about in (("draw", run_draw, DRAW), ("explain", run_explain, EXPLAIN)):
        command = commands.add_parser(name, description=about, formatter_class=raw, help=about.split("\n")[0])
        command.set_defaults(run=run, parser=command)
        if name not in given:
            continue
        command.add_argument("expression", help="the text, or a file with it, or - for standard input")
        command.add_argument("values", nargs="*", metavar="name=number", help="what the names stand for")
        command.add_argument("--wrt", metavar="a,b", help="report on these names only")
        if name == "draw":
            from ..draw.drawing import FORMATS

            command.add_argument("-o", "--output", metavar="FILE", help=f"where to write: .{', .'.join(FORMATS)}")
            command.add_argument("--text", action="store_true", help="print a tree; write a file only if -o says so")
            command.add_argument("--open", action="store_true", help="show what was written, in the browser")
            for option, more in DRAWING.items():
                command.add_argument(option, **more)
    for name, about, arguments in (
        ("train", TRAIN, options_of("train") if "train" in given else {}),
        ("predict", PREDICT, PREDICTING),
        ("evaluate", EVALUATE, EVALUATING),
        ("watch", WATCH, options_of("watch") if "watch" in given else {}),
        ("check", CHECK, CHECKING),
        ("course", COURSE, TAKING),
        ("demo", DEMO, {"name": dict(nargs="?", help="the demo to run")}),
    ):
        command = commands.add_parser(name, description=about, formatter_class=raw, help=about.split("\n")[0])
        command.set_defaults(run=pass_by_name(name), parser=command)
        for names, more in arguments.items():
            command.add_argument(*names.split(), **more)
    command = commands.add_parser(
        "completion", description=COMPLETION, formatter_class=raw, help=COMPLETION.split("\n")[0]
    )
    command.set_defaults(run=run_completion, parser=command)
    command.add_argument("shell", choices=SHELLS, help="the shell that is to know them")
    top.commands = commands.choices
    return top


def options_of(command: str) -> dict[str, dict[str, Any]]:
    """Import what the library has to choose from."""
    from .choices import TRAINING, WATCHING

    return TRAINING if command == "train" else WATCHING


def pass_by_name(command: str) -> Callable[[argparse.Namespace], int | None]:
    """Return a function of the parsed arguments that gives them by their names to what does the command."""

    def run(options: argparse.Namespace) -> int | None:
        from . import commands, course

        work = getattr(course if command == "course" else commands, command)
        others = ("run", "parser", "version")
        code: int | None = work(**{name: value for name, value in vars(options).items() if name not in others})
        return code

    return run


def parse_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    """Parse the arguments; those of the form name=number may stand anywhere after the expression."""
    program = parser(arguments)
    spaced = [re.sub(r"^-(?=[^-oh])", " -", argument) for argument in arguments]  # -x**2 is no option
    options, more = program.parse_known_args(spaced)
    for argument in more:
        if argument.startswith("-"):
            options.parser.error(f"unknown option {argument}")
        if not hasattr(options, "values"):
            options.parser.error(f"unexpected argument {argument!r}")
        options.values.append(argument)
    return options


class Version(argparse.Action):
    """Print the version, the build and which Graphviz draws here, and stop."""

    def __call__(self, parser: argparse.ArgumentParser, *rest: Any) -> None:  # noqa: D102 (argparse says)
        from ..draw.render import renderer

        try:
            drawn_by = renderer()
        except RenderError as error:
            drawn_by = f"no renderer: {error}"
        build = "compiled" if COMPILED else "pure"
        print(f"microgradnn {__version__} ({build}), Python {sys.version.split()[0]}, {drawn_by}")
        parser.exit()


def run_draw(options: argparse.Namespace) -> None:
    """Print every node and write the picture; or print the tree instead."""
    from ..draw import draw

    graph = read(options)
    wrt = find_wrt(graph, options.wrt)
    if graph.output.kind != "constant":  # a number, to which no gradient comes
        graph.output.backward()
    drawing = draw(
        graph.output,
        fold=split(options.fold),
        unfold=split(options.unfold),
        depth=options.depth,
        focus=split(options.focus) or None,
        around=options.around,
        radius=options.radius,
        top=options.top,
        constants=options.constants,
        most=options.most,
        direction=options.direction,
    )
    output = options.output or ("" if options.text else default_file(graph.output.name))
    if options.animate:
        if Path(output).suffix.lower() != ".svg":
            raise ValueError(f"--animate writes an SVG; got -o {output}" if output else "--animate writes: give -o too")
        writable(output)
        write(output, drawing.animate(seconds=options.seconds).encode())
    elif output:
        drawing.save(output)
    print(
        drawing.text() if options.text else draw(graph.output, most=WHOLE).table(only=wrt and [*wrt, graph.output.name])
    )
    if output:
        print(f"wrote {visible(output)}")
        if options.open:
            import webbrowser

            webbrowser.open(Path(output).resolve().as_uri())


def run_explain(options: argparse.Namespace) -> None:
    """Print the chain rule of each gradient that is asked for."""
    from ..formulas.explain import explain

    graph = read(options)
    leaves = [name for name, node in graph.names.items() if node.kind in ("input", "parameter")]
    wrt = find_wrt(graph, options.wrt) or leaves
    if not wrt:
        raise ValueError("there is nothing to differentiate by: the expression has no inputs")
    print("\n\n".join(str(explain(graph.output, graph.names[name])) for name in wrt))


def run_completion(options: argparse.Namespace) -> None:
    """Print the script by which a shell completes all commands."""
    top = parser(parser([]).commands)
    print(write_completion(top.commands, options.shell), end="")


def read(options: argparse.Namespace) -> Expression:
    """Build the graph of the text that the arguments name, or are."""
    from ..formulas.expression import LONGEST, expression

    values: dict[str, float] = {}
    for name, value in map(assignment, options.values):
        if name in values:
            raise ValueError(f"{name!r} was given two values: {values[name]:g} and {value:g}")
        values[name] = value
    text: str = options.expression
    if text == "-":
        if sys.stdin is None:
            raise ValueError("standard input is closed; give the expression, or a file with it")
        return expression(sys.stdin.read(LONGEST + 2).removeprefix("\ufeff"), values)
    if is_file(text):
        with open_ordinary(text, 4 * LONGEST + 3) as file:
            try:
                return expression(file.read().decode("utf-8-sig"), values)
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


def split(names: str | None) -> list[str]:
    """Return the names in 'a, b', as the reader of expressions takes them."""
    return [normalize("NFKC", name.strip()) for name in (names or "").split(",") if name.strip()]


def find_wrt(graph: Expression, names: str | None) -> list[str]:
    """Split --wrt, and look whether the expression has these names."""
    wrt = split(names)
    for name in wrt:
        if name not in graph.names:
            raise ValueError(f"--wrt: the expression has no {name!r}; it has {', '.join(graph.names)}")
    return wrt


def default_file(name: str) -> str:
    """The file for the picture of an output: 'J.svg'."""
    return re.sub(r"\W", "_", name)[:100] + ".svg"


def silence() -> None:
    """Give up standard output, so that Python does not complain of it when it ends."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program and return its exit code: 0 fine, 1 the mathematics failed or is wrong, 2 bad usage."""
    if sys.stdout is None:
        return complain(ValueError("standard output is closed; to print nothing, write to /dev/null"), USAGE)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a "?" for ∂ where there is no ∂
    try:
        arguments = sys.argv[1:] if arguments is None else arguments
        if not arguments:
            print(FIRST_SCREEN, end="", flush=True)
            return FINE
        options = parse_arguments(arguments)
        with warnings.catch_warnings():
            warnings.showwarning = note  # type: ignore[assignment] # which takes the place in the code too
            code: int | None = options.run(options)
        sys.stdout.flush()
        return code or FINE
    except BrokenPipeError:  # the reader of the pipe, such as `head`, has had enough
        silence()
        return FINE
    except (DomainError, AnomalyError) as error:
        return complain(error, MATHEMATICS)
    except (RenderError, ValueError, TypeError, OSError, ImportError, MemoryError) as error:
        if (
            isinstance(error, OSError) and error.errno == ENOSPC and error.filename is None
        ):  # what is printed goes there
            silence()
        return complain(error, USAGE)
    except KeyboardInterrupt:
        return complain(InterruptedError("interrupted"), INTERRUPTED)
