"""What does one row cost, once a run is loaded and from a cold start?"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import contextures
from benchmarks import common
from benchmarks.few_labels.sources import described
from contextures.data import demo_table
from contextures.runs import FitOptions, fit_table

REAL = ("abalone", "credit-g")


def measure(frame: pd.DataFrame, target: str, repeats: int) -> dict[str, list[float]]:
    """Fit a run; time single rows of it, in milliseconds, and cold commands, in seconds."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = str(fit_table(frame, folder / "run", FitOptions(target=target)).folder)
        rows = [pd.DataFrame([frame.iloc[i].to_dict()]) for i in range(repeats)]
        rows[0].to_parquet(folder / "row.parquet")
        cold = {
            f"{what}, cold, seconds": _commands([what, made, str(folder / "row.parquet")], folder)
            for what in ("embed", "predict")
        }
        run = contextures.load_run(made)
        return {
            "embed a row, ms": _each(run.transform, rows),
            "predict a row, ms": _each(run.predict, rows),
            **cold,
        }


def _each(ask: Callable[[Any], Any], rows: list[pd.DataFrame]) -> list[float]:
    """Time every row, after the first have warmed up what is remembered."""
    for row in rows[:20]:
        ask(row)
    found = []
    for row in rows:
        started = time.perf_counter()
        ask(row)
        found.append(1e3 * (time.perf_counter() - started))
    return found


def _commands(arguments: list[str], folder: Path) -> list[float]:
    found = []
    for turn in range(5):
        out = ["--out", str(folder / f"{arguments[0]}{turn}.parquet")]
        started = time.perf_counter()
        command = [sys.executable, "-m", "contextures.cli", *arguments, *out]
        subprocess.run(command, capture_output=True, check=True)
        found.append(time.perf_counter() - started)
    return found


def main() -> None:
    """Run and print."""
    arguments = common.parser(__doc__ or "", data=True)
    arguments.add_argument("--rows", type=int, default=1000, help="rows that are fitted")
    options = arguments.parse_args()
    tables = {}
    read = demo_table()
    tables["breast_cancer"] = (read.frame, "diagnosis")
    for name in REAL if options.data and not options.quick else ():
        frame = pd.read_parquet(options.data / f"{name}.parquet").head(options.rows)
        tables[name] = (frame, described(options.data)[name]["target"])
    repeats = 30 if options.quick else 200
    found = {name: measure(*each, repeats) for name, each in tables.items()}
    rows = [
        [
            name,
            what,
            f"{np.median(times):.3g}",
            *(f"{q:.3g}" for q in np.quantile(times, [0, 0.95])),
        ]
        for name, each in found.items()
        for what, times in each.items()
    ]
    common.show(
        common.table(["table", "what", "median", "least", "95 %"], rows), options.json, found
    )


if __name__ == "__main__":
    main()
