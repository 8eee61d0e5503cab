"""From how many rows on is an encoder in closed form learned faster of tensors on a GPU?

Without a GPU it says so in one line and measures nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks import common
from contextures.contexts import NoiseContext
from contextures.encoders import RitzEncoder

SHAPES = ((5_000, 300), (20_000, 300), (20_000, 1000), (100_000, 1000), (300_000, 1000))
QUICK = ((500, 30), (1_000, 30))
COLUMNS, ROUNDS, LONGEST = 20, 3, 480.0
"""Columns, rounds of each, and the seconds after which no other shape is begun."""


def rows(n: int) -> Any:
    """Give rows of mixed columns."""
    rng = np.random.default_rng(0)
    return rng.normal(size=(n, 5)) @ rng.normal(size=(5, COLUMNS)) + rng.normal(size=(n, COLUMNS))


def seconds(work: Callable[[], Any], wait: Callable[[], Any]) -> float:
    """Give what some work takes until the device is idle again: the median of some rounds."""
    taken = []
    for _ in range(ROUNDS):
        wait()
        started = time.perf_counter()
        work()
        wait()
        taken.append(time.perf_counter() - started)
    return float(np.median(taken))


def measured(n: int, n_functions: int, device: str, wait: Callable[[], Any]) -> dict[str, Any]:
    """Fit and transform arrays, and tensors on the device; compare seconds and coordinates."""
    import torch

    given = rows(n)
    kinds = {
        "arrays, double": (given, "double"),
        "arrays, as usual": (given, "auto"),
        device: (torch.as_tensor(given, device=device), "auto"),
    }
    found: dict[str, Any] = {"rows": n, "functions": n_functions}
    coordinates = {}
    for name, (x, precision) in kinds.items():
        encoder = RitzEncoder(
            NoiseContext(0.5),
            10,
            basis="landmarks",
            n_functions=n_functions,
            n_views=1,
            ridge=1e-3,
            precision=precision,
            n_jobs=-1,
        )
        encoder.fit(x).transform(x)  # what is loaded or tuned once
        found[f"fit, {name}"] = seconds(lambda e=encoder, x=x: e.fit(x), wait)
        found[f"transform, {name}"] = seconds(lambda e=encoder, x=x: e.transform(x), wait)
        coordinates[name] = encoder.transform(x)
    there = coordinates[device].cpu().numpy()
    found["largest difference"] = float(np.abs(there - coordinates["arrays, double"]).max())
    return found


def main() -> None:
    """Run, print, and say where the device overtakes."""
    parser = common.parser(__doc__ or "")
    parser.add_argument("--device", default="cuda", help="where tensors are; cpu to try the script")
    options = parser.parse_args()
    try:
        import torch
    except ModuleNotFoundError:
        print("no torch is installed, so nothing is measured")
        return
    if options.device == "cuda" and not torch.cuda.is_available():
        print("there is no GPU at hand, so nothing is measured")
        return
    wait = torch.cuda.synchronize if options.device == "cuda" else (lambda: None)
    began, numbers = time.perf_counter(), []
    for n, n_functions in QUICK if options.quick else SHAPES:
        if time.perf_counter() - began > LONGEST:
            print(f"{n:,} rows, {n_functions:,} functions: left out, for want of time")
            continue
        numbers.append(measured(n, n_functions, options.device, wait))
        print(f"{n:,} rows, {n_functions:,} functions: done", flush=True)
    names = list(numbers[0])
    lines = [[f"{found[name]:.3g}" for name in names] for found in numbers]
    common.show(common.table(names, lines), options.json, numbers)
    for step in ("fit", "transform"):
        ahead = [
            f"{found['rows']:,} rows of {found['functions']:,} functions"
            for found in numbers
            if found[f"{step}, {options.device}"] < found[f"{step}, arrays, as usual"]
        ]
        print(f"{step}: tensors are ahead of arrays at {', '.join(ahead) or 'none of these'}")


if __name__ == "__main__":
    main()
