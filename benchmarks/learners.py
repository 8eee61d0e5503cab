"""Does a network reach the exact functions? Every objective, by closed forms and on tables."""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import common
from benchmarks.learned_forms import CLASSES, by_inputs, closed
from benchmarks.ritz import canonical_correlations, prepared
from contextures.contexts import KNNContext
from contextures.encoders import NeuralEncoder, RitzEncoder, SpectralEncoder
from contextures.exceptions import ContextWarning, InputError
from contextures.spectrum.ritz.ratio_trace import ratio_trace

TABLES = {"abalone": 4177, "segment": 2310, "kin8nm": 1400}
"""Tables, and how many of their rows are drawn."""

GRIDS: dict[str, dict[str, tuple[Any, ...]]] = {
    "vicreg": {"covariance": (1.0, 25.0)},
    "barlow_twins": {"redundancy": (0.005, 0.1, 1.0)},
    "spectral_contrastive": {"constant": (False, True)},
    "info_nce": {"temperature": (0.1, 0.3, 1.0)},
    "nt_xent": {"temperature": (0.2, 0.5, 1.0)},
}
"""Settings of the losses that depend on them; held-out rows of the first table, seed 0, decide."""

RATES = (0.004, 0.001)
STEPS, GRID_STEPS = 250, 100
"""Steps of every search, each over all rows once; and of the trainings that choose settings."""


def judged(encoder: Any, exact: SpectralEncoder, rows: Any, fresh: Any) -> dict[str, float]:
    """Compare an encoder with the exact functions, on fitted and on fresh rows."""
    correlations = canonical_correlations(encoder.transform(rows), exact.spectrum_.left)
    reached = ratio_trace(encoder.transform(fresh), exact.context_, fresh)
    return {
        "fitted": float((correlations**2).mean()),
        "error": float(np.abs(encoder.singular_values_**2 - exact.singular_values_**2).mean()),
        "fresh": reached / ratio_trace(exact.transform(fresh), exact.context_, fresh),
    }


def on_table(
    learner: str, settings: dict[str, Any], data: tuple[Any, Any], seed: int, d: int
) -> dict[str, Any]:
    """Fit a learner to a table and judge it."""
    rows, fresh = data
    context = KNNContext(30)
    exact = SpectralEncoder(context, d, random_state=seed)
    started = time.perf_counter()
    exact.fit(rows)
    encoder: Any = exact
    if learner != "exact":
        started = time.perf_counter()
        encoder = RitzEncoder(context, d, random_state=seed)
        if learner != "ritz":
            pace = {"max_steps": STEPS, "batch_size": len(rows), **settings}
            encoder = NeuralEncoder(context, d, objective=learner, random_state=seed, **pace)
        encoder.fit(rows)
    return {"seconds": time.perf_counter() - started, **judged(encoder, exact, rows, fresh)}


def tried(work: Callable[[], dict[str, float]]) -> dict[str, Any]:
    """Run; a loss may leave fewer functions than are wanted, which is a result too."""
    try:
        return dict(work())
    except InputError as error:
        return {**dict.fromkeys(MEASURES, np.nan), "failed": str(error)}


def best_settings(
    ledger: common.Ledger, learner: str, options: argparse.Namespace, d: int
) -> dict[str, Any]:
    """Choose the settings of a loss by the held-out score of short trainings."""
    if learner not in GRIDS:
        return {}
    grid, table = GRIDS[learner], options.tables[0]
    rows = prepared(options.data, table, 0, most_rows(table, options))[0]
    scores = []
    for rate, *values in product(RATES, *grid.values()):
        settings = {
            "learning_rate": rate,
            "objective_options": dict(zip(grid, values, strict=True)),
        }

        def score(settings: dict[str, Any] = settings) -> dict[str, Any]:
            steps = 10 if options.quick else GRID_STEPS
            short = {"max_steps": steps, "batch_size": len(rows), "refit": False}
            encoder = NeuralEncoder(
                KNNContext(30), d, objective=learner, random_state=0, **short, **settings
            )
            try:
                return {"score": encoder.fit(rows).score_}
            except InputError:
                return {"score": -np.inf}

        key = {"part": "grid", "table": table, "learner": learner, "settings": settings}
        scores.append((ledger.once(key, score)["score"], settings))
    return max(scores, key=lambda pair: pair[0])[1]


def most_rows(table: str, options: argparse.Namespace) -> int:
    """Say how many rows of a table are drawn."""
    return 700 if options.quick else TABLES.get(table, 4177)


def on_tables(ledger: common.Ledger, options: argparse.Namespace) -> str:
    """Compare all learners with the exact functions of 30 neighbours on real tables."""
    d = 16 if options.quick else 128
    default = ["ratio_trace", *by_inputs("pair", "views", "kernel", leave_out=("ratio_trace",))]
    learners = options.objectives or ["exact", "ritz", *default, *CLASSES]
    rows = []
    for name, learner in product(options.tables, learners):
        runs = []
        for seed in range(options.seeds):
            data = prepared(options.data, name, seed, most_rows(name, options))
            settings = best_settings(ledger, learner, options, d)
            if options.quick and learner not in ("exact", "ritz"):
                settings = {**settings, "max_steps": 10}
            key = {"part": "tables", "table": name, "learner": learner, "seed": seed}
            runs.append(
                ledger.once(
                    key,
                    lambda s=settings, data=data, seed=seed, learner=learner: {
                        **tried(lambda: on_table(learner, s, data, seed, d)),
                        "settings": s,
                    },
                )
            )
        values = {key: np.array([run[key] for run in runs]) for key in MEASURES}
        spread = [f"{v.mean():.4f} ± {v.std():.4f}" for v in values.values()]
        rows.append([name, learner, *spread[:3], f"{values['seconds'].mean():.0f}"])
    head = [
        "table",
        "learner",
        "R²_CCA, fitted",
        "error of s²",
        "ratio trace over exact, fresh",
        "s",
    ]
    return common.table(head, rows)


MEASURES = ("fitted", "error", "fresh", "seconds")


def figure(ledger: common.Ledger, path: Path) -> None:
    """Plot both measures against seconds."""
    from matplotlib.figure import Figure

    runs = [run for run in ledger.runs if run["part"] == "tables"]
    tables = sorted({run["table"] for run in runs})
    learners = list(dict.fromkeys(run["learner"] for run in runs))
    plot = Figure(figsize=(5 * len(tables), 8), layout="constrained")
    axes = np.atleast_2d(plot.subplots(2, len(tables), squeeze=False, sharex="col"))
    for (row, measure), (column, table) in product(
        enumerate(("fitted", "fresh")), enumerate(tables)
    ):
        axis = axes[row, column]
        for place, learner in enumerate(learners):
            mine = [r for r in runs if r["table"] == table and r["learner"] == learner]
            if mine:
                x, y = (np.mean([r[key] for r in mine]) for key in ("seconds", measure))
                colour, marker = f"C{place % 10}", "osD^vP"[place // 10 % 6]
                axis.scatter(x, y, color=colour, marker=marker, label=learner)
        axis.set(xscale="log", title=table if row == 0 else "")
    axes[0, 0].set_ylabel("R²_CCA on fitted rows")
    axes[1, 0].set_ylabel("ratio trace over the exact one, fresh rows")
    for axis in axes[1]:
        axis.set_xlabel("seconds")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    plot.legend(handles, labels, loc="outside right upper", fontsize="small")
    plot.savefig(path, dpi=120)


def main() -> None:
    """Run and print."""
    arguments = common.parser(__doc__ or "", data=True)
    arguments.add_argument("--part", choices=("closed", "tables", "all"), default="all")
    arguments.add_argument("--results", type=Path, help="JSON lines to go on from and add to")
    arguments.add_argument("--figure", type=Path, help="write the figure of the tables here")
    arguments.add_argument("--objectives", nargs="+", help="only these (learners, on tables)")
    arguments.add_argument("--forms", nargs="+", help="only closed forms with this in their name")
    arguments.add_argument("--tables", nargs="+", default=list(TABLES), help="their names")
    arguments.add_argument("--seeds", type=int, default=3, help="how many, from 0 on")
    options = arguments.parse_args()
    if options.part != "closed" and options.data is None:
        arguments.error("--data is needed: a folder of NAME.parquet, target last")
    warnings.simplefilter("ignore", ContextWarning)
    ledger = common.Ledger(options.results)
    texts = []
    if options.part in ("closed", "all"):
        texts.append(closed(ledger, options))
    if options.part in ("tables", "all"):
        texts.append(on_tables(ledger, options))
        if options.figure:
            figure(ledger, options.figure)
    common.show("\n\n".join(texts), options.json, ledger.runs)


if __name__ == "__main__":
    main()
