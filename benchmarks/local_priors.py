"""Which share of pseudo-tasks should follow clusters? Settled by leaving tables out.

On every table the contexts of ``benchmarks.table1`` are scored under priors with several shares of
local tasks. A rule gives each table a share by how strong the local association of its rows is,
beside that of a Gaussian copula: none up to a start, then growing evenly over a width to a most.
The best rule on all tables but one is judged on that one, for each table in turn.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed
from itertools import product
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import common, protocol
from benchmarks.agreement import agreement
from benchmarks.common import FloatArray
from benchmarks.priors import DIMENSIONS, MEASURES, Job, worth

SHARES = (0.0, 0.1, 0.25, 0.4, 0.55, 0.7, 0.85, 1.0)
STARTS = (1.0, 1.25, 1.5, 1.75, 2.0, 2.25)
WIDTHS = (0.25, 0.5, 1.0, 2.0)
MOSTS = (0.25, 0.4, 0.55, 0.7, 0.85, 1.0)
Rule = tuple[float, float, float]
NEVER: Rule = (0.0, 1.0, 0.0)


def path(job: Job) -> Path:
    """Where the results of a table are kept."""
    return job.path.with_name(f"local-{job.path.name}")


def run(job: Job) -> float:
    """Score the contexts of a table under every share; give the seconds it took."""
    from contextures.evaluation import pseudo_task_error, smooth_tasks
    from contextures.evaluation.context_scores.local_tasks import relative_strength

    started = time.perf_counter()
    table = protocol.prepare(job.data, job.table, job.entry, seed=job.seed, max_rows=job.max_rows)
    parts = (table.labelled, table.test)
    priors = [smooth_tasks(*parts, table.pretrain, local=share) for share in SHARES]
    everything = np.vstack([table.pretrain, *parts])
    strength = relative_strength(everything[:, everything.std(axis=0) > 0])
    errors, scores = [], []
    for group in protocol.together(protocol.contexts(table.pretrain, job.levels)):
        contexts = [level.context for level in group]
        most = protocol.MOST_COMPONENTS
        for found in protocol.functions_of(contexts, table.pretrain, parts, most):
            if isinstance(found, Exception):
                continue
            targets = table.labelled_target, table.test_target
            errors.append(float(protocol.errors_over_d(*found.others, *targets)[1].min()))
            scores.append(
                [
                    pseudo_task_error(*found.others, prior, dimensions=DIMENSIONS).error
                    for prior in priors
                ]
            )
    kept = {"strength": strength, "errors": errors, "scores": scores}
    beside = path(job).with_suffix(".part")
    beside.write_text(json.dumps(kept), encoding="utf-8")
    beside.replace(path(job))
    return time.perf_counter() - started


def figures(found: dict[str, Any]) -> FloatArray:
    """Give the agreement of each share's scores with the errors, of shape (shares, measures)."""
    rows = []
    for scores in np.array(found["scores"]).T:
        one = agreement(scores.tolist(), found["errors"])
        rows.append([getattr(one, measure) for measure in MEASURES])
    return np.array(rows)


def share_of(rule: Rule, strength: float) -> int:
    """Give the place of the share nearest to what a rule says."""
    start, width, most = rule
    share = most * np.clip((strength - start) / width, 0.0, 1.0)
    return int(np.abs(np.array(SHARES) - share).argmin())


def main() -> None:
    """Run what is missing, then print and write what was settled."""
    options = _arguments()
    (options.out / "cache").mkdir(parents=True, exist_ok=True)
    index = protocol.table_index(options.data)
    names = options.tables.split(",") if options.tables else list(index)
    sizes = (300, 4) if options.quick else (options.max_rows, 9)
    jobs = [Job(options.data, options.out, n, index[n], *sizes, options.seed) for n in names]
    todo = [job for job in jobs if not path(job).is_file()]
    with ProcessPoolExecutor(options.jobs, get_context("spawn")) as pool:
        running = {pool.submit(run, job): job for job in todo}
        for done, future in enumerate(as_completed(running), 1):
            said = f"{running[future].table}: {future.result():.0f} s"
            print(f"{done}/{len(todo)} {said}", file=sys.stderr)
    files = {job.table: json.loads(path(job).read_text(encoding="utf-8")) for job in jobs}
    by_share = {name: figures(found) for name, found in files.items()}
    rules = [NEVER, *product(STARTS, WIDTHS, MOSTS)]
    by_rule = np.array(
        [
            [by_share[name][share_of(rule, files[name]["strength"])] for name in names]
            for rule in rules
        ]
    )
    held, picks = [], Counter[Rule]()
    for place in range(len(names)):
        others = np.delete(by_rule, place, axis=1) if len(names) > 1 else by_rule
        best = int(worth(others).argmax())
        picks[rules[best]] += 1
        held.append(by_rule[best, place])
    numbers = {
        "tables": {
            name: {
                "strength": files[name]["strength"],
                "shares": dict(zip(map(str, SHARES), by_share[name].tolist(), strict=True)),
                "left out": one.tolist(),
            }
            for name, one in zip(names, held, strict=True)
        },
        "picks": [[*rule, n] for rule, n in picks.most_common()],
    }
    text = json.dumps(numbers, indent=1)
    (options.out / "local_priors.json").write_text(text + "\n", encoding="utf-8")
    order = sorted(range(len(names)), key=lambda i: -files[names[i]]["strength"])
    rows = [
        [names[i], f"{files[names[i]]['strength']:.2f}", *_cells(by_rule[0, i]), *_cells(held[i])]
        for i in order
    ]
    means = by_rule[0].mean(axis=0), np.mean(held, axis=0)
    rows.append(["**mean**", "", *_cells(means[0]), *_cells(means[1])])
    head = ["table", "strength", *(f"{m}, none local" for m in MEASURES)]
    print(common.table([*head, *(f"{m}, left out" for m in MEASURES)], rows))
    said = "; ".join(f"{rule} ({n})" for rule, n in picks.most_common(4))
    print(f"\nstart, width and most chosen: {said}\n\n{common.machine()}")


def _cells(values: FloatArray) -> list[str]:
    return [f"{value:.3f}" for value in values]


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
