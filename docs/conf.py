"""The documentation site: `sphinx-build -W --keep-going docs site`, no network needed.

The pages are Markdown. Four short extensions beside this file do the rest: `blocks` runs the
```python blocks and shows what they print and draw, `mathml` turns $formulas$ into MathML,
`docstrings` lets the API pages read the package's docstrings as they are, and `rows` links (G6) to
its row of the course notes.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "extensions"))

project = "microgradnn"
html_title = "microgradnn"
extensions = ["myst_parser", "sphinx.ext.autodoc", "blocks", "mathml", "docstrings", "rows"]
exclude_patterns = ["_build"]

myst_enable_extensions = ["dollarmath"]
myst_fence_as_directive = ["python"]  # so that ```python reaches `blocks`, and GitHub still colours it
myst_heading_anchors = 3

autodoc_member_order = "bysource"

html_theme = "furo"  # one of the few themes with a dark scheme and without web fonts
html_static_path = ["static"]
html_css_files = ["drawings.css"]
html_math_renderer = "mathml"
html_copy_source = False
html_show_sourcelink = False
html_show_copyright = False
