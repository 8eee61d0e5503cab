"""Choosing a context and fitting its encoder within the means of one machine."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contextures.contexts import Context, KNNContext, MaskContext
from contextures.contexts.checks import DENSE_SHARE
from contextures.contexts.support import SupportContext
from contextures.encoders import SpectralEncoder
from contextures.exceptions import ContextWarning, InputError, RankError
from contextures.runs.progress import Progress
from contextures.selection import ContextSearch

MOST_ROWS = 20_000
MOST_ENTRIES = 9_000_000
"""Entries of a transition that one decomposition takes; it decides on how many rows to fit."""

KEPT_COMPONENTS = 128
SMALLEST_VALUE = 1e-7
"""Functions with smaller singular values rest on rounding: mu = T nu / s."""


@dataclass(frozen=True)
class Learned:
    """A chosen context and its fitted encoder.

    Attributes
    ----------
    search : ContextSearch
        The ranking.
    encoder : SpectralEncoder
        The encoder.
    n_rows : int
        How many training rows it was fitted to.
    warnings : list of str
        What limits its meaning.
    """

    search: ContextSearch
    encoder: SpectralEncoder
    n_rows: int
    warnings: list[str] = field(default_factory=list)


def learn(
    rows: NDArray[np.float64],
    labels: NDArray[Any] | None,
    *,
    context: Context | None,
    n_components: int | None,
    seed: int,
    progress: Progress,
) -> Learned:
    """Rank contexts, choose one and fit its encoder.

    Parameters
    ----------
    rows : ndarray of shape (n, p)
        Prepared rows to learn from.
    labels : ndarray of shape (n,) or None
        Labels, for the label context in the ranking; not used for the choice.
    context : Context or None
        The context; chosen by tau when None.
    n_components : int or None
        The number of coordinates. When None, as many as are sound up to 128, and at least the
        number that tau predicts.
    seed : int
        Draws subsets of rows.
    progress : Progress
        Told how far the work is.

    Returns
    -------
    Learned
        The ranking and the encoder.
    """
    if isinstance(context, SupportContext):
        context.fit_support(rows)  # refuses what cannot be, before any long work
    if n_components is not None and n_components >= len(rows):
        raise InputError(
            f"--dim {n_components} is above the largest possible rank, {len(rows) - 1}, for "
            f"{len(rows)} rows to learn from; give --dim {len(rows) - 1} or less"
        )
    candidates = None if context is None else [context]
    search = ContextSearch(candidates, n_jobs=n_jobs(), random_state=seed)
    with progress.stage("rank contexts"):
        search.fit(rows, labels if context is None else None, progress=progress.advance)
    with progress.stage("fit encoder"):
        chosen = search.best_context_
        n = affordable_rows(chosen, len(rows))
        subset = np.sort(np.random.default_rng(seed).permutation(len(rows))[:n])
        if n < len(rows):
            chosen = chosen.subsampled(n / len(rows))
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            encoder = _fit(chosen, rows[subset], n_components, search.best_n_components_)
    messages = [str(w.message) for w in caught if issubclass(w.category, ContextWarning)]
    return Learned(search, encoder, n, list(dict.fromkeys(messages)))


def affordable_rows(context: Context, n: int) -> int:
    """Say on how many of ``n`` rows a context can be decomposed in seconds."""
    if isinstance(context, KNNContext):
        density = min(1.0, context.n_neighbors / n)
    elif isinstance(context, MaskContext) and isinstance(context.base, KNNContext):
        # Masks see different neighbours; few are shared.
        density = min(1.0, context.base.n_neighbors * context.n_masks / n)
    else:
        density = 1.0
    if density > DENSE_SHARE:
        density = 1.0  # it is stored, and decomposed, as a dense array
    return min(n, MOST_ROWS, int(np.sqrt(MOST_ENTRIES / density)))


def _fit(
    context: Context, rows: NDArray[np.float64], n_components: int | None, predicted: int
) -> SpectralEncoder:
    if n_components is not None:
        return SpectralEncoder(context, n_components).fit(rows)
    wanted = max(min(KEPT_COMPONENTS, len(rows) // 4), min(predicted, len(rows) // 2), 2)
    try:
        encoder = SpectralEncoder(context, wanted).fit(rows)
    except RankError as error:
        if error.rank < 1:
            raise
        encoder = SpectralEncoder(context, error.rank).fit(rows)
    sound = int(np.count_nonzero(encoder.singular_values_ >= SMALLEST_VALUE))
    if 0 < sound < len(encoder.singular_values_):
        return encoder.truncated(sound)
    return encoder


def n_jobs() -> int:
    """Say how many cores this process may use."""
    from joblib import cpu_count

    return int(cpu_count())
