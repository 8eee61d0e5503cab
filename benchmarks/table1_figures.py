"""The figures of ``benchmarks.table1``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np


def draw(results: dict[str, Any], paper: dict[str, float], ceiling: float, out: Path) -> None:
    """Draw the correlations by table, and the error against each score.

    Parameters
    ----------
    results : dict of str to dict
        What was found, by table.
    paper : dict of str to float
        The paper's Pearson correlations of tau.
    ceiling : float
        Where the capped tau ends.
    out : pathlib.Path
        Where ``table1_pearson.png`` and ``table1_scores.png`` go.
    """
    _correlations(results, paper).savefig(out / "table1_pearson.png", dpi=120)
    _scatter(results, ceiling).savefig(out / "table1_scores.png", dpi=90)


def _correlations(results: dict[str, Any], paper: dict[str, float]) -> Any:
    from matplotlib.figure import Figure

    places = np.arange(len(results))
    figure = Figure(figsize=(7, 1.2 + 0.42 * len(results)), layout="constrained")
    axis = figure.subplots()
    for shift, score in ((-0.27, "tau"), (0.0, "capped"), (0.27, "pseudo")):
        values = [found["scores"][score]["pearson"] for found in results.values()]
        axis.barh(places + shift, values, 0.26, label=_NAMES[score], color=_COLOURS[score])
    known = [(place, paper[name]) for place, name in enumerate(results) if name in paper]
    if known:
        rows, values = zip(*known, strict=True)
        axis.plot(values, np.array(rows) - 0.27, "kd", ms=4, label="tau, in the paper")
    axis.set(yticks=places, yticklabels=list(results), xlabel="Pearson correlation with the error")
    axis.invert_yaxis()
    axis.axvline(0, color="grey", lw=0.8)
    figure.legend(loc="outside lower center", ncols=4, fontsize="small")
    return figure


def _scatter(results: dict[str, Any], ceiling: float) -> Any:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 2.5 * len(results)), layout="constrained")
    axes = np.atleast_2d(figure.subplots(len(results), 2, squeeze=False, sharey="row"))
    for row, (name, found) in zip(axes, results.items(), strict=True):
        for axis, score in zip(row, ("capped", "pseudo"), strict=True):
            for place, family in enumerate(dict.fromkeys(c["family"] for c in found["contexts"])):
                mine = [c for c in found["contexts"] if c["family"] == family]
                shares = [c["error"] / found["null_error"] for c in mine]
                values = [min(c["tau"], ceiling) if score == "capped" else c[score] for c in mine]
                axis.scatter(values, shares, 8, f"C{place}", label=family)
            axis.set_xlabel(_NAMES[score])
        row[0].set_ylabel("test error over the mean's")
        row[0].set_title(name, loc="left")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=4, fontsize="small")
    return figure


_NAMES = {"tau": "tau", "capped": "tau, capped", "pseudo": "error on pseudo-tasks"}
_COLOURS = {"tau": "#c3c3dd", "capped": "#7777b3", "pseudo": "#cc6633"}
