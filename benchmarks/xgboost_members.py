"""Does XGBoost beside LightGBM make the pool better? With and without it as members.

``python -m benchmarks.xgboost_members --data DIR``. Needs xgboost, which the library itself does
not use. Tables of 1,600 rows, three quarters of them to fit, by ``effort="best"``; the members are
fitted once, and pooled with XGBoost's and without.
"""

from __future__ import annotations

import time
import warnings
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import common
from benchmarks.all_labels import Known, _asked, _short, draw
from contextures import ContextureClassifier, ContextureRegressor
from contextures.prediction import FittedMember, Member
from contextures.prediction.members.boosted import _Fitted, common_rounds
from contextures.prediction.members.boosting import MOST_ROUNDS, PATIENCE
from contextures.prediction.members.estimators import folds

TABLES = ("vehicle", "credit-g", "segment", "concrete", "abalone")

SETTINGS: dict[str, dict[str, Any]] = {
    "xgboost": {"max_depth": 6, "min_child_weight": 2.0, "reg_lambda": 1.0},
    "xgboost shallow": {"max_depth": 3, "min_child_weight": 5.0, "reg_lambda": 3.0},
}


class Rounds:
    """Trees of XGBoost's, as a function of rounds."""

    def __init__(self, model: Any, losses: Any, n_classes: int) -> None:
        self.model, self.losses, self.n_classes = model, losses, n_classes

    def values(self, rows: Any, rounds: int) -> Any:
        """Predict rows by the first rounds: numbers, or chances."""
        import xgboost

        last = min(rounds, len(self.losses))
        found = self.model.predict(xgboost.DMatrix(rows), iteration_range=(0, last))
        found = np.asarray(found, dtype=np.float64).reshape(len(rows), -1)
        return np.hstack([1.0 - found, found]) if self.n_classes == 2 else found


class XGBoostMember(Member):
    """Boosted trees of XGBoost's, cross-fitted like those of LightGBM's."""

    def __init__(self, name: str) -> None:
        self.name = name

    def fit(self, problem: Any) -> FittedMember:
        """Grow trees without each of five folds."""
        rows, targets = problem.rows[problem.labelled], problem.targets
        fold = folds(targets, problem.classes, 5, problem.seed)
        q = targets.shape[1] if problem.classes else 0
        grown = [
            _grown(rows, targets, fold != each, q, SETTINGS[self.name], problem.seed)
            for each in np.unique(fold)
        ]
        rounds = common_rounds([trees.losses for trees in grown], np.bincount(fold))
        found: FittedMember = _Fitted(grown, rounds)
        found.left_out = np.empty_like(targets)
        for each, trees in enumerate(grown):
            found.left_out[fold == each] = trees.values(rows[fold == each], rounds)
        return found


def _grown(rows: Any, targets: Any, kept: Any, q: int, setting: dict[str, Any], seed: int) -> Any:
    import xgboost

    given = {
        "objective": "reg:squarederror" if not q else "multi:softprob" if q > 2 else None,
        "eta": 0.05,
        "subsample": 0.8,
        "colsample_bytree": 0.8,
        "nthread": 1,
        "seed": seed,
        "tree_method": "hist",
        **setting,
        **({"num_class": q} if q > 2 else {}),
    }
    given["objective"] = given["objective"] or "binary:logistic"
    labels = targets.argmax(axis=1) if q else targets[:, 0]
    away = xgboost.DMatrix(rows[~kept], labels[~kept])
    history: dict[str, Any] = {}
    model = xgboost.train(
        given,
        xgboost.DMatrix(rows[kept], labels[kept]),
        MOST_ROUNDS,
        evals=[(away, "away")],
        early_stopping_rounds=PATIENCE,
        evals_result=history,
        verbose_eval=False,
    )
    (losses,) = history["away"].values()
    return Rounds(model, np.array(losses), q)


def main() -> None:
    """Run and print."""
    arguments = common.parser(__doc__ or "", data=True)
    arguments.add_argument("--tables", nargs="+", default=TABLES, help="names of data sets")
    arguments.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    arguments.add_argument("--results", type=Path, help="JSON lines to go on from and add to")
    options = arguments.parse_args()
    if options.data is None:
        arguments.error("--data is needed: a folder of NAME.parquet files and an index.json")
    warnings.simplefilter("ignore")
    ledger = common.Ledger(options.results)
    rows = []
    for name in options.tables[:1] if options.quick else options.tables:
        found = []
        for seed in options.seeds[:1] if options.quick else options.seeds:
            run = partial(losses, options.data, name, seed)
            one = ledger.once({"table": name, "seed": seed}, run)
            found.append([one[key] for key in ("without", "with", "alone", "seconds", "more")])
        plain, more, alone, seconds, theirs = np.mean(found, axis=0)
        by_seed = ", ".join(f"{(b / a - 1) * 100:+.1f} %" for a, b, *_ in found)
        cells = (f"{plain:.4f}", f"{more:.4f}", by_seed, f"{alone:.4f}")
        rows.append([name, *cells, f"{theirs / seconds:.2f}"])
    head = ["table", "loss without", "with", "change by seed", "the better XGBoost alone"]
    common.show(common.table([*head, "time more"], rows), options.json, ledger.runs)


def losses(data: Path, name: str, seed: int) -> dict[str, float]:
    """Give the log-loss or squared error with XGBoost's members and without, and the seconds."""
    split = draw(data, name, seed, 1600)
    X, y = split.X[: split.n_fit], split.y[: split.n_fit]
    kind: Any = ContextureClassifier if split.classes else ContextureRegressor
    started = time.process_time()
    model = kind(["default"], effort="best", random_state=0).fit(X, y)
    seconds = time.process_time() - started
    started = time.process_time()
    theirs = kind([XGBoostMember(each) for each in SETTINGS], random_state=0).fit(X, y)
    more = time.process_time() - started
    known = {
        each: Known(each, member, 1.0)
        for fitted in (model, theirs)
        for each, member in zip(fitted._member_names, fitted._members, strict=True)
    }
    pools = {
        "without": [known[each] for each in model._member_names],
        "with": list(known.values()),
        "alone": [known[each] for each in SETTINGS],
    }
    found = {}
    for what, members in pools.items():
        values = np.array(_short(_asked(kind(members, random_state=0).fit(X, y), split)))
        found[what] = float(np.mean(split.losses(values, split.y[split.n_fit :])))
    return {**found, "seconds": seconds, "more": more}


if __name__ == "__main__":
    main()
