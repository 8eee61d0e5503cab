"""Every table: 20 to 200 labels, wins, losses and ties against each rival."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import common
from benchmarks.few_labels import rivals, sources
from benchmarks.few_labels.scoring import measure, verdict

OURS = "Contexture"


def run(ledger: common.Ledger, data: Path, options: Any) -> str:
    """Run what is missing, and lay out two tables: outcomes, and every score."""
    names = options.tables or sources.tables(data)
    counts, draws = options.labels or (20, 50, 100, 200), options.draws
    if options.quick:
        names, counts, draws = names[:2], counts[:1], 2
    cells = {
        (name, count): _cell(ledger, data, name, count, draws, options.rows)
        for name in names
        for count in counts
    }
    outcomes = []
    for rival in list(rivals.TABLE_MODELS)[1:]:
        row = [rival]
        for count in counts:
            pairs = [
                (cells[name, count][OURS]["new"], cells[name, count][rival]["new"])
                for name in names
            ]
            said = [verdict(*pair) for pair in pairs]
            numbers = "-".join(str(said.count(each)) for each in ("win", "loss", "tie"))
            mean = np.mean([np.mean(ours) - np.mean(theirs) for ours, theirs in pairs])
            row.append(f"{numbers} ({mean:+.3f})")
        outcomes.append(row)
    head = ["rival", *(f"{count} labels" for count in counts)]
    text = common.table(head, outcomes) + "\n\n" + _uncertainty(cells, counts)
    rows = [
        [
            name,
            count,
            *(f"{np.mean(cells[name, count][each]['new']):.3f}" for each in rivals.TABLE_MODELS),
        ]
        for name, count in cells
    ]
    return text + "\n\n" + common.table(["table", "labels", *rivals.TABLE_MODELS], rows)


def _uncertainty(cells: dict[Any, Any], counts: Any) -> str:
    rows = []
    for what, said in (("calibration", "calibration error"), ("covered", "90 % intervals cover")):
        row = [said]
        for count in counts:
            found = [
                np.mean(cell[OURS][what])
                for (_, each), cell in cells.items()
                if each == count and what in cell[OURS]
            ]
            mean = f"{np.mean(found):.3f} ({min(found):.2f} to {max(found):.2f})" if found else "-"
            row.append(mean)
        rows.append(row)
    return common.table(["on new rows", *(f"{count} labels" for count in counts)], rows)


def _cell(
    ledger: common.Ledger, data: Path, name: str, count: int, draws: int, n_rows: int
) -> dict[str, Any]:
    found: dict[str, dict[str, list[float]]] = {}
    for seed in range(draws):
        for model, fit in rivals.TABLE_MODELS.items():
            key = {"part": "tables", "data": name, "labels": count, "seed": seed}
            key |= {"rows": n_rows, "model": model}
            result = ledger.once(key, partial(_once, fit, data, name, count, seed, n_rows))
            for measured in ("new", "unlabelled", "calibration", "covered"):
                if measured in result:
                    found.setdefault(model, {}).setdefault(measured, []).append(result[measured])
    return found


def _once(fit: Any, data: Path, name: str, count: int, seed: int, n_rows: int) -> dict[str, Any]:
    return measure(fit, sources.draw_table(data, name, count, seed, n_rows))
