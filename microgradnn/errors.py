"""The exceptions of microgradnn, and what is said of a call that does not fit.

ValueError
├── DomainError              an operation has no real value at its operands
│   └── PoleError            … because it would divide by zero (a ZeroDivisionError too)
├── ShapeError               arrays do not fit together
│   └── OutOfRangeError      … because an index is beyond the end of an axis (an IndexError too)
├── ExpressionError          a text is not an expression that can be read
└── ModelFileError           a file is not a network that was saved, or was damaged since
FloatingPointError
└── AnomalyError             a number stopped being finite while detect_anomaly() watched
    └── DivergedError        … or the cost did, in training
RuntimeError
├── GuardError               a compiled function would take another branch
└── RenderError              a drawing could not be laid out
    └── RendererMissing      … because the program that would do it is not installed
AttributeError
└── NoSuchAttribute          a name that a node does not have; the message has the nearest that it has
UserWarning
└── RankOneWarning           a Tensor was made from an array of shape (n,), neither row nor column
"""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Final, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class DomainError(ValueError):
    """An operation has no real value at its operands: log(−1), sqrt(−1), (−8)**(1/3)."""


class PoleError(DomainError, ZeroDivisionError):
    """A division by zero, where there is not even a limit: 1/0, 0**−1."""


class ShapeError(ValueError):
    """Arrays that do not fit together; the message gives the shapes, the nodes' names and a way out."""


class OutOfRangeError(ShapeError, IndexError):
    """An index beyond the end of an axis, or for more axes than there are."""


class GuardError(RuntimeError):
    """A compiled function met inputs for which it would take another branch than the one that was recorded."""


class ExpressionError(ValueError):
    """A text that is not an expression; the message gives line, column and a way out."""


class ModelFileError(ValueError):
    """A file that is no network that was saved here, or was damaged since; the message says which, and where."""


class AnomalyError(FloatingPointError):
    """A value or a gradient stopped being finite; the message says where, and how it came to be."""


class DivergedError(AnomalyError):
    """The cost stopped being finite in training; the message names the layer, the step and ways out.

    `history` is the course of training until then, an `nn.History`.
    """

    history: object = None


class RenderError(RuntimeError):
    """A drawing could not be laid out; the message gives the renderer's own words."""


class RendererMissing(RenderError):
    """The program that this format needs is not installed; the message says what to install."""


MEANT: Final = {
    "gradient": "grad",
    "gradients": "grad",
    "derivative": "grad",
    "value": "data",
    "val": "data",
    "numpy": "data",
    "size": "data",
    "dim": "ndim",
    "dims": "ndim",
    "backprop": "backward",
    "children": "inputs",
    "parents": "inputs",
    "previous": "inputs",
    "grad_fn": "op",
    "sig": "sigmoid",
    "ln": "log",
    "swish": "silu",
    "visualize": "draw",
}
# What peers have under a name, and what is written here; of a Value only those of the first kind.
ON_CPU: Final = "leave it out: all is computed by NumPy, on the CPU"
LEAVES: Final = 'leave it out: every leaf has a gradient, but for Value(x, kind="constant") and what a.detach() gives'
WORDS: Final = {
    **dict.fromkeys(("requires_grad", "requires_grad_", "retain_grad", "retains_grad"), LEAVES),
    **dict.fromkeys(("cpu", "cuda", "to", "device", "gpu", "get"), ON_CPU),
    **dict.fromkeys(("is_leaf",), "write a.op is None"),
    **dict.fromkeys(("assign", "assign_", "copy_", "fill_", "zero_", "set"), "write a.data = …"),
    **dict.fromkeys(("clone", "copy"), "write a + 0 for a node with the same gradient, or copy.copy(a)"),
    "add": "write a + b",
    "sub": "write a - b",
    "mul": "write a * b",
    "div": "write a / b",
    "pow": "write a ** b",
    "neg": "write -a",
    "abs_": "write abs(a)",
    "square": "write a ** 2",
    "reciprocal": "write 1 / a",
    **dict.fromkeys(("step", "optimizer", "optimiser"), "nodes are changed by an optimiser of microgradnn.nn"),
    **dict.fromkeys(("eval", "run"), "write a.data: it is computed already"),
}
WORDS_OF_ARRAYS: Final = {
    **dict.fromkeys(("view", "resize", "unsqueeze", "squeeze", "flatten", "expand_dims"), "write a.reshape(…)"),
    **dict.fromkeys(("permute", "swapaxes", "t"), "write a.transpose(…), or a.T"),
    **dict.fromkeys(("mm", "bmm", "matmul", "dot"), "write a @ b"),
    **dict.fromkeys(("argmax", "argmin", "argsort", "nonzero", "tolist", "round"), "write a.data.{name}()"),
    **dict.fromkeys(("all", "any"), "write (a > 0).{name}()"),
    **dict.fromkeys(("float", "double", "half", "astype", "type"), 'write Tensor(a.data, dtype="float32")'),
    "norm": "write (a**2).sum().sqrt()",
    "shape_": "write a.shape",
}


class NoSuchAttribute(AttributeError):
    """A name that a node does not have; the message, made when it is read, has the nearest that it has."""

    def __init__(self, owner: object, name: str) -> None:
        """Take whose name it is not."""
        super().__init__(owner, name, name=name, obj=None)  # with the owner as obj, Python would guess too

    def __str__(self) -> str:
        from difflib import get_close_matches  # 1 ms of an import

        owner, name = self.args
        known = [one for one in dir(owner) if not one.startswith("_")]
        meant = [one for one in [MEANT.get(name.lower(), "")] if one in known]
        words = WORDS.get(name) or (WORDS_OF_ARRAYS.get(name) if "shape" in known else "")
        meant = meant or ([] if words else get_close_matches(name.lower(), known, n=1, cutoff=0.7))
        guess = words or "dir() of it lists what it has"
        if not words and "shape" not in known and (name in WORDS_OF_ARRAYS or name in FOR_MANY):
            guess = "it is one number; an array is a Tensor, and of several Values there is microgradnn.sum([a, b])"
        guess = f"did you mean a.{meant[0]}?" if meant else guess.format(name=name)
        kind = owner if isinstance(owner, type) else type(owner)
        return f"a {kind.__name__} has no {name!r}; {guess}"


FOR_MANY: Final = {
    "shape",
    "ndim",
    "T",
    "sum",
    "mean",
    "max",
    "min",
    "std",
    "var",
    "prod",
    "reshape",
    "softmax",
    "dtype",
}


class RankOneWarning(UserWarning):
    """A Tensor was made from an array of shape (n,), which is neither a row nor a column (course notes, E6)."""


@contextmanager
def extra(name: str) -> Iterator[None]:
    """Within it a package that is missing is said to come with that extra of this one."""
    try:
        yield
    except ModuleNotFoundError as error:
        message = f"this needs the package {error.name}: pip install 'microgradnn[{name}]'"
        raise ModuleNotFoundError(message, name=error.name) from None


def with_words(words: Mapping[str, str]) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Return a decorator: a call with arguments that a function does not take is answered with what to write."""

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(function)
        def whole(*args: P.args, **options: P.kwargs) -> R:
            try:
                return function(*args, **options)
            except TypeError:
                if (words_of_call := explain_call(function, args, options, words)) is not None:
                    raise TypeError(words_of_call) from None
                raise

        setattr(whole, "answers", True)  # noqa: B010 (a function has no such attribute, for mypy)
        return whole

    return decorate


def explain_call(
    function: Callable[..., Any], args: Sequence[Any], options: Mapping[str, Any], words: Mapping[str, str]
) -> str | None:
    """Say which argument a function does not take, or lacks, and what to write; None where it takes them all."""
    try:
        signature = inspect.signature(function)
        signature.bind(*args, **options)
    except ValueError:  # it does not tell what it takes
        return None
    except TypeError as error:
        names = [name for name in signature.parameters if name != "self"]
        from difflib import get_close_matches  # as above

        called = function.__qualname__.removesuffix(".__init__")
        if len(names) < len(signature.parameters) and function.__name__ != "__init__" and args:
            called = f"{type(args[0]).__name__}.{function.__name__}"  # of what it is called on, not of where it stands
        for name in options:
            if name not in names:
                near = [words[name]] if name in words else get_close_matches(name, names, n=1, cutoff=0.6)
                advice = f"write {near[0]}" if near else f"choose from {', '.join(names)}" if names else "leave it out"
                return f"{called} takes no {name!r}; {advice}"
        takes = [p for p in signature.parameters.values() if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
        listed = f"{called}({write_parameters(signature)})"
        if "too many" in str(error):
            others = "; what follows * is given by name" if "*" in listed else ""
            return f"{listed}: got {' '.join(repr(args[len(takes)]).split()):.60} besides{others}"
        return f"{listed}: {error}"
    return None


def write_parameters(signature: inspect.Signature) -> str:
    """Write the names of what a function takes, after a * what is only given by name."""
    found, named = list[str](), False
    for name, one in signature.parameters.items():
        if one.kind is one.KEYWORD_ONLY and not named:
            found, named = [*found, "*"], True
        if name != "self":
            found.append(name)
    return ", ".join(found)


KEPT: Final = "nothing: a graph is kept as long as somebody holds it"
OF_NODES: Final = {
    **dict.fromkeys(("dim", "dims", "axes"), "axis"),
    **dict.fromkeys(("keepdim", "keep_dims"), "keepdims"),
    **dict.fromkeys(("unbiased", "correction"), "ddof=1"),
    **dict.fromkeys(("gradient", "grad_tensors", "grad"), "seed"),
    **dict.fromkeys(("retain_graph", "retain_variables"), KEPT),
}


def answer_calls(door: dict[str, Any], *, methods: bool = True) -> None:
    """Have the functions of a room, its classes and their methods say in words which argument they do not take.

    What takes any argument answers itself. A call takes 0.2 µs more: operations on Values stay as they are.
    """
    known: list[tuple[str, Any]] = [*door.items()]
    for name, one in known:
        home = sys.modules.get(str(getattr(one, "__module__", "")))
        if name.startswith("_") or not callable(one) or home is None or not home.__name__.startswith("microgradnn."):
            continue
        if inspect.isclass(one) and not issubclass(one, BaseException):
            node = "_held" in dir(one)
            for where in one.__mro__[: None if node else 1]:
                parts: list[tuple[str, Any]] = [*vars(where).items()]
                if not where.__module__.startswith("microgradnn.") or where.__module__.endswith(".value_methods"):
                    continue
                for key, method in parts:
                    called = not key.startswith("_") if methods or node else False
                    if (called or (key == "__init__" and not node)) and is_answered(method):
                        setattr(where, key, with_words(OF_NODES if node else {})(method))
        elif is_answered(one) and name in vars(home):
            whole = with_words({})(one)
            door[name] = whole
            setattr(home, name, whole)


def open_later(
    door: dict[str, Any], homes: Mapping[str, str], *, rooms: str
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return a package's `__getattr__` and `__dir__`, which import a name's home, or a room, when first asked for it.

    homes are modules with the names that the door has of them. A room may be spoken of without an import of its own.
    """
    package: str = door["__name__"]
    modules = {name: f"{package}.{home}" for home, names in homes.items() for name in names.split()}

    def find(name: str) -> Any:
        if name in rooms.split():
            return import_module(f"{package}.{name}")
        if name not in modules:
            raise AttributeError(f"module {package!r} has no attribute {name!r}", name=name, obj=sys.modules[package])
        found = {name: getattr(import_module(modules[name]), name)}
        answer_calls(found, methods=False)
        door.update(found)
        return found[name]

    return find, lambda: sorted({*door, *modules, *rooms.split()})


def is_answered(function: Any) -> bool:
    """Whether more can be said of a call than Python does: not of what takes all, or answers already."""
    if not inspect.isroutine(function) or isinstance(function, (staticmethod, classmethod)):
        return False
    code = getattr(inspect.unwrap(function), "__code__", None)
    takes_all = inspect.CO_VARARGS | inspect.CO_VARKEYWORDS
    return not hasattr(function, "answers") and (code is None or code.co_flags & takes_all != takes_all)
