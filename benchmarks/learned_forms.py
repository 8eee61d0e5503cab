"""Contexts with known spectra that networks are held against, objective by objective."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from scipy import special
from sklearn.decomposition import PCA

from benchmarks import common
from benchmarks.ritz import bits, canonical_correlations, parities
from contextures.contexts import (
    Context,
    DiffusionContext,
    FiniteContext,
    GraphContext,
    NoiseContext,
    RandomMaskContext,
    TeacherContext,
)
from contextures.encoders import NeuralEncoder
from contextures.encoders.neural.objective_choice import whitens
from contextures.objectives import get_objective, objective_class, objective_names

FRESH = 5_000


class Form(NamedTuple):
    """A context with a known spectrum.

    ``rows`` gives fitted rows (None for all states) and ``functions`` the true functions on rows;
    ``objectives`` are those whose minimiser has this span, with the options that they need.
    """

    context: Context
    rows: Callable[[int, Any], Any]
    values: np.ndarray
    functions: Callable[[Any], Any]
    objectives: dict[str, dict[str, Any]]
    fit: dict[str, Any]


def by_inputs(*kinds: str, leave_out: tuple[str, ...] = ()) -> dict[str, dict[str, Any]]:
    """Give the objectives that take such inputs: "targets X" and "targets A" apart."""
    found = {}
    for name in objective_names():
        made = objective_class(name)
        kind = made.inputs + (f" {made.encoder_on}" if made.inputs == "targets" else "")
        if kind in kinds and name not in leave_out:
            found[name] = {}
    return found


CONTRASTIVE = ("info_nce", "nt_xent")
GENERAL = by_inputs("pair", "views", "kernel", leave_out=CONTRASTIVE)
CLASSES = {"supervised_mse": {}, "class_balanced_mse": {}}


def forms() -> Iterator[tuple[str, Form]]:
    """Give contexts with known spectra."""
    drawn = by_inputs("pair", "views", "targets A", leave_out=(*CONTRASTIVE, "graph"))
    normal = {"batch_size": 4096, "network_options": {"width": 128, "depth": 3}}
    yield (
        "Gaussian, rho = .8, 6 columns",
        Form(
            NoiseContext(0.75),
            lambda n, rng: rng.standard_normal((n, 6)),
            np.full(6, 0.8),
            lambda X: X,
            {**drawn, "supervised_mse": {}},
            normal,
        ),
    )
    yield (
        "Gaussian, diffusion levels, 6 columns",
        Form(
            DiffusionContext(),
            lambda n, rng: rng.standard_normal((n, 6)),
            np.full(6, 0.5**0.5),
            lambda X: X,
            {"clean_prediction": {}},
            normal,
        ),
    )
    yield (
        "cube of 6 bits, hidden with chance .35",
        Form(
            RandomMaskContext(mask_rate=0.35),
            lambda n, rng: bits(n, rng),
            np.full(6, 0.65**0.5),
            lambda X: X,
            {**drawn, "clean_prediction": {}},
            normal,
        ),
    )
    spreads = np.array([1.0, 0.9, 0.8, 0.7, 0.6])
    yield (
        "principal components of a teacher",
        Form(
            TeacherContext(PCA(5)),
            lambda n, rng: rng.standard_normal((n, 5)) * spreads,
            spreads,
            lambda X: X,
            {"distillation": {}, "ratio_trace_kernel": {}, "kise": {}},
            normal,
        ),
    )
    yield from finite_forms()


def finite_forms() -> Iterator[tuple[str, Form]]:
    """Give contexts over finitely many states, which are all fitted and all judged."""
    small = {"network_options": {"width": 128, "depth": 3}}
    cube = np.array([[1.0 - 2.0 * (i >> j & 1) for j in range(6)] for i in range(64)])
    distance = (cube[:, None] != cube).sum(axis=2)
    flips = FiniteContext(0.1**distance * 0.9 ** (6 - distance) / 64)
    # The logarithm of the density ratio is log(9) / 2 a bit, and log(4.56) / 2 for two flips.
    contrastive = {
        "info_nce": {"normalize": False, "temperature": 1.0},
        "nt_xent": {"temperature": 2 / (6 * np.log(0.82 / 0.18))},
    }
    everything: Callable[[int, Any], Any] = lambda n, rng: None  # noqa: E731
    yield (
        "cube of 6 bits, flipped with chance .1",
        Form(
            flips,
            everything,
            np.full(6, 0.8),
            lambda X: parities(cube, 1),
            {**GENERAL, **CLASSES, **contrastive},
            small,
        ),
    )
    angles = 2 * np.pi * np.arange(200) / 200
    ring = np.exp(3 * np.cos(angles[:, None] - angles))
    waves = np.stack([w(j * angles) for j in (1, 2, 3) for w in (np.cos, np.sin)], axis=1)
    yield (
        "circle of 200 states, von Mises, kappa = 3",
        Form(
            FiniteContext(ring / ring.sum()),
            everything,
            np.repeat(special.ive(np.arange(1, 4), 3.0) / special.ive(0, 3.0), 2),
            lambda X: waves,
            {**GENERAL, **CLASSES},
            small,
        ),
    )
    blocks = np.kron(np.full((4, 4), 0.1) + 0.5 * np.eye(4), np.ones((25, 25)))
    yield (
        "graph of 4 blocks, 100 nodes",
        Form(
            GraphContext(blocks),
            everything,
            np.full(3, 0.5 / 0.9),
            lambda X: np.kron(np.eye(4), np.ones((25, 1)))[:, :3],
            {**GENERAL, **CLASSES},
            small,
        ),
    )
    unequal = np.ones((1, 1))
    for flip in (0.0625, 0.125, 0.25):
        unequal = np.kron(unequal, np.array([[1 - flip, flip], [flip, 1 - flip]]) / 2)
    states = np.array([[1.0 - 2.0 * (i >> j & 1) for j in (2, 1, 0)] for i in range(8)])
    ordered = {name: {} for name in objective_names() if objective_class(name).ordered}
    yield (
        "cube of 3 bits, unequal flips; every coordinate in its place",
        Form(
            FiniteContext(unequal),
            everything,
            np.array([0.875, 0.75, 0.65625]),
            lambda X: np.c_[states[:, :2], states[:, 0] * states[:, 1]],
            ordered,
            {**small, "n_outputs": 3},
        ),
    )


def on_form(form: Form, objective: str, seed: int, quick: bool) -> dict[str, Any]:
    """Learn a closed form by an objective and judge it on fresh rows."""
    rng = np.random.default_rng(seed)
    rows = form.rows(5_000 if quick else 50_000, rng)
    options = dict(form.fit)
    if rows is None or objective in CONTRASTIVE:
        # As few outputs as are kept, so that it is the objective that finds the span.
        options.setdefault("n_outputs", len(form.values) + (objective == "nt_xent"))
    if quick:
        options["max_steps"] = 60
    encoder = NeuralEncoder(
        form.context,
        len(form.values),
        objective=objective,
        objective_options=form.objectives[objective],
        random_state=seed,
        n_views=256
        if rows is not None and objective_class(objective).inputs == "views"
        else "auto",
        **options,
    )
    started = time.perf_counter()
    encoder.fit(rows)
    seconds = time.perf_counter() - started
    fresh = None if rows is None else form.rows(FRESH, rng)
    true = form.functions(fresh)
    found = {
        "error": float(np.abs(encoder.singular_values_ - form.values).max()),
        "correlation": float(canonical_correlations(encoder.transform(fresh), true).min()),
        "seconds": seconds,
    }
    if objective_class(objective).ordered and len(set(form.values)) == len(form.values):
        found["order"] = order_of(encoder, true)
    return found


def order_of(encoder: NeuralEncoder, true: Any) -> float:
    """Give the least correlation of an output, before the Ritz step, with the function it is.

    Outputs that the loss whitens one after the other are made orthogonal in this order first.
    """
    import torch

    network = encoder.network_ or encoder.context_network_
    with torch.no_grad():
        outputs = network(torch.arange(len(true))).numpy()
    if whitens(get_objective(encoder.objective)):
        outputs = np.linalg.qr(outputs - outputs.mean(axis=0))[0]
    return float(
        np.abs(np.diag(np.corrcoef(outputs.T, true.T)[: true.shape[1], true.shape[1] :])).min()
    )


def closed(ledger: common.Ledger, options: Any) -> str:
    """Hold every objective against closed forms."""
    rows = []
    for name, form in forms():
        if options.forms and not any(part in name for part in options.forms):
            continue
        for objective in form.objectives:
            if options.objectives and objective not in options.objectives:
                continue
            runs = [
                ledger.once(
                    {"part": "closed", "form": name, "objective": objective, "seed": seed},
                    lambda seed=seed: on_form(form, objective, seed, options.quick),  # noqa: B023
                )
                for seed in range(options.seeds)
            ]
            order = min((run["order"] for run in runs if "order" in run), default=None)
            rows.append(
                [
                    name,
                    objective,
                    f"{max(run['error'] for run in runs):.4f}",
                    f"{min(run['correlation'] for run in runs):.4f}",
                    "" if order is None else f"{order:.4f}",
                    f"{np.mean([run['seconds'] for run in runs]):.0f}",
                ]
            )
    head = [
        "context",
        "objective",
        "largest error of s",
        "smallest correlation",
        "order",
        "seconds",
    ]
    return common.table(head, rows)
