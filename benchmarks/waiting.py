"""How long does a person wait, and with how much memory, for wide, usual and long tables?"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks import common

SHAPES = ((200, 5_000), (10_000, 12), (500_000, 20))
QUICK = ((60, 40),)


def write_table(n: int, p: int, file: Path) -> None:
    """Write columns that mix five hidden ones, and a target that depends on two of these."""
    rng = np.random.default_rng(0)
    hidden = rng.normal(size=(n, 5))
    columns = hidden @ rng.normal(size=(5, p)) + rng.normal(size=(n, p))
    frame = pd.DataFrame(columns, columns=[f"x{j}" for j in range(p)])
    frame["y"] = np.sin(hidden[:, 0]) + hidden[:, 1] / 2 + 0.2 * rng.normal(size=n)
    frame.to_parquet(file)


def measure(arguments: list[str]) -> dict[str, float]:
    """Run a command of ours; give its seconds, processor seconds and the peak memory so far."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime, time.perf_counter()
    command = [sys.executable, "-m", "contextures.cli", *arguments]
    subprocess.run(command, capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "seconds": time.perf_counter() - started,
        "user": after.ru_utime - before,
        "memory": after.ru_maxrss * 1024 / 1e9,  # so the smallest command comes first
    }


def main() -> None:
    """Run and print."""
    options = common.parser(__doc__ or "", data=True).parse_args()
    found = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if options.data:
            rank = ["rank", str(options.data / "abalone.parquet"), "--target", "Class_Rings"]
            found["rank abalone"] = measure(rank)
        for n, p in QUICK if options.quick else SHAPES:
            file = folder / f"{n}x{p}.parquet"
            write_table(n, p, file)
            fit = ["fit", str(file), "--target", "y", "--out", str(folder / f"{n}x{p}-run")]
            found[f"fit {n:,} x {p:,}"] = measure(fit)
    rows = [
        [what, *(f"{got[key]:.3g}" for key in ("seconds", "user", "memory"))]
        for what, got in found.items()
    ]
    head = ["what", "seconds", "user seconds", "peak memory, GB"]
    common.show(common.table(head, rows), options.json, found)


if __name__ == "__main__":
    main()
