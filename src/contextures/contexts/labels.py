"""Labels as a context."""

from __future__ import annotations

import warnings
from typing import Any, Literal, Self, get_args

import numpy as np
from scipy import sparse
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import check_is_fitted

from contextures._arrays import Matrix
from contextures._checks import labels_of
from contextures.contexts.base import Context
from contextures.contexts.declared import Form
from contextures.contexts.kernel_features import LinearFeatures
from contextures.exceptions import ContextWarning, InputError

Task = Literal["auto", "classification", "regression"]

MOST_CLASSES = 20
"""Up to this many different whole numbers are classes; more are amounts, such as counts or ages."""


class LabelContext(Context):
    """A is the label of X.

    Class labels give the deterministic transition of X to its class, whose singular values are one
    (number of classes less one). Real targets give the dual kernel of the centred target,
    k(x, x') = 1 + z(x) . z(x'), scaled so that the largest singular value is one.

    Labels are known for the fitted rows only, so this context works at fit time only.

    Parameters
    ----------
    task : {"auto", "classification", "regression"}, default="auto"
        How labels are read; "auto" takes floats that are not whole as amounts,
        and more than 20 different whole numbers too, which it says.

    Attributes
    ----------
    classes_ : ndarray
        The classes, for class labels.
    targets_ : ndarray of shape (n, q)
        The targets, for real ones.

    References
    ----------
    arXiv 2505.01557 (ICML 2025), Theorems 6 to 8; the kernel of real targets is derived.

    Examples
    --------
    >>> from contextures.contexts import LabelContext
    >>> context = LabelContext().fit([[0.0], [1.0], [2.0]], ["a", "b", "a"])
    >>> context.context_weights_.round(3)
    array([0.667, 0.333])
    """

    form: Form = "data"
    inductive = False
    needs_y = True
    sees_labels = True
    observed = True
    takes = "any"
    kind = "labels"
    meaning = "Rows are alike when they have the same label, or labels that are near as numbers."
    law = "A = the label of x"
    label = "labels"

    def __init__(self, task: Task = "auto") -> None:
        self.task = task

    def fit(self, X: Any, y: Any = None) -> Self:
        """Fit the context to labelled rows; see :meth:`Context.fit`."""
        if y is None:
            raise InputError("a label context needs labels; call fit(X, y)")
        labels = labels_of(y)
        n = labels.shape[0] if labels.ndim else 0
        if X is not None and len(X) != n:
            raise InputError(f"X has {len(X)} rows but y has {n}; give one label per row")
        if n < 2:
            raise InputError(f"labels of at least 2 rows are needed; y has {n}")
        missing = np.flatnonzero(missing_labels(labels))
        if len(missing):
            raise InputError(
                f"y has no label at row {missing[0]} ({len(missing)} in all); "
                "fit a label context to labelled rows only"
            )
        self.form = "transition" if are_classes(labels, self.task) else "kernel"
        if self.form == "transition":
            self._fit_classes(labels)
        else:
            self._fit_targets(labels)
        return self

    def density(self, n: int) -> float:
        """Say how many entries describe a row: its class; see :meth:`Context.density`."""
        return 1.0

    def expand(self, X: Any) -> Matrix:
        """Refuse: labels of new rows are not known."""
        raise InputError(
            "a label context works at fit time only, because new rows have no label; "
            "use fitted_kernel() for the fitted rows, or another context to embed new rows"
        )

    def sample_rows(self, X: Any, rows: Any, rng: Any, n_views: int = 1) -> Any:
        """Give the labels of fitted rows; see :meth:`Context.sample_rows`."""
        if self.form == "transition":
            return super().sample_rows(X, rows, rng, n_views)
        return self._observed(self.targets_, X, rows, rng, n_views)

    def context_values(self) -> Any:
        """Give the classes; see :meth:`Context.context_values`."""
        check_is_fitted(self)
        return self.classes_

    def _fit_classes(self, labels: np.ndarray[Any, Any]) -> None:
        if labels.ndim != 1:
            raise InputError(f"class labels must be one per row; y has shape {labels.shape}")
        self.classes_, codes = np.unique(labels, return_inverse=True)
        if len(self.classes_) < 2:
            raise InputError(f"y has one class only, {self.classes_[0]!r}; give at least two")
        n = len(codes)
        one_hot = sparse.csr_array(
            (np.ones(n), codes, np.arange(n + 1)), shape=(n, len(self.classes_))
        )
        self._set_transition(one_hot)

    def _fit_targets(self, labels: np.ndarray[Any, Any]) -> None:
        try:
            targets = labels.astype(np.float64).reshape(len(labels), -1)
        except (TypeError, ValueError):
            raise InputError("y must hold numbers for a regression label context") from None
        self.targets_ = targets
        self._set_features(LinearFeatures(targets, what="y").transform(targets))


def are_classes(labels: np.ndarray[Any, Any], task: Task) -> bool:
    """Tell whether labels are classes rather than amounts, as :class:`LabelContext` says."""
    if task not in get_args(Task):
        raise InputError(
            f"task={task!r} is not known; give 'auto', 'classification' or 'regression'"
        )
    if task != "auto":
        return task == "classification"
    found = label_task(labels)
    if found == "regression" and not _are_amounts(labels):
        warnings.warn(
            f"y holds {len(np.unique(labels))} different whole numbers and is read as amounts; "
            "give task='classification' if they are classes",
            ContextWarning,
            stacklevel=4,
        )
    return found == "classification"


def label_task(labels: np.ndarray[Any, Any]) -> Literal["classification", "regression"]:
    """Say how labels are read: many different whole numbers are amounts, such as counts or ages.

    Raises
    ------
    InputError
        If they are infinite, or cannot be told apart.
    """
    if labels.dtype.kind == "f" and np.isinf(labels).any():
        raise InputError("y holds infinite values; leave these rows' labels out")
    try:
        amounts = _are_amounts(labels)
        n_different = 0 if amounts else len(np.unique(labels))
    except (TypeError, ValueError) as error:  # bytes, complex numbers, words beside numbers
        reason = str(error).splitlines()[0].rstrip(".:")
        raise InputError(
            f"y holds no labels that can be told apart ({reason}); give numbers or words, of one "
            "kind"
        ) from None
    many = labels.dtype.kind in "fiu" and n_different > MOST_CLASSES
    return "regression" if amounts or many else "classification"


def _are_amounts(labels: np.ndarray[Any, Any]) -> bool:
    """Tell whether some are no whole numbers, however many there are for a row."""
    flat = labels if labels.ndim < 3 else labels.reshape(len(labels), -1)
    return bool(type_of_target(flat).startswith("continuous"))


def missing_labels(labels: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Tell which rows have no label."""
    if labels.dtype.kind == "f":
        missing = np.isnan(labels)
    elif labels.dtype == object:
        missing = np.array([value is None or value != value for value in labels.ravel()])
        missing = missing.reshape(labels.shape)
    else:
        return np.zeros(len(labels), dtype=bool)
    return np.asarray(missing.reshape(len(labels), -1).any(axis=1))
