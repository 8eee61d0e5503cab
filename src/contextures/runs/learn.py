"""Choosing a context and fitting its encoder within the means of one machine."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contextures.contexts import Context
from contextures.contexts.distinct import distinct_rows
from contextures.exceptions import ContextWarning, InputError
from contextures.runs.encoder_choice import affordable_rows, choose_kind, fit_encoder
from contextures.runs.learned_quality import Judgement, judge
from contextures.runs.progress import Progress
from contextures.runs.run import Learned
from contextures.selection import ContextSearch


def learn(
    rows: NDArray[np.float64],
    labels: NDArray[Any] | None,
    *,
    context: Context | None,
    score: str,
    encoder: str,
    n_components: int | None,
    seed: int,
    progress: Progress,
    fresh: NDArray[np.float64] | None = None,
) -> Learned:
    """Rank contexts, choose one and fit its encoder.

    Parameters
    ----------
    rows : ndarray of shape (n, p)
        Prepared rows to learn from.
    labels : ndarray of shape (n,) or None
        Labels, for the label context in the ranking; not used for the choice.
    context : Context or None
        The context; chosen without labels when None.
    score : {"auto", "pseudo", "tau"}
        What the choice follows; see :class:`contextures.ContextSearch`.
    encoder : {"auto", "spectral", "ritz", "neural"}
        The kind of encoder; see :func:`contextures.runs.encoder_choice.choose_kind` for "auto".
    n_components : int or None
        The number of coordinates. When None, as many as are sound up to 128, and at least the
        number that the score predicts.
    seed : int
        Draws subsets of rows.
    progress : Progress
        Told how far the work is.
    fresh : ndarray of shape (m, p), optional
        Rows not learned from, that a learned encoder is judged on.

    Returns
    -------
    Learned
        The ranking and the encoder.
    """
    if context is not None:
        context.check_fit(rows)  # refuses what cannot be, before any long work
    if n_components is not None:
        _check_dim(n_components, rows, context, encoder)
    candidates = None if context is None else [context]
    # The labels judge the representation afterwards, so they must have no part in its choice.
    criterion = "label-free" if score == "auto" else score
    search = ContextSearch(candidates, criterion=criterion, n_jobs=-1, random_state=seed)
    with progress.stage("rank contexts"):
        search.fit(rows, labels if context is None else None, progress=progress.advance)
    chosen = search.best_context_
    kind = choose_kind(encoder, chosen, len(rows))
    n = affordable_rows(chosen, len(rows), kind)
    subset = np.sort(np.random.default_rng(seed).permutation(len(rows))[:n])
    if n < len(rows):
        chosen = chosen.subsampled(n / len(rows))
    predicted = search.best_n_components_
    with progress.stage("fit encoder"), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fitted = fit_encoder(
            kind, chosen, rows[subset], n_components, predicted, seed, progress.advance
        )
    messages = [str(w.message) for w in caught if issubclass(w.category, ContextWarning)]
    judgement = Judgement()
    if kind != "spectral":
        with progress.stage("compare with the exact functions"):
            judgement = judge(fitted, rows[subset], fresh)
    return Learned(search, kind, fitted, n, judgement, list(dict.fromkeys(messages)))


def _check_dim(
    n_components: int, rows: NDArray[np.float64], context: Context | None, encoder: str
) -> None:
    """Refuse more coordinates than there can be, before any long work.

    Functions of a row are no more than the rows that differ, less the constant; of the rows, an
    encoder takes those that its context can afford.
    """
    n = len(rows)
    if context is not None:
        n = affordable_rows(context, n, choose_kind(encoder, context, n))
    n_different = len(distinct_rows(rows)[0])
    most = min(n, n_different) - 1
    if n_components > max(most, 1):
        what = "different rows" if n_different < n else "rows"
        raise InputError(
            f"--dim {n_components} is above the largest possible rank, {most}, for {most + 1} "
            f"{what} to learn from; give --dim {max(most, 1)} or less"
        )
