"""Tables: whether an exact solver, a closed form and a network learn the same thing.

Three contexts of a row: one of its 30 nearest rows; the same seen through masks of a fifth of the
features; and the row with features drawn anew (SCARF). Their functions are computed exactly where
there is a transition, learned in closed form by RitzEncoder and by a network, and judged on fresh
rows: by their ratio trace under the context, and by a linear probe with few labels beside the same
probe on the raw features.

``--data`` takes abalone (4,177 shells, the number of rings to predict); without it the table is
scikit-learn's diabetes (442 patients). On abalone the three learn the same: under KNN the learned
functions reach .99 of the exact ones' ratio trace on fresh rows. But the same probe on the raw
features predicts better than on any of them, with 50 labels and with 1,000.

    python -m examples.tables --data DIR
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from contextures import SpectralEncoder
from contextures.contexts import Context, KNNContext, MaskContext, SCARFContext
from contextures.data import TablePreparation, demo_table, read_table
from contextures.encoders import NeuralEncoder, RitzEncoder
from contextures.encoders.bases import LandmarkBasis
from contextures.evaluation import cca_alignment
from contextures.evaluation.representations.probe import linear_probe
from contextures.spectrum.ritz import PairMoments
from contextures.spectrum.ritz.ratio_trace import pair_score, ratio_trace
from examples import common

CONTEXTS: dict[str, Context] = {
    "KNN": KNNContext(n_neighbors=30),
    "masked KNN": MaskContext(KNNContext(n_neighbors=30), mask_rate=0.2),
    "SCARF": SCARFContext(corruption_rate=0.6),
}


def read(data: Path | None) -> tuple[Any, Any]:
    """Read the table and its target."""
    table = demo_table("diabetes") if data is None else read_table(data / "abalone.parquet")
    target = table.frame.columns[-1]
    return table.frame.drop(columns=target), table.frame[target].to_numpy(float)


def encoders(context: Context, d: int, seed: int, quick: bool) -> dict[str, Any]:
    """Give the encoders that can learn a context; only draws have no exact functions."""
    network: dict[str, Any] = {"network_options": {"width": 256, "depth": 3}}
    if context.form == "sampler":
        network["batch_size"] = 1024
    if quick:
        network |= {"network_options": {"width": 128, "depth": 2}, "max_steps": 60}
    made: dict[str, Any] = {
        "Ritz": RitzEncoder(context, d, random_state=seed),
        "network": NeuralEncoder(context, d, random_state=seed, n_threads=1, **network),
    }
    if context.form != "sampler":
        made = {"exact": SpectralEncoder(context, d), **made}
    return made


def fresh_trace(encoder: Any, train: Any, test: Any, seed: int) -> float:
    """Compute the ratio trace of learned functions on fresh rows.

    Where the context only draws, the other side is fitted in a basis of its own to draws for the
    training rows, and the canonical correlations are those of fresh pairs: a bound from below.
    """
    if encoder.context_.form != "sampler":
        return ratio_trace(encoder.transform(test), encoder.context_, test)
    rng = np.random.default_rng(seed)
    n_views = max(1, 20_000 // len(train))
    basis = LandmarkBasis(min(300, len(train) // 2), random_state=seed).fit(train)

    def draws(rows: Any) -> Any:
        drawn = encoder.context_.sample(rows, rng, n_views)
        return basis.transform(drawn.reshape(-1, rows.shape[1])).reshape(n_views, len(rows), -1)

    moments = PairMoments().update(encoder.transform(train), draws(train))
    functions = moments.solve(len(encoder.singular_values_), 1e-3)
    return pair_score(functions.left(encoder.transform(test)), functions.right(draws(test)))


def probe(
    run: common.Example,
    name: str,
    sides: Any,
    targets: Any,
    counts: tuple[int, ...],
    fit: Any,
    seed: int,
) -> None:
    """Score features by a linear probe, for several numbers of labels."""
    for n in counts:
        score = common.few_label_score(*sides, targets, n, seed, 2 * run.n_draws, fit)
        run.add(f"{name}: R², {n} labels", score)


def main() -> None:
    """Run the example."""
    run = common.example("tables", __doc__)
    frame, target = read(run.data)
    d = 32 if run.data else 8
    counts = (50,) if run.quick else (50, 100, 200, 500, 1000) if run.data else (50, 100, 200)
    for seed in run.seeds:
        order = np.random.default_rng(seed).permutation(len(frame))
        train, test = np.split(order, [int(0.7 * len(order))])
        preparation = TablePreparation().fit(frame.iloc[train])
        x, fresh = (preparation.transform(frame.iloc[part]) for part in (train, test))
        targets = target[train], target[test]
        probe(run, "raw features", (x, fresh), targets, counts, linear_probe, seed)
        for name, context in CONTEXTS.items():
            exact = None
            for kind, encoder in encoders(context, d, seed, run.quick).items():
                key = f"{name}, {kind}: {{}}".format
                z = encoder.fit_transform(x)
                if kind == "exact":
                    exact = z
                elif exact is not None:
                    run.add(key("alignment"), cca_alignment(z, exact))
                run.add(key("ratio trace"), fresh_trace(encoder, x, fresh, seed))
                for i, value in enumerate(encoder.singular_values_, 1):
                    run.add(key(f"s_{i}"), value)
                sides = z, encoder.transform(fresh)
                probe(run, f"{name}, {kind}", sides, targets, counts, common.ordered_probe, seed)
    draw(run, d, counts)


def draw(run: common.Example, d: int, counts: tuple[int, ...]) -> None:
    """Draw singular values, ratio traces and probes."""
    figure, (left, middle, right) = common.axes(3, height=3.8)
    learned = list(
        dict.fromkeys(key.split(":")[0] for key in run.found if key.startswith(tuple(CONTEXTS)))
    )
    markers = {"exact": "-", "Ritz": "--", "network": ":"}
    colours = dict(zip(CONTEXTS, common.COLOURS, strict=False))
    for name in learned:
        context, kind = name.split(", ")
        values = [run.mean(f"{name}: s_{i}") for i in range(1, d + 1)]
        left.plot(range(1, d + 1), values, markers[kind], color=colours[context], label=name)
    left.set(title="Singular values", xlabel="i", ylim=(0, 1.02))
    tints = [colours[name.split(", ")[0]] for name in learned]
    common.bars(middle, run, [(name, f"{name}: ratio trace") for name in learned], tints)
    middle.set(title="Ratio trace on fresh rows")
    for name in [*learned, "raw features"]:
        context, _, kind = name.partition(", ")
        means = [run.mean(f"{name}: R², {n} labels") for n in counts]
        line, colour = markers.get(kind, "-"), colours.get(context, common.GREY)
        right.semilogx(counts, means, line, marker=".", color=colour, label=name)
    right.set(title="R² of a linear probe, fresh rows", xlabel="labelled rows")
    right.set_xticks(counts, [str(n) for n in counts], minor=False)
    right.minorticks_off()
    figure.legend(*right.get_legend_handles_labels(), loc="outside lower center", ncols=5)
    measures = ["alignment", "ratio trace", *(f"R², {n} labels" for n in counts)]
    rows = [
        [name, *(run.cell(f"{name}: {m}") for m in measures)] for name in [*learned, "raw features"]
    ]
    run.finish(figure, ["context, encoder", *measures], rows)


if __name__ == "__main__":
    main()
