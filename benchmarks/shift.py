"""Shift: speed of risks, level and power of drift tests, worst groups, predicted losses.

Results are kept in ``--out``, a line each, so that a stopped benchmark goes on where it was.
"""

from __future__ import annotations

import sys
import time
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks import common
from benchmarks.boosted import boosted, tell_boosted
from benchmarks.common import Ledger
from benchmarks.drift import drift, levels, tell_drift, tell_levels
from benchmarks.moved import columns_of, losses, tell_losses
from benchmarks.worst_groups import networks, tell_networks

PARTS = ("speed", "drift", "levels", "compas", "networks", "boosted", "losses")
ALPHA, EPSILON = 0.25, 0.05


def speed(ledger: Ledger, quick: bool) -> None:
    """Time risks of many losses, and their gradients, beside one sort of them.

    By the processor's clock, which other work on the machine does not slow.
    """
    import torch

    from contextures.shift import chi_square_dro, cvar, divergence_dro, doro

    n = 10_000 if quick else 1_000_000
    losses = np.random.default_rng(0).exponential(size=n)
    leaf = torch.tensor(losses, requires_grad=True)
    work: dict[str, Any] = {
        "sort": lambda: np.sort(losses),
        "cvar": lambda: cvar(losses, ALPHA),
        "chi_square": lambda: chi_square_dro(losses, ALPHA),
        "doro": lambda: doro(losses, ALPHA, EPSILON, "cvar"),
        "divergence 1.5": lambda: divergence_dro(losses, 1.0, 1.5),
        "divergence 1": lambda: divergence_dro(losses, 1.0, 1.0),
        "torch sort": lambda: torch.sort(leaf, descending=True, stable=True),
        "cvar, gradient": lambda: cvar(leaf, ALPHA).backward(),
        "chi_square, gradient": lambda: chi_square_dro(leaf, ALPHA).backward(),
        "doro, gradient": lambda: doro(leaf, ALPHA, EPSILON, "cvar").backward(),
    }
    for name, each in work.items():

        def timed(each: Any = each) -> dict[str, Any]:
            seconds = []
            for _ in range(5):
                started = time.process_time()
                each()
                seconds.append(time.process_time() - started)
            return {"seconds": float(np.median(seconds))}

        ledger.once({"part": "speed", "n": n, "risk": name}, timed)


def compas(ledger: Ledger, data: Path, quick: bool, repeats: int) -> None:
    """Mean and worst-group accuracy of linear models of COMPAS."""
    from contextures.shift import DistributionallyRobustClassifier
    from contextures.shift.weights import RiskName

    frame = pd.read_parquet(data / "compas.parquet")
    groups = (frame["race"] + ", " + frame["sex"]).to_numpy()
    labels = (frame["two_year_recid"] == "yes").to_numpy().astype(int)
    features = columns_of(frame.drop(columns="two_year_recid"))
    models: dict[str, tuple[RiskName, float]] = {
        "ERM": ("mean", 0.0),
        "CVaR": ("cvar", 0.0),
        "CVaR-DORO": ("cvar", EPSILON),
        "chi-square": ("chi_square", 0.0),
        "chi-square-DORO": ("chi_square", EPSILON),
    }

    def once(repeat: int, name: str, alpha: float) -> dict[str, Any]:
        order = np.random.default_rng(repeat).permutation(len(labels))
        train, test = order[: (500 if quick else 5049)], order[5049:]
        risk, epsilon = models[name]
        model = DistributionallyRobustClassifier(
            risk, alpha=alpha, epsilon=epsilon, penalty=1e-3, tol=1e-3
        )
        started = time.perf_counter()
        model.fit(features[train], labels[train])
        right = model.predict(features[test]) == labels[test]
        # Groups of a few rows have no accuracy to speak of.
        each = [right[groups[test] == g] for g in np.unique(groups[test])]
        return {
            "seconds": time.perf_counter() - started,
            "average": float(right.mean()),
            "norm": float(np.linalg.norm(model.coef_)),
            "worst": float(min(one.mean() for one in each if len(one) >= 30)),
        }

    for repeat in range(1 if quick else repeats):
        for name, alpha in product(models, (0.25, 0.5, 0.75)):
            key = {"part": "compas", "model": name, "alpha": alpha}
            key |= {"repeat": repeat, "quick": quick}
            ledger.once(key, partial(once, repeat, name, alpha))


WORK = {
    "drift": drift,
    "levels": levels,
    "compas": compas,
    "networks": networks,
    "boosted": boosted,
    "losses": losses,
}


def tell(runs: list[dict[str, Any]]) -> None:
    """Print means, and alarms at .05, as tables."""
    frame = pd.DataFrame(runs)
    for part, told in (
        ("drift", tell_drift),
        ("drift levels", tell_levels),
        ("networks", tell_networks),
        ("boosted", tell_boosted),
        ("losses", tell_losses),
    ):
        done = [run for run in runs if run["part"] in part.split()]
        if done:
            print(f"\n{part}\n{told(done)}")
    for part, keys in (
        ("speed", ["n", "risk"]),
        ("compas", ["alpha", "model"]),
    ):
        some = frame[frame["part"] == part].dropna(axis=1, how="all")
        if not len(some):
            continue
        kept = some.drop(columns=[c for c in ("part", "repeat", "quick") if c in some])
        table = kept.groupby(keys, sort=False).agg(["mean"]).droplevel(1, axis=1)
        table["repeats"] = kept.groupby(keys, sort=False).size()
        print(f"\n{part}\n{table.round(4).to_string()}")


def main() -> None:
    """Run the parts that were asked for, and print what is known."""
    parser = common.parser(__doc__ or "", data=True)
    parser.add_argument("--part", choices=PARTS, action="append", help="all when not given")
    parser.add_argument("--out", type=Path, help="the file that results are kept in")
    parser.add_argument("--repeats", type=int, default=100)
    args = parser.parse_args()
    ledger = Ledger(args.out)
    parts = args.part or PARTS
    if args.data is None and set(parts) != {"speed"}:
        parser.error("--data is needed for all but --part speed")
    for part in parts:
        print(part, file=sys.stderr)
        if part == "speed":
            speed(ledger, args.quick)
        else:
            WORK[part](ledger, args.data, args.quick, args.repeats)
    tell(ledger.runs)
    if args.json is not None:
        args.json.write_text(pd.DataFrame(ledger.runs).to_json(orient="records"), encoding="utf-8")


if __name__ == "__main__":
    main()
