"""Scores and their intervals as dots on a common axis."""

from __future__ import annotations

import math
from typing import Any

from contextures.report.parts import Score

__all__ = ["score_axis"]


def score_axis(scores: list[Score]) -> dict[str, list[dict[str, Any]]]:
    """Return where scores, their intervals and round ticks lie, in per cent of a common axis."""
    if not scores:
        return {"rows": [], "ticks": []}
    low = min(min(score.low, score.score) for score in scores)
    high = max(max(score.high, score.score) for score in scores)
    step = _round_step((high - low) or 0.1)
    first, last = math.floor(low / step), math.ceil(high / step)
    if first == last:
        first, last = first - 1, last + 1

    def place(value: float) -> float:
        return round(100 * (value / step - first) / (last - first), 3)

    rows = [
        {
            "score": score,
            "low": place(score.low),
            "width": round(place(score.high) - place(score.low), 3),
            "dot": place(score.score),
        }
        for score in scores
    ]
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    ticks = [
        {"at": place(i * step), "label": f"{i * step:.{digits}f}"} for i in range(first, last + 1)
    ]
    return {"rows": rows, "ticks": ticks}


def _round_step(span: float) -> float:
    """Return the smallest 1, 2 or 5 times a power of ten that divides ``span`` in four or fewer."""
    power = float(10.0 ** math.floor(math.log10(span / 4)))
    return next(power * m for m in (1, 2, 5, 10) if span / (power * m) <= 4)
