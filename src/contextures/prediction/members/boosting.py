"""Boosted trees by whichever library is installed, as one function of rounds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import Any, Protocol

import numpy as np

from contextures._arrays import FloatArray, IntArray

MOST_ROUNDS = 1500
PATIENCE = 40
"""Rounds without a better error on rows held out, after which boosting stops."""

BLIND_ROUNDS = 100
"""Rounds where a fold has no row to stop by."""


@dataclass(frozen=True)
class Setting:
    """How trees are grown.

    Attributes
    ----------
    rate : float
        What each tree's prediction is multiplied by.
    leaves : int
        Leaves of a tree, at most.
    least : int
        Rows of a leaf, at least.
    columns : float
        The share of columns that a tree, or without LightGBM a split, draws.
    rows : float
        The share of rows that a tree draws; LightGBM only.
    shrink : float
        The penalty of leaves' values.
    at_random : bool
        Whether thresholds are drawn at random; LightGBM only.
    """

    rate: float = 0.05
    leaves: int = 31
    least: int = 20
    columns: float = 0.8
    rows: float = 0.8
    shrink: float = 1.0
    at_random: bool = False


class Boosted(Protocol):
    """Boosted trees."""

    def values(self, rows: FloatArray, rounds: int) -> FloatArray:
        """Predict rows by the first rounds, or all if these are fewer: numbers, or chances."""


class Grown(Boosted, Protocol):
    """Trees that were just grown."""

    losses: FloatArray
    """The error on the held-out rows after each round."""


Engine = Callable[[FloatArray, FloatArray, FloatArray, FloatArray, int, Setting, int], Grown]
"""Grow trees from rows and targets until they get no better on others: the two pairs of arrays, the
number of classes (0 for numbers), the setting and a seed."""


def engine() -> Engine:
    """Give LightGBM where it is installed, and scikit-learn's histogram boosting elsewhere."""
    try:
        import lightgbm  # noqa: F401
    except ImportError:
        return grow_histograms
    return grow_lightgbm


class LightGBM:
    """Trees of LightGBM's."""

    def __init__(self, booster: Any, losses: FloatArray, n_classes: int) -> None:
        self.booster, self.losses, self.n_classes = booster, losses, n_classes

    def values(self, rows: FloatArray, rounds: int) -> FloatArray:
        """Predict rows; see :class:`Boosted`."""
        found = self.booster.predict(
            rows, num_iteration=min(rounds, len(self.losses)), num_threads=1
        )
        found = np.asarray(found, dtype=np.float64).reshape(len(rows), -1)
        return np.hstack([1.0 - found, found]) if self.n_classes == 2 else found


def grow_lightgbm(
    rows: FloatArray,
    targets: FloatArray,
    away: FloatArray,
    away_targets: FloatArray,
    n_classes: int,
    setting: Setting,
    seed: int,
) -> Grown:
    """Grow trees by LightGBM; see :data:`Engine`."""
    import lightgbm

    objective = "regression" if not n_classes else "binary" if n_classes == 2 else "multiclass"
    given = {
        "objective": objective,
        "learning_rate": setting.rate,
        "num_leaves": setting.leaves,
        "min_data_in_leaf": max(1, min(setting.least, len(rows) // 4)),
        "feature_fraction": setting.columns,
        "bagging_fraction": setting.rows,
        "bagging_freq": 1,
        "lambda_l2": setting.shrink,
        "extra_trees": setting.at_random,
        "seed": seed,
        "deterministic": True,
        "force_col_wise": True,
        "num_threads": 1,
        "verbosity": -1,
        **({"num_class": n_classes} if n_classes > 2 else {}),
    }
    history: dict[str, Any] = {}
    train = lightgbm.Dataset(rows, _labels(targets, n_classes), params={"verbosity": -1})
    booster = lightgbm.train(
        given,
        train,
        MOST_ROUNDS,
        valid_sets=[train.create_valid(away, _labels(away_targets, n_classes))],
        valid_names=["away"],
        callbacks=[
            lightgbm.early_stopping(PATIENCE, verbose=False),
            lightgbm.record_evaluation(history),
        ],
    )
    (losses,) = history["away"].values()
    return LightGBM(booster, np.array(losses), n_classes)


class Histograms:
    """Trees of scikit-learn's histogram boosting."""

    def __init__(self, model: Any, losses: FloatArray, known: IntArray | None, q: int) -> None:
        self.model, self.losses, self.known, self.q = model, losses, known, q

    def values(self, rows: FloatArray, rounds: int) -> FloatArray:
        """Predict rows; see :class:`Boosted`."""
        kind = "staged_predict" if self.known is None else "staged_predict_proba"
        stages = getattr(self.model, kind)(rows)
        *_, found = islice(stages, rounds)
        if self.known is None:
            return np.asarray(found, dtype=np.float64).reshape(-1, 1)
        chances = np.zeros((len(rows), self.q))
        chances[:, self.known] = found
        return chances


def grow_histograms(
    rows: FloatArray,
    targets: FloatArray,
    away: FloatArray,
    away_targets: FloatArray,
    n_classes: int,
    setting: Setting,
    seed: int,
) -> Grown:
    """Grow trees by scikit-learn; see :data:`Engine`."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    kind = HistGradientBoostingClassifier if n_classes else HistGradientBoostingRegressor
    model = kind(
        learning_rate=setting.rate,
        max_iter=MOST_ROUNDS,
        max_leaf_nodes=setting.leaves,
        min_samples_leaf=max(1, min(setting.least, len(rows) // 4)),
        max_features=setting.columns,
        l2_regularization=setting.shrink,
        early_stopping=True,
        n_iter_no_change=PATIENCE,
        scoring="loss",
        tol=0.0,
        random_state=seed,
    )
    labels, others = _labels(targets, n_classes), _labels(away_targets, n_classes)
    known = np.unique(labels).astype(np.intp) if n_classes else None
    if known is not None:  # a class that the fold lacks has no chance, and no error to stop by
        told = np.isin(others, known)
        away, others = away[told], others[told]
    if not len(away):  # nothing to stop by, and no say in the number of rounds
        model.set_params(early_stopping=False, max_iter=BLIND_ROUNDS).fit(rows, labels)
        return Histograms(model, np.zeros(BLIND_ROUNDS), known, n_classes)
    model.fit(rows, labels, X_val=away, y_val=others)
    losses = -np.asarray(model.validation_score_)[1:]  # the first is before any round
    return Histograms(model, losses, known, n_classes)


def _labels(targets: FloatArray, n_classes: int) -> Any:
    return targets.argmax(axis=1) if n_classes else targets[:, 0]
