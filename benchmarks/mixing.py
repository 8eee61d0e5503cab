"""Mixed contexts with a linear probe, the paper's own configurations, against tuned boosting.

``python -m benchmarks.mixing --data DIR --results FILE`` goes on from FILE. A table is split
60/15/25. A context is learned on the first part, in closed form and by a network; the strength of
the probe on all its coordinates is chosen on the second; both are then fitted again to 60 + 15 %.
The rival is that of ``benchmarks.all_labels``. Numbers as labels are the ten tenths of their range
of ranks, since contexts that only draw cannot be mixed with a kernel.
"""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks import common
from benchmarks.all_labels import draw, verdict
from benchmarks.few_labels.sources import tables
from benchmarks.tuned_boosting import Split, Values, tuned
from contextures import RitzEncoder
from contextures.contexts import (
    BoostedTreesContext,
    Context,
    ConvexCombination,
    CutMixContext,
    LabelContext,
    SCARFContext,
)
from contextures.encoders import Encoder, NeuralEncoder

N_COMPONENTS = 64
CORRUPTION = 0.4
COPIES = 4
RIDGES = (1.0, 1e-2, 1e-4)
"""The strengths of the published configuration, in units of the mean square of a row's part."""

N_FUNCTIONS = 500

SMALL: dict[str, Any] = {"width": 128, "depth": 3}
"""Networks that suit a few hundred rows, and ten of them for eleven tables on one core."""

BATCH = 512


def contexts() -> dict[str, tuple[Context, bool]]:
    """Give each context, and whether it is learned on corrupted copies of the rows."""
    scarf, cutmix = SCARFContext(CORRUPTION), CutMixContext(CORRUPTION)
    labels, trees = LabelContext(), BoostedTreesContext(random_state=0)
    return {
        "scarf": (scarf, False),
        "labels": (labels, False),
        "trees": (trees, False),
        "scarf @ labels": (labels, True),
        "labels @ scarf": (labels.round_trip() @ scarf, False),
        "trees @ scarf": (trees.round_trip() @ scarf, False),
        "trees @ labels": (trees.round_trip() @ labels, False),
        "scarf + labels (spy)": (0.5 * scarf + 0.5 * labels, False),
        "cutmix + labels (cmy)": (0.5 * cutmix + 0.5 * labels, False),
        "trees + labels, min-max": (ConvexCombination(trees, labels, "min-max"), False),
    }


JOINED = {
    "spy || trees": ("scarf + labels (spy)", "trees"),
    "cmy || trees": ("cutmix + labels (cmy)", "trees"),
    "labels || trees (control)": ("labels", "trees"),
}


def encoder_of(kind: str, context: Context) -> Encoder:
    """Make the encoder: a closed form or a network."""
    given: dict[str, Any] = {"allow_fewer": True, "random_state": 0}
    if kind == "closed form":
        return RitzEncoder(context, N_COMPONENTS, n_functions=N_FUNCTIONS, **given)
    return NeuralEncoder(
        context,
        N_COMPONENTS,
        network_options=SMALL,
        context_network_options=SMALL,
        batch_size=BATCH,
        n_threads=1,
        progress=False,
        **given,
    )


def coordinates(kind: str, name: str, split: Split, n: int) -> Values:
    """Learn from the first n rows; give the coordinates of all."""
    context, corrupted = contexts()[name]
    X, y = split.X[:n], _label(split)[:n]
    if corrupted:
        copier = SCARFContext(CORRUPTION).fit(X)
        rng = np.random.default_rng(0)
        copies = copier.sample_rows(X, np.arange(n), rng, COPIES)
        X, y = np.asarray(copies).reshape(n * COPIES, -1), np.tile(y, COPIES)
    return np.asarray(encoder_of(kind, context).fit(X, y).transform(split.X))


def _label(split: Split) -> Any:
    if split.classes:
        return split.y
    edges = np.quantile(split.y[: split.n_fit], np.linspace(0, 1, 11)[1:-1])
    return np.searchsorted(np.unique(edges), split.y)


def probe(features: Values, split: Split, n: int, ridge: float) -> Values:
    """Fit the linear probe to the first n rows; predict all."""
    y = split.y[:n]
    if not split.classes:
        model = make_pipeline(StandardScaler(), Ridge(ridge * n))
        return np.asarray(model.fit(features[:n], y).predict(features))
    model = make_pipeline(StandardScaler(), LogisticRegression(C=1 / (ridge * n), max_iter=300))
    found = np.zeros((len(features), split.n_classes))
    model.fit(features[:n], y)
    found[:, model[-1].classes_] = model.predict_proba(features)
    return found


def judged(learned: Callable[[int], Values], split: Split) -> dict[str, Any]:
    """Choose the strength on validation rows, fit again, and predict the test rows."""
    started = time.process_time()
    features, held = learned(split.n_train), slice(split.n_train, split.n_fit)

    def loss(ridge: float) -> float:
        found = probe(features, split, split.n_train, ridge)[held]
        return float(np.mean(split.losses(found, split.y[held])))

    best = min(RIDGES, key=loss)
    values = probe(learned(split.n_fit), split, split.n_fit, best)[split.n_fit :]
    seconds = time.process_time() - started
    return {"values": np.round(values, 6).tolist(), "ridge": best, "seconds": seconds}


def run_table(ledger: common.Ledger, data: Path, name: str, seed: int, options: Any) -> Any:
    """Run what is missing of one table: the rival, raw features, every context and joining."""
    warnings.simplefilter("ignore")
    split = draw(data, name, seed, options.rows)
    key = {"table": name, "seed": seed, "rows": options.rows}
    found = {
        "tuned boosting": ledger.once({**key, "model": "tuned boosting"}, partial(_rival, split)),
        "raw": ledger.once({**key, "model": "raw"}, partial(judged, lambda n: split.X, split)),
    }
    for kind in options.encoders:
        kept: dict[tuple[str, int], Values] = {}

        def learned(part: str, n: int, kind: str = kind, kept: Any = kept) -> Values:
            if (part, n) not in kept:
                kept[part, n] = coordinates(kind, part, split, n)
            return kept[part, n]

        def joined(parts: tuple[str, ...], n: int, learned: Any = learned) -> Values:
            return np.hstack([learned(part, n) for part in parts])

        for what, parts in {**{each: (each,) for each in contexts()}, **JOINED}.items():
            model = f"{what}, {kind}"
            found[model] = ledger.once(
                {**key, "model": model}, partial(judged, partial(joined, parts), split)
            )
    return split, found


def _rival(split: Split) -> dict[str, Any]:
    started = time.process_time()
    values, chosen = tuned(split)
    seconds = time.process_time() - started
    return {"values": np.round(values, 6).tolist(), "chosen": chosen, "seconds": seconds}


def report(cells: dict[tuple[str, int], Any]) -> str:
    """Lay out a row for each context: against boosting and against raw features, by score."""
    names = list(dict.fromkeys(name for name, _ in cells))
    models = list(next(iter(cells.values()))[1])
    rows = []
    for model in models:
        line: list[object] = [model]
        for other in ("tuned boosting", "raw"):
            if model == other:
                line += ["", ""]
                continue
            outcomes, gains = [], []
            for name in names:
                pairs = [_gain(cells[c], model, other) for c in cells if c[0] == name]
                outcomes.append(verdict(pairs, "score"))
                gains.append(np.mean([each["score"][0] for each in pairs]))
            line.append("-".join(str(outcomes.count(each)) for each in ("won", "lost", "tie")))
            line.append(f"{np.mean(gains):+.3f}")
        line.append(f"{np.mean([f[model]['seconds'] for _, f in cells.values()]):.1f}")
        rows.append(line)
    head = ["context", "against boosting: won-lost-tied", "mean difference"]
    head += ["against raw features", "mean difference", "seconds"]
    return f"{len(names)} tables, scores are accuracy or R^2.\n\n" + common.table(head, rows)


def _gain(cell: Any, model: str, other: str) -> dict[str, Any]:
    split, found = cell
    truth = split.y[split.n_fit :]
    one, two = (
        split.scores(np.asarray(found[each]["values"], dtype=np.float64), truth)
        for each in (model, other)
    )
    gain = one - two
    return {"score": (float(gain.mean()), float(gain.std(ddof=1)) / len(gain) ** 0.5)}


def main() -> None:
    """Run what is missing, and print."""
    arguments = common.parser(__doc__ or "", data=True)
    arguments.add_argument("--results", type=Path, help="JSON lines to go on from and add to")
    arguments.add_argument("--tables", nargs="+", help="names of data sets")
    arguments.add_argument("--seeds", type=int, nargs="+", default=[0])
    arguments.add_argument("--rows", type=int, default=1600, help="rows of a table, at most")
    arguments.add_argument("--rivals", type=Path, help="a folder with further packages")
    kinds = ["closed form", "network"]
    arguments.add_argument("--encoders", nargs="+", default=kinds, choices=kinds)
    options = arguments.parse_args()
    if options.data is None:
        arguments.error("--data is needed: a folder of NAME.parquet files and an index.json")
    if options.rivals is not None:
        sys.path.append(str(options.rivals))
    names = options.tables or tables(options.data)
    if options.quick:
        names, options.encoders, options.rows = names[:2], kinds[:1], 600
    ledger = common.Ledger(options.results)
    cells = {
        (name, seed): run_table(ledger, options.data, name, seed, options)
        for name in names
        for seed in options.seeds
    }
    common.show(report(cells), options.json, ledger.runs)


if __name__ == "__main__":
    main()
