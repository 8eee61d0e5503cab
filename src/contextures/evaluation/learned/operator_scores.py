"""How much of a context has an encoder learned? Scores on rows not learned from, with errors."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.model_selection import KFold
from sklearn.utils.validation import check_is_fitted

from contextures._checks import as_numbers, check_positive_int, check_size_of_values, labels_of
from contextures.contexts import Context
from contextures.evaluation.arrays import Transformer, representation
from contextures.evaluation.jackknife import OperatorScore, jackknifed, seeded, with_interval
from contextures.exceptions import InputError
from contextures.spectrum.ritz.ratio_trace import described_ratio_trace, pair_score, tied_rows


def ratio_trace_score(
    F: Any,
    context: Context,
    X: Any = None,
    *,
    n_groups: int = 20,
    level: float = 0.95,
    random_state: Any = None,
) -> OperatorScore:
    """Compute the ratio trace tr(C^-1 B) of a representation under a context, with its error.

    It is unchanged by invertible linear maps of the representation, in the population at most the
    sum of the d largest s_i^2, and the average-case criterion: the variance of a random target of
    the context (f = T g, g white) that a linear probe explains. So ratio traces of any encoders,
    ours or not, are compared under one context and on the same rows.

    Parameters
    ----------
    F : array-like of shape (n, d) or fitted transformer
        The representation of the rows.
    context : Context
        A fitted context in transition or kernel form.
    X : array-like of shape (n, p), optional
        The rows, which nothing was learned from; those that the context was fitted to when None.
    n_groups : int, default=20
        The rows are left out in so many random groups, in turn, for the standard error.
    level : float, default=0.95
        How often the interval should cover.
    random_state : int, RandomState or None, default=None
        Draws the groups; None stands for a fixed seed.

    Returns
    -------
    OperatorScore
        The ratio trace, its bias taken away.

    Raises
    ------
    InputError
        If the context only draws (see :func:`vamp2_score`), or without a group there are not
        more rows than functions.

    Notes
    -----
    Rows that the functions were learned from flatter them: compare on fresh ones, several times
    as many as functions. On fresh rows the plain ratio trace is too small, because the covariance
    of d functions is estimated on the same rows: twelve functions of a cube with flips lose .16 on
    400 rows and .58 on 100, and after the jackknife's correction less than .01 and .05. The
    interval is about the draw of these rows; functions and context are taken as they are.

    New rows are tied together through the fitted support and its P_A. Where that is rough, as for
    few neighbours among few rows, it is not quite the P_A of new rows, and their scores can exceed
    the sum of s_i^2 of the fitted ones; under one context they still compare encoders.

    ``n_groups`` times the cost of ``contextures.spectrum.ritz.ratio_trace.ratio_trace``.

    References
    ----------
    arXiv 2505.01557 (ICML 2025), Definition 21; the U-statistic and the average case are derived.
    Error and correction are the delete-a-group jackknife's: Efron and Tibshirani, "An Introduction
    to the Bootstrap" (1993), chapter 11.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.decomposition import PCA
    >>> from contextures.contexts import KNNContext
    >>> from contextures.evaluation import ratio_trace_score
    >>> turn = np.random.default_rng(0).uniform(3, 15, 1000)
    >>> X = np.column_stack([turn * np.cos(turn), turn * np.sin(turn)])
    >>> context = KNNContext(50).fit(X[:500])
    >>> score = ratio_trace_score(PCA(2).fit(X[:500]), context, X[500:])
    >>> round(score.value, 1), score.n_components
    (1.7, 2)
    """
    check_is_fitted(context)
    tied = tied_rows(context, X)
    weights = context.input_weights_ if X is None else np.ones(len(tied))
    values = representation(F, X, "F")
    if len(values) != len(tied):
        raise InputError(
            f"F has {len(values)} rows but the context describes {len(tied)}; give the "
            "representation of the same rows"
        )

    def score(rows: Any) -> float:
        own = np.zeros(len(tied))
        own[rows] = weights[rows]
        return described_ratio_trace(values, tied, own)

    return jackknifed(score, values.shape, n_groups, level, random_state)


def vamp2_score(
    F: Any,
    G: Any,
    *,
    n_groups: int = 20,
    level: float = 0.95,
    random_state: Any = None,
) -> OperatorScore:
    """Compute the VAMP-2 score of functions of x and functions of a, with its error.

    The sum of the squared canonical correlations of both sides estimates from below what the
    functions of x are worth for the context, when both were learned from other pairs. It needs
    draws of A only.

    Parameters
    ----------
    F : array-like of shape (n, d)
        Functions of x.
    G : array-like of shape (n, e) or (n_views, n, e)
        Functions of a, for one or several draws of A for each x.
    n_groups, level, random_state
        As for :func:`ratio_trace_score`.

    Returns
    -------
    OperatorScore
        The score.

    Raises
    ------
    InputError
        If the rows do not match, or without a group there are not more rows than functions.

    Notes
    -----
    Canonical correlations found on the rows that they are judged by are too large: sides that have
    nothing to do with each other score about d e / n, which the jackknife takes away to first
    order. Use many more rows than d e.

    References
    ----------
    Wu and Noé, arXiv 1707.04659.

    Examples
    --------
    >>> import numpy as np
    >>> from contextures.evaluation import vamp2_score
    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=(5000, 1))
    >>> a = 0.8 * x + 0.6 * rng.normal(size=x.shape)  # s_1 = 0.8
    >>> found = vamp2_score(x, a, random_state=0)
    >>> round(found.value, 2), round(found.standard_error, 3)
    (0.64, 0.006)
    """
    values = representation(F, None, "F")
    contexts = as_numbers(G, "G")
    if not np.isfinite(contexts).all():
        raise InputError("G holds values that are missing or infinite; leave them out")
    check_size_of_values(contexts, "G")
    if contexts.ndim not in (2, 3) or contexts.shape[-2] != len(values):
        raise InputError(
            f"G must have shape (n, e) or (n_views, n, e) with n={len(values)}; its shape is "
            f"{contexts.shape}"
        )

    def score(rows: Any) -> float:
        return pair_score(values[rows], contexts[..., rows, :])

    widest = max(values.shape[1], contexts.shape[-1])
    found = jackknifed(score, (len(values), widest), n_groups, level, random_state)
    return replace(found, n_components=values.shape[1])


def cross_validated_ratio_trace(
    encoder: Transformer,
    X: Any,
    y: Any = None,
    *,
    context: Context | None = None,
    n_folds: int = 5,
    level: float = 0.95,
    random_state: Any = None,
) -> OperatorScore:
    """Fit an encoder to all folds but one, judge it on that one, for each fold in turn.

    Parameters
    ----------
    encoder : transformer
        What is refitted: an encoder of this library, or any transformer of scikit-learn's kind.
    X : array-like of shape (n, p)
        The rows.
    y : array-like of shape (n,), optional
        What the encoder or the context needs besides X.
    context : Context, optional
        The context to judge by, fitted to the same folds as the encoder; when None, the encoder's
        own ``context_``.
    n_folds : int, default=5
        How many folds.
    level : float, default=0.95
        How often the interval should cover.
    random_state : int, RandomState or None, default=None
        Shuffles the rows into folds; None stands for a fixed seed.

    Returns
    -------
    OperatorScore
        The mean ratio trace over folds. Its standard error is that of the folds' scores, which
        takes them as independent although they share rows to learn from.

    Raises
    ------
    InputError
        If the encoder has no context of its own and none was given, the context only draws, or a
        fold has no more rows than there are functions.

    References
    ----------
    arXiv 2505.01557 (ICML 2025), Definition 21; McGibbon and Pande, arXiv 1407.8083, for the
    cross-validation of such scores.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.decomposition import PCA
    >>> from contextures import RitzEncoder
    >>> from contextures.contexts import KNNContext
    >>> from contextures.evaluation import cross_validated_ratio_trace
    >>> turn = np.random.default_rng(0).uniform(3, 15, 1000)
    >>> X = np.column_stack([turn * np.cos(turn), turn * np.sin(turn)])
    >>> ours = cross_validated_ratio_trace(RitzEncoder(KNNContext(50), 2), X)
    >>> theirs = cross_validated_ratio_trace(PCA(2), X, context=KNNContext(50))
    >>> ours.value > theirs.value
    True
    """
    check_positive_int(n_folds, "n_folds", least=2)
    try:
        rows = np.asarray(X)
    except ValueError:  # rows of several lengths
        rows = np.empty(())
    if rows.ndim == 0:
        raise InputError("X must be the rows to embed, all of one length; give an array")
    labels = None if y is None else labels_of(y)
    if n_folds > len(rows):
        raise InputError(f"n_folds={n_folds} is above the number of rows, {len(rows)}; give fewer")
    folds = KFold(n_folds, shuffle=True, random_state=seeded(random_state))
    scores = []
    for train, held in folds.split(rows):
        given = None if labels is None else labels[train]
        fitted = clone(encoder).fit(rows[train], given)
        judge = _judge(fitted, context, rows[train], given)
        scores.append(ratio_trace_score(fitted, judge, rows[held]))
    values = [score.value for score in scores]
    error = float(np.std(values, ddof=1) / np.sqrt(n_folds))
    return with_interval(
        float(np.mean(values)),
        float(np.mean([score.uncorrected for score in scores])),
        error,
        n_folds,
        level,
        scores[0].n_components,
    )


def _judge(fitted: Transformer, context: Context | None, X: Any, y: Any) -> Context:
    if context is not None:
        return clone(context).fit(X, y)  # type: ignore[no-any-return]
    own = getattr(fitted, "context_", None)
    if not isinstance(own, Context):
        raise InputError(
            f"{type(fitted).__name__} has no context of its own; give the context to judge it by"
        )
    return own
