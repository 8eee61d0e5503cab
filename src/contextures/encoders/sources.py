"""What a fitted context gives for rows, and the moments and scores that follow from it.

A context in transition form gives exact moments while the support is small enough to hold one row
of functions for each of its points; a kernel gives exact moments always; for the rest, and for
large supports, contexts are drawn.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import DTypeLike, NDArray

from contextures._arrays import Array, FloatArray, IntArray, Matrix
from contextures.contexts import Context, DescribedRows
from contextures.encoders.bases.base import values_of
from contextures.exceptions import InputError
from contextures.spectrum.ritz import PairMoments, RitzMoments
from contextures.spectrum.ritz.operator_moments import moments_like
from contextures.spectrum.ritz.ratio_trace import described_ratio_trace, pair_score

EXACT_VALUES = 50_000_000
"""Support points times functions up to which a transition is used as it is (0.4 GB)."""


class Source(Protocol):
    """What a context gives for rows."""

    @property
    def n_views(self) -> int:
        """How many contexts each row has."""

    def gather(self, rows: IntArray, seed: tuple[int, ...]) -> Any:
        """Give what the context says about fitted rows: transition rows, features or draws."""

    def empty(self) -> RitzMoments:
        """Give moments of no rows."""

    def take(self, given: Any, part: slice) -> Any:
        """Give a part of what :meth:`gather` gave."""

    def side(
        self, given: Any, context_basis: Any, dtype: DTypeLike, device: str | None = None
    ) -> Any:
        """Turn what was gathered into the second argument of the moments' ``update``.

        Functions of A are computed on the device, where there is one.
        """

    def score(self, left: FloatArray, side: Any, right: Any, weights: Any) -> float:
        """Judge functions on rows they were not learned from.

        ``right`` maps values on the side of A to the right-hand functions.
        """


class DescribedSource:
    """Exact rows: those of a transition, or features z of a kernel 1 + z . z'."""

    n_views = 1

    def __init__(self, context: Context) -> None:
        self._rows = context.describe()

    def gather(self, rows: IntArray, seed: tuple[int, ...]) -> Matrix:
        """Give the entries of rows."""
        return self._rows.entries[rows]

    def empty(self) -> RitzMoments:
        """Give moments of no rows."""
        return moments_like(self._rows)

    def take(self, given: Matrix, part: slice) -> Matrix:
        """Give a part of the entries."""
        return given[part]

    def side(
        self, given: Matrix, context_basis: Any, dtype: DTypeLike, device: str | None = None
    ) -> Matrix:
        """Give the entries themselves."""
        return given

    def score(self, left: FloatArray, side: Matrix, right: Any, weights: Any) -> float:
        """Compute the ratio trace."""
        rows = DescribedRows(side, self._rows.scales, self._rows.constant)
        return described_ratio_trace(left, rows, weights)


class DrawnSource:
    """Draws of A for each row, several views of them.

    Parameters
    ----------
    context : Context
        A fitted context that can be drawn from.
    inputs : array-like
        The fitted rows.
    n_views : int
        Draws for each row.
    """

    def __init__(self, context: Context, inputs: Any, n_views: int) -> None:
        self._context = context
        self._inputs = inputs
        self.n_views = n_views

    def gather(self, rows: IntArray, seed: tuple[int, ...]) -> NDArray[Any]:
        """Draw A for fitted rows, of shape (n_views, n, ...)."""
        rng = generator(*seed)
        drawn = np.asarray(self._context.sample_rows(self._inputs, rows, rng, self.n_views))
        return drawn[None] if self.n_views == 1 else drawn

    def draw(self, inputs: Any, seed: tuple[int, ...]) -> NDArray[Any]:
        """Draw A for any rows, of shape (n_views, n, ...)."""
        rng = generator(*seed)
        drawn = np.asarray(self._context.sample(inputs, rng, self.n_views))
        return drawn[None] if self.n_views == 1 else drawn

    def empty(self) -> RitzMoments:
        """Give moments of no rows."""
        return PairMoments()

    def take(self, given: NDArray[Any], part: slice) -> NDArray[Any]:
        """Give the draws of some of the rows."""
        return given[:, part]

    def side(
        self, given: NDArray[Any], context_basis: Any, dtype: DTypeLike, device: str | None = None
    ) -> Array:
        """Compute psi of the draws, of shape (n_views, n, E)."""
        n_views, n = given.shape[:2]
        values = values_of(context_basis, as_rows(flat(given)), dtype, device)
        return values.reshape(n_views, n, -1)

    def score(
        self,
        left: FloatArray,
        side: NDArray[Any],
        right: Callable[[Any], FloatArray],
        weights: Any,
    ) -> float:
        """Compute the VAMP-2 score."""
        return pair_score(left, right(side), weights)


def generator(seed: int, *key: int) -> np.random.Generator:
    """Make a generator for one purpose.

    ``default_rng((0, 0))`` is ``default_rng(0)``, which may have made the rows: contexts drawn
    from it would repeat them.
    """
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))


def choose_source(context: Context, inputs: Any, n_functions: int, n_views: int) -> Source:
    """Pick the source for a fitted context.

    Parameters
    ----------
    context : Context
        A fitted context.
    inputs : array-like
        The fitted rows.
    n_functions : int
        D.
    n_views : int
        Draws for each row, where contexts are drawn.

    Returns
    -------
    Source
        An exact one where there is one within memory.
    """
    if context.has_rows:
        few = len(context.describe().scales) * n_functions <= EXACT_VALUES
        if few or context.form == "kernel":
            return DescribedSource(context)
    return DrawnSource(context, inputs, 1 if context.observed else n_views)


def flat(given: NDArray[Any]) -> NDArray[Any]:
    """Join the views of draws into one list of rows."""
    return given.reshape(-1, *given.shape[2:])


def names_things(values: NDArray[Any]) -> bool:
    """Tell whether values of A are classes, indices or words rather than quantities."""
    return values.ndim == 1 and values.dtype.kind != "f"


def as_rows(values: NDArray[Any]) -> NDArray[Any]:
    """Give values of A as what a basis takes: a list of names, or rows of numbers in float64."""
    if names_things(values):
        return values
    if values.dtype.kind not in "fiub":
        raise InputError(
            f"A has values of type {values.dtype} and shape {values.shape}; give one name or class "
            "for each row, or numbers"
        )
    return values.reshape(len(values), -1).astype(np.float64, copy=False)
