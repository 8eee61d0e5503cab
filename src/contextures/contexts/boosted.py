"""Boosted trees as a context."""

from __future__ import annotations

from typing import Any, Literal, Self, get_args

import numpy as np
from scipy import sparse
from sklearn.utils.validation import check_is_fitted

from contextures._arrays import FloatArray, IntArray, Matrix
from contextures._checks import check_positive_int, check_positive_real, check_rows, seed_of
from contextures._lazy import optional
from contextures.contexts.base import Context
from contextures.contexts.declared import Form
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

    Attributes
    ----------
    model_ : lightgbm.LGBMClassifier or lightgbm.LGBMRegressor
        The fitted trees.

    Notes
    -----
    Needs LightGBM (``pip install contextures[boosting]``). The trees have seen the labels of the
    fitted rows: judge what is learned from them on other rows.

    Cost: LightGBM's, and n T entries.

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
    kind = "boosted trees"
    meaning = "Rows are alike when trees trained on the target send them to the same leaves."
    law = "P+(a | x) = 1/T for the leaf a of x in each of T trees"
    mend_parts = "fewer leaves (num_leaves) or more trees (n_estimators) connect them"

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

    @property
    def form(self) -> Form:  # type: ignore[override]
        """A transition to leaves, or the kernel of predictions."""
        return "transition" if self.output == "leaves" else "kernel"

    @property
    def label(self) -> str:
        """The context in plain words."""
        return f"the {self.output} of {self.n_estimators} rounds of boosted trees"

    def density(self, n: int) -> float:
        """Say how many entries describe a row: one a tree; see :meth:`Context.density`.

        How many classes there are, and so how many trees a round grows, the fit tells.
        """
        starts = self.__dict__.get("_starts")
        return float(self.n_estimators if starts is None else len(starts) - 1)

    def fit(self, X: Any, y: Any = None) -> Self:
        """Fit the trees to labelled rows; see :meth:`Context.fit`."""
        self._check()
        rows = check_rows(X, least=2)
        if y is None:
            raise InputError("boosted trees need labels; call fit(X, y)")
        labels = np.asarray(y)
        if labels.shape != (len(rows),):
            raise InputError(
                f"X has {len(rows)} rows but y has shape {labels.shape}; give one label per row"
            )
        self.model_ = self._grow(rows, labels)
        leaves = self._leaves(rows)
        sizes = leaves.max(axis=0) + 1
        if sizes.max() < 2:
            raise InputError(
                f"no tree found a split in {len(rows)} rows; give a smaller min_child_samples "
                f"than {self.min_child_samples}, or more rows"
            )
        self._starts = np.concatenate([[0], np.cumsum(sizes)])
        self.n_features_in_ = rows.shape[1]
        if self.form == "transition":
            self._set_transition(self._transition(leaves))
            return self
        booster = self.model_.booster_
        self._outputs = np.array(
            [
                booster.get_leaf_output(tree, leaf)
                for tree, size in enumerate(sizes)
                for leaf in range(size)
            ]
        )
        predictions = self._outputs[self._columns(leaves)]
        self._linear = LinearFeatures(predictions, self.threshold, "the trees' output")
        self._set_features(self._linear.transform(predictions))
        return self

    def expand(self, X: Any) -> Matrix:
        """Describe rows by their leaves or predictions; see :meth:`Context.expand`."""
        check_is_fitted(self)
        leaves = self._leaves(check_rows(X, self.n_features_in_))
        if self.form == "transition":
            return self._transition(leaves)
        return self._linear.transform(self._outputs[self._columns(leaves)])

    def context_values(self) -> IntArray:
        """Give the tree and the leaf of each column; see :meth:`Context.context_values`."""
        check_is_fitted(self)
        sizes = np.diff(self._starts)
        trees = np.repeat(np.arange(len(sizes)), sizes)
        leaves: IntArray = np.arange(self._starts[-1]) - self._starts[trees]
        return np.column_stack([trees, leaves])

    def _check(self) -> None:
        if self.output not in get_args(Output):
            raise InputError(f"output={self.output!r} is not known; give 'leaves' or 'predictions'")
        check_positive_int(self.n_estimators, "n_estimators")
        check_positive_real(self.learning_rate, "learning_rate")
        check_positive_int(self.num_leaves, "num_leaves", least=2)
        check_positive_int(self.min_child_samples, "min_child_samples")
        if not 0 <= self.threshold <= 1:
            raise InputError(
                f"threshold={self.threshold!r} is not possible; give a share from 0 to 1"
            )

    def _grow(self, X: FloatArray, labels: Any) -> Any:
        with optional("BoostedTreesContext"):
            import lightgbm
        classes = are_classes(labels, self.task)
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

    def _leaves(self, X: FloatArray) -> IntArray:
        """Give the leaf of each row in each tree, of shape (n, T)."""
        leaves = self.model_.booster_.predict(X, pred_leaf=True, num_threads=self.n_jobs)
        return np.asarray(leaves, dtype=np.intp).reshape(len(X), -1)

    def _columns(self, leaves: IntArray) -> IntArray:
        return np.asarray(leaves + self._starts[:-1])

    def _transition(self, leaves: IntArray) -> sparse.csr_array:
        n, n_trees = leaves.shape
        columns = self._columns(leaves).ravel()
        starts = np.arange(0, n * n_trees + 1, n_trees)
        chances = np.full(n * n_trees, 1.0 / n_trees)
        return sparse.csr_array((chances, columns, starts), shape=(n, int(self._starts[-1])))
