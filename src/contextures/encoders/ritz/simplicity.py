"""Whether a simple basis will do, and whether it does as well as another."""

from __future__ import annotations

import numpy as np

from contextures._arrays import FloatArray

FEW_ROWS, FEW_SHARE = 5, 0.8
"""So few rows hold no more than this share of a function. Of the fifth power of 10,000 Gaussian
rows they hold .3, with a row five standard deviations out .7, and of Student's t with 5 degrees of
freedom .95."""

DOUBT, MOST_DOUBT = 1.0, 3.0
"""Standard errors by which a simple basis may fall short, and without its best block of rows."""


def rests_on_few_rows(rows: FloatArray, degree: int) -> bool:
    """Tell whether five rows hold more than four fifths of what a power of a column varies by.

    Such a power is next to an indicator of these rows. Held-out rows would not tell: where tails
    are heavy, a few of them hold most of their score too.

    Parameters
    ----------
    rows : ndarray of shape (n, p)
        Rows.
    degree : int
        The power.

    Returns
    -------
    bool
        Of any column.
    """
    spread = rows.std(axis=0)
    standard = (rows - rows.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    squares = standard ** (2 * degree)
    largest = np.partition(squares, -FEW_ROWS, axis=0)[-FEW_ROWS:]
    return bool((largest.sum(axis=0) > FEW_SHARE * squares.sum(axis=0)).any())


def no_worse(simple: FloatArray, best: FloatArray) -> bool:
    """Tell whether a simple basis falls short by no more than one standard error.

    A single row far out can make unbounded functions look associated, and makes the standard error
    large too. So the simple basis has to hold without the block of rows that speaks most for it as
    well, within three standard errors of the others.

    Parameters
    ----------
    simple, best : ndarray of shape (k,)
        The scores of two bases without each of k blocks of held-out rows, the same for both.

    Returns
    -------
    bool
        Whether to prefer the simple basis.

    References
    ----------
    Breiman, Friedman, Olshen and Stone, "Classification and regression trees" (1984), for the rule
    of one standard error; Efron and Stein (1981) for the jackknife.
    """
    if not (np.isfinite(simple).all() and np.isfinite(best).all()):
        return bool(np.isfinite(simple).all())
    differences = simple - best
    favourite = int(differences.argmin())
    without = float(differences[favourite])
    others = np.delete(differences, favourite)
    if without < -MOST_DOUBT * _standard_error(others):
        return False
    return bool(differences.mean() >= -DOUBT * _standard_error(differences))


def _standard_error(differences: FloatArray) -> float:
    """Give the jackknife's standard error from values without each block."""
    k = len(differences)
    return float(np.sqrt((k - 1) * differences.var()))
