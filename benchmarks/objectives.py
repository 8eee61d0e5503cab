"""Objectives beside their peers: equal values, cost over bare matrix products, steps a second.

Contenders alternate, and ratios are taken within a round: median, and range in brackets. Times are
processor seconds of one thread. lightly is compared where it is installed (``pip install --no-deps
lightly``); its losses are loaded behind a stub of torchvision, which they name but do not use.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks import common
from benchmarks.peers import lightly_losses
from contextures.objectives import Objective, get_objective

Run = Callable[[], object]
NARROW = 64
"""r and p: kernel features and targets in the cost table."""

# The matrix products that a forward and backward pass cannot do without: how many of n d^2,
# of n d r and of d^3. Factorisations, and passes over n d numbers, are not counted.
FLOORS: dict[str, tuple[dict[str, Any], tuple[int, int, int]]] = {
    "ratio_trace": ({}, (11, 0, 4)),
    "ratio_trace, with self-pairs": ({"exclude_self": False}, (7, 0, 4)),
    "ratio_trace_views": ({}, (4, 0, 2)),
    "ratio_trace_kernel": ({}, (4, 2, 2)),
    "graph": ({}, (4, 0, 2)),
    "svme": ({}, (5, 0, 2)),
    "svme, vicreg": ({"constraint": "vicreg"}, (2, 0, 0)),
    "svme, penalty": ({"constraint": "penalty"}, (2, 0, 0)),
    "kise, penalty": ({"constraint": "penalty"}, (2, 2, 0)),
    "low_rank": ({}, (4, 0, 0)),
    "joint_nesting": ({}, (4, 0, 0)),
    "sequential_nesting": ({}, (4, 0, 0)),
    "rayleigh_quotient": ({}, (4, 0, 5)),
    "vicreg": ({}, (4, 0, 0)),
    "barlow_twins": ({}, (3, 0, 0)),
    "supervised_mse": ({}, (1, 3, 1)),
    "class_balanced_mse": ({}, (1, 3, 1)),
}
SQUARES = {"info_nce": 3, "nt_xent": 8}
"""Products of n^2 d, for the objectives that need all pairs of rows."""


def alternate(contenders: dict[str, Run], rounds: int) -> dict[str, Any]:
    """Time contenders in turn: processor seconds of every round."""
    calls = {}
    for name, run in contenders.items():
        run()
        started = time.process_time()
        run()
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


def views(n: int, d: int) -> tuple[Tensor, Tensor]:
    """Make the embeddings of two views, or of the two sides of pairs."""
    draws = torch.Generator().manual_seed(0)
    shared = torch.randn(n, d, generator=draws)
    first, second = (shared + 0.5 * torch.randn(n, d, generator=draws) + 0.1 for _ in range(2))
    return first, second


def both_ways(objective: Objective, n: int, d: int, name: str) -> Run:
    """Give a forward and backward pass as a function."""
    inputs: tuple[Tensor, ...] = views(n, d)
    rest: tuple[Tensor, ...] = ()
    if objective.inputs in ("kernel", "targets"):
        inputs, rest = inputs[:1], (torch.randn(n, NARROW),)
    if name.startswith("class_balanced"):
        rest = (torch.arange(n) % NARROW,)
    leaves = [rows.requires_grad_() for rows in inputs]
    return lambda: torch.autograd.grad(objective(*leaves, *rest), leaves)


def floor(n: int, d: int, products: tuple[int, int, int]) -> Run:
    """Give the bare products as a function: half of those of n rows forward, half backward."""
    x, a, z = torch.randn(n, d), torch.randn(n, d), torch.randn(n, NARROW)
    square, head = torch.randn(d, d), torch.randn(d, NARROW)
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


def square_floor(n: int, d: int, products: int) -> Run:
    """Give the bare products of all pairs of rows as a function, a third of them forward."""
    x, a, pairs = torch.randn(n, d), torch.randn(n, d), torch.randn(n, n)

    def run() -> None:
        for i in range(products):
            torch.mm(pairs, a) if i % 3 else torch.mm(x, a.T)

    return run


def cost(sizes: Sequence[tuple[int, int]], rounds: int) -> list[dict[str, Any]]:
    """Time forward and backward passes over their floors."""
    found = []
    for n, d in sizes:
        cases = {key: (made, floor(n, d, products)) for key, (made, products) in FLOORS.items()}
        cases |= {key: ({}, square_floor(n, d, products)) for key, products in SQUARES.items()}
        for key, (options, bare) in cases.items():
            objective = get_objective(key.partition(",")[0], **options)
            ours = both_ways(objective, n, d, key)
            times = alternate({"ours": ours, "floor": bare}, rounds)
            ratios = times["ours"] / times["floor"]
            print(f"{key} {n} x {d}: {spread(ratios)}", file=sys.stderr)
            ms = float(np.median(times["ours"]) * 1e3)
            found.append({"objective": key, "n": n, "d": d, "ms": ms, "ratios": ratios.tolist()})
    return found


def gram_form(n: int, d: int, rounds: int) -> dict[str, Any]:
    """Time the low-rank loss as others write it, with all n x n inner products, over ours."""
    leaves = [rows.requires_grad_() for rows in views(n, d)]

    def gram() -> object:
        inner = leaves[0] @ leaves[1].T
        same = inner.diagonal()
        pairs = (inner.square().sum() - same.square().sum()) / (n * (n - 1))
        return torch.autograd.grad(pairs - 2 * same.mean(), leaves)

    objective = get_objective("low_rank", constant=True)
    ours = both_ways(objective, n, d, "low_rank")
    times = alternate({"ours": ours, "gram": gram}, rounds)
    return {"n": n, "d": d, "ratios": (times["gram"] / times["ours"]).tolist()}


def plain_vicreg(first: Tensor, second: Tensor, half: float) -> Tensor:
    """Compute VICReg as two groups of libraries print it: with and without a half on variance."""
    d = first.shape[1]
    loss = 25 * nn.functional.mse_loss(first, second)
    for view in (first, second):
        loss = loss + 25 * half * torch.relu(1 - (view.var(0) + 1e-4).sqrt()).mean()
        c = torch.cov(view.T)
        loss = loss + (c.square().sum() - c.diagonal().square().sum()) / d
    return loss


def parity(lightly: Any) -> list[list[str]]:
    """Compare values on equal inputs."""
    first, second = (0.5 * rows for rows in views(256, 64))
    inner = first @ second.T
    away = ~torch.eye(len(inner), dtype=torch.bool)
    contrastive = inner[away].square().mean() - 2 * inner.diagonal().mean()
    scaled = [nn.functional.normalize(rows, dim=1) for rows in (first, second)]
    logits, same = scaled[0] @ scaled[1].T / 0.1, torch.arange(len(inner))
    clip = sum(nn.functional.cross_entropy(side, same) for side in (logits, logits.T)) / 2
    peers: list[tuple[str, str, dict[str, Any], Any]] = [
        (
            "VICReg, variance halved (the paper's code)",
            "vicreg",
            {},
            plain_vicreg(first, second, 0.5),
        ),
        (
            "VICReg, variance not halved",
            "vicreg",
            {"variance": 50.0},
            plain_vicreg(first, second, 1.0),
        ),
        (
            "spectral contrastive, Gram form",
            "spectral_contrastive",
            {"constant": True},
            contrastive,
        ),
        ("CLIP, both directions", "info_nce", {}, clip),
    ]
    if lightly:
        peers += [
            ("lightly VICRegLoss()", "vicreg", {}, lightly.VICRegLoss()(first, second)),
            (
                "lightly BarlowTwinsLoss()",
                "barlow_twins",
                {},
                lightly.BarlowTwinsLoss()(first, second),
            ),
            ("lightly NTXentLoss()", "nt_xent", {}, lightly.NTXentLoss()(first, second)),
        ]
    rows = []
    for peer, name, options, value in peers:
        ours = get_objective(name, **options)(first, second).item()
        made = ", ".join([repr(name), *(f"{key}={given}" for key, given in options.items())])
        rows.append([peer, f"{value.item():.6g}", f"get_objective({made})", f"{ours:.6g}"])
    return rows


def loop(loss: Callable[[Tensor, Tensor], Tensor], n: int, d: int) -> Run:
    """Give training steps of a network on two views as a function."""
    torch.manual_seed(0)
    width = 512
    network = nn.Sequential(
        *(nn.Linear(64, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, d))
    )
    optimizer = torch.optim.SGD(network.parameters(), lr=1e-4)
    first, second = views(n, 64)

    def step() -> None:
        optimizer.zero_grad()
        loss(network(first), network(second)).backward()
        optimizer.step()

    return step


def steps(lightly: Any, sizes: Sequence[tuple[int, int]], rounds: int) -> list[list[str]]:
    """Time training steps with lightly's losses over those with ours."""
    rivals = {"vicreg": "VICRegLoss", "barlow_twins": "BarlowTwinsLoss", "nt_xent": "NTXentLoss"}
    rows = []
    for n, d in sizes:
        for name, rival in rivals.items():
            contenders = {
                "ours": loop(get_objective(name), n, d),
                "lightly": loop(getattr(lightly, rival)(), n, d),
                "network": loop(lambda first, second: (first * second).mean(), n, d),
            }
            times = alternate(contenders, rounds)
            rate = {key: 1 / np.median(seconds) for key, seconds in times.items()}
            ratios = spread(times["lightly"] / times["ours"])
            rates = [f"{rate[key]:.1f}" for key in ("ours", "lightly", "network")]
            rows.append([name, f"{n} x {d}", *rates, ratios])
    return rows


def main() -> None:
    """Run and print."""
    arguments = common.parser(__doc__ or "")
    arguments.add_argument("--rounds", type=int, default=7)
    options = arguments.parse_args()
    torch.set_num_threads(1)
    # glibc keeps freed memory once a large block has been freed, as in any process with data.
    torch.empty(8_000_000).fill_(1)
    sizes = [(1024, 128)] if options.quick else [(1024, 128), (4096, 128), (1024, 512), (4096, 512)]
    rounds = 3 if options.quick else options.rounds
    lightly = lightly_losses()
    if lightly is None:
        print("lightly is not installed, so it is left out: pip install --no-deps lightly\n")
    same = parity(lightly)
    print(common.table(["peer", "its value", "ours", "our value"], same) + "\n")
    costs = cost(sizes, rounds)
    rows = []
    for key in [*FLOORS, *SQUARES]:
        by_size = {(c["n"], c["d"]): c["ratios"] for c in costs if c["objective"] == key}
        rows.append([key, *(spread(by_size[size]) for size in sizes)])
    print(common.table(["time over floor", *(f"{n} x {d}" for n, d in sizes)], rows) + "\n")
    grams = [gram_form(n, d, rounds) for n, d in sizes]
    rows = [[f"{g['n']} x {g['d']}", spread(g["ratios"])] for g in grams]
    print(common.table(["low_rank", "Gram form over covariance form"], rows) + "\n")
    trained = steps(lightly, sizes, rounds) if lightly else []
    if trained:
        head = [
            "loss",
            "batch x d",
            "steps/s, ours",
            "lightly",
            "network alone",
            "lightly over ours",
        ]
        print(common.table(head, trained) + "\n")
    numbers = {"parity": same, "cost": costs, "gram": grams, "steps": trained}
    common.show(f"torch {torch.__version__}, one thread", options.json, numbers)


if __name__ == "__main__":
    main()
