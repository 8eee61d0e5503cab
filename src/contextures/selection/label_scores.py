"""Judging candidates by the labels there are: the leave-one-out error of regression on each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contextures._arrays import FloatArray, IntArray
from contextures._checks import labels_of
from contextures.contexts.labels import label_task
from contextures.evaluation.context_scores.pseudo_tasks import PENALTIES, nested_dimensions
from contextures.exceptions import InputError, unwritten
from contextures.regression.choice import Chooser
from contextures.regression.kernels import LinearFunctions
from contextures.regression.regressor import LABELS_A_CLASS
from contextures.regression.ridge import Ridge
from contextures.regression.targets import missing, read_classes, read_numbers
from contextures.regression.transforms import Transform

FUNCTIONS = 300
"""Functions that regression sees, as :class:`contextures.STKRClassifier` does by default."""

MOST_LABELLED = 500
"""So many labels are looked at, at most: they tell contexts apart as far as it matters, and cost
grows with their square."""

NEGLIGIBLE = 1e-15
"""Functions of less weight than this, beside the first, are left out of a kernel."""

NO_LABEL = -1
"""Stands for no label beside None and NaN, where labels are classes."""


@dataclass(frozen=True)
class Labels:
    """Labels of some rows.

    Attributes
    ----------
    rows : ndarray of int of shape (k,)
        Which rows have one.
    values : ndarray of shape (k,) or (k, q)
        Their classes by number, or their numbers.
    classes : bool
        Whether they are classes.
    """

    rows: IntArray
    values: NDArray[Any]
    classes: bool

    @property
    def each(self) -> float:
        """Labels a class; for numbers, a quarter of their number, as for regression."""
        kinds = len(np.unique(self.values)) if self.classes else LABELS_A_CLASS
        return len(self.rows) / kinds

    def targets(self) -> FloatArray:
        """Give what is predicted, of shape (k, q): a column a class, or numbers of unit spread."""
        if self.classes:
            _, codes = np.unique(self.values, return_inverse=True)
            return np.asarray(np.eye(int(codes.max()) + 1)[codes])
        columns = self.values.reshape(len(self.values), -1)
        spread = columns.std(axis=0)
        return np.asarray((columns - columns.mean(axis=0)) / np.where(spread > 0, spread, 1.0))

    def among(self, chosen: IntArray) -> Labels:
        """Give the labels of chosen rows, numbered by their place among those."""
        _, places, own = np.intersect1d(chosen, self.rows, return_indices=True)
        return Labels(places, self.values[own], self.classes)

    def thinned(self, most: int, rng: Any) -> Labels:
        """Give at most so many labels, drawn at random."""
        if len(self.rows) <= most:
            return self
        kept = np.sort(rng.permutation(len(self.rows))[:most])
        return Labels(self.rows[kept], self.values[kept], self.classes)


@dataclass(frozen=True)
class LabelScore:
    """How well labels are predicted by regression on a context.

    Attributes
    ----------
    error : float
        The mean squared error over labelled rows, each predicted without its own label, over that
        of the mean of the other labels: about one when nothing is learned.
    row_errors : ndarray of shape (k,)
        Each labelled row's part: their mean is ``error``.
    functions : ndarray of shape (k, D)
        The singular functions on the labelled rows.
    """

    error: float
    row_errors: FloatArray
    functions: FloatArray


def read_labels(y: Any, n: int) -> Labels:
    """Read the labels that there are.

    Parameters
    ----------
    y : array-like of shape (n,) or (n, q)
        Labels; None and NaN stand for none, and so does -1 where the others are two classes or
        more.
    n : int
        How many rows there are.

    Returns
    -------
    Labels
        Those of the labelled rows.

    Raises
    ------
    InputError
        If there are fewer than two, all alike, or not one entry for each row.
    """
    labels = labels_of(y)
    if labels.ndim == 0 or len(labels) != n:
        raise InputError(
            f"X has {n} rows but y has {len(labels) if labels.ndim else 0}; give one entry for "
            "each row, also for those without a label"
        )
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim == 1 and _are_classes(labels):
        known = [value for value in labels[~missing(labels)].tolist() if value != NO_LABEL]
        # With one class beside it, -1 is the other one.
        _, codes = read_classes(labels, NO_LABEL if len(set(known)) > 1 else None)
        rows = np.flatnonzero(codes >= 0)
        return Labels(rows, codes[rows], True)
    numbers = read_numbers(labels)
    rows = np.flatnonzero(~np.isnan(numbers.reshape(n, -1)).any(axis=1))
    if len(rows) < 2 or not numbers[rows].std(axis=0).any():
        raise InputError(
            f"{len(rows)} rows have a label in every output, or all their labels are equal; give "
            "at least two different ones"
        )
    return Labels(rows, numbers[rows], False)


def _are_classes(labels: NDArray[Any]) -> bool:
    known = labels[~missing(labels)]
    if known.dtype == object:  # as it is where None stands among labels
        known = np.array(known.tolist())
    if known.dtype.kind not in "biuf":
        return True
    return len(known) > 0 and label_task(known) == "classification"


def score_labels(functions: FloatArray, singular_values: FloatArray, labels: Labels) -> LabelScore:
    """Score a context by the labels: the leave-one-out error of regression on it.

    Transforms and ridges are chosen and averaged as :class:`contextures.STKRClassifier` and
    :class:`contextures.STKRRegressor` do; their weights are those of all labels.

    Parameters
    ----------
    functions : ndarray of shape (k, D)
        Singular functions of the context, which has not seen the labels, on the labelled rows.
    singular_values : ndarray of shape (D,)
        Their singular values, largest first.
    labels : Labels
        The labels.

    Returns
    -------
    LabelScore
        The error.
    """
    targets = labels.targets()
    k = len(targets)
    # Each predicted by the mean of the others.
    alone = ((targets - targets.mean(axis=0)) ** 2).sum(axis=1) * (k / (k - 1)) ** 2
    if not functions.shape[1] or singular_values[0] <= 0:
        return LabelScore(1.0, alone / alone.mean(), functions)
    kernel = _Kernel(functions[:, :FUNCTIONS], singular_values[:FUNCTIONS] ** 2)
    chooser = Chooser(kernel, np.arange(k), targets, np.ones(k))
    left_out = chooser.left_out(chooser.settings(None, None, labels.each))
    errors = ((targets - left_out) ** 2).sum(axis=1) / alone.mean()
    return LabelScore(float(errors.mean()), errors, functions)


@dataclass(frozen=True)
class _Kernel:
    """K_s between the labelled rows, as far as leave-one-out errors need it."""

    left: FloatArray
    eigenvalues: FloatArray

    def factor(self, transform: Transform, rows: IntArray) -> FloatArray:
        """Give mu sqrt(s), up to a factor; see :meth:`TransformedKernel.factor`."""
        weights = transform.values(self.eigenvalues)
        weights = weights / weights[0]
        seen = weights > NEGLIGIBLE  # of a high power, few
        return np.asarray(self.left[np.ix_(rows, seen)] * np.sqrt(weights[seen]))

    def gram(self, transform: Transform, rows: IntArray) -> FloatArray:
        """Give K_s between rows; see :meth:`TransformedKernel.gram`."""
        factor = self.factor(transform, rows)
        return np.asarray(factor @ factor.T)

    def functions(self, transform: Transform, rows: IntArray, dual: FloatArray) -> LinearFunctions:
        """Refuse: nothing is predicted but labelled rows."""
        raise unwritten(self, "functions")


def labelled_dimension(score: LabelScore, labels: Labels) -> int:
    """Choose how many coordinates a ridge probe does best with, by leave-one-out.

    Parameters
    ----------
    score : LabelScore
        Of the context.
    labels : Labels
        The labels that it was scored by.

    Returns
    -------
    int
        The d whose probe, with the best of several penalties, has the lowest error.
    """
    targets = labels.targets()
    k, most = score.functions.shape
    best = (np.inf, 1)
    for d in nested_dimensions(max(1, most)):
        ridge = Ridge(score.functions[:, :d], targets, np.ones(k))
        for penalty in PENALTIES:
            left_out = ridge.left_out(penalty * k / (ridge.diagonal or 1.0))
            best = min(best, (float(((targets - left_out) ** 2).sum()), d))
    return best[1]


def differences(scores: Sequence[LabelScore | None], best: int) -> tuple[FloatArray, FloatArray]:
    """Compare each score with the best on the same labelled rows.

    Parameters
    ----------
    scores : sequence of LabelScore or None
        Scores by the same labels.
    best : int
        Which is compared with.

    Returns
    -------
    tuple of ndarray of shape (n,)
        By how much the error of each is above that of the best, and the standard error of that,
        over the pairs of row errors; NaN where there is no score.
    """
    chosen = scores[best]
    assert chosen is not None
    nothing = np.full(len(chosen.row_errors), np.nan)
    rows = np.array([nothing if one is None else one.row_errors for one in scores])
    excess = rows - chosen.row_errors
    return excess.mean(axis=1), excess.std(axis=1, ddof=1) / np.sqrt(excess.shape[1])
