"""Every model that is compared: its values for the fitted rows and for new ones."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.semi_supervised import LabelSpreading, SelfTrainingClassifier

from benchmarks.few_labels import graph_rivals
from benchmarks.few_labels.sources import Draw
from contextures import ContextureClassifier, ContextureRegressor, STKRClassifier

Found = dict[str, Any]
"""Values of the "fitted" and the "new" rows: chances of shape (n, q), or numbers of shape (n,)."""


def contexture(draw: Draw) -> Found:
    """Fit the pool at its defaults."""
    if draw.classes:
        model = ContextureClassifier().fit(draw.rows, draw.known)
        return _chances(model, draw) | {"calibration": model.calibration_error_}
    model = ContextureRegressor().fit(draw.rows, draw.known)
    found = {"fitted": model.predict(draw.rows), "new": model.predict(draw.new)}
    if len(draw.labelled) >= 9:
        low, high = model.predict_interval(draw.new, coverage=0.9).T
        found["covered"] = float(np.mean((draw.new_truth >= low) & (draw.new_truth <= high)))
    return found


def stkr(draw: Draw) -> Found:
    """Fit spectrally transformed kernel regression at its defaults."""
    return _chances(STKRClassifier().fit(draw.rows, draw.known), draw)


def linear(draw: Draw) -> Found:
    """Fit logistic or ridge regression to the labelled rows, columns standardised."""
    if draw.classes:
        return _supervised(draw, make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)))
    return _supervised(draw, make_pipeline(StandardScaler(), RidgeCV(np.geomspace(1e-2, 1e4, 13))))


def forest(draw: Draw) -> Found:
    """Fit a random forest to the labelled rows."""
    kind = RandomForestClassifier if draw.classes else RandomForestRegressor
    return _supervised(draw, kind(300, random_state=0))


def tuned_boosting(draw: Draw) -> Found:
    """Fit LightGBM, the best of ten random settings by five folds of the labelled rows.

    With 200 or more labels of more than five classes three folds, since each class is a tree.
    """
    return _supervised(draw, _tuned(draw))


def linear_and_boosting(draw: Draw) -> Found:
    """Average the linear model and LightGBM's defaults."""
    one, other = linear(draw), _supervised(draw, _boosting(draw, {}))
    return {key: (one[key] + other[key]) / 2 for key in ("fitted", "new")}


def self_training(draw: Draw) -> Found:
    """Let logistic regression label further rows for itself."""
    base = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    return _chances(SelfTrainingClassifier(base).fit(draw.rows, draw.known), draw)


def label_spreading(draw: Draw) -> Found:
    """Spread labels over ten neighbours."""
    model = LabelSpreading(kernel="knn", n_neighbors=graph_rivals.NEIGHBOURS, max_iter=200)
    return _chances(model.fit(draw.rows, draw.known), draw)


def umap_logistic(draw: Draw) -> Found | None:
    """Fit logistic regression on ten coordinates of UMAP, where it is installed."""
    mapped = graph_rivals.umap_of(draw.rows, draw.new)
    if mapped is None:
        return None
    return linear(Draw(*mapped, draw.truth, draw.new_truth, draw.labelled, True))


def laplace(draw: Draw) -> Found | None:
    """Run Laplace learning."""
    found = graph_rivals.graph_learning(draw, "laplace")
    return None if found is None else {"fitted": found}


def poisson(draw: Draw) -> Found | None:
    """Run Poisson learning."""
    found = graph_rivals.graph_learning(draw, "poisson")
    return None if found is None else {"fitted": found}


def laplacian_rls(draw: Draw) -> Found:
    """Fit manifold regularisation."""
    return graph_rivals.laplacian_rls(draw, np.eye(1 + int(draw.truth.max()))[_labels(draw)])


def distilled(draw: Draw) -> Found:
    """Distil label spreading into kernel ridge regression, for new rows."""
    fitted = label_spreading(draw)["fitted"]
    return {"fitted": fitted, "new": graph_rivals.distilled(draw, np.nan_to_num(fitted))}


CLUSTER_MODELS: dict[str, Callable[[Draw], Found | None]] = {
    "ContextureClassifier": contexture,
    "STKRClassifier": stkr,
    "Poisson": poisson,
    "Laplace": laplace,
    "LabelSpreading": label_spreading,
    "SelfTraining": self_training,
    "logistic": linear,
    "forest": forest,
    "tuned LightGBM": tuned_boosting,
    "UMAP + logistic": umap_logistic,
    "LapRLS": laplacian_rls,
    "distilled spreading": distilled,
}
TABLE_MODELS: dict[str, Callable[[Draw], Found | None]] = {
    "Contexture": contexture,
    "tuned LightGBM": tuned_boosting,
    "linear": linear,
    "forest": forest,
    "linear + boosting": linear_and_boosting,
}


def _labels(draw: Draw) -> NDArray[Any]:
    return np.asarray(draw.truth[draw.labelled])


def _chances(model: Any, draw: Draw) -> Found:
    return {
        key: _spread(model.predict_proba(rows), model.classes_, draw)
        for key, rows in (("fitted", draw.rows), ("new", draw.new))
    }


def _supervised(draw: Draw, model: Any) -> Found:
    labels = _labels(draw)
    if draw.classes and len(np.unique(labels)) < 2:
        only = np.eye(1 + int(draw.truth.max()))[labels[0]]
        return {
            "fitted": np.tile(only, (len(draw.rows), 1)),
            "new": np.tile(only, (len(draw.new), 1)),
        }
    model.fit(draw.rows[draw.labelled], labels)
    if draw.classes:
        return _chances(model, draw)
    return {"fitted": model.predict(draw.rows), "new": model.predict(draw.new)}


def _spread(chances: NDArray[Any], classes: NDArray[Any], draw: Draw) -> NDArray[np.float64]:
    """Give chances of all classes, zero for those without a label."""
    found = np.zeros((len(chances), 1 + int(max(draw.truth.max(), draw.new_truth.max()))))
    found[:, classes.astype(np.intp)] = np.nan_to_num(chances)
    return found


def _boosting(draw: Draw, settings: dict[str, Any]) -> Any:
    import lightgbm

    kind = lightgbm.LGBMClassifier if draw.classes else lightgbm.LGBMRegressor
    return kind(verbose=-1, n_jobs=1, random_state=0, **settings)


def _tuned(draw: Draw) -> Any:
    X, y = draw.rows[draw.labelled], _labels(draw)
    rng = np.random.default_rng(0)
    many = draw.classes and len(np.unique(y)) > 5 and len(y) >= 200
    splitter = (StratifiedKFold if draw.classes else KFold)(
        3 if many else 5, shuffle=True, random_state=0
    )
    best: tuple[float, dict[str, Any]] = (np.inf, {})
    for _ in range(10):
        settings = {
            "num_leaves": int(rng.choice([4, 8, 15, 31])),
            "learning_rate": float(10 ** rng.uniform(-2, -0.5)),
            "n_estimators": int(rng.choice([50, 100, 200])),
            "min_child_samples": int(rng.choice([2, 5, 10, 20])),
            "subsample": float(rng.uniform(0.6, 1)),
            "subsample_freq": 1,
            "colsample_bytree": float(rng.uniform(0.4, 1)),
            "reg_lambda": float(10 ** rng.uniform(-2, 1)),
        }
        total = 0.0
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of classes with fewer rows than folds
            parts = list(splitter.split(X, y)) if _splits(draw, y, splitter) else []
        for kept, away in parts:
            if draw.classes and len(np.unique(y[kept])) < 2:
                continue
            model = _boosting(draw, settings).fit(X[kept], y[kept])
            if draw.classes:
                chances = np.clip(
                    _spread(model.predict_proba(X[away]), model.classes_, draw), 1e-3, 1
                )
                total -= float(np.sum(np.log(chances[np.arange(len(away)), y[away]])))
            else:
                total += float(np.sum((model.predict(X[away]) - y[away]) ** 2))
        if total < best[0]:
            best = (total, settings)
        if not parts:
            break  # one label a class: nothing to choose by
    return _boosting(draw, best[1])


def _splits(draw: Draw, y: NDArray[Any], splitter: Any) -> bool:
    return not draw.classes or int(np.bincount(y.astype(np.intp)).max()) >= splitter.n_splits
