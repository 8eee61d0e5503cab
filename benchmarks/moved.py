"""Losses after a move, predicted without labels there, beside the true ones."""

from __future__ import annotations

from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit
from scipy.stats import spearmanr
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.model_selection import KFold

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
FRESH = ("SpeedDating", "credit-approval", "credit-g", "ionosphere", "segment", "titanic")
"""Tables that no way was chosen on, nor had been looked at before."""
KINDS = {"overlapping": ("up", "down"), "cut": ("cut", "low")}
COLUMNS = 2
MOST = 1000
"""Rows to learn from, held out, and moved to: at most so many of each."""
LEAST = 200, 40
"""Rows here and there: of a small table, or a column with few values, some moves are left out."""
LABELS = 30
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
    """Divide rows into those of here and there: overlapping, or the upper or lower quarter cut."""
    rank = column.rank(pct=True, method="average").fillna(0.5).to_numpy()
    if kind in KINDS["cut"]:
        away = rank > 0.75 if kind == "cut" else rank <= 0.25
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


def predictions(
    error: FloatArray,
    old: FloatArray,
    new: FloatArray,
    ratios: dict[str, FloatArray],
    apart: tuple[FloatArray, FloatArray],
    known: tuple[Any, FloatArray],
    seed: int,
) -> dict[str, tuple[float, float]]:
    """Predict the mean loss of the new rows in each way, with standard errors."""
    from contextures.shift import predicted_loss

    found = predicted_loss(error, old, new, random_state=seed)
    told = {"loss model": (found.value, half(found.interval))}
    beside = predicted_loss(error, old, new, apart=apart, random_state=seed)
    told["loss model, rival"] = beside.value, half(beside.interval)
    rest = error.copy()
    for fit, left in KFold(5, shuffle=True, random_state=seed).split(old):
        rest[left] -= predicted_loss(error[fit], old[fit], old[left], n_folds=2).per_row
    for name, r in ratios.items():
        told[f"weights, {name}"] = weighted(r, error)
        more, noise = weighted(r, rest)
        told[f"doubly robust, {name}"] = (
            found.value + more,
            float(np.hypot(told["loss model"][1], noise)),
        )
    few = known[1]
    told["30 labels"] = float(few.mean()), float(few.std(ddof=1) / np.sqrt(len(few)))
    mended = predicted_loss(error, old, new, known=known, random_state=seed)
    told["loss model, 30 labels"] = mended.value, half(mended.interval)
    return told


def half(interval: tuple[float, float]) -> float:
    """Give the standard error that an interval's upper half stands for."""
    return (interval[1] - interval[0]) / 2 / 1.96


def losses(ledger: Ledger, data: Path, quick: bool, repeats: int) -> None:
    """Predict losses in populations that were moved to along a column."""
    from contextures import SpectralEncoder
    from contextures.contexts import KNNContext
    from contextures.shift import density_ratio, rival_disagreement

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
        apart = rival_disagreement(
            *(y[held], X[held], model.predict(Z["held"])),
            *(X[new], model.predict(Z["new"])),
            kind="classification" if sharp else "regression",
            random_state=repeat,
        )
        apart = apart if sharp else (apart[0] / scale, apart[1] / scale)
        few = rng.permutation(len(new))[:LABELS]
        known = few, errors["new"][few]
        told = predictions(errors["held"], old, moved, ratios, apart, known, repeat)
        return {
            "held_out": float(errors["held"].mean()),
            "held_error": float(errors["held"].std() / np.sqrt(len(held))),
            "true": float(errors["new"].mean()),
            "true_error": float(errors["new"].std() / np.sqrt(len(new))),
            "effective_share": ratio.effective_size / len(held),
            "told": told,
        }

    tables = TABLES | dict.fromkeys(FRESH, ())
    for name, first in list(tables.items())[: 1 if quick else None]:
        frame = pd.read_parquet(data / f"{name}.parquet")
        for column in moves_of(frame.iloc[:, :-1], first)[: 1 if quick else None]:
            for kind in ("up",) if quick else ("up", "down", "cut", "low"):
                for repeat in range(1 if quick else repeats):
                    both = split(frame[column], kind, np.random.default_rng(repeat))
                    if any(len(rows) < least for rows, least in zip(both, LEAST, strict=True)):
                        continue
                    move = {"table": name, "column": column, "kind": kind}
                    key = {"part": "losses", **move, "repeat": repeat, "quick": quick}
                    ledger.once(key, partial(once, name, column, kind, repeat))


def tell_losses(runs: list[dict[str, Any]]) -> str:
    """Lay out how each prediction goes with the truth, on tables chosen on and on the others."""
    blocks = []
    groups = {"first": list(TABLES)[::2], "other": list(TABLES)[1::2], "fresh": FRESH}
    groups["other and fresh"] = [*groups["other"], *FRESH]
    kinds = KINDS | {"all": ("up", "down", "cut", "low")}
    for (name, some_kinds), (which, tables) in product(kinds.items(), groups.items()):
        some = [run for run in runs if run["kind"] in some_kinds and run["table"] in tables]
        if len(some) < 3:
            continue
        before = np.array([run["held_out"] for run in some])
        true = np.array([run["true"] for run in some])
        # The truth is a mean of rows too.
        noise = np.array([run["true_error"] for run in some])
        lines = []
        for way in some[0]["told"]:
            value, error = np.array([run["told"][way] for run in some]).T
            inside = np.abs(value - true) <= 1.96 * np.hypot(error, noise)
            # Of some tables single rows are most of the squared error: logarithms tame them.
            said, logs = (np.log(np.maximum(each, 1e-3) / before) for each in (value, true))
            lines.append(
                [
                    way,
                    f"{np.corrcoef(said, logs)[0, 1]:.2f}",
                    f"{spearmanr(value - before, true - before)[0]:.2f}",
                    f"{np.corrcoef(value - before, true - before)[0, 1]:.2f}",
                    f"{np.median(np.abs(said - logs)):.2f}",
                    f"{inside.mean():.2f}",
                ]
            )
        head = [
            "way",
            "of logarithms",
            "of ranks",
            "plain",
            "median error of logarithm",
            "coverage",
        ]
        nothing = np.median(np.abs(np.log(true / before)))
        blocks.append(
            f"{name}, {which} tables: {len(some)} moves; no change at all errs by "
            f"{nothing:.2f}\n{common.table(head, lines)}"
        )
    return "\n\n".join(blocks)
