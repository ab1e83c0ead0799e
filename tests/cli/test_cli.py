"""The command line: what it prints and writes, and how it complains."""

from __future__ import annotations

import io
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import microgradnn
from microgradnn import RenderError
from microgradnn.cli.console import main, parse_arguments
from microgradnn.engine.value import COMPILED

J = ["J = 3*(a + b*c)", "a=5", "b=3", "c=2"]
STEPS = ["u = b*c; v = a + u; J = 3*v", "a=5", "b=3", "c=2"]
EXAM = Path(__file__).parents[2] / "demos" / "exam.mg"
Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run in an empty directory, since `draw` writes to where it is."""
    monkeypatch.chdir(tmp_path)


def run(*arguments: str) -> int:
    """The exit code of the program, whether it returns or leaves."""
    try:
        return main(arguments)
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else 1


def printed(capsys: Capture, *arguments: str) -> str:
    """What the program prints where all is well."""
    code = run(*arguments)
    out, err = capsys.readouterr()
    assert (code, err) == (0, "")
    return out


def complaint(capsys: Capture, *arguments: str, code: int = 2) -> str:
    """The one line of a complaint, without the name of the program."""
    found = run(*arguments)
    out, err = capsys.readouterr()
    assert (found, out) == (code, "")
    assert err.startswith("microgradnn: ")
    assert err.endswith("\n")
    assert err.count("\n") == 1
    return err.removeprefix("microgradnn: ").rstrip("\n")


def files() -> list[str]:
    return sorted(path.name for path in Path().iterdir())


def test_without_a_command_it_says_what_it_can_do_and_each_line_can_be_pasted(capsys: Capture) -> None:
    commands = [shlex.split(re.split(r"  +", line.strip())[0])[1:] for line in printed(capsys).splitlines()[2:]]
    assert [command[0] for command in commands] == ["draw", "draw", "explain", "check", "train", "course"]
    for command in commands[:3]:
        printed(capsys, *command)
    assert files() == ["J.html", "J.svg"]
    assert all(parse_arguments(command) for command in commands)


# --- draw ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "value"), [("2*3", "6"), ("y = 4", "4"), ("π", "3.142")])
def test_a_formula_without_inputs_is_drawn_with_its_value(capsys: Capture, text: str, value: str) -> None:
    assert f"value {value}" in printed(capsys, "draw", text, "--text")


def test_animate_writes_an_svg_that_moves_and_nothing_else(capsys: Capture) -> None:
    assert "wrote J.svg" in printed(capsys, "draw", *J, "--animate", "--seconds", "0.5")
    assert "@keyframes" in Path("J.svg").read_text("utf-8")
    assert complaint(capsys, "draw", *J, "--animate", "-o", "J.png") == "--animate writes an SVG; got -o J.png"
    assert "more than 0" in complaint(capsys, "draw", *J, "--animate", "--seconds", "0")


def test_what_draws_loads_no_network(capsys: Capture) -> None:
    program = "import sys; from microgradnn.cli.console import main; main(sys.argv[1:]); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program, "draw", *J, "--text"], capture_output=True, text=True)

    loaded = set(done.stdout.splitlines()[-1].split())
    assert not loaded & {"graphviz", "microgradnn.nn", "microgradnn.check", "microgradnn.data", "microgradnn.programs"}
    assert "microgradnn.draw.picture" in loaded


def test_draw_prints_every_node_in_forward_order_and_writes_the_picture(capsys: Capture) -> None:
    assert printed(capsys, "draw", *STEPS).splitlines() == [
        "node       operation  value  gradient",
        "3          constant       3        11",
        "a          input          5         3",
        "b          input          3         6",
        "c          input          2         9",
        "u = b × c  mul            6         3",
        "v = a + u  add           11         3",
        "J = 3 × v  mul           33         1",
        "wrote J.svg",
    ]


def test_the_picture_has_the_names_the_value_and_the_gradients_in_it(capsys: Capture) -> None:
    printed(capsys, "draw", *STEPS)

    svg = ElementTree.fromstring(Path("J.svg").read_text(encoding="utf-8"))
    words = " ".join(text for text in svg.itertext()).split()
    assert {"a", "b", "c", "u", "v", "J", "33", "3", "6", "9"} <= set(words)


def test_the_picture_is_named_for_the_output(capsys: Capture) -> None:
    printed(capsys, "draw", "ŷ = 2*x", "x=1")
    printed(capsys, "draw", "2*x", "x=1")

    assert files() == ["J.svg", "ŷ.svg"]


@pytest.mark.parametrize("suffix", ["svg", "dot", "txt", "SVG"])
def test_o_writes_the_format_of_the_ending_and_nothing_else(suffix: str, capsys: Capture) -> None:
    starts = {"svg": "<", "dot": "digraph", "txt": "J = 3 × t2"}[suffix.lower()]

    assert printed(capsys, "draw", *J, "-o", f"picture.{suffix}").endswith(f"\nwrote picture.{suffix}\n")

    assert files() == [f"picture.{suffix}"]
    text = Path(f"picture.{suffix}").read_text(encoding="utf-8")
    assert text.startswith(starts)
    assert "33" in text


@pytest.mark.parametrize("suffix", ["png", "pdf"])
def test_without_graphviz_png_and_pdf_say_what_to_install(
    suffix: str, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nodot")
    for extra in ("resvg_py", "svglib"):
        monkeypatch.setitem(sys.modules, extra, None)

    message = complaint(capsys, "draw", *J, "-o", f"J.{suffix}")

    assert message.startswith(f'{suffix} needs pip install "microgradnn[pictures]" (')
    assert "or Graphviz's dot, which is not on PATH (install Graphviz (Linux: apt " in message
    assert files() == []


@pytest.mark.skipif(shutil.which("dot") is None, reason="the system has no Graphviz")
@pytest.mark.parametrize("suffix", ["png", "pdf"])
def test_with_graphviz_png_and_pdf_are_written(suffix: str, capsys: Capture) -> None:
    printed(capsys, "draw", *J, "-o", f"J.{suffix}")

    assert Path(f"J.{suffix}").read_bytes()[:4] in (b"\x89PNG", b"%PDF")


def test_without_graphviz_the_svg_is_drawn_all_the_same(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nodot")

    assert printed(capsys, "draw", *J).endswith("wrote J.svg\n")
    assert Path("J.svg").read_text(encoding="utf-8").startswith("<svg")


def test_text_prints_a_tree_and_writes_nothing(capsys: Capture) -> None:
    out = printed(capsys, "draw", *J, "--text")

    assert out.startswith("J = 3 × t2             value 33  grad 1\n├─ ")
    assert "c        value 2  grad 9" in out
    assert "\x1b" not in out
    assert files() == []


def test_text_with_o_prints_the_tree_and_writes_the_file(capsys: Capture) -> None:
    out = printed(capsys, "draw", *J, "--text", "-o", "J.dot")

    assert out.startswith("J = 3 × t2 ")
    assert out.endswith("\nwrote J.dot\n")
    assert files() == ["J.dot"]


@pytest.mark.parametrize(
    ("options", "shown", "told"),
    [
        ("--fold neuron", "neuron 3: 8 nodes", "24 of 48 nodes are folded into 3 boxes"),
        ("--depth 0", "layer 2: 11 nodes", "44 of 48 nodes are folded into 3 boxes"),
        ("--depth 0 --unfold loss", "t21 = t16 + t20", "35 of 48 nodes are folded into 2 boxes"),
        ("--most 10", "loss: 9 nodes", "44 of 48 nodes are folded into 3 boxes"),
        ("--focus 'a1, z'", "t4 = v1 × a1", "43 of 48 nodes are not shown"),
        ("--around z --radius 1", "ŷ = σ(z)", "44 of 48 nodes are not shown"),
        ("--no-constants --direction TB", "t18 = 1 − ŷ", "2 of 48 nodes are not shown"),
        ("--top 3", "L = −t21", "43 of 48 nodes are not shown"),
    ],
)
def test_a_part_of_a_graph_can_be_drawn(options: str, shown: str, told: str, capsys: Capture) -> None:
    text = printed(capsys, "draw", str(EXAM), "--text", *shlex.split(options))

    assert shown in text
    assert text.rstrip().endswith(f"({told})")


def test_what_cannot_be_drawn_is_one_line(capsys: Capture) -> None:
    assert "there is no scope 'nerd' (choose from layer 1, " in complaint(capsys, "draw", str(EXAM), "--fold", "nerd")
    assert "no node of the graph of L has the name 'q'" in complaint(capsys, "draw", str(EXAM), "--focus", "q")
    assert "got most=0" in complaint(capsys, "draw", str(EXAM), "--most", "0")


def test_a_table_has_every_node_however_large_the_graph(capsys: Capture) -> None:
    lines = printed(capsys, "draw", " + ".join(["x"] * 100), "x=1", "--wrt", "x").splitlines()
    assert lines[1].split() == ["x", "input", "1", "100"]
    assert len(printed(capsys, "draw", " + ".join(["x"] * 100), "x=1").splitlines()) == 102


@pytest.mark.parametrize("wrt", ["a,b", " a , b ", "b,a", "a,,b"])
def test_wrt_limits_the_table_to_these_and_the_output(wrt: str, capsys: Capture) -> None:
    out = printed(capsys, "draw", *J, "--wrt", wrt)

    assert [line.split()[0] for line in out.splitlines()] == ["node", "a", "b", "J", "wrote"]


def test_twice_the_same_is_the_same_to_the_byte(capsys: Capture) -> None:
    first = printed(capsys, "draw", *J), Path("J.svg").read_bytes()

    assert (printed(capsys, "draw", *J), Path("J.svg").read_bytes()) == first


def test_a_table_has_numbers_that_a_machine_reads(capsys: Capture) -> None:
    out = printed(capsys, "draw", "J = -x/3", "x=1", "-o", "J.dot")

    assert "-0.333333333333" in out.splitlines()[-2]


# --- explain ------------------------------------------------------------------------------


def test_explain_prints_the_line_of_the_chain_rule(capsys: Capture) -> None:
    out = printed(capsys, "explain", *STEPS, "--wrt", "b")

    assert out == "dJ/db = ∂J/∂v · ∂v/∂u · ∂u/∂b = 3 · 1 · c = 3 · 1 · 2 = 6\n"


def test_explain_prints_every_path_and_the_sum(capsys: Capture) -> None:
    out = printed(capsys, "explain", "f = (a+b)*c + (a+b)*d", "a=2", "b=3", "c=4", "d=5", "--wrt", "a")

    assert out.splitlines()[1:4] == [
        "  ∂f/∂t2 · ∂t2/∂t1 · ∂t1/∂a = 1 · c · 1 = 1 · 4 · 1 = 4",
        "  ∂f/∂t3 · ∂t3/∂t1 · ∂t1/∂a = 1 · d · 1 = 1 · 5 · 1 = 5",
        "df/da = 4 + 5 = 9",
    ]


def test_explain_without_wrt_explains_every_leaf_with_an_empty_line_between(capsys: Capture) -> None:
    out = printed(capsys, "explain", *STEPS)

    assert [block.rpartition(" = ")[2] for block in out.rstrip("\n").split("\n\n")] == ["6", "9", "3"]


def test_explain_in_the_order_of_wrt_and_by_inner_nodes_too(capsys: Capture) -> None:
    out = printed(capsys, "explain", *STEPS, "--wrt", "u,a")

    assert [line[:5] for line in out.splitlines() if line] == ["dJ/du", "dJ/da"]


def test_explain_of_numbers_alone_has_nothing_to_explain(capsys: Capture) -> None:
    assert complaint(capsys, "explain", "1 + 2") == (
        "there is nothing to differentiate by: the expression has no inputs"
    )


def test_wrt_compares_names_as_python_does(capsys: Capture) -> None:
    assert printed(capsys, "explain", "2*ŷ", "ŷ=1", "--wrt", "y\u0302") == "dJ/dŷ = 2\n"


def test_explain_says_where_a_name_has_no_influence(capsys: Capture) -> None:
    out = printed(capsys, "explain", "x = 2; J = 3*a", "a=1", "--wrt", "x")

    assert out == "J does not depend on x\ndJ/dx = 0\n"


# --- where the text comes from ------------------------------------------------------------


@pytest.mark.parametrize("name", ["exam.mg", "statements.txt", "no ending", "x*y"])
def test_statements_come_from_a_file(name: str, capsys: Capture) -> None:
    Path(name).write_text("u = b*c\nv = a + u\nJ = 3*v\n", encoding="utf-8")

    assert printed(capsys, "explain", name, *STEPS[1:], "--wrt", "b").endswith(" = 6\n")


def test_a_file_may_have_a_byte_order_mark_and_windows_line_ends(capsys: Capture) -> None:
    Path("x.mg").write_bytes("\ufeffx = 2\r\nŷ = 3*x\r\n".encode())

    assert printed(capsys, "explain", "x.mg") == "dŷ/dx = 3\n"


def test_statements_come_from_standard_input(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("u = b*c\nv = a + u\nJ = 3*v\n"))

    assert printed(capsys, "explain", "-", *STEPS[1:], "--wrt", "c").endswith(" = 9\n")


def test_G8_the_exam_network_is_drawn_from_its_file_also_with_another_input(capsys: Capture) -> None:
    out = printed(capsys, "draw", str(EXAM), "-o", "exam.svg")
    rows = {line.split()[0]: line.split()[-2:] for line in out.splitlines()}

    # Course notes, 2.5: the notes have 12 decimals, the table 12 significant digits
    assert float(rows["w11"][1]) == pytest.approx(-0.017404290736, abs=1e-11)
    assert float(rows["c"][1]) == pytest.approx(-0.476097482825, abs=1e-11)
    assert float(rows["L"][0]) == pytest.approx(0.646449647893, abs=1e-11)
    assert printed(capsys, "draw", str(EXAM), "x1=0.6", "--text") != printed(capsys, "draw", str(EXAM), "--text")


def test_a_missing_file_a_directory_and_a_file_that_is_no_text_are_said_to_be_so(capsys: Capture) -> None:
    Path("folder.mg").mkdir()
    Path("binary.mg").write_bytes(b"\xff\xfe\x00")

    assert complaint(capsys, "draw", "missing.mg") == "there is no such file: missing.mg"
    assert complaint(capsys, "draw", "folder.mg").endswith(": folder.mg")
    assert "utf-8" in complaint(capsys, "draw", "binary.mg")
    assert files() == ["binary.mg", "folder.mg"]


# --- arguments ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        ["explain", "J = a*b", "a=2", "b=3", "--wrt", "a"],
        ["explain", "J = a*b", "--wrt", "a", "a=2", "b=3"],
        ["explain", "J = a*b", "a=2", "--wrt", "a", "b=3"],
        ["explain", "--wrt", "a", "J = a*b", "a=2", "b=3"],
        ["explain", "--wrt=a", "J = a*b", "b=3.0", "a=2e0"],
        ["explain", "J = a*b", "a = 2", "b= 3", "--wrt", "a"],
    ],
)
def test_values_stand_anywhere_after_the_expression(arguments: list[str], capsys: Capture) -> None:
    assert printed(capsys, *arguments) == "dJ/da = b = 3\n"


def test_an_expression_and_a_value_may_begin_with_a_minus(capsys: Capture) -> None:
    lines = ["dJ/dx = ∂J/∂t1 · ∂t1/∂x = (−1) · (2 × x) = (−1) · (−6) = 6", "  where t1 = x²"]

    assert printed(capsys, "explain", "-x**2", "x=-3").splitlines() == lines
    assert printed(capsys, "explain", "--", "-x**2", "x=-3").splitlines() == lines


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["draw", "a*b", "a=2"], "column 3, in 'b': 'b' has no value; give it one, as in b=0.5"),
        (["draw", "a*2", "a=2", "b=3"], "'b' was given a value, but the expression does not use it"),
        (["draw", "a*2", "a"], "'a' is not of the form name=number, as in a=5"),
        (["draw", "a*2", "a=two"], "'a=two' is not of the form name=number, as in a=5"),
        (["draw", "a*2", "a=1=2"], "'a=1=2' is not of the form name=number, as in a=5"),
        (["draw", "a*2", "a=__import__('os')"], "is not of the form name=number, as in a=5"),
        (["draw", "a*2", "a=2", "--wrt", "z"], "--wrt: the expression has no 'z'; it has a, J"),
        (["explain", "a*2", "a=2", "--wrt", "z"], "--wrt: the expression has no 'z'; it has a, J"),
        (
            ["draw", "a*2", "a=2", "-o", "J.pgn"],
            "unknown format 'pgn' (choose from dot, html, mmd,",
        ),
        (["draw", "a*2", "a=2", "-o", "J"], "unknown format '' (choose from dot, html, mmd, pdf, png, svg, tex, txt)"),
        (["draw", "a*2", "a=2", "--colour"], "unknown option --colour; see microgradnn"),
        (["draw", "a*2", "a=2", "-o"], "expected one argument; see microgradnn draw --help"),
        (["draw"], "the following arguments are required: expression"),
        (["paint", "a"], "invalid choice: 'paint'"),
        (["explain", "a*2", "a=2", "--text"], "unknown option --text"),
    ],
)
def test_a_mistake_in_the_arguments_is_one_line_and_exit_code_2(
    arguments: list[str], message: str, capsys: Capture
) -> None:
    assert message in complaint(capsys, *arguments)
    assert files() == []


@pytest.mark.parametrize(
    "text",
    [
        '__import__("os").system("touch hacked")',
        'open("hacked", "w")',
        "[print(x) for x in (1,)]",
        "a.__class__",
        "(" * 5000 + "a" + ")" * 5000,
        "+".join(["a"] * 20_000),
        "9" * 5000,
        "a = (\nb",
        "a\x00",
        "a\x1b[31m + $",
        "\ud800",
        "",
    ],
    ids=lambda text: text[:12].encode("unicode_escape").decode(),
)
@pytest.mark.parametrize("command", ["draw", "explain"])
def test_a_text_that_is_no_expression_is_one_line_and_exit_code_2(command: str, text: str, capsys: Capture) -> None:
    message = complaint(capsys, command, text, "a=1")

    assert "\x1b" not in message
    assert files() == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "J = 2*log(x)",
            "column 7, in 'log(x)': log has no real value at x = -1.0 (node 'x'); it is defined for x > 0",
        ),
        ("sqrt(x)", "column 1, in 'sqrt(x)': sqrt has no real value at x = -1.0 (node 'x')"),
        ("1/(x + 1)", "column 1, in '1/(x + 1)': div: division by zero at x = 1.0, y = 0.0"),
    ],
)
@pytest.mark.parametrize("command", ["draw", "explain"])
def test_where_the_mathematics_fails_the_part_is_named_and_the_exit_code_is_1(
    command: str, text: str, message: str, capsys: Capture
) -> None:
    assert complaint(capsys, command, text, "x=-1", code=1).startswith(message)
    assert files() == []


def test_an_output_that_cannot_be_written_is_said_to_be_so(capsys: Capture) -> None:
    Path("folder.svg").mkdir()
    Path("file").touch()

    path = Path("nowhere/J.dot")
    assert complaint(capsys, "draw", *J, "-o", str(path)) == f"there is no folder to write it to: {path}"
    assert complaint(capsys, "draw", *J, "-o", "folder.svg").endswith(": folder.svg")
    assert complaint(capsys, "draw", *J, "-o", "file/J.dot").endswith(f": {Path('file/J.dot')}")
    assert "unknown format ''" in complaint(capsys, "draw", *J, "-o", ".")


def test_an_output_that_is_not_ours_to_write_is_said_to_be_so(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, other: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "replace", refuse)

    assert complaint(capsys, "draw", *J, "-o", "J.dot") == "Permission denied: J.dot"


@given(
    arguments=st.lists(
        st.text(max_size=20) | st.sampled_from(["-o", "--wrt", "-", "--", "a=1", "a*2", "explain"]), max_size=6
    )
)
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_the_arguments_it_is_fine_or_one_line_of_complaint(
    arguments: list[str], capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("2*a"))

    code = run("explain", *arguments)

    out, err = capsys.readouterr()
    assert code in (0, 1, 2)
    assert err.count("\n") == (code != 0)
    assert bool(out) == (code == 0)
    assert files() == []


# --- the program --------------------------------------------------------------------------


def test_version_names_the_package_its_build_python_and_the_renderer(capsys: Capture) -> None:
    build = "compiled" if COMPILED else "pure"

    assert printed(capsys, "--version").startswith(f"microgradnn {microgradnn.__version__} ({build}), Python 3.")


def test_version_is_told_also_where_nothing_can_draw(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> str:
        raise RenderError("nothing here")

    monkeypatch.setattr("microgradnn.draw.render.renderer", none)

    assert printed(capsys, "--version").endswith(", no renderer: nothing here\n")


@pytest.mark.parametrize("arguments", [["--help"], ["draw", "--help"], ["explain", "-h"]])
def test_help_teaches_by_examples_that_run(arguments: list[str], capsys: Capture) -> None:
    out = printed(capsys, *arguments)

    assert "examples:" in out
    assert 'microgradnn explain "' in out or 'microgradnn draw "' in out
    for line in out.partition("examples:")[2].splitlines():
        command = line.strip().split("  ")[0]
        if command.startswith(('microgradnn draw "', "microgradnn explain")):
            shell = shlex.split(command)
            assert printed(capsys, *shell[1:])


def test_python_m_microgradnn_is_the_same_program(capsys: Capture) -> None:
    command = [sys.executable, "-m", "microgradnn", "explain"]
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}

    fine = subprocess.run([*command, *STEPS], capture_output=True, env=environment, check=False)
    failed = subprocess.run([*command, "log(x)", "x=-1"], capture_output=True, env=environment, check=False)

    assert (fine.returncode, fine.stderr) == (0, b"")
    assert fine.stdout.decode() == printed(capsys, "explain", *STEPS)
    assert (failed.returncode, failed.stdout, failed.stderr.count(b"\n")) == (1, b"", 1)


def test_a_reader_that_leaves_early_is_no_error() -> None:
    program = "import sys; from microgradnn.cli.console import main; sys.exit(main(['explain', 'J = a', 'a=1']))"
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as closed:
        ended = subprocess.run([sys.executable, "-c", program], stdout=closed, stderr=subprocess.PIPE, check=False)

    assert (ended.returncode, ended.stderr) == (0, b"")


def test_a_name_has_one_value(capsys: Capture) -> None:
    assert "'a' was given two values: 1 and 2" in complaint(capsys, "draw", "a*b", "a=1", "b=3", "a=2")


def test_what_looks_like_a_file_but_is_none_is_said_to_be_missing(capsys: Capture) -> None:
    assert "there is no file 'exam.txt'" in complaint(capsys, "draw", "exam.txt")


def test_a_file_in_another_encoding_is_named(capsys: Capture) -> None:
    Path("latin.mg").write_bytes("ŷ = 1".encode("utf-16"))

    assert complaint(capsys, "draw", "latin.mg").startswith("latin.mg is no text in UTF-8")


def test_a_complaint_is_not_as_long_as_what_was_written(capsys: Capture) -> None:
    assert len(complaint(capsys, "draw", "x" * 50_000)) < 1100


def test_a_terminal_without_the_signs_shows_a_question_mark() -> None:
    program = [sys.executable, "-m", "microgradnn", "draw", "J = 3*a", "a=5", "--text"]
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    ran = subprocess.run(program, capture_output=True, text=True, check=True, env=environment)

    assert "J = 3 ? a" in ran.stdout


POSIX = pytest.mark.skipif(os.name != "posix", reason="needs a POSIX shell")


def in_shell(command: str) -> tuple[int, str, str]:
    """The exit code of a line of shell in which $M is the program, and what it prints."""
    environment = {**os.environ, "M": f"{sys.executable} -m microgradnn", "PYTHONIOENCODING": "utf-8"}
    ran = subprocess.run(command, shell=True, capture_output=True, env=environment, check=False)
    return ran.returncode, ran.stdout.decode(), ran.stderr.decode()


@POSIX
@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("$M draw - x=3 <&-", "standard input is closed; give the expression, or a file with it"),
        ("$M draw 'y=x' x=3 --text >&-", "standard output is closed; to print nothing, write to /dev/null"),
        ("$M draw 'y=x' x=3 --text >/dev/full", "No space left on device: standard output"),
        ("mkfifo f.mg; $M draw f.mg", "f.mg is not an ordinary file"),
        ("head -c 3000000 /dev/zero >f.mg; $M draw f.mg", "f.mg has 3,000,000 bytes, and at most 400,003 are read"),
        ("yes | $M draw - --text", "the text has 100,002 characters; 100,000 are the most that are read"),
        ("$M draw 'y=x' x=3 -o y.svg/", "a name that ends in / is that of a folder, not of a file: y.svg/"),
        ("$M draw 'y=x+' x=3 2>&-", ""),
    ],
)  # fmt: skip
def test_what_a_shell_may_do_to_it(command: str, message: str) -> None:
    code, out, err = in_shell(command)

    assert (code, out, err) == (2, "", message and f"microgradnn: {message}\n")


@POSIX
def test_a_mark_of_byte_order_on_standard_input_is_passed_over() -> None:
    assert in_shell("printf '\\357\\273\\277y = x**2' | $M draw - x=3 --text")[:2] == (
        0,
        "y = x²     value 9  grad 1\n└─ ∂ 6  x  value 3  grad 6\n",
    )


@POSIX
def test_no_name_reaches_the_terminal_as_an_order_to_it() -> None:
    rows = [f"{i},{'=cmd|X' if i % 2 else chr(27) + '[31mred'}" for i in range(20)]
    Path("d.csv").write_text("\n".join(["x\x1b[32m,y\x1b[33m", *rows]), encoding="utf-8")
    train = "$M train d.csv --label $(printf 'y\\033[33m') --iterations 3 -o $(printf 'm\\033[34m.safetensors')"
    commands = [
        train,
        "$M predict m*.safetensors d.csv",
        "$M predict m*.safetensors d.csv -o $(printf 'o\\033[35m.csv')",
    ]
    commands += ["$M draw y=x x=1 -o $(printf 'p\\033[36m.svg')", "$M draw $(printf 'q\\033[37m.mg')"]

    for command in commands:
        code, out, err = in_shell(command)
        assert code == (2 if "draw $" in command else 0), err
        assert "\x1b" not in out + err
        assert "␛[" in out + err
    assert "=cmd|X,0." in Path("o\x1b[35m.csv").read_text(encoding="utf-8")
    in_shell("$M predict m*.safetensors d.csv -o o.csv --quote-formulas")
    assert "\n'=cmd|X,0." in Path("o.csv").read_text(encoding="utf-8")


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash here")
@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("microgradnn ex", ["explain"]),
        ("microgradnn train --opti", ["--optimiser"]),
        ("microgradnn train data.csv --hidden sig", ["sigmoid"]),
        ("microgradnn completion ", ["bash", "zsh", "fish"]),
        ("microgradnn explain --op", []),
    ],
)
def test_bash_completes_commands_options_and_choices(capsys: Capture, line: str, words: list[str]) -> None:
    typed = line.split(" ")
    state = f"COMP_WORDS=({' '.join(repr(word) for word in typed)}); COMP_CWORD={len(typed) - 1}"
    program = f'{printed(capsys, "completion", "bash")}\n{state}; _microgradnn; echo "${{COMPREPLY[@]}}"'

    ran = subprocess.run(["bash", "-c", program], capture_output=True, text=True, check=True)

    assert (ran.stdout.split(), ran.stderr) == (words, "")


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_are_told_of_every_command_and_option(capsys: Capture, shell: str) -> None:
    script = printed(capsys, "completion", shell)

    for word in ("draw", "explain", "course", "optimiser", "around", "nesterov"):
        assert word in script
    assert run("completion", "csh") == 2
