"""Does the score rise with unlabelled rows? From 250 of them to all there are."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import common
from benchmarks.few_labels import rivals, sources
from benchmarks.few_labels.scoring import measure, spread

DATA = ("optdigits", "mnist_10k", "splice", "kin8nm", "adult")
ROWS = (250, 1000, 4000, 16_000, 50_000)
LABELS = 50


def run(ledger: common.Ledger, data: Path, options: Any) -> str:
    """Run what is missing, and lay out a table: new rows' scores by the number of fitted rows."""
    names, sizes = options.tables or DATA, ROWS
    if options.quick:
        names, sizes = names[:1], sizes[:2]
    rows = []
    for name in names:
        cells = [name]
        for size in sizes:
            found = [
                ledger.once(
                    {"part": "curve", "data": name, "rows": size, "seed": seed},
                    partial(_once, data, name, size, seed),
                )
                for seed in range(min(options.draws, 3))
            ]
            kept = [each for each in found if "new" in each]
            cells.append(spread([each["new"] for each in kept]) if kept else "-")
        rows.append(cells)
    return common.table([f"data, {LABELS} labels", *(f"{size:,} rows" for size in sizes)], rows)


def _once(data: Path, name: str, size: int, seed: int) -> dict[str, Any]:
    draw = _draw(data, name, size, seed)
    return {} if draw is None else measure(rivals.contexture, draw)


def _draw(data: Path, name: str, size: int, seed: int) -> sources.Draw | None:
    """Draw the same labelled and new rows for every size, and so many rows with them."""
    if name in sources.CLUSTERED:
        X, y = sources.clustered(data, name)
        whole = sources.Draw(X, X[:0], y, y[:0], np.arange(0), classes=True)
    else:
        whole = sources.draw_table(data, name, LABELS, seed, n_rows=10**9)
        X = np.concatenate([whole.rows, whole.new])
        y = np.concatenate([whole.truth, whole.new_truth])
    order = np.random.default_rng(seed).permutation(len(y))
    new, others = order[:1000], order[1000:]
    if len(others) < size and len(others) <= ROWS[ROWS.index(size) - 1]:
        return None
    rows = others[:size]
    return sources.Draw(X[rows], X[new], y[rows], y[new], np.arange(LABELS), whole.classes)
