"""What can be said exactly of all rows of a long table while they pass: gaps and ranges."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from contextures.data.values import missing_mask


class Ranges:
    """Missing cells of columns, and the least and greatest of their numbers, batch by batch."""

    def __init__(self) -> None:
        self._missing: dict[str, int] = {}
        self._ends: dict[str, tuple[float, float]] = {}

    def add(self, frame: pd.DataFrame) -> None:
        """Count more rows."""
        for name in map(str, frame.columns):
            column = frame[name]
            n_missing = int(missing_mask(column).sum())
            self._missing[name] = self._missing.get(name, 0) + n_missing
            if not pd.api.types.is_numeric_dtype(column.dtype) or n_missing == len(column):
                continue
            least, most = float(column.min()), float(column.max())
            before = self._ends.get(name, (np.inf, -np.inf))
            self._ends[name] = (min(before[0], least), max(before[1], most))

    def to_dict(self) -> dict[str, dict[str, Any]]:
        """Give, by column, the missing cells, and the ends of its range where it holds numbers."""
        return {
            name: {
                "missing": missing,
                **dict(zip(("min", "max"), self._ends.get(name, ()), strict=False)),
            }
            for name, missing in self._missing.items()
        }
