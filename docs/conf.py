"""How the site is built: ``make docs``, with every warning an error."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import reference  # noqa: E402

from contextures import __version__  # noqa: E402

project = "contextures"
author = "the contextures authors"
release = version = __version__

extensions = ["sphinx.ext.autodoc", "sphinx.ext.autosummary", "numpydoc", "myst_parser"]
exclude_patterns: list[str] = []
nitpicky = True
default_role = "code"
# Quotes in types and values are code.
smartquotes = False

autosummary_generate = False
# Docstrings tell types in words, with shapes; annotations would say less.
autodoc_typehints = "none"
autodoc_preserve_defaults = True
add_module_names = False
maximum_signature_line_length = 80

numpydoc_show_class_members = False
numpydoc_xref_param_type = False
# Left out: sections that not every docstring needs (ES01, SA01; the tests say which need examples),
# a first letter that is a symbol such as d or kappa (SS02, PR08, RT04), and parameters without a
# type of their own, which read "as for" another function (PR04).
numpydoc_validation_checks = {"all", "ES01", "SA01", "EX01", "SS02", "PR04", "PR08", "RT04"}

# The values of a type such as str have its docstring; `reference` checks theirs.
numpydoc_validation_exclude = {
    re.escape(each.path) + "$"
    for names in reference.homes().values()
    for each in names
    if each.kind == "value"
}

myst_heading_anchors = 3

html_theme = "furo"
html_title = f"contextures {__version__}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_copyright = False
html_show_sphinx = False


# Files outside this folder, and the pages that show them.
SHOWN = {"benchmarks/README.md": "benchmarks.md", "CONTRIBUTING.md": "contributing.md"}


def use_site_links(app: Any, page: str, source: list[str]) -> None:
    """Lead links between folders of the repository to pages of the site, from any depth."""
    for file, shown in SHOWN.items():
        source[0] = source[0].replace(f"../{file})", f"{shown})")


def setup(app: Any) -> None:
    """Write the pages that are not in this folder, and complete docstrings for numpydoc."""
    reference.write(HERE / "api")
    measured = (HERE.parent / "benchmarks" / "README.md").read_text("utf-8")
    (HERE / "benchmarks.md").write_text(measured.replace("](../docs/", "]("), "utf-8")
    app.connect("missing-reference", reference.follow)
    app.connect("source-read", use_site_links)
    app.connect("autodoc-process-docstring", reference.complete, priority=400)
