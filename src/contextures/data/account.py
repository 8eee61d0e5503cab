"""What was done with each column, and what looks wrong in a table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ColumnAccount:
    """What was done with one column of a table.

    Attributes
    ----------
    column : str
        Its name.
    kind : str
        What its values are: numeric, category, text, date, boolean, constant or empty.
    action : str
        What was done, in words.
    outputs : int
        How many features it became; zero when it was left out.
    missing : int
        How many of its cells were empty.
    """

    column: str
    kind: str
    action: str
    outputs: int
    missing: int


@dataclass(frozen=True)
class DataWarning:
    """Something in the data that a reader should look at.

    Attributes
    ----------
    column : str or None
        The column; None for the whole table.
    code : str
        What it is, in one word for programs: constant, empty, mostly-missing, identifier,
        target-copy, target-leak, duplicate-column, duplicate-rows, text-numbers, mixed-types,
        mixed-units, odd-dates, date-order, many-categories, output-name, entity,
        target-task or far-values.
    message : str
        What it is and what was done, in a sentence.
    """

    column: str | None
    code: str
    message: str
