"""Print pyproject.toml's dependencies, those of an extra included, each pinned to its lower bound."""

import re
import sys
import tomllib
from pathlib import Path

project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
for requirement in project["dependencies"] + project["optional-dependencies"][sys.argv[1]]:
    print(re.sub(r">=([\d.]+).*", r"==\1", requirement))
