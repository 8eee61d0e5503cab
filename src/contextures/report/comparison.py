"""The page of a comparison: a verdict, tables, and what they mean."""

from __future__ import annotations

from dataclasses import dataclass, field

from contextures.exceptions import InputError
from contextures.report.frame import draw_page, embed
from contextures.report.parts import Repeat

__all__ = ["ComparisonData", "PlainTable", "render_comparison"]

SCRIPTS = ("comparison.js",)


@dataclass(frozen=True)
class PlainTable:
    """A table of text.

    Attributes
    ----------
    caption : str
        What it shows.
    header : list of str
        The names of its columns.
    rows : list of list of str
        Its cells, the first of each row its name.
    note : str
        What its numbers mean.
    """

    caption: str
    header: list[str]
    rows: list[list[str]]
    note: str = ""


@dataclass(frozen=True)
class ComparisonData:
    """Everything that the page of a comparison shows.

    Attributes
    ----------
    title : str
        The page's title.
    created : str
        When it was made.
    of : str
        What was compared.
    verdict : str
        Which is better, or that it cannot be told.
    sentences : list of str
        What else was found.
    tables : list of PlainTable
        The numbers.
    repeat : Repeat
        How to repeat it.
    notes : list of str
        What limits its meaning.
    """

    title: str
    created: str
    of: str
    verdict: str
    sentences: list[str]
    tables: list[PlainTable]
    repeat: Repeat
    notes: list[str] = field(default_factory=list)


def render_comparison(data: ComparisonData) -> str:
    """Draw the page of a comparison.

    Parameters
    ----------
    data : ComparisonData
        What it says.

    Returns
    -------
    str
        One HTML file that needs nothing else.

    Raises
    ------
    InputError
        If a row of a table has more or fewer cells than its header.

    Examples
    --------
    >>> from contextures.report import ComparisonData, PlainTable, Repeat, render_comparison
    >>> table = PlainTable("The embeddings", ["embedding", "coordinates"], [["a", "16"]])
    >>> repeat = Repeat("contextures compare a.npy b.npy", 0, "0.1.0", "compare_files(...)")
    >>> data = ComparisonData("a, b", "2026-01-02", "a and b", "cannot tell", [], [table], repeat)
    >>> render_comparison(data)[:15]
    '<!DOCTYPE html>'
    """
    for table in data.tables:
        if any(len(row) != len(table.header) for row in table.rows):
            raise InputError(
                f"a row of the table {table.caption!r} has not {len(table.header)} cells, as its "
                "header has; give a cell for each column"
            )
    page = draw_page("comparison.html.j2", SCRIPTS, data=data, glossary={}, payload=embed({}))
    return page.encode("utf-8", "replace").decode("utf-8")
