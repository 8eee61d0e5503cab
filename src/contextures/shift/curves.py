"""Errors over subpopulations: CVaR for every share of the rows, and the worst groups by columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.tree import DecisionTreeRegressor

from contextures._arrays import FloatArray
from contextures._checks import (
    check_positive_int,
    check_rows,
    check_share,
    random_state_of,
)
from contextures.exceptions import InputError
from contextures.shift.losses import check_losses

SHARES = tuple(round(0.05 * step, 2) for step in range(1, 21))
RESAMPLES = 400


@dataclass(frozen=True)
class SubpopulationCurve:
    """The worst expected loss of any subpopulation, over its share.

    Attributes
    ----------
    alphas : ndarray of shape (k,)
        Shares of the rows.
    risks : ndarray of shape (k,)
        CVaR at each: no subpopulation of that share has a larger mean loss.
    lower, upper : ndarray of shape (k,)
        A band of 90 %, from bootstrap samples of the rows.
    """

    alphas: FloatArray
    risks: FloatArray
    lower: FloatArray
    upper: FloatArray


@dataclass(frozen=True)
class WorstGroup:
    """Rows with large losses that a few columns tell.

    Attributes
    ----------
    conditions : list of str
        What they have in common, such as ``age <= 30``.
    share : float
        Of the rows that were not used to find the group.
    risk : float
        Their mean loss there.
    standard_error : float
        Of the mean loss.
    """

    conditions: list[str]
    share: float
    risk: float
    standard_error: float


def subpopulation_curve(
    losses: Any, alphas: Any = SHARES, *, random_state: Any = None
) -> SubpopulationCurve:
    """Give CVaR of losses over the share of rows.

    Parameters
    ----------
    losses : array-like of shape (n,)
        Held-out losses, one for each row.
    alphas : sequence of float, default=0.05, 0.1, ..., 1
        The shares.
    random_state : int, numpy.random.RandomState or None
        Draws the bootstrap samples.

    Returns
    -------
    SubpopulationCurve
        The risks with a band.

    Raises
    ------
    InputError
        If there are no losses, one is not finite, or a share is not in (0, 1].

    References
    ----------
    Derived from CVaR's dual; dissertation, chapter 6.

    Examples
    --------
    >>> from contextures.shift import subpopulation_curve
    >>> found = subpopulation_curve([0.0, 0.0, 0.0, 1.0], alphas=[0.25, 0.5, 1.0])
    >>> found.risks
    array([1.  , 0.5 , 0.25])
    """
    values = np.asarray(check_losses(losses), dtype=np.float64)
    shares = np.array([check_share(float(each), "alphas", one=True) for each in np.ravel(alphas)])
    if not shares.size:
        raise InputError("alphas is empty; give shares above 0 and at most 1")
    ordered = np.sort(values)[::-1]
    even = np.full(len(values), 1 / len(values))
    draws = random_state_of(random_state).multinomial(len(values), even, size=RESAMPLES)
    sampled = np.array([_risks(ordered, draw / len(values), shares) for draw in draws])
    lower, upper = np.quantile(sampled, [0.05, 0.95], axis=0)
    return SubpopulationCurve(shares, _risks(ordered, even, shares), lower, upper)


def _risks(ordered: FloatArray, probabilities: FloatArray, alphas: FloatArray) -> FloatArray:
    """Give CVaR at each share of sorted losses: its integral is piecewise linear in the share."""
    masses = np.concatenate([[0.0], np.cumsum(probabilities)])
    sums = np.concatenate([[0.0], np.cumsum(probabilities * ordered)])
    found: FloatArray = np.interp(alphas, masses, sums) / alphas
    return found


def worst_groups(
    losses: Any,
    X: Any,
    *,
    names: list[str] | None = None,
    depth: int = 2,
    least_share: float = 0.05,
    random_state: Any = None,
) -> list[WorstGroup]:
    """Find groups of rows with large losses, by a shallow tree, and judge them on other rows.

    Parameters
    ----------
    losses : array-like of shape (n,)
        Held-out losses.
    X : array-like of shape (n, p)
        Columns that may tell the groups.
    names : list of str, optional
        The columns' names.
    depth : int, default=2
        How many conditions a group may have.
    least_share : float, default=0.05
        The least share of rows in a group.
    random_state : int, numpy.random.RandomState or None
        Halves the rows: the tree is grown on one half, the losses are measured on the other.

    Returns
    -------
    list of WorstGroup
        The worst first.

    Raises
    ------
    InputError
        If rows and losses are not as many, or too few.

    Examples
    --------
    >>> import numpy as np
    >>> from contextures.shift import worst_groups
    >>> ages = np.arange(400.0)[:, None] % 80
    >>> found = worst_groups((ages[:, 0] > 60) * 1.0, ages, names=["age"], depth=1)
    >>> found[0].conditions, found[0].risk
    (['age > 60.5'], 1.0)
    """
    values = np.asarray(check_losses(losses), dtype=np.float64)
    rows = check_rows(X)
    if len(rows) != len(values) or len(rows) < 40:
        raise InputError(
            f"there are {len(values)} losses and {len(rows)} rows; give as many of each, 40 or more"
        )
    check_positive_int(depth, "depth")
    check_share(least_share, "least_share", one=True)
    called = names or [f"column {j}" for j in range(rows.shape[1])]
    order = random_state_of(random_state).permutation(len(rows))
    grown, judged = order[: len(rows) // 2], order[len(rows) // 2 :]
    least = max(5, int(np.ceil(least_share * len(grown))))
    tree = DecisionTreeRegressor(max_depth=depth, min_samples_leaf=least, random_state=0)
    tree.fit(rows[grown], values[grown])
    leaves = tree.apply(rows[judged])
    found = []
    for leaf, conditions in _leaves(tree.tree_, called):
        own = values[judged][leaves == leaf]
        if len(own) > 1:
            error = float(own.std(ddof=1) / np.sqrt(len(own)))
            found.append(WorstGroup(conditions, len(own) / len(judged), float(own.mean()), error))
    return sorted(found, key=lambda group: -group.risk)


def _leaves(tree: Any, names: list[str]) -> list[tuple[int, list[str]]]:
    """Give each leaf with the conditions on the way to it."""
    found = []
    todo: list[tuple[int, list[str]]] = [(0, [])]
    while todo:
        node, conditions = todo.pop()
        if tree.children_left[node] < 0:
            found.append((node, conditions))
            continue
        name, threshold = names[tree.feature[node]], tree.threshold[node]
        todo.append((tree.children_left[node], [*conditions, f"{name} <= {threshold:.4g}"]))
        todo.append((tree.children_right[node], [*conditions, f"{name} > {threshold:.4g}"]))
    return found
