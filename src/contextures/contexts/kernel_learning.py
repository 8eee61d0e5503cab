"""What a kernel context learns from labels: the scales of columns, and sizes of its levels."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contextures._arrays import FloatArray, IntArray
from contextures._checks import labels_of
from contextures.contexts.evidence import MOST_COLUMNS, learn_widths
from contextures.contexts.kernel_widths import between, learn_scales
from contextures.contexts.labels import Task, are_classes, missing_labels
from contextures.contexts.level_kernel import LEVELS, Widths
from contextures.exceptions import ContextWarning, InputError

MOST_LEARNING = 500
"""Labelled rows that widths are learned from."""


@dataclass(frozen=True)
class Likeness:
    """A kernel between rows, as it is or as it was learned.

    Attributes
    ----------
    kernel : kernel of scikit-learn's or None
        It sees columns times ``scales``; None stands for several levels at once and a linear part.
    scales : ndarray of shape (p,)
        What columns are multiplied by.
    noise : float or None
        The variance of labels about what the kernel explains, over their own.
    centre, units : ndarray of shape (p,)
        What the linear part of several levels is centred and multiplied by.
    sizes : ndarray of shape (3,)
        Of the levels.
    slope : float
        Of the linear part.
    """

    kernel: Any
    scales: FloatArray
    noise: float | None
    centre: FloatArray
    units: FloatArray
    sizes: FloatArray
    slope: float

    @classmethod
    def given(cls, kernel: Any, n_columns: int) -> Likeness:
        """Take a kernel as it is."""
        one, none = np.ones(n_columns), np.zeros(n_columns)
        return cls(kernel, one, None, none, one, np.zeros(len(LEVELS)), 0.0)

    def between(self, rows: FloatArray, points: FloatArray, *, walk: bool) -> FloatArray:
        """Compute the kernel; for a walk, less what is the same for all or below zero."""
        if self.kernel is not None:
            return between(self.kernel, rows * self.scales, points * self.scales)
        slope = 0.0 if walk else self.slope
        widths = Widths(self.scales / self.units, self.sizes, slope, 0.0)
        near, others = ((each - self.centre) * self.units for each in (rows, points))
        return widths.between(near, others) - (1.0 if walk else 0.0)


@dataclass(frozen=True)
class Labelled:
    """Labels to learn from.

    Attributes
    ----------
    few : ndarray of int of shape (k,)
        The rows that are learned from.
    targets : ndarray of shape (k, q)
        Amounts, or indicators of classes.
    ranks : ndarray of shape (n,)
        Numbers that order the labels of all rows, by which they are dealt to folds.
    classes : bool
        Whether they are classes.
    """

    few: IntArray
    targets: FloatArray
    ranks: FloatArray
    classes: bool

    @classmethod
    def of(cls, rows: FloatArray, y: Any, task: Task, rng: Any) -> Labelled:
        """Choose labelled rows, and give their targets.

        Raises
        ------
        InputError
            If there are no labels that widths can be learned from.
        """
        if y is None:
            raise InputError(
                "widths are learned from labels here; call fit(X, y), or give "
                "widths='pseudo-tasks' or 'fixed'"
            )
        labels = labels_of(y)
        if labels.shape[:1] != (len(rows),):
            raise InputError(
                f"X has {len(rows)} rows but y has shape {labels.shape}; give one label per row"
            )
        known = np.flatnonzero(~missing_labels(labels))
        classes = len(known) > 1 and are_classes(labels[known], task)
        few = np.sort(rng.permutation(known)[:MOST_LEARNING])
        ranks = np.full(len(rows), np.inf)
        if classes and labels.ndim != 1:
            raise InputError(f"class labels must be one per row; y has shape {labels.shape}")
        if classes:
            ranks[known] = np.unique(labels[known], return_inverse=True)[1].ravel()
            targets = np.eye(int(ranks[known].max()) + 1)[ranks[few].astype(np.intp)]
        else:
            try:
                amounts = labels[known].astype(np.float64)
                amounts = amounts.reshape(len(known), int(np.prod(labels.shape[1:])))
            except (TypeError, ValueError):
                raise InputError("y must hold numbers to learn widths for amounts") from None
            targets = amounts[np.searchsorted(known, few)]
            if not np.isfinite(targets).all():
                raise InputError("y holds infinite values; leave these rows' labels out")
            ranks[known] = amounts[:, 0] if amounts.size else 0.0
        if not _vary(targets):
            raise InputError(
                f"widths cannot be learned from {len(few)} labels that are all alike; give labels "
                "that differ, or widths='fixed'"
            )
        return cls(few, targets, ranks, bool(classes))

    def among(self, others: NDArray[np.bool_]) -> Labelled | None:
        """Give those of some rows; None where they tell nothing."""
        kept = others[self.few]
        left = Labelled(self.few[kept], self.targets[kept], self.ranks, self.classes)
        return left if _vary(left.targets) else None


def learned(kernel: Any, rows: FloatArray, labelled: Labelled, *, by_column: bool) -> Likeness:
    """Learn the scales of columns by the evidence of labels, and without a kernel its sizes.

    Parameters
    ----------
    kernel : kernel of scikit-learn's or None
        The kernel; several levels at once when None.
    rows : ndarray of shape (n, p)
        All fitted rows.
    labelled : Labelled
        Which of them are learned from.
    by_column : bool
        Whether each column has a scale of its own.

    Returns
    -------
    Likeness
        What was learned.
    """
    few, q = labelled.few, labelled.targets.shape[1]
    # Of classes equally likely; of amounts as they are.
    targets = labelled.targets - (1.0 / q if labelled.classes else labelled.targets.mean(axis=0))
    # Where each column has a width, the units that they come in do not matter.
    spread = rows.std(axis=0) if by_column else np.full(rows.shape[1], rows.std(axis=0).max())
    units = 1.0 / np.where(spread > 0, spread, 1.0)
    if kernel is not None:
        found = learn_scales(kernel, rows[few] * units, targets, by_column=by_column)
        plain = Likeness.given(kernel, rows.shape[1])
        return Likeness(
            kernel, found.scales * units, found.noise, plain.centre, plain.units, plain.sizes, 0.0
        )
    centre = rows.mean(axis=0)
    near = (rows[few] - centre) * units
    widths = learn_widths(near, targets, by_column=False)
    if by_column:
        widths = learn_widths(near, targets, by_column=True, start=widths)
    noise = widths.noise / (float(np.mean(targets**2)) or 1.0)
    return Likeness(None, widths.scales * units, noise, centre, units, widths.sizes, widths.slope)


def asked_by_column(widths: str, n_columns: int) -> bool:
    """Tell whether each column is to have a width, and say it where there are too many."""
    if widths != "each" or n_columns <= MOST_COLUMNS:
        return widths == "each"
    warnings.warn(
        f"widths='each' learns one width for all {n_columns:,} columns, as there are "
        f"more than {MOST_COLUMNS}; leave columns out for a width of each",
        ContextWarning,
        stacklevel=4,
    )
    return False


def _vary(targets: FloatArray) -> bool:
    return len(targets) > 1 and bool((np.ptp(targets, axis=0) > 0).any())
