"""Seconds and memory: the estimator given its data, and propagation given the neighbours."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import common
from contextures import ContextureClassifier
from contextures.contexts import KNNContext
from contextures.regression import InverseLaplacian
from contextures.regression.propagation import PropagatedKernel
from contextures.spectrum.cells import cells_of

MILLION = 1_000_000


def run(ledger: common.Ledger, data: Path, options: Any) -> str:
    """Run what is missing; ``--quick`` propagates over 20,000 rows."""
    n = 20_000 if options.quick else MILLION
    pool = ledger.once({"part": "cost", "what": "pool"}, _pool)
    many = ledger.once({"part": "cost", "what": "propagation", "rows": n}, partial(_propagate, n))
    rows = [
        [
            "ContextureClassifier, 5,000 rows x 20, 200 labels: fit",
            f"{pool['fit']:.1f} s",
            f"{pool['busy fit']:.1f} s",
        ],
        [
            "the same: 5,000 rows predicted",
            f"{pool['predict']:.1f} s",
            f"{pool['busy predict']:.1f} s",
        ],
        [
            f"propagation, {n:,} rows, K = 10, ten classes",
            f"{many['seconds']:.0f} s",
            f"{many['busy']:.0f} s",
        ],
        ["the same: peak memory of the process", f"{many['memory']:.2f} GB", ""],
        ["the same: products per second, of scipy's own", f"{many['share']:.2f}", ""],
    ]
    return common.table(["what", "cost", "processor time"], rows)


def _pool() -> dict[str, Any]:
    X = common.synthetic(5000)
    y = np.where(np.arange(5000) < 200, X[:, 0] + X[:, 1] > 0, -1)
    started, busy = time.perf_counter(), time.process_time()
    model = ContextureClassifier().fit(X, y)
    middle, busy_fit = time.perf_counter(), time.process_time() - busy
    model.predict(X)
    return {
        "fit": middle - started,
        "predict": time.perf_counter() - middle,
        "busy fit": busy_fit,
        "busy predict": time.process_time() - busy - busy_fit,
    }


def _propagate(n: int) -> dict[str, Any]:
    """Spread ten labels a class over a ring of clusters, whose neighbours are quick to find."""
    rng = np.random.default_rng(0)
    classes = rng.integers(10, size=n)
    angle = 2 * np.pi * (classes + rng.normal(scale=0.15, size=n)) / 10
    X = np.column_stack([np.cos(angle), np.sin(angle)]) + rng.normal(scale=0.02, size=(n, 2))
    context = KNNContext(n_neighbors=10).fit(X)
    labelled = np.concatenate([np.flatnonzero(classes == each)[:10] for each in range(10)])
    started, busy = time.perf_counter(), time.process_time()
    kernel = PropagatedKernel(context)
    targets, weights = np.eye(10)[classes[labelled]], np.ones(len(labelled))
    found = kernel.ridge(InverseLaplacian(0.999), 1.0, labelled, targets, weights)
    values = kernel.at(found, np.arange(n))
    seconds, busy = time.perf_counter() - started, time.process_time() - busy
    memory = common.peak_memory()
    operator, cells = kernel._operator, cells_of(kernel._operator)
    assert cells is not None  # so many rows of a sparse context always have them
    block = rng.normal(size=(operator.shape[1], 10))
    own = _rate(lambda: operator.scaled.T @ (operator.scaled @ block))
    return {
        "seconds": seconds,
        "busy": busy,
        "accuracy": float(np.mean(values.argmax(axis=1) == classes)),
        "memory": memory,
        "share": own / _rate(lambda: cells.product(block)),
    }


def _rate(product: Any) -> float:
    """Time a product, the best of five."""
    times = []
    for _ in range(5):
        started = time.perf_counter()
        product()
        times.append(time.perf_counter() - started)
    return min(times)
