"""A run on a table too long to be learned from whole: what was drawn from it, and what was not."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contextures.data.words import counted
from contextures.exceptions import InputError

LEAST_SAMPLE = 1000
"""Rows that are drawn at least: of fewer, kinds of columns and contexts cannot be told."""

MOST_WRITTEN = 4 * 2**30
"""Bytes of coordinates up to which those of every row are written unless asked for."""

EMBEDDINGS = ("auto", "all", "sample", "none")
"""Whose coordinates a run writes."""


@dataclass(frozen=True, eq=False)
class AllRows:
    """The rows of a long table that its coordinates were learned from, drawn or not.

    Attributes
    ----------
    n_learned : int
        How many they are.
    left_out : ndarray of int
        The numbers of the others, which are held out or lie with these by a group or a time.
    n_unknown : int
        Of how many of these the group or the time is not known.
    """

    n_learned: int
    left_out: NDArray[np.intp]
    n_unknown: int

    @property
    def n_left_out(self) -> int:
        """How many rows were not learned from."""
        return len(self.left_out)

    def to_dict(self) -> dict[str, int]:
        """Give plain values."""
        counts = {"n_learned": self.n_learned, "n_left_out": self.n_left_out}
        return {**counts, "n_unknown": self.n_unknown}

    @property
    def sentence(self) -> str:
        """Say how many they are."""
        if not self.n_left_out:
            return f"The coordinates were learned from all {self.n_learned:,} rows"
        unknown = ""
        if self.n_unknown:
            unknown = f" ({self.n_unknown:,} as it is not known on which side they belong)"
        return (
            f"The coordinates were learned from {self.n_learned:,} of "
            f"{self.n_learned + self.n_left_out:,} rows, all but "
            f"{counted(self.n_left_out, 'row')} held out{unknown}"
        )


@dataclass(frozen=True, eq=False)
class Long:
    """What of a long table was learned from.

    Attributes
    ----------
    n_rows : int
        The rows of the table.
    rows : ndarray of int
        The numbers of the rows that were drawn, from which all else was learned.
    n_labelled, n_drawn_labelled : int or None
        How many of these have a label; None without a target.
    embedded : {"all", "sample", "none"}
        The rows whose coordinates are written.
    columns : dict
        Of all rows, by column: how many are missing, and the least and greatest number.
    notes : list of str
        What is unusual in the rows that were not drawn.
    all_rows : AllRows or None
        What the coordinates were learned from, where it is not the drawn rows alone.
    why_sample : str or None
        Why it is, where more was asked for.
    """

    n_rows: int
    rows: NDArray[np.intp]
    n_labelled: int | None
    n_drawn_labelled: int | None
    embedded: str
    columns: dict[str, dict[str, Any]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    all_rows: AllRows | None = None
    why_sample: str | None = None

    @property
    def n_drawn(self) -> int:
        """How many rows were drawn."""
        return len(self.rows)

    @property
    def sentence(self) -> str:
        """Say how many rows there are, and how many were learned from."""
        labels = ""
        if self.n_labelled is not None and self.n_drawn_labelled is not None:
            labels = (
                f", {self.n_drawn_labelled:,} of the {counted(self.n_labelled, 'row')} with a "
                "label among them"
            )
        if self.all_rows is not None:
            return (
                f"{self.all_rows.sentence}; all else, such as their context, their bases and how "
                f"columns are prepared, from {self.n_drawn:,} rows drawn at random{labels}; "
                f"{self._written}."
            )
        why = f", {self.why_sample}" if self.why_sample else ""
        return (
            f"Everything was learned from {self.n_drawn:,} of {self.n_rows:,} rows, drawn at "
            f"random{labels}{why}; {self._written}."
        )

    @property
    def _written(self) -> str:
        if self.embedded == "all":
            return "every row was then embedded"
        if self.embedded == "sample":
            return "only the drawn ones were embedded, as coordinates of all would be many"
        return "no coordinates were written"

    def to_dict(self) -> dict[str, Any]:
        """Give plain values."""
        return {
            "n_rows": self.n_rows,
            "n_drawn": self.n_drawn,
            "learned": "sample" if self.all_rows is None else "all",
            **({} if self.all_rows is None else self.all_rows.to_dict()),
            **({"why_sample": self.why_sample} if self.why_sample else {}),
            "n_labelled": self.n_labelled,
            "n_drawn_labelled": self.n_drawn_labelled,
            "embedded": self.embedded,
            "columns": self.columns,
        }


def check_long(sample: int, embeddings: str) -> None:
    """Refuse, before anything is read, a sample that is too small, and unknown embeddings."""
    if isinstance(sample, bool) or not isinstance(sample, int) or sample < LEAST_SAMPLE:
        raise InputError(
            f"--sample {sample!r} is not possible; give {LEAST_SAMPLE:,} rows or more, or leave it "
            "out"
        )
    if embeddings not in EMBEDDINGS:
        raise InputError(f"--embeddings {embeddings!r} is not known; give {', '.join(EMBEDDINGS)}")


def embedded_of(asked: str, n_rows: int, n_components: int, dtype: str) -> str:
    """Say whose coordinates are written: of all rows, of those drawn, or of none."""
    if asked != "auto":
        return asked
    size = n_rows * n_components * (8 if dtype == "float64" else 4)
    return "all" if size <= MOST_WRITTEN else "sample"


def unknown_classes(n: int, target: str) -> list[str]:
    """Say how many labels are of classes that no drawn row has."""
    if not n:
        return []
    return [
        f"{counted(n, 'row')} {'has' if n == 1 else 'have'} a label of {target!r} that no "
        "drawn row has, so it is never predicted; draw more rows with --sample"
    ]
