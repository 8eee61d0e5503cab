"""How well are the largest eigenvalues known from a random subset of the rows?"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks import common, figures
from benchmarks.ritz import features
from contextures.contexts import FiniteContext, KNNContext
from contextures.encoders import NeuralEncoder, RitzEncoder, SpectralEncoder
from contextures.exceptions import ContextWarning
from contextures.spectrum import singular_values
from contextures.spectrum.ritz import TransitionMoments

TABLES = ("abalone", "fifa", "kings_county")
PAPER = {"abalone": 0.088, "fifa": 0.131, "kings_county": 0.177}
"""arXiv 2505.01557 (ICML 2025), Table 2: a trained network, all rows."""

NEIGHBORS, KEPT = 60, 256

WHOLE_BATCH = 5000
"""Rows up to which a network sees all of them in every step."""

SIZES = (300, 600, 1200, 2400)

QUICK: dict[str, Any] = {"max_steps": 20, "network_options": {"width": 64, "depth": 2}}
"""A network that is only to be tried out."""

NETWORK_ROWS, NETWORK_SEEDS = 600, 3
"""Networks are slow: they get one m beside all rows, and so many seeds."""


class Whole(NamedTuple):
    """A table with all its rows: the features, the fitted context and its eigenvalues s^2."""

    X: Any
    context: KNNContext
    squares: Any


class Sample(NamedTuple):
    """Some rows of a table, how many eigenvalues are wanted, a seed, and whether to be quick."""

    whole: Whole
    places: Any
    kept: int
    seed: int
    quick: bool

    @property
    def is_whole(self) -> bool:
        """Whether these are all rows."""
        return len(self.places) == len(self.whole.X)

    @property
    def rows(self) -> Any:
        """The rows."""
        return self.whole.X[self.places]

    @property
    def scaled(self) -> KNNContext:
        """The context with K scaled by the share of rows, as a search over contexts does."""
        scaled = self.whole.context.subsampled(len(self.places) / len(self.whole.X))
        return scaled.set_params(random_state=self.seed)


RITZ = ", then Ritz on all rows"

Estimate = dict[str, Any]
"""Eigenvalues, by what they come from."""


@lru_cache(maxsize=1)
def whole(data: Path, name: str, most: int | None, kept: int, neighbors: int) -> Whole:
    """Compute the eigenvalues on all rows exactly."""
    X = features(data, name)
    if most is not None:
        X = X[np.random.default_rng(0).permutation(len(X))[:most]]
    X = common.standardised(X)
    context = KNNContext(neighbors).fit(X)
    return Whole(X, context, singular_values(context, kept) ** 2)


def ritz_values(functions: Any, sample: Sample) -> Any:
    """Compute the eigenvalues in the span of functions under the operator of all rows."""
    moments = TransitionMoments().update(functions, sample.whole.context.expansion_)
    return moments.solve(sample.kept, allow_fewer=True).singular_values ** 2


def by_rows(sample: Sample) -> Estimate:
    """Use the rows alone, with K scaled; then their exact functions on all rows."""
    d = min(2 * sample.kept, len(sample.places) - 1)
    encoder = fitted(SpectralEncoder(sample.scaled, d), sample.rows)
    return both_ways(encoder, sample)


def by_neighbors(sample: Sample) -> Estimate:
    """Use the rows' neighbours among all rows, and the P_A that these rows give them."""
    transition = sample.whole.context.expansion_[sample.places]
    context = FiniteContext(transition / len(sample.places)).fit()
    return {"": singular_values(context, sample.kept) ** 2}


def by_landmarks(sample: Sample) -> Estimate:
    """Let A range over as many landmarks, with K scaled, for all rows."""
    context = sample.scaled.set_params(n_landmarks=len(sample.places)).fit(sample.whole.X)
    return {"": singular_values(context, sample.kept) ** 2}


def by_columns(sample: Sample) -> Estimate:
    """Use k(., x_j) for the rows x_j as functions on all rows, which is Nystroem's choice."""
    context = sample.whole.context
    inverse = 1.0 / np.maximum(context.context_weights_, np.finfo(float).tiny)
    columns = context.expansion_ @ (context.expansion_[sample.places] * inverse).T
    return {"": ritz_values(columns.toarray(), sample)}


def by_ritz(sample: Sample) -> Estimate:
    """Use RitzEncoder, fitted to the rows."""
    made = RitzEncoder(sample.scaled, 2 * sample.kept, random_state=sample.seed)
    encoder = fitted(made, sample.rows)
    return both_ways(encoder, sample)


def by_network(sample: Sample) -> Estimate:
    """Use NeuralEncoder, fitted to the rows, with about twice the outputs that are kept."""
    import torch

    n = len(sample.places)
    encoder = fitted(
        NeuralEncoder(
            sample.scaled,
            sample.kept,
            n_outputs=max(sample.kept, min(2 * sample.kept, n // 2)),
            batch_size=n if n <= WHOLE_BATCH else "auto",
            progress=False,
            n_threads=1,
            random_state=sample.seed,
            **(QUICK if sample.quick else {}),
        ),
        sample.rows,
    )
    values = encoder.singular_values_**2
    if sample.is_whole:
        return {"": values}
    with torch.no_grad():
        outputs = encoder.network_(torch.as_tensor(sample.whole.X, dtype=torch.float32))
    return {"": values, RITZ: ritz_values(outputs.double().numpy(), sample)}


def fitted(encoder: Any, rows: Any) -> Any:
    """Fit an encoder of its number of components, or of as many as there are."""
    return encoder.set_params(allow_fewer=True).fit(rows)


def both_ways(encoder: Any, sample: Sample) -> Estimate:
    """Give an encoder's own eigenvalues, and those of its functions on all rows."""
    own = encoder.singular_values_[: sample.kept] ** 2
    if sample.is_whole:
        return {"": own}
    return {"": own, RITZ: ritz_values(encoder.transform(sample.whole.X), sample)}


ESTIMATORS: dict[str, Callable[[Sample], Estimate]] = {
    "rows, K scaled": by_rows,
    "rows' neighbours among all": by_neighbors,
    "landmarks for all rows": by_landmarks,
    "kernel columns, Ritz on all rows": by_columns,
    "RitzEncoder": by_ritz,
    "NeuralEncoder": by_network,
}

ON_ALL_ROWS = ("RitzEncoder", "NeuralEncoder")
"""Those that leave something to estimate when they have all rows."""


def judged(name: str, sample: Sample) -> dict[str, Any]:
    """Estimate eigenvalues and compare them; None where there are too few functions for all."""
    started = time.perf_counter()
    found = ESTIMATORS[name](sample)
    seconds = time.perf_counter() - started
    errors: dict[str, Any] = {}
    for way, squares in found.items():
        enough = len(squares) == sample.kept
        apart = squares - sample.whole.squares if enough else np.full(1, np.nan)
        errors[name + way] = [float(np.abs(apart).mean()), float(apart.mean())] if enough else None
    return {"errors": errors, "seconds": seconds}


def tables(options: argparse.Namespace) -> list[str]:
    """Give the tables that are there."""
    found = [name for name in options.tables if (options.data / f"{name}.parquet").is_file()]
    if not found:
        raise SystemExit(f"none of {', '.join(options.tables)} is in {options.data}")
    return found


def runs_of(ledger: common.Ledger, options: argparse.Namespace) -> list[dict[str, Any]]:
    """Estimate from every number of rows, by everything, for every seed."""
    most, kept, neighbors = (800, 32, 12) if options.quick else (None, KEPT, NEIGHBORS)
    runs = []
    for table in tables(options):
        data = whole(options.data, table, most, kept, neighbors)
        n = len(data.X)
        sizes = [m for m in ((100, 200) if options.quick else options.sizes) if m < n]
        for seed in range(options.seeds):
            order = np.random.default_rng(seed).permutation(n)
            for m, name in ((m, name) for m in [*sizes, n] for name in options.estimators):
                slow = name == "NeuralEncoder"
                if (m == n and name not in ON_ALL_ROWS) or (slow and m not in (n, NETWORK_ROWS)):
                    continue
                if slow and seed >= NETWORK_SEEDS:
                    continue
                key = {"table": table, "n": n, "m": m, "estimator": name, "seed": seed}
                sample = Sample(data, np.sort(order[:m]), kept, seed, options.quick)
                runs.append(
                    ledger.once(
                        {**key, "kept": kept},
                        lambda name=name, sample=sample: judged(name, sample),
                    )
                )
    return runs


def summary(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give a row for each table and way to estimate, a column for each number of rows.

    A cell is empty where some seed's subset has too few functions for all eigenvalues.
    """
    sizes = sorted({run["m"] for run in runs if run["m"] < run["n"]})
    rows = []
    for table in dict.fromkeys(run["table"] for run in runs):
        mine = [run for run in runs if run["table"] == table]
        for way in dict.fromkeys(way for run in mine for way in run["errors"]):
            row = {"table": table, "estimated by": way}
            for m in [*sizes, None]:
                there = [
                    run for run in mine if way in run["errors"] and run["m"] == (m or run["n"])
                ]
                errors = [run["errors"][way] for run in there]
                row[f"m = {m}" if m else "all rows"] = (
                    "" if not errors or None in errors else cell(np.array(errors))
                )
            rows.append({**row, "paper, all rows": PAPER.get(table, "")})
    return rows


def cell(errors: Any) -> str:
    """Give the mean error over seeds, its spread, and whether values are too large or too small."""
    over = errors[:, 1].mean() / errors[:, 0].mean()
    sign = "+" if over > 0.5 else "-" if over < -0.5 else ""
    return f"{figures.spread(errors[:, 0], 4)}{' (' + sign + ')' if sign else ''}"


def plot(runs: list[dict[str, Any]]) -> Any:
    """Plot the error against m, a panel for each table."""
    names = list(dict.fromkeys(run["table"] for run in runs))
    figure, axes = figures.axes(1, len(names))
    for axis, table in zip(axes[0], names, strict=True):
        mine = [run for run in runs if run["table"] == table]
        for place, way in enumerate(dict.fromkeys(way for run in mine for way in run["errors"])):
            points: dict[int, list[Any]] = {}
            for run in mine:
                if way in run["errors"]:
                    points.setdefault(run["m"], []).append(run["errors"][way])
            places = [m for m in sorted(points) if None not in points[m]]
            means = [np.mean([error for error, _ in points[m]]) for m in places]
            axis.plot(places, means, marker="osD^v"[place // 5 % 5], color=f"C{place}", label=way)
        if table in PAPER:
            axis.axhline(PAPER[table], color="grey", linestyle=":", label="paper, all rows")
        axis.set(title=f"{table}, {mine[0]['n']:,} rows", xlabel="m", xscale="log", yscale="log")
        ticks = sorted({run["m"] for run in mine})
        axis.set_xticks(ticks, [str(m) for m in ticks])
        axis.set_xticks([], minor=True)
    axes[0, 0].set_ylabel("mean |estimate - s²|")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside right upper")
    figure.set_size_inches(4.5 * len(names) + 3.5, 3.8)
    return figure


def main() -> None:
    """Run and print."""
    arguments = figures.parser(__doc__ or "", seeds=5)
    arguments.add_argument("--tables", nargs="+", default=list(TABLES), help="their names")
    arguments.add_argument("--sizes", nargs="+", type=int, default=list(SIZES), help="values of m")
    arguments.add_argument(
        "--estimators", nargs="+", default=list(ESTIMATORS), choices=list(ESTIMATORS)
    )
    options = arguments.parse_args()
    warnings.simplefilter("ignore", ContextWarning)
    runs = runs_of(common.Ledger(options.results), options)
    rows = summary(runs)
    figures.write(options.out, "table2", rows, runs, plot(runs))
    common.show(figures.shown(rows), None, None)


if __name__ == "__main__":
    main()
