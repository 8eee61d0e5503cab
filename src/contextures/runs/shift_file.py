"""The two files that say what was found about new rows: a page to read, and its data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from contextures._files import to_json, write_text
from contextures.exceptions import InputError
from contextures.report import ComparisonData, render_comparison
from contextures.runs.folder import whole_file
from contextures.runs.output_file import SHIFT_MADE, check_output_file
from contextures.runs.shift import Shift

SHIFT_FILE = "shift.json"
"""The data of the page, in the same folder."""

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
        here.
    """
    page = Path(out)
    if page.suffix.lower() not in (".html", ".htm"):
        raise InputError(f"--out {str(out)!r} must end in .html")
    check_output_file(page, "page", reads)
    data = page.parent / SHIFT_FILE
    check_output_file(data, "comparison", reads, named=f"{str(data)!r}, the data beside the page,")
    return data


def write_shift(out: str | Path, found: Shift, page: ComparisonData) -> None:
    """Write a page, and beside it all that it says as JSON.

    Parameters
    ----------
    out : str or pathlib.Path
        The page; see :func:`check_shift_files`.
    found : Shift
        What was found.
    page : ComparisonData
        What the page says.
    """
    file = Path(out)
    with whole_file(file.parent / SHIFT_FILE) as partial:
        partial.write_bytes(to_json(shift_record(found, page, file.name)))
    with whole_file(file) as partial:
        write_text(partial, render_comparison(page))


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
