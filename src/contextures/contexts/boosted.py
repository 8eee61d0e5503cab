"""Boosted trees as a context."""

from __future__ import annotations

from typing import Any, Literal, Self, get_args

import numpy as np
from scipy import sparse
from sklearn.utils.validation import check_is_fitted

from contextures._arrays import FloatArray, IntArray, Matrix, compact
from contextures._checks import (
    check_positive_int,
    check_positive_real,
    check_rows,
    labels_of,
    seed_of,
)
from contextures._lazy import optional
from contextures.contexts.base import Context
from contextures.contexts.cross_fit import FOLDS, Folds, check_cross_fit, described, warn_in_fold
from contextures.contexts.declared import Form
from contextures.contexts.grown_trees import FoldsLeaves, GrownTrees
from contextures.contexts.kernel_features import LinearFeatures
from contextures.contexts.labels import Task, are_classes
from contextures.exceptions import InputError

Output = Literal["leaves", "predictions"]


class BoostedTreesContext(Context):
    """What boosted trees, fitted to labels, say about X.

    With ``output="leaves"``, A is a tree drawn at random with the leaf that x falls into: a
    transition of 1 / T at one leaf of each of the T trees. With ``output="predictions"`` the
    context is the dual kernel of the trees' single predictions, as of a
    :class:`TeacherContext`.

    Parameters
    ----------
    output : {"leaves", "predictions"}, default="leaves"
        What is taken from the trees.
    task : {"auto", "classification", "regression"}, default="auto"
        How labels are read; "auto" as in :class:`LabelContext`.
    n_estimators : int, default=100
        Rounds of boosting; each grows a tree, or one a class where there are over two.
    learning_rate : float, default=0.1
        What each tree's prediction is multiplied by.
    num_leaves : int, default=31
        Leaves of a tree, at most. The more, the stronger the association.
    min_child_samples : int, default=20
        Fitted rows in a leaf, at least.
    threshold : float, default=0.0
        For predictions, as in :class:`TeacherContext`.
    n_jobs : int, default=1
        Threads.
    random_state : int, RandomState or None, default=None
        Seeds the trees; None stands for the seed of whatever fits the context, or a fixed one.
    cross_fit : int or None, default=5
        In how many folds fitted rows are described, wherever they are asked for: each by trees that
        were grown without its label. None describes them by trees that have seen it, and warns:
        what is learned on top may then be judged on other rows only.

    Attributes
    ----------
    model_ : lightgbm.LGBMClassifier or lightgbm.LGBMRegressor
        The trees that were grown from all rows.

    Notes
    -----
    Needs LightGBM (``pip install contextures[boosting]``). Out of fold, a leaf of the fold's trees
    stands for those leaves of ``model_``, in the same tree, that other folds' rows in it fall into;
    a new row is described by the mean of all folds', so that it is told as well as a fitted one.
    Of predictions, those of all rows' trees describe it.

    Cost: LightGBM's, once more for each fold, and n T entries; with folds, more where the leaves
    of a fold's trees and those of all rows' cross.

    References
    ----------
    Ke et al., "LightGBM: A Highly Efficient Gradient Boosting Decision Tree" (NeurIPS 2017);
    trees as a teacher: arXiv 2504.19792, chapter 4.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from contextures.contexts import BoostedTreesContext
    >>> X, y = load_iris(return_X_y=True)
    >>> context = BoostedTreesContext(n_estimators=5).fit(X, y)
    >>> context.transition(X[:2]).sum(axis=1).round(12)
    array([1., 1.])
    """

    needs_y = True
    sees_labels = True
    kind = "boosted trees"
    meaning = "Rows are alike when trees trained on the target send them to the same leaves."
    law = "P+(a | x) = 1/T for the leaf a of x in each of T trees"
    mend_parts = "fewer leaves (num_leaves) or more trees (n_estimators) connect them"

    _folds: Folds | None
    _linear: LinearFeatures | None = None

    def __init__(
        self,
        output: Output = "leaves",
        task: Task = "auto",
        n_estimators: int = 100,
        learning_rate: float = 0.1,
        num_leaves: int = 31,
        min_child_samples: int = 20,
        threshold: float = 0.0,
        n_jobs: int = 1,
        random_state: int | None = None,
        cross_fit: int | None = FOLDS,
    ) -> None:
        self.output = output
        self.task = task
        self.n_estimators = n_estimators
        self.learning_rate = learning_rate
        self.num_leaves = num_leaves
        self.min_child_samples = min_child_samples
        self.threshold = threshold
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.cross_fit = cross_fit

    @property
    def form(self) -> Form:  # type: ignore[override]
        """A transition to leaves, or the kernel of predictions."""
        return "transition" if self.output == "leaves" else "kernel"

    @property
    def label(self) -> str:
        """The context in plain words."""
        return f"the {self.output} of {self.n_estimators} rounds of boosted trees"

    def density(self, n: int) -> float:
        """Say how many entries describe a row: one a tree, or out of fold all leaves at most.

        How many classes there are, and so how many trees a round grows, the fit tells.
        """
        trees: GrownTrees | None = self.__dict__.get("_trees")
        n_trees = self.n_estimators if trees is None else trees.n_trees
        crossed = self.cross_fit is not None and self.output == "leaves"
        return float(n_trees * (self.num_leaves if crossed else 1))

    def fit(self, X: Any, y: Any = None) -> Self:
        """Fit the trees to labelled rows; see :meth:`Context.fit`."""
        self._check()
        rows = check_rows(X, least=2)
        if y is None:
            raise InputError("boosted trees need labels; call fit(X, y)")
        labels = labels_of(y)
        if labels.shape != (len(rows),):
            raise InputError(
                f"X has {len(rows)} rows but y has shape {labels.shape}; give one label per row"
            )
        classes = are_classes(labels, self.task)
        self.model_ = self._grow(rows, labels, classes)
        self._trees = GrownTrees(self.model_, rows, self.n_jobs)
        if self._trees.starts[-1] == self._trees.n_trees:
            raise InputError(
                f"no tree found a split in {len(rows)} rows; give a smaller min_child_samples "
                f"than {self.min_child_samples}, or more rows"
            )
        self.n_features_in_ = rows.shape[1]
        self._folds = None
        if self.cross_fit is None:
            warn_in_fold("BoostedTreesContext")
        else:
            self._folds = Folds(rows, labels, self.cross_fit)
            self._parts = [
                self._without(fold, rows, labels, classes) for fold in range(len(self._folds))
            ]
        if self.form == "transition":
            self._set_transition(self._raw(rows))
            return self
        self._linear = None
        predictions = self._raw(rows)
        self._linear = LinearFeatures(predictions, self.threshold, "the trees' output")
        self._set_features(self._linear.transform(predictions))
        return self

    def expand(self, X: Any) -> Matrix:
        """Describe rows by their leaves or predictions; see :meth:`Context.expand`."""
        check_is_fitted(self)
        entries = self._raw(check_rows(X, self.n_features_in_))
        return entries if self._linear is None else self._linear.transform(entries)

    def expand_without(self, X: Any, fold: int) -> Matrix:
        """Describe rows by trees grown without a fold; see :meth:`Context.expand_without`."""
        check_is_fitted(self)
        entries = self._said(check_rows(X, self.n_features_in_), fold)
        return entries if self._linear is None else self._linear.transform(entries)

    def context_values(self) -> IntArray:
        """Give the tree and the leaf of each column; see :meth:`Context.context_values`."""
        check_is_fitted(self)
        starts = self._trees.starts
        trees = np.repeat(np.arange(self._trees.n_trees), np.diff(starts))
        leaves: IntArray = np.arange(starts[-1]) - starts[trees]
        return np.column_stack([trees, leaves])

    def _without(self, fold: int, rows: FloatArray, labels: Any, classes: bool) -> Any:
        """Grow trees without a fold, and say where their leaves lead."""
        assert self._folds is not None
        others = self._folds.learning(fold, labels if classes else None)
        model = self._grow(rows[others], labels[others], classes)
        part = GrownTrees(model, rows[others], self.n_jobs)
        return FoldsLeaves(part, self._trees, rows[others]) if self.output == "leaves" else part

    def _raw(self, X: FloatArray) -> Any:
        """Give leaves or predictions: of fitted rows, out of fold."""
        if self._folds is None:
            return self._said(X, -1)
        return described(X, self._folds.of(X), self._said)

    def _said(self, X: FloatArray, fold: int) -> Any:
        """Give what trees without a fold say, or for -1 what they say of new rows."""
        leaves, whole = self.output == "leaves", self._trees
        if self._folds is None or (fold < 0 and not leaves):
            return whole.law(X) if leaves else whole.predictions(X, whole.n_trees)
        if not leaves:
            return self._parts[fold].predictions(X, whole.n_trees)
        if fold >= 0:
            return compact(self._parts[fold].law(X))
        laws = [part.law(X) for part in self._parts]
        return compact(sparse.csr_array(sum(laws[1:], laws[0]) / len(laws)))

    def _check(self) -> None:
        if self.output not in get_args(Output):
            raise InputError(f"output={self.output!r} is not known; give 'leaves' or 'predictions'")
        check_cross_fit(self.cross_fit)
        check_positive_int(self.n_estimators, "n_estimators")
        check_positive_real(self.learning_rate, "learning_rate")
        check_positive_int(self.num_leaves, "num_leaves", least=2)
        check_positive_int(self.min_child_samples, "min_child_samples")
        if not 0 <= self.threshold <= 1:
            raise InputError(
                f"threshold={self.threshold!r} is not possible; give a share from 0 to 1"
            )

    def _grow(self, X: FloatArray, labels: Any, classes: bool) -> Any:
        with optional("BoostedTreesContext"):
            import lightgbm
        kind = lightgbm.LGBMClassifier if classes else lightgbm.LGBMRegressor
        model = kind(
            n_estimators=self.n_estimators,
            learning_rate=self.learning_rate,
            num_leaves=self.num_leaves,
            min_child_samples=self.min_child_samples,
            n_jobs=self.n_jobs,
            random_state=seed_of(self.random_state),
            deterministic=True,
            force_row_wise=True,
            verbose=-1,
        )
        return model.fit(X, labels)
