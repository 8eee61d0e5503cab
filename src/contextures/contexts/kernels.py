"""Contexts of any kernel, whose widths may be learned."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal, Self, get_args

import numpy as np
from sklearn.base import clone
from sklearn.gaussian_process.kernels import RBF
from sklearn.utils.validation import check_is_fitted

from contextures._arrays import FloatArray, Matrix
from contextures._checks import check_positive_int, check_rows, random_state_of
from contextures.contexts.base import Context
from contextures.contexts.cross_fit import FOLDS, Folds, check_cross_fit, described
from contextures.contexts.declared import Form
from contextures.contexts.kernel_files import is_kernel
from contextures.contexts.kernel_forms import Root, check_walk, spanned, unit, walk
from contextures.contexts.kernel_learning import Labelled, Likeness, asked_by_column, learned
from contextures.contexts.kernel_widths import between, widths_for_tasks
from contextures.contexts.labels import Task
from contextures.contexts.rbf import median_distance
from contextures.contexts.support import landmarks
from contextures.exceptions import InputError

WidthsFrom = Literal["fixed", "shared", "each", "pseudo-tasks"]
Normalization = Literal["walk", "centred"]

MOST_EXACT = 3000
"""Fitted rows up to which all of them span the kernel."""

N_LANDMARKS = 2000
"""How many span it, of more."""

FEW = 100
"""Rows on which a kernel is tried before anything else."""

MOST_TASKS = 300
"""Rows that widths are learned from without labels."""


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
    cross_fit : int, optional
        Where each column has a width from labels: in how many folds fitted rows are described,
        wherever they are asked for, each by widths that were learned without its label. None
        describes all by the same widths; what is learned on top then claims too little where
        labels are few beside the columns. See the notes.

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
    cubed a step, and as often again as there are folds. A fit costs O(n m p), and centred O(m^3)
    besides. The noise of a ``WhiteKernel``
    is no likeness of different rows, and counts nothing. A walk from a row that is like no fitted
    row at all goes to the nearest.

    With a width of each column and no folds, the error on new rows was .7 to 1.3 times what
    cross-validation on the fitted rows claimed: means of five draws, 60 to 400 labels on 6 to 100
    columns, with or without anything to learn. Folds made it .7 to 1.1 times, at a price: rows are
    then described by several kernels, which for walks took the error itself up to 1.8 times higher.

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
    _folds: Folds | None = None

    def __init__(
        self,
        kernel: Any = None,
        widths: WidthsFrom = "fixed",
        normalization: Normalization = "walk",
        n_landmarks: int | None = None,
        task: Task = "auto",
        random_state: Any = None,
        cross_fit: int | None = None,
    ) -> None:
        self.kernel = kernel
        self.widths = widths
        self.normalization = normalization
        self.n_landmarks = n_landmarks
        self.task = task
        self.random_state = random_state
        self.cross_fit = cross_fit

    @property
    def form(self) -> Form:  # type: ignore[override]
        """A transition to fitted rows, or the centred kernel."""
        return "transition" if self.normalization == "walk" else "kernel"

    @property
    def needs_y(self) -> bool:  # type: ignore[override]
        """Whether ``fit`` needs ``y``: for widths from labels."""
        return self.widths in ("shared", "each")

    @property
    def sees_labels(self) -> bool:  # type: ignore[override]
        """Whether fitted rows are described out of fold, as the widths that labels chose know them.

        Of widths without folds it is not said: they hardly tell one label.
        """
        return self.widths == "each" and self.cross_fit is not None

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
        check_cross_fit(self.cross_fit)

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
        kernel = None if self.kernel is None else clone(self.kernel)
        if self.needs_y:
            labelled = Labelled.of(rows, y, self.task, rng)
            by_column = asked_by_column(self.widths, rows.shape[1])
            self._keep(learned(kernel, rows, labelled, by_column=by_column))
        else:
            if kernel is None:
                kernel = RBF(float(np.sqrt(median_distance(rows) / 2.0)))
            found = Likeness.given(kernel, rows.shape[1])
            if self.widths == "pseudo-tasks":
                few = np.sort(rng.permutation(len(rows))[:MOST_TASKS])
                found = replace(found, scales=widths_for_tasks(kernel, rows[few]))
            self._keep(found)
        chosen = landmarks(len(rows), self.n_support(len(rows)), rng)
        self.points_ = np.array(rows if chosen is None else rows[chosen])
        self.n_features_in_ = rows.shape[1]
        self._folds, self._parts = None, []
        if self.sees_labels:
            self._folds = Folds(rows, labelled.ranks, self.cross_fit or FOLDS)
            self._parts = [
                self._without(fold, rows, labelled, by_column) for fold in range(len(self._folds))
            ]
        if self.form == "transition":
            self._set_transition(self._described(rows))
        else:
            self._span(rows)
            self._set_features(self._described(rows))
        return self

    def expand(self, X: Any) -> Matrix:
        """Describe rows by their walk, or by features of the kernel; see :meth:`Context.expand`."""
        check_is_fitted(self)
        return self._described(check_rows(X, self.points_.shape[1]))

    def expand_without(self, X: Any, fold: int) -> Matrix:
        """Describe rows by widths learned without a fold; see :meth:`Context.expand_without`."""
        check_is_fitted(self)
        rows = check_rows(X, self.points_.shape[1])
        return self._said(rows, fold if self._folds is not None else -1)

    def context_values(self) -> Any:
        """Give the rows that A ranges over; see :meth:`Context.context_values`."""
        check_is_fitted(self)
        return self.points_ if self.form == "transition" else super().context_values()

    @property
    def _likeness(self) -> Likeness:
        told = (self.kernel_, self.scales_, self.noise_)
        return Likeness(*told, self.centre_, self.units_, self.sizes_, self.slope_)

    def _keep(self, found: Likeness) -> None:
        self.kernel_, self.scales_, self.noise_ = found.kernel, found.scales, found.noise
        self.centre_, self.units_ = found.centre, found.units
        self.sizes_, self.slope_ = found.sizes, found.slope

    def _without(self, fold: int, rows: FloatArray, labelled: Labelled, each: bool) -> Likeness:
        """Learn the kernel without the labels of a fold."""
        assert self._folds is not None
        others = self._folds.learning(fold, labelled.ranks if labelled.classes else None)
        left = labelled.among(others)
        if left is None:  # all the others are alike; one width for all hardly tells which differs
            return learned(self.kernel_, rows, labelled, by_column=False)
        return learned(self.kernel_, rows, left, by_column=each)

    def _span(self, rows: FloatArray) -> None:
        """Find the features of the kernel, and in the same columns those of each fold's."""
        if self._folds is None:
            self.map_, self.offset_ = spanned(
                self._between(rows, -1), self._between(self.points_, -1), self
            )
            return
        whole = Root.of(self._between(self.points_, -1), self)
        found = []
        for fold in range(-1, len(self._folds)):
            root = whole if fold < 0 else Root.of(self._between(self.points_, fold), self)
            onto = root.turned(whole).onto
            features = self._between(rows, fold) @ onto
            mean = features.mean(axis=0)
            size = float(np.sqrt(np.mean(np.sum((features - mean) ** 2, axis=1)))) or 1.0
            found.append((onto / size, mean / size))
        self._maps = found[1:]
        self.map_, self.offset_ = found[0]
        # Centred and scaled as rows are described, each by its own fold.
        mean, scale = unit(np.asarray(self._described(rows)), 0.0, self)
        self._maps = [(onto * scale, (each + mean) * scale) for onto, each in self._maps]
        self.map_, self.offset_ = self.map_ * scale, (self.offset_ + mean) * scale

    def _between(self, rows: FloatArray, fold: int) -> FloatArray:
        """Compute the kernel between rows and the points that span it, learned without a fold."""
        likeness = self._likeness if fold < 0 else self._parts[fold]
        return likeness.between(rows, self.points_, walk=self.form == "transition")

    def _described(self, rows: FloatArray) -> Matrix:
        """Describe rows: fitted ones out of fold."""
        if self._folds is None:
            return self._said(rows, -1)
        return described(rows, self._folds.of(rows), self._said)

    def _said(self, rows: FloatArray, fold: int) -> Matrix:
        """Describe rows by what was learned without a fold, or for -1 from all labels."""
        values = self._between(rows, fold)
        if self.form == "transition":
            scales = self.scales_ if fold < 0 else self._parts[fold].scales
            return walk(values, rows * scales, self.points_ * scales, self)
        onto, offset = (self.map_, self.offset_) if fold < 0 else self._maps[fold]
        return np.asarray(values @ onto - offset)
