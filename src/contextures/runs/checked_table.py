"""A table that has been looked over, and what of it is learnt from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contextures.data import (
    DataWarning,
    Table,
    TablePreparation,
    TableProfile,
    TargetInfo,
    check_target,
    encode_target,
    profile_table,
)
from contextures.data.far_values import far_values
from contextures.runs.carried import check_free, take_ids

LEFT_OUT = {
    "identifier": "it looks like an identifier",
    "target-copy": "it is a copy of the target",
}
"""Warnings whose columns are not learnt from, and why."""


TOLD = (
    *("target-task", "far-values", "text-numbers", "odd-dates", "date-order", "mixed-units"),
    "entity",
)
"""Warnings that are told where a table is read, before anything is learned."""


@dataclass(frozen=True)
class Checked:
    """A table that has been looked over, and its target.

    ``left_out`` holds more columns that are not learnt from, and why; ``remarks`` what else its
    reader might not expect.
    """

    table: Table
    profile: TableProfile
    target: TargetInfo | None
    labels: NDArray[Any] | None
    features: pd.DataFrame
    left_out: dict[str, str] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    ids: pd.Series | None = None

    @property
    def notes(self) -> list[str]:
        """What was decided when the table was read that its reader might not expect."""
        said = [w.message.rstrip(".") for w in self.profile.warnings if w.code in TOLD]
        return [*self.table.notes, *said, *self.remarks]

    def missing_labels(self) -> NDArray[Any] | None:
        """Mark the rows without a label; None without a target."""
        if self.labels is None or self.target is None:
            return None
        return self.labels < 0 if self.target.task == "classification" else np.isnan(self.labels)

    def complete_labels(self) -> NDArray[Any] | None:
        """Give the labels if every row has one: only then can they be a context."""
        missing = self.missing_labels()
        return None if missing is None or missing.any() else self.known_labels()

    def known_labels(self) -> NDArray[Any] | None:
        """Give the labels there are, with None or NaN for rows without one; None without target."""
        if self.labels is None or self.target is None:
            return None
        if self.target.task != "classification":
            return self.labels
        # As words, many codes of classes are not taken for amounts.
        words, known = self.labels.astype(str), self.labels >= 0
        return words if known.all() else np.where(known, words.astype(object), np.array(None))

    def preparation(self) -> TablePreparation:
        """Give the preparation that leaves out what should not be learnt from."""
        return TablePreparation(
            {
                warning.column: LEFT_OUT[warning.code]
                for warning in self.profile.warnings
                if warning.code in LEFT_OUT and warning.column is not None
            }
            | self.left_out,
            decimal=self.table.how_read.decimal,
            dates=self.table.how_read.dates,
        )


def look_over(
    table: Table, target: str | None, task: str | None = None, identifier: str | None = None
) -> Checked:
    """Profile a table and check its target.

    Parameters
    ----------
    table : Table
        The table.
    target : str or None
        The column to predict.
    task : {"classification", "regression"} or None
        How the target is read; found when None.
    identifier : str or None
        A column that says which row is which: it is set aside.

    Returns
    -------
    Checked
        What was found.

    Raises
    ------
    InputError
        If the target or the id cannot be used, or no feature varies.
    """
    how = table.how_read
    table, ids = take_ids(table, identifier, target)
    profile = profile_table(table.frame, target, decimal=how.decimal, dates=how.dates)
    if target is None:
        return Checked(table, profile, None, None, table.frame, ids=ids)
    info = check_target(table.frame[target], task, decimal=how.decimal)
    check_free(identifier, info.classes)
    if info.note is not None:
        profile.warnings.append(DataWarning(target, "target-task", f"{info.note}."))
    labels = encode_target(table.frame[target], info)
    far = far_values(target, labels) if info.task == "regression" else None
    if far is not None:
        profile.warnings.append(far)
    return Checked(table, profile, info, labels, table.frame.drop(columns=target), ids=ids)
