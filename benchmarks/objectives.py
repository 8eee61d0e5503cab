"""Objectives beside their peers: equal values, cost over the bare matrix products, steps a second.

Times are processor seconds of one thread; contenders alternate and ratios are taken within a
round: median, and range in brackets.
"""

from __future__ import annotations

import importlib
import sys
import time
import types
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks import common
from contextures.objectives import VICReg, get_objective
from contextures.objectives import functional as F

R = 64
"""Kernel features and targets in the cost table."""

# Matrix products of n rows that no implementation can do without, by the kind of objective:
# (n d^2 products, n d r products, d^3 products) forward and backward together.
FLOORS: dict[str, tuple[int, int, int]] = {
    "ratio_trace": (7, 0, 4),
    "ratio_trace_views": (4, 0, 2),
    "ratio_trace_kernel": (4, 2, 2),
    "svme": (5, 0, 2),
    "svme vicreg": (2, 0, 0),
    "svme penalty": (2, 0, 0),
    "kise penalty": (2, 2, 0),
    "low_rank": (4, 0, 0),
    "spectral_contrastive": (4, 0, 0),
    "joint_nesting": (4, 0, 0),
    "sequential_nesting": (4, 0, 0),
    "rayleigh_quotient": (4, 0, 2),
    "graph": (4, 0, 2),
    "vicreg": (4, 0, 0),
    "barlow_twins": (3, 0, 0),
    "supervised_mse": (1, 3, 1),
    "class_balanced_mse": (1, 3, 1),
    "denoising": (1, 3, 1),
}


def alternate(contenders: dict[str, Callable[[], object]], rounds: int) -> dict[str, Any]:
    """Time contenders in turn; processor seconds of every round."""
    calls = {}
    for name, run in contenders.items():
        run()
        started = time.process_time()
        run()
        # Long enough for the clock, short enough that a round is one state of the machine.
        calls[name] = max(1, int(0.05 / max(time.process_time() - started, 1e-5)))
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, run in contenders.items():
            started = time.process_time()
            for _ in range(calls[name]):
                run()
            seconds[name].append((time.process_time() - started) / calls[name])
    return {name: np.array(times) for name, times in seconds.items()}


def spread(ratios: Any) -> str:
    """Give the median and range of ratios."""
    return f"{np.median(ratios):.2f} ({np.min(ratios):.2f} to {np.max(ratios):.2f})"


def batch(n: int, d: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Make embeddings of two views, or of the two sides of a pair."""
    draws = torch.Generator().manual_seed(seed)
    z = torch.randn(n, d, generator=draws)
    return tuple(  # type: ignore[return-value]
        z + 0.5 * torch.randn(n, d, generator=draws) + 0.1 for _ in range(2)
    )


def constants(n: int, inputs: str, name: str) -> tuple[Tensor, ...]:
    """Make what else an objective takes."""
    if inputs == "kernel":
        return (torch.randn(n, R),)
    if name == "class_balanced_mse":
        return (torch.arange(n) % R,)
    return (torch.randn(n, R),) if inputs == "targets" else ()


def both_ways(objective: Any, embeddings: Sequence[Tensor], *rest: Tensor) -> Callable[[], object]:
    """Give a forward and backward pass as a function."""
    leaves = [e.clone().requires_grad_() for e in embeddings]
    return lambda: torch.autograd.grad(objective(*leaves, *rest), leaves)


def floor(n: int, d: int, products: tuple[int, int, int]) -> Callable[[], object]:
    """Give the bare products as a function: half of those of n rows forward, half backward."""
    x, a, z = torch.randn(n, d), torch.randn(n, d), torch.randn(n, R)
    square, head = torch.randn(d, d), torch.randn(d, R)
    rows, narrow, small = products

    def run() -> None:
        for i in range(rows):
            left = a if i % 4 > 1 else x
            torch.mm(left, square) if i % 2 else torch.mm(left.T, left)
        for i in range(narrow):
            torch.mm(x, head) if i % 2 else torch.mm(x.T, z)
        for _ in range(small):
            torch.mm(square, square)

    return run


def cost(sizes: Sequence[tuple[int, int]], rounds: int) -> list[dict[str, Any]]:
    """Time forward and backward passes over their floors."""
    found = []
    for n, d in sizes:
        views = batch(n, d)
        for key, products in FLOORS.items():
            name, _, constraint = key.partition(" ")
            options = {"constraint": constraint} if constraint else {}
            objective = get_objective(name, **options)
            embeddings = views if objective.inputs in ("pair", "views") else views[:1]
            rest = constants(n, objective.inputs, name)
            times = alternate(
                {"ours": both_ways(objective, embeddings, *rest), "floor": floor(n, d, products)},
                rounds,
            )
            ratios = times["ours"] / times["floor"]
            print(f"{key} {n} {d}: {spread(ratios)}", file=sys.stderr)
            found.append(
                {
                    "objective": key,
                    "n": n,
                    "d": d,
                    "milliseconds": float(np.median(times["ours"]) * 1e3),
                    "ratios": ratios.tolist(),
                }
            )
    return found
