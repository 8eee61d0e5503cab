"""How much of a contexture an encoder has learned, and what its shortfall is made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from contextures._arrays import FloatArray
from contextures._checks import check_has
from contextures._repr import short_repr
from contextures.contexts import Context
from contextures.encoders import Encoder
from contextures.evaluation.arrays import Transformer, unit_variance
from contextures.evaluation.jackknife import CLEAR, Estimate, Jackknife
from contextures.evaluation.learned.fresh_rows import FreshRows
from contextures.evaluation.representations.alignment import cca_alignment
from contextures.evaluation.representations.shares import (
    as_functions,
    check_same_rows,
    learned_shares,
)
from contextures.exceptions import InputError
from contextures.spectrum.ritz import RitzFunctions
from contextures.spectrum.ritz.operator_moments import moments_like
from contextures.spectrum.ritz.ratio_trace import total_association


@dataclass(frozen=True)
class Diagnosis:
    """How much of a contexture an embedding holds, and what would make it hold more.

    All but the shares and alignments is in units of the ratio trace tr(C^-1 B), which is
    sum_i s_i^2 for the singular functions themselves. An :class:`Estimate` is corrected for the
    bias of few fresh rows, and has a standard error, by leaving out groups of them in turn; both
    take the fitted rows as they are.

    Attributes
    ----------
    n_components : int
        The number of independent coordinates of the embedding.
    n_judged : int
        d: so many functions are compared on fresh rows, the best in the span of the embedding
        with as many exact ones. Fewer than ``n_components`` where fresh rows are few.
    n_fitted, n_fresh : int
        The numbers of rows.
    singular_values : ndarray of shape (k,)
        s_i of the exact functions.
    ritz_values : ndarray of shape (n_components,)
        The singular values that the embedding attains on the fitted rows, largest first.
    learned_fitted : ndarray of shape (k,)
        R_i^2, the share of each exact function in the span of the embedding, on fitted rows.
    learned_fresh : ndarray of shape (k,)
        The same on fresh rows, of the exact function extended to them, by the projection that was
        fitted on fitted rows. Below zero where that does worse than a constant.
    alignment : float
        The mean squared canonical correlation with as many exact functions, on fitted rows.
    ceiling : float
        The sum of s_i^2 over all i: what no number of functions can exceed.
    exact, encoder : Estimate
        The ratio trace on fresh rows of d exact functions, extended to them, and of d functions
        of the embedding.
    attained : Estimate or None
        The largest that a closed-form solution, or else the embedding, attains there; no more than
        the larger of ``exact`` and ``encoder``.
    share : Estimate
        ``encoder`` over ``exact``.
    parts : dict of str to Estimate
        What lies between the ceiling and the encoder; see :func:`diagnose`.
    gains : dict of str to Estimate
        What three changes would bring on fresh rows; see :func:`diagnose`.
    helps : list of str
        The changes among ``gains`` that would help most: clearly more than nothing, and not
        clearly less than the largest. Empty where none would.
    """

    __repr__ = short_repr

    n_components: int
    n_judged: int
    n_fitted: int
    n_fresh: int
    singular_values: FloatArray
    ritz_values: FloatArray
    learned_fitted: FloatArray
    learned_fresh: FloatArray
    alignment: float
    ceiling: float
    exact: Estimate
    encoder: Estimate
    attained: Estimate | None
    share: Estimate
    parts: dict[str, Estimate] = field(default_factory=dict)
    gains: dict[str, Estimate] = field(default_factory=dict)
    helps: list[str] = field(default_factory=list)


def diagnose(
    embedding_fit: ArrayLike,
    embedding_fresh: ArrayLike,
    exact: Encoder,
    X_fit: Any,
    X_fresh: Any,
    *,
    closed_form: Transformer | None = None,
    outputs: tuple[ArrayLike, ArrayLike] | None = None,
    half: Encoder | None = None,
    random_state: int = 0,
) -> Diagnosis:
    """Say how much of a contexture an embedding holds, and what its shortfall is made of.

    With d functions compared, s_i the exact singular values on the fitted rows, and RT the ratio
    trace on fresh rows, what lies between the largest possible value and the encoder is split into
    ``parts`` that add up to it. RT is a U-statistic; the support of a context whose A is one of
    the rows is taken from fresh rows too, so that neither the rows nor their context have been
    seen (see ``contextures.evaluation.learned.fresh_rows.FreshRows``).

    - *width*: sum of s_i^2 over i > d. No d functions can hold it, on any rows.
    - *estimation*: sum of s_i^2 over i <= d, less RT of those d exact functions extended to
      fresh rows. The functions of this sample are not yet those of the population.
    - *approximation*: RT of the exact functions, less the best that is attained without training:
      by the closed-form encoder, or by the Ritz step on the encoder's own wider outputs. What
      their classes of functions cannot express.
    - *optimisation*: that best, less RT of the encoder. It could be had from the same rows at
      once.

    Where neither ``closed_form`` nor ``outputs`` is given, the last two are one, *learning*.
    Parts can be negative: smooth functions can generalise better than the exact ones of a sample.

    Three changes are compared by what they bring on the same fresh rows (``gains``):

    - *learning*: RT of d exact functions less RT of the encoder.
    - *width*: RT of up to 2 d exact functions less RT of d, as far as ``exact`` has more than d
      and fresh rows can judge them.
    - *rows*: RT of d exact functions less RT of those learned from half of the rows: what the last
      doubling brought. The next one will bring less.

    Parameters
    ----------
    embedding_fit : array-like of shape (n, D)
        The embedding of the fitted rows.
    embedding_fresh : array-like of shape (m, D)
        The embedding of fresh rows, which nothing here was fitted to.
    exact : SpectralEncoder or RitzEncoder
        The encoder to compare with, fitted to ``X_fit``; its ``context_`` is the context. A Ritz
        encoder takes the place of the exact one where that is too costly.
    X_fit, X_fresh : array-like
        The rows, as the context takes them.
    closed_form : RitzEncoder, optional
        Fitted to ``X_fit`` under the same context.
    outputs : tuple of array-like of shapes (n, W) and (m, W), optional
        Wider outputs of the encoder, of which the embedding was made, on both kinds of rows.
    half : SpectralEncoder, optional
        Fitted to half of the rows, with a context of the same association.
    random_state : int, default=0
        Draws the groups of rows behind the standard errors.

    Returns
    -------
    Diagnosis
        What was found. Invertible maps and shifts of the embedding change nothing.

    Raises
    ------
    InputError
        If rows do not match, the embedding is constant or as wide as there are fitted rows, there
        are fewer than eight fresh rows, or the context only draws.

    Notes
    -----
    O(nnz(P) d + m d^2) for each ratio trace, of which there are some twenty an encoder.

    References
    ----------
    Derived. sum_i s_i^2 R_i^2 is the ratio trace on the population (arXiv 2505.01557, Definition
    21), and sum_i s_i^2 less it the mean squared error of a probe on random compatible targets.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from sklearn.decomposition import PCA
    >>> from sklearn.preprocessing import scale
    >>> from contextures import SpectralEncoder
    >>> from contextures.contexts import KNNContext
    >>> from contextures.evaluation import diagnose
    >>> X = scale(load_wine().data)
    >>> fit, fresh = X[::2], X[1::2]
    >>> exact = SpectralEncoder(KNNContext(20), n_components=4).fit(fit)
    >>> pca = PCA(2).fit(fit)
    >>> found = diagnose(pca.transform(fit), pca.transform(fresh), exact, fit, fresh)
    >>> found.learned_fitted.round(2)
    array([0.93, 0.85, 0.02, 0.03])
    """
    check_has(exact, "context_", "the exact encoder", "a fitted SpectralEncoder")
    exact = unit_variance(exact)
    judge = FreshRows(exact.context_, X_fresh, X_fit, random_state=random_state)
    context = exact.context_
    left = as_functions(embedding_fit, "embedding_fit")
    new = as_functions(embedding_fresh, "embedding_fresh", left.shape[1])
    mu, new_mu = _fitted_functions(exact, X_fit), np.asarray(exact.transform(X_fresh))
    check_same_rows(left, mu)
    check_same_rows(new, new_mu)
    own = ritz_functions(context, left)
    s = np.asarray(exact.singular_values_)
    rank, d = own.n_components, min(own.n_components, len(s), judge.most_functions)

    encoder = judge.ratio_trace(own.truncated(d).left(new))
    best = judge.ratio_trace(new_mu[:, :d])
    top = float((s[:d] ** 2).sum())
    ceiling = max(total_association(context), float((s**2).sum()))
    parts = {"width": judge.constant(ceiling - top), "estimation": judge.constant(top) - best}
    others = []
    if closed_form is not None:
        others.append(judge.ratio_trace(closed_form.transform(X_fresh)[:, :d]))
    if outputs is not None:
        others.append(judge.ratio_trace(_best_of_outputs(context, outputs, d)))
    attained = _attained(encoder, best, others) if others else None
    if attained is None:
        parts["learning"] = best - encoder
    else:
        parts |= {"approximation": best - attained, "optimisation": attained - encoder}

    gains = {"learning": best - encoder}
    wide = min(2 * d, len(s), judge.most_functions)
    if wide > d:
        gains["width"] = judge.ratio_trace(new_mu[:, :wide]) - best
    if half is not None:
        gains["rows"] = best - judge.ratio_trace(half.transform(X_fresh)[:, :d])
    return Diagnosis(
        n_components=rank,
        n_judged=d,
        n_fitted=len(left),
        n_fresh=judge.count,
        singular_values=s,
        ritz_values=own.singular_values,
        learned_fitted=learned_shares(left, mu, weights=context.input_weights_),
        learned_fresh=learned_shares(left, mu, fresh=(new, new_mu), weights=context.input_weights_),
        alignment=cca_alignment(left, mu[:, :rank]),
        ceiling=ceiling,
        exact=best.estimate,
        encoder=encoder.estimate,
        attained=None if attained is None else attained.estimate,
        share=(encoder / best).estimate,
        parts={name: part.estimate for name, part in parts.items()},
        gains={name: gain.estimate for name, gain in gains.items()},
        helps=_helps(gains),
    )


def ritz_functions(context: Context, functions: FloatArray) -> RitzFunctions:
    """Find the ordered functions in the span of an embedding of the fitted rows of a context.

    Parameters
    ----------
    context : Context
        A fitted context in transition or kernel form.
    functions : ndarray of shape (n, D)
        Values of the embedding.

    Returns
    -------
    RitzFunctions
        As many as are independent, with their singular values, some of which may be zero.

    Raises
    ------
    InputError
        If the embedding is constant, or has as many columns as rows.
    """
    n, width = functions.shape
    if width >= n:
        raise InputError(
            f"the embedding has {width} columns for {n} fitted rows, so that every function of "
            "them is in its span; give more rows, or its first columns"
        )
    rows = context.describe()
    moments = moments_like(rows)
    moments.update(functions, rows.entries, weights=context.input_weights_)
    problem = moments.problem()
    if problem.rank == 0:
        raise InputError("the embedding is constant on the fitted rows; there is nothing to judge")
    return moments.functions(problem.solve(problem.rank), problem.rank)


def _fitted_functions(exact: Encoder, X: Any) -> FloatArray:
    """Give mu on the fitted rows, without looking up their context again where it is kept."""
    spectrum = getattr(exact, "spectrum_", None)
    return np.asarray(exact.transform(X) if spectrum is None else spectrum.left)


def _best_of_outputs(context: Context, outputs: tuple[ArrayLike, ArrayLike], d: int) -> FloatArray:
    wide = as_functions(outputs[0], "outputs of the fitted rows")
    new = as_functions(outputs[1], "outputs of the fresh rows", wide.shape[1])
    found = ritz_functions(context, wide)
    return found.truncated(min(d, found.n_components)).left(new)


def _attained(encoder: Jackknife, best: Jackknife, others: list[Jackknife]) -> Jackknife:
    """Give the largest of what was attained, no more than what can be expected of learners."""
    largest = max([encoder, *others], key=lambda found: found.value)
    # What exceeds the exact functions did not do so by being learned better.
    return largest if largest.value <= max(best.value, encoder.value) else best


def _helps(gains: dict[str, Jackknife]) -> list[str]:
    """Name the gains that are clearly there and not clearly below the largest."""
    clear = {name: gain for name, gain in gains.items() if gain.estimate.clear}
    if not clear:
        return []
    largest = max(clear.values(), key=lambda gain: gain.value)

    def near(gain: Jackknife) -> bool:
        behind = (largest - gain).estimate
        return behind.value <= CLEAR * behind.error

    names = [name for name, gain in clear.items() if gain is largest or near(gain)]
    return sorted(names, key=lambda name: -clear[name].value)
