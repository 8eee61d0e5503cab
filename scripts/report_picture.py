"""Draw ``docs/report.png``: the first screen of the report of ``contextures demo``.

Run from the repository, with the tests' extra and a Chromium: ``python scripts/report_picture.py``.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from contextures.data import demo_table
from contextures.runs import FitOptions, fit_table

PICTURE = Path(__file__).parents[1] / "docs" / "report.png"
SIZE = {"width": 1280, "height": 1300}


def main() -> None:
    """Fit the demonstration's table and take the picture."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        sys.exit("no Chromium was found; install one with scripts/install-chromium")
    table = demo_table()
    command = ["contextures", "demo"]
    with tempfile.TemporaryDirectory() as folder:
        options = FitOptions(target=table.target, command=command)
        run = fit_table(table, f"{folder}/contextures-demo", options).folder
        page = run / "report.html"
        text = page.read_text(encoding="utf-8").replace(f"{folder}/", "")
        page.write_text(text, encoding="utf-8")
        with sync_playwright() as driver:
            browser = driver.chromium.launch(
                executable_path=chromium, args=["--no-sandbox", "--disable-dev-shm-usage"]
            )
            tab = browser.new_page(viewport=SIZE)
            tab.goto(page.as_uri())
            tab.wait_for_function("() => document.documentElement.dataset.ready === 'true'")
            tab.screenshot(path=str(PICTURE))
            browser.close()
    with Image.open(PICTURE) as picture:
        few = picture.convert("RGB").quantize(colors=128)
    few.save(PICTURE, optimize=True)


if __name__ == "__main__":
    main()
