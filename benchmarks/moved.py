"""Losses after a move, predicted without labels there, beside the true ones."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit
from scipy.stats import spearmanr
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.model_selection import KFold, cross_val_predict

from benchmarks import common
from benchmarks.common import FloatArray, Ledger

TABLES: dict[str, tuple[str, ...]] = {
    "abalone": ("Length",),
    "adult": ("age",),
    "brazilian_houses": (),
    "california_housing": ("longitude",),
    "cmc": (),
    "compas": (),
    "concrete": (),
    "cps88wages": (),
    "cpu_activity": (),
    "diabetes": (),
    "fifa": (),
    "kin8nm": (),
    "Moneyball": (),
    "power_plant": ("AT",),
    "spambase": (),
    "sulfur": (),
    "vehicle": (),
}
"""Tables, and columns to move along first; then come the first that take 20 values or more."""
COLUMNS = 2
MOST = 1000
"""Rows to learn from, held out, and moved to: at most so many of each."""
STEEP = 8.0
"""Of the chance to be new in the rank of the column, which rises from .02 to .98."""


def columns_of(frame: pd.DataFrame) -> FloatArray:
    """Give numbers and indicators of words, standardised."""
    wide = pd.get_dummies(frame.fillna(frame.median(numeric_only=True)), dtype=float)
    return common.standardised(wide.to_numpy(dtype=np.float64))


def moves_of(frame: pd.DataFrame, first: tuple[str, ...]) -> list[str]:
    """Name the columns to move along."""
    numbers = frame.select_dtypes("number")
    others = [str(c) for c in numbers if numbers[c].nunique() >= 20 and c not in first]
    return [*first, *others][:COLUMNS]


def split(column: pd.Series, kind: str, rng: Any) -> tuple[Any, Any]:
    """Divide rows into those of here and there: overlapping, or the upper quarter cut off."""
    rank = column.rank(pct=True, method="average").fillna(0.5).to_numpy()
    if kind == "cut":
        away = rank > 0.75
    else:
        away = rng.random(len(rank)) < expit(STEEP * (rank - 0.5) * (1 if kind == "up" else -1))
    return tuple(rng.permutation(np.flatnonzero(each)) for each in (~away, away))


def weighted(r: FloatArray, error: FloatArray) -> tuple[float, float]:
    """Give the mean under weights and its standard error."""
    mean = float(r @ error / r.sum())
    return mean, float(np.std(r / r.mean() * (error - mean)) / np.sqrt(len(error)))


def raw_ratio(old: FloatArray, new: FloatArray, rng: Any) -> FloatArray:
    """Give the ratio of densities by a logistic regression of the prepared columns."""
    from contextures.shift.density import coordinate_ratio

    found = coordinate_ratio(old, new, np.ones(old.shape[1]), random_state=rng)
    return found.reference


def residual_model(seed: int) -> Any:
    """Make what predicts a loss from a row."""
    return HistGradientBoostingRegressor(
        max_iter=100, learning_rate=0.05, max_leaf_nodes=8, min_samples_leaf=20, random_state=seed
    )


def predictions(
    error: FloatArray, old: FloatArray, new: FloatArray, ratios: dict[str, FloatArray], seed: int
) -> dict[str, tuple[float, float]]:
    """Predict the mean loss of the new rows in each way, with standard errors."""
    folds = KFold(5, shuffle=True, random_state=seed)
    out = cross_val_predict(residual_model(seed), old, error, cv=folds)
    there = residual_model(seed).fit(old, error).predict(new)
    rest = error - out
    told = {f"weights, {name}": weighted(r, error) for name, r in ratios.items()}
    told["loss model"] = (
        float(there.mean()),
        float(np.hypot(there.std() / np.sqrt(len(there)), rest.std() / np.sqrt(len(rest)))),
    )
    for name, r in ratios.items():
        more, noise = weighted(r, rest)
        told[f"doubly robust, {name}"] = (
            float(there.mean()) + more,
            float(np.hypot(there.std() / np.sqrt(len(there)), noise)),
        )
    return told


def losses(ledger: Ledger, data: Path, quick: bool, repeats: int) -> None:
    """Predict losses in populations that were moved to along a column."""
    from contextures import SpectralEncoder
    from contextures.contexts import KNNContext
    from contextures.shift import density_ratio

    def once(name: str, column: str, kind: str, repeat: int) -> dict[str, Any]:
        rng = np.random.default_rng(repeat)
        frame = pd.read_parquet(data / f"{name}.parquet")
        target = frame.iloc[:, -1]
        sharp = not pd.api.types.is_numeric_dtype(target)
        y = pd.factorize(target)[0] if sharp else target.to_numpy(dtype=float)
        X = columns_of(frame.iloc[:, :-1])
        here, there = split(frame[column], kind, rng)
        train, held = np.array_split(here[: 2 * MOST], 2)
        new = there[:MOST]
        d = min(32, len(train) // 8)
        encoder = SpectralEncoder(KNNContext(30), n_components=d).fit(X[train])
        some = {"train": train, "held": held, "new": new}
        Z = {key: encoder.transform(X[rows]) for key, rows in some.items()}
        model: Any = LogisticRegression(max_iter=1000) if sharp else RidgeCV(np.logspace(-2, 4, 13))
        model.fit(Z["train"], y[train])
        scale = 1.0 if sharp else float(y[train].var())
        errors = {
            key: (model.predict(Z[key]) != y[rows]).astype(float)
            if sharp
            else (model.predict(Z[key]) - y[rows]) ** 2 / scale
            for key, rows in some.items()
        }
        own = {
            key: model.predict_proba(Z[key]) if sharp else model.predict(Z[key])[:, None]
            for key in ("held", "new")
        }
        ratio = density_ratio(encoder, X[held], X[new], fitted=False, random_state=repeat)
        ratios = {
            "coordinates": ratio.reference,
            "columns": raw_ratio(X[held], X[new], np.random.RandomState(repeat)),
        }
        old, moved = (np.hstack([X[some[key]], own[key]]) for key in ("held", "new"))
        told = predictions(errors["held"], old, moved, ratios, repeat)
        few = errors["new"][rng.permutation(len(new))[:30]]
        told["30 labels"] = (float(few.mean()), float(few.std(ddof=1) / np.sqrt(30)))
        return {
            "held_out": float(errors["held"].mean()),
            "held_error": float(errors["held"].std() / np.sqrt(len(held))),
            "true": float(errors["new"].mean()),
            "true_error": float(errors["new"].std() / np.sqrt(len(new))),
            "effective_share": ratio.effective_size / len(held),
            "told": told,
        }

    for name, first in list(TABLES.items())[: 1 if quick else None]:
        frame = pd.read_parquet(data / f"{name}.parquet")
        for column in moves_of(frame.iloc[:, :-1], first)[: 1 if quick else None]:
            for kind in ("up",) if quick else ("up", "down", "cut"):
                for repeat in range(1 if quick else repeats):
                    move = {"table": name, "column": column, "kind": kind}
                    key = {"part": "losses", **move, "repeat": repeat, "quick": quick}
                    ledger.once(key, partial(once, name, column, kind, repeat))


def tell_losses(runs: list[dict[str, Any]]) -> str:
    """Lay out how each prediction goes with the truth, over all moves and the hard ones."""
    blocks = []
    for words, some in (
        ("overlapping", [run for run in runs if run["kind"] != "cut"]),
        ("cut", [run for run in runs if run["kind"] == "cut"]),
        ("all", runs),
    ):
        if len(some) < 3:
            continue
        lines = []
        for way in some[0]["told"]:
            before = np.array([run["held_out"] for run in some])
            true = np.array([run["true"] for run in some])
            value, error = np.array([run["told"][way] for run in some]).T
            # The truth is a mean of rows too.
            wide = np.hypot(error, [run["true_error"] for run in some])
            inside = np.abs(value - true) <= 1.96 * wide
            lines.append(
                [
                    way,
                    f"{np.corrcoef(value - before, true - before)[0, 1]:.2f}",
                    f"{spearmanr(value - before, true - before)[0]:.2f}",
                    f"{np.abs(value - true).mean():.3f}",
                    f"{np.abs(before - true).mean():.3f}",
                    f"{inside.mean():.2f}",
                ]
            )
        head = ["way", "correlation", "of ranks", "error", "error of no change", "coverage"]
        blocks.append(f"{words}, {len(some)} moves\n{common.table(head, lines)}")
    return "\n\n".join(blocks)
