"""Learning from chunks of rows, whose sums add up to the same however the rows were parted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from contextures._arrays import FloatArray, IntArray
from contextures._checks import plain
from contextures.contexts import Context
from contextures.contexts.labels import missing_labels
from contextures.encoders.gather import Rows, moments_of
from contextures.encoders.held_out import SELECTION_ROWS
from contextures.encoders.ritz import by_row
from contextures.encoders.ritz.basis_choice import Wanted, choose_bases
from contextures.encoders.ritz.basis_pair import BasisPair
from contextures.encoders.ritz.learner import Learner, Solved
from contextures.encoders.ritz.parameters import FEWEST_ROWS, HELD_ROWS, HELD_SHARE, Settings
from contextures.encoders.sources import DrawnSource
from contextures.exceptions import InputError
from contextures.spectrum.ritz import RitzMoments

STEP = 65_536
"""Rows of a chunk that are drawn for at a time."""

SHARES, DRAWS, CHOICE_SHARES, CHOICE_DRAWS = 3, 4, 5, 6
"""Purposes of random numbers; those of a fit at once are lower."""


@dataclass(frozen=True)
class Fixed:
    """What all workers have alike: the context, the bases, and where randomness comes from.

    Attributes
    ----------
    source : DrawnSource
        What the context gives.
    bases : BasisPair
        The fitted bases.
    observed : bool
        Whether A comes with the rows.
    holds_out : bool
        Whether rows are held out, to choose the ridge by.
    settings : Settings
        The encoder's parameters.
    """

    source: DrawnSource
    bases: BasisPair
    observed: bool
    holds_out: bool
    settings: Settings

    @classmethod
    def with_bases(cls, settings: Settings, bases: tuple[Any, Any], context: Context) -> Self:
        """Take bases that are fitted already."""
        source = DrawnSource(context, None, settings.views or 1)
        pair = BasisPair(*bases, np.float64)
        return cls(source, pair, context.observed, settings.ridge is None, settings)

    @classmethod
    def of(
        cls, settings: Settings, wanted: Wanted, context: Context, inputs: NDArray[Any], y: Any
    ) -> Self:
        """Choose the bases on rows that the context was fitted to."""
        source = DrawnSource(context, None, settings.views or 1)
        n, seed = len(inputs), settings.seed
        holds_out = settings.ridge is None or wanted.is_choice
        if context.observed:
            given = observations(y, n)
        else:
            given = by_row.draw(source, inputs, seed, CHOICE_DRAWS, 0)
        order = by_row.shares(seed, CHOICE_SHARES, 0, n).argsort()
        n_held = settings.n_held(n) if holds_out else 0
        rest = order[n_held:][:SELECTION_ROWS]
        held = order[:n_held]
        few, judged = (Rows(inputs[part], given=given[:, part]) for part in (rest, held))
        bases, _ = choose_bases(
            wanted, source, few, judged if n_held else None, settings.n_components
        )
        return cls(source, bases, context.observed, holds_out, settings)


@dataclass
class Kept:
    """Rows by number, with what came with them, in the order of their shares."""

    numbers: IntArray
    shares: FloatArray
    inputs: NDArray[Any]
    given: NDArray[Any]

    def __len__(self) -> int:
        return len(self.numbers)

    def of(self, which: Any) -> Kept:
        """Give some of the rows."""
        return Kept(
            self.numbers[which], self.shares[which], self.inputs[which], self.given[:, which]
        )

    def rows(self) -> Rows:
        """Give the rows with their contexts."""
        return Rows(self.inputs, given=self.given)

    def plus(self, other: Kept | None) -> Kept:
        """Put rows together."""
        if other is None or len(other) == 0:
            return self
        return Kept(
            np.concatenate([self.numbers, other.numbers]),
            np.concatenate([self.shares, other.shares]),
            np.concatenate([self.inputs, other.inputs]),
            np.concatenate([self.given, other.given], axis=1),
        )

    def halves(self, n: int) -> tuple[Kept, Kept | None]:
        """Give the n rows of least share, and the others."""
        if len(self) <= n:
            return self, None
        order = np.lexsort((self.numbers, self.shares))
        return self.of(order[:n]), self.of(order[n:])


@dataclass
class Sums:
    """What was learned from rows: their moments, the rows held out, and which rows they are.

    Of the rows whose share is low the lowest are held out, up to a number. Which, depends on all
    rows and not on how they were parted: a row that is displaced by rows that come later goes
    into the moments.

    Attributes
    ----------
    moments : RitzMoments
        Those of rows that are not held out.
    held : Kept or None
        The rows held out.
    seen : list of tuple of int
        First and last number, less one, of the stretches of rows taken in, in order.
    """

    moments: RitzMoments
    held: Kept | None = None
    seen: list[tuple[int, int]] = field(default_factory=list)

    @property
    def count(self) -> int:
        """The number of rows."""
        return sum(last - first for first, last in self.seen)

    @property
    def end(self) -> int:
        """The number that follows that of the last row."""
        return self.seen[-1][1] if self.seen else 0

    def copy(self) -> Sums:
        """Give sums that can be added to on their own."""
        return replace(self, moments=self.moments.copy(), seen=list(self.seen))

    def take_in(self, fixed: Fixed, inputs: NDArray[Any], y: Any, start: int) -> None:
        """Learn from a chunk of rows, in place.

        Parameters
        ----------
        fixed : Fixed
            The bases and what else does not change.
        inputs : ndarray of shape (n, ...)
            Checked rows.
        y : array-like of shape (n, ...) or None
            The observed contexts.
        start : int
            The number of the first row.
        """
        given = observations(y, len(inputs)) if fixed.observed else None
        # On its own first: rows that a basis refuses in the middle must not leave half a chunk.
        chunk = Sums(fixed.source.empty(), None, [(start, start + len(inputs))])
        for first in range(0, len(inputs), STEP):
            part = slice(first, first + STEP)
            theirs = None if given is None else given[:, part]
            chunk._take(fixed, inputs[part], theirs, start + first)
        self.merge(fixed, chunk)

    def _take(
        self, fixed: Fixed, inputs: NDArray[Any], given: NDArray[Any] | None, start: int
    ) -> None:
        n, seed = len(inputs), fixed.settings.seed
        if given is None:
            given = by_row.draw(fixed.source, inputs, seed, DRAWS, start)
        if not fixed.holds_out:
            self._add(fixed, Rows(inputs, given=given))
            return
        numbers = np.arange(start, start + n)
        rows = Kept(numbers, by_row.shares(seed, SHARES, start, n), inputs, given)
        low = rows.shares < 1 / HELD_SHARE
        self.held, displaced = rows.of(low).plus(self.held).halves(HELD_ROWS)
        self._add(fixed, rows.of(~low).plus(displaced).rows())

    def _add(self, fixed: Fixed, rows: Rows) -> None:
        if len(rows):
            self.moments.merge(moments_of(fixed.source, fixed.bases, rows, fixed.settings.n_jobs))

    def merge(self, fixed: Fixed, other: Sums) -> None:
        """Take in what was learned from other rows, in place; refuse rows taken in already."""
        seen = joined(self.seen, other.seen)
        held, displaced = self.held, None
        if other.held is not None:
            held, displaced = other.held.plus(self.held).halves(HELD_ROWS)
        if displaced is not None:
            self._add(fixed, displaced.rows())
        self.moments.merge(other.moments)
        self.held, self.seen = held, seen

    def learner(self, fixed: Fixed) -> Learner:
        """Give what solves: held-out rows in the order of their numbers."""
        if not self.count:
            raise InputError("no rows were learned from yet; call partial_fit")
        if self.held is None or not len(self.held):
            return Learner(fixed.source, fixed.bases, self.moments)
        held = self.held.of(self.held.numbers.argsort()).rows()
        if self.count >= FEWEST_ROWS and self.moments.count:
            return Learner(fixed.source, fixed.bases, self.moments, held)
        all_rows = self.copy()
        all_rows._add(fixed, held)
        return Learner(fixed.source, fixed.bases, all_rows.moments)


@dataclass
class Streamed:
    """An encoder's learning from chunks: what is fixed, and the sums so far."""

    fixed: Fixed
    sums: Sums

    @classmethod
    def begin(cls, fixed: Fixed) -> Streamed:
        """Begin with no rows."""
        return cls(fixed, Sums(fixed.source.empty()))

    @property
    def bases(self) -> BasisPair:
        """The fitted bases."""
        return self.fixed.bases

    def solve(
        self, n_components: int, ridge: float | None, *, last: bool, allow_fewer: bool = False
    ) -> Solved:
        """Choose the ridge when None, and solve; see :meth:`Learner.solve`."""
        learner = self.sums.learner(self.fixed)
        return learner.solve(n_components, ridge, last=last, allow_fewer=allow_fewer)


def joined(
    one: Sequence[tuple[int, int]], other: Sequence[tuple[int, int]]
) -> list[tuple[int, int]]:
    """Join stretches of rows, or refuse those that overlap.

    Parameters
    ----------
    one, other : sequence of tuple of int
        First and last number, less one, of stretches.

    Returns
    -------
    list of tuple of int
        All of them, in order, neighbours as one.
    """
    found: list[tuple[int, int]] = []
    for first, last in sorted([*one, *other]):
        if first == last:
            continue
        if found and first < found[-1][1]:
            raise InputError(
                f"row {first:,} was learned from already; give partial_fit the number of each "
                "chunk's first row among all rows as start, and merge each worker once"
            )
        if found and first == found[-1][1]:
            found[-1] = (found[-1][0], last)
        else:
            found.append((first, last))
    return found


def observations(y: Any, n: int) -> NDArray[Any]:
    """Give observed contexts as one view of n rows, or say what is wrong with them."""
    values = np.asarray(plain(y))
    n_given = len(values) if values.ndim else 0
    if n_given != n:
        raise InputError(f"X has {n} rows but A has {n_given}; give one context per input")
    missing = np.flatnonzero(missing_labels(values))
    if len(missing):
        raise InputError(
            f"y has no value at row {missing[0]} ({len(missing)} in all); leave these rows out"
        )
    return values[None]
