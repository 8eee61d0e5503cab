"""Learning in the span of a basis: from rows, at once or chunk by chunk, to ordered functions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contextures._arrays import FloatArray
from contextures.contexts import Context
from contextures.encoders.gather import Rows, moments_of, relative_weights
from contextures.encoders.held_out import SELECTION_ROWS, USUAL_RIDGE, Judge, choose_ridge
from contextures.encoders.ritz.basis_choice import Wanted, choose_bases
from contextures.encoders.ritz.basis_pair import BasisPair
from contextures.encoders.ritz.parameters import Settings
from contextures.encoders.sources import DrawnSource, Source, generator
from contextures.exceptions import InputError
from contextures.spectrum.ritz import RitzFunctions, RitzMoments


@dataclass(frozen=True)
class Solved:
    """The functions found, their ridge, and its score on held-out rows (NaN without any)."""

    functions: RitzFunctions
    ridge: float
    score: float


@dataclass
class Learner:
    """Moments of the rows learned from, and held-out rows to choose the ridge by."""

    source: Source
    bases: BasisPair
    moments: RitzMoments
    held: Rows | None = None
    n_chunks: int = 1

    def hold(self, rows: Rows) -> None:
        """Keep rows out of the moments."""
        if self.held is None:
            self.held = rows
            return
        # Only draws come chunk by chunk: views first.
        self.held = Rows(
            np.concatenate([self.held.inputs, rows.inputs]),
            given=np.concatenate([self.held.given, rows.given], axis=1),
        )

    def solve(
        self, n_components: int, ridge: float | None, *, last: bool, allow_fewer: bool = False
    ) -> Solved:
        """Choose the ridge when None; then learn from the held-out rows as well, and solve.

        ``last`` says that no rows will follow, so that the sums need not be kept as they are;
        ``allow_fewer``, that ``n_components`` is the most that is wanted.
        """
        if self.held is None:
            ridge = USUAL_RIDGE if ridge is None else ridge
            found = self.moments.solve(n_components, ridge, allow_fewer=allow_fewer)
            return Solved(found, ridge, np.nan)
        judge = Judge(self.source, self.bases, self.held, n_components)
        score = judge.scorer(self.moments)
        ridge, best = choose_ridge(score) if ridge is None else (ridge, score(ridge))
        total = self.moments if last else self.moments.copy()
        total.merge(judge.moments())
        return Solved(total.solve(n_components, ridge, allow_fewer=allow_fewer), ridge, best)


def learn(
    settings: Settings, wanted: Wanted, source: Source, inputs: NDArray[Any], weights: FloatArray
) -> Learner:
    """Learn from all rows, but for some that are held out to choose by.

    Parameters
    ----------
    settings : Settings
        The encoder's parameters.
    wanted : Wanted
        The bases asked for.
    source : Source
        What the context gives for the rows.
    inputs : ndarray of shape (n, ...)
        The rows.
    weights : ndarray of shape (n,)
        P_X.

    Returns
    -------
    Learner
        Ready to solve.
    """
    n = len(inputs)
    n_held = settings.n_held(n) if settings.ridge is None or wanted.is_choice else 0
    order = generator(settings.seed, 2).permutation(n)
    relative = relative_weights(weights)
    held, rest = (
        Rows(
            inputs,
            None if relative is None else relative[numbers],
            numbers,
            seed=(settings.seed, place),
        )
        for place, numbers in enumerate((order[:n_held], order[n_held:]))
    )
    judged = held.gathered(source) if n_held else None
    few = rest.first(SELECTION_ROWS).gathered(source)
    bases, moments = choose_bases(wanted, source, few, judged, settings.n_components)
    if len(few) < len(rest):
        moments = moments_of(source, bases, rest, settings.n_jobs)
    return Learner(source, bases, moments, judged)


def learn_chunk(
    learner: Learner | None,
    settings: Settings,
    wanted: Wanted,
    context: Context,
    inputs: NDArray[Any],
    y: Any,
) -> Learner:
    """Learn from a chunk of rows whose contexts are drawn or observed.

    Parameters
    ----------
    learner : Learner or None
        What was learned from chunks before; None for the first, which chooses the bases.
    settings : Settings
        The encoder's parameters.
    wanted : Wanted
        The bases asked for.
    context : Context
        The context, fitted to the first chunk.
    inputs : ndarray of shape (n, ...)
        The rows.
    y : array-like or None
        The observed contexts.

    Returns
    -------
    Learner
        The same one, if there was one.
    """
    n = len(inputs)
    n_chunks = 0 if learner is None else learner.n_chunks
    seed = (settings.seed, n_chunks)
    source = DrawnSource(context, inputs, settings.views or 1)
    given = _observed(y, n) if context.observed else source.draw(inputs, seed)
    before = 0 if learner is None or learner.held is None else len(learner.held)
    n_held = settings.n_held(n, before) if settings.ridge is None or wanted.is_choice else 0
    order = generator(*seed, 1).permutation(n)
    held, rest = (
        Rows(inputs[part], given=given[:, part]) for part in (order[:n_held], order[n_held:])
    )
    if learner is None:
        judged = held if n_held else None
        bases, moments = choose_bases(wanted, source, rest, judged, settings.n_components)
        return Learner(source, bases, moments, judged, 1)
    learner.moments.merge(moments_of(source, learner.bases, rest, settings.n_jobs))
    if n_held:
        learner.hold(held)
    learner.n_chunks += 1
    return learner


def _observed(y: Any, n: int) -> NDArray[Any]:
    values = np.asarray(y)
    n_given = len(values) if values.ndim else 0
    if n_given != n:
        raise InputError(f"X has {n} rows but A has {n_given}; give one context per input")
    return values[None]
