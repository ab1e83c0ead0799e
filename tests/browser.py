"""A real browser for tests, driven by Playwright; skipped with a word where one of them is not to be had."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest

Browser = Any  # of Playwright, which is not everywhere
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "google-chrome", "chromium-browser"))), None)
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Headless Chromium."""
    playwright = pytest.importorskip("playwright.sync_api", reason="the browser is driven by Playwright")
    if CHROMIUM is None:
        pytest.skip("there is no Chromium")
    with playwright.sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=CHROMIUM, args=[*QUIET, "--disable-component-update"])
        yield found
        found.close()
