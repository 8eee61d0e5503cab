"""Which tasks should the score by pseudo-tasks expect? Chosen on some tables, held to others.

Each prior is a set of scales of Gaussian kernels and a share of noise. On every table the contexts
of ``benchmarks.table1`` are scored under each, and a score is judged by its correlation with the
true error of a probe and by the regret of its pick. A prior is then chosen on half of the tables
and judged on the other half, over many such halves.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import common, protocol
from benchmarks.agreement import agreement
from benchmarks.common import FloatArray

SCALES: dict[str, tuple[float, ...]] = {
    "linear": (1e-4,),
    "0.1": (0.1,),
    "0.3": (0.3,),
    "1": (1.0,),
    "3": (3.0,),
    "0.1 to 1": (0.1, 0.3, 1.0),
    "0.3 to 3": (0.3, 1.0, 3.0),
    "0.1 to 10": (0.1, 0.3, 1.0, 3.0, 10.0),
}
NOISES = (0.25, 0.5, 0.75)
DEFAULT = "0.1 to 1, noise 0.5"
"""What the library takes."""

DIMENSIONS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
SURE = (0.0, 0.5, 0.65, 0.8, 0.9, 1.01)
"""Where the shares of tasks that the pick wins are cut, to compare them with what is true."""

MEASURES = ("pearson", "spearman", "regret")
HALVES = 500


@dataclass(frozen=True)
class Job:
    """A table, and where the scores of its contexts are kept."""

    data: Path
    out: Path
    table: str
    entry: dict[str, Any]
    max_rows: int
    levels: int
    seed: int

    @property
    def path(self) -> Path:
        """Where the results are kept."""
        settings = f"{self.max_rows}-{self.levels}-{self.seed}"
        return self.out / "cache" / f"{self.table}.{settings}.json"


def run(job: Job) -> float:
    """Score the contexts of a table under every prior; give the seconds it took."""
    from contextures.evaluation import pseudo_task_error, smooth_tasks, usefulness

    started = time.perf_counter()
    table = protocol.prepare(job.data, job.table, job.entry, seed=job.seed, max_rows=job.max_rows)
    parts = (table.labelled, table.test)
    priors = {
        f"{name}, noise {noise}": smooth_tasks(
            *parts, table.pretrain, scales=scales, noise=noise, local=0.0
        )
        for name, scales in SCALES.items()
        for noise in NOISES
    }
    rows: list[dict[str, float]] = []
    task_errors: list[FloatArray] = []
    for group in protocol.together(protocol.contexts(table.pretrain, job.levels)):
        contexts = [level.context for level in group]
        most = protocol.MOST_COMPONENTS
        for found in protocol.functions_of(contexts, table.pretrain, parts, most):
            if isinstance(found, Exception):
                continue
            _, errors = protocol.errors_over_d(
                *found.others, table.labelled_target, table.test_target
            )
            row = {"error": float(errors.min())}
            row["tau"] = usefulness(found.singular_values, most).tau
            for name, prior in priors.items():
                score = pseudo_task_error(*found.others, prior, dimensions=DIMENSIONS)
                row[name] = score.error
                if name == DEFAULT:
                    task_errors.append(score.task_errors)
            rows.append(row)
    best = int(np.argmin([row[DEFAULT] for row in rows]))
    for row, errors in zip(rows, task_errors, strict=True):
        row["beaten"] = float((task_errors[best] < errors).mean())
    beside = job.path.with_suffix(".part")
    beside.write_text(json.dumps(rows), encoding="utf-8")
    beside.replace(job.path)
    return time.perf_counter() - started


def judged(rows: list[dict[str, float]]) -> dict[str, list[float]]:
    """Give, for each score, its agreement with the error over the contexts of a table."""
    errors = [row["error"] for row in rows]
    found = {}
    for name in rows[0]:
        if name not in ("error", "beaten"):
            one = agreement([row[name] for row in rows], errors)
            found[name] = [getattr(one, measure) for measure in MEASURES]
    return found


def worth(figures: FloatArray) -> FloatArray:
    """Give what a prior is chosen by: mean correlations, less the mean logarithm of its regret.

    ``figures`` has shape (priors, tables, measures).
    """
    return np.asarray(
        np.nanmean(figures[:, :, 0], axis=1)
        + np.nanmean(figures[:, :, 1], axis=1)
        - np.log1p(figures[:, :, 2]).mean(axis=1)
    )


def sure(tables: list[list[dict[str, float]]]) -> list[dict[str, float]]:
    """Compare the share of tasks on which the pick beats a context with how often it is better."""
    said, right = [], []
    for rows in tables:
        best = min(rows, key=lambda row: row[DEFAULT])
        others = [row for row in rows if row is not best]
        said += [row["beaten"] for row in others]
        right += [row["error"] > best["error"] for row in others]
    shares, better = np.array(said), np.array(right)
    found = []
    for low, high in pairwise(SURE):
        inside = (shares >= low) & (shares < high)
        if inside.any():
            means = {"said": float(shares[inside].mean()), "true": float(better[inside].mean())}
            found.append({"from": low, **means, "n": int(inside.sum())})
    return found


def across(figures: FloatArray, tau: FloatArray, names: list[str]) -> dict[str, Any]:
    """Choose a prior on half of the tables and judge it on the others, many times."""
    rng = np.random.default_rng(0)
    n = figures.shape[1]
    default = names.index(DEFAULT)
    held: dict[str, list[FloatArray]] = {
        "chosen on the other half": [],
        "the default": [],
        "tau": [],
    }
    picks: Counter[str] = Counter()
    for _ in range(HALVES):
        order = rng.permutation(n)
        seen, unseen = order[: n // 2], order[n // 2 :]
        best = int(worth(figures[:, seen]).argmax())
        picks[names[best]] += 1
        held["chosen on the other half"].append(np.nanmean(figures[best, unseen], axis=0))
        held["the default"].append(np.nanmean(figures[default, unseen], axis=0))
        held["tau"].append(np.nanmean(tau[unseen], axis=0))
    means = {name: np.mean(rows, axis=0).tolist() for name, rows in held.items()}
    return {"mean": means, "picks": picks.most_common(6)}


def main() -> None:
    """Run what is missing, then print and write the comparison."""
    options = _arguments()
    (options.out / "cache").mkdir(parents=True, exist_ok=True)
    index = protocol.table_index(options.data)
    names = options.tables.split(",") if options.tables else list(index)
    sizes = (300, 4) if options.quick else (options.max_rows, 12)
    jobs = [Job(options.data, options.out, n, index[n], *sizes, options.seed) for n in names]
    todo = [job for job in jobs if not job.path.is_file()]
    with ProcessPoolExecutor(options.jobs, get_context("spawn")) as pool:
        running = {pool.submit(run, job): job for job in todo}
        for done, future in enumerate(as_completed(running), 1):
            print(
                f"{done}/{len(todo)} {running[future].table}: {future.result():.0f} s",
                file=sys.stderr,
            )
    files = {job.table: json.loads(job.path.read_text(encoding="utf-8")) for job in jobs}
    tables = {name: judged(rows) for name, rows in files.items()}
    shares = sure(list(files.values()))
    priors = [name for name in next(iter(tables.values())) if name != "tau"]
    figures = np.array([[tables[t][p] for t in tables] for p in priors])
    tau = np.array([tables[t]["tau"] for t in tables])
    found = across(figures, tau, priors) if len(tables) >= 4 else None
    numbers = {
        "tables": tables,
        "worth": dict(zip(priors, worth(figures), strict=True)),
        "halves": found,
        "sure": shares,
    }
    (options.out / "priors.json").write_text(json.dumps(numbers, indent=1) + "\n", encoding="utf-8")
    means = {p: np.nanmean(row, axis=0) for p, row in zip(priors, figures, strict=True)}
    order = [priors[i] for i in np.argsort(-worth(figures))]
    rows = [[p, *(f"{v:.3f}" for v in means[p])] for p in order]
    rows.append(["tau", *(f"{v:.3f}" for v in np.nanmean(tau, axis=0))])
    print(common.table([f"prior ({len(tables)} tables)", *MEASURES], rows))
    if found is not None:
        held = [[name, *(f"{v:.3f}" for v in row)] for name, row in found["mean"].items()]
        print("\n" + common.table(["on tables it was not chosen on", *MEASURES], held))
        print("\nchosen most often: " + "; ".join(f"{p} ({c})" for p, c in found["picks"]))
    cells = [[f"{o['from']:.0%}", f"{o['said']:.0%}", f"{o['true']:.0%}", o["n"]] for o in shares]
    print("\n" + common.table(["pick better, from", "said", "true", "pairs"], cells))
    print(f"\n{common.machine()}")


def _arguments() -> argparse.Namespace:
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    arguments.add_argument("--data", type=Path, required=True, help="folder with an index.json")
    arguments.add_argument("--out", type=Path, required=True, help="where results go")
    arguments.add_argument("--tables", help="names with commas; all there by default")
    arguments.add_argument("--max-rows", type=int, default=1000, help="rows drawn of larger tables")
    arguments.add_argument("--quick", action="store_true", help="few rows and levels, to try it")
    arguments.add_argument("--jobs", type=int, default=2, help="processes, of one thread each (2)")
    arguments.add_argument("--seed", type=int, default=0, help="draws the rows and their parts")
    return arguments.parse_args()


if __name__ == "__main__":
    main()
