r"""Formulas as MathML, made when the site is built: no script, no font, no network.

docutils brings the converter. It leaves the backslash of an escaped `\_` in \text{…}; we don't.
"""

import re

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator


def formula(page: HTML5Translator, node: nodes.Element) -> None:
    """Write a `$…$` or a `$$…$$`; one that cannot be read is a warning, so it fails the build."""
    is_block = isinstance(node, nodes.math_block)
    try:
        mathml = re.sub(r"\\([#$%&_{}])", r"\1", tex2mathml(node.astext(), as_block=is_block))
    except MathError as error:
        logging.getLogger(__name__).warning("formula %s: %s", node.astext(), error, location=node)
        mathml = f"<code>{page.encode(node.astext())}</code>"
    page.body.append(f'<div class="math">{mathml}</div>' if is_block else mathml)
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_html_math_renderer("mathml", (formula, None), (formula, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
