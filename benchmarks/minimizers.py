"""Does every objective find the contexture it claims? Against closed forms, and in small batches.

The first table minimises each objective over all functions on a finite context with a known
spectrum (tables of values, every draw as often as it is likely). The second trains networks on
fresh draws from a von Mises circle, whose singular values are ratios of Bessel functions.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy import special
from torch import Tensor, nn

from benchmarks import common
from contextures.objectives import get_objective

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "objectives"))
import finite

D = 3
Row = dict[str, Any]


def compare(functions: Tensor, context: Any, side: str) -> tuple[float, float]:
    """Give the smallest canonical correlation and the largest error of a singular value."""
    table = functions.detach().numpy()
    d = table.shape[1]
    there = context if side == "X" else context.reversed()
    truth = context.mu if side == "X" else context.nu
    cosines = finite.canonical_correlations(table, truth[:, :d], there.px)
    found = finite.ritz(table, there.transition, there.px, there.pa)
    return float(cosines.min()), float(np.abs(found - context.s[:d]).max())


def order(functions: Tensor, truth: np.ndarray, weights: np.ndarray) -> float:
    """Give the smallest cosine of a coordinate with the function of its rank."""
    table = functions.detach().numpy()
    table = table - weights @ table
    table /= np.sqrt(weights @ table**2)
    return float(np.abs((table * truth[:, : table.shape[1]] * weights[:, None]).sum(0)).min())


def row(name: str, closed_form: str, cosine: float, error: float, value: float, best: float) -> Row:
    """Collect what is shown of an objective."""
    off = abs(value - best)
    return {"name": name, "context": closed_form, "cosine": cosine, "error": error, "off": off}


def on_pairs() -> list[Row]:
    """Objectives on pairs: a masked cube."""
    context = finite.unequal_masks(16)
    s2, falling = context.s[:D] ** 2, np.array([3, 2, 1]) / 3
    minima = {
        "ratio_trace": D - s2.sum(),
        "svme": D - s2.sum(),
        "low_rank": -s2.sum(),
        "joint_nesting": -(falling * s2).sum(),
        "sequential_nesting": -s2.sum(),
    }
    rows = []
    for name, best in minima.items():
        objective = get_objective(name)
        f, g = finite.tables((8, D), (27, D))
        optimize = finite.descend if name.startswith("sequential") else finite.minimize

        def loss(o: Any = objective, f: Tensor = f, g: Tensor = g) -> Any:
            return o(f[context.x], g[context.a])

        value = optimize(loss, [f, g])
        made = row(name, "masked cube: s^2 = 3/4, 1/2, 3/8", *compare(f, context, "X"), value, best)
        if objective.ordered:
            made["order"] = order(f, context.mu, context.px)
        rows.append(made)
    return rows


def on_views() -> list[Row]:
    """Objectives on views: a masked square."""
    context = finite.two_masks()
    draws = context.views(16)
    s2, falling = context.s[:D] ** 2, np.array([3, 2, 1]) / 3
    minima: dict[str, tuple[dict[str, Any], float]] = {
        "ratio_trace_views": ({}, D - s2.sum()),
        "spectral_contrastive": ({}, -(s2**2).sum()),
        "joint_nesting_views": ({}, -(falling * s2**2).sum()),
        "sequential_nesting_views": ({}, -(s2**2).sum()),
        "rayleigh_quotient": ({}, 2 * (falling * (1 - s2)).sum()),
        "vicreg": ({"covariance": 25.0}, np.nan),
        "barlow_twins": ({"redundancy": 1.0}, np.nan),
    }
    rows = []
    for name, (options, best) in minima.items():
        objective = get_objective(name, **options)
        (g,) = finite.tables((9, D))
        optimize = finite.descend if name.startswith("sequential") else finite.minimize

        def loss(o: Any = objective, g: Tensor = g) -> Any:
            return o(g[draws.x], g[draws.a])

        value = optimize(loss, [g])
        closed_form = "masked square: s^2 = 3/4, 1/2, 3/8"
        made = row(name, closed_form, *compare(g, context, "A"), value, best)
        if name == "rayleigh_quotient":
            g = finite.gram_schmidt(g, context.pa)
        if objective.ordered:
            made["order"] = order(g, context.nu, context.pa)
        rows.append(made)
    return rows


def on_kernels_and_graphs() -> list[Row]:
    """Objectives on kernels: a masked cube; the graph objective: a graph of three blocks."""
    context = finite.unequal_masks()
    rows = context.rows(32)
    batch = torch.tensor(context.transition)[rows], torch.tensor(context.pa)
    best = D - (context.s[:D] ** 2).sum()
    found = []
    for name in ("ratio_trace_kernel", "kise"):
        objective = get_objective(name)
        (f,) = finite.tables((8, D))
        value = finite.minimize(lambda o=objective, f=f: o(f[rows], *batch), [f])
        closed_form = "masked cube: s^2 = 3/4, 1/2, 3/8"
        found.append(row(name, closed_form, *compare(f, context, "X"), value, best))
    rates = np.full((3, 3), 2) + 7 * np.eye(3, dtype=int)
    blocks = finite.Finite(np.kron(rates, np.ones((3, 3), dtype=int)))
    for walk, best in (("two_step", 2 - 2 * (7 / 13) ** 2), ("lazy", 2 - (1 + 7 / 13))):
        draws = blocks.views() if walk == "two_step" else blocks
        objective = get_objective("graph", walk=walk)
        (f,) = finite.tables((9, 2))
        value = finite.minimize(lambda o=objective, f=f, d=draws: o(f[d.x], f[d.a]), [f])
        closed_form = "three blocks: s = (p - q) / (p + 2 q) = 7/13 twice"
        measured = compare(f, blocks, "X")
        found.append(row(f"graph, {walk}", closed_form, *measured, value, best))
    return found


def on_targets() -> list[Row]:
    """Objectives with targets: labels, hidden bits, principal components."""
    found = []
    labels = finite.Finite(np.eye(3, dtype=int)[[0, 0, 1, 1, 1, 2, 2, 2, 2, 2]], copies=10)
    objective = get_objective("class_balanced_mse")
    (f,) = finite.tables((10, 2))
    value = finite.minimize(lambda: objective(f[labels.x], labels.a), [f])
    closed_form = "unbalanced labels: s = 1 twice"
    found.append(row("class_balanced_mse", closed_form, *compare(f, labels, "X"), value, 0.0))
    context = finite.unequal_masks()
    bits = torch.tensor(1.0 - 2 * ((np.arange(8)[:, None] >> np.array([2, 1, 0])) & 1))
    visible = np.array([1, -1, 0])[(np.arange(27)[:, None] // np.array([9, 3, 1])) % 3]
    for name in ("denoising", "clean_prediction", "masked_reconstruction"):
        predict = get_objective(name)
        (g,) = finite.tables((27, 2))
        value = finite.minimize(lambda o=predict, g=g: o(g[context.a], bits[context.x]), [g])
        cosines = finite.canonical_correlations(g.detach().numpy(), visible[:, :2], context.pa)
        closed_form = "hidden bits: components of E[X given A], 3/4 and 1/2"
        found.append(row(name, closed_form, float(cosines.min()), np.nan, value, 3 - 1.25))
    rng = np.random.default_rng(1)
    teacher = rng.standard_normal((30, 6)) @ np.diag([4, 3, 2, 1, 0.5, 0.2])
    left, values, _ = np.linalg.svd(teacher - teacher.mean(0), full_matrices=False)
    for name in ("distillation", "supervised_mse"):
        student = get_objective(name)
        (f,) = finite.tables((30, D))
        value = finite.minimize(lambda o=student, f=f: o(f, torch.tensor(teacher)), [f])
        weights = np.full(30, 1 / 30)
        cosines = finite.canonical_correlations(f.detach().numpy(), left[:, :D], weights)
        best = float((values[D:] ** 2).sum() / 30)
        closed_form = "principal components of the target"
        found.append(row(name, closed_form, float(cosines.min()), np.nan, value, best))
    pairs = finite.Finite([[5, 1, 2], [1, 6, 1], [2, 1, 9]])
    contrast = get_objective("info_nce", temperature=1.0, normalize=False)
    f, g = finite.tables((3, 3), (3, 3))
    finite.minimize(lambda: contrast(f[pairs.x], g[pairs.a]), [f, g], 1000)
    gap = (f @ g.T).detach().numpy() - np.log(pairs.joint / np.outer(pairs.px, pairs.pa))
    off = float(np.abs(gap - gap.mean()).max())
    found.append(row("info_nce", "log of the density ratio", np.nan, np.nan, off, 0.0))
    return found


def network(d: int) -> nn.Sequential:
    """Make a small network on the circle."""
    layers = [nn.Linear(2, 128), nn.Tanh(), nn.Linear(128, 128), nn.Tanh(), nn.Linear(128, d)]
    return nn.Sequential(*layers)


def small_batches(d: int, batch: int, n_steps: int, seeds: int) -> dict[str, list[float]]:
    """Train networks on draws from a von Mises circle; the share of the best ratio trace."""
    n, kappa = 300, 6.0
    turn = 2 * np.pi * np.arange(n) / n
    joint = np.exp(kappa * np.cos(turn[:, None] - turn))
    joint /= joint.sum()
    ratios = special.ive(np.arange(1, d // 2 + 1), kappa) / special.ive(0, kappa)
    best = 2 * (ratios**2).sum()
    points = torch.tensor(np.column_stack([np.cos(turn), np.sin(turn)]), dtype=torch.float32)
    chances = torch.tensor(joint.ravel())
    contenders: dict[str, tuple[str, dict[str, Any]]] = {
        "ratio_trace": ("ratio_trace", {}),
        "ratio_trace, with self-pairs (VAMP-2)": ("ratio_trace", {"exclude_self": False}),
        "svme": ("svme", {}),
        "low_rank": ("low_rank", {}),
        "joint_nesting": ("joint_nesting", {}),
    }
    shares: dict[str, list[float]] = {name: [] for name in contenders}
    for seed in range(seeds):
        for key, (name, options) in contenders.items():
            torch.manual_seed(seed)
            objective = get_objective(name, **options)
            phi, psi = network(d), network(d)
            optimizer = torch.optim.Adam([*phi.parameters(), *psi.parameters()], lr=2e-3)
            schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, n_steps)
            for _ in range(n_steps):
                places = torch.multinomial(chances, batch, replacement=True)
                loss = objective(phi(points[places // n]), psi(points[places % n]))
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                schedule.step()
            table = phi(points).detach().double().numpy()
            weights = np.full(n, 1 / n)
            attained = finite.ritz(table, joint * n, weights, weights)
            shares[key].append(float((attained**2).sum() / best))
        print(f"batch {batch}, seed {seed} done", file=sys.stderr)
    return shares


def shown(number: float, digits: str) -> str:
    """Give a number, or a dash where there is none."""
    return "-" if np.isnan(number) else format(number, digits)


def main() -> None:
    """Run and print."""
    arguments = common.parser(__doc__ or "")
    arguments.add_argument("--seeds", type=int, default=3)
    options = arguments.parse_args()
    torch.set_num_threads(1)
    parts: list[Callable[[], list[Row]]] = [on_pairs, on_views, on_kernels_and_graphs, on_targets]
    found = [made for part in parts for made in part()]
    rows = [
        [
            made["name"],
            made["context"],
            shown(made["cosine"], ".5f"),
            shown(made["error"], ".4f"),
            shown(made["off"], ".4f"),
            shown(made.get("order", np.nan), ".5f"),
        ]
        for made in found
    ]
    head = ["objective", "closed form", "smallest canonical correlation", "error of s"]
    head += ["loss off its minimum", "smallest cosine, in order"]
    print(common.table(head, rows) + "\n")
    d, batches = 16, (48, 96, 256)
    n_steps, seeds = (300, 1) if options.quick else (3000, options.seeds)
    trained = {batch: small_batches(d, batch, n_steps, seeds) for batch in batches}
    rows = [
        [
            name,
            *(f"{np.mean(trained[b][name]):.3f} ± {np.std(trained[b][name]):.3f}" for b in batches),
        ]
        for name in trained[batches[0]]
    ]
    head = ["share of the best ratio trace, d = 16", *(f"batch {batch}" for batch in batches)]
    common.show(common.table(head, rows), options.json, {"closed forms": found, "small": trained})


if __name__ == "__main__":
    main()
