"""Lines of a listing as a module: its functions, helpers, imports and checks of shapes."""

from __future__ import annotations

import ast
import copy
import re
import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..graph import topological
from ..rules import numerics
from .carried import is_own, source_of
from .listing import Line, Listing
from .shapes import Dim
from .spelling import FACTORS, Style, shape_text
from .terms import Term
from .translation import numeric_functions


def all_floats(terms: Sequence[Term]) -> bool:
    """Whether plain Python gives a float for each, whatever the inputs, and no int such as a 3 that was written."""
    known: dict[Term, bool] = {}
    seen: set[Term] = set()
    for term in (one for root in terms for one in topological(root, seen)):
        inputs = [known[x] for x in term.inputs]
        if term.op is None:
            known[term] = term.value is None or isinstance(term.value, float)
        elif term.op.name in FACTORS:  # which may be written as a condition
            known[term] = False
        elif is_own(term.op):
            known[term] = True
        elif term.op.name == "where":
            known[term] = all(inputs[1:])
        elif term.op.name == "weigh":  # a 0 of the first's type, where that is 0
            known[term] = inputs[0]
        elif term.op.name in ("maximum", "minimum", "clip", "leaky_relu", "elu"):
            known[term] = all(inputs) and not any(float(x).is_integer() for x in term.op.held if term.op.name == "clip")
        else:
            known[term] = any(inputs) or term.op.name == "div"
    return all(known[term] for term in terms)


def function_source(
    name: str,
    arguments: Sequence[str],
    shapes: Mapping[str, tuple[int, ...]],
    lengths: Mapping[str, tuple[Dim, str]],
    forward: Sequence[Line],
    backward: Sequence[Line],
    result: str,
    gradients: Sequence[str] | None,
    listing: Listing,
) -> str:
    """Return a complete module: imports, helpers, and one function that returns the value and the gradients, if any."""
    body, back = [*map(str, forward)], [*map(str, backward)]
    used_names = names_in([*body, *back])
    sizes = [f"{m} = {x}.shape[1]" for m, (_, x) in lengths.items() if m in used_names]
    told = [f"{x} {shape_text(shapes[x])}" for x in arguments]
    together = "" if gradients is None else f", ({', '.join(gradients)}{',' if len(gradients) == 1 else ''})"
    doc = textwrap.wrap(f"Return {result}{together}. Shapes: {', '.join(told)}.", 100)
    lines = [f'"""{doc[0]}', *doc[1:]]
    lines[-1] += '"""'
    lines += [*sizes, *body, *([""] if back else []), *back, "", f"return {result}{together}"]
    needed = {key: function for key, function in listing.helpers.items() if key in used_names}
    return module_source(name, arguments, lines, needed, listing.style)


def step_source(source: str, result: str, inputs: Sequence[str], wrt: Sequence[str]) -> str:
    """Return the module of a value and its gradients as that of a step of gradient descent (course notes, C5).

    Its function `step` takes the inputs and α, and returns the value before, and θ − α dθ for each θ of `wrt`.
    """
    if inner := [name for name in wrt if name not in inputs]:
        raise ValueError(f"a step changes inputs, and {', '.join(inner)} is computed from others")
    rate = "learning_rate" if "learning_rate" not in inputs else "alpha"
    new = ", ".join(f"{x} - {rate} * d{x}" for x in wrt) + ("," if len(wrt) == 1 else "")
    before, _, _ = source.rpartition("\n    return ")
    start = [found.start() for found in re.finditer(r"(?m)^def ", before)][
        -1
    ]  # of the last function, after its helpers
    body = before[start:].split('"""\n', 1)[1]
    head = f"def step({', '.join([*inputs, rate])}):\n"
    doc = f'    """Take a step of gradient descent: return {result}, and the new {", ".join(wrt)}."""\n'
    return f"{before[:start]}{head}{doc}{body}\n    return {result}, ({new})\n"


def module_source(
    name: str,
    arguments: Sequence[str],
    lines: Sequence[str],
    helpers: Mapping[str, Callable[..., Any]],
    style: Style = "numpy",
) -> str:
    """Return a module with one function of these lines, what it imports and the helpers it needs."""
    body = textwrap.indent("\n".join(lines), "    ")
    own = [source_of(op, style) for op in helpers.values() if is_own(op)]  # type: ignore[arg-type]
    helpers = {key: function for key, function in helpers.items() if not is_own(function)}
    helpers |= {key: getattr(numerics, key) for _, needed in own for key in needed}
    parts = [*helper_sources(helpers), *(text for text, _ in own), f"def {name}({', '.join(arguments)}):\n{body}\n"]
    code = "\n\n\n".join(parts)
    imports = [
        f"import {module}{alias}" for module, alias in (("math", ""), ("numpy", " as np")) if needs_import(module, code)
    ]
    return "\n".join(imports) + ("\n\n\n" if imports else "") + code


def names_in(lines: Sequence[str]) -> set[str]:
    """Return the names that occur in lines of code."""
    return {x.id for x in ast.walk(ast.parse("\n".join(lines))) if isinstance(x, ast.Name)}


def needs_import(module: str, code: str) -> bool:
    """Whether code needs a module."""
    return ("np." if module == "numpy" else "math.") in code


def helper_sources(helpers: Mapping[str, Callable[..., Any]]) -> list[str]:
    """Return the source of helpers, and of what they need, under the names of their rows."""
    table = numeric_functions()
    homes = {id(function): name for name, function in vars(numerics).items() if name in table}
    names = {homes[id(function)]: name for name, function in helpers.items() if id(function) in homes}
    order: list[str] = []

    def need(name: str) -> None:
        if name in order or name not in table:
            return
        own = {x.id for x in ast.walk(table[name]) if isinstance(x, ast.Name) and isinstance(x.ctx, ast.Store)}
        for x in ast.walk(table[name]):
            if isinstance(x, ast.Name) and x.id not in own and x.id in table:
                taken = x.id in [told for home, told in names.items() if home != x.id]  # by the row's form for arrays
                names.setdefault(x.id, f"{x.id}_scalar" if taken else x.id)
                need(x.id)
        order.append(name)

    for name in list(names):
        need(name)
    return [plain_source(table[name], names) for name in order]


def plain_source(statement: ast.stmt, names: Mapping[str, str]) -> str:
    """Return a function without annotations, and with the names that it has here."""

    class Renaming(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.Name:
            return ast.Name(names.get(node.id, node.id), node.ctx)

        def visit_arg(self, node: ast.arg) -> ast.arg:
            return ast.arg(node.arg)

        def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
            self.generic_visit(node)
            node.name, node.returns = names.get(node.name, node.name), None
            return node

        def visit_AnnAssign(self, node: ast.AnnAssign) -> Any:
            self.generic_visit(node)
            return ast.Assign([node.target], node.value, lineno=0) if node.value else None

    return ast.unparse(ast.fix_missing_locations(Renaming().visit(copy.deepcopy(statement))))
