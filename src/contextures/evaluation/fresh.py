"""Ratio traces on rows that nothing was fitted to, and how sure they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from contextures.contexts import Context
from contextures.contexts.checks import FloatArray
from contextures.exceptions import InputError
from contextures.spectrum.scores import TiedRows

ROWS_A_FUNCTION = 4
"""So many fresh rows for each function that they judge: a covariance of d functions is known to
about sqrt(d / n) from n rows."""

CLEAR = 2.0
"""Standard errors that a difference must exceed before anything is said of it."""


class Estimate(NamedTuple):
    """A value estimated from rows, and its standard error."""

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


class FreshRows:
    """Rows that nothing was fitted to, under a fitted context.

    With n rows, the ratio trace of d functions is too low by a share of the order of d / n, since
    their covariance is estimated from the same rows (a quarter at d / n = 1/4, measured with
    nearest neighbours of normal rows). The jackknife takes this away to first order, so that
    different numbers of functions can be compared.

    Parameters
    ----------
    context : Context
        A fitted context in transition or kernel form.
    X : array-like of shape (n, p)
        The rows.
    n_groups : int, default=20
        Groups that are left out in turn, for standard errors.
    random_state : int, default=0
        Draws the groups.

    Raises
    ------
    InputError
        If there are fewer than eight rows, or the context only draws.
    """

    def __init__(
        self, context: Context, X: Any, *, n_groups: int = 20, random_state: int = 0
    ) -> None:
        if context.form == "sampler" or not hasattr(context, "expansion_"):
            raise InputError(
                f"{context!r} only draws, so it has no singular functions on rows to compare "
                "with; give a context with a transition or a kernel, such as KNNContext()"
            )
        self._rows = TiedRows.of(context, X)
        n = self.count = len(self._rows)
        if n < 2 * ROWS_A_FUNCTION:
            raise InputError(
                f"there are {n} fresh rows to judge on, and at least {2 * ROWS_A_FUNCTION} are "
                "needed; hold out more rows"
            )
        order = np.random.default_rng(random_state).permutation(n)
        self._groups = np.array_split(order, min(n_groups, n // 2))

    @property
    def most_functions(self) -> int:
        """How many functions these rows can judge."""
        return self.count // ROWS_A_FUNCTION

    def ratio_trace(self, functions: FloatArray) -> Jackknife:
        """Compute the ratio trace of functions on these rows, and without each group of them.

        Parameters
        ----------
        functions : ndarray of shape (n, d)
            Their values.

        Returns
        -------
        Jackknife
            The ratio trace as a U-statistic.
        """
        weights = np.ones(self.count)
        found = [self._rows.ratio_trace(functions)]
        for group in self._groups:
            weights[group] = 0.0
            found.append(self._rows.ratio_trace(functions, weights))
            weights[group] = 1.0
        return Jackknife(np.array(found))

    def constant(self, value: float) -> Jackknife:
        """Give a number that does not depend on these rows."""
        return Jackknife(np.full(1 + len(self._groups), value))
