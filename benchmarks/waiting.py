"""How long does a person wait, and with how much memory, for wide, usual and long tables?"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks import common

SHAPES = ((200, 5_000), (10_000, 12), (500_000, 20))
QUICK = ((60, 40),)
LONG, LONG_QUICK = (2_000_000, 20, 20, 0.01), (1_200, 4, 3, 0.5)
"""Rows, columns, files, and the share of rows with a label of a table that is not held at once."""


def table(n: int, p: int, rng: np.random.Generator, mix: Any = None) -> pd.DataFrame:
    """Make columns that mix five hidden ones, and a target that depends on two of these."""
    hidden = rng.normal(size=(n, 5))
    columns = hidden @ (rng.normal(size=(5, p)) if mix is None else mix) + rng.normal(size=(n, p))
    frame = pd.DataFrame(columns, columns=[f"x{j}" for j in range(p)])
    frame["y"] = np.sin(hidden[:, 0]) + hidden[:, 1] / 2 + 0.2 * rng.normal(size=n)
    return frame


def write_parts(n: int, p: int, n_files: int, share: float, folder: Path) -> None:
    """Write such a table in files of rows of their own, a share of which keep their target."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    mix = rng.normal(size=(5, p))
    for part in range(n_files):
        frame = table(n // n_files, p, rng, mix)
        frame["y"] = frame["y"].where(rng.random(len(frame)) < share)
        frame.to_parquet(folder / f"part-{part:03d}.parquet")


def measure(arguments: list[str]) -> dict[str, float]:
    """Run a command of ours; give its seconds, processor seconds and peak memory."""
    started = time.perf_counter()
    command = [sys.executable, "-m", "contextures.cli", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError(f"{' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}")
    return {
        "seconds": time.perf_counter() - started,
        "user": used.ru_utime,
        "memory": used.ru_maxrss * 1024 / 1e9,
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
            table(n, p, np.random.default_rng(0)).to_parquet(file)
            fit = ["fit", str(file), "--target", "y", "--out", str(folder / f"{n}x{p}-run")]
            found[f"fit {n:,} x {p:,}"] = measure(fit)
        n, p, n_files, share = LONG_QUICK if options.quick else LONG
        parts, run = folder / "parts", folder / "long-run"
        write_parts(n, p, n_files, share, parts)
        sample = ["--sample", "1000"] if options.quick else []
        fit = ["fit", str(parts), "--target", "y", "--no-predict", "--out", str(run), *sample]
        found[f"fit {n:,} x {p:,} in {n_files} files"] = measure(fit)
        embed = ["embed", str(run), str(parts), "--out", str(folder / "embedded.parquet")]
        found[f"embed {n:,} x {p:,} in {n_files} files"] = measure(embed)
    rows = [
        [what, *(f"{got[key]:.3g}" for key in ("seconds", "user", "memory"))]
        for what, got in found.items()
    ]
    head = ["what", "seconds", "user seconds", "peak memory, GB"]
    common.show(common.table(head, rows), options.json, found)


if __name__ == "__main__":
    main()
