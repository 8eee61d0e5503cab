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
from sklearn.linear_model import LogisticRegression, RidgeCV

from benchmarks import common
from benchmarks.common import FloatArray, Ledger
from benchmarks.drift import drift, tell_drift

PARTS = ("speed", "drift", "compas", "losses")
ALPHA, EPSILON = 0.25, 0.05
MOST = 4000


def speed(ledger: Ledger, quick: bool) -> None:
    """Time risks of many losses beside one sort of them."""
    from contextures.shift import chi_square_dro, cvar, divergence_dro, doro

    n = 10_000 if quick else 1_000_000
    losses = np.random.default_rng(0).exponential(size=n)
    work: dict[str, Any] = {
        "sort": lambda: np.sort(losses),
        "cvar": lambda: cvar(losses, ALPHA),
        "chi_square": lambda: chi_square_dro(losses, ALPHA),
        "doro": lambda: doro(losses, ALPHA, EPSILON, "cvar"),
        "divergence 1.5": lambda: divergence_dro(losses, 1.0, 1.5),
    }
    for name, each in work.items():

        def timed(each: Any = each) -> dict[str, Any]:
            seconds = []
            for _ in range(5):
                started = time.perf_counter()
                each()
                seconds.append(time.perf_counter() - started)
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


def columns_of(frame: pd.DataFrame) -> FloatArray:
    """Give numbers and indicators of words, standardised."""
    wide = pd.get_dummies(frame.fillna(frame.median(numeric_only=True)), dtype=float)
    return common.standardised(wide.to_numpy(dtype=np.float64))


SHIFTS: dict[str, dict[str, Any]] = {
    "california_housing": {"north": lambda f: f["latitude"] > 37},
    "abalone": {"infants": lambda f: f["Sex"] == "I"},
    "power_plant": {"hot": lambda f: f["AT"] > f["AT"].quantile(0.75)},
    "adult": {"women": lambda f: f["sex"].str.strip() == "Female"},
}
"""Populations of each table that a model of the others is moved to."""


def losses(ledger: Ledger, data: Path, quick: bool, repeats: int) -> None:
    """Weighted held-out losses beside those in the population that was moved to."""
    from contextures import SpectralEncoder
    from contextures.contexts import KNNContext
    from contextures.shift import density_ratio, drift_test

    def once(name: str, to: str, repeat: int) -> dict[str, Any]:
        rng = np.random.default_rng(repeat)
        frame = pd.read_parquet(data / f"{name}.parquet")
        away = SHIFTS[name][to](frame).to_numpy(dtype=bool)
        target = frame.iloc[:, -1]
        sharp = not pd.api.types.is_numeric_dtype(target)
        y = pd.factorize(target)[0] if sharp else target.to_numpy(dtype=float)
        X = columns_of(frame.iloc[:, :-1])
        most = 400 if quick else MOST
        here, there = (rng.permutation(np.flatnonzero(each)) for each in (~away, away))
        train, held = np.array_split(here[:most], 2)
        new = there[: most // 2]
        encoder = SpectralEncoder(KNNContext(30), n_components=32).fit(X[train])
        Z = encoder.transform(X)
        model: Any = LogisticRegression(max_iter=1000) if sharp else RidgeCV(np.logspace(-2, 4, 13))
        model.fit(Z[train], y[train])
        error = (model.predict(Z) != y).astype(float) if sharp else (model.predict(Z) - y) ** 2
        scale = 1.0 if sharp else float(y[train].var())
        ratio = density_ratio(encoder, X[held], X[new], fitted=False, random_state=repeat)
        return {
            "effect": drift_test(encoder, X[held], X[new], fitted=False, n_permutations=99).effect,
            "held_out": float(error[held].mean() / scale),
            "predicted": float(ratio.reference @ error[held] / len(held) / scale),
            "true": float(error[new].mean() / scale),
            "effective_share": ratio.effective_size / len(held),
        }

    for name, moves in SHIFTS.items():
        for to in moves:
            for repeat in range(1 if quick else repeats):
                key = {"part": "losses", "table": name, "to": to, "repeat": repeat, "quick": quick}
                ledger.once(key, partial(once, name, to, repeat))


def tell(runs: list[dict[str, Any]]) -> None:
    """Print means, and alarms at .05, as tables."""
    frame = pd.DataFrame(runs)
    tested = [run for run in runs if run["part"] == "drift"]
    if tested:
        print(f"\ndrift\n{tell_drift(tested)}")
    for part, keys in (
        ("speed", ["n", "risk"]),
        ("compas", ["alpha", "model"]),
        ("losses", ["table", "to"]),
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
            work = {"drift": drift, "compas": compas, "losses": losses}[part]
            work(ledger, args.data, args.quick, args.repeats)
    tell(ledger.runs)
    if args.json is not None:
        args.json.write_text(pd.DataFrame(ledger.runs).to_json(orient="records"), encoding="utf-8")


if __name__ == "__main__":
    main()
