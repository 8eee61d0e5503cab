"""Members whose kernel has widths that the labels chose, by the evidence for them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from contextures._arrays import FloatArray, IntArray
from contextures.contexts.evidence import MOST_COLUMNS, learn_widths
from contextures.contexts.level_kernel import Widths
from contextures.prediction.calibration import best_scale, scaled_chances
from contextures.prediction.members.base import FittedMember, Member, Problem
from contextures.prediction.members.estimators import folds
from contextures.prediction.members.width_ridge import WidthFit, fit_widths

MOST_LEARNING = 500
"""Labelled rows that widths are learned from, in each half."""

TAIL = 4.0
"""Where columns are drawn in, in standard deviations."""


class WidthMember(Member):
    """Kernel ridge regression on a kernel whose widths are learned.

    The kernel mixes three levels of association and a linear part. Its one width or the widths of
    all columns, the sizes of its parts and the noise maximise the evidence (marginal likelihood) of
    up to 500 labelled rows, and of 500 others once more: the member is the average of the two fits
    to all labelled rows. Either leaves a row out in closed form, and a row that widths were learned
    from is predicted by the other fit, whose widths its label had no say in.

    Parameters
    ----------
    name : {"width", "widths"}
        One width for all columns, or one for each. Tables of more than 200 columns share one either
        way.
    most_learning : int
        How many labelled rows each fit learns its widths from at most.

    Notes
    -----
    Up to 3,000 labelled rows the regression is exact; beyond, 2,000 rows span the functions, so
    that the cost is linear in the number of labels. Columns with long tails are drawn in first.
    Classes are predicted as their indicators; the values become chances by a softmax, whose scale
    left-out values choose.

    References
    ----------
    Rasmussen and Williams, "Gaussian Processes for Machine Learning" (2006), sections 5.1 and 5.4.

    Examples
    --------
    >>> from contextures.prediction import WidthMember
    >>> WidthMember("widths").name
    'widths'
    """

    def __init__(self, name: str, *, most_learning: int = MOST_LEARNING) -> None:
        self.name = name
        self.most_learning = most_learning

    def fit(self, problem: Problem) -> FittedMember:
        """Learn widths twice, and fit the labelled rows at both; see :meth:`Member.fit`."""
        tails = problem.shared("tails", lambda: tails_of(problem.rows))
        rows = tails.drawn_in(problem.rows[problem.labelled])
        base = 1.0 / problem.targets.shape[1] if problem.classes else 0.0
        targets = problem.targets - base
        side = _sides(problem, self.most_learning)
        fits, guesses = [], []
        for one in (0, 1):
            widths = self._widths(problem, rows, targets, side, one)
            fit, left_out = fit_widths(widths, rows, targets, problem.seed)
            fits.append(fit)
            guesses.append(left_out)
        # What a fit's widths were learned from, the other fit predicts.
        trusted = np.stack([side != one for one in (0, 1)]).astype(np.float64)
        trusted /= trusted.sum(axis=0)
        left_out = np.einsum("sk,skq->kq", trusted, np.array(guesses)) + base
        scale = best_scale(left_out, problem.targets) if problem.classes else 0.0
        found = _Fitted(fits, tails, base, scale)
        found.left_out = found.told(left_out)
        return found

    def _widths(
        self, problem: Problem, rows: FloatArray, targets: FloatArray, side: IntArray, one: int
    ) -> Widths:
        own = np.flatnonzero(side == one)
        common = problem.shared(
            ("width", one, len(own)),
            lambda: learn_widths(rows[own], targets[own], by_column=False),
        )
        if self.name == "width" or rows.shape[1] > MOST_COLUMNS:
            return common
        return learn_widths(rows[own], targets[own], by_column=True, start=common)


def _sides(problem: Problem, most: int) -> IntArray:
    """Deal labelled rows to the two halves, each class evenly; -1 for those beyond the most."""
    k = len(problem.targets)
    n_folds = max(2, int(np.ceil(k / most)))
    fold = folds(problem.targets, problem.classes, n_folds, problem.seed)
    return np.where(fold < 2, fold, -1)


@dataclass(frozen=True)
class Tails:
    """How columns are drawn in.

    Attributes
    ----------
    middle, reach, size : ndarray of shape (p,)
        Their medians, how far from there they reach before they are drawn in, and how far at most.
    """

    middle: FloatArray
    reach: FloatArray
    size: FloatArray

    def drawn_in(self, rows: FloatArray) -> FloatArray:
        """Draw columns in beyond their reach, smoothly."""
        away = (rows - self.middle) / self.reach
        return np.asarray(self.size * away / np.sqrt(1.0 + away**2))


def tails_of(rows: FloatArray) -> Tails:
    """Say how columns of rows are drawn in.

    They reach ``TAIL`` standard deviations, or where a few values make these more than twice what
    the quartiles say, as many of the latter. Columns keep their standard deviation, about.
    """
    low, middle, high = np.quantile(rows, [0.25, 0.5, 0.75], axis=0)
    spread, usual = rows.std(axis=0), 2.0 * (high - low) / 1.349
    reach = TAIL * np.where((usual > 0) & (usual < spread), usual, spread)
    return Tails(middle, np.where(reach > 0, reach, 1.0), TAIL * spread)


class _Fitted(FittedMember):
    in_blocks = True

    def __init__(self, fits: list[WidthFit], tails: Tails, base: float, scale: float) -> None:
        self._fits, self._tails, self._base, self._scale = fits, tails, base, scale

    def values(self, rows: FloatArray) -> FloatArray:
        """Average the two fits."""
        near = self._tails.drawn_in(rows)
        parts = [fit.values(near) for fit in self._fits]
        return self.told(sum(parts[1:], parts[0]) / len(parts) + self._base)

    def told(self, values: FloatArray) -> FloatArray:
        """Give values as they are, or as chances."""
        return scaled_chances(values, self._scale) if self._scale > 0 else values
