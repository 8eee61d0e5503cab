"""Does a score without labels tell which context is useful? Table 1 of the paper, and beyond it.

For each table, 140 contexts of four families are scored without labels, and by the test error of a
ridge probe on their singular functions (see ``benchmarks.protocol``). A score is judged by its
correlation with that error over the contexts of a table, and by its regret: the error of the
context with the lowest score over the lowest error, less one.

References
----------
arXiv 2505.01557 (ICML 2025), section 5.3 and Table 1.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import rankdata

from benchmarks import common, protocol
from benchmarks.agreement import agreement

PAPER = {
    "credit-approval": 0.583,
    "breast-w": 0.072,
    "diabetes": 0.737,
    "solar_flare": 0.019,
    "Moneyball": 0.680,
    "yeast": 0.221,
    "cmc": 0.867,
    "wine": -0.084,
    "scene": 0.608,
    "dna": 0.881,
    "splice": 0.831,
    "kr-vs-kp": 0.543,
    "abalone": 0.028,
    "spambase": 0.775,
    "colleges": 0.155,
    "mushroom": 0.185,
    "kin8nm": 0.805,
    "pumadyn32nh": 0.938,
    "cpu_activity": 0.709,
    "SpeedDating": 0.590,
    "grid_stability": 0.925,
    "sulfur": -0.180,
    "brazilian_houses": -0.290,
    "fifa": -0.349,
    "superconductivity": 0.141,
    "kings_county": 0.842,
    "health_insurance": 0.601,
    "cps88wages": 0.250,
}
"""The paper's Pearson correlation of tau with the error."""

SCORES = ("tau", "capped", "smooth", "pseudo", "combined")
"""``smooth`` is the error on pseudo-tasks none of which follows clusters."""

COMPUTED = ("tau", "smooth", "pseudo")
CEILING = 3.0
"""Where ``capped`` ends: tau is without bound for contexts near the identity, so that a few of them
decide its correlation. Above 2 it says no more than "too strong"."""

MEASURES = ("pearson", "distance", "spearman", "regret")
FAMILIES = ("rbf", "knn", "masked rbf", "masked knn")
QUICK = {"max_rows": 800, "levels": 6}


@dataclass(frozen=True)
class Job:
    """The contexts of one family on one table: they share their work and a file of results."""

    data: Path
    out: Path
    table: str
    entry: dict[str, Any]
    family: str
    max_rows: int
    levels: int
    seed: int

    @property
    def path(self) -> Path:
        """Where the results are kept."""
        family = self.family.replace(" ", "-")
        settings = f"{self.max_rows}-{self.levels}-{self.seed}-local"
        return self.out / "cache" / f"{self.table}.{family}.{settings}.json"


def run(job: Job) -> float:
    """Score and probe the contexts of a family, write what was found, give the seconds it took."""
    from contextures.evaluation import pseudo_task_error, smooth_tasks, usefulness

    started = time.perf_counter()
    table = protocol.prepare(job.data, job.table, job.entry, seed=job.seed, max_rows=job.max_rows)
    parts = (table.labelled, table.test, table.pretrain)
    prior, smooth = smooth_tasks(*parts), smooth_tasks(*parts, local=0.0)
    levels = protocol.contexts(table.pretrain, job.levels)
    rows = []
    for group in protocol.together([level for level in levels if level.family == job.family]):
        found = protocol.functions_of(
            [level.context for level in group],
            table.pretrain,
            [table.labelled, table.test],
            protocol.MOST_COMPONENTS,
        )
        for level, functions in zip(group, found, strict=True):
            row: dict[str, Any] = {"context": repr(level.context), "level": level.level}
            rows.append(row)
            if isinstance(functions, Exception):
                row["failed"] = str(functions)
                continue
            labelled, test = functions.others
            tau = usefulness(functions.singular_values, protocol.MOST_COMPONENTS)
            pseudo = pseudo_task_error(labelled, test, prior)
            tried, errors = protocol.errors_over_d(
                labelled, test, table.labelled_target, table.test_target
            )
            row |= {"tau": tau.tau, "tau_d": tau.n_components, "reliable": tau.reliable}
            row["smooth"] = pseudo_task_error(labelled, test, smooth).error
            row |= {"pseudo": pseudo.error, "pseudo_se": pseudo.se, "pseudo_d": pseudo.n_components}
            row |= {"error": float(errors.min()), "d": tried[int(errors.argmin())]}
            row |= {"dimensions": tried, "errors": errors.tolist()}
    seconds = time.perf_counter() - started
    null = ((table.test_target - table.labelled_target.mean(axis=0)) ** 2).sum(axis=1).mean()
    parts = {name: len(getattr(table, name)) for name in ("pretrain", "labelled", "test")}
    about = {"task": table.task, "rows": table.n_rows, **parts, "null_error": float(null)}
    found_here = {**about, "family": job.family, "seconds": seconds, "contexts": rows}
    beside = job.path.with_suffix(".part")
    beside.write_text(json.dumps(found_here), encoding="utf-8")
    beside.replace(job.path)
    return seconds


def judge(files: list[dict[str, Any]]) -> dict[str, Any]:
    """Compare each score with the error over all contexts of a table."""
    contexts = [
        {"family": file["family"], **row}
        for file in files
        for row in file["contexts"]
        if "error" in row
    ]
    errors = np.array([row["error"] for row in contexts])
    scores = {name: np.array([row[name] for row in contexts]) for name in COMPUTED}
    scores["capped"] = np.minimum(scores["tau"], CEILING)
    scores["combined"] = rankdata(scores["tau"]) + rankdata(scores["pseudo"])
    excess = {
        name: float(np.mean([_excess(row, row[f"{name}_d"]) for row in contexts]))
        for name in ("tau", "pseudo")
    }
    found: dict[str, Any] = {
        "rows": files[0]["rows"],
        **{part: files[0][part] for part in ("pretrain", "labelled", "test", "null_error")},
        "n_contexts": len(contexts),
        "failed": [row for file in files for row in file["contexts"] if "failed" in row],
        "seconds": sum(file["seconds"] for file in files),
        "lowest_error": float(errors.min()),
        "scores": {name: asdict(agreement(values, errors)) for name, values in scores.items()},
        "dimension_excess": excess,
        "contexts": [
            {key: value for key, value in row.items() if key not in ("task_errors", "errors")}
            for row in contexts
        ],
    }
    return found


def _excess(row: dict[str, Any], d: int) -> float:
    """Give how much larger the error is with the first d coordinates than with the best number."""
    place = min(int(np.searchsorted(row["dimensions"], d)), len(row["errors"]) - 1)
    return float(row["errors"][place] / row["error"] - 1.0)


def csv_rows(results: dict[str, Any]) -> list[dict[str, Any]]:
    """Lay the results out as the rows of ``table1.csv``."""
    return [
        {
            "table": name,
            **{
                f"{score}_{measure}": round(found["scores"][score][measure], 4)
                for score in SCORES
                for measure in MEASURES
            },
            "paper_pearson": PAPER.get(name, ""),
        }
        for name, found in results.items()
    ]


def summary(results: dict[str, Any]) -> dict[str, Any]:
    """Give the means and medians over tables, and how many correlations are near the paper's."""
    values = {
        f"{score}_{measure}": np.array([f["scores"][score][measure] for f in results.values()])
        for score in SCORES
        for measure in MEASURES
    }
    known = [name for name in results if name in PAPER]
    near = {
        score: sum(
            abs(results[name]["scores"][score]["pearson"] - PAPER[name]) <= 0.2 for name in known
        )
        for score in ("tau", "capped")
    }
    excess = {
        name: float(np.mean([found["dimension_excess"][name] for found in results.values()]))
        for name in ("tau", "pseudo")
    }
    return {
        "tables": len(results),
        "mean": {key: float(np.nanmean(one)) for key, one in values.items()},
        "median": {key: float(np.nanmedian(one)) for key, one in values.items()},
        "paper_mean": float(np.mean([PAPER[name] for name in known])) if known else None,
        "within_0.2_of_paper": {key: f"{n} of {len(known)}" for key, n in near.items()},
        "lower_regret_than_tau": int(np.sum(values["pseudo_regret"] < values["tau_regret"])),
        "higher_regret_than_tau": int(np.sum(values["pseudo_regret"] > values["tau_regret"])),
        "lower_regret_than_smooth": int(np.sum(values["pseudo_regret"] < values["smooth_regret"])),
        "higher_regret_than_smooth": int(np.sum(values["pseudo_regret"] > values["smooth_regret"])),
        "dimension_excess": excess,
    }


def report(results: dict[str, Any], out: Path, notes: list[str]) -> None:
    """Write the table, the numbers and the figures, and print the table."""
    from benchmarks.table1_figures import draw

    rows, overall = csv_rows(results), summary(results)
    with (out / "table1.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    numbers = {"summary": overall, "notes": notes, "tables": results}
    (out / "table1.json").write_text(json.dumps(numbers, indent=1) + "\n", encoding="utf-8")
    draw(results, PAPER, CEILING, out)
    shown = [[f"{v:.3f}" if isinstance(v, float) else v for v in row.values()] for row in rows]
    for name in ("mean", "median"):
        cells = [f"{value:.3f}" for value in overall[name].values()]
        shown.append([f"**{name}**", *cells, ""])
    print(common.table([key.replace("_", " ") for key in rows[0]], shown))
    excess = overall["dimension_excess"]
    print(
        f"\nWithin .2 of the paper's Pearson: tau {overall['within_0.2_of_paper']['tau']} tables, "
        f"capped at {CEILING:g} {overall['within_0.2_of_paper']['capped']}. "
        f"The pick of the score by pseudo-tasks has the lower error on "
        f"{overall['lower_regret_than_tau']} tables, that of tau on "
        f"{overall['higher_regret_than_tau']}; it is lower than that of smooth tasks alone on "
        f"{overall['lower_regret_than_smooth']}, and higher on "
        f"{overall['higher_regret_than_smooth']}.\n"
        f"Error at the predicted dimension over that at the best, less one, mean over contexts: "
        f"tau {excess['tau']:.0%}, pseudo {excess['pseudo']:.0%}."
    )
    print("\n".join(["", *notes, "", common.machine()]))


def chosen_tables(index: dict[str, dict[str, Any]], asked: str | None) -> tuple[list[str], str]:
    """Give the tables to run and, in words, which were left out."""
    if asked:
        names = asked.split(",")
        unknown = [name for name in names if name not in index]
        if unknown:
            raise SystemExit(f"no table {', '.join(unknown)}; there are {', '.join(index)}")
        return names, ""
    flagged = [name for name, entry in index.items() if entry.get("in_table1")]
    others = [name for name in index if name not in flagged]
    if not flagged or not others:
        return list(index), ""
    return flagged, (
        f"Only tables that index.json marks as in the paper's Table 1; name others with --tables: "
        f"{','.join(others)}"
    )


def main() -> None:
    """Run what is missing, then write and print the results."""
    options = _arguments()
    (options.out / "cache").mkdir(parents=True, exist_ok=True)
    index = protocol.table_index(options.data)
    names, left_out = chosen_tables(index, options.tables)
    jobs = [
        Job(options.data, options.out, name, index[name], family, *_sizes(options))
        for family in reversed(FAMILIES)  # the longest first
        for name in sorted(names, key=lambda name: -index[name].get("rows", 0))
    ]
    todo = [job for job in jobs if not job.path.is_file()]
    failed: dict[str, str] = {}
    with ProcessPoolExecutor(options.jobs, get_context("spawn")) as pool:
        running = {pool.submit(run, job): job for job in todo}
        for done, future in enumerate(as_completed(running), 1):
            job = running[future]
            try:
                said = f"{future.result():.0f} s"
            except Exception as error:  # one bad table must not stop the others
                said = failed[job.table] = f"failed: {error or type(error).__name__}"
            print(f"{done}/{len(todo)} {job.table}, {job.family}: {said}", file=sys.stderr)
    results = {}
    for name in names:
        files = [
            json.loads(job.path.read_text(encoding="utf-8"))
            for job in jobs
            if job.table == name and job.path.is_file()
        ]
        if files and name not in failed:
            results[name] = judge(files)
    notes = [left_out] if left_out else []
    notes += [
        f"{name}: {found['rows']} rows, of which {options.max_rows} were drawn"
        for name, found in results.items()
        if found["rows"] > options.max_rows
    ]
    notes += [f"{name}: left out, {reason}" for name, reason in failed.items()]
    if not results:
        raise SystemExit("\n".join(["nothing could be run", *notes]))
    report(results, options.out, notes)


def _arguments() -> argparse.Namespace:
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    arguments.add_argument(
        "--data", type=Path, required=True, help="folder of NAME.parquet with an index.json"
    )
    arguments.add_argument(
        "--out", type=Path, required=True, help="where results go; a stopped run goes on from here"
    )
    arguments.add_argument("--tables", help="names with commas; all of Table 1 there by default")
    arguments.add_argument("--quick", action="store_true", help="few rows and levels, to try it")
    arguments.add_argument("--max-rows", type=int, help="rows drawn of larger tables (4000)")
    arguments.add_argument("--jobs", type=int, default=2, help="processes, of one thread each (2)")
    arguments.add_argument("--seed", type=int, default=0, help="draws the rows and their parts")
    options = arguments.parse_args()
    if options.max_rows is None:
        options.max_rows = QUICK["max_rows"] if options.quick else 4000
    return options


def _sizes(options: argparse.Namespace) -> tuple[int, int, int]:
    return options.max_rows, QUICK["levels"] if options.quick else protocol.LEVELS, options.seed


if __name__ == "__main__":
    main()
