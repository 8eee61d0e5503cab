"""How do time and memory grow with the number of rows, and where do they go?"""

from __future__ import annotations

import json
import time
from typing import Any

import numpy as np

from benchmarks import common

SIZES = (5_000, 10_000, 20_000, 50_000, 100_000, 200_000)


def one(n: int, d: int) -> dict[str, Any]:
    """Measure one size in this process."""
    from contextures import SpectralEncoder
    from contextures.contexts import KNNContext
    from contextures.spectrum import decompose_fitted

    X = common.synthetic(n)
    started = time.perf_counter()
    context = KNNContext(n_neighbors=30).fit(X)
    found = time.perf_counter()
    spectrum = decompose_fitted(context, d, random_state=0)
    solved = time.perf_counter()
    del spectrum, context
    encoder = SpectralEncoder(KNNContext(n_neighbors=30), d, random_state=0)
    again, busy = time.perf_counter(), time.process_time()
    encoder.fit_transform(X)
    whole, busy = time.perf_counter() - again, time.process_time() - busy
    new = time.perf_counter()
    encoder.transform(X[:1000])
    return {
        "n": n,
        "neighbours": found - started,
        "decomposition": solved - found,
        "fit_transform": whole,
        "busy": busy,
        "transform_1000": time.perf_counter() - new,
        "search": encoder.context_.algorithm_,
        "recall": encoder.context_.recall_,
        "memory": common.peak_memory(),
    }


def neighbours(n: int) -> dict[str, Any]:
    """Find the neighbours alone, in this process."""
    from contextures.contexts import KNNContext

    X = common.synthetic(n)
    started, busy = time.perf_counter(), time.process_time()
    context = KNNContext(n_neighbors=30).fit(X)
    return {
        "rows": n,
        "search": context.algorithm_,
        "recall": context.recall_,
        "seconds": time.perf_counter() - started,
        "busy": time.process_time() - busy,
        "memory": common.peak_memory(),
    }


def main() -> None:
    """Run and print."""
    arguments = common.parser(__doc__ or "")
    arguments.add_argument("--one", type=int, help="internal: measure one size")
    arguments.add_argument("--sizes", type=int, nargs="+", help="numbers of rows")
    arguments.add_argument("--components", type=int, default=128)
    arguments.add_argument("--neighbours", action="store_true", help="these alone")
    options = arguments.parse_args()
    if options.one and options.neighbours:
        print(json.dumps(neighbours(options.one)))
        return
    if options.one:
        print(json.dumps(one(options.one, options.components)))
        return
    results = []
    for n in options.sizes or ((1_000, 2_000) if options.quick else SIZES):
        command = ["benchmarks.growth", "--one", str(n), "--components", str(options.components)]
        found = common.in_fresh_process(command + ["--neighbours"] * options.neighbours)
        assert found is not None
        results.append(found)
    if options.neighbours:
        head = ["rows", "search", "recall", "seconds", "processor, s", "peak memory, GB"]
        rows = [
            [f"{r['rows']:,}", r["search"], f"{r['recall']:.4f}"]
            + [f"{r[name]:.2f}" for name in ("seconds", "busy", "memory")]
            for r in results
        ]
        common.show(common.table(head, rows), options.json, results)
        return
    rows = [
        [
            f"{r['n']:,}",
            r["search"],
            f"{r['recall']:.4f}",
            f"{r['neighbours']:.2f}",
            f"{r['decomposition']:.2f}",
            f"{r['fit_transform']:.2f}",
            f"{r['busy']:.2f}",
            f"{r['neighbours'] / (r['neighbours'] + r['decomposition']):.0%}",
            f"{r['transform_1000']:.3f}",
            f"{r['memory']:.2f}",
        ]
        for r in results
    ]
    head = [
        "rows",
        "search",
        "recall",
        "neighbours, s",
        "decomposition, s",
        "fit_transform, s",
        "processor, s",
        "share of neighbours",
        "transform 1,000 rows, s",
        "peak memory, GB",
    ]
    text = common.table(head, rows)
    if len(results) > 1:
        sizes = np.log([r["n"] for r in results])
        slope = np.polyfit(sizes, np.log([r["fit_transform"] for r in results]), 1)[0]
        text += f"\n\nfit_transform grows as n^{slope:.2f} over these sizes."
    common.show(text, options.json, results)


if __name__ == "__main__":
    main()
