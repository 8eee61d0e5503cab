"""What the benchmarks share: data, timing in fresh processes, tables, the machine."""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_info, threadpool_limits

# One BLAS thread unless the caller says otherwise. The variables reach the processes started from
# here and libraries not loaded yet; numpy's BLAS has read them already and is told directly.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", os.environ["OMP_NUM_THREADS"])
threadpool_limits(int(os.environ["OPENBLAS_NUM_THREADS"]), user_api="blas")

FloatArray = NDArray[np.float64]


def parser(description: str, *, data: bool = False) -> argparse.ArgumentParser:
    """Make the argument parser of a benchmark."""
    made = argparse.ArgumentParser(description=description)
    made.add_argument("--json", type=Path, help="also write the raw numbers to this file")
    made.add_argument("--quick", action="store_true", help="a small version, to try it out")
    if data:
        made.add_argument("--data", type=Path, help="folder of NAME.parquet, target last")
    return made


def standardised(X: FloatArray) -> FloatArray:
    """Centre and scale columns."""
    spread = X.std(axis=0)
    return np.asarray((X - X.mean(axis=0)) / np.where(spread > 0, spread, 1))


def synthetic(n: int) -> FloatArray:
    """Make n rows of 20 features, 10 of them informative."""
    from sklearn.datasets import make_classification

    X, _ = make_classification(n, 20, n_informative=10, random_state=0)
    return standardised(X)


def real(data: Path, name: str) -> FloatArray:
    """Read the numeric features of a table."""
    import pandas as pd

    frame = pd.read_parquet(data / f"{name}.parquet").iloc[:, :-1].select_dtypes("number")
    return standardised(frame.dropna(axis=1).to_numpy(dtype=np.float64))


def stop_after(seconds: float) -> None:
    """End this process that long from now, also in the middle of compiled code."""
    signal.setitimer(signal.ITIMER_REAL, seconds)


def in_fresh_process(arguments: Sequence[str]) -> dict[str, Any] | None:
    """Run ``python -m arguments`` and read the JSON on its last line.

    None when the process ended itself by :func:`stop_after`.
    """
    done = subprocess.run(
        [sys.executable, "-m", *arguments], capture_output=True, text=True, check=False
    )
    if done.returncode == -signal.SIGALRM:
        return None
    if done.returncode:
        raise SystemExit(f"{' '.join(arguments)} failed:\n{done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def peak_memory() -> float:
    """Give this process's peak resident memory in GB."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


class Ledger:
    """Results of runs, one JSON line each in a file, so that a stopped benchmark goes on.

    Parameters
    ----------
    path : pathlib.Path or None
        The file; None keeps results in memory alone.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.runs: list[dict[str, Any]] = []
        if path is not None and path.is_file():
            lines = path.read_text(encoding="utf-8").splitlines()
            # The last line is cut where the process was killed while it wrote.
            whole = [line for line in lines if line.endswith("}")]
            self.runs = [json.loads(line) for line in whole]
            path.write_text("".join(line + "\n" for line in whole), encoding="utf-8")

    def once(self, key: dict[str, Any], work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Give the result of a run, from the file if it was done before."""
        for run in self.runs:
            if all(run.get(name) == value for name, value in key.items()):
                return run
        run = {**key, **work()}
        self.runs.append(run)
        if self.path is not None:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(run) + "\n")
        print(json.dumps(run), file=sys.stderr)
        return run


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Lay out a Markdown table."""
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def machine() -> str:
    """Describe the machine and the versions."""
    import scipy
    import sklearn

    threads = [p["num_threads"] for p in threadpool_info() if p["user_api"] == "blas"]
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.is_file():
        names = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        model = names[0].split(":", 1)[1].strip() if names else model
    return (
        f"{os.cpu_count()} cores ({model}), Python {platform.python_version()}, numpy "
        f"{np.__version__}, scipy {scipy.__version__}, scikit-learn {sklearn.__version__}, "
        f"BLAS threads: {max(threads, default=1)}"
    )


def show(text: str, path: Path | None, numbers: Any) -> None:
    """Print a table with the machine it was measured on; write the raw numbers when asked."""
    print(text)
    print(f"\n{machine()}")
    if path is not None:
        path.write_text(json.dumps(numbers, indent=1) + "\n", encoding="utf-8")
