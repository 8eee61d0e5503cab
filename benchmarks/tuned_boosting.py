"""The rival of ``all_labels``: boosting, tuned on a validation part with early stopping."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

N_SETTINGS = 10
MOST_ROUNDS = 2000
PATIENCE = 50
LEAST = 1e-4
"""Chances count as no less: one row must not outweigh a table."""


@dataclass(frozen=True)
class Split:
    """Rows in the order train, validation, test.

    Attributes
    ----------
    X : ndarray of shape (n, p)
        Features.
    y : ndarray of shape (n,)
        Classes as 0, 1, ... or numbers.
    n_train, n_fit : int
        The first rows, to train; and with those to validate.
    classes : bool
        Whether the target is a class.
    """

    X: Values
    y: NDArray[Any]
    n_train: int
    n_fit: int
    classes: bool

    @property
    def n_classes(self) -> int:
        """How many classes there are; 0 for numbers."""
        return 1 + int(self.y.max()) if self.classes else 0

    def losses(self, values: Values, truth: NDArray[Any]) -> Values:
        """Give each row's log-loss, or its squared error over the tested rows' variance."""
        if self.classes:
            told = np.clip(values[np.arange(len(truth)), truth], LEAST, 1)
            return np.asarray(-np.log(told))
        return np.asarray((values - truth) ** 2 / self.y[self.n_fit :].var())

    def scores(self, values: Values, truth: NDArray[Any]) -> Values:
        """Give each row's part in accuracy, or in R squared."""
        if self.classes:
            return np.asarray(values.argmax(axis=1) == truth, dtype=np.float64)
        return 1 - self.losses(values, truth)


def tuned(split: Split) -> tuple[Values, str]:
    """Tune, fit again to train and validation rows, and predict the test rows.

    Returns
    -------
    values : ndarray
        Chances of shape (m, q) or numbers of shape (m,).
    chosen : str
        The library and its setting.
    """
    rng = np.random.default_rng(0)
    best: tuple[float, Any, Any, int] = (np.inf, None, None, 0)
    for library in libraries():
        for _ in range(N_SETTINGS):
            setting = _drawn(rng)
            values, rounds = library(split, setting, None)
            truth = split.y[split.n_train : split.n_fit]
            loss = float(np.mean(split.losses(values, truth)))
            if loss < best[0]:
                best = (loss, library, setting, rounds)
    _, library, setting, rounds = best
    values, _ = library(split, setting, rounds)
    return values, f"{library.__name__} {rounds} {setting}"


def libraries() -> list[Any]:
    """List what is installed."""
    found = [_lightgbm]
    try:
        import xgboost  # noqa: F401
    except ImportError:
        return found
    return [*found, _xgboost]


def _drawn(rng: np.random.Generator) -> dict[str, Any]:
    return {
        "learning_rate": float(10 ** rng.uniform(-1.7, -0.7)),
        "leaves": int(rng.choice([4, 8, 16, 31, 63])),
        "least": int(rng.choice([1, 3, 5, 10, 20])),
        "rows": float(rng.uniform(0.5, 1)),
        "columns": float(rng.uniform(0.4, 1)),
        "l2": float(10 ** rng.uniform(-3, 1)),
    }


def _parts(split: Split, rounds: int | None) -> tuple[slice, slice]:
    """Say what is fitted and what predicted."""
    if rounds is None:
        return slice(split.n_train), slice(split.n_train, split.n_fit)
    return slice(split.n_fit), slice(split.n_fit, None)


def _lightgbm(split: Split, setting: dict[str, Any], rounds: int | None) -> tuple[Values, int]:
    import lightgbm

    fitted, asked = _parts(split, rounds)
    q = split.n_classes
    given = {
        "objective": "regression" if not q else "binary" if q == 2 else "multiclass",
        "learning_rate": setting["learning_rate"],
        "num_leaves": setting["leaves"],
        "min_data_in_leaf": setting["least"],
        "bagging_fraction": setting["rows"],
        "bagging_freq": 1,
        "feature_fraction": setting["columns"],
        "lambda_l2": setting["l2"],
        "verbosity": -1,
        "num_threads": 1,
        "seed": 0,
        **({"num_class": q} if q > 2 else {}),
    }
    data = lightgbm.Dataset(split.X[fitted], split.y[fitted], params={"verbosity": -1})
    how: dict[str, Any] = {}
    if rounds is None:
        how["valid_sets"] = [data.create_valid(split.X[asked], split.y[asked])]
        how["callbacks"] = [lightgbm.early_stopping(PATIENCE, verbose=False)]
    model = lightgbm.train(given, data, rounds or MOST_ROUNDS, **how)
    values = np.asarray(model.predict(split.X[asked], num_threads=1))
    return _chances(values, q), model.best_iteration or rounds or MOST_ROUNDS


def _xgboost(split: Split, setting: dict[str, Any], rounds: int | None) -> tuple[Values, int]:
    import xgboost

    fitted, asked = _parts(split, rounds)
    q = split.n_classes
    objective = "reg:squarederror" if not q else "binary:logistic" if q == 2 else "multi:softprob"
    given = {
        "objective": objective,
        "eta": setting["learning_rate"],
        "max_depth": max(2, round(np.log2(setting["leaves"])) + 1),
        "min_child_weight": setting["least"] if not q else min(setting["least"], 5),
        "subsample": setting["rows"],
        "colsample_bytree": setting["columns"],
        "lambda": setting["l2"],
        "tree_method": "hist",
        "nthread": 1,
        "verbosity": 0,
        "seed": 0,
        **({"num_class": q} if q > 2 else {}),
    }
    data = xgboost.DMatrix(split.X[fitted], split.y[fitted])
    others = xgboost.DMatrix(split.X[asked], split.y[asked])
    how: dict[str, Any] = {}
    if rounds is None:
        how = {"evals": [(others, "away")], "early_stopping_rounds": PATIENCE}
    model = xgboost.train(given, data, rounds or MOST_ROUNDS, verbose_eval=False, **how)
    last = model.best_iteration + 1 if rounds is None else rounds
    values = np.asarray(model.predict(others, iteration_range=(0, last)), dtype=np.float64)
    return _chances(values, q), last


def _chances(values: Values, q: int) -> Values:
    return np.column_stack([1 - values, values]) if q == 2 else values
