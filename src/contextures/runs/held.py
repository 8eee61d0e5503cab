"""Which rows a run was judged on, in words and numbers."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import PurePath
from typing import Any, Literal

import numpy as np

from contextures.data.words import counted, listed, plural, shortened
from contextures.evaluation.representations.folds import Apart
from contextures.runs.checked_table import Checked
from contextures.runs.options import FitOptions
from contextures.runs.split import Split


@dataclass(frozen=True)
class Held:
    """The rows that scores are of.

    Attributes
    ----------
    by : {"random", "group", "time", "file"}
        How they were chosen.
    name : str or None
        The column of the groups or times, or the file.
    n_rows : int
        How many rows with a label they are.
    n_values, n_learned : int or None
        How many groups or times they are of, and how many were learned from.
    since : str or None
        The earliest time held out, as the table writes it.
    n_aside : int
        Rows without a label that were left aside since they lie with the held-out ones.
    entities : list of str
        Of rows drawn at random, the columns within whose values the target hardly varies.
    notes : list of str
        What weakens a score on them.
    """

    by: Literal["random", "group", "time", "file"]
    name: str | None
    n_rows: int
    n_values: int | None = None
    n_learned: int | None = None
    since: str | None = None
    n_aside: int = 0
    entities: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def sentence(self) -> str | None:
        """Say what rows a run was judged on; None where they are as good as any."""
        rows = counted(self.n_rows, "row")
        if self.by == "group":
            assert self.n_values is not None
            return (
                f"Judged on {rows} of {self.n_values:,} {plural(self.n_values, 'value')} of "
                f"{self.name!r} never learned from; {self.n_learned:,} others were learned from."
            )
        if self.by == "time":
            return (
                f"Judged on {rows} whose {self.name!r} is {self.since} or later; all that was "
                "learned from is earlier."
            )
        if self.by == "file":
            return f"Judged on {rows} of {self.name!r}, none of which was learned from."
        if self.entities:
            return (
                f"Judged on rows drawn at random, which says nothing on new values of "
                f"{listed(self.entities)}, as rows of one value have the same target; judge new "
                f"ones with --group {self.entities[0]}."
            )
        return None

    def to_dict(self) -> dict[str, Any]:
        """Give plain values."""
        return {key: value for key, value in asdict(self).items() if key != "notes"}


def held_of(
    options: FitOptions, checked: Checked, split: Split, labels: Any, apart: Apart | None
) -> Held | None:
    """Say what rows a run is judged on.

    Parameters
    ----------
    options : FitOptions
        What was asked.
    checked : Checked
        The table.
    split : Split
        Its parts; rows from the table's number on are of the file.
    labels : ndarray or None
        The labels of all of these.
    apart : Apart or None
        What keeps rows apart.

    Returns
    -------
    Held or None
        None where no row is held out.
    """
    if not len(split.test):
        return None
    notes = _weak(checked, split, labels)
    n = len(split.test)
    if options.test is not None:
        return Held("file", PurePath(options.test).name, n, notes=notes)
    if apart is None:
        entities = [w.column for w in checked.profile.warnings if w.code == "entity" and w.column]
        return Held("random", None, n, entities=entities, notes=notes)
    column = options.group or options.time
    assert column is not None
    since = None
    if apart.kind == "time":
        first = split.test[np.argmin(apart.codes[split.test])]
        since = shortened(checked.table.frame[column].iloc[first])
    if len(split.aside):
        notes.append(
            f"{counted(len(split.aside), 'row')} without a label are left aside, since they lie "
            f"with the held-out rows by {column!r}"
        )
    return Held(
        apart.kind,
        column,
        n,
        len(np.unique(apart.codes[split.test])),
        len(np.unique(apart.codes[split.train])),
        since,
        len(split.aside),
        notes=notes,
    )


def _weak(checked: Checked, split: Split, labels: Any) -> list[str]:
    info = checked.target
    assert info is not None
    if info.task == "regression":
        return []
    names = info.classes or []
    learned = np.bincount(labels[split.train], minlength=len(names))
    judged = np.bincount(labels[split.test], minlength=len(names))
    new = [names[k] for k in np.flatnonzero((judged > 0) & (learned == 0))]
    if not new:
        return []
    return [
        f"no row of the {'class' if len(new) == 1 else 'classes'} {listed(new)} is learned from, "
        "so its held-out rows cannot be predicted right"
    ]
