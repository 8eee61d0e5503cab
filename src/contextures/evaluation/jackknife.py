"""The jackknife over rows: the error and the bias of a score."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from scipy import stats
from sklearn.utils import check_random_state

from contextures._arrays import FloatArray, IntArray
from contextures._checks import check_positive_int
from contextures.exceptions import InputError

CLEAR = 2.0
"""Standard errors that a difference must exceed before anything is said of it."""


class Estimate(NamedTuple):
    """A value estimated from rows, and its standard error.

    Parameters
    ----------
    value : float
        The estimate.
    error : float
        Its standard error.

    Examples
    --------
    >>> from contextures.evaluation import Estimate
    >>> Estimate(0.3, 0.1).clear, Estimate(0.1, 0.1).clear
    (True, False)
    """

    value: float
    error: float

    @property
    def clear(self) -> bool:
        """Whether the value is above zero beyond its error."""
        return self.value > CLEAR * self.error


@dataclass(frozen=True)
class Jackknife:
    """A statistic of rows, and what it is when each group of them is left out in turn.

    Differences and ratios of statistics of the same groups keep what they have in common, so that
    the error of a difference is that of the paired comparison.

    Attributes
    ----------
    values : ndarray of shape (1 + n_groups,)
        The statistic on all rows, then without each group.

    References
    ----------
    Quenouille (1956) for the bias, Tukey (1958) for the variance.
    """

    values: FloatArray

    @property
    def value(self) -> float:
        """The statistic without the bias that falls as one over the number of rows."""
        changes = self.values[1:] - self.values[0]
        return float(self.values[0] - (len(changes) - 1) * changes.mean())

    @property
    def estimate(self) -> Estimate:
        """The value and its standard error."""
        changes = self.values[1:] - self.values[0]
        share = (len(changes) - 1) / len(changes)
        error = np.sqrt(share * ((changes - changes.mean()) ** 2).sum())
        return Estimate(self.value, float(error))

    def __sub__(self, other: Jackknife) -> Jackknife:
        return Jackknife(self.values - other.values)

    def __truediv__(self, other: Jackknife) -> Jackknife:
        divisor = other.values
        return Jackknife(
            np.divide(self.values, divisor, out=np.zeros_like(divisor), where=divisor != 0)
        )


@dataclass(frozen=True)
class OperatorScore:
    """A score of functions under a context.

    Attributes
    ----------
    value : float
        The score, an estimate of at most s_1^2 + ... + s_d^2 of the context, with the bias of a
        limited number of rows taken away.
    uncorrected : float
        The score of the rows as it is.
    standard_error : float
        How much the value varies with the rows it was judged on.
    interval : tuple of float
        The value plus or minus Student's t times the standard error.
    n_components : int
        d, the number of functions.
    """

    value: float
    uncorrected: float
    standard_error: float
    interval: tuple[float, float]
    n_components: int


def jackknifed(
    score: Callable[[Any], float],
    shape: tuple[int, ...],
    n_groups: int,
    level: float,
    random_state: Any,
) -> OperatorScore:
    """Compute a score of rows, and its error by leaving out one group of them after another.

    Parameters
    ----------
    score : callable
        Computes the score of some rows, given by a slice or by their indices.
    shape : tuple of int
        (n, d): how many rows there are, and how many functions need more rows than that.
    n_groups, level, random_state
        As for :func:`contextures.evaluation.ratio_trace_score`.

    Returns
    -------
    OperatorScore
        The score, its bias of order 1/n taken away.
    """
    check_positive_int(n_groups, "n_groups", least=2)
    n, d = shape
    left = n - -(-n // n_groups)
    if left <= d:
        raise InputError(
            f"{n} rows cannot judge {d} functions with {n_groups} groups to leave out; give more "
            "rows, or fewer functions"
        )
    if n_groups > n:
        raise InputError(f"n_groups={n_groups} is above the number of rows, {n}; give fewer")
    order = seeded(random_state).permutation(n)
    whole = score(slice(None))
    without = [score(_others(order, group, n_groups)) for group in range(n_groups)]
    value, error = Jackknife(np.array([whole, *without])).estimate
    return with_interval(value, whole, error, n_groups, level, d)


def _others(order: IntArray, group: int, n_groups: int) -> IntArray:
    keep = np.ones(len(order), dtype=bool)
    keep[order[group::n_groups]] = False
    return np.flatnonzero(keep)


def with_interval(
    value: float, uncorrected: float, error: float, n_values: int, level: float, d: int
) -> OperatorScore:
    """Put a score together with its interval from so many values of it."""
    if not 0 < level < 1:
        raise InputError(f"level={level!r} is not possible; give a number between 0 and 1")
    reach = float(stats.t.ppf((1 + level) / 2, n_values - 1)) * error
    return OperatorScore(value, uncorrected, error, (value - reach, value + reach), d)


def seeded(random_state: Any) -> Any:
    """Give the generator of a ``random_state``; None stands for a fixed seed."""
    return check_random_state(0 if random_state is None else random_state)
