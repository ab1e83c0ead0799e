"""The course as Jupyter notebooks, made from the pages and run: `python docs/notebooks.py DIR [PAGE …]`.

A page is Markdown with ```python blocks, and so is a notebook. The blocks run as on the site: those that a reader sees
share one namespace, hidden ones have one of their own besides, are folded, and show what they make. Without PAGE it is
all of the course. Needs `pip install "microgradnn[docs]"`; an exception in a cell is an error.
"""

from __future__ import annotations

import doctest
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

DOCS = Path(__file__).parent
FENCE = re.compile(r"^```(?P<kind>[^\n`]*)\n(?P<text>.*?)^```\n?", re.MULTILINE | re.DOTALL)
SECONDS = 300  # that a cell may take
AT_ONCE = 2

# The first cell, folded: the demos beside the notebook's own files, and a magic for the cells that are folded too.
SETUP = '''\
import ast, contextlib, io, os, shutil, tempfile
from pathlib import Path

from IPython.core.magic import register_cell_magic
from IPython.display import Image, Markdown, display

import microgradnn

package = Path(microgradnn.__file__).parent
scratch = Path(tempfile.mkdtemp())
shutil.copytree(next(one for one in (package / "demos", package.parent / "demos") if one.is_dir()), scratch / "demos")
os.chdir(scratch)
hidden_names = {"demos": scratch / "demos"}


@register_cell_magic
def hidden(line, cell, compile=compile):  # a page may give the name to microgradnn's
    """Run a cell in names of its own, beside those that there are, and show what it ends in."""
    hidden_names.update(get_ipython().user_ns)
    tree, value, printed = ast.parse(cell), None, io.StringIO()
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, "<cell>", "exec"), hidden_names)
        if last is not None:
            value = eval(compile(ast.Expression(last.value), "<cell>", "eval"), hidden_names)
    if printed.getvalue():
        display(Markdown(printed.getvalue())) if "markdown" in line else print(printed.getvalue(), end="")
    if hasattr(value, "savefig"):
        picture = io.BytesIO()
        value.savefig(picture, format="png", dpi=110)
        value.clear()
        import matplotlib.pyplot

        matplotlib.pyplot.close(value)
        value = Image(picture.getvalue(), alt=value.get_label())
    if value is not None:
        display(value)
'''


def pages() -> list[str]:
    """Return the pages of the course, in order: those that the index has under Learn."""
    text = (DOCS / "index.md").read_text(encoding="utf-8")
    found = re.search(r":caption: Learn\n\n(.*?)\n```", text, re.DOTALL)
    if found is None:
        raise ValueError("docs/index.md has no list of pages under Learn")
    return found[1].split()


def to_notebook(page: str) -> Any:
    """Return a page as a notebook that has not been run."""
    text = (DOCS / f"{page}.md").read_text(encoding="utf-8")
    cells = [new_code_cell(SETUP, metadata=folded())]
    end = 0
    for block in FENCE.finditer(text):
        cells += prose(text[end : block.start()])
        cells += fenced(block["kind"].strip(), block["text"])
        end = block.end()
    cells += prose(text[end:])
    for i, cell in enumerate(cells):
        cell.id = f"{page}-{i}"[:64]  # the same in every build
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel, "language_info": {"name": "python"}})


def folded(**more: Any) -> dict[str, Any]:
    """Return the metadata of a cell of which the source is folded."""
    return {"jupyter": {"source_hidden": True, **more}, "tags": ["hide-input"]}


def prose(text: str) -> list[Any]:
    """Return Markdown as a cell, its links to other notebooks; none of what is empty."""
    own = set(pages())
    text = re.sub(
        r"\[([^\]]+)\]\(([\w-]+)\.md(#[\w-]+)?\)", lambda f: f"[{f[1]}]({f[2]}.ipynb)" if f[2] in own else f[1], text
    )
    return [new_markdown_cell(text.strip())] if text.strip() else []


def fenced(kind: str, text: str) -> list[Any]:
    """Return what is fenced as cells: code to be run, a part of a demo, or a text as it stands."""
    words = kind.split()
    if kind.startswith("{literalinclude}"):
        return [new_markdown_cell(f"```python\n{included(kind, text)}\n```")]
    if kind.startswith("{"):
        return []  # for the site alone
    if not words or words[0] != "python":
        return [new_markdown_cell(f"```{kind}\n{text}```")]
    if text.startswith(">>>"):
        return [one for example in doctest.DocTestParser().get_examples(text) for one in told(example)]
    if "answer" in words:
        return [
            new_markdown_cell("*An answer is in the cell below, which is folded.*"),
            new_code_cell(text.strip(), metadata=folded(outputs_hidden=True)),
        ]
    if "hide" in words:
        return [new_code_cell(f"%%hidden {' '.join(words[2:])}".strip() + f"\n{text.strip()}", metadata=folded())]
    return [new_code_cell(text.strip())]


def told(example: doctest.Example) -> list[Any]:
    """Return an example of a doctest as a cell; one that is to fail says so."""
    fails = example.exc_msg is not None
    return [new_code_cell(example.source.strip(), metadata={"tags": ["raises-exception"]} if fails else {})]


def included(kind: str, text: str) -> str:
    """Return the part of a file that a page includes: a function, or from a line on."""
    source = (DOCS / kind.partition("}")[2].strip()).read_text(encoding="utf-8")
    options = dict(re.findall(r":([\w-]+): (.*)", text))
    if "pyobject" in options:
        found = re.search(
            rf"^def {options['pyobject']}\(.*?(?=^\S|\Z)",
            source[source.index(f"def {options['pyobject']}(") :],
            re.MULTILINE | re.DOTALL,
        )
        return found[0].strip() if found else source
    return source[source.index(options.get("start-at", source[:1])) :].strip()


def run(page: str, directory: Path) -> Path:
    """Make the notebook of a page, run it, and write it."""
    notebook = to_notebook(page)
    NotebookClient(notebook, timeout=SECONDS, kernel_name="python3").execute()
    path = directory / f"{page}.ipynb"
    nbformat.write(notebook, path)
    return path


def main(directory: str, *names: str) -> None:
    """Make the notebooks of these pages, or of all, and say how large each is."""
    target = Path(directory)
    target.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for path in pool.map(lambda page: run(page, target), names or pages()):
            print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main(*sys.argv[1:] or ["notebooks"])
