"""All labels: the pool against boosting that was tuned, on tables of up to 2,400 rows.

``python -m benchmarks.all_labels --data DIR --results FILE`` goes on from FILE. A table is split
60/15/25. The rival is the better by log-loss or squared error on the 15 % of ten random settings of
LightGBM, and ten of XGBoost where it is installed, with early stopping there, fitted once more to
60 + 15 % with as many rounds. Ours is fitted to the same 75 %. ``--rivals DIR`` is a folder of
packages to look in too. ``--tables`` may name made ones: ``three-of-32`` and its classes.
``--catboost`` and ``--autogluon PYTHON`` add rivals that are not tuned here.
"""

from __future__ import annotations

import sys
import time
import warnings
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks import common, whole_rivals
from benchmarks.all_labels_figure import draw as draw_gains
from benchmarks.few_labels.sources import described, tables
from benchmarks.tuned_boosting import Split, tuned
from contextures import ContextureClassifier, ContextureRegressor
from contextures.prediction import FittedMember, Member

Values = NDArray[np.float64]

PARTS = {
    "learned widths": ("width", "widths"),
    "a width for each column": ("widths",),
    "boosted trees": ("boosted", "boosted shallow", "boosted random", "boosted slow"),
    "all trees": ("boosted", "boosted shallow", "boosted random", "boosted slow", "trees"),
}
"""Ingredients, switched off once each."""

TREES = (*PARTS["all trees"], "mean")
"""The pool without contexts and linear models."""

MADE = {"three-of-32": False, "three-of-32-classes": True}
"""Tables that are made rather than read, and whether the target is a class."""


class Known(Member):
    """A member that was fitted before, so that other pools of the same ones cost nothing."""

    def __init__(self, name: str, fitted: FittedMember, prior: float) -> None:
        self.name, self.fitted, self.prior = name, fitted, prior

    def fit(self, problem: Any) -> FittedMember:
        """Give what was fitted."""
        return self.fitted


def main() -> None:
    """Run what is missing, and print outcomes, ingredients and every table."""
    arguments = common.parser(__doc__ or "", data=True)
    arguments.add_argument("--results", type=Path, help="JSON lines to go on from and add to")
    arguments.add_argument("--tables", nargs="+", help="names of data sets")
    arguments.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    arguments.add_argument("--rows", type=int, default=2400, help="rows of a table, at most")
    arguments.add_argument("--rivals", type=Path, help="a folder with further packages")
    arguments.add_argument("--figure", type=Path, help="draw the gains to this file")
    arguments.add_argument("--catboost", action="store_true", help="CatBoost's defaults too")
    arguments.add_argument(
        "--autogluon", type=Path, metavar="PYTHON", help="AutoGluon too, by this Python that has it"
    )
    arguments.add_argument("--effort", default="default", choices=["fast", "default", "best"])
    options = arguments.parse_args()
    if options.data is None:
        arguments.error("--data is needed: a folder of NAME.parquet files and an index.json")
    if options.rivals is not None:
        sys.path.append(str(options.rivals))
    warnings.simplefilter("ignore")
    ledger = common.Ledger(options.results)
    names = options.tables or tables(options.data)
    others: dict[str, Any] = {}
    if options.catboost:
        others["CatBoost's defaults"] = whole_rivals.catboost
    if options.autogluon is not None:
        others["AutoGluon's stack"] = partial(whole_rivals.autogluon, python=options.autogluon)
    cells, beside = {}, {what: {} for what in others}
    for seed in options.seeds if not options.quick else [0]:
        for name in names[:2] if options.quick else names:
            drawn = partial(draw, options.data, name, seed, options.rows)
            key = {"table": name, "seed": seed, "rows": options.rows}
            rival = ledger.once({**key, "model": "tuned boosting"}, partial(_rival, drawn))
            ours = ledger.once(
                {**key, "model": f"ours, {options.effort}"}, partial(_ours, drawn, options.effort)
            )
            cells[name, seed] = (drawn(), ours, rival)
            for what, other in others.items():
                found = ledger.once(
                    {**key, "model": what}, partial(whole_rivals.measured, other, drawn)
                )
                beside[what][name, seed] = (cells[name, seed][0], ours, found)
    common.show(report(cells, beside), options.json, ledger.runs)
    if options.figure is not None:
        draw_gains(gains(cells), len({seed for _, seed in cells}), options.figure)


def draw(data: Path, name: str, seed: int, n_rows: int) -> Split:
    """Draw rows of a table: 60 % to train, 15 % to validate, 25 % to test.

    Columns are prepared as the main job prepares them, from the first two parts alone.
    """
    from contextures.data import TablePreparation

    if name in MADE:
        return three_of_32(seed, n_rows, classes=MADE[name])
    about = described(data)[name]
    frame = pd.read_parquet(data / f"{name}.parquet")
    frame = frame[frame[about["target"]].notna()]
    order = np.random.default_rng(2000 + seed).permutation(len(frame))[:n_rows]
    part = frame.iloc[order].reset_index(drop=True)
    target, features = part[about["target"]], part.drop(columns=about["target"])
    n_train, n_fit = int(0.6 * len(part)), int(0.75 * len(part))
    preparation = TablePreparation().fit(features.iloc[:n_fit])
    X = np.asarray(preparation.transform(features), dtype=np.float64)
    classes = about["task"] == "classification"
    y = np.unique(target.astype(str), return_inverse=True)[1] if classes else target.to_numpy(float)
    return Split(X, y, n_train, n_fit, classes)


def three_of_32(seed: int, n_rows: int, *, classes: bool) -> Split:
    """Make a table in which three of 32 standard normal columns matter, by interactions.

    The target is x_0 x_1 + sin(2 x_2) + x_0 x_2 / 2, with noise of a standard deviation of .3; or
    whether that is above zero.
    """
    rng = np.random.default_rng(3000 + seed)
    X = rng.standard_normal((n_rows, 32))
    y = X[:, 0] * X[:, 1] + np.sin(2 * X[:, 2]) + 0.5 * X[:, 0] * X[:, 2]
    y += 0.3 * rng.standard_normal(n_rows)
    target = (y > 0).astype(np.intp) if classes else y
    return Split(X, target, int(0.6 * n_rows), int(0.75 * n_rows), classes)


def _rival(drawn: Any) -> dict[str, Any]:
    split: Split = drawn()
    started = time.process_time()
    values, chosen = tuned(split)
    seconds = time.process_time() - started
    return {"values": _short(values), "seconds": seconds, "chosen": chosen}


def _ours(drawn: Any, effort: str) -> dict[str, Any]:
    split: Split = drawn()
    X, y = split.X[: split.n_fit], split.y[: split.n_fit]
    kind: Any = ContextureClassifier if split.classes else ContextureRegressor
    started = time.process_time()
    model = kind(effort=effort, random_state=0).fit(X, y)
    values = _asked(model, split)
    seconds = time.process_time() - started
    left_out = model.left_out_
    if split.classes:
        left_out = _all_classes(left_out, model.classes_, split)
    claimed = float(np.mean(split.losses(left_out, y)))
    known = [
        Known(name, member, 1.0)
        for name, member in zip(model._member_names, model._members, strict=True)
    ]
    best = model.leaderboard_.sort_values("left_out_error")["member"].iloc[0]
    pools = {
        f"without {what}": [each for each in known if each.name not in names]
        for what, names in PARTS.items()
    }
    pools["the trees alone"] = [each for each in known if each.name in TREES]
    pools["the best member alone"] = [each for each in known if each.name == best]
    others = {
        what: _short(_asked(kind(members, random_state=0).fit(X, y), split))
        for what, members in pools.items()
    }
    board = model.leaderboard_[["member", "weight", "left_out_error", "seconds"]].round(4)
    return {
        "values": _short(values),
        "seconds": seconds,
        "claimed": claimed,
        "variants": others,
        "board": board.to_numpy().tolist(),
    }


def _asked(model: Any, split: Split) -> Values:
    new = split.X[split.n_fit :]
    if not split.classes:
        return np.asarray(model.predict(new))
    return _all_classes(model.predict_proba(new), model.classes_, split)


def _all_classes(chances: Values, known: NDArray[Any], split: Split) -> Values:
    found = np.zeros((len(chances), split.n_classes))
    found[:, known] = chances
    return found


def _short(values: Values) -> Any:
    return np.round(values, 6 if values.ndim == 2 else 9).tolist()


def report(cells: dict[Any, Any], beside: dict[str, dict[Any, Any]]) -> str:
    """Lay out outcomes, ingredients, rivals beside the tuned one, and tables."""
    rows, pairs = [], _by_table(cells)
    for name, both in pairs.items():
        mine = [cell for (each, _), cell in cells.items() if each == name]
        ratio = np.sum([o["seconds"] for _, o, _ in mine]) / np.sum(
            [r["seconds"] for *_, r in mine]
        )
        claim = np.mean([o["claimed"] for _, o, _ in mine]) / np.mean(
            [np.mean(s.losses(np.array(o["values"]), s.y[s.n_fit :])) for s, o, _ in mine]
        )
        score, theirs, loss, other = np.mean([each["means"] for each in both], axis=0)
        rows.append(
            [
                *(name, f"{score:.3f}", f"{theirs:.3f}", f"{loss:.3f}", f"{other:.3f}"),
                *(verdict(both, "score"), verdict(both, "loss"), f"{claim:.2f}", f"{ratio:.1f}"),
            ]
        )
    head = ["table", "score", "rival", "loss", "rival", "by score", "by loss", "claimed / true"]
    outcome = [["all", *_summary(pairs)]]
    for what in next(iter(cells.values()))[1]["variants"]:
        changed = _by_table(cells, lambda ours, what=what: ours["variants"][what])
        outcome.append([what, *_summary(changed)])
    for what, found in beside.items():
        outcome.append([f"all, against {what}", *_summary(_by_table(found))])
    said = ["members", "score: won-lost-tied", "loss: won-lost-tied", "mean error reduction"]
    return (
        common.table([*said, "median"], outcome)
        + "\n\n"
        + common.table([*head, "times the rival's seconds"], rows)
    )


def gains(cells: dict[Any, Any]) -> dict[str, tuple[float, float, str]]:
    """Give each table's gain in score, its standard error, and who wins."""
    return {
        name: (*_gain(both, "score"), verdict(both, "score"))
        for name, both in _by_table(cells).items()
    }


def _by_table(
    cells: dict[Any, Any], values: Any = lambda ours: ours["values"]
) -> dict[str, list[dict[str, Any]]]:
    """Compare values of ours with the rival's, split by split, for each table."""
    found: dict[str, list[dict[str, Any]]] = {}
    for (name, _), (split, ours, rival) in cells.items():
        found.setdefault(name, []).append(_compared(split, values(ours), rival["values"]))
    return found


def _compared(split: Split, ours: Any, theirs: Any) -> dict[str, Any]:
    truth = split.y[split.n_fit :]
    found: dict[str, Any] = {"means": []}
    for what, measure in (("score", split.scores), ("loss", split.losses)):
        one, other = (measure(np.asarray(each, dtype=np.float64), truth) for each in (ours, theirs))
        gain = (one - other) * (1 if what == "score" else -1)
        error = float(gain.std(ddof=1)) / len(gain) ** 0.5
        found[what] = (float(gain.mean()), error)
        found["means"] += [float(one.mean()), float(other.mean())]
    return found


def verdict(both: list[dict[str, Any]], what: str) -> str:
    """Say who wins by more than one standard error: over seeds, or with one seed over rows."""
    gain, error = _gain(both, what)
    if abs(gain) <= max(error, 1e-12):
        return "tie"
    return "won" if gain > 0 else "lost"


def _gain(both: list[dict[str, Any]], what: str) -> tuple[float, float]:
    """Give the mean gain and its standard error: over seeds, or with one seed over rows."""
    found = np.array([each[what][0] for each in both])
    if len(found) == 1:
        return float(found[0]), both[0][what][1]
    return float(found.mean()), float(found.std(ddof=1)) / len(found) ** 0.5


def _summary(pairs: dict[str, list[dict[str, Any]]]) -> list[str]:
    cells = []
    for what in ("score", "loss"):
        said = [verdict(both, what) for both in pairs.values()]
        cells.append("-".join(str(said.count(each)) for each in ("won", "lost", "tie")))
    means = np.array([np.mean([b["means"] for b in both], axis=0) for both in pairs.values()])
    reduced = 1 - means[:, 2] / np.maximum(means[:, 3], 1e-12)
    return [*cells, f"{reduced.mean():.3f}", f"{np.median(reduced):.3f}"]


if __name__ == "__main__":
    main()
