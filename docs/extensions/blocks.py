"""Run the ```python blocks of a page, and show what they print and what they end in.

The blocks that a reader sees share one namespace, as the cells of a notebook do: pasted one after
the other they run, in a clone of the repository, whose folder `demos` is there. A hidden block may
use what they define, and not the other way round. A block that ends in an expression shows its
value: a drawing or a figure of matplotlib as a picture, an explanation as a formula, anything else
by its `repr`. A block that starts with `>>>` is a doctest: shown as it is written, and held to it.
Words after `python` change what is shown, never what is run:

    ```python               the source, then the output
    ```python hide          the output only
    ```python markdown      the printed text is Markdown: a table made from rows, say
    ```python answer        the source and the output, folded: the answer to an exercise

An exception, a warning or a wrong doctest fails the build. Code not to be run is fenced as ```py.
"""

import ast
import contextlib
import doctest
import io
import re
import tempfile
import traceback
import warnings
from pathlib import Path
from typing import Any

import matplotlib
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

WORDS = {"answer", "hide", "markdown"}
LARGEST = 100_000  # bytes of a figure on a page
DEMOS = Path(__file__).parents[2] / "demos"

# Figures are read on white and on black: nothing behind them, lines in a grey between the two, text in the colour of
# the page's, curves in colours that the colour-blind tell apart too (M. Okabe and K. Ito, 2008). Text stays text.
TEXT, LINES = "#111111", "#808080"
matplotlib.use("svg")
matplotlib.rcParams.update(
    {
        "axes.edgecolor": LINES,
        "axes.facecolor": "none",
        "axes.grid": True,
        "axes.labelcolor": TEXT,
        "axes.prop_cycle": matplotlib.cycler(color=["#0072B2", "#D55E00", "#009E73", "#CC79A7"]),
        "axes.spines.right": False,
        "axes.spines.top": False,
        "axes.titlecolor": TEXT,
        "axes.titlesize": "medium",
        "figure.constrained_layout.use": True,
        "figure.facecolor": "none",
        "figure.figsize": (7, 3),
        "font.sans-serif": ["DejaVu Sans", "Verdana", "Arial"],
        "font.size": 9,
        "grid.alpha": 0.3,
        "grid.color": LINES,
        "legend.frameon": False,
        "legend.labelcolor": TEXT,
        "svg.fonttype": "none",
        "svg.hashsalt": "",
        "text.color": TEXT,
        "xtick.color": LINES,
        "xtick.labelcolor": TEXT,
        "ytick.color": LINES,
        "ytick.labelcolor": TEXT,
    }
)


class Block(SphinxDirective):
    """One ```python block."""

    has_content = True
    optional_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """Return the block as it is shown; an answer behind a line that opens it."""
        words, shown = self.shown()
        if "answer" in words:
            opened = '<details class="answer"><summary>An answer</summary>'
            return [nodes.raw("", opened, format="html"), *shown, nodes.raw("", "</details>", format="html")]
        return shown

    def shown(self) -> tuple[set[str], list[nodes.Node]]:
        """Run the block; return the words after `python`, and what is shown."""
        words = set(" ".join(self.arguments).split())
        if words - WORDS:
            raise self.error(f"python: unknown word {min(words - WORDS)!r} (choose from {', '.join(sorted(WORDS))})")
        self.env.note_reread()  # the page depends on the library, not on its own text alone
        source = "\n".join(self.content) + "\n"
        is_doctest = source.startswith(">>>")
        shown = [] if "hide" in words else [self.literal(source, "pycon" if is_doctest else "python")]
        with scratch_directory(), warnings.catch_warnings():
            warnings.simplefilter("error")
            if is_doctest:
                return words, shown + self.check(source)
            printed, value = self.execute(source, self.hidden_names() if "hide" in words else self.namespace)
        if "markdown" in words:
            return words, shown + self.parse_text_to_nodes(printed, allow_section_headings=True)
        if printed:
            shown.append(self.literal(printed, "text", "output"))
        return words, shown + self.picture(value)

    @property
    def namespace(self) -> dict[str, Any]:
        """The names that the blocks of this page define which a reader sees."""
        names: dict[str, Any] = self.env.temp_data.setdefault("python_names", {"__name__": "__main__"})
        return names

    def hidden_names(self) -> dict[str, Any]:
        """Return the names that a hidden block sees: those of the page, and those of the hidden blocks before it."""
        names: dict[str, Any] = self.env.temp_data.setdefault("hidden_names", {"demos": DEMOS})
        names.update(self.namespace)
        return names

    def execute(self, source: str, names: dict[str, Any]) -> tuple[str, Any]:
        """Run a block; return what it prints and, if it ends in an expression, its value."""
        printed, value = io.StringIO(), None
        try:
            tree = ast.parse(source)
            ast.increment_lineno(tree, self.lineno)  # a traceback shows the line of the page
            last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
            page = self.get_source_info()[0]
            with contextlib.redirect_stdout(printed):
                exec(compile(tree, page, "exec"), names)
                if last is not None:
                    value = eval(compile(ast.Expression(last.value), page, "eval"), names)
        except Exception as error:
            raise self.error(f"python: the block failed\n{traceback.format_exc()}") from error
        return printed.getvalue(), value

    def check(self, source: str) -> list[nodes.Node]:
        """Run a doctest block; a wrong line is an error."""
        page, report = self.get_source_info()[0], io.StringIO()
        test = doctest.DocTestParser().get_doctest(source, {}, page, page, self.lineno)
        test.globs = self.namespace
        runner = doctest.DocTestRunner(verbose=False, optionflags=doctest.ELLIPSIS)
        if runner.run(test, out=report.write, clear_globs=False).failed:
            raise self.error(f"python: the doctest failed\n{report.getvalue()}")
        return []

    def picture(self, value: Any) -> list[nodes.Node]:
        """Show the value of a block as a notebook would."""
        if value is None:
            return []
        if hasattr(value, "savefig"):
            value = svg_of(value, f"f{self.env.new_serialno('figure')}-")
            if len(value) > LARGEST:
                raise self.error(f"python: the figure has {len(value):,} bytes, at most {LARGEST:,}: draw fewer points")
        if hasattr(value, "svg"):  # ids must differ between the drawings of a page
            value = value.svg(prefix=f"d{self.env.new_serialno('drawing')}-")
        if isinstance(value, str) and value.startswith(("<svg", "<?xml")):
            svg = value[value.index("<svg") :]
            return [nodes.raw("", f'<figure class="drawing">{svg}</figure>', format="html")]
        if isinstance(value, str) and hasattr(value, "_repr_html_"):
            return [nodes.raw("", self.frame(value), format="html")]
        if hasattr(value, "_repr_latex_"):
            latex = value._repr_latex_().strip("$")
            return [nodes.math_block(latex, latex, number=None, nowrap=True)]
        return [self.literal(repr(value), "text", "output")]

    def frame(self, page: str) -> str:
        """Write a page beside those of the site; return a frame of it, loaded when it comes into sight."""
        name = f"{self.env.docname}-{self.env.new_serialno('frame') + 1}.html"
        path = Path(self.env.app.outdir) / "live" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page, encoding="utf-8")
        title = re.findall("<title>(.*?)</title>", page)[0]
        options = f'title="{title}" loading="lazy" sandbox="allow-scripts"'
        link = f'<p class="live"><a href="live/{name}">The page by itself</a></p>'
        return f'<iframe class="live" src="live/{name}" {options}></iframe>{link}'

    def literal(self, text: str, language: str, *classes: str) -> nodes.literal_block:
        """A block of code or of output."""
        text = text.rstrip("\n")  # Sphinx colours a block only if its source and its text are the same
        return nodes.literal_block(text, text, language=language, classes=list(classes))


def svg_of(figure: Any, prefix: str) -> str:
    """Return a figure as SVG, the same to the byte in every build; its label, if it has one, is the title."""
    from matplotlib import pyplot  # loads slowly

    written = io.StringIO()
    kept = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    if figure.get_label():
        kept["Title"] = figure.get_label()
    figure.savefig(written, format="svg", metadata=kept)
    pyplot.close(figure)
    svg = re.sub(r'( id="|href="#|url\(#)', rf"\g<1>{prefix}", written.getvalue())
    return svg.replace(TEXT, "currentColor")


@contextlib.contextmanager
def scratch_directory():
    """Let a block write its files where they do no harm."""
    with tempfile.TemporaryDirectory() as directory, contextlib.chdir(directory):
        Path("demos").symlink_to(DEMOS)
        yield


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("python", Block)
    return {"parallel_read_safe": True}
