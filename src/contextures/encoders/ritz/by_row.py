"""Random numbers that belong to a row, by its number among all rows, however rows are parted.

Rows are numbered through all parts. A generator draws for a block of :data:`BLOCK` numbers at a
time, since a generator for each row would take longer than the rest; a part of a block is drawn
for as the whole block, and the draws of the rows that are not there are left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from contextures._arrays import FloatArray
from contextures.encoders.sources import DrawnSource, generator

BLOCK = 1024
"""Rows that are drawn for together."""


class Stretch(NamedTuple):
    """The rows of a chunk that lie in one block: the block, where in the chunk, where in it."""

    block: int
    chunk: slice
    inside: slice


def stretches(start: int, n: int) -> Iterator[Stretch]:
    """Part n rows, the first of which has the number ``start``, at the borders of blocks.

    Parameters
    ----------
    start, n : int
        The number of the first row, and how many there are.

    Returns
    -------
    iterator of Stretch
        In order.
    """
    for block in range(start // BLOCK, -(-(start + n) // BLOCK)):
        first, last = max(start, block * BLOCK), min(start + n, (block + 1) * BLOCK)
        inside = slice(first - block * BLOCK, last - block * BLOCK)
        yield Stretch(block, slice(first - start, last - start), inside)


def shares(seed: int, purpose: int, start: int, n: int) -> FloatArray:
    """Give each row a number, uniform between zero and one.

    Parameters
    ----------
    seed, purpose : int
        Numbers for other seeds and purposes are independent.
    start, n : int
        The number of the first row, and how many there are.

    Returns
    -------
    ndarray of shape (n,)
        The same for a row whatever the chunk it is in.
    """
    found = np.empty(n)
    for block, chunk, inside in stretches(start, n):
        found[chunk] = generator(seed, purpose, block).random(BLOCK)[inside]
    return found


def draw(
    source: DrawnSource, inputs: NDArray[Any], seed: int, purpose: int, start: int
) -> NDArray[Any]:
    """Draw A for a chunk of rows.

    Parameters
    ----------
    source : DrawnSource
        What the context gives.
    inputs : ndarray of shape (n, ...)
        The rows.
    seed, purpose : int
        Where randomness comes from.
    start : int
        The number of the first row.

    Returns
    -------
    ndarray of shape (n_views, n, ...)
        The same for a row whatever the chunk it is in, as long as how many random numbers a
        context takes does not depend on the values of rows.
    """
    drawn = []
    for block, chunk, inside in stretches(start, len(inputs)):
        # Rows that are not there are stood in for by the nearest that is.
        numbers = np.arange(BLOCK) - inside.start + chunk.start
        rows = inputs[numbers.clip(chunk.start, chunk.stop - 1)]
        drawn.append(source.draw(rows, (seed, purpose, block))[:, inside])
    return np.concatenate(drawn, axis=1)
