"""Rows held back from the candidates, on which pseudo-tasks are learned and judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from contextures._arrays import FloatArray, IntArray
from contextures.contexts import Context
from contextures.evaluation import PseudoTaskScore, TaskPrior, pseudo_task_error, smooth_tasks
from contextures.exceptions import InputError
from contextures.spectrum import Spectrum

FITTED_SHARE = 0.7
"""Share of the rows looked at that contexts are fitted to; half of the rest are labelled."""

FEWEST_ROWS = 100
"""With fewer rows the errors on those held back say too little."""


@dataclass(frozen=True)
class HeldRows:
    """Rows held back, and the prior on tasks over them.

    Attributes
    ----------
    rows : ndarray of shape (m + t, p)
        Those that probes are fitted to, then those that they are judged on.
    prior : TaskPrior
        The prior on tasks over these rows.
    """

    rows: FloatArray
    prior: TaskPrior

    def score(self, coordinates: FloatArray) -> PseudoTaskScore:
        """Score ordered coordinates of the rows; without any, a probe predicts the mean."""
        m = self.prior.n_labelled
        if not coordinates.shape[1]:
            coordinates = np.zeros((len(coordinates), 1))
        return pseudo_task_error(coordinates[:m], coordinates[m:], self.prior)


def draw_parts(
    n: int, max_samples: int, rng: Any, first: IntArray | None = None
) -> tuple[IntArray, IntArray, IntArray]:
    """Draw rows to fit contexts to, to label and to judge on.

    Parameters
    ----------
    n : int
        How many rows there are.
    max_samples : int
        How many contexts are fitted to at most.
    rng : RandomState
        Draws them.
    first : ndarray of int, optional
        Rows that come first among those to fit contexts to, as far as there is room for them.

    Returns
    -------
    tuple of ndarray of int
        Row numbers of the three parts, sorted.
    """
    drawn = rng.permutation(n)
    if first is not None:
        ahead = np.isin(drawn, first)
        drawn = np.concatenate([drawn[ahead], drawn[~ahead]])
    drawn = drawn[: min(n, round(max_samples / FITTED_SHARE))]
    fitted = round(FITTED_SHARE * len(drawn))
    labelled = fitted + (len(drawn) - fitted) // 2
    first, second, third = np.split(drawn, [fitted, labelled])
    return np.sort(first), np.sort(second), np.sort(third)


def hold(
    rows: FloatArray, fitted: IntArray, labelled: IntArray, judged: IntArray
) -> HeldRows | None:
    """Hold rows back and lay a prior over them, its scales taken from the fitted rows.

    None where the rows held back are all the same, so that no task depends on them.
    """
    try:
        prior = smooth_tasks(rows[labelled], rows[judged], rows[fitted])
    except InputError:
        return None
    return HeldRows(np.vstack([rows[labelled], rows[judged]]), prior)


def expanded(contexts: Sequence[Any], rows: FloatArray) -> list[Any]:
    """Describe rows under contexts of one family; None for one that cannot describe new rows."""
    able = [place for place, one in enumerate(contexts) if _has_functions(one)]
    found: list[Any] = [None] * len(contexts)
    if not able:
        return found
    chosen = [contexts[place] for place in able]
    try:
        together = type(chosen[0]).expand_family(chosen, rows)
    except InputError:  # a context that describes the fitted rows only
        return found
    for place, expansion in zip(able, together, strict=True):
        found[place] = expansion
    return found


def _has_functions(context: Any) -> bool:
    return isinstance(context, Context) and context.form != "sampler" and context.inductive


def extended(context: Context, spectrum: Spectrum, expansion: Any) -> FloatArray:
    """Extend the singular functions of a context to rows that it was not fitted to."""
    return np.asarray(expansion @ spectrum.extension - spectrum.offset(context))
