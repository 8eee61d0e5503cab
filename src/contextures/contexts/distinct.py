"""Which rows of arrays are equal."""

from __future__ import annotations

from typing import Any

import numpy as np

from contextures._arrays import IntArray


def distinct_rows(values: Any) -> tuple[Any, IntArray]:
    """Find the distinct rows of an array of numbers.

    Parameters
    ----------
    values : ndarray of shape (n, ...)
        Numbers, none of them missing.

    Returns
    -------
    distinct : ndarray of shape (k, ...)
        The distinct rows, in order of appearance.
    codes : ndarray of int of shape (n,)
        Which of them each row is.
    """
    _, first, codes = np.unique(_keys(values), return_index=True, return_inverse=True)
    order = np.argsort(first)
    places = np.empty_like(order)
    places[order] = np.arange(len(order))
    return values[first[order]], places[codes.ravel()]


def some_repeat(values: Any) -> bool:
    """Tell whether rows of float64 may repeat, at a seventh of the cost of finding which.

    Parameters
    ----------
    values : ndarray of shape (n, p)
        Numbers.

    Returns
    -------
    bool
        False where all rows differ; True where two are equal, or, hardly ever, where they differ.
    """
    if len(values) < 2:
        return False
    mixed = row_numbers(values)
    mixed.sort()
    return bool((mixed[1:] == mixed[:-1]).any())


def row_numbers(values: Any) -> Any:
    """Give a number of 64 bits to each row of float64: equal ones to equal rows.

    Parameters
    ----------
    values : ndarray of shape (n, p)
        Numbers.

    Returns
    -------
    ndarray of uint64 of shape (n,)
        The numbers; hardly ever are those of rows that differ equal.
    """
    bits = np.ascontiguousarray(values + 0.0).view(np.uint64)  # minus zero is zero
    mixed = np.zeros(len(bits), dtype=np.uint64)
    for column in bits.T:
        mixed = (mixed ^ column) * np.uint64(0x9E3779B97F4A7C15)  # odd, so that nothing is lost
        mixed ^= mixed >> np.uint64(29)
    return mixed


def match_rows(known: Any, rows: Any) -> IntArray:
    """Find rows among distinct ones.

    Parameters
    ----------
    known : ndarray of shape (k, ...)
        Distinct rows.
    rows : ndarray of shape (n, ...)
        Rows of as many numbers.

    Returns
    -------
    ndarray of int of shape (n,)
        The place of each row among the known ones; -1 for one that is not there.
    """
    kind = np.result_type(known, rows)
    together = np.concatenate([_keys(known.astype(kind)), _keys(rows.astype(kind))])
    codes = np.unique(together, return_inverse=True)[1].ravel()
    places = np.full(codes.max() + 1, -1)
    places[codes[: len(known)]] = np.arange(len(known))
    return places[codes[len(known) :]]


def _keys(values: Any) -> Any:
    flat = np.ascontiguousarray(values).reshape(len(values), -1)
    if flat.shape[1] == 1:
        return flat[:, 0]
    # Bytes compare in one go; adding zero makes minus zero equal to zero.
    flat = flat + flat.dtype.type(0)
    return flat.view(np.dtype((np.void, flat.dtype.itemsize * flat.shape[1]))).ravel()
