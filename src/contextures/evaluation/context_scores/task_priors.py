"""What tasks are expected before any label is seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from contextures._arrays import FloatArray
from contextures._checks import as_numbers, check_positive_int, check_size_of_values
from contextures._repr import short_repr
from contextures.contexts.rbf import median_distance
from contextures.evaluation.context_scores.local_tasks import (
    FEWEST_ROWS,
    all_rows,
    local_kernel,
    local_share,
    relative_strength,
)
from contextures.exceptions import InputError

SCALES = (0.1, 0.3, 1.0)
"""Gammas of the prior's kernels times the median squared distance between rows."""

NOISE = 0.5
"""The share of a task's variance that its inputs do not explain."""


@dataclass(frozen=True)
class TaskPrior:
    """A prior on tasks y = f(x) + noise, on the rows that a probe is fitted and judged on.

    Attributes
    ----------
    covariance : ndarray of shape (m + t, m + t)
        K_0, the covariance of f over the prior, on the m labelled rows and then the t held-out
        ones.
    n_labelled : int
        m.
    noise : float
        The variance of the noise.
    labels : ndarray of shape (m + t, n_tasks)
        Tasks drawn from the prior, noise included, to compare contexts on the same ones.

    Notes
    -----
    An expected squared error depends on K_0 and the noise alone; how often one context beats
    another does not. :func:`smooth_tasks` draws tasks that are each of one scale, with more or less
    noise.
    """

    __repr__ = short_repr

    covariance: FloatArray
    n_labelled: int
    noise: float
    labels: FloatArray

    @cached_property
    def blocks(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Covariances of f with the labelled rows' mean taken away from the held-out rows.

        The covariance of the labelled rows (m, m); theirs with h = f - mean of labelled f on the
        held-out rows (m, t); and the variances of h (t,).
        """
        m = self.n_labelled
        own, across = self.covariance[:m, :m], self.covariance[:m, m:]
        means = own.mean(axis=1)
        variances = np.diag(self.covariance)[m:] - 2 * across.mean(axis=0) + means.mean()
        return own, across - means[:, None], np.asarray(variances)


def smooth_tasks(
    labelled: ArrayLike,
    held_out: ArrayLike,
    reference: ArrayLike | None = None,
    *,
    scales: Sequence[float] = SCALES,
    noise: float = NOISE,
    local: float | None = None,
    n_tasks: int = 200,
    random_state: Any = 0,
) -> TaskPrior:
    """Expect smooth functions of the inputs, of several scales, under noise.

    A task is a Gaussian process of one of several scales, under noise of a share of its own. K_0 is
    the mean of Gaussian kernels, one a scale; it and the noise are scaled so that a task has unit
    variance on these rows. Where rows form clusters, a share of the tasks follows those instead:
    their kernel is K^4 of a local context on all rows (ten nearest neighbours), so that they are
    smooth along the data rather than in the columns.

    Parameters
    ----------
    labelled : array-like of shape (m, p)
        Rows that the probe is fitted to; their labels are not needed.
    held_out : array-like of shape (t, p)
        Rows that it is judged on.
    reference : array-like of shape (n, p), optional
        Rows that the median distance is taken from; the others when None.
    scales : sequence of float, default=(0.1, 0.3, 1.0)
        Gamma of each kernel times the median squared distance between rows: the larger, the rougher
        the tasks. Far below 0.1 tasks are linear.
    noise : float, default=0.5
        The share of the variance that is noise, from zero to below one: the mean over tasks, whose
        own shares lie as far as possible to either side of it, uniformly (0.5: from 0 to 1).
    local : float, optional
        The share of tasks that follow clusters, from 0 to 1. When None, as the rows suggest: none
        where nearest neighbours are tied together at most twice as strongly as in rows with the
        same columns and correlations (a Gaussian copula), up to 0.7 where three times. Fewer than
        100 rows suggest nothing.
    n_tasks : int, default=200
        How many tasks are drawn.
    random_state : int, RandomState or None, default=0
        Draws them.

    Returns
    -------
    TaskPrior
        The prior.

    Raises
    ------
    InputError
        If rows do not match, are too few, or are all the same.

    Notes
    -----
    Cost O((m + t)^2 p + (m + t)^3), and with N rows in all O(N^2 p) for local tasks.

    References
    ----------
    Derived: the average case of arXiv 2505.01557 (ICML 2025), section 4, over random tasks. How
    the scales and the noise were chosen is told in ``docs/usefulness.md``.

    Examples
    --------
    >>> import numpy as np
    >>> from contextures.evaluation import pseudo_task_error, smooth_tasks
    >>> X = np.random.default_rng(0).normal(size=(60, 2))
    >>> labelled, held_out = X[:30], X[30:]
    >>> prior = smooth_tasks(labelled, held_out)
    >>> round(pseudo_task_error(labelled, held_out, prior).error, 2)
    0.84
    """
    from scipy.spatial.distance import pdist, squareform
    from sklearn.utils import check_random_state

    if not len(scales) or not all(np.isfinite(scale) and scale > 0 for scale in scales):
        raise InputError(f"scales={scales!r} is not possible; give one or more numbers above zero")
    if not 0 <= noise < 1:
        raise InputError(f"noise={noise!r} is not possible; give a share from 0 to below 1")
    if local is not None and not 0 <= local <= 1:
        raise InputError(f"local={local!r} is not possible; give a share from 0 to 1")
    check_positive_int(n_tasks, "n_tasks")
    parts = [_rows(labelled, "labelled"), _rows(held_out, "held_out")]
    if reference is not None:
        parts.append(_rows(reference, "reference"))
    widths = [part.shape[1] for part in parts]
    if len(set(widths)) > 1:
        raise InputError(
            "labelled, held_out and reference rows must have the same columns; their numbers are "
            f"{widths}"
        )
    others = np.vstack(parts[:2]) if reference is None else parts[2]
    ratios = squareform(pdist(np.vstack(parts[:2]), "sqeuclidean")) / median_distance(others)
    kernels = [_centred(np.exp(-scale * ratios)) for scale in scales]
    variances = np.array([np.diag(kernel).mean() for kernel in kernels])
    if variances.mean() <= 1e-12:
        raise InputError("all rows are the same, so no task depends on them; give rows that vary")
    shares = variances / variances.sum()
    everything = np.vstack(parts[:2]) if reference is None else all_rows(parts[2], parts[:2])
    expected = _local_share(everything) if local is None else local
    if expected > 0:
        kernels.append(_centred(local_kernel(everything, len(ratios))))
        variances = np.append(variances, np.diag(kernels[-1]).mean())
        shares = np.append((1 - expected) * shares, expected)
    scaled = zip(shares, variances, kernels, strict=True)
    covariance = (1.0 - noise) * sum(share / size * kernel for share, size, kernel in scaled)
    rng = check_random_state(random_state)
    own = rng.choice(len(kernels), n_tasks, p=shares)
    functions = np.empty((len(covariance), n_tasks))
    for place, kernel in enumerate(kernels):
        chosen = own == place
        normal = rng.standard_normal((len(covariance), int(chosen.sum())))
        functions[:, chosen] = _draws(kernel / variances[place], normal)
    # Tasks of unit variance, so that first and second moments are those of K_0 and the noise.
    noises = noise + min(noise, 1 - noise) * rng.uniform(-1, 1, n_tasks)
    labels = np.sqrt(1 - noises) * functions
    labels += np.sqrt(noises) * rng.standard_normal(labels.shape)
    return TaskPrior(covariance, len(parts[0]), noise, labels)


def _local_share(rows: FloatArray) -> float:
    varying = rows[:, rows.std(axis=0) > 0]
    return local_share(relative_strength(varying)) if len(rows) >= FEWEST_ROWS else 0.0


def _centred(kernel: FloatArray) -> FloatArray:
    """Take the mean over rows away: a constant is no task, the probe's intercept is free."""
    means = kernel.mean(axis=0)
    return np.asarray(kernel + (means.mean() - means[:, None] - means[None, :]))


def _draws(covariance: FloatArray, normal: FloatArray) -> FloatArray:
    sizes, vectors = np.linalg.eigh(covariance)
    return np.asarray(vectors @ (np.sqrt(np.clip(sizes, 0.0, None))[:, None] * normal))


def _rows(values: ArrayLike, name: str) -> FloatArray:
    rows = as_numbers(values, name)
    check_size_of_values(rows, name)
    if rows.ndim != 2 or len(rows) < 2 or rows.shape[1] == 0:
        raise InputError(
            f"{name} must be an array of shape (n, p) with at least two rows; its shape is "
            f"{rows.shape}"
        )
    if not np.isfinite(rows).all():
        raise InputError(f"{name} holds values that are missing or infinite; replace them")
    return rows
