"""How far do a few labels a class go, on unlabelled rows and on new ones?"""

from __future__ import annotations

import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.semi_supervised import LabelSpreading

from benchmarks import common
from contextures.exceptions import ContextWarning
from contextures.regression import STKRClassifier, default_context

ROWS, NEW = 1500, 1000
"""Rows that are fitted, and new ones, of each draw."""

MEASURES = ("unlabelled", "new", "log_loss", "seconds")

SCALED = ("segment", "vehicle")
"""Tables whose columns have units of their own; pixels have one for all."""


def read(data: Path, name: str) -> tuple[NDArray[Any], NDArray[Any]]:
    """Read the numeric features of a table, and its classes as numbers."""
    import pandas as pd

    frame = pd.read_parquet(data / f"{name}.parquet")
    X = frame.iloc[:, :-1].select_dtypes("number").to_numpy(dtype=np.float64)
    y = np.unique(frame.iloc[:, -1].astype(str), return_inverse=True)[1]
    return (common.standardised(X) if name in SCALED else X), y


def models(n: int) -> dict[str, Any]:
    """Make the contenders for n rows."""
    fixed = {"spectral_transform": "inverse-laplacian:0.999", "alpha": 1.0}
    neighbours = default_context(n).n_neighbors
    return {
        "auto": STKRClassifier(),
        "fixed setting": STKRClassifier(**fixed),
        "fixed, propagated": STKRClassifier(**fixed, solver="propagation"),
        "label spreading": LabelSpreading(kernel="knn", n_neighbors=neighbours, max_iter=200),
        "logistic": make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000)),
    }


def draw(
    X: NDArray[Any], y: NDArray[Any], labels: int, seed: int, n_rows: int
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Draw rows to fit, their labels with all but a few a class hidden, and new rows."""
    order = np.random.default_rng(seed).permutation(len(y))
    rows, new = order[:n_rows], order[n_rows : n_rows + NEW]
    known = np.full(len(rows), -1)
    for each in np.unique(y):
        known[np.flatnonzero(y[rows] == each)[:labels]] = each
    return rows, new, known


def measure(data: Path, name: str, labels: int, seed: int, n_rows: int, model: str) -> Any:
    """Fit one model to one draw."""
    X, y = read(data, name)
    rows, new, known = draw(X, y, labels, seed, n_rows)
    hidden, fitted = known < 0, models(len(rows))[model]
    started = time.perf_counter()
    if model == "logistic":
        fitted.fit(X[rows][~hidden], known[~hidden])
    else:
        fitted.fit(X[rows], known)
    seconds = time.perf_counter() - started
    chances = np.clip(np.nan_to_num(fitted.predict_proba(X[new])), 1e-6, 1)
    return {
        "unlabelled": float(np.mean(fitted.predict(X[rows][hidden]) == y[rows][hidden])),
        "new": float(np.mean(fitted.predict(X[new]) == y[new])),
        "log_loss": float(-np.mean(np.log(chances[np.arange(len(new)), y[new]]))),
        "seconds": seconds,
    }


def once(ledger: common.Ledger, data: Path, *run: Any) -> dict[str, Any]:
    """Measure a run that is not in the ledger yet."""
    key = dict(zip(("table", "labels", "seed", "n", "model"), run, strict=True))
    return ledger.once(key, lambda: measure(data, *run))


def main() -> None:
    """Run and print."""
    arguments = common.parser(__doc__ or "", data=True)
    arguments.add_argument("--results", type=Path, help="JSON lines to go on from and add to")
    arguments.add_argument("--tables", nargs="+", default=["optdigits", "segment", "vehicle"])
    arguments.add_argument("--labels", nargs="+", type=int, default=[1, 5, 10, 50])
    arguments.add_argument("--draws", type=int, default=5)
    arguments.add_argument("--rows", type=int, default=ROWS)
    options = arguments.parse_args()
    if options.data is None:
        arguments.error("--data is needed: a folder of NAME.parquet files")
    if options.quick:
        options.tables, options.labels, options.draws = options.tables[:1], [5], 1
    warnings.simplefilter("ignore", ContextWarning)
    ledger, rows = common.Ledger(options.results), []
    for name in options.tables:
        n_rows = min(options.rows, int(0.6 * len(read(options.data, name)[1])))
        for labels in options.labels:
            for model in models(n_rows):
                found = [
                    once(ledger, options.data, name, labels, seed, n_rows, model)
                    for seed in range(options.draws)
                ]
                mean = {key: np.mean([each[key] for each in found]) for key in MEASURES}
                rows.append([name, str(labels), model, *(f"{mean[key]:.3f}" for key in MEASURES)])
    head = ["table", "labels a class", "model", "unlabelled", "new rows", "log-loss", "seconds"]
    common.show(common.table(head, rows), options.json, ledger.runs)


if __name__ == "__main__":
    main()
