"""A basis of its own for each part of what a mix of contexts reveals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray
from sklearn.base import clone

from contextures._arrays import Array, FloatArray, on_device, side_by_side, to_numpy
from contextures.contexts.algebra.layout import Piece
from contextures.encoders.bases.base import Basis, values_of


class PartsBasis(Basis):
    """Functions of A = (j, A_j): a basis of A_j where part j was revealed, and zero elsewhere.

    With one basis for all, the part whose values vary most would decide where its functions are,
    and those of the others be lost. A piece that holds the A of several parts at once is brought to
    equal spread in each.

    Parameters
    ----------
    bases : sequence of transformers
        One for each piece; clones of them are fitted.
    pieces : sequence of Piece
        Where the values of each part stand.

    Attributes
    ----------
    bases_ : list of transformers or None
        The fitted bases; None for a part that was never revealed.
    scales_ : list of ndarray
        What the columns of each are multiplied by.

    Examples
    --------
    >>> import numpy as np
    >>> from contextures.contexts.algebra.layout import Piece
    >>> from contextures.encoders.bases import LandmarkBasis
    >>> from contextures.encoders.bases.parts import PartsBasis
    >>> chosen = np.repeat(np.eye(2), 30, axis=0)
    >>> values = np.random.default_rng(0).standard_normal((60, 2)) * chosen
    >>> pieces = [Piece((0,), ((2, 3),)), Piece((1,), ((3, 4),))]
    >>> basis = PartsBasis([LandmarkBasis(5), LandmarkBasis(5)], pieces)
    >>> basis.fit_transform(np.hstack([chosen, values])).shape  # and two indicators
    (60, 12)
    """

    bases_: list[Any]
    scales_: list[FloatArray]

    def __init__(self, bases: Sequence[Any], pieces: Sequence[Piece]) -> None:
        self.bases = bases
        self.pieces = pieces

    def fit_rows(self, rows: FloatArray) -> None:
        """Fit each to the rows of its part; see :meth:`Basis.fit`."""
        self.bases_, self.scales_ = [], []
        for basis, piece in zip(self.bases, self.pieces, strict=True):
            values = _columns(rows[_revealed(rows, piece)], piece)
            few = len(values) < 2
            self.scales_.append(np.ones(values.shape[1]) if few else _scales(values, piece))
            self.bases_.append(None if few else clone(basis).fit(values * self.scales_[-1]))

    def values(self, rows: FloatArray, dtype: DTypeLike) -> NDArray[Any]:
        """Compute phi; see :meth:`Basis.values`."""
        found = [rows[:, flags].astype(dtype) for flags in _flags(self.pieces)]
        for basis, scales, piece in zip(self.bases_, self.scales_, self.pieces, strict=True):
            if basis is None:
                continue
            there = np.flatnonzero(_revealed(rows, piece))
            if not len(there):
                there = np.zeros(1, dtype=np.intp)  # tells how many functions there are
            own = values_of(basis, _columns(rows[there], piece) * scales, dtype)
            if len(there) < len(rows) or not _revealed(rows[there], piece).all():
                spread = np.zeros((len(rows), own.shape[1]), dtype=dtype)
                spread[there] = own * _revealed(rows[there], piece)[:, None]
                own = spread
            found.append(own)
        return np.hstack(found)

    def tensor_values(self, rows: Array) -> Array:
        """Compute phi on a device; see :meth:`Basis.tensor_values`."""
        host, device = to_numpy(rows), str(rows.device)
        found = [rows[:, flags] for flags in _flags(self.pieces)]
        for basis, scales, piece in zip(self.bases_, self.scales_, self.pieces, strict=True):
            if basis is None:
                continue
            there = np.flatnonzero(_revealed(host, piece))
            if not len(there):
                there = np.zeros(1, dtype=np.intp)
            own = values_of(basis, _columns(host[there], piece) * scales, np.float64, device)
            spread = rows.new_zeros((len(rows), own.shape[1]))
            revealed = on_device(_revealed(host[there], piece), device)
            spread[on_device(there, device).long()] = own * revealed[:, None]
            found.append(spread)
        return side_by_side(found)


def _flags(pieces: Sequence[Piece]) -> list[list[int]]:
    flags = sorted({flag for piece in pieces for flag in piece.flags})
    return [flags] if flags else []


def _revealed(rows: FloatArray, piece: Piece) -> NDArray[np.bool_]:
    return np.asarray((rows[:, list(piece.flags)] > 0.5).all(axis=1))


def _columns(rows: FloatArray, piece: Piece) -> FloatArray:
    return np.hstack([rows[:, start:end] for start, end in piece.groups])


def _scales(values: FloatArray, piece: Piece) -> FloatArray:
    """Give one over the spread of each part's columns, where there are several parts."""
    if len(piece.groups) == 1:
        return np.ones(values.shape[1])
    widths = [end - start for start, end in piece.groups]
    spread = [part.std(axis=0) for part in np.split(values, np.cumsum(widths)[:-1], axis=1)]
    sizes = [float(np.sqrt(np.mean(each**2))) or 1.0 for each in spread]
    return np.repeat(1.0 / np.array(sizes), widths)
