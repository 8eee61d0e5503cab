"""How long does a person wait? Importing, ranking and the demonstration."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks import common

HEAVY = ("torch", "plotly", "skrub", "sklearn", "scipy", "pandas", "numpy")


def import_seconds(repeats: int) -> list[float]:
    """Time ``import contextures`` in fresh processes, the interpreter's own start taken away."""
    code = (
        "import time; t = time.perf_counter(); import contextures; "
        "seconds = time.perf_counter() - t; import sys, json; "
        f"print(json.dumps([seconds, [m for m in {HEAVY!r} if m in sys.modules]]))"
    )
    found = []
    for _ in range(repeats):
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        seconds, loaded = json.loads(done.stdout)
        assert not loaded, f"import contextures loads {loaded}"
        found.append(seconds)
    return found


def command_seconds(arguments: list[str], repeats: int) -> list[float]:
    """Time a whole command, start of the interpreter included."""
    found = []
    for _ in range(repeats):
        started = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "contextures.cli", *arguments],
            capture_output=True,
            check=True,
        )
        found.append(time.perf_counter() - started)
    return found


def main() -> None:
    """Run and print."""
    arguments = common.parser(__doc__ or "", data=True)
    arguments.add_argument("--repeats", type=int, default=3)
    options = arguments.parse_args()
    repeats = 1 if options.quick else options.repeats
    numbers = {"import contextures": import_seconds(5)}
    with tempfile.TemporaryDirectory() as folder:
        demo = ["demo", "--out", str(Path(folder) / "demo")]
        numbers["contextures demo (569 rows)"] = command_seconds(demo, repeats)
        if options.data:
            file = str(options.data / "abalone.parquet")
            numbers["contextures rank abalone (4,177 rows, 36 contexts and labels)"] = (
                command_seconds(["rank", file, "--target", "Class_Rings"], repeats)
            )
    rows = [
        [name, f"{np.median(seconds):.3g}", f"{min(seconds):.3g} to {max(seconds):.3g}"]
        for name, seconds in numbers.items()
    ]
    head = ["what", "seconds (median)", "range"]
    common.show(common.table(head, rows), options.json, numbers)


if __name__ == "__main__":
    main()
