"""Gradient boosting, its settings chosen by a random search: the strongest usual rival."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

import numpy as np
from joblib import Parallel, delayed

from contextures._arrays import FloatArray
from contextures.evaluation.representations.folds import Apart, Folds
from contextures.evaluation.representations.rivals import Fitted
from contextures.evaluation.representations.task import Task, told_by
from contextures.evaluation.representations.tuning import folds, tuning_rows

N_SETTINGS, FEWEST_SETTINGS = 10, 3
"""Settings tried: the first, or as many as fit in time but not below the second."""

SECONDS = 60.0
"""What the search may take, roughly: by its size, so that a result never hangs on a clock."""

MOST_ROWS = 10_000
"""Training rows that settings are chosen on."""

FEW_ROWS = 1000
"""Training rows up to which three folds choose, as one part of them would tell little."""

MOST_ROUNDS = 500
"""Rounds of boosting, which stop before where the validation part no longer gains."""

Setting = dict[str, Any]


def tuned_boosting(
    task: Task, features: FloatArray, target: Any, apart: Apart | None = None
) -> Fitted:
    """Fit gradient boosting: LightGBM where it is installed, else scikit-learn's.

    The best of ten random settings by the task's metric on a validation part of the training
    rows (three parts of at most 1,000 rows), where each stops early; the best is then fitted to all
    training rows for as many rounds. The first setting is the library's own. Rows that are kept
    apart are validated by parts that do so; where these hold no class that is learned, the
    library's own settings are taken.
    """
    labels = np.asarray(target)
    rows, known, drawn = tuning_rows(task, features, labels, MOST_ROWS, apart)
    parts = _parts(task, known, drawn)
    lightgbm = find_spec("lightgbm") is not None
    make = _lightgbm if lightgbm else _scikit_learn
    name = "LightGBM" if lightgbm else "scikit-learn's boosting"
    if not parts:
        return Fitted(make(task, {}, 100).fit(features, labels), f"{name}, its own settings")
    n_settings = _affordable(task, rows, known, len(parts))
    classes = np.unique(labels) if task.kind == "classification" else np.empty(0)
    rng = np.random.default_rng(task.seed)
    settings: list[Setting] = [{}, *(_drawn(rng) for _ in range(n_settings - 1))]
    tried = [(setting, *part) for setting in settings for part in parts]

    def gain_of(setting: Setting, train: Any, test: Any) -> tuple[float, int]:
        model, n_rounds = _stopped(task, setting, rows, known, train, test, lightgbm=lightgbm)
        told = told_by(task, model, rows[test], classes)
        return task.gain(known[test], told, classes if len(classes) else None), n_rounds

    # LightGBM is asked for one thread each, so that the numbers are the same on any machine.
    jobs = (delayed(gain_of)(*one) for one in tried)
    with _quiet():
        found = np.array(Parallel(-1 if lightgbm else 1, require="sharedmem")(jobs))
    gains, stopped = found.T.reshape(2, len(settings), len(parts)).mean(axis=2)
    place = 0 if np.isnan(gains[0]) else int(np.nanargmax(gains))
    best, rounds = settings[place], max(1, round(float(stopped[place])))
    if len(rows) < len(labels):  # more rows bear more rounds
        train, test = (_parts(task, labels, apart) or parts)[0]
        with _quiet():
            _, rounds = _stopped(task, best, features, labels, train, test, lightgbm=lightgbm)
    model = make(task, best, rounds).fit(features, labels)
    chosen_on = f" on {len(rows):,} rows" if len(rows) < len(labels) else ""
    return Fitted(model, f"{name}, best of {n_settings} settings{chosen_on}, {rounds} rounds")


def _parts(task: Task, labels: Any, apart: Apart | None) -> Folds:
    few = len(labels) <= FEW_ROWS
    parts = folds(task, labels, 3 if few else 5, apart)
    if apart is not None and task.kind == "classification":
        # Losses are not defined for classes that are not learned.
        tested = [test[np.isin(labels[test], labels[train])] for train, test in parts]
        parts = [(p[0], test) for p, test in zip(parts, tested, strict=True) if len(test)]
    # The last has the most to learn from where the past comes before what is tested.
    return parts if few else parts[-1:] if apart is not None else parts[:1]


def _affordable(task: Task, rows: FloatArray, labels: Any, n_parts: int) -> int:
    """Give how many settings can be tried, from the usual cost of a tree times 150 rounds."""
    outputs = len(np.unique(labels)) if task.kind == "classification" else 1
    seconds = n_parts * 150 * (outputs if outputs > 2 else 1) * _tree_seconds(*rows.shape)
    return int(np.clip(SECONDS / seconds, FEWEST_SETTINGS, N_SETTINGS))


def _tree_seconds(n: int, p: int) -> float:
    """Give what a tree takes, as measured for 100 to 8,000 rows and 10 to 5,000 columns.

    Leaves, each of which looks at all columns, are the more the more rows, up to some number.
    """
    return 3e-4 + p * (1e-6 + min(2.5e-8 * n, 4e-5 + 9e-9 * n))


def _drawn(rng: np.random.Generator) -> Setting:
    return {
        "learning_rate": float(np.exp(rng.uniform(np.log(0.02), np.log(0.3)))),
        "leaves": int(rng.choice([4, 8, 16, 31, 63, 127])),
        "fewest": int(rng.choice([2, 5, 10, 20, 50])),
        "penalty": float(np.exp(rng.uniform(np.log(1e-3), np.log(10.0)))),
        "columns": float(rng.uniform(0.4, 1.0)),
    }


@contextmanager
def _quiet() -> Iterator[None]:
    """Leave LightGBM's new name of an argument unsaid, which its oldest release here lacks."""
    with warnings.catch_warnings():  # of all threads, so once around them
        warnings.filterwarnings("ignore", "The argument 'eval_set'")
        yield


def _stopped(
    task: Task,
    setting: Setting,
    rows: FloatArray,
    labels: Any,
    train: Any,
    test: Any,
    *,
    lightgbm: bool,
) -> tuple[Any, int]:
    """Fit to one part, stop by the loss on the other; give the model and its rounds."""
    if lightgbm:
        from lightgbm import early_stopping

        model = _lightgbm(task, setting, MOST_ROUNDS)
        model.fit(
            rows[train],
            labels[train],
            eval_set=[(rows[test], labels[test])],
            callbacks=[early_stopping(30, verbose=False)],
        )
        return model, max(1, int(model.best_iteration_ or MOST_ROUNDS))
    model = _scikit_learn(task, setting, MOST_ROUNDS, early_stopping=True, n_iter_no_change=10)
    model.fit(rows[train], labels[train], X_val=rows[test], y_val=labels[test])
    return model, max(1, int(np.argmax(model.validation_score_)))


def _lightgbm(task: Task, setting: Setting, rounds: int) -> Any:
    import lightgbm

    kind = lightgbm.LGBMRegressor if task.kind == "regression" else lightgbm.LGBMClassifier
    names = {
        "learning_rate": "learning_rate",
        "leaves": "num_leaves",
        "fewest": "min_child_samples",
        "penalty": "reg_lambda",
        "columns": "colsample_bytree",
    }
    return kind(
        n_estimators=rounds,
        n_jobs=1,
        random_state=task.seed,
        deterministic=True,
        force_row_wise=True,
        verbosity=-1,
        **{names[key]: value for key, value in setting.items()},
    )


def _scikit_learn(task: Task, setting: Setting, rounds: int, **how: Any) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    kind = (
        HistGradientBoostingRegressor
        if task.kind == "regression"
        else HistGradientBoostingClassifier
    )
    names = {
        "learning_rate": "learning_rate",
        "leaves": "max_leaf_nodes",
        "fewest": "min_samples_leaf",
        "penalty": "l2_regularization",
        "columns": "max_features",
    }
    how = {"early_stopping": False, **how}
    return kind(
        max_iter=rounds,
        random_state=task.seed,
        **how,
        **{names[key]: value for key, value in setting.items()},
    )
