"""Does a wider or deeper network find more of the contexture? By the paper's loss, and by ours."""

from __future__ import annotations

import argparse
import time
import warnings
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks import common, figures
from benchmarks.ritz import prepared
from contextures.contexts import KNNContext
from contextures.encoders import NeuralEncoder, SpectralEncoder
from contextures.evaluation import cca_alignment, mutual_knn_alignment
from contextures.exceptions import ContextWarning
from contextures.spectrum.ritz.ratio_trace import ratio_trace

TABLE, NEIGHBORS, KEPT, OUTPUTS = "abalone", 30, 128, 512

WIDTHS = (64, 128, 256, 512, 1024, 2048)
DEPTHS = (1, 2, 3, 4, 5, 6)
CENTRE = (512, 3)
"""The width and the depth that stay while the other one changes."""

LARGEST = (2048, 6)

FEWEST_SEEDS = 3


class Recipe(NamedTuple):
    """A loss, and whether the network takes its scaled form."""

    objective: str
    scaled: bool


RECIPES = {
    "VICReg": Recipe("vicreg", scaled=False),
    "VICReg, scaled network": Recipe("vicreg", scaled=True),
    "ratio trace": Recipe("ratio_trace", scaled=False),
    "ratio trace, scaled network": Recipe("ratio_trace", scaled=True),
}


def weights(recipe: Recipe, options: argparse.Namespace) -> dict[str, Any]:
    """Give the options of a loss: VICReg's weights."""
    if recipe.objective != "vicreg":
        return {}
    return {"variance": options.variance, "covariance": options.covariance}


def network(width: int, depth: int, scaled: bool, sample: Any, n_outputs: int) -> Any:
    """Make a network for rows like a sample."""
    from benchmarks.tanh_network import TanhNetwork

    return TanhNetwork(sample.shape[1], n_outputs, width, depth, scaled=scaled)


def cell(
    data: Path, recipe: Recipe, size: tuple[int, int], seed: int, options: argparse.Namespace
) -> dict[str, Any]:
    """Train one network and compare it with the exact functions."""
    rows, fresh = prepared(data, TABLE, seed, 700 if options.quick else 4177)
    kept, outputs = (16, 64) if options.quick else (KEPT, OUTPUTS)
    exact = SpectralEncoder(KNNContext(NEIGHBORS), kept, random_state=seed).fit(rows)
    encoder = NeuralEncoder(
        KNNContext(NEIGHBORS),
        # A narrow network has no more functions than hidden units.
        min(kept, size[0]),
        objective=recipe.objective,
        objective_options=weights(recipe, options),
        network=partial(network, *size, recipe.scaled),
        n_outputs=outputs,
        # All rows in every step, and none held out: the figure is about the fitted rows.
        batch_size=len(rows),
        validation_fraction=0.0,
        max_steps=10 if options.quick else options.steps,
        learning_rate=options.rate,
        precision=options.precision,
        n_threads=options.threads,
        progress=False,
        random_state=seed,
    )
    started, busy = time.perf_counter(), time.process_time()
    found = encoder.fit_transform(rows)
    seconds, busy = time.perf_counter() - started, time.process_time() - busy
    true = exact.spectrum_.left
    squares = np.zeros(kept)
    squares[: found.shape[1]] = encoder.singular_values_**2
    best = ratio_trace(exact.transform(fresh), exact.context_, fresh)
    return {
        # Functions that were not found count as zero.
        "cca": cca_alignment(np.pad(found, ((0, 0), (0, kept - found.shape[1]))), true),
        "mutual_knn": mutual_knn_alignment(found, true),
        "error": float(np.abs(squares - exact.singular_values_**2).mean()),
        "fresh": ratio_trace(encoder.transform(fresh), exact.context_, fresh) / best,
        "functions": found.shape[1],
        "last": encoder.history_[-1]["loss"],
        "seconds": seconds,
        "processor": busy,
    }


def sizes(options: argparse.Namespace) -> list[tuple[int, int]]:
    """Give widths at one depth, depths at one width, and the largest network."""
    if options.quick:
        return [(32, 2), (64, 2), (32, 3)]
    every = [(width, CENTRE[1]) for width in options.widths]
    every += [(CENTRE[0], depth) for depth in options.depths]
    if options.largest:
        every.append(LARGEST)
    return list(dict.fromkeys(every))


def n_seeds(size: tuple[int, int], most: int) -> int:
    """Say how many seeds a size gets: as many as cost what all do at half the central width."""

    def cost(width: int, depth: int) -> int:
        return width * (width * (depth - 1) + OUTPUTS) + OUTPUTS**2

    share = cost(CENTRE[0] // 2, CENTRE[1]) / cost(*size)
    return min(most, max(FEWEST_SEEDS, round(most * share)))


def summary(runs: dict[tuple[str, int, int], list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Give a row for each loss and size."""
    return [
        {
            "loss": name,
            "width": width,
            "depth": depth,
            "seeds": len(found),
            "R²_CCA": figures.spread([run["cca"] for run in found], 4),
            "mutual KNN": figures.spread([run["mutual_knn"] for run in found]),
            "error of s²": figures.spread([run["error"] for run in found], 4),
            "ratio trace over exact, fresh": figures.spread([run["fresh"] for run in found]),
            "processor, s": f"{np.mean([run['processor'] for run in found]):.0f}",
        }
        for (name, width, depth), found in runs.items()
    ]


def plot(runs: dict[tuple[str, int, int], list[dict[str, Any]]]) -> Any:
    """Plot both alignments against width and depth, with the spread over seeds."""
    figure, axes = figures.axes(2, 2)
    names = list(dict.fromkeys(name for name, _, _ in runs))
    for row, (measure, label) in enumerate(
        (("cca", "R²_CCA with the exact functions"), ("mutual_knn", "mutual KNN, 10 neighbours"))
    ):
        for column, (what, fixed) in enumerate((("width", "depth"), ("depth", "width"))):
            axis = axes[row, column]
            for name in names:
                points = sorted(
                    (size[column], [run[measure] for run in found])
                    for (mine, *size), found in runs.items()
                    if mine == name and size[1 - column] == _fixed(runs, 1 - column)
                )
                places = [place for place, _ in points]
                means = np.array([np.mean(values) for _, values in points])
                apart = np.array([np.std(values) for _, values in points])
                axis.plot(places, means, marker="o", label=name)
                axis.fill_between(places, means - apart, means + apart, alpha=0.2)
            axis.set(
                xlabel=f"{what}, at {fixed} {_fixed(runs, 1 - column)}",
                ylabel=label if column == 0 else "",
                xscale="log" if what == "width" else "linear",
            )
    axes[0, 0].legend(fontsize="small")
    return figure


def _fixed(runs: dict[tuple[str, int, int], Any], place: int) -> int:
    """Give the width or the depth that most sizes share."""
    found = [size[place] for _, *size in runs]
    return max(set(found), key=found.count)


def main() -> None:
    """Run and print."""
    arguments = figures.parser(__doc__ or "", seeds=15)
    arguments.add_argument("--losses", nargs="+", default=list(RECIPES), choices=list(RECIPES))
    arguments.add_argument("--widths", nargs="+", type=int, default=list(WIDTHS))
    arguments.add_argument("--depths", nargs="+", type=int, default=list(DEPTHS))
    arguments.add_argument("--no-largest", dest="largest", action="store_false")
    arguments.add_argument("--steps", type=int, default=250, help="steps of a training")
    arguments.add_argument("--rate", type=float, default=0.004, help="the learning rate")
    arguments.add_argument("--variance", type=float, default=25.0, help="VICReg's weight of it")
    arguments.add_argument("--covariance", type=float, default=1.0, help="VICReg's weight of it")
    arguments.add_argument("--precision", default="32-true", help="as Lightning Fabric takes it")
    arguments.add_argument("--threads", type=int, default=1, help="threads of a training")
    options = arguments.parse_args()
    warnings.simplefilter("ignore", ContextWarning)
    ledger = common.Ledger(options.results)
    settings = {key: getattr(options, key) for key in ("quick", "steps", "rate", "precision")}
    runs: dict[tuple[str, int, int], list[dict[str, Any]]] = {}
    # Seed by seed, so that a stopped sweep has something of every size.
    for seed in range(options.seeds):
        for name in options.losses:
            for size in sizes(options):
                if seed >= n_seeds(size, options.seeds):
                    continue
                key = {"loss": name, "width": size[0], "depth": size[1], "seed": seed, **settings}
                key |= weights(RECIPES[name], options)
                run = ledger.once(
                    key,
                    lambda name=name, size=size, seed=seed: cell(
                        options.data, RECIPES[name], size, seed, options
                    ),
                )
                runs.setdefault((name, *size), []).append(run)
    rows = summary(runs)
    everything = [run for found in runs.values() for run in found]
    figures.write(options.out, "fig1", rows, everything, plot(runs))
    common.show(figures.shown(rows), None, None)


if __name__ == "__main__":
    main()
