"""Many rows in blocks, on as many cores as there are."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from contextures._arrays import FloatArray

MOST_ROWS = 65_536
"""Rows of a block at most, so that what is made of them on the way stays small."""

LEAST_ROWS = 12_000
"""Rows of a block at least where it is for the cores' sake: smaller ones take longer a row."""


def in_blocks(ask: Callable[[FloatArray], FloatArray], rows: FloatArray) -> FloatArray:
    """Ask for values of rows that do not depend on each other.

    Parameters
    ----------
    ask : callable
        Gives an array of one row for each row of shape (m, p), to several threads at once.
    rows : ndarray of shape (n, p)
        The rows.

    Returns
    -------
    ndarray of shape (n, q)
        What it gives, to rounding.

    Notes
    -----
    A core works on each block, where joblib lets all be used; what is asked for spends its time in
    compiled code, to which Python's lock does not matter.
    """
    n = len(rows)
    if n < 2 * LEAST_ROWS:
        return ask(rows)
    from joblib import Parallel, delayed, effective_n_jobs

    cores = int(effective_n_jobs(-1))
    n_blocks = max(-(-n // MOST_ROWS), min(cores, n // LEAST_ROWS))
    blocks = np.array_split(rows, n_blocks)
    if min(cores, n_blocks) == 1:
        return np.concatenate([ask(block) for block in blocks])
    found = Parallel(n_jobs=min(cores, n_blocks), require="sharedmem")(
        delayed(ask)(block) for block in blocks
    )
    return np.concatenate(list(found))
