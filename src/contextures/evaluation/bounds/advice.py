"""How many labels, unlabelled rows and dimensions, going by the regression bound."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from contextures._arrays import FloatArray
from contextures._checks import check_positive_real
from contextures._repr import short_repr
from contextures.evaluation.arrays import check_singular_values
from contextures.evaluation.bounds.regression import (
    RegressionBound,
    check_kappa,
    regression_bound,
)
from contextures.evaluation.bounds.span import RegressionSpan, learned_span, spectral_span
from contextures.evaluation.bounds.task import RegressionTask
from contextures.exceptions import InputError

_LARGEST_COUNT = 2**1000
"""More rows than this are not looked for."""


@dataclass(frozen=True)
class SizeAdvice:
    """How many rows the bound asks for.

    Attributes
    ----------
    n : int or None
        The smallest number with which the bound is at most ``error``; None where no number is
        enough.
    error : float
        The squared error asked for.
    floor : float
        What the bound tends to with ever more of these rows.
    vacuous : bool
        Whether ``error`` is so large that predicting zero everywhere attains it.
    """

    n: int | None
    error: float
    floor: float
    vacuous: bool

    def __str__(self) -> str:
        if self.n is None:
            return (
                f"no number is enough for an error of {self.error:.3g}: the bound stays at "
                f"{self.floor:.3g}"
            )
        needed = f"{self.n:,}" if self.n < 10**12 else f"about {float(self.n):.0e}"
        said = f"{needed} are enough for an error of {self.error:.3g}"
        return f"{said}, which predicting zero attains too" if self.vacuous else said


@dataclass(frozen=True)
class DimensionAdvice:
    """Which number of dimensions the bound is smallest for.

    Attributes
    ----------
    n_components : int
        The d with the smallest bound.
    bound : RegressionBound
        The bound at this d, by terms.
    curve : ndarray of shape (D - 1,)
        The bound for d = 1, ..., D - 1.
    vacuous : bool
        Whether the smallest bound is no better than predicting zero, so that it says nothing
        about d.
    """

    __repr__ = short_repr

    n_components: int
    bound: RegressionBound
    curve: FloatArray
    vacuous: bool

    def __str__(self) -> str:
        if self.vacuous:
            return (
                f"the bound cannot tell dimensions apart with {self.bound.n_labels:,} labels: "
                f"{self.bound}"
            )
        return f"d = {self.n_components}: {self.bound}"


def labels_needed(
    error: float, span: RegressionSpan, task: RegressionTask, kappa_squared: float
) -> SizeAdvice:
    """Find the smallest number of labels for which the bound is at most an error.

    Parameters
    ----------
    error : float
        The squared error wanted.
    span : RegressionSpan
        The span, with its unlabelled rows if it was learned.
    task : RegressionTask
        What is assumed of the task.
    kappa_squared : float
        kappa^2 of the context.

    Returns
    -------
    SizeAdvice
        n, or what stands in the way.

    Examples
    --------
    >>> from contextures.evaluation import RegressionTask, labels_needed, spectral_span
    >>> task = RegressionTask(norm=1.0, eps=0.2)
    >>> print(labels_needed(0.2, spectral_span([0.9, 0.8, 0.1], 2), task, kappa_squared=4.0))
    16,152 are enough for an error of 0.2
    >>> print(labels_needed(0.2, spectral_span([0.9, 0.8, 0.1], 1), task, kappa_squared=4.0))
    no number is enough for an error of 0.2: the bound stays at 0.634
    """
    check_positive_real(error, "error")
    one = regression_bound(span, task, kappa_squared, 1)
    floor = one.approximation + one.unlabelled

    def enough(n: int) -> bool:
        return floor + one.estimation / math.sqrt(n) <= error

    reachable = floor < error and math.isfinite(one.estimation)
    n = _smallest(enough) if reachable else None
    return SizeAdvice(n, float(error), floor, bool(error >= task.norm**2))


def unlabelled_needed(
    error: float,
    singular_values: ArrayLike,
    n_components: int,
    task: RegressionTask,
    kappa_squared: float,
    n_labels: int,
    average: float | None = None,
    delta: float = 0.05,
) -> SizeAdvice:
    """Find the smallest number of unlabelled rows for which the bound is at most an error.

    Parameters
    ----------
    error : float
        The squared error wanted.
    singular_values, n_components
        As for :func:`learned_span`.
    task : RegressionTask
        What is assumed of the task.
    kappa_squared : float
        kappa^2 of the context.
    n_labels : int
        n, the number of labels there are.
    average, delta
        As for :func:`learned_span`.

    Returns
    -------
    SizeAdvice
        N, or what stands in the way.

    Examples
    --------
    >>> from contextures.evaluation import RegressionTask, unlabelled_needed
    >>> task = RegressionTask(norm=1.0, eps=0.2)
    >>> print(unlabelled_needed(0.5, [0.9, 0.8, 0.1], 2, task, kappa_squared=4.0, n_labels=100_000))
    3,188 are enough for an error of 0.5
    """
    check_positive_real(error, "error")
    known = regression_bound(
        spectral_span(singular_values, n_components), task, kappa_squared, n_labels
    )

    def enough(n: int) -> bool:
        span = learned_span(singular_values, n_components, n, kappa_squared, average, delta)
        return regression_bound(span, task, kappa_squared, n_labels).total <= error

    n = _smallest(enough) if known.total < error else None
    return SizeAdvice(n, float(error), known.total, bool(error >= task.norm**2))


def best_dimension(
    singular_values: ArrayLike,
    task: RegressionTask,
    kappa_squared: float,
    n_labels: int,
    n_unlabelled: int | None = None,
    average: float | None = None,
    delta: float = 0.05,
) -> DimensionAdvice:
    """Find the number of dimensions for which the bound is smallest.

    Parameters
    ----------
    singular_values : array-like of shape (D,)
        s_1 >= s_2 >= ..., the trivial s_0 = 1 left out. d = 1, ..., D - 1 are compared, as the
        bound for d needs s_{d+1}.
    task : RegressionTask
        What is assumed of the task.
    kappa_squared : float
        kappa^2 of the context.
    n_labels : int
        n.
    n_unlabelled : int, optional
        N; the singular functions are known exactly when None.
    average, delta
        As for :func:`learned_span`.

    Returns
    -------
    DimensionAdvice
        d, its bound by terms, and the bound over d.

    Raises
    ------
    InputError
        If there are fewer than two singular values.

    Notes
    -----
    The norm is bounded whatever d is, so more dimensions cost few labels; they cost unlabelled
    rows.

    Examples
    --------
    >>> from contextures.evaluation import RegressionTask, best_dimension
    >>> task = RegressionTask(norm=1.0, noise=0.1, eps=0.1)
    >>> values = [0.95, 0.9, 0.05, 0.05, 0.05]
    >>> found = best_dimension(values, task, kappa_squared=4.0, n_labels=1_000)
    >>> found.n_components, found.vacuous
    (2, False)
    """
    check_kappa(kappa_squared)
    values = check_singular_values(singular_values)
    if len(values) < 2:
        raise InputError(
            "singular_values holds one value, so there is no dimension to choose; give more"
        )

    def at(d: int) -> RegressionBound:
        span = (
            spectral_span(values, d)
            if n_unlabelled is None
            else learned_span(values, d, n_unlabelled, kappa_squared, average, delta)
        )
        return regression_bound(span, task, kappa_squared, n_labels)

    bounds = [at(d) for d in range(1, len(values))]
    curve = np.array([bound.total for bound in bounds])
    best = int(np.argmin(curve))
    return DimensionAdvice(best + 1, bounds[best], curve, bounds[best].vacuous)


def _smallest(enough: Callable[[int], bool]) -> int | None:
    """Find the smallest number from which on a condition holds, by doubling and halving."""
    high = 1
    while not enough(high):
        high *= 2
        if high > _LARGEST_COUNT:
            return None
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        if enough(middle):
            high = middle
        else:
            low = middle
    return high
