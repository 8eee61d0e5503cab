"""The columns of a table summed up on a page of their own, by skrub's ``TableReport``."""

from __future__ import annotations

import io
import warnings
from contextlib import redirect_stderr, redirect_stdout

import numpy as np
import pandas as pd

from contextures.data.without_home import load_skrub

MOST_ROWS = 10_000
"""Rows that are summed up, drawn at random where there are more."""

MOST_COLUMNS = 60
"""Columns that are summed up: the page grows by about 15 kB with each."""

MOST_BYTES = 5_000_000

POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "img-src data: blob:; font-src data:; base-uri 'none'; form-action 'none'"
)
"""Runs what is on the page and fetches nothing, whatever skrub may come to write."""

STYLE = "<style>body{overflow-wrap:anywhere}main{max-width:100vw;overflow-x:auto}</style>"
"""Keeps long names from widening the page beyond a phone's."""


def columns_page(frame: pd.DataFrame, name: str, seed: int) -> str | None:
    """Draw the distributions and the associations of a table's columns.

    Parameters
    ----------
    frame : DataFrame
        The table.
    name : str
        What it is called.
    seed : int
        Draws the rows summed up, where there are many.

    Returns
    -------
    str or None
        A page that needs nothing else, and no network; None where skrub cannot draw it, as
        without a place for matplotlib's fonts, or where it would be too large. It shows counts,
        extremes and frequent values, and of the rows only the first.
    """
    rows = np.arange(len(frame))
    if len(rows) > MOST_ROWS:
        rows = np.sort(np.random.default_rng(seed).choice(rows, MOST_ROWS, replace=False))
    shown = frame.iloc[rows, :MOST_COLUMNS].reset_index(drop=True)
    title = f"{name}: its columns"
    if len(rows) < len(frame):
        title += f", {len(rows):,} of {len(frame):,} rows drawn at random"
    if shown.shape[1] < frame.shape[1]:
        title += f", the first {shown.shape[1]} of {frame.shape[1]:,} columns"
    quiet = io.StringIO()
    try:
        with warnings.catch_warnings(), redirect_stdout(quiet), redirect_stderr(quiet):
            warnings.simplefilter("ignore")
            load_skrub()
            from skrub import TableReport

            page = str(
                TableReport(shown, n_rows=0, title=title, open_tab="stats", verbose=0).html()
            )
    except Exception:  # a summary is worth no run: whatever skrub or matplotlib raise
        return None
    page = page.replace("</head>", f"{STYLE}\n</head>", 1)
    head = f'<head>\n<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    page = page.replace("<head>", head, 1)
    return page if head in page and len(page.encode("utf-8", "replace")) <= MOST_BYTES else None
