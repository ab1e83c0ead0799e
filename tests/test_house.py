"""The house: imports point downward, the public names are these, importing it is light."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import microgradnn

PACKAGE = Path(microgradnn.__file__).parent

# From the ground up. A module may import from the lines below its own, and from those to its left.
FLOORS = [
    "errors extras modes native",
    "limits",
    "graph numerics",
    "calculus copying paths structure walk",
    "sums",
    "steady",
    "arrays",
    "notation",
    "anomaly",
    "value tensor",
    "terms",
    "cancel",
    "ccode",
    "listing",
    "derive",
    "explain_arrays",
    "engine derivatives expression explain program tape",
    "cprogram lanes",
    "interpreter",
    "tapeprogram",
    "backends",
    "compiled",
    "draw.picture",
    "draw.dot draw.svg draw.text draw.render",
    "draw.drawing",
    "draw",
    "nn.activations nn.initialisation nn.losses nn.optimisers check.differences",
    "data.checks data.columns data.labels",
    "data.images data.scaling data.tables",
    "data.drawn data.examples data.h5",
    "data",
    "nn.layers nn.scalar nn.files nn.architecture nn.progress nn.plots nn.history",
    "nn.checkpoints nn.replayed",
    "nn.training",
    "nn.blocks nn.network nn.model",
    "nn check.replay check.blame check.strategies",
    "check.gradients",
    "check",
    "commands usage",
    "cli",
]
HEIGHT = {module: (floor, i) for floor, row in enumerate(FLOORS) for i, module in enumerate(row.split())}
FREE = {"__init__", "__main__", "draw._embedded"}  # the front door, the back door, and a program of its own
DOORS = {
    "microgradnn.draw",
    "microgradnn.explain",
    "microgradnn.derivatives",
}  # what Node opens when it is asked to show itself


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")


MODULES = {name_of(path): path for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE / "demos"}


def imports(module: str) -> set[str]:
    """The modules of the package that a module imports, those for type checkers left out."""
    found = set()
    home = module.split(".")[: 1 if MODULES[module].name == "__init__.py" else -1]
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
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


def test_every_module_has_its_floor() -> None:
    assert set(MODULES) - FREE == set(HEIGHT)


@pytest.mark.parametrize("module", HEIGHT)
def test_imports_point_downward(module: str) -> None:
    for target in imports(module) - {"__init__"}:
        assert HEIGHT[target] < HEIGHT[module], f"{module} imports {target}"


def test_only_the_command_line_asks_the_front_door() -> None:
    assert [module for module in HEIGHT if "__init__" in imports(module)] == ["cli"]


def test_the_only_way_up_is_through_the_doors_of_a_node() -> None:
    callers = {
        (module, ast.unparse(node.args[0]).strip("'"))
        for module, path in MODULES.items()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("import_module", "__import__")
    }

    assert callers == {("graph", door) for door in DOORS}


def test_the_public_names_are_these() -> None:
    names = """
        AnomalyError ArrayExplanation CompilerMissing Derivation DivergedError DomainError Explanation
        Expression ExpressionError GuardError ModelFileError PoleError Program RankOneWarning RenderError
        RendererMissing Result ShapeError Tensor Value acos acosh asin asinh atan atan2 atanh cbrt clip compiled
        concatenate cos cosh derive detect_anomaly dot elu erf erfc exp explain expm1 expression gelu grad
        hessian hvp hypot jacobian jvp leaky_relu log log2 log10 log1p logit logsumexp maximum mean minimum
        no_grad prod relu sigmoid sign silu sin sinh softplus sqrt stack tan tanh value_and_grad vjp where
    """
    assert microgradnn.__all__ == names.split()
    assert all(hasattr(microgradnn, name) for name in microgradnn.__all__)


def test_importing_it_is_light() -> None:
    program = "import sys, microgradnn; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    foreign = set(ran.stdout.split()) - set(sys.stdlib_module_names) - set(sys.builtin_module_names)

    of_others = ("__", "_virtualenv", "_distutils", "sitecustomize", "_cython", "cython")  # pip's, and an old NumPy's
    site = {name for name in foreign if name.startswith(of_others)}
    compiled = {name for name in foreign if name.endswith("__mypyc")}  # what mypyc makes of the core
    assert foreign - site - compiled == {"microgradnn", "numpy"}


def test_init_files_hold_names_only() -> None:
    for path in PACKAGE.rglob("__init__.py"):
        for statement in ast.parse(path.read_text(encoding="utf-8")).body:
            docstring = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
            assert docstring or isinstance(statement, (ast.ImportFrom, ast.Assign)), f"{path}: {ast.unparse(statement)}"


def test_the_package_is_typed() -> None:
    assert (PACKAGE / "py.typed").exists()
