"""What the benchmarks of the papers' figures share: their options and what they write."""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import common


def parser(description: str, seeds: int) -> argparse.ArgumentParser:
    """Make the argument parser of a figure's benchmark."""
    made = argparse.ArgumentParser(description=description)
    made.add_argument(
        "--data", type=Path, required=True, help="folder of NAME.parquet, target last"
    )
    made.add_argument("--out", type=Path, required=True, help="folder for CSV, JSON and the figure")
    made.add_argument("--quick", action="store_true", help="a small version, to try it out")
    made.add_argument("--seeds", type=int, default=seeds, help="how many, from 0 on")
    made.add_argument("--results", type=Path, help="JSON lines to go on from and add to")
    return made


def axes(rows: int, columns: int) -> tuple[Any, Any]:
    """Make a figure and its grid of axes."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.5 * columns, 3.4 * rows), layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=False)


def write(
    out: Path, name: str, rows: Sequence[dict[str, Any]], runs: Sequence[Any], figure: Any
) -> None:
    """Write a table as CSV, the runs behind it as JSON, and the figure."""
    out.mkdir(parents=True, exist_ok=True)
    with (out / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    (out / f"{name}.json").write_text(json.dumps(runs, indent=1) + "\n", encoding="utf-8")
    figure.savefig(out / f"{name}.png", dpi=120)


def spread(values: Any, digits: int = 3) -> str:
    """Give the mean and the standard deviation over seeds."""
    return f"{np.mean(values):.{digits}f} ± {np.std(values):.{digits}f}"


def shown(rows: Sequence[dict[str, Any]]) -> str:
    """Lay out rows of named cells as a Markdown table."""
    return common.table(list(rows[0]), [list(row.values()) for row in rows])
