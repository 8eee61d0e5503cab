"""How do time and memory grow with the number of rows, and where do they go?"""

from __future__ import annotations

import json
import time
from typing import Any

import numpy as np

from benchmarks import common, waiting

SIZES = (5_000, 10_000, 20_000, 50_000, 100_000, 200_000)

MIXES = {"left": "knn:10", "right": "knn:30", "|": "knn:10|knn:30"}
MIXES |= {"+": "0.5*knn:10+0.5*knn:30", "@": "knn:10@knn:30"}
"""Two contexts, and what is made of them."""


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


def mix(name: str, source: str, n: int, d: int) -> dict[str, float]:
    """Fit two contexts, or what is made of them, in this process."""
    from contextures import SpectralEncoder
    from contextures.contexts import KNNContext
    from contextures.selection import parse_context

    if source == "make_classification":
        X = common.synthetic(n)
    else:
        X = waiting.table(n, 20, np.random.default_rng(0)).drop(columns="y").to_numpy()
    SpectralEncoder(KNNContext(5), 8).fit(X[:300])  # what loads on first use is not counted
    encoder = SpectralEncoder(parse_context(MIXES[name]), d, random_state=0)
    busy = time.process_time()
    encoder.fit(X)
    return {"busy": time.process_time() - busy, "memory": common.peak_memory()}


def mixes(n: int, d: int, repeats: int) -> list[dict[str, Any]]:
    """Compare fits of mixes with the sum of their parts' in the same round."""
    results = []
    for source in ("make_classification", "five hidden columns"):
        found: dict[str, list[dict[str, float]]] = {name: [] for name in MIXES}
        for _ in range(repeats):
            for name, times in found.items():
                arguments = ["--mix", name, source, "--one", str(n), "--components", str(d)]
                got = common.in_fresh_process(["benchmarks.growth", *arguments])
                assert got is not None
                times.append(got)
        busy = {name: np.array([got["busy"] for got in times]) for name, times in found.items()}
        whole = busy["left"] + busy["right"]
        results += [
            {
                "source": source,
                "rows": n,
                "context": MIXES[name],
                "busy": float(np.median(busy[name])),
                "ratio": float(np.median(busy[name] / whole)),
                "memory": max(got["memory"] for got in times),
            }
            for name, times in found.items()
        ]
    return results


def show_mixes(results: list[dict[str, Any]], file: Any) -> None:
    """Print what mixes cost beside their parts."""
    head = ["rows", "context", "processor, s", "of the parts' sum", "peak memory, GB"]
    rows = [
        [f"{r['rows']:,}, {r['source']}", f"`{r['context']}`".replace("|", "\\|")]
        + [f"{r[name]:.2f}" for name in ("busy", "ratio", "memory")]
        for r in results
    ]
    common.show(common.table(head, rows), file, results)


def main() -> None:
    """Run and print."""
    arguments = common.parser(__doc__ or "")
    arguments.add_argument("--one", type=int, help="internal: measure one size")
    arguments.add_argument("--mix", nargs=2, help="internal: fit one mix")
    arguments.add_argument("--mixes", action="store_true", help="mixes beside their parts")
    arguments.add_argument("--repeats", type=int, default=3, help="rounds, for mixes")
    arguments.add_argument("--sizes", type=int, nargs="+", help="numbers of rows")
    arguments.add_argument("--components", type=int, default=128)
    arguments.add_argument("--neighbours", action="store_true", help="these alone")
    options = arguments.parse_args()
    if options.one and options.mix:
        print(json.dumps(mix(*options.mix, options.one, options.components)))
        return
    if options.mixes:
        sizes = options.sizes or ((1_000,) if options.quick else (20_000,))
        compared = [mixes(n, options.components, options.repeats) for n in sizes]
        show_mixes([each for group in compared for each in group], options.json)
        return
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
