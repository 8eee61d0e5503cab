"""Is a context useful? The expected error of a probe on tasks drawn from a prior."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from contextures._arrays import FloatArray, svd
from contextures._checks import as_numbers, check_share, check_type
from contextures._repr import short_repr
from contextures.evaluation.context_scores.task_priors import TaskPrior
from contextures.exceptions import InputError

PENALTIES = tuple(10.0**power for power in np.arange(-4.0, 2.5, 0.5))
"""Ridge penalties tried, times the number of labelled rows."""

LEVEL = 0.8
_NEGLIGIBLE = 1e-9
_ROUNDING = float(np.finfo(np.float64).eps)

_EXACT = 1e-9
"""How large a share of the smallest penalty the rounding of a Gram matrix may be."""


@dataclass(frozen=True)
class PseudoTaskScore:
    """How useful a representation is for tasks of a prior.

    Attributes
    ----------
    error : float
        The expected squared error of the ridge probe on held-out labels, in units of their
        variance, at the best dimension and penalty. About one when nothing is learned; the
        prior's noise when everything is.
    se : float
        Its standard error over held-out rows.
    n_components : int
        The best dimension.
    penalty : float
        The best penalty, times the number of labelled rows.
    dimensions : list of int
        The dimensions tried.
    curve : ndarray of shape (len(dimensions),)
        The expected error at each, with the best penalty there.
    task_errors : ndarray of shape (n_tasks,)
        The errors on the prior's own draws, the same tasks for every representation.
    """

    __repr__ = short_repr

    error: float
    se: float
    n_components: int
    penalty: float
    dimensions: list[int]
    curve: FloatArray
    task_errors: FloatArray


def pseudo_task_error(
    labelled: ArrayLike,
    held_out: ArrayLike,
    prior: TaskPrior,
    *,
    dimensions: Sequence[int] | None = None,
    penalties: Sequence[float] = PENALTIES,
) -> PseudoTaskScore:
    """Compute the expected error of a ridge probe over the tasks of a prior, without labels.

    The probe is linear in the labels, y_hat = S y, so for tasks with covariance K_0 and noise
    sigma^2 its expected squared error is tr((I - S) K_0 (I - S)^T) + sigma^2 |S|^2, plus the noise
    of the held-out labels: no task is drawn for it.

    Parameters
    ----------
    labelled : array-like of shape (m, D)
        Ordered coordinates of the labelled rows of the prior.
    held_out : array-like of shape (t, D)
        Those of its held-out rows.
    prior : TaskPrior
        The prior on tasks over these rows; see :func:`smooth_tasks`.
    dimensions : sequence of int, optional
        The d to try: the probe sees the first d coordinates. When None, powers of two, what lies
        halfway between them, and D.
    penalties : sequence of float
        The ridge penalties to try, times m.

    Returns
    -------
    PseudoTaskScore
        The smallest expected error over dimensions and penalties, and what belongs to it. Lower is
        better.

    Raises
    ------
    InputError
        If the coordinates do not match the prior's rows or each other.

    Notes
    -----
    Cost O(m (m + t) D) a dimension.

    References
    ----------
    Derived; the average-case companion of arXiv 2505.01557 (ICML 2025), section 5.

    Examples
    --------
    >>> import numpy as np
    >>> from contextures.evaluation import pseudo_task_error, smooth_tasks
    >>> X = np.random.default_rng(0).standard_normal((120, 2))
    >>> prior = smooth_tasks(X[:60], X[60:])
    >>> useful = pseudo_task_error(X[:60], X[60:], prior)
    >>> useless = pseudo_task_error(np.sign(X[:60]), np.sign(X[60:]), prior)
    >>> useful.error < useless.error < 1.1
    True
    """
    fitted, judged = _coordinates(labelled, "labelled"), _coordinates(held_out, "held_out")
    most = fitted.shape[1]
    check_type(prior, TaskPrior, "prior", "what smooth_tasks gives")
    rows = (prior.n_labelled, len(prior.covariance) - prior.n_labelled)
    if (len(fitted), len(judged)) != rows or judged.shape[1] != most:
        raise InputError(
            f"the prior is on {rows[0]} labelled and {rows[1]} held-out rows, but the coordinates "
            f"have shapes {fitted.shape} and {judged.shape}; give coordinates of the same rows"
        )
    tried = sorted({min(int(d), most) for d in dimensions or nested_dimensions(most)})
    if tried[0] < 1 or not len(penalties) or min(penalties) <= 0:
        raise InputError("dimensions must be at least 1 and penalties above zero")
    least = float(min(penalties))
    probes = [_Probe(fitted[:, :d], judged[:, :d], prior, least) for d in tried]
    errors = np.array([probe.expected(np.asarray(penalties)) for probe in probes])
    place, penalty = np.unravel_index(np.argmin(errors), errors.shape)
    best = probes[int(place)]
    row_errors, task_errors = best.details(float(penalties[int(penalty)]))
    return PseudoTaskScore(
        float(errors[place, penalty]),
        float(row_errors.std(ddof=1) / np.sqrt(len(row_errors))),
        tried[int(place)],
        float(penalties[int(penalty)]),
        tried,
        errors.min(axis=1),
        task_errors,
    )


def nested_dimensions(most: int) -> list[int]:
    """Give 1, 2, 3, 4, 6, 8, 12, ... up to ``most``, and ``most``."""
    powers = [2**k for k in range(most.bit_length())]
    halfway = [3 * 2**k for k in range(most.bit_length())]
    return sorted({d for d in [*powers, *halfway] if d < most} | {most})


def cannot_tell(scores: Sequence[PseudoTaskScore], level: float = LEVEL) -> NDArray[np.bool_]:
    """Find which representations cannot be told apart from the best of them.

    Parameters
    ----------
    scores : sequence of PseudoTaskScore
        Scores under one prior, so that their tasks are the same.
    level : float, default=0.8
        How often the best one must have the lower error on single tasks to be told apart.

    Returns
    -------
    ndarray of bool of shape (len(scores),)
        True for the best and for each that it beats on a smaller share of the tasks.

    Raises
    ------
    InputError
        If the scores are not of the same tasks.

    Examples
    --------
    >>> import numpy as np
    >>> from contextures.evaluation import cannot_tell, pseudo_task_error, smooth_tasks
    >>> X = np.random.default_rng(0).normal(size=(400, 2))
    >>> labelled, held_out = X[:200], X[200:]
    >>> prior = smooth_tasks(labelled, held_out)
    >>> kinds = [X, X[:, :1], 0 * X]  # all, one column, nothing
    >>> scores = [pseudo_task_error(F[:200], F[200:], prior) for F in kinds]
    >>> [round(score.error, 2) for score in scores]
    [0.73, 0.87, 1.01]
    >>> cannot_tell(scores).tolist()
    [True, False, False]
    """
    check_share(level, "level")
    if not isinstance(scores, list | tuple):
        raise InputError(f"scores is a {type(scores).__name__}; give a list of scores")
    for score in scores:
        check_type(score, PseudoTaskScore, "a score", "what pseudo_task_error gives")
    if len({len(score.task_errors) for score in scores}) != 1:
        raise InputError("scores of the same tasks are needed; score all with one prior")
    best = min(scores, key=lambda score: score.error)
    return np.array([beaten_share(best, score) < level for score in scores])


def beaten_share(one: PseudoTaskScore, other: PseudoTaskScore) -> float:
    """Give the share of the prior's tasks on which the first has the lower error."""
    return float((one.task_errors < other.task_errors).mean())


class _Probe:
    """The ridge probe on some coordinates, y_hat = mean(y) + B diag(1 / (squares + ridge)) A^T y.

    With F the fitted coordinates, centred, and J the judged ones, either V holds the eigenvectors
    of F^T F, and A = F V and B = J V; or U holds those of F F^T, and A = U and B = J F^T U. The
    squared lengths of the columns of A are the eigenvalues, or one.
    """

    def __init__(
        self, fitted: FloatArray, judged: FloatArray, prior: TaskPrior, penalty: float
    ) -> None:
        centre = fitted.mean(axis=0)
        fitted, judged = fitted - centre, judged - centre
        tall = fitted.shape[0] > fitted.shape[1]
        gram = fitted.T @ fitted if tall else fitted @ fitted.T
        if _ROUNDING * float(np.trace(gram)) < _EXACT * penalty * prior.n_labelled:
            squares, vectors = np.linalg.eigh(gram)
            self.squares: FloatArray = np.clip(squares, 0.0, None)
            self.fitted = fitted @ vectors if tall else vectors
            self.judged = judged @ (vectors if tall else fitted.T @ vectors)
            self.lengths = self.squares if tall else np.ones(len(squares))
        else:  # squares would lose what so small a penalty lets through
            left, sizes, right = svd(fitted)
            kept = sizes > _NEGLIGIBLE * max(sizes[0], 1e-300)
            self.fitted, self.squares = left[:, kept], sizes[kept] ** 2
            self.judged = judged @ right[kept].T * sizes[kept]
            self.lengths = np.ones(len(self.squares))
        self.prior = prior
        own, across, _ = prior.blocks
        self.inner = self.fitted.T @ own @ self.fitted
        self.across = across

    def expected(self, penalties: FloatArray) -> FloatArray:
        """Give the expected error for each penalty."""
        prior, t = self.prior, len(self.judged)
        gains = self._gains(penalties[:, None])
        overlap = self.judged.T @ self.judged
        explained = (self.fitted * (self.across @ self.judged)).sum(axis=0)
        quadratic = ((gains @ (self.inner * overlap)) * gains).sum(axis=1)
        signal = prior.blocks[2].mean() - 2 * gains @ explained / t + quadratic / t
        spread = 1 + 1 / prior.n_labelled + gains**2 @ (self.lengths * np.diag(overlap)) / t
        return np.asarray(signal + prior.noise * spread)

    def details(self, penalty: float) -> tuple[FloatArray, FloatArray]:
        """Give the expected error of each held-out row, and the error on each task drawn."""
        prior, m = self.prior, self.prior.n_labelled
        weights = self.judged * self._gains(np.array([[penalty]]))
        rows = prior.blocks[2] - 2 * (weights * (self.fitted.T @ self.across).T).sum(axis=1)
        rows += ((weights @ self.inner) * weights).sum(axis=1)
        rows += prior.noise * (1 + 1 / m + weights**2 @ self.lengths)
        labels = prior.labels
        predicted = labels[:m].mean(axis=0) + weights @ (self.fitted.T @ labels[:m])
        return rows, np.asarray(((labels[m:] - predicted) ** 2).mean(axis=0))

    def _gains(self, penalties: FloatArray) -> FloatArray:
        return np.asarray(1.0 / (self.squares + penalties * self.prior.n_labelled))


def _coordinates(values: ArrayLike, name: str) -> FloatArray:
    array = as_numbers(values, name)
    if array.ndim != 2 or 0 in array.shape or not np.isfinite(array).all():
        raise InputError(
            f"{name} must be finite coordinates of shape (n, D) with rows and columns; its shape "
            f"is {array.shape}"
        )
    return array
