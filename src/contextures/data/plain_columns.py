"""Which columns of a text hold a number in every row, from one batch of rows after another."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from contextures.data.text_numbers import may_be_grouped

_EXACT = 2**53
"""Larger whole numbers may read otherwise beside decimals than alone."""

_LARGEST = 1e100
"""Larger numbers are refused where a table is read."""


@dataclass
class PlainColumns:
    """What batches have shown of the columns, which are called by their places.

    Attributes
    ----------
    types : dict of int to str
        Of each column that has held a number in every row, its type.
    others : set of int
        The columns that have not, or one that is read in the light of the others.
    parted, pointed : set of int
        Columns with decimals, and those of which these show that the mark before them is one.
    """

    types: dict[int, str] = field(default_factory=dict)
    others: set[int] = field(default_factory=set)
    parted: set[int] = field(default_factory=set)
    pointed: set[int] = field(default_factory=set)

    def see(self, rows: pd.DataFrame) -> None:
        """Look at the next rows."""
        for place in set(map(int, rows.columns)) - self.others:
            column = rows[place]
            if not _is_plain(column):
                self.others.add(place)
                self.types.pop(place, None)
                continue
            if column.dtype.kind == "i":
                self.types.setdefault(place, "int64")
                continue
            self.types[place] = "float64"
            values = column.to_numpy()
            if (values != np.floor(values)).any():
                self.parted.add(place)
                if place not in self.pointed and not may_be_grouped(column):
                    self.pointed.add(place)

    def plain(self) -> dict[int, str]:
        """Give the types of the columns that are read alike alone, in order."""
        doubtful = self.parted - self.pointed  # such as 1.200, which others may show to be 1200
        return {p: self.types[p] for p in sorted(self.types) if p not in doubtful}


def _is_plain(column: pd.Series) -> bool:
    values = column.to_numpy()
    if values.dtype.kind == "i":
        return bool((values <= _EXACT).all() and (values >= -_EXACT).all())
    return values.dtype.kind == "f" and bool((np.abs(values) <= _LARGEST).all())
