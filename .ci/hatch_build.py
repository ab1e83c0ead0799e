"""Hand the C compiler mypyc_free.h when mypyc compiles the core: see there; and leave the source tree as it was."""

import os
import shlex
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class BeforeMypyc(BuildHookInterface):  # type: ignore[type-arg, misc]
    """Runs before the hook of hatch-mypyc, whose compiler inherits the environment."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Tell the compiler, in the way of GCC and Clang or in that of MSVC, to read the header first."""
        header = Path(self.root, ".ci", "mypyc_free.h")
        name, flag = ("CL", f'/FI"{header}"') if os.name == "nt" else ("CFLAGS", f"-include {shlex.quote(str(header))}")
        os.environ[name] = f"{os.environ.get(name, '')} {flag}".strip()
        self.before = self.modules()

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove the compiled modules, which are in the wheel now: here they would hide the source from then on."""
        if version != "editable":
            for path in self.modules() - self.before:
                path.unlink()

    def modules(self) -> set[Path]:
        """Return the compiled modules that lie in the source tree."""
        root = Path(self.root)
        found = [*root.glob("*"), *root.glob("microgradnn/**/*")]
        return {path for path in found if path.suffix in (".so", ".pyd")}
