"""What held-out predictions are scored by: scikit-learn's metrics, under one name each."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from contextures._arrays import FloatArray
from contextures._checks import as_numbers, brief
from contextures.exceptions import InputError

Metric = Literal[
    "accuracy",
    "balanced-accuracy",
    "roc-auc",
    "average-precision",
    "log-loss",
    "r2",
    "mae",
    "rmse",
]


@dataclass(frozen=True)
class Measure:
    """What is known of a metric.

    Attributes
    ----------
    kind : {"classification", "regression"}
        What is predicted.
    words : str
        What it is called in a sentence.
    larger : bool
        Whether larger is better.
    ranks : bool
        Whether it asks for the order of rows by a class's chances: undefined where all rows, or
        none, are of the class.
    chances : bool
        Whether it asks for chances, not for the likeliest class.
    """

    kind: Literal["classification", "regression"]
    words: str
    larger: bool = True
    ranks: bool = False
    chances: bool = False

    @property
    def title(self) -> str:
        """What it is called where a line begins."""
        return self.words[0].upper() + self.words[1:]


MEASURES: dict[str, Measure] = {
    "accuracy": Measure("classification", "accuracy"),
    "balanced-accuracy": Measure("classification", "balanced accuracy"),
    "roc-auc": Measure("classification", "ROC AUC", ranks=True, chances=True),
    "average-precision": Measure("classification", "average precision", ranks=True, chances=True),
    "log-loss": Measure("classification", "log loss", larger=False, chances=True),
    "r2": Measure("regression", "R²"),
    "mae": Measure("regression", "mean absolute error", larger=False),
    "rmse": Measure("regression", "root mean squared error", larger=False),
}
"""Every metric, by the name that ``--metric`` takes."""

USUAL: dict[str, Metric] = {"classification": "accuracy", "regression": "r2"}
"""What is shown of every task, beside whatever it is judged by."""


def check_metric(metric: Any, kind: str | None = None, name: str = "metric") -> Metric:
    """Give a metric by its name.

    Parameters
    ----------
    metric : str
        Its name.
    kind : {"classification", "regression"} or None
        What it must suit.
    name : str
        What the parameter is called.

    Returns
    -------
    Metric
        The name.

    Raises
    ------
    InputError
        If there is none of this name, or it is for the other kind.
    """
    fitting = [each for each, of in MEASURES.items() if kind in (None, of.kind)]
    choice = ", ".join(fitting[:-1]) + f" or {fitting[-1]}"
    if not isinstance(metric, str) or metric not in MEASURES:
        raise InputError(f"{name} {brief(metric)} is not known; give {choice}")
    if metric not in fitting:
        told = {"classification": "classes", "regression": "numbers"}
        other = told[MEASURES[metric].kind]
        raise InputError(
            f"{name} {metric!r} is for {other}, and the target holds {told[str(kind)]}; "
            f"give {choice}"
        )
    return metric  # type: ignore[return-value]


@dataclass(frozen=True)
class Read:
    """Targets and predictions, checked.

    Attributes
    ----------
    truth : ndarray of shape (n,)
        Numbers, or the places of the true classes.
    told : ndarray of shape (n,) or (n, q)
        Numbers, or the places of the predicted classes, or chances of all of them.
    columns : tuple of int
        The classes whose order is asked for, where the metric ranks.
    """

    truth: NDArray[Any]
    told: NDArray[Any]
    columns: tuple[int, ...] = ()


def read_predictions(
    metric: Any, truth: ArrayLike, predicted: ArrayLike, classes: Any = None, positive: Any = None
) -> Read:
    """Check targets and predictions, and give classes as places in a list; see metric_value."""
    measure = MEASURES[check_metric(metric, name="the metric")]
    try:
        y, z = np.asarray(truth), np.asarray(predicted)
    except ValueError:  # rows of several lengths
        y, z = np.empty((0, 0)), np.empty(0)
    if y.ndim != 1 or z.ndim not in (1, 2) or len(y) != len(z) or len(y) == 0:
        raise InputError(
            "truth and predicted must be lists of one value a row, equally long; their shapes are "
            f"{y.shape} and {z.shape}"
        )
    if measure.kind == "regression":
        if z.ndim != 1:
            raise InputError(f"predicted must hold one number a row; its shape is {z.shape}")
        return Read(as_numbers(y, "truth"), as_numbers(z, "predicted"))
    if z.ndim == 1:
        if measure.chances:
            raise InputError(
                f"the metric {metric!r} asks for chances; give predicted one column a class"
            )
        known = _sorted(y)
        return Read(_places(y, known, -1), _places(z, known, -2))
    known = _sorted(y) if classes is None else np.asarray(classes)
    if z.shape[1] != len(known):
        raise InputError(
            f"predicted has {z.shape[1]} columns of chances but there are {len(known)} classes; "
            "give one for each, and name them by classes"
        )
    codes = _places(y, known, -1)
    if (codes < 0).any():
        raise InputError("truth holds a class that is not in classes; name all of them")
    chances = as_numbers(z, "predicted")
    if not measure.chances:
        return Read(codes, chances.argmax(axis=1))
    columns = tuple(range(len(known)))
    if len(known) == 2:
        named: Any = np.flatnonzero(known == positive) if positive is not None else []
        columns = (int(named[0] if len(named) else np.bincount(codes, minlength=2).argmin()),)
    return Read(codes, chances, columns)


def _sorted(labels: NDArray[Any]) -> NDArray[Any]:
    try:
        return np.unique(labels)
    except TypeError:
        raise InputError("truth mixes words and numbers; give labels of one type") from None


def _places(labels: NDArray[Any], known: NDArray[Any], otherwise: int) -> NDArray[Any]:
    same = np.asarray(labels[:, None] == known[None, :])
    return np.where(same.any(axis=1), same.argmax(axis=1), otherwise)


def metric_value(
    metric: Metric,
    truth: ArrayLike,
    predicted: ArrayLike,
    *,
    classes: Any = None,
    positive: Any = None,
) -> float:
    """Score predictions by one of scikit-learn's metrics.

    Parameters
    ----------
    metric : {"accuracy", "balanced-accuracy", "roc-auc", "average-precision", "log-loss", "r2", \
"mae", "rmse"}
        The metric. Of more than two classes, ROC AUC and average precision are those of each class
        against all others, averaged over the classes that are there.
    truth : array-like of shape (n,)
        The targets.
    predicted : array-like of shape (n,) or (n, q)
        Numbers or labels; or for classes, the chances of all q of them.
    classes : array-like of shape (q,), optional
        What the columns are of; by default the classes of ``truth``, sorted.
    positive : label, optional
        Of two classes, the one that average precision is of; by default the rarer in ``truth``.

    Returns
    -------
    float
        The score; NaN where the metric is undefined, as ROC AUC is for rows of one class.
    """
    read = read_predictions(metric, truth, predicted, classes, positive)
    return _VALUES[metric](read)


def _ranked(score: Callable[..., Any], read: Read) -> float:
    found = [
        float(score(read.truth == column, read.told[:, column]))
        for column in read.columns
        if 0 < np.count_nonzero(read.truth == column) < len(read.truth)
    ]
    return float(np.mean(found)) if found else float("nan")


def _accuracy(read: Read) -> float:
    from sklearn.metrics import accuracy_score

    return float(accuracy_score(read.truth, read.told))


def _balanced(read: Read) -> float:
    from sklearn.metrics import balanced_accuracy_score

    with warnings.catch_warnings():  # of classes that are predicted where there are none of them
        warnings.simplefilter("ignore", UserWarning)
        return float(balanced_accuracy_score(read.truth, read.told))


def _roc_auc(read: Read) -> float:
    from sklearn.metrics import roc_auc_score

    return _ranked(roc_auc_score, read)


def _average_precision(read: Read) -> float:
    from sklearn.metrics import average_precision_score

    return _ranked(average_precision_score, read)


def _log_loss(read: Read) -> float:
    from sklearn.metrics import log_loss

    chances = whole_chances(read.told)
    return float(log_loss(read.truth, chances, labels=np.arange(chances.shape[1])))


def whole_chances(chances: FloatArray) -> FloatArray:
    """Make rows of chances sum to one; none may have lost all of theirs to unknown classes."""
    totals = chances.sum(axis=1, keepdims=True)
    even = np.full_like(chances, 1 / chances.shape[1])
    return np.asarray(np.divide(chances, totals, out=even, where=totals > 0))


def _r2(read: Read) -> float:
    from sklearn.metrics import r2_score

    return float(r2_score(read.truth, read.told)) if np.ptp(read.truth) > 0 else float("nan")


def _mae(read: Read) -> float:
    from sklearn.metrics import mean_absolute_error

    return float(mean_absolute_error(read.truth, read.told))


def _rmse(read: Read) -> float:
    from sklearn.metrics import root_mean_squared_error

    return float(root_mean_squared_error(read.truth, read.told))


_VALUES: dict[str, Callable[[Read], float]] = {
    "accuracy": _accuracy,
    "balanced-accuracy": _balanced,
    "roc-auc": _roc_auc,
    "average-precision": _average_precision,
    "log-loss": _log_loss,
    "r2": _r2,
    "mae": _mae,
    "rmse": _rmse,
}
