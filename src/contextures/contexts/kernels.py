"""Contexts of any kernel, whose widths may be learned."""

from __future__ import annotations

import warnings
from typing import Any, Literal, Self, get_args

import numpy as np
from sklearn.base import clone
from sklearn.gaussian_process.kernels import RBF
from sklearn.utils.validation import check_is_fitted

from contextures._arrays import FloatArray, IntArray, Matrix
from contextures._checks import check_positive_int, check_rows, random_state_of
from contextures.contexts.base import Context
from contextures.contexts.declared import Form
from contextures.contexts.evidence import LEVELS, MOST_COLUMNS, Widths, learn_widths
from contextures.contexts.kernel_files import is_kernel
from contextures.contexts.kernel_forms import check_walk, spanned, walk
from contextures.contexts.kernel_widths import between, learn_scales, widths_for_tasks
from contextures.contexts.labels import Task, are_classes, missing_labels
from contextures.contexts.rbf import median_distance
from contextures.contexts.support import landmarks
from contextures.exceptions import ContextWarning, InputError

WidthsFrom = Literal["fixed", "shared", "each", "pseudo-tasks"]
Normalization = Literal["walk", "centred"]

MOST_EXACT = 3000
"""Fitted rows up to which all of them span the kernel."""

N_LANDMARKS = 2000
"""How many span it, of more."""

FEW = 100
"""Rows on which a kernel is tried before anything else."""

MOST_LEARNING, MOST_TASKS = 500, 300
"""Rows that widths are learned from, with labels and without."""


class KernelContext(Context):
    """Two rows are alike by a kernel of scikit-learn's, whose widths may be learned.

    A kernel is made a context in one of two ways. As a *walk*, A is a fitted row a, drawn with
    chance k(x, a) over the sum. *Centred*, the dual kernel is the kernel less its means, over the
    largest eigenvalue of its operator on the fitted rows, plus one.

    Parameters
    ----------
    kernel : kernel of ``sklearn.gaussian_process.kernels``, optional
        The kernel, or a sum, product or power of some; its parameters are set as
        ``kernel__length_scale``. When None, a Gaussian of median width; or with widths from labels
        three Gaussians, of 1/10, 1 and 8 times a common inverse squared width, and where it is
        centred a linear part, whose sizes are learned too.
    widths : {"fixed", "shared", "each", "pseudo-tasks"}, default="fixed"
        What columns are multiplied by before the kernel sees them: nothing; one scale for all or
        one for each, of the largest evidence (marginal likelihood) for ``y``; or one for all
        columns in units of their standard deviations, of the least expected error on smooth random
        tasks, which needs no labels. Over 200 columns "each" learns one for all, and says so.
    normalization : {"walk", "centred"}, default="walk"
        How the kernel is made a context. A walk needs a kernel of at least zero.
    n_landmarks : int, optional
        How many fitted rows span the kernel, at random (Nystroem's method). When None, all up to
        3,000, and 2,000 of more.
    task : {"auto", "classification", "regression"}, default="auto"
        How labels are read; "auto" as in :class:`LabelContext`. Classes are learned from as
        indicators.
    random_state : int, RandomState or None, default=None
        Draws landmarks, and the rows that widths are learned from; None stands for the seed of
        whatever fits the context, or a fixed one.

    Attributes
    ----------
    scales_ : ndarray of shape (p,)
        What columns are multiplied by.
    noise_ : float or None
        The variance of labels about what the kernel explains, over their own: at least 1e-4. None
        where no labels were asked.
    points_ : ndarray of shape (m, p)
        The fitted rows that span the kernel.

    Notes
    -----
    Widths are learned from 500 labelled rows at most (300 without labels), which costs their number
    cubed a step. A fit costs O(n m p), and centred O(m^3) besides. The noise of a ``WhiteKernel``
    is no likeness of different rows, and counts nothing. A walk from a row that is like no fitted
    row at all goes to the nearest.

    References
    ----------
    Rasmussen and Williams, "Gaussian Processes for Machine Learning" (2006), section 5.4, for the
    evidence; arXiv 2505.01557 (ICML 2025), section 2, for the dual kernel. That a kernel must have
    the mean one and no eigenvalue above it is derived, and so are the widths for tasks.

    Examples
    --------
    >>> from sklearn.gaussian_process.kernels import RBF
    >>> from contextures.contexts import KernelContext
    >>> context = KernelContext(RBF(length_scale=2.0)).fit([[0.0], [1.0], [4.0]])
    >>> context.transition([[0.5]]).toarray().round(2)
    array([[0.45, 0.45, 0.1 ]])
    """

    kind = "a kernel"
    meaning = "Rows are alike when a kernel of their columns says so, the higher the more."
    mend_parts = "wider length scales connect them"
    points_: FloatArray
    noise_: float | None

    def __init__(
        self,
        kernel: Any = None,
        widths: WidthsFrom = "fixed",
        normalization: Normalization = "walk",
        n_landmarks: int | None = None,
        task: Task = "auto",
        random_state: Any = None,
    ) -> None:
        self.kernel = kernel
        self.widths = widths
        self.normalization = normalization
        self.n_landmarks = n_landmarks
        self.task = task
        self.random_state = random_state

    @property
    def form(self) -> Form:  # type: ignore[override]
        """A transition to fitted rows, or the centred kernel."""
        return "transition" if self.normalization == "walk" else "kernel"

    @property
    def needs_y(self) -> bool:  # type: ignore[override]
        """Whether ``fit`` needs ``y``: for widths from labels."""
        return self.widths in ("shared", "each")

    @property
    def on_rows(self) -> bool:  # type: ignore[override]
        """Whether A is one of the fitted rows: that of a walk."""
        return self.form == "transition"

    @property
    def same_space(self) -> bool:  # type: ignore[override]
        """Whether A lies in the space of X: that of a walk."""
        return self.form == "transition"

    @property
    def law(self) -> str:  # type: ignore[override]
        """The law of A given x, or the dual kernel."""
        if self.form == "transition":
            return "P+(a | x) ∝ k(x, a) over the fitted rows a"
        return "k(x, x') less its means, over its largest eigenvalue, plus 1"

    @property
    def label(self) -> str:
        """The context in plain words."""
        name = "Gaussian" if self.kernel is None else str(self.kernel)
        learned = {
            "fixed": "",
            "shared": ", one width learned from labels",
            "each": ", the width of each column learned from labels",
            "pseudo-tasks": ", its width learned without labels",
        }
        return f"the kernel {name}{learned.get(self.widths, '')}"

    def n_support(self, n: int) -> int:
        """Say how many fitted rows span the kernel.

        Parameters
        ----------
        n : int
            How many rows the context would be fitted to.

        Returns
        -------
        int
            All of them up to 3,000, or the landmarks.
        """
        if self.n_landmarks is not None:
            return min(self.n_landmarks, n)
        return n if n <= MOST_EXACT else N_LANDMARKS

    def density(self, n: int) -> float:
        """Say how many entries describe a row: one a landmark; see :meth:`Context.density`."""
        return float(self.n_support(n))

    def check_parts(self) -> None:
        """Refuse parameters that are not known; see :meth:`Context.check_parts`."""
        if self.kernel is not None and not is_kernel(self.kernel):
            raise InputError(
                f"kernel={self.kernel!r} is not a kernel; give one of "
                "sklearn.gaussian_process.kernels, such as RBF(), or None"
            )
        for name, known in (("widths", WidthsFrom), ("normalization", Normalization)):
            if getattr(self, name) not in get_args(known):
                raise InputError(
                    f"{name}={getattr(self, name)!r} is not known; give one of "
                    f"{', '.join(map(repr, get_args(known)))}"
                )
        if self.n_landmarks is not None:
            check_positive_int(self.n_landmarks, "n_landmarks", least=2)

    def check_fit(self, X: Any, y: Any = None) -> None:
        """Refuse parameters that do not suit rows; see :meth:`Context.check_fit`."""
        self.check_parts()
        rows = check_rows(X, least=2)
        if self.kernel is not None:
            few = rows[:FEW]
            values = between(self.kernel, few, few)
            if self.form == "transition":  # before widths are learned, which takes longer
                check_walk(values, self)

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn the widths, and describe rows by the kernel; see :meth:`Context.fit`."""
        self.check_fit(X)
        rows = check_rows(X, least=2)
        rng = random_state_of(self.random_state)
        self.kernel_ = None if self.kernel is None else clone(self.kernel)
        self.centre_, self.scales_ = np.zeros(rows.shape[1]), np.ones(rows.shape[1])
        self.units_, self.noise_ = np.ones(rows.shape[1]), None
        self.sizes_, self.slope_ = np.zeros(len(LEVELS)), 0.0
        if self.needs_y:
            self._learn(rows, y, rng)
        elif self.kernel is None:
            self.kernel_ = RBF(float(np.sqrt(median_distance(rows) / 2.0)))
        if self.widths == "pseudo-tasks":
            few = np.sort(rng.permutation(len(rows))[:MOST_TASKS])
            self.scales_ = widths_for_tasks(self.kernel_, rows[few])
        chosen = landmarks(len(rows), self.n_support(len(rows)), rng)
        self.points_ = np.array(rows if chosen is None else rows[chosen])
        self.n_features_in_ = rows.shape[1]
        if self.form == "transition":
            self._set_transition(self._walk(rows))
        else:
            self.map_, self.offset_ = spanned(
                self._between(rows), self._between(self.points_), self
            )
            self._set_features(self._features(rows))
        return self

    def expand(self, X: Any) -> Matrix:
        """Describe rows by their walk, or by features of the kernel; see :meth:`Context.expand`."""
        check_is_fitted(self)
        rows = check_rows(X, self.points_.shape[1])
        return self._walk(rows) if self.form == "transition" else self._features(rows)

    def context_values(self) -> Any:
        """Give the rows that A ranges over; see :meth:`Context.context_values`."""
        check_is_fitted(self)
        return self.points_ if self.form == "transition" else super().context_values()

    def _learn(self, rows: FloatArray, y: Any, rng: Any) -> None:
        """Learn the widths from some of the labelled rows."""
        few, targets = _targets(rows, y, self.task, rng)
        by_column = self.widths == "each"
        if by_column and rows.shape[1] > MOST_COLUMNS:
            warnings.warn(
                f"widths='each' learns one width for all {rows.shape[1]:,} columns, as there are "
                f"more than {MOST_COLUMNS}; leave columns out for a width of each",
                ContextWarning,
                stacklevel=4,
            )
            by_column = False
        # Where each column has a width, the units that they come in do not matter.
        spread = rows.std(axis=0) if by_column else np.full(rows.shape[1], rows.std(axis=0).max())
        units = 1.0 / np.where(spread > 0, spread, 1.0)
        if self.kernel is not None:
            found = learn_scales(self.kernel_, rows[few] * units, targets, by_column=by_column)
            self.scales_, self.noise_ = found.scales * units, found.noise
            return
        self.centre_, self.units_ = rows.mean(axis=0), units
        near = (rows[few] - self.centre_) * units
        learned = learn_widths(near, targets, by_column=False)
        if by_column:
            learned = learn_widths(near, targets, by_column=True, start=learned)
        self.scales_, self.sizes_ = learned.scales * units, learned.sizes
        self.slope_ = learned.slope
        self.noise_ = learned.noise / (float(np.mean(targets**2)) or 1.0)

    def _between(self, rows: FloatArray) -> FloatArray:
        """Compute the kernel between rows and the points that span it."""
        if self.kernel_ is not None:
            return between(self.kernel_, rows * self.scales_, self.points_ * self.scales_)
        walk = self.form == "transition"
        # A walk has no use for what is the same for all, or below zero.
        slope = 0.0 if walk else self.slope_
        learned = Widths(self.scales_ / self.units_, self.sizes_, slope, 0.0)
        near, points = ((each - self.centre_) * self.units_ for each in (rows, self.points_))
        return learned.between(near, points) - (1.0 if walk else 0.0)

    def _walk(self, rows: FloatArray) -> Matrix:
        return walk(self._between(rows), rows * self.scales_, self.points_ * self.scales_, self)

    def _features(self, rows: FloatArray) -> FloatArray:
        return np.asarray(self._between(rows) @ self.map_ - self.offset_)


def _targets(rows: FloatArray, y: Any, task: Task, rng: Any) -> tuple[IntArray, FloatArray]:
    """Choose labelled rows to learn widths from, and give their targets, about mean zero."""
    if y is None:
        raise InputError(
            "widths are learned from labels here; call fit(X, y), or give widths='pseudo-tasks' "
            "or 'fixed'"
        )
    labels = np.asarray(y)
    if labels.shape[:1] != (len(rows),):
        raise InputError(
            f"X has {len(rows)} rows but y has shape {labels.shape}; give one label per row"
        )
    known = np.flatnonzero(~missing_labels(labels))
    classes = len(known) > 1 and are_classes(labels[known], task)
    few = np.sort(rng.permutation(known)[:MOST_LEARNING])
    if classes and labels.ndim != 1:
        raise InputError(f"class labels must be one per row; y has shape {labels.shape}")
    if classes:
        codes = np.unique(labels[known], return_inverse=True)[1][np.searchsorted(known, few)]
        targets = np.eye(codes.max() + 1)[codes] - 1.0 / (codes.max() + 1)
    else:
        try:
            targets = labels[few].astype(np.float64).reshape(len(few), int(labels[0].size))
        except (TypeError, ValueError):
            raise InputError("y must hold numbers to learn widths for amounts") from None
        if len(few) and not np.isfinite(targets).all():
            raise InputError("y holds infinite values; leave these rows' labels out")
        targets = targets - targets.mean(axis=0) if len(few) else targets
    if len(few) < 2 or not (np.ptp(targets, axis=0) > 0).any():
        raise InputError(
            f"widths cannot be learned from {len(few)} labels that are all alike; give labels "
            "that differ, or widths='fixed'"
        )
    return few, targets
