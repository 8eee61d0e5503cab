"""Counts of the values that draws take."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from scipy import sparse

from contextures._arrays import IntArray, Matrix
from contextures.contexts.distinct import distinct_rows

CHUNK_NUMBERS = 1_000_000
"""Numbers drawn at a time."""


def count_draws(
    draw: Callable[[int], Any], codes: IntArray, n_draws: int, width: int
) -> Iterator[tuple[Any, Matrix]]:
    """Draw for rows, a part of the draws at a time, and count the values.

    Parameters
    ----------
    draw : callable
        Gives so many views of all rows, as :meth:`Context.sample` does.
    codes : ndarray of int of shape (n,)
        Which distinct row each row is; equal rows are counted together.
    n_draws : int
        How many views.
    width : int
        How many numbers a row has.

    Yields
    ------
    values : ndarray of shape (m, ...)
        The distinct values of this part.
    counts : coo_array of shape (k, m)
        How often each distinct row drew each.
    """
    n, n_rows = len(codes), int(codes.max()) + 1
    step = max(1, CHUNK_NUMBERS // (n * width))
    for start in range(0, n_draws, step):
        views = min(step, n_draws - start)
        drawn = np.asarray(draw(views))
        flat = drawn.reshape(views * n, *drawn.shape[1 + (views > 1) :])
        values, columns = distinct_rows(flat)
        pairs = (np.tile(codes, views), columns)
        counts = sparse.coo_array((np.ones(len(flat)), pairs), shape=(n_rows, len(values)))
        counts.sum_duplicates()
        yield values, counts


def merge_counts(parts: Sequence[tuple[Any, Matrix]]) -> tuple[Any, list[Matrix]]:
    """Give the distinct values of all parts, and the counts of each part over them.

    Parameters
    ----------
    parts : sequence of tuple
        What :func:`count_draws` yields.

    Returns
    -------
    values : ndarray of shape (m, ...)
        The distinct values.
    counts : list of csr_array of shape (k, m)
        Counts, part by part.
    """
    values, columns = distinct_rows(np.concatenate([found for found, _ in parts]))
    ends = np.cumsum([len(found) for found, _ in parts])[:-1]
    moved = []
    for (_, counts), places in zip(parts, np.split(columns, ends), strict=True):
        pairs = (counts.row, places[counts.col])
        shape = (counts.shape[0], len(values))
        moved.append(sparse.csr_array(sparse.coo_array((counts.data, pairs), shape=shape)))
    return values, moved
