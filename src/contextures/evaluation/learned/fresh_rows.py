"""Ratio traces on rows that nothing was fitted to, and how sure they are."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from contextures._arrays import FloatArray, IntArray
from contextures.contexts import Context, DescribedRows
from contextures.evaluation.jackknife import Jackknife
from contextures.exceptions import ContextWarning, InputError
from contextures.spectrum.ritz.ratio_trace import tied_ratio_trace

ROWS_A_FUNCTION = 4
"""So many fresh rows for each function that they judge: a covariance of d functions is known to
about sqrt(d / n) from n rows."""

FEWEST = 16
"""Rows of which halves can still be told anything."""

REACHING = 5000
"""Fitted rows that P_A of a new support is counted from."""


class FreshRows:
    """Rows that nothing was fitted to, under a context that nothing was fitted to either.

    A context whose A is one of the fitted rows knows these: functions found from them score too
    high under it even on fresh rows, because they share the noise of its support. So such a
    context is fitted again, at the same association, to one half of the fresh rows to judge on the
    other half, and the other way round. Its P_A is what the fitted rows reach of the new support:
    in-degrees within so few rows would be too rough to divide by. Other contexts are taken as
    they are.

    With n rows, the ratio trace of d functions is too low by a share of the order of d / n, since
    their covariance is estimated from the same rows. The jackknife takes this away to first order,
    so that different numbers of functions can be compared.

    Parameters
    ----------
    context : Context
        A fitted context in transition or kernel form.
    X : array-like of shape (n, p)
        The rows.
    X_fit : array-like of shape (m, p)
        The rows that the context was fitted to.
    n_groups : int, default=20
        Groups that are left out in turn, for standard errors.
    random_state : int, default=0
        Draws halves and groups.

    Raises
    ------
    InputError
        If there are fewer than sixteen rows, or the context only draws.
    """

    def __init__(
        self, context: Context, X: Any, X_fit: Any, *, n_groups: int = 20, random_state: int = 0
    ) -> None:
        if not context.has_rows:
            raise InputError(
                f"{context!r} only draws, so it has no singular functions on rows to compare "
                "with; give a context with a transition or a kernel, such as KNNContext()"
            )
        n = self.count = len(X)
        if n < FEWEST:
            raise InputError(
                f"there are {n} fresh rows to judge on, and at least {FEWEST} are needed; hold "
                "out more rows"
            )
        order = np.random.default_rng(random_state).permutation(n)
        if context.on_rows:
            halves = np.sort(order[: n // 2]), np.sort(order[n // 2 :])
            rows, fitted = np.asarray(X), np.asarray(X_fit)
            self._blocks = [
                (judged, _tied(context, rows[judged], rows[other], fitted))
                for judged, other in (halves, halves[::-1])
            ]
        else:
            self._blocks = [(np.arange(n), context.describe(X))]
        # Every group takes from both halves alike.
        count = min(n_groups, n // 2)
        self._groups = [order[start::count] for start in range(count)]

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
        found = [tied_ratio_trace(functions, self._blocks)]
        for group in self._groups:
            weights[group] = 0.0
            found.append(tied_ratio_trace(functions, self._blocks, weights))
            weights[group] = 1.0
        return Jackknife(np.array(found))

    def constant(self, value: float) -> Jackknife:
        """Give a number that does not depend on these rows."""
        return Jackknife(np.full(1 + len(self._groups), value))


def _tied(
    context: Context, judged: FloatArray, other: FloatArray, fitted: FloatArray
) -> DescribedRows:
    """Tie rows by a context of the same association whose support is among other rows."""
    n = len(fitted)
    most = round(context.exact_share(min(len(other), n) / n, n) * n)
    support = other[_spaced(len(other), most)]
    with warnings.catch_warnings():
        # That the context of so few rows falls into parts says nothing of the one at hand.
        warnings.simplefilter("ignore", ContextWarning)
        refitted = context.subsampled(most / n).fit(support)
    reached = refitted.expand(fitted[_spaced(n, REACHING)]).mean(axis=0)
    return DescribedRows.by_transition(refitted.expand(judged), np.asarray(reached).ravel())


def _spaced(n: int, most: int) -> IntArray:
    return np.linspace(0, n - 1, min(n, most)).astype(np.intp)
