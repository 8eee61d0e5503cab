"""Pages in the session's Chromium that record what they should not do."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@dataclass
class Opened:
    """A report open in the browser, with its console errors and the requests it made."""

    page: Any
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


@contextmanager
def opener(browser, folder):
    """A function that opens a page's text and waits until it is drawn."""
    contexts = []

    def open_(text: str, **options: Any) -> Opened:
        options = {"viewport": {"width": 1280, "height": 900}, **options}
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        opened = Opened(page)
        page.on(
            "console",
            lambda m: opened.errors.append(m.text) if m.type in ("error", "warning") else None,
        )
        page.on("pageerror", lambda error: opened.errors.append(str(error)))
        page.on("request", lambda request: opened.requests.append(request.url))
        path = folder / "report.html"
        path.write_text(text, encoding="utf-8")
        page.goto(path.as_uri())
        page.wait_for_function(
            "() => document.documentElement.dataset.ready === 'true'", timeout=20_000
        )
        return opened

    yield open_
    for context in contexts:
        context.close()


@pytest.fixture
def open_page(browser, tmp_path):
    """The function that opens pages for one test."""
    with opener(browser, tmp_path) as open_:
        yield open_


@pytest.fixture(scope="module")
def open_shared(browser, tmp_path_factory):
    """The function that opens pages for all tests of a module."""
    with opener(browser, tmp_path_factory.mktemp("report")) as open_:
        yield open_
