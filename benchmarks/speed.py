"""How fast is an embedding by 30 neighbours, beside scikit-learn's on the same rows?"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import common

TABLES = ("california_housing", "power_plant", "abalone")
"""Real tables, of 8, 4 and 7 columns: how long either takes depends on how rows lie together."""

CONTENDERS = ("contextures", "spectral-default", "spectral-lobpcg", "kernel-pca")


def contender(name: str, d: int) -> Any:
    """Give an estimator with fit_transform."""
    from sklearn.decomposition import KernelPCA
    from sklearn.manifold import SpectralEmbedding

    from contextures import SpectralEncoder
    from contextures.contexts import KNNContext

    if name == "contextures":
        return SpectralEncoder(KNNContext(n_neighbors=30), d, random_state=0)
    if name == "kernel-pca":
        return KernelPCA(d, kernel="rbf", eigen_solver="randomized", random_state=0)
    solver = "lobpcg" if name == "spectral-lobpcg" else None
    return SpectralEmbedding(d, n_neighbors=30, eigen_solver=solver, random_state=0)


def one(name: str, source: str, n: int, d: int, timeout: float) -> dict[str, float]:
    """Time one contender in this process; imports and reading are not counted."""
    X = (
        common.synthetic(n)
        if source == "synthetic"
        else common.real(Path(source).parent, Path(source).name)[: n or None]
    )
    estimator = contender(name, d)
    contender(name, 8).fit_transform(X[:500])  # what loads on first use is not counted either
    # Set here, so that a contender that is stopped took at least this long by the same clock.
    common.stop_after(timeout)
    started = time.perf_counter()
    estimator.fit_transform(X)
    seconds = time.perf_counter() - started
    common.stop_after(0)
    return {"seconds": seconds, "n": len(X)}


def race(
    source: str, n: int, d: int, rivals: tuple[str, ...], repeats: int, timeout: float
) -> list[dict[str, Any]]:
    """Run contenders in turn, each in a fresh process, and pair the times of a round."""
    seconds: dict[str, list[float]] = {name: [] for name in ("contextures", *rivals)}
    stopped: set[str] = set()
    for _ in range(repeats):
        for name in seconds:
            if name in stopped:
                seconds[name].append(timeout)
                continue
            arguments = ["benchmarks.speed", "--one", name, source, str(n), str(d)]
            found = common.in_fresh_process([*arguments, "--timeout", str(timeout)])
            if found is None and name == "contextures":
                raise SystemExit(f"contextures took over {timeout:g} s; give a longer --timeout")
            if found is None:
                stopped.add(name)
            seconds[name].append(timeout if found is None else found["seconds"])
            print(f"{name}: {seconds[name][-1]:.2f} s", file=sys.stderr)
    ours = np.array(seconds["contextures"])
    return [
        {
            "contender": name,
            "seconds": times,
            "ratios": (np.array(times) / ours).tolist(),
            "at_least": name in stopped,
        }
        for name, times in seconds.items()
    ]


def main() -> None:
    """Run and print."""
    arguments = common.parser(__doc__ or "", data=True)
    arguments.add_argument("--one", nargs=4, help="internal: time one contender")
    arguments.add_argument("--repeats", type=int, default=3)
    arguments.add_argument("--timeout", type=float, default=900)
    options = arguments.parse_args()
    if options.one:
        name, source, n, d = options.one
        print(json.dumps(one(name, source, int(n), int(d), options.timeout)))
        return
    n, d, n_real, d_real = (1000, 16, 2000, 32) if options.quick else (5000, 64, 0, 128)
    races = {
        f"make_classification, {n:,} x 20, d = {d}": race(
            "synthetic",
            n,
            d,
            ("spectral-default", "spectral-lobpcg", "kernel-pca"),
            options.repeats,
            options.timeout,
        )
    }
    for table in TABLES if options.data else ():
        rows, columns = common.real(options.data, table)[: n_real or None].shape
        races[f"{table}, {rows:,} x {columns}, d = {d_real}"] = race(
            str(options.data / table),
            n_real,
            d_real,
            ("spectral-default", "spectral-lobpcg"),
            options.repeats,
            options.timeout,
        )
    rows = []
    for name, results in races.items():
        for result in results:
            ratios = result["ratios"]
            sign = "> " if result["at_least"] else ""
            rows.append(
                [
                    name,
                    result["contender"],
                    f"{sign}{np.median(result['seconds']):.2f}",
                    f"{sign}{np.median(ratios):.1f} ({min(ratios):.1f} to {max(ratios):.1f})",
                ]
            )
    head = ["table", "contender", "seconds (median)", "times ours (median, range)"]
    common.show(common.table(head, rows), options.json, races)


if __name__ == "__main__":
    main()
