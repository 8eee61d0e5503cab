"""What looks wrong in a table."""

from __future__ import annotations

from dataclasses import dataclass


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
        many-categories or output-name.
    message : str
        What it is and what was done, in a sentence.
    """

    column: str | None
    code: str
    message: str
