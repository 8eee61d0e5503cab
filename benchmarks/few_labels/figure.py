"""Draw scores: ``python -m benchmarks.few_labels.figure LEDGER [LEDGER ...] PICTURE``.

Score against number of labels, from what ``python -m benchmarks.few_labels --results LEDGER``
left, without running anything. Draws that lack a model are left out, for all models.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from examples.common import COLOURS, axes

TABLES = {
    "Contexture": "contextures",
    "tuned LightGBM": "LightGBM, tuned",
    "linear": "logistic or ridge",
    "forest": "random forest",
    "linear + boosting": "mean of linear and boosting",
}
CLUSTERS = {
    "ContextureClassifier": "contextures",
    "logistic": "logistic",
    "forest": "random forest",
    "UMAP + logistic": "UMAP + logistic",
    "Poisson": "Poisson learning",
    "Laplace": "Laplace learning",
}
COLOUR_OF = {
    "Contexture": COLOURS[0],
    "ContextureClassifier": COLOURS[0],
    "tuned LightGBM": COLOURS[1],
    "linear": COLOURS[2],
    "logistic": COLOURS[2],
    "forest": COLOURS[3],
    "linear + boosting": COLOURS[4],
    "UMAP + logistic": COLOURS[5],
    "Poisson": COLOURS[6],
    "Laplace": COLOURS[7],
}
"""By model, the same in both parts."""


def means(
    runs: Sequence[dict[str, Any]], part: str, measured: str, models: Sequence[str]
) -> tuple[dict[int, list[float]], dict[int, int]]:
    """Average scores over draws, then over data, by number of labels.

    Parameters
    ----------
    runs : sequence of dict
        The ledger.
    part, measured : str
        Which part, and which score of it.
    models : sequence of str
        Which models.

    Returns
    -------
    dict of int to list of float
        The models' means.
    dict of int to int
        How many draws the data with the fewest has.
    """
    cells: dict[tuple[int, str, int], dict[str, float]] = {}
    for run in runs:
        if run["part"] == part and run["model"] in models and measured in run:
            key = (run["labels"], run["data"], run["seed"])
            cells.setdefault(key, {})[run["model"]] = run[measured]
    found, least = {}, {}
    for count in sorted({labels for labels, *_ in cells}):
        by_data: dict[str, list[list[float]]] = {}
        for (labels, data, _), scores in cells.items():
            if labels == count and len(scores) == len(models):
                by_data.setdefault(data, []).append([scores[each] for each in models])
        each_mean = [np.mean(draws, axis=0) for draws in by_data.values()]
        found[count] = [float(value) for value in np.mean(each_mean, axis=0)]
        least[count] = min(map(len, by_data.values()))
    return found, least


def draw(runs: Sequence[dict[str, Any]], path: Path) -> None:
    """Draw the parts that were run."""
    known = (
        ("tables", "new", TABLES, "labels", "accuracy or R², new rows"),
        ("clusters", "unlabelled", CLUSTERS, "labels a class", "accuracy, unlabelled rows"),
    )
    parts = [each for each in known if any(run["part"] == each[0] for run in runs)]
    figure, panels = axes(len(parts), width=4.8 * len(parts))
    for panel, (part, measured, models, below, beside) in zip(panels, parts, strict=True):
        found, least = means(runs, part, measured, list(models))
        n_data = len({run["data"] for run in runs if run["part"] == part})
        counts = list(found)
        for place, (model, name) in enumerate(models.items()):
            ours = name == "contextures"
            panel.plot(
                counts,
                [found[count][place] for count in counts],
                marker="o",
                markersize=5 if ours else 3,
                linewidth=2.4 if ours else 1.2,
                color=COLOUR_OF[model],
                label=name,
                zorder=3 if ours else 2,
            )
        panel.set_xscale("log")
        panel.set_xticks(counts, [str(count) for count in counts])
        panel.minorticks_off()
        panel.set(xlabel=below, ylabel=beside)
        draws = min(least.values())
        kind = part if part == "tables" else "clustered data sets"
        panel.set_title(f"{n_data} {kind}, {draws} draw{'s' if draws > 1 else ''}")
        panel.legend()
    figure.savefig(path, dpi=110, facecolor="white")


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit("usage: python -m benchmarks.few_labels.figure LEDGER [LEDGER ...] PICTURE")
    ledgers = [Path(each).read_text(encoding="utf-8") for each in sys.argv[1:-1]]
    lines = [line for ledger in ledgers for line in ledger.splitlines()]
    # A last line may be cut.
    draw([json.loads(line) for line in lines if line.endswith("}")], Path(sys.argv[-1]))
