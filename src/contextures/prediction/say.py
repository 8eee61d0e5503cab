"""How much each labelled row has to say in the weights of members."""

from __future__ import annotations

import numpy as np

from contextures._arrays import FloatArray

ALONE = 0.5
"""The share of all error from which on one row would weigh the members by itself."""

MOST = 0.2
"""The share that is left to it, and to any other row, then."""


def say_of_rows(errors: FloatArray) -> FloatArray:
    """Say how much rows count, where one of them would decide alone.

    A row whose number is far from what all members say, such as a slip of the pen, may make nearly
    all of the squared error, and the weights then follow whoever happens to miss it least. Where
    the least error of a row makes more than ``ALONE`` of the sum over rows, no row keeps more than
    ``MOST`` of that sum; otherwise all count alike, long tails too.

    Parameters
    ----------
    errors : ndarray of shape (M, k, q)
        Target less left-out prediction, of each member.

    Returns
    -------
    ndarray of shape (k,)
        Above zero, at most 1.

    Notes
    -----
    Derived: a bounded influence, as of Huber's weights, that begins only where one row dominates.
    """
    least = np.sum(errors**2, axis=2).min(axis=0)
    shares = np.ones(len(least))
    if not np.isfinite(least).all() or least.max() <= ALONE * least.sum():
        return shares
    # With the m largest at the bound c, the sum is rest + m c and c = MOST times it.
    ordered = np.sort(least)[::-1]
    rest = np.append(np.cumsum(ordered[::-1])[::-1], 0.0)  # from the smallest: exact beside slips
    for m in range(1, int(1 / MOST)):
        bound = MOST * rest[m] / (1 - m * MOST)
        if m == len(ordered) or ordered[m] <= bound:
            return np.asarray(np.minimum(1.0, max(bound, 1e-300) / np.maximum(least, 1e-300)))
    return shares
