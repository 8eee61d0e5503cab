"""Learning in the span of a basis: from rows to ordered functions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contextures._arrays import FloatArray
from contextures.encoders.gather import Rows, moments_of, relative_weights
from contextures.encoders.held_out import SELECTION_ROWS, USUAL_RIDGE, Judge, choose_ridge
from contextures.encoders.ritz.basis_choice import Wanted, choose_bases
from contextures.encoders.ritz.basis_pair import BasisPair
from contextures.encoders.ritz.parameters import Settings
from contextures.encoders.sources import Source, generator
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
