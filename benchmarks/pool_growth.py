"""What does the pool take, in time and memory, as labels grow, beside tuning boosting on them?"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import common
from benchmarks.tuned_boosting import Split, tuned
from benchmarks.waiting import table

SHAPES = ("2400x12", "20000x12")
QUICK = ("400x6", "800x6")


def drawn(shape: str, *, classes: bool) -> Split:
    """Make a table, 60 % of it to train, 15 % to validate and 25 % to test."""
    n, p = (int(each) for each in shape.split("x"))
    frame = table(n, p, np.random.default_rng(0))
    X, y = frame.drop(columns="y").to_numpy(), frame["y"].to_numpy()
    truth = np.digitize(y, np.quantile(y, [1 / 3, 2 / 3])) if classes else y
    return Split(X, truth, int(0.6 * n), int(0.75 * n), classes)


def one(shape: str, what: str, *, classes: bool) -> dict[str, Any]:
    """Fit the pool at an effort, or tune the rival, in this process; test rows are predicted."""
    from contextures import ContextureClassifier, ContextureRegressor

    split = drawn(shape, classes=classes)
    started, busy = time.perf_counter(), time.process_time()
    if what == "tuned":
        values, _ = tuned(split)
    else:
        kind: Any = ContextureClassifier if classes else ContextureRegressor
        model = kind(effort=what, random_state=0).fit(
            split.X[: split.n_fit], split.y[: split.n_fit]
        )
        asked = model.predict_proba if classes else model.predict
        values = np.asarray(asked(split.X[split.n_fit :]))
    return {
        "shape": shape,
        "what": what,
        "seconds": time.perf_counter() - started,
        "busy": time.process_time() - busy,
        "memory": common.peak_memory(),
        "score": float(split.scores(values, split.y[split.n_fit :]).mean()),
    }


def main() -> None:
    """Run and print."""
    arguments = common.parser(__doc__ or "")
    arguments.add_argument("--shapes", nargs="+", help="rows x columns, such as 20000x12")
    arguments.add_argument(
        "--what", nargs="+", default=["default", "tuned"], help="fast, default, best or tuned"
    )
    arguments.add_argument("--classes", action="store_true", help="three classes, not numbers")
    arguments.add_argument("--rivals", type=Path, help="a folder with further packages")
    arguments.add_argument("--one", nargs=2, help="internal: a shape, and what")
    options = arguments.parse_args()
    if options.rivals is not None:
        sys.path.append(str(options.rivals))
    if options.one:
        print(json.dumps(one(*options.one, classes=options.classes)))
        return
    results = []
    for shape in options.shapes or (QUICK if options.quick else SHAPES):
        for what in options.what:
            command = ["benchmarks.pool_growth", "--one", shape, what]
            command += ["--classes"] * options.classes
            command += [] if options.rivals is None else ["--rivals", str(options.rivals)]
            found = common.in_fresh_process(command)
            assert found is not None
            results.append(found)
            print(found, file=sys.stderr, flush=True)
    head = ["rows x columns", "what", "seconds", "processor s", "peak memory, GB", "score"]
    rows = [
        [
            *(r["shape"], r["what"], f"{r['seconds']:.0f}", f"{r['busy']:.0f}"),
            *(f"{r['memory']:.2f}", f"{r['score']:.3f}"),
        ]
        for r in results
    ]
    common.show(common.table(head, rows), options.json, results)


if __name__ == "__main__":
    main()
