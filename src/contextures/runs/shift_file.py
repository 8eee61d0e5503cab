"""The two files that say what was found about new rows: a page to read, and its data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from contextures._files import read_json, to_json, write_text
from contextures.exceptions import InputError
from contextures.report import ComparisonData, render_comparison
from contextures.runs.folder import whole_file
from contextures.runs.output_file import SHIFT_MADE, check_output_file
from contextures.runs.shift import Shift

SHIFT_FILE = "shift.json"
"""The data of the first page in a folder, beside it; others' are called as their pages are."""

FORMAT = 1
"""The layout of that file, as it says itself."""


def check_shift_files(out: str | Path, reads: Sequence[str | Path]) -> Path:
    """Check, before any long work, that the page and its data can be written and nothing is lost.

    Parameters
    ----------
    out : str or pathlib.Path
        The page.
    reads : sequence of str or pathlib.Path
        What is read, which is not written to.

    Returns
    -------
    pathlib.Path
        Where the data will be.

    Raises
    ------
    InputError
        If the page is not to end in .html, or either would replace something that was not written
        here, or the data of another page.
    """
    page = Path(out)
    if page.suffix.lower() not in (".html", ".htm"):
        raise InputError(f"--out {str(out)!r} must end in .html")
    check_output_file(page, "page", reads)
    data = _data_of(page)
    shown = f"{str(data)!r}, the data beside the page,"
    check_output_file(data, "comparison", reads, named=shown)
    other = _page_in(data)
    if other not in (None, page.name):
        raise InputError(f"{shown} is of the page {other!r}; choose another name with --out")
    return data


def write_shift(out: str | Path, found: Shift, page: ComparisonData) -> Path:
    """Write a page, and beside it all that it says as JSON.

    Parameters
    ----------
    out : str or pathlib.Path
        The page; see :func:`check_shift_files`.
    found : Shift
        What was found.
    page : ComparisonData
        What the page says.

    Returns
    -------
    pathlib.Path
        Where the data are.
    """
    file = Path(out)
    data = check_shift_files(file, [])  # again: another page may have been written meanwhile
    with whole_file(data) as partial:
        partial.write_bytes(to_json(shift_record(found, page, file.name)))
    with whole_file(file) as partial:
        write_text(partial, render_comparison(page))
    return data


def _data_of(page: Path) -> Path:
    """Say where a page's data are to be: no other page's are replaced by them."""
    usual = page.parent / SHIFT_FILE
    return usual if _page_in(usual) in (None, page.name) else page.with_suffix(".json")


def _page_in(data: Path) -> str | None:
    """Name the page whose data a file holds; None where it holds none."""
    try:
        found = read_json(data)
    except (OSError, ValueError):
        return None
    ours = isinstance(found, dict) and found.get("made_by") == SHIFT_MADE
    return str(found["page"]) if ours and "page" in found else None


def shift_record(found: Shift, page: ComparisonData, name: str) -> dict[str, Any]:
    """Give all that a page says, and the numbers behind its words.

    Parameters
    ----------
    found : Shift
        What was found: each of its attributes is an entry.
    page : ComparisonData
        What the page says: likewise, with what repeats it beside the others.
    name : str
        The page's file.

    Returns
    -------
    dict
        What JSON can hold.
    """
    said = asdict(page)
    return {
        "format": FORMAT,
        "made_by": SHIFT_MADE,
        "page": name,
        **said.pop("repeat"),
        **said,
        **found.to_dict(),
    }
