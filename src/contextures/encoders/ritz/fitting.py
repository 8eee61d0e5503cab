"""From rows to a learner: all at once, or a chunk at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from contextures._arrays import FloatArray
from contextures.contexts import Context
from contextures.encoders.ritz.basis_choice import Wanted, choose_sides
from contextures.encoders.ritz.learner import Learner, Rows, moments_of
from contextures.encoders.ritz.parameters import SELECTION_ROWS, Settings
from contextures.encoders.sources import DrawnSource, Source, generator
from contextures.exceptions import InputError


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
    uniform = np.ptp(weights) <= 1e-12 * weights.max()
    held, rest = (
        Rows(
            inputs,
            None if uniform else n * weights[numbers],
            numbers,
            seed=(settings.seed, place),
        )
        for place, numbers in enumerate((order[:n_held], order[n_held:]))
    )
    judged = held.gathered(source) if n_held else None
    few = rest.first(SELECTION_ROWS).gathered(source)
    sides, moments = choose_sides(wanted, source, few, judged, settings.n_components)
    if len(few) < len(rest):
        moments = moments_of(source, sides, rest, settings.n_jobs)
    return Learner(source, sides, moments, judged)


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
        sides, moments = choose_sides(wanted, source, rest, judged, settings.n_components)
        return Learner(source, sides, moments, judged, 1)
    learner.moments.merge(moments_of(source, learner.sides, rest, settings.n_jobs))
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
