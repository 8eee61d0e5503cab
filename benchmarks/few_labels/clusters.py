"""Clustered data: 1 to 50 labels a class, on unlabelled rows and new ones."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import common
from benchmarks.few_labels import rivals, sources
from benchmarks.few_labels.scoring import measure, spread, verdict

OURS = "ContextureClassifier"
REVIEWERS = ("LapRLS", "distilled spreading")
"""Asked for by reviewers of the paper; not among the rivals that cells are won against."""


def run(ledger: common.Ledger, data: Path, options: Any) -> str:
    """Run what is missing, and lay out a table: a row for each data set and number of labels."""
    names = options.tables or sources.CLUSTERED
    counts, draws = options.labels or (1, 5, 10, 50), options.draws
    if options.quick:
        names, counts, draws = names[:1], counts[1:2], 2
    rows, levels = [], []
    for name in names:
        for count in counts:
            found = _cell(ledger, data, name, count, draws)
            rivals_here = {k: v for k, v in found.items() if k not in (OURS, "STKRClassifier")}
            compared = {k: v for k, v in rivals_here.items() if k not in REVIEWERS}
            best = max(compared, key=lambda each: np.mean(compared[each]["unlabelled"]))
            ours = found[OURS]
            gap = np.mean(ours["unlabelled"]) - np.mean(compared[best]["unlabelled"])
            outcome = verdict(ours["unlabelled"], compared[best]["unlabelled"])
            levels.append((gap, outcome, np.mean(ours["new"]) - np.mean(ours["unlabelled"])))
            rows.append(
                [
                    name,
                    count,
                    spread(ours["unlabelled"]),
                    spread(found["STKRClassifier"]["unlabelled"]),
                    f"{np.mean(ours['new']):.3f}",
                    f"{best} {spread(compared[best]['unlabelled'])}",
                    f"{gap:+.3f} ({outcome})",
                    *(f"{np.mean(rivals_here[each]['unlabelled']):.3f}" for each in REVIEWERS),
                    f"{np.mean(ours['calibration']):.3f}",
                ]
            )
    head = ["data", "labels a class", "ContextureClassifier", "STKRClassifier", "new rows"]
    head += ["best rival", "against it", *REVIEWERS, "calibration error"]
    above = sum(gap >= 0 for gap, _, _ in levels)
    worst = min(gap for gap, _, _ in levels)
    losses = sum(outcome == "loss" for _, outcome, _ in levels)
    farthest = max(abs(each) for *_, each in levels)
    return common.table(head, rows) + (
        f"\n\nAt or above the best rival in {above} of {len(levels)} cells, worst {worst:+.3f}, "
        f"{losses} by more than one standard error; new rows within {farthest:.3f} of fitted ones."
    )


def _cell(ledger: common.Ledger, data: Path, name: str, count: int, draws: int) -> dict[str, Any]:
    found: dict[str, dict[str, list[float]]] = {}
    for seed in range(draws):
        for model, fit in rivals.CLUSTER_MODELS.items():
            key = {"part": "clusters", "data": name, "labels": count, "seed": seed, "model": model}
            result = ledger.once(key, partial(_once, fit, data, name, count, seed))
            for measured in ("unlabelled", "new", "calibration"):
                if measured in result:
                    found.setdefault(model, {}).setdefault(measured, []).append(result[measured])
    return found


def _once(fit: Any, data: Path, name: str, count: int, seed: int) -> dict[str, Any]:
    return measure(fit, sources.draw_clustered(data, name, count, seed))
