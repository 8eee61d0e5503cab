"""Products over the columns that masks leave visible."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from contextures._arrays import FloatArray


def masked_products(factors: FloatArray, masks: NDArray[np.bool_]) -> Iterator[FloatArray]:
    """Multiply, for each mask, the factors of the columns that it leaves visible.

    Parameters
    ----------
    factors : ndarray of shape (p, ...)
        One factor a column, none so small that its inverse, or a product of all, overflows.
    masks : ndarray of bool of shape (n_masks, p)
        True where a column is hidden.

    Yields
    ------
    ndarray of shape (...)
        A product, in an array that the next one uses again; in no set order of the masks.

    Notes
    -----
    Where most columns are visible, the product of all is multiplied by the inverses of those
    hidden. Masks that begin with the same columns share what these come to, so that a mask costs
    little more than one multiplication.
    """
    inverse = masks.mean() < 0.5
    start = factors.prod(axis=0) if inverse else np.ones(factors.shape[1:])
    if inverse:
        factors = 1.0 / factors
    wanted = masks if inverse else ~masks
    lists = sorted(tuple(np.flatnonzero(mask).tolist()) for mask in wanted)
    # partial[k] is the product of the first k columns of the list at hand.
    partial = [start, *(np.empty_like(start) for _ in range(max(map(len, lists), default=0)))]
    found = np.empty_like(start)
    before: tuple[int, ...] = ()
    for columns in lists:
        if not columns:
            np.copyto(found, start)
            yield found
            continue
        shared = 0
        while shared < min(len(columns), len(before)) and columns[shared] == before[shared]:
            shared += 1
        known = min(shared, len(columns) - 1)
        for k in range(known, len(columns) - 1):
            np.multiply(partial[k], factors[columns[k]], out=partial[k + 1])
        before = columns[:-1]
        np.multiply(partial[len(columns) - 1], factors[columns[-1]], out=found)
        yield found
