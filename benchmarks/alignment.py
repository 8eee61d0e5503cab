"""How long do the alignment measures take on many rows, and in how much memory?

Each measure runs in a process of its own, on two representations of the same rows that share half
of their directions. ``mutual KNN`` looks up 10,000 rows, ``all rows`` every one.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks import common

NAMES = ("CCA", "CKA", "debiased CKA", "mutual KNN", "all rows", "effective rank", "RankMe")


def representations(n: int, d: int, dtype: str) -> tuple[Any, Any]:
    """Make two representations of the same n rows, with unequal variances and half in common."""
    rng = np.random.default_rng(0)
    shared = rng.standard_normal((n, d // 2), dtype=np.float32)
    sizes = np.linspace(3.0, 0.1, d, dtype=np.float32)
    made = []
    for _ in range(2):
        own = rng.standard_normal((n, d - d // 2), dtype=np.float32)
        mixing = rng.standard_normal((d, d), dtype=np.float32)
        made.append((np.hstack([shared, own]) * sizes @ mixing).astype(dtype))
    return made[0], made[1]


def measures() -> dict[str, Callable[[Any, Any], float]]:
    """Give the measures by name."""
    from contextures import evaluation as e

    return {
        "CCA": e.cca_alignment,
        "CKA": lambda F, G: e.cka_alignment(F, G, debiased=False),
        "debiased CKA": e.cka_alignment,
        "mutual KNN": e.mutual_knn_alignment,
        "all rows": lambda F, G: e.mutual_knn_alignment(F, G, n_queries=None),
        "effective rank": lambda F, G: e.effective_rank(F),
        "RankMe": lambda F, G: e.rankme(F),
    }


def one(name: str, n: int, d: int, dtype: str) -> dict[str, Any]:
    """Measure one of them in this process."""
    F, G = representations(n, d, dtype)
    measure = measures()[name]
    before = common.peak_memory()
    started = time.perf_counter()
    value = measure(F, G)
    seconds = time.perf_counter() - started
    found = {"name": name, "n": n, "d": d, "dtype": dtype, "value": value, "seconds": seconds}
    return {**found, "before": before, "memory": common.peak_memory()}


def main() -> None:
    """Run and print."""
    arguments = common.parser(__doc__ or "")
    arguments.add_argument("--one", choices=NAMES, help="internal: measure one of them")
    arguments.add_argument("--rows", type=int, default=100_000)
    arguments.add_argument("--columns", type=int, default=128)
    arguments.add_argument("--dtype", choices=("float64", "float32"), default="float64")
    arguments.add_argument("--measures", nargs="+", choices=NAMES, default=list(NAMES))
    options = arguments.parse_args()
    n = 2_000 if options.quick else options.rows
    if options.one:
        print(json.dumps(one(options.one, n, options.columns, options.dtype)))
        return
    results = []
    for name in options.measures:
        command = ["benchmarks.alignment", "--one", name, "--rows", str(n)]
        command += ["--columns", str(options.columns), "--dtype", options.dtype]
        found = common.in_fresh_process(command)
        assert found is not None
        results.append(found)
    rows = [
        [r["name"], f"{r['value']:.4f}", f"{r['seconds']:.1f}", f"{r['memory']:.2f}"]
        for r in results
    ]
    head = [f"measure, {n:,} x {options.columns}", "value", "seconds", "peak memory, GB"]
    common.show(common.table(head, rows), options.json, results)


if __name__ == "__main__":
    main()
