"""A trained model as a context."""

from __future__ import annotations

import sys
from typing import Any, Literal, Self

import numpy as np
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils import _safe_indexing, get_tags
from sklearn.utils.validation import check_is_fitted

from contextures._arrays import FloatArray, is_tensor, to_numpy
from contextures._checks import labels_of, seed_of
from contextures.contexts.base import Context
from contextures.contexts.cross_fit import (
    FOLDS,
    Folds,
    as_numbers,
    check_cross_fit,
    described,
    warn_in_fold,
)
from contextures.contexts.kernel_features import LinearFeatures
from contextures.exceptions import InputError

Output = Literal["auto", "transform", "decision_function", "predict_proba", "predict"]
_OUTPUTS: tuple[Output, ...] = ("transform", "decision_function", "predict_proba", "predict")


class TeacherContext(Context):
    """What a trained model says about X, through the dual kernel of its features.

    The teacher's features of the N fitted rows are centred and divided by their largest singular
    value S_1: k(x, x') = 1 + N z(x) . z(x'), so that the singular values of the context are
    S_i / S_1.

    Parameters
    ----------
    estimator : scikit-learn estimator or torch.nn.Module
        A fitted estimator, or a module, is used as it is; another is fitted with ``fit(X, y)``,
        and a seed that it lacks is that of whatever fits the context, or a fixed one.
    output : {"auto", "transform", "decision_function", "predict_proba", "predict"}
        The method that gives features; "auto" takes the first that there is, and calls a module.
    threshold : float, default=0.0
        When above zero, singular values of at least ``threshold * S_1`` become one and the rest
        zero.
    cross_fit : int or None, default=5
        For a teacher that is still to be trained on labels: in how many folds fitted rows are
        described, wherever they are asked for, each by a teacher that was trained without its
        label. None describes them by the one that has seen it, and warns: what is learned on top
        may then be judged on other rows only.

    Attributes
    ----------
    teacher_ : estimator or torch.nn.Module
        The teacher, fitted to all rows. A module is used in evaluation mode and without gradients.

    Notes
    -----
    Which rows a teacher that comes fitted was trained on cannot be told: do not judge what is
    learned from it on these. Outputs of ``transform`` that labels have turned differently in each
    fold are turned back by least squares on the rows that both fits learned from.

    References
    ----------
    arXiv 2504.19792, chapter 2 (distillation). The factor is the number N of fitted rows; a batch
    size in its place shrinks the spectrum (derived).

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.decomposition import PCA
    >>> from contextures.contexts import TeacherContext
    >>> from contextures.spectrum import decompose
    >>> X = load_iris().data
    >>> decompose(TeacherContext(PCA(2)), X, 2).singular_values.round(3)
    array([1.  , 0.24])
    """

    form = "kernel"
    kind = "a trained model"
    meaning = "Rows are alike when the model that was given says the same of them."
    law = "k(x, x') = 1 + N z(x) · z(x') for the model's outputs z, centred and scaled"

    _folds: Folds | None = None

    def __init__(
        self,
        estimator: Any,
        output: Output = "auto",
        threshold: float = 0.0,
        cross_fit: int | None = FOLDS,
    ) -> None:
        self.estimator = estimator
        self.output = output
        self.threshold = threshold
        self.cross_fit = cross_fit

    @property
    def needs_y(self) -> bool:  # type: ignore[override]
        """Whether ``fit`` needs ``y``: where the teacher is still to be trained on labels."""
        if is_fitted(self.estimator) or not hasattr(self.estimator, "__sklearn_tags__"):
            return False
        return bool(get_tags(self.estimator).target_tags.required)

    @property
    def sees_labels(self) -> bool:  # type: ignore[override]
        """Whether it learns from labels: where the teacher is still to be trained on some."""
        return self.needs_y

    @property
    def label(self) -> str:
        """The context in plain words."""
        return f"what {type(self.estimator).__name__} says of the rows"

    def __sklearn_clone__(self) -> TeacherContext:
        # Cloning must not forget a teacher that came already fitted.
        teacher = self.estimator if is_fitted(self.estimator) else clone(self.estimator)
        return TeacherContext(teacher, self.output, self.threshold, self.cross_fit)

    def seeded(self, random_state: Any) -> TeacherContext:
        """Give the context with a seed in a teacher that is still to be trained and has none."""
        same: TeacherContext = super().seeded(random_state)
        if random_state is not None and not is_fitted(same.estimator):
            given = isinstance(random_state, int | np.integer)
            _seeded(same.estimator, int(random_state) if given else seed_of(random_state))
        return same

    def fit(self, X: Any, y: Any = None) -> Self:
        """Fit the context, and the teacher unless it is fitted already; see :meth:`Context.fit`."""
        if not 0 <= self.threshold <= 1:
            raise InputError(
                f"threshold={self.threshold!r} is not possible; give a share from 0 to 1"
            )
        if is_fitted(self.estimator):
            self.teacher_ = self.estimator
        else:
            if not hasattr(self.estimator, "fit"):
                raise InputError(f"estimator={self.estimator!r} is not a scikit-learn estimator")
            if y is None and self.needs_y:
                raise InputError(
                    f"the teacher {type(self.estimator).__name__} is still to be trained on "
                    "labels; call fit(X, y), or give one that is fitted"
                )
            self.teacher_ = _seeded(clone(self.estimator), seed_of(None)).fit(X, y)
        self._method = self._choose_method()
        features = self._said(self.teacher_, X)
        if len(features) < 2:
            raise InputError(f"at least 2 rows are needed; there is {len(features)} sample")
        self._folds = self._dealt(X, y) if self.sees_labels else None
        if self._folds is not None:
            self._parts = [self._without(fold, X, y, features) for fold in range(len(self._folds))]
            features = self._features(X)
        self._linear = LinearFeatures(features, self.threshold, "the teacher's output")
        self._set_features(self._linear.transform(features))
        return self

    def expand(self, X: Any) -> FloatArray:
        """Give the centred, scaled features z of rows; see :meth:`Context.expand`."""
        check_is_fitted(self)
        return self._linear.transform(self._features(X))

    def expand_without(self, X: Any, fold: int) -> FloatArray:
        """Describe rows by a teacher trained without a fold; see :meth:`Context.expand_without`."""
        check_is_fitted(self)
        return self._linear.transform(self._told(X, fold))

    def _dealt(self, X: Any, y: Any) -> Folds | None:
        """Deal rows to folds, or warn where they are described by their own labels."""
        if check_cross_fit(self.cross_fit) is None:
            warn_in_fold(f"TeacherContext({type(self.estimator).__name__})")
            return None
        return Folds(as_numbers(X), labels_of(y), int(self.cross_fit or FOLDS))

    def _without(self, fold: int, X: Any, y: Any, features: FloatArray) -> Any:
        """Train a teacher without a fold; give it, and what turns its features to those of all."""
        assert self._folds is not None
        labels = labels_of(y)
        classes = labels.ndim == 1 and hasattr(self.teacher_, "classes_")
        others = self._folds.learning(fold, labels if classes else None)
        given, known = _safe_indexing(X, np.flatnonzero(others)), labels[others]
        teacher = _seeded(clone(self.estimator), seed_of(None)).fit(given, known)
        if self._method != "transform":
            return teacher, None
        turn = np.linalg.lstsq(_with_one(self._said(teacher, given)), features[others], rcond=None)
        return teacher, turn[0]

    def _told(self, X: Any, fold: int) -> FloatArray:
        """Give the features of rows by the teacher of a fold, or for -1 by that of all rows."""
        if fold < 0 or self._folds is None:
            return self._said(self.teacher_, X)
        teacher, turn = self._parts[fold]
        features = self._said(teacher, X)
        return features if turn is None else np.asarray(_with_one(features) @ turn)

    def _features(self, X: Any) -> FloatArray:
        """Give the features of rows: of fitted ones, out of fold."""
        if self._folds is None:
            return self._said(self.teacher_, X)
        rows = as_numbers(X)
        found = described(
            np.arange(len(rows)),
            self._folds.of(rows),
            lambda at, fold: self._told(_safe_indexing(X, at), fold),
        )
        return np.asarray(found)

    def _choose_method(self) -> str:
        if self.output != "auto" and self.output not in _OUTPUTS:
            raise InputError(f"output={self.output!r} is not known; give one of {_OUTPUTS}")
        if is_module(self.teacher_) and self.output == "auto":
            return "forward"
        wanted = _OUTPUTS if self.output == "auto" else (self.output,)
        for method in wanted:
            if hasattr(self.teacher_, method):
                return method
        raise InputError(
            f"the teacher {type(self.teacher_).__name__} has no method {' or '.join(wanted)}; "
            "give an estimator that transforms or predicts"
        )

    def _said(self, teacher: Any, X: Any) -> FloatArray:
        """Give the features of rows by a teacher."""
        if self._method == "forward":
            output: Any = module_outputs(teacher, X)
        else:
            output = getattr(teacher, self._method)(X)
        if sparse.issparse(output):
            output = output.toarray()
        if self._method == "predict" and hasattr(teacher, "classes_"):
            output = np.asarray(output)[:, None] == teacher.classes_[None, :]
        features = np.asarray(output, dtype=np.float64)
        return features.reshape(len(features), -1)


def _with_one(features: FloatArray) -> FloatArray:
    return np.hstack([np.ones((len(features), 1)), features])


def _seeded(estimator: Any, seed: int) -> Any:
    """Put a seed wherever an estimator, or a part of it, has none of its own."""
    for name, value in estimator.get_params().items() if hasattr(estimator, "get_params") else ():
        if name.split("__")[-1] == "random_state" and value is None:
            estimator.set_params(**{name: seed})
    return estimator


def is_fitted(estimator: Any) -> bool:
    """Tell whether an estimator has been fitted; a torch module always counts as trained."""
    if is_module(estimator):
        return True
    try:
        check_is_fitted(estimator)
    except (NotFittedError, TypeError):
        return False
    return True


def is_module(value: Any) -> bool:
    """Tell whether this is a torch module, without importing torch."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.nn.Module)


def module_outputs(module: Any, X: Any, batch_size: int = 4096) -> np.ndarray[Any, Any]:
    """Compute what a torch module gives for rows, in evaluation mode and without gradients.

    Parameters
    ----------
    module : torch.nn.Module
        The module; it is left in the mode it was in.
    X : array-like of shape (n, ...)
        The rows; floats are given in the precision, and all on the device, of its parameters.
    batch_size : int
        How many rows at a time.

    Returns
    -------
    ndarray of shape (n, ...)
        Its outputs.
    """
    torch = sys.modules["torch"]
    parameter = next(module.parameters(), torch.empty(0))
    rows = torch.as_tensor(X if is_tensor(X) else np.asarray(X))
    dtype = parameter.dtype if rows.dtype.is_floating_point else rows.dtype
    training = module.training
    module.eval()
    try:
        with torch.no_grad():
            parts = [module(part.to(parameter.device, dtype)) for part in rows.split(batch_size)]
    finally:
        module.train(training)
    if not all(isinstance(part, torch.Tensor) for part in parts):
        raise InputError(
            f"{type(module).__name__} gives {type(parts[0]).__name__}, not a tensor; wrap it in a "
            "module that picks one"
        )
    return to_numpy(torch.cat(parts).double())
