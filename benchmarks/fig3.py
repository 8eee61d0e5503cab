"""Does tau_d follow the error over d? For a weak, a moderate and a strong association."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks import common, figures
from benchmarks.fig2 import levels, names, parser
from contextures.exceptions import ContextWarning

RATES = {"weak": 1.0, "moderate": 0.1, "strong": 0.01}
"""Decay rates: one function, ten or a hundred before s^2 has fallen to 1/e."""


def chosen(runs: Sequence[dict[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    """Take the levels whose decay rates are nearest to those of :data:`RATES`."""
    logs = np.log([run["decay"] for run in runs])
    return [(word, runs[int(np.abs(logs - np.log(rate)).argmin())]) for word, rate in RATES.items()]


def row(word: str, run: dict[str, Any]) -> dict[str, Any]:
    """Compare tau_d with the true error at the same d."""
    from scipy.stats import spearmanr

    tried, errors = np.array(run["tried"]), np.array(run["errors"])
    curve = _curve(run)
    known = tried <= len(curve)
    together = spearmanr(curve[tried[known] - 1], errors[known]).statistic
    nearest = int(np.abs(np.log(tried / run["predicted"])).argmin())
    return {
        "table": run["table"],
        "association": word,
        "context": run["context"],
        "decay rate": f"{run['decay']:.3g}",
        "tau": f"{curve.min():.3f}",
        "d by tau": run["predicted"],
        "best d": int(tried[errors.argmin()]),
        "error at the d by tau": f"{errors[nearest]:.4f}",
        "error at the best d": f"{errors.min():.4f}",
        "Spearman of tau_d and the error": f"{together:.2f}",
    }


def _curve(run: dict[str, Any]) -> Any:
    return np.array([np.inf if value is None else value for value in run["tau_d"]])


def plot(picked: Sequence[tuple[str, dict[str, Any]]]) -> Any:
    """Plot tau_d and the error over d, a column for each association."""
    tables = list(dict.fromkeys(run["table"] for _, run in picked))
    figure, axes = figures.axes(len(tables), len(RATES))
    for (word, run), axis in zip(picked, axes.ravel(), strict=True):
        tau = _curve(run)
        axis.plot(np.arange(1, len(tau) + 1), tau, color="C0", label="tau_d")
        axis.set(title=f"{run['table']}, {word}: {run['context']}", xscale="log", xlabel="d")
        # Where s is near one tau_d is too large to leave the rest of the curve visible.
        if np.isfinite(tau.min()):
            axis.set_ylim(tau.min() - 0.05, min(tau.max() + 0.05, tau.min() + 3))
        other = axis.twinx()
        other.plot(run["tried"], run["errors"], color="C1", marker=".", label="test error")
        axis.tick_params(axis="y", colors="C0")
        other.tick_params(axis="y", colors="C1")
    for line in axes:
        line[0].set_ylabel("tau_d", color="C0")
    return figure


def main() -> None:
    """Run and print."""
    arguments = parser(__doc__ or "")
    arguments.set_defaults(families=["rbf"])
    options = arguments.parse_args()
    if len(options.families) > 1:
        arguments.error("give one of the families")
    warnings.simplefilter("ignore", ContextWarning)
    ledger = common.Ledger(options.results)
    every = [
        [levels(ledger, name, entry, options, seed) for seed in range(options.seeds)]
        for name, entry in names(options)
    ]
    picked = [pair for seeds in every for runs in seeds for pair in chosen(runs)]
    rows = [row(word, run) for word, run in picked]
    first = [pair for seeds in every for pair in chosen(seeds[0])]
    figures.write(options.out, "fig3", rows, [run for _, run in picked], plot(first))
    common.show(figures.shown(rows), None, None)


if __name__ == "__main__":
    main()
