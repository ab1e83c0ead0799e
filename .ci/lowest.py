"""Print pyproject.toml's dependencies, those of an extra included, each pinned to its lower bound."""

import re
import sys
import tomllib
from pathlib import Path

project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
extras = project["optional-dependencies"]
for requirement in project["dependencies"] + extras[sys.argv[1]] + extras["check"]:
    if not requirement.startswith(project["name"]):  # an extra of its own
        print(re.sub(r">=([\d.]+).*", r"==\1", requirement))
