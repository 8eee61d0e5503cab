"""CVaR of zero-one losses: one classifier, many that are weighed evenly, many by the program."""

from __future__ import annotations

from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split
from sklearn.tree import DecisionTreeClassifier

from benchmarks import common
from benchmarks.common import Ledger
from benchmarks.moved import columns_of

TABLES = ("compas", "adult", "spambase")
ALPHAS = (0.01, 0.05, 0.1, 0.2, 0.3, 0.5)
MOST, MODELS = 6000, 30


def boosted(ledger: Ledger, data: Path, quick: bool, repeats: int) -> None:
    """Fit once for all shares, and take CVaR on held-out and on new rows."""
    from contextures.shift import BoostedCVaRClassifier, cvar

    def once(name: str, repeat: int, depth: int) -> dict[str, Any]:
        rng = np.random.RandomState(repeat)
        frame = pd.read_parquet(data / f"{name}.parquet")
        if len(frame) > MOST:
            frame = frame.sample(MOST, random_state=rng)
        y = pd.factorize(frame.iloc[:, -1], sort=True)[0]
        X = columns_of(frame.iloc[:, :-1])
        fit, test = train_test_split(np.arange(len(y)), test_size=0.3, random_state=rng, stratify=y)
        tree = DecisionTreeClassifier(max_depth=depth)
        model = BoostedCVaRClassifier(
            tree, n_estimators=5 if quick else MODELS, validation_fraction=0.3, random_state=rng
        )
        model.fit(X[fit], y[fit])
        wrong = {
            "validation": model.validation_losses_,
            "test": np.array([each.predict(X[test]) != y[test] for each in model.estimators_]),
        }
        told: dict[str, Any] = {}
        for alpha, program in zip(ALPHAS, model.weights_for(ALPHAS), strict=True):
            even = np.full(len(program), 1 / len(program))
            for rows, losses in wrong.items():
                found = {
                    "ERM": losses[0].astype(float),
                    "even": even @ losses,
                    "boosted": program @ losses,
                }
                told[f"{alpha} {rows}"] = {key: cvar(each, alpha) for key, each in found.items()}
        return {"told": told}

    for name, repeat, depth in product(TABLES, range(1 if quick else repeats), (3, 8)):
        key = {"part": "boosted", "table": name, "depth": depth, "repeat": repeat, "quick": quick}
        ledger.once(key, partial(once, name, repeat, depth))


def tell_boosted(runs: list[dict[str, Any]]) -> str:
    """Lay out means and standard deviations over repeats."""
    lines = []
    cases = dict.fromkeys((run["table"], run["depth"]) for run in runs)
    for (name, depth), alpha in product(cases, ALPHAS):
        some = [run for run in runs if (run["table"], run["depth"]) == (name, depth)]
        cells = []
        for rows, way in product(("validation", "test"), ("ERM", "even", "boosted")):
            values = [run["told"][f"{alpha} {rows}"][way] for run in some]
            cells.append(f"{np.mean(values):.3f} ± {np.std(values):.3f}")
        above = max(
            run["told"][f"{alpha} validation"]["boosted"]
            - run["told"][f"{alpha} validation"]["ERM"]
            for run in some
        )
        lines.append([name, depth, alpha, *cells, f"{above:.3f}", len(some)])
    head = ["table", "depth", "alpha"]
    head += [f"{r}: {w}" for r in ("validation", "test") for w in ("ERM", "even", "boosted")]
    return common.table([*head, "most above ERM", "repeats"], lines)
