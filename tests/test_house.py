"""The house: imports point downward, the public names are these, importing it is light."""

from __future__ import annotations

import ast
import builtins
import subprocess
import sys
import tomllib
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import microgradnn
from microgradnn.graph import OPS
from microgradnn.rules.arrays import ARRAY_OPS

PACKAGE = Path(microgradnn.__file__).parent

# Each room, the rooms it may import from, and the files in it: a file imports from those to its left.
CORE = "errors graph rules engine"
ROOMS = {
    "errors": ("", "errors"),
    "graph": ("errors", "native blocks operators node interval limits decisions op fold structure paths"),
    "rules": ("errors graph", "numerics calculus logistic arrays notation find operations"),
    "engine": (
        "errors graph rules",
        "disk processes modes copying anomaly masks conversion versions shape_errors pullbacks "
        "rearrange products statistics sliding polynomials elementwise numpy_names by_hand inheritance "
        "misspelt recording micrograd among_numbers pickles value_methods recorders higher_order value dots "
        "tensor_methods tensor derivatives",
    ),
    "formulas": (
        CORE,
        "expression facts shapes terms simplify book cancel translation c_source javascript_source carried spelling "
        "listing pullback source jax_source onnx_nodes onnx_arrays products latex names formula_graph exact derive "
        "live outputs numbers digits intervals reasons explain_arrays explain",
    ),
    "programs": (
        f"{CORE} formulas",
        "loading numpy.trace numpy.batch_sums numpy.inplace calls layout flat onnx torch program native.tape "
        "native.cases native.elementary native.code native.cache native.machine native.buffers native.program "
        "backends guards recording compiled function_backends functions",
    ),
    "draw": (
        f"{CORE} formulas",
        "metrics boxes ranks heat web fold alike select phrases groups sheet picture views dot svg text mermaid live "
        "shell page film tikz render fit convert drawing",
    ),
    "check": (
        f"{CORE} formulas",
        "differences replay rounding edges report judge functions recorded lookalike fast claims blame strategies "
        "gradients symptoms markup training questions "
        "backward.notation backward.structure backward.source backward.outside backward.reference backward.losses "
        "backward.calls backward.readings backward.passes backward.edits.syntax backward.edits.names "
        "backward.edits.editor "
        "backward.edits.factors backward.edits.terms backward.edits.values backward.edits.calls "
        "backward.edits.operators backward.edits.variables backward.edits.indices backward.edits.expressions "
        "backward.edits.loops backward.edits.statements backward.evidence backward.phrases "
        "backward.inner backward.diagnosis "
        "backward.pictures backward.report backward.variation backward.checks backward.files",
    ),
    "data": (CORE, "checks columns labels images scaling delimited frames tables encoding drawn examples h5"),
    "nn": (
        f"{CORE} formulas programs draw data",
        "words activations initialisation losses optimisers files plots progress layers torch onnx scalar metrics "
        "history stopping streams architecture checkpoints replayed watch.look watch.broadcast watch.page "
        "watch.recording watch.server watch.following training blocks network model evaluation rate_search "
        "watch.playground figures valleys schemes",
    ),
    "sklearn": ("errors engine data nn", "sklearn"),
    "cli": (
        f"{CORE} formulas programs draw check data nn",
        "usage choices commands exercises course completion console",
    ),
}
PLACE = {
    room if room == module else f"{room}.{module}": i
    for room, (_, modules) in ROOMS.items()
    for i, module in enumerate(modules.split())
}
FREE = {"__init__", "__main__", "draw._embedded"}  # the front door, the back door, and a program of its own
DOORS = {
    "microgradnn.draw",
    "microgradnn.formulas.explain",
    "microgradnn.engine.derivatives",
}  # what Node opens when it is asked to show itself


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")


MODULES = {name_of(path): path for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE / "demos"}


@cache
def tree_of(path: Path) -> ast.Module:
    """A file's source as a tree, read once."""
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def imports(module: str) -> set[str]:
    """The modules of the package that a module imports, those for type checkers left out."""
    found = set()
    home = module.split(".")[: 1 if MODULES[module].name == "__init__.py" else -1]
    tree = tree_of(MODULES[module])
    for_types = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level and id(node) not in for_types:
            base = [*home[: len(home) + 1 - node.level], *(node.module or "").split(".")]
            for alias in node.names:
                whole = ".".join(filter(None, [*base, alias.name]))
                found.add(whole if whole in MODULES else ".".join(filter(None, base)) or "__init__")
    return found


def test_every_file_has_its_room() -> None:
    assert {m for m, path in MODULES.items() if path.name != "__init__.py"} - FREE == set(PLACE)


def test_the_root_has_some_ten_names() -> None:
    shown = {path.name for path in PACKAGE.iterdir() if path.is_dir() or path.suffix == ".py"}
    doors = {name for name in shown if name.startswith("__")}

    assert shown - doors - {"demos"} == {
        f"{room}.py" if modules == room else room for room, (_, modules) in ROOMS.items()
    }


@pytest.mark.parametrize("module", PLACE)
def test_imports_point_one_way(module: str) -> None:
    room = module.partition(".")[0]
    for target in imports(module) - {"__init__"}:
        other = target.partition(".")[0]
        if other == room:
            assert target in PLACE, f"{module} imports from the door of its own room"
            assert PLACE[target] < PLACE[module], f"{module} imports {target}"
        else:
            assert other in ROOMS[room][0].split(), f"{module} imports {target}"


def test_only_the_command_line_asks_the_front_door() -> None:
    assert [module for module in PLACE if "__init__" in imports(module)] == ["cli.console"]


def test_no_function_hides_a_module_of_its_name() -> None:
    for name in MODULES:
        if name not in FREE:
            assert import_module(f"microgradnn.{name}").__name__ == f"microgradnn.{name}"
            home, _, leaf = name.rpartition(".")
            found = getattr(import_module(f"microgradnn.{home}" if home else "microgradnn"), leaf)
            assert found is sys.modules[f"microgradnn.{name}"], name


def test_the_only_way_up_is_through_the_doors_of_a_node() -> None:
    callers = {
        (module, ast.unparse(node.args[0]).strip("'"))
        for module, path in MODULES.items()
        if module != "errors"  # where the front door is told how to open
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("import_module", "__import__")
    }

    assert callers == {("graph.node", door) for door in DOORS}


def test_the_public_names_are_these_and_the_rows_of_the_table() -> None:
    names = """
        enclose exactly to_digits to_onnx
        AnomalyError ArrayExplanation ArrayOperation Derivation DivergedError DomainError Explanation
        Expression ExpressionError GuardError ModelFileError NoSuchAttribute Operation OutOfRangeError PoleError Program
        RankOneWarning RenderError RendererMissing Result ShapeError Tensor Value array_operation avg_pool2d compiled
        concatenate conv2d derive detect_anomaly einsum explain expression grad hessian hvp jacobian jvp max_pool2d
        no_grad operation stack value_and_grad vjp
    """
    both: list[Any] = [*OPS.values(), *ARRAY_OPS.values()]
    rows = {row.name for row in both if row.public and not hasattr(builtins, row.name)}
    assert sorted(microgradnn.__all__) == sorted({*names.split(), *rows})
    assert all(hasattr(microgradnn, name) for name in microgradnn.__all__)


def test_no_two_classes_have_one_name() -> None:
    names = [node.name for path in MODULES.values() for node in tree_of(path).body if isinstance(node, ast.ClassDef)]

    assert sorted(names) == sorted(set(names))


def test_importing_it_is_light() -> None:
    program = "import sys, microgradnn; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    rooms = {name.split(".")[1] for name in ran.stdout.split() if name.startswith("microgradnn.")}
    foreign = (
        {name.partition(".")[0] for name in ran.stdout.split()}
        - set(sys.stdlib_module_names)
        - set(sys.builtin_module_names)
    )

    of_others = ("__", "_virtualenv", "_distutils", "sitecustomize", "_cython", "cython")  # pip's, and an old NumPy's
    site = {name for name in foreign if name.startswith(of_others)}
    compiled = {name for name in foreign if name.endswith("__mypyc")}  # what mypyc makes of the core
    assert foreign - site - compiled == {"microgradnn", "numpy"}
    assert rooms == set(CORE.split())


def test_what_is_imported_when_it_is_asked_for_is_what_type_checkers_are_told() -> None:
    told = next(node for node in tree_of(PACKAGE / "__init__.py").body if isinstance(node, ast.If))
    lines = [line for line in told.body if isinstance(line, ast.ImportFrom)]

    assert len(lines) == len(told.body) > 10
    for line in lines:
        name = line.names[0].name
        assert getattr(microgradnn, name) is getattr(import_module(f"microgradnn.{line.module}"), name)
        assert name in dir(microgradnn)
    with pytest.raises(AttributeError, match="module 'microgradnn' has no attribute 'derivee'"):
        _ = microgradnn.derivee  # type: ignore[attr-defined] # it is not there


def test_init_files_hold_names_only() -> None:
    for path in PACKAGE.rglob("__init__.py"):
        for statement in tree_of(path).body:
            docstring = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
            if ast.unparse(statement).startswith("_answer_calls(globals()"):  # says in words how they are called
                continue
            for_types = isinstance(statement, ast.If) and ast.unparse(statement.test) == "TYPE_CHECKING"
            names = (ast.ImportFrom, ast.Assign)
            assert docstring or for_types or isinstance(statement, names), f"{path}: {ast.unparse(statement)}"


def test_all_is_every_extra_of_ours_and_the_release_is_one_everywhere() -> None:
    project = PACKAGE.parent / "pyproject.toml"
    if not project.exists():
        pytest.skip("the package is installed; its project is not here")
    about = tomllib.loads(project.read_text(encoding="utf-8"))["project"]
    extras = set(about["optional-dependencies"])
    citation = (PACKAGE.parent / "CITATION.cff").read_text(encoding="utf-8")

    (whole,) = about["optional-dependencies"]["all"]
    others = {"all", "browser", "dev", "docs", "jax", "test", "torch"}
    assert set(whole.partition("[")[2].rstrip("]").split(",")) == extras - others
    assert f"\nversion: {microgradnn.__version__}\n" in citation


def test_the_package_is_typed() -> None:
    assert (PACKAGE / "py.typed").exists()
