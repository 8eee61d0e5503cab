"""What tests of several floors share."""

from __future__ import annotations

import os
import shutil
from importlib.util import find_spec

import pytest

# One BLAS thread: with several test processes more only get in each other's way.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# These collect networks among all else.
collect_ignore = [] if find_spec("torch") else ["test_mutations.py", "test_repr.py"]


BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def browser():
    """A headless Chromium, or a failure that says how to get one."""
    if os.environ.get("CONTEXTURES_NO_BROWSER") == "1":
        pytest.skip("CONTEXTURES_NO_BROWSER=1")
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.fail(
            "No Chromium was found; install one with 'apt-get install chromium', or set "
            "CONTEXTURES_NO_BROWSER=1 to skip the browser tests."
        )
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=found, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield chromium
        chromium.close()
