"""Numbers of a target so far from the others that squared errors are theirs alone."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from contextures.data.account import DataWarning
from contextures.data.words import counted

LEAST_ROWS = 50
"""Of fewer numbers, one may make most of how they vary by chance."""

MOST_FAR = 3
"""Of more values that are far away, each is no slip."""

HALF = 0.5


def far_values(name: str, values: NDArray[Any]) -> DataWarning | None:
    """Warn of a few values that make more than half of how a target varies.

    Parameters
    ----------
    name : str
        The target.
    values : ndarray of shape (n,)
        Its numbers; NaN where it has none.

    Returns
    -------
    DataWarning or None
        What to look at, if there is something.
    """
    known = values[np.isfinite(values)]
    if len(known) < LEAST_ROWS:
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        away = (known - np.median(known)) ** 2
        order = np.argsort(away)[::-1]
        shares = np.cumsum(away[order[:MOST_FAR]]) / away.sum()
    few = np.flatnonzero(shares > HALF)
    if not len(few):
        return None
    n = int(few[0]) + 1
    far = ", ".join(f"{float(value):,.10g}" for value in known[order[:n]])
    return DataWarning(
        name,
        "far-values",
        f"{counted(n, 'value')} of {name!r} ({far}) {'makes' if n == 1 else 'make'} "
        f"{shares[n - 1]:.0%} of how it varies, so R² and squared errors tell mostly of "
        f"{'that row' if n == 1 else 'those rows'}; if it is a slip, mend or empty it, else judge "
        "with --metric mae.",
    )
