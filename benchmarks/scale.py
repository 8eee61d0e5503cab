"""How do time and memory of an encoder in closed form grow with rows, and shrink with workers?"""

from __future__ import annotations

import resource
import time
from typing import Any

import numpy as np

from benchmarks import common
from contextures.contexts import NoiseContext
from contextures.encoders import RitzEncoder
from contextures.engines import Parts

SHAPES, FUNCTIONS, PART = (100_000, 1_000_000), 1000, 50_000
QUICK, FEW_FUNCTIONS, SMALL_PART = (2_000, 4_000), 50, 1_000
COLUMNS = 20
DAYS, MACHINES, CORES = 86_400, 100, 32


def parts(n: int, size: int) -> Parts:
    """Give parts of mixed columns; each is made anew where it is worked on."""

    def read(place: int) -> Any:
        mixing = np.random.default_rng(0).normal(size=(5, COLUMNS))
        rng = np.random.default_rng([1, place])
        return rng.normal(size=(size, 5)) @ mixing + rng.normal(size=(size, COLUMNS))

    return Parts(range(n // size), read, [size] * (n // size))


def peak() -> float:
    """Give this process's peak memory in GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


def measure(n: int, n_workers: int, n_functions: int, size: int) -> dict[str, float]:
    """Fit on a fresh cluster of single-threaded processes; give seconds and peak memory."""
    from distributed import Client, LocalCluster

    encoder = RitzEncoder(NoiseContext(0.5), 10, basis="landmarks", n_functions=n_functions)
    with (
        LocalCluster(
            n_workers=n_workers,
            threads_per_worker=1,
            processes=True,
            dashboard_address="127.0.0.1:0",
        ) as cluster,
        Client(cluster) as client,
    ):
        encoder.fit(parts(2 * size, size), engine=client)  # the workers' imports
        started, before = time.perf_counter(), sum(client.run(time.process_time).values())
        encoder.fit(parts(n, size), engine=client)
        seconds = time.perf_counter() - started
        used = sum(client.run(time.process_time).values()) - before
        return {
            "seconds": seconds,
            "processor seconds of workers": used,
            "microseconds a row": 1e6 * used / n,
            "GB a worker": max(client.run(peak).values()),
            "GB here": peak(),
        }


def main() -> None:
    """Run, print, and extrapolate."""
    parser = common.parser(__doc__ or "")
    parser.add_argument("--rows", type=int, nargs=2, help="two numbers of rows to compare")
    options = parser.parse_args()
    sizes = options.rows or (QUICK if options.quick else SHAPES)
    n_functions, size = (FEW_FUNCTIONS, SMALL_PART) if options.quick else (FUNCTIONS, PART)
    found: dict[str, Any] = {}
    for n in sizes:
        for n_workers in (1, 2):
            what = f"{n:,} rows, {n_workers} worker{'s' if n_workers > 1 else ''}"
            found[what] = measure(n, n_workers, n_functions, size)
            print(what, found[what], flush=True)
    # Processor seconds, which other work on the machine changes little.
    few, many = (found[f"{n:,} rows, 2 workers"]["processor seconds of workers"] for n in sizes)
    found["slope"] = float(np.log(many / few) / np.log(sizes[1] / sizes[0]))
    each = (many - few) / (sizes[1] - sizes[0])
    found["days for 1e10 rows on 3,200 cores"] = each * 1e10 / (MACHINES * CORES) / DAYS
    keys = (
        "seconds",
        "processor seconds of workers",
        "microseconds a row",
        "GB a worker",
        "GB here",
    )
    rows = [
        [what, *(f"{got[key]:.3g}" for key in keys)]
        for what, got in found.items()
        if isinstance(got, dict)
    ]
    rest = [[what, f"{got:.3g}"] for what, got in found.items() if not isinstance(got, dict)]
    text = f"{common.table(['what', *keys], rows)}\n\n{common.table(['what', 'number'], rest)}"
    common.show(text, options.json, found)


if __name__ == "__main__":
    main()
