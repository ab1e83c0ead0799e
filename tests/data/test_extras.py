"""What an extra brings is asked for by name where it is missing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from microgradnn.data import breast_cancer, digits, read_h5, read_picture


@pytest.mark.parametrize(
    ("module", "extra", "call"),
    [
        ("PIL", "images", lambda: read_picture(Path(__file__))),
        ("h5py", "h5", lambda: read_h5(Path(__file__))),
        ("sklearn", "sklearn", breast_cancer),
        ("sklearn", "sklearn", digits),
    ],
)
def test_a_missing_package_is_named_with_its_extra(
    monkeypatch: pytest.MonkeyPatch, module: str, extra: str, call: Callable[[], Any]
) -> None:
    monkeypatch.setitem(sys.modules, module, None)

    with pytest.raises(ImportError, match=rf'pip install "microgradnn\[{extra}\]"'):
        call()


def test_importing_the_data_package_imports_none_of_them() -> None:
    program = (
        "import sys, microgradnn.data; print([name for name in ('PIL', 'h5py', 'sklearn') if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert ran.stdout.strip() == "[]"
