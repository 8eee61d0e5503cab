"""What is the representation worth on real tables, beside a linear model and boosting?"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import common

TABLES = (
    "abalone",
    "adult",
    "california_housing",
    "concrete",
    "credit-g",
    "kin8nm",
    "segment",
    "titanic",
)
KEYS = (
    "contexture",
    "contexture_plus_raw",
    "raw_linear",
    "gradient_boosting",
    "random_forest",
    "baseline",
)


def one(data: Path, name: str, target: str, seed: int, encoder: str, score: str) -> dict[str, Any]:
    """Do the main job on one table."""
    from contextures.data import read_table
    from contextures.runs import FitOptions, fit_table

    table = read_table(data / f"{name}.parquet")
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        options = FitOptions(target=target, seed=seed, encoder=encoder, score=score)
        result = fit_table(table, Path(folder) / "run", options)
    return {"seconds": time.perf_counter() - started, **result.metrics}


def main() -> None:
    """Run and print."""
    arguments = common.parser(__doc__ or "", data=True)
    arguments.add_argument("--tables", nargs="+", help="their names")
    arguments.add_argument("--seeds", type=int, help="how many, from 0 on; three by default")
    arguments.add_argument("--encoder", default="auto", help="auto, spectral, ritz or neural")
    arguments.add_argument("--score", default="auto", help="auto, pseudo or tau")
    options = arguments.parse_args()
    if options.data is None:
        arguments.error("--data is needed: a folder of NAME.parquet with an index.json")
    index = json.loads((options.data / "index.json").read_text(encoding="utf-8"))
    described = index if isinstance(index, dict) else {entry["name"]: entry for entry in index}
    names = options.tables or (("concrete",) if options.quick else TABLES)
    seeds = options.seeds or (1 if options.quick else 3)
    numbers: dict[str, list[dict[str, Any]]] = {}
    rows = []
    for name in names:
        found = []
        for seed in range(seeds):
            target = described[name]["target"]
            found.append(one(options.data, name, target, seed, options.encoder, options.score))
            print(f"{name} seed {seed}: {found[-1]['seconds']:.0f} s", file=sys.stderr)
        numbers[name] = found
        cells = []
        for key in KEYS:
            scores = [run["scores"][key]["score"] for run in found]
            low, high = found[0]["scores"][key]["interval"]
            cells.append(f"{np.mean(scores):.3f} ± {np.std(scores):.3f} [{low:.3f}, {high:.3f}]")
        contexts = ", ".join(dict.fromkeys(run["context"] for run in found))
        seconds = np.median([run["seconds"] for run in found])
        rows.append([name, found[0]["metric"], *cells, contexts, f"{seconds:.0f}"])
    head = ["table", "score", *(key.replace("_", " ") for key in KEYS), "context", "seconds"]
    common.show(common.table(head, rows), options.json, numbers)


if __name__ == "__main__":
    main()
