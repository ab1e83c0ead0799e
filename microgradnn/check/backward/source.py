"""The source of the user's functions: quoted, read, and rebuilt with an edit.

Nothing that was printed is parsed again: what is parsed here is what the user wrote.
"""

from __future__ import annotations

import ast
import copy
import dis
import functools
import inspect
import sys
import sysconfig
import textwrap
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import CellType, CodeType, FrameType, FunctionType
from typing import Any

import numpy as np

from .structure import is_object, parts

OWN = str(Path(__file__).parents[2])
LIBRARIES = tuple({sysconfig.get_paths()[key] for key in ("stdlib", "platstdlib", "purelib", "platlib")})
LONGEST_NAME = 60
MODULES = ("np", "numpy", "xp", "cp", "jnp")
SAME = (
    "array",
    "asarray",
    "asanyarray",
    "copy",
    "squeeze",
    "float",
    "clip",
    "ravel",
    "flatten",
    "reshape",
    "atleast_2d",
)


@dataclass
class Source:
    """A function of the user's, and its syntax tree with the line numbers of its file."""

    function: FunctionType
    tree: ast.FunctionDef
    lines: dict[int, str]
    changed: bool = False  # the tree is no longer that of the function


def function_of(call: Any) -> FunctionType | None:
    """Return the Python function that a callable runs, if it is one."""
    if isinstance(call, functools.partial):
        return function_of(call.func)
    if inspect.ismethod(call):
        return function_of(call.__func__)
    if isinstance(call, FunctionType):
        return function_of(inspect.unwrap(call)) if hasattr(call, "__wrapped__") else call
    if is_object(call):
        return function_of(vars(type(call)).get("__call__"))
    return None


def read_source(function: FunctionType) -> Source | None:
    """Return the source of a function, or None: a lambda, or nothing to be had."""
    try:
        lines, first = inspect.getsourcelines(function)
        tree = ast.parse(textwrap.dedent("".join(lines))).body[0]
    except (OSError, TypeError, SyntaxError, IndexError):
        return None
    if not isinstance(tree, ast.FunctionDef) or tree.name != function.__code__.co_name:
        return None
    first = max(first, 1)
    ast.increment_lineno(tree, first - 1)
    tree.decorator_list = []
    return Source(function, tree, {first + i: line.rstrip() for i, line in enumerate(lines)})


def return_names(call: Any) -> list[str] | None:
    """Return the names of what a function returns, as its last return statement has them; '' where there is none."""
    function = function_of(call)
    return last_return(function) if function is not None else None


@functools.lru_cache(maxsize=256)
def last_return(function: FunctionType) -> list[str] | None:
    """Return the names in the last return statement of a function, which nobody changes."""
    source = read_source(function)
    if source is None:
        return None
    own = [node for node in walk_own(source.tree) if isinstance(node, ast.Return) and node.value is not None]
    if not own or own[-1].value is None:
        return None
    value: ast.expr = own[-1].value
    if isinstance(value, ast.Name):  # result = (dX, dW); return result
        for node in walk_own(source.tree):
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Tuple):
                if ast.unparse(node.targets[0]) == ast.unparse(own[-1].value):
                    value = node.value
    several = isinstance(value, (ast.Tuple, ast.List))
    elements = value.elts if isinstance(value, (ast.Tuple, ast.List)) else [value]
    if not several and isinstance(value, ast.Dict):
        return None
    return [name_in(element) for element in elements]


def name_in(node: ast.expr) -> str:
    """Return the name that an element of a return statement is known by: dW, grads['dW'], dW / m, np.array(dW)."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return name_in(node.value) if node.attr in ("T", "real") else node.attr
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
        return node.slice.value
    if isinstance(node, ast.Subscript) and not isinstance(node.slice, ast.Constant):  # hs[len(inputs) - 1]
        return name_in(node.value) + "_"
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        return name_in(node.left)
    if isinstance(node, ast.UnaryOp):
        return name_in(node.operand)
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Mult, ast.Add)):  # dW + reg * W
        named = (name_in(node.left), name_in(node.right))
        sides = [side for side in named if side[:1] == "d" or side.startswith("grad") or side == "g"]  # and not gamma
        return sides[0] if len(sides) == 1 else ""
    if isinstance(node, ast.Call) and isinstance(node.func, (ast.Name, ast.Attribute)):
        called = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
        if called in SAME and isinstance(node.func, ast.Attribute) and name_in(node.func.value) not in MODULES:
            return name_in(node.func.value)
        return name_in(node.args[0]) if called in SAME and node.args else ""
    return ""


def walk_own(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a function in order, those of functions inside it left out."""
    for child in ast.iter_child_nodes(tree):
        yield child
        if not isinstance(child, (ast.FunctionDef, ast.Lambda, ast.ClassDef)):
            yield from walk_own(child)


# --- the functions that a backward pass is made of ----------------------------------------------------


def is_users(function: Any) -> bool:
    """Whether a function was written by the user, rather than by a library or by us."""
    if not isinstance(function, FunctionType):
        return False
    file = function.__code__.co_filename
    site = "site-packages" in file or "dist-packages" in file
    return not (site or file.startswith(OWN) or (file.startswith(LIBRARIES) and not site))


class Family:
    """The user's functions that a callable reaches, which can be rebuilt with one of them edited."""

    def __init__(self, root: Any, objects: Sequence[Any] = ()) -> None:
        self.root = root
        self.classes = list(dict.fromkeys(type(x) for x in objects))
        self.functions: list[FunctionType] = []
        first = function_of(root)
        if first is not None and is_users(first):
            self.reach(first)
        self.stash: dict[str, Any] = {}
        self.sources = [source for source in map(read_source, self.functions) if source is not None]

    def reach(self, function: FunctionType) -> None:
        """Add a function and what it calls."""
        if function in self.functions:
            return
        self.functions.append(function)
        names = all_names(function.__code__)
        cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
        for name in names:
            found = [function.__globals__.get(name)]
            if name in cells:
                found = [contents(cells[name])]
            found += [vars(base)[name] for kind in self.classes for base in kind.__mro__ if name in vars(base)]
            for other in found:
                reached = function_of(other.fget if isinstance(other, property) else getattr(other, "__func__", other))
                if reached is not None and is_users(reached):
                    self.reach(reached)

    def rebuild(self, edited: Source | None) -> Rebuilt:
        """Return the functions once more, with the tree of one of them as it stands now."""
        spaces: dict[int, dict[str, Any]] = {}
        made: dict[FunctionType, FunctionType] = {}
        cells: list[tuple[CellType, Any]] = []
        for function in self.functions:
            if id(function.__globals__) not in spaces:
                spaces[id(function.__globals__)] = {**function.__globals__, "__stash__": self.stash.update}
            space = spaces[id(function.__globals__)]
            source = next((s for s in self.sources if s.function is function), None)
            changed = source is not None and (source is edited or source.changed)
            code = code_of(source) if changed and source is not None else function.__code__
            old = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
            closure = tuple(CellType() for _ in code.co_freevars)
            cells += [(new, old.get(name)) for new, name in zip(closure, code.co_freevars, strict=True)]
            copy = FunctionType(code, space, function.__name__, function.__defaults__, closure)
            copy.__kwdefaults__ = function.__kwdefaults__
            copy.__dict__.update(vars(function))
            made[function] = copy
        for cell, before in cells:
            value = contents(before) if before is not None else None
            cell.cell_contents = made.get(value, value) if isinstance(value, FunctionType) else value
        for space in spaces.values():
            for name, value in space.items():
                if isinstance(value, FunctionType) and value in made:
                    space[name] = made[value]
        return Rebuilt(made, self.classes)


class Rebuilt:
    """Functions that take the place of others."""

    def __init__(self, made: dict[FunctionType, FunctionType], classes: Sequence[type]) -> None:
        self.made = made
        self.classes: dict[type, type] = {}
        for kind in classes:
            own: dict[str, Any] = {}
            for base in reversed(kind.__mro__):
                for name, value in vars(base).items():
                    if isinstance(value, FunctionType) and value in made:
                        own[name] = made[value]
                    elif isinstance(value, staticmethod) and value.__func__ in made:
                        own[name] = staticmethod(made[value.__func__])
            if own:
                self.classes[kind] = type(kind.__name__, (kind,), own)

    def dress(self, x: Any, seen: set[int] | None = None) -> None:
        """Give the objects in x the classes with the edited methods."""
        seen = set() if seen is None else seen
        if id(x) in seen or not (isinstance(x, (list, tuple, dict)) or is_object(x)):
            return
        seen.add(id(x))
        if type(x) in self.classes:
            x.__class__ = self.classes[type(x)]
        for _, part in parts(x):
            self.dress(part, seen)

    def of(self, call: Any) -> Any:
        """Return the function that takes the place of a callable."""
        if isinstance(call, functools.partial):
            return functools.partial(self.of(call.func), *call.args, **call.keywords)
        if inspect.ismethod(call):
            function = function_of(call)
            return self.made[function].__get__(call.__self__) if function in self.made else call
        return self.made.get(call, call) if isinstance(call, FunctionType) else call


GLOBALS = ("LOAD_GLOBAL", "LOAD_NAME")


def contents(cell: CellType) -> Any:
    """Return what is in a cell, or None while it is empty."""
    try:
        return cell.cell_contents
    except ValueError:
        return None


@functools.cache
def global_names(code: CodeType) -> list[str]:
    """Return the globals that a function reads, and no names of attributes."""
    return list(dict.fromkeys(str(i.argval) for i in dis.get_instructions(code) if i.opname in GLOBALS))


def all_names(code: CodeType) -> list[str]:
    """Return the names that a function, or one inside it, looks up."""
    names = [*code.co_names, *code.co_freevars]
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            names += all_names(constant)
    return list(dict.fromkeys(names))


def code_of(source: Source) -> CodeType:
    """Compile the tree of a function as it stands; its free variables stay free."""
    free = source.function.__code__.co_freevars
    body: ast.stmt = source.tree
    if free:
        body = ast.parse(f"def outer({', '.join(free)}):\n    pass").body[0]
        assert isinstance(body, ast.FunctionDef)
        body.body = [source.tree]
    module = ast.Module([body], [])
    code = compile(module, source.function.__code__.co_filename, "exec", dont_inherit=True)
    for name in ["outer", source.tree.name] if free else [source.tree.name]:  # its annotations may be code too
        code = next(constant for constant in code.co_consts if getattr(constant, "co_name", "") == name)
    return code


def rebuild_function(source: Source, more: dict[str, Any]) -> FunctionType:
    """Return a function with its tree as it stands, and more global names."""
    old = source.function
    free = dict(zip(old.__code__.co_freevars, old.__closure__ or (), strict=True))
    code = code_of(source)
    closure = tuple(free[name] for name in code.co_freevars)
    new = FunctionType(code, {**old.__globals__, **more}, old.__name__, old.__defaults__, closure)
    new.__kwdefaults__ = old.__kwdefaults__
    return new


def keep_locals(source: Source) -> None:
    """Let a function hand its variables to __stash__ before it returns."""
    call = ast.Call(ast.Name("locals", ast.Load()), [], [])
    stash = ast.Expr(ast.Call(ast.Name("__stash__", ast.Load()), [call], []))

    def visit(body: list[ast.stmt]) -> None:
        for i in range(len(body) - 1, -1, -1):
            if isinstance(body[i], ast.Return):
                body.insert(i, ast.fix_missing_locations(ast.copy_location(copy.deepcopy(stash), body[i])))
                continue
            for name in ("body", "orelse", "finalbody"):
                if isinstance(getattr(body[i], name, None), list) and not isinstance(body[i], ast.FunctionDef):
                    visit(getattr(body[i], name))

    visit(source.tree.body)
    if not isinstance(source.tree.body[-1], ast.Return):
        last = ast.copy_location(copy.deepcopy(stash), source.tree.body[-1])
        source.tree.body.append(ast.fix_missing_locations(last))
    source.changed = True


# --- what stood in the names while it ran -------------------------------------------------------------

Scope = dict[str, Any]  # of expressions such as A1, cache['Z1'], self.W: arrays and numbers


@contextmanager
def watch(
    functions: Sequence[FunctionType], into: dict[tuple[CodeType, int], Scope], known: Sequence[str] = ()
) -> Iterator[None]:
    """Record what the names stand for before each line of these functions runs, when it runs for the first time.

    `known` names globals that forward reads, if backward does not.

    Under the number of a line with a minus stands what is there when it was run.
    """
    codes = {function.__code__ for function in functions}
    reads = {function.__code__: subscripts(function) for function in functions}
    last: dict[FrameType, int] = {}

    def local(frame: FrameType, event: str, argument: Any) -> Any:
        code, line, before = frame.f_code, frame.f_lineno, last.get(frame)
        new_line = event == "line" and (code, line) not in into
        new_after = before is not None and (code, -before) not in into
        if new_line or new_after:
            found = take(frame, reads[code], known)
            if new_line:
                into[code, line] = found
            if new_after and before is not None:
                into[code, -before] = found
        if event == "line":
            last[frame] = line
        elif event == "return":
            last.pop(frame, None)
            into[code, -1] = take(frame, reads[code], known) | name_returned(argument)
        return local

    def outer(frame: FrameType, event: str, argument: Any) -> Any:
        return local if frame.f_code in codes else None

    before = sys.gettrace()
    sys.settrace(outer)
    try:
        yield
    finally:
        sys.settrace(before)


def name_returned(value: Any) -> Scope:
    """Return what a function returned, under "return" or, of several, "return 0" and so on."""
    several = isinstance(value, (tuple, list))
    named = [(f"return {i}", x) for i, x in enumerate(value)] if several else [("return", value)]
    return {name: x for name, x in named if isinstance(x, np.ndarray)}


PLAIN = (
    ast.Subscript,
    ast.Name,
    ast.Constant,
    ast.UnaryOp,
    ast.USub,
    ast.BinOp,
    ast.Add,
    ast.Sub,
    ast.Load,
    ast.Attribute,
)


@dataclass
class Read:
    """A subscript that a function reads, hs[t - 1]: what it is of, and the place in it."""

    text: str
    of: str
    container: CodeType
    place: CodeType


def subscripts(function: FunctionType) -> list[Read]:
    """Return the subscripts in a function that nothing but names and numbers stand in, those of others after these."""
    source = read_source(function)
    found: dict[str, Read] = {}
    for node in ast.walk(source.tree) if source is not None else ():
        if isinstance(node, ast.Subscript) and all(isinstance(part, PLAIN) for part in ast.walk(node)):
            text, of = ast.unparse(node), ast.unparse(node.value)
            if isinstance(node.ctx, ast.Load) and len(text) < LONGEST_NAME:
                codes = [compile(part, "<subscript>", "eval") for part in (of, ast.unparse(node.slice))]
                found[text] = Read(text, of, *codes)
    return sorted(found.values(), key=lambda read: len(read.text))


def value_of(read: Read, known: dict[str, Any], frame: FrameType) -> Any:
    """Return what a subscript gives, or None; a dict that makes what is missing is not asked for that."""
    try:
        inner = "[" in read.of  # x[i][j]: x[i] was read before
        box = known.get(read.of) if inner else eval(read.container, frame.f_globals, frame.f_locals)
        place = eval(read.place, frame.f_globals, frame.f_locals)  # the user's own expressions, and no call in them
        known[read.text] = None if box is None or (isinstance(box, dict) and place not in box) else box[place]
    except Exception:  # not there yet
        return None
    return known[read.text]


def take(frame: FrameType, more: Sequence[Read] = (), known: Sequence[str] = ()) -> Scope:
    """Return the arrays and numbers that the names of a frame stand for, those in dicts and objects too."""
    found: Scope = {}
    names = (*frame.f_code.co_names, *known)
    reads = {name: frame.f_globals[name] for name in names if name in frame.f_globals}
    for name, value in {**reads, **frame.f_locals}.items():
        for text, x in reachable(name, value, 2):
            if isinstance(x, (np.ndarray, np.generic, int, float)) and not isinstance(x, bool):
                found[text] = np.asarray(x)
    read: dict[str, Any] = {}
    for one in more:
        x = value_of(one, read, frame)
        if isinstance(x, (np.ndarray, np.generic, int, float)) and not isinstance(x, bool):
            found.setdefault(one.text, np.asarray(x))
    return found


def reachable(text: str, x: Any, depth: int) -> Iterator[tuple[str, Any]]:
    """Yield x and what can be read from it by a key, an index or an attribute, with the code that reads it."""
    yield text, x
    if depth and (isinstance(x, (dict, list, tuple)) or is_object(x)):
        for token, part in list(parts(x))[:40]:
            shown = f"{text}[{token!r}]" if isinstance(x, dict) or isinstance(token, int) else f"{text}.{token}"
            if len(shown) < LONGEST_NAME and not isinstance(part, Callable):  # type: ignore[arg-type]
                yield from reachable(shown, part, depth - 1)
