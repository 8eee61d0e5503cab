"""Does the main job end well on every table of a folder? Seconds, memory, verdict, scores."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import common

SHOWN = ("predictor", "contexture", "raw_linear", "gradient_boosting", "random_forest", "baseline")
QUICK_ROWS = 1_100


def tables(data: Path) -> dict[str, tuple[str, int]]:
    """Give the target and the number of rows of each table that index.json describes."""
    index = json.loads((data / "index.json").read_text(encoding="utf-8"))
    kept = {
        name: (str(entry["target"]), int(entry["rows"]))
        for name, entry in index.items()
        if (data / f"{name}.parquet").is_file()
    }
    return dict(sorted(kept.items(), key=lambda each: each[1][1]))


def fit_once(file: Path, target: str) -> dict[str, Any]:
    """Run the command in its own process; what it said where it failed is the result too."""
    with tempfile.TemporaryDirectory() as name:
        out = Path(name) / "run"
        command = [sys.executable, "-m", "contextures.cli", "fit", str(file)]
        command += ["--target", target, "--out", str(out)]
        started = time.perf_counter()
        with (Path(name) / "said.txt").open("w+", encoding="utf-8") as said:
            process = subprocess.Popen(command, stdout=said, stderr=said)
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            said.seek(0)
            last = said.read().strip().splitlines()[-1:]
        found: dict[str, Any] = {
            "seconds": time.perf_counter() - started,
            "processor": used.ru_utime + used.ru_stime,
            "memory": used.ru_maxrss * 1024 / 1e9,
            "code": process.returncode,
        }
        if process.returncode:
            return found | {"said": "".join(last)}
        metrics = json.loads((out / "metrics.json").read_text(encoding="utf-8"))
    scores = {key: metrics["scores"][key]["score"] for key in SHOWN if key in metrics["scores"]}
    return found | {
        "verdict": metrics["verdict"],
        "metric": metrics["metric"],
        "scores": scores,
        "n_components": metrics["n_components"],
        "probe_n_components": metrics["probe_n_components"],
    }


def lay_out(found: dict[str, dict[str, Any]], sizes: dict[str, tuple[str, int]]) -> str:
    """One row a table."""
    rows = []
    for name, got in found.items():
        cells: list[object] = [name, f"{sizes[name][1]:,}", f"{got['seconds']:.0f}"]
        cells += [f"{got['processor']:.0f}", f"{got['memory']:.2f}"]
        if got["code"]:
            rows.append([*cells, f"exit code {got['code']}: {got['said']}", *[""] * 7])
            continue
        scores = (f"{got['scores'][key]:.3f}" if key in got["scores"] else "" for key in SHOWN)
        rows.append([*cells, got["verdict"], got["metric"], *scores])
    head = ["table", "rows", "seconds", "processor", "GB", "verdict", "metric"]
    head += [key.replace("_", " ") for key in SHOWN]
    failed = sum(bool(got["code"]) for got in found.values())
    best = sum(
        got["scores"].get("predictor", -9) >= max(got["scores"].values())
        for got in found.values()
        if not got["code"]
    )
    return common.table(head, rows) + (
        f"\n\n{len(found) - failed} of {len(found)} ended well; the predictor is at or above all "
        f"the others in {best}."
    )


def main() -> None:
    """Run what is missing, and print."""
    parser = common.parser(__doc__ or "", data=True)
    parser.add_argument("--results", type=Path, help="go on from this file of finished tables")
    parser.add_argument("--tables", nargs="+", help="these only")
    options = parser.parse_args()
    if options.data is None:
        parser.error("--data is the folder of the tables and their index.json")
    sizes = tables(options.data)
    names = options.tables or list(sizes)
    if options.quick:
        names = [name for name in names if sizes[name][1] <= QUICK_ROWS][:3]
    ledger = common.Ledger(options.results)
    found = {
        name: ledger.once(
            {"table": name},
            partial(fit_once, options.data / f"{name}.parquet", sizes[name][0]),
        )
        for name in names
    }
    common.show(lay_out(found, sizes), options.json, found)


if __name__ == "__main__":
    main()
