"""What was done with each column, in words."""

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
