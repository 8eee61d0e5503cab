"""Is a moderate association best? The error of the best probe against the association's decay."""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from benchmarks import common, figures, protocol
from contextures.contexts.naming import short_form
from contextures.evaluation import decay_rate, usefulness
from contextures.exceptions import ContextWarning

TABLES = ("abalone", "kin8nm", "credit-g", "segment")
FAMILIES = ("rbf", "knn")

SLOWEST = 1e-4
"""The slowest decay that is plotted."""


def parser(description: str) -> argparse.ArgumentParser:
    """Make the parser of a figure whose contexts run over levels of association."""
    made = figures.parser(description, seeds=1)
    made.add_argument("--tables", nargs="+", help="their names")
    made.add_argument(
        "--families",
        nargs="+",
        default=list(FAMILIES),
        choices=["rbf", "knn", "masked rbf", "masked knn"],
    )
    made.add_argument("--max-rows", type=int, default=4000, help="larger tables are subsampled")
    return made


def names(options: argparse.Namespace) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give the tables asked for, or those of the usual ones that are there, with their entries."""
    index = protocol.table_index(options.data)
    usual = TABLES[:1] if options.quick else TABLES
    wanted = options.tables or [name for name in usual if name in index]
    for name in wanted:
        if name not in index:
            raise SystemExit(f"there is no table {name} in {options.data}; see its index.json")
        yield name, index[name]


def levels(
    ledger: common.Ledger, name: str, entry: dict[str, Any], options: argparse.Namespace, seed: int
) -> list[dict[str, Any]]:
    """Judge contexts over all levels of association, with the labels and without."""
    max_rows = min(options.max_rows, 600) if options.quick else options.max_rows
    data = protocol.prepare(options.data, name, entry, seed=seed, max_rows=max_rows)
    every = protocol.contexts(data.pretrain, 5 if options.quick else protocol.LEVELS)
    most = 64 if options.quick else protocol.MOST_COMPONENTS
    runs: list[dict[str, Any]] = []
    for group in protocol.together([one for one in every if one.family in options.families]):
        family = group[0].family
        key = {
            "table": name,
            "seed": seed,
            "family": family,
            "levels": [one.level for one in group],
            "rows": len(data.pretrain),
            "most": most,
        }

        def work(group: Sequence[protocol.Level] = group) -> dict[str, Any]:
            return {"found": _judged(group, data, most)}

        found = ledger.once(key, work)["found"]
        runs += [{"table": name, "seed": seed, "family": family, **run} for run in found]
    return sorted(runs, key=lambda run: (run["family"], run["level"]))


def _judged(
    group: Sequence[protocol.Level], data: protocol.Prepared, most: int
) -> list[dict[str, Any]]:
    contexts = [one.context for one in group]
    others = [data.labelled, data.test]
    found = protocol.functions_of(contexts, data.pretrain, others, most)
    runs = []
    for one, functions in zip(group, found, strict=True):
        if isinstance(functions, Exception):
            raise functions
        tried, errors = protocol.errors_over_d(
            *functions.others, data.labelled_target, data.test_target
        )
        useful = usefulness(functions.singular_values, most)
        curve = useful.curve.tolist()
        runs.append(
            {
                "level": one.level,
                "context": short_form(one.context),
                "decay": decay_rate(functions.singular_values),
                "tau": useful.tau if np.isfinite(useful.tau) else None,
                # Infinite where s = 1, for which JSON has no word.
                "tau_d": [round(value, 6) if np.isfinite(value) else None for value in curve],
                "predicted": useful.n_components,
                "tried": [int(d) for d in tried],
                "errors": errors.tolist(),
            }
        )
    return runs


def summary(runs: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give a row for each table and family: the ends, the best level, and whether it is inside."""
    rows = []
    for table, family in dict.fromkeys((run["table"], run["family"]) for run in runs):
        errors, places, decays = [], [], []
        mine = [run for run in runs if (run["table"], run["family"]) == (table, family)]
        for seed in sorted({run["seed"] for run in mine}):
            # Weakest first: the error of the best d at each level.
            one = [run for run in mine if run["seed"] == seed]
            best = np.array([min(run["errors"]) for run in one])
            place = int(best.argmin())
            errors.append([best[0], best[place], best[-1]])
            places.append(place / (len(best) - 1))
            decays.append(one[place]["decay"])
        weakest, least, strongest = np.mean(errors, axis=0)
        rows.append(
            {
                "table": table,
                "contexts": family,
                "error, weakest": f"{weakest:.4f}",
                "error, best level": f"{least:.4f}",
                "error, strongest": f"{strongest:.4f}",
                "decay rate at the best": f"{np.mean(decays):.4g}",
                "its place, 0 weakest to 1 strongest": f"{np.mean(places):.2f}",
                "both ends above by 2 %": "yes" if min(weakest, strongest) > 1.02 * least else "no",
            }
        )
    return rows


def plot(runs: Sequence[dict[str, Any]]) -> Any:
    """Plot the decay rate over levels, and the error of the best d against the decay rate."""
    tables = list(dict.fromkeys(run["table"] for run in runs))
    figure, axes = figures.axes(2, len(tables))
    for column, table in enumerate(tables):
        for family in dict.fromkeys(run["family"] for run in runs):
            mine = [run for run in runs if (run["table"], run["family"]) == (table, family)]
            first = [run for run in mine if run["seed"] == mine[0]["seed"]]
            decays = [run["decay"] for run in first]
            best = [min(run["errors"]) for run in first]
            axes[0, column].plot([run["level"] for run in first], decays, marker=".", label=family)
            axes[1, column].plot(decays, best, marker=".", label=family)
        axes[0, column].set(title=table, yscale="log", xlabel="level, from weak to strong")
        # Weak on the left, as above; beyond SLOWEST all of s is one.
        every = [run["decay"] for run in runs if run["table"] == table]
        axes[1, column].set(xscale="log", xlabel="decay rate of s² (strong to the right)")
        axes[1, column].set_xlim(1.5 * max(every), max(min(every) / 1.5, SLOWEST))
    axes[0, 0].set_ylabel("decay rate of s²")
    axes[1, 0].set_ylabel("test error of the best d")
    axes[0, 0].legend(fontsize="small")
    return figure


def main() -> None:
    """Run and print."""
    options = parser(__doc__ or "").parse_args()
    warnings.simplefilter("ignore", ContextWarning)
    ledger = common.Ledger(options.results)
    runs = [
        run
        for name, entry in names(options)
        for seed in range(options.seeds)
        for run in levels(ledger, name, entry, options, seed)
    ]
    rows = summary(runs)
    figures.write(options.out, "fig2", rows, runs, plot(runs))
    common.show(figures.shown(rows), None, None)


if __name__ == "__main__":
    main()
