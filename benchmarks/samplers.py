"""How many rows a second does each context draw A for, in numpy and in torch?"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks import common

BATCH = 1_024


def contexts(n: int) -> dict[str, tuple[Any, Any]]:
    """Give fitted contexts by name, each with the rows it was fitted to."""
    from scipy import sparse

    from contextures import contexts as c

    rng = np.random.default_rng(0)
    rows = common.synthetic(n).astype(np.float32)
    images = rng.random((min(n, 10_000), 28 * 28), dtype=np.float32)
    tokens = rng.integers(3, 2_000, (min(n, 10_000), 64))
    neighbours = rng.integers(0, n, (n, 30))
    starts = np.arange(0, 30 * n + 1, 30)
    graph = sparse.csr_array((np.ones(30 * n), neighbours.ravel(), starts), shape=(n, n))
    graph.sum_duplicates()
    few = rows[: min(n, 5_000)]
    made: dict[str, tuple[Any, Any]] = {
        "SCARF, empirical": (c.SCARFContext(), rows),
        "SCARF, uniform": (c.SCARFContext(marginal="uniform"), rows),
        "SCARF, normal": (c.SCARFContext(marginal="normal"), rows),
        "CutMix": (c.CutMixContext(), rows),
        "masks": (c.RandomMaskContext(), rows),
        "masks, exact": (c.RandomMaskContext(pattern="exact"), rows),
        "masks, block": (c.RandomMaskContext(pattern="block"), rows),
        "noise": (c.NoiseContext(), rows),
        "diffusion": (c.DiffusionContext(), rows),
        "graph, 30 edges a node": (c.GraphContext(graph), np.arange(n)),
        "nearest neighbours, 5,000 rows": (c.KNNContext(n_neighbors=30), few),
        "Gaussian, 5,000 rows, dense": (c.RBFContext(), few),
        "images: crop, flip": (c.ImageContext((28, 28)), images),
        "images: crop, flip, turn, erase": (
            c.ImageContext((28, 28), angles=(0, 15, 345), erase=0.5),
            images,
        ),
        "masked tokens, 64 a row": (c.MaskedTokensContext(), tokens),
    }
    return {name: (context.fit(X), X) for name, (context, X) in made.items()}


def rate(call: Callable[[], Any], seconds: float) -> float:
    """Give the rows a second of a call over one batch: the best of several spells."""
    call()
    best = 0.0
    for _ in range(5):
        calls, started = 0, time.perf_counter()
        while time.perf_counter() - started < seconds / 5:
            call()
            calls += 1
        best = max(best, calls * BATCH / (time.perf_counter() - started))
    return best


def measure(context: Any, X: Any, seconds: float) -> dict[str, float]:
    """Time one context, and a copy of its batch, in numpy and in torch."""
    import torch

    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    rows = rng.integers(0, len(X), BATCH)
    tensor, places = torch.as_tensor(X), torch.as_tensor(rows)
    generator = torch.Generator().manual_seed(0)
    return {
        "numpy": rate(lambda: context.sample_rows(X, rows, rng), seconds),
        "torch": rate(lambda: context.sample_rows(tensor, places, generator), seconds),
        "numpy copy": rate(lambda: X[rows].copy(), seconds),
        "torch copy": rate(lambda: tensor[places].clone(), seconds),
    }


def main() -> None:
    """Run and print."""
    options = common.parser(__doc__ or "").parse_args()
    n, seconds = (2_000, 0.05) if options.quick else (100_000, 1.0)
    results = {name: measure(context, X, seconds) for name, (context, X) in contexts(n).items()}
    rows = [
        [
            name,
            *(
                f"{found[kind] / 1e6:.2f} ({found[f'{kind} copy'] / found[kind]:.1f})"
                for kind in ("numpy", "torch")
            ),
        ]
        for name, found in results.items()
    ]
    head = [
        f"context, {n:,} rows fitted",
        "numpy, million rows/s (times a copy)",
        "torch, million rows/s (times a copy)",
    ]
    text = f"Batches of {BATCH:,} rows by number, 20 features unless said, single precision.\n\n"
    common.show(text + common.table(head, rows), options.json, results)


if __name__ == "__main__":
    main()
