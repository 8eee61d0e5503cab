"""What predictions come to, counted batch by batch: rows of each class, or the spread."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from contextures.runs.predictions import CHANCE


class Tally:
    """Counts of predictions; they can be added batch by batch."""

    def __init__(self) -> None:
        self.n_rows = 0
        self._counts: dict[str, int] | None = None
        self._sums: list[float] = []
        self._least, self._most = math.inf, -math.inf

    def add(self, frame: pd.DataFrame) -> None:
        """Count more predictions, a frame as :func:`predicted_frame` gives it."""
        told = frame["prediction"]
        self.n_rows += len(told)
        if any(str(name).startswith(CHANCE) for name in frame.columns):
            self._counts = self._counts or {}
            for label, count in told.value_counts().items():
                self._counts[str(label)] = self._counts.get(str(label), 0) + int(count)
            return
        self._sums.append(float(told.sum()))
        self._least = min(self._least, float(told.min()))
        self._most = max(self._most, float(told.max()))

    def to_dict(self) -> dict[str, Any]:
        """Give plain values."""
        if self._counts is not None:
            ordered = sorted(self._counts.items(), key=lambda each: -each[1])
            return {"n_rows": self.n_rows, "counts": dict(ordered)}
        mean = math.fsum(self._sums) / max(self.n_rows, 1)
        return {"n_rows": self.n_rows, "mean": mean, "min": self._least, "max": self._most}
