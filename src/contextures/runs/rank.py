"""Ranking the contexts of a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contextures.data import (
    Table,
    TablePreparation,
    TableProfile,
    TargetInfo,
    check_target,
    encode_target,
    profile_table,
)
from contextures.runs.learn import n_jobs
from contextures.runs.progress import Progress
from contextures.selection import ContextSearch

LEFT_OUT = {
    "identifier": "it looks like an identifier",
    "target-copy": "it is a copy of the target",
}
"""Warnings whose columns are not learnt from, and why."""


@dataclass(frozen=True)
class Checked:
    """A table that has been looked over, and its target."""

    table: Table
    profile: TableProfile
    target: TargetInfo | None
    labels: NDArray[Any] | None
    features: pd.DataFrame

    def missing_labels(self) -> NDArray[Any] | None:
        """Mark the rows without a label; None without a target."""
        if self.labels is None or self.target is None:
            return None
        return self.labels < 0 if self.target.task == "classification" else np.isnan(self.labels)

    def complete_labels(self) -> NDArray[Any] | None:
        """Give the labels if every row has one: only then can they be a context."""
        missing = self.missing_labels()
        return None if missing is None or missing.any() else self.labels

    def preparation(self) -> TablePreparation:
        """Give the preparation that leaves out what should not be learnt from."""
        return TablePreparation(
            {
                warning.column: LEFT_OUT[warning.code]
                for warning in self.profile.warnings
                if warning.code in LEFT_OUT and warning.column is not None
            }
        )


def look_over(table: Table, target: str | None, task: str | None = None) -> Checked:
    """Profile a table and check its target.

    Parameters
    ----------
    table : Table
        The table.
    target : str or None
        The column to predict.
    task : {"classification", "regression"} or None
        How the target is read; found when None.

    Returns
    -------
    Checked
        What was found.

    Raises
    ------
    InputError
        If the target cannot be used or no feature varies.
    """
    profile = profile_table(table.frame, target)
    if target is None:
        return Checked(table, profile, None, None, table.frame)
    info = check_target(table.frame[target], task)
    labels = encode_target(table.frame[target], info)
    return Checked(table, profile, info, labels, table.frame.drop(columns=target))


def rank_table(
    table: Table,
    *,
    target: str | None = None,
    score: str = "auto",
    seed: int = 0,
    progress: Progress | None = None,
) -> ContextSearch:
    """Rank the default contexts on a table.

    Parameters
    ----------
    table : Table
        The table; all its rows are used, since nothing is scored on held-out ones.
    target : str or None
        A column to leave out of the features; the label context is then listed too.
    score : {"auto", "pseudo", "tau"}, default="auto"
        What the ranking follows; see :class:`contextures.ContextSearch`.
    seed : int, default=0
        Draws the rows that spectra are computed on.
    progress : Progress or None
        Told how far the work is.

    Returns
    -------
    ContextSearch
        The fitted search; see its ``results_``.

    Examples
    --------
    >>> from contextures.data import demo_table
    >>> from contextures.runs import rank_table
    >>> table = demo_table("wine")
    >>> search = rank_table(table, target=table.target)
    >>> search.score_, len(search.results_)
    ('pseudo', 37)
    """
    progress = progress or Progress()
    with progress.stage("prepare table"):
        checked = look_over(table, target)
        rows = checked.preparation().fit_transform(checked.features)
    search = ContextSearch(score=score, n_jobs=n_jobs(), random_state=seed)
    with progress.stage("rank contexts"):
        return search.fit(rows, checked.complete_labels(), progress=progress.advance)
