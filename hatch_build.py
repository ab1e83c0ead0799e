"""Hand the C compiler mypyc_free.h when mypyc compiles the core: see there."""

import os
import shlex
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class BeforeMypyc(BuildHookInterface):  # type: ignore[type-arg, misc]
    """Runs before the hook of hatch-mypyc, whose compiler inherits the environment."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Tell the compiler, in the way of GCC and Clang or in that of MSVC, to read the header first."""
        header = Path(self.root, "mypyc_free.h")
        name, flag = ("CL", f'/FI"{header}"') if os.name == "nt" else ("CFLAGS", f"-include {shlex.quote(str(header))}")
        os.environ[name] = f"{os.environ.get(name, '')} {flag}".strip()
