"""Do an exact solver, a closed form and a network learn the same thing about a table?

Three contexts of a row: one of its 30 nearest rows; the same seen through masks of a fifth of the
features; and the row with features drawn anew (SCARF). Their functions are computed exactly where
there is a transition, learned in closed form by RitzEncoder and by a network, and judged on fresh
rows: by their ratio trace under the context, and by a linear probe with few labels beside the same
probe on the raw features.

``--data`` takes abalone (4,177 shells, the number of rings to predict); without it the table is
scikit-learn's diabetes (442 patients).

    python -m examples.tables --data DIR
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from contextures import SpectralEncoder
from contextures.contexts import Context, KNNContext, MaskContext, SCARFContext
from contextures.data import TablePreparation, demo_table, read_table
from contextures.encoders import RitzEncoder
from contextures.encoders.bases import LandmarkBasis
from contextures.evaluation import cca_alignment
from contextures.spectrum.ritz import PairMoments
from contextures.spectrum.scores import pair_score, ratio_trace
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


def encoders(context: Context, d: int, seed: int) -> dict[str, Any]:
    """Give the encoders that can learn a context; only draws have no exact functions."""
    made: dict[str, Any] = {"Ritz": RitzEncoder(context, d, random_state=seed)}
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


def main() -> None:
    """Run the example."""
    run = common.example("tables", __doc__)
    frame, target = read(run.data)
    d = 32 if run.data else 8
    n_labels = 50
    for seed in run.seeds:
        order = np.random.default_rng(seed).permutation(len(frame))
        train, test = np.split(order, [int(0.7 * len(order))])
        preparation = TablePreparation().fit(frame.iloc[train])
        x, fresh = (preparation.transform(frame.iloc[part]) for part in (train, test))
        targets = target[train], target[test]
        score = common.few_label_score(x, fresh, targets, n_labels, seed, 4 * run.n_draws)
        run.add("raw features: R²", score)
        for name, context in CONTEXTS.items():
            exact = None
            for kind, encoder in encoders(context, d, seed).items():
                key = f"{name}, {kind}: {{}}".format
                z = encoder.fit_transform(x)
                if kind == "exact":
                    exact = z
                elif exact is not None:
                    run.add(key("alignment"), cca_alignment(z, exact))
                run.add(key("ratio trace"), fresh_trace(encoder, x, fresh, seed))
                for i, value in enumerate(encoder.singular_values_, 1):
                    run.add(key(f"s_{i}"), value)
                score = common.few_label_score(
                    z,
                    encoder.transform(fresh),
                    targets,
                    n_labels,
                    seed,
                    4 * run.n_draws,
                    common.ordered_probe,
                )
                run.add(key("R²"), score)
    draw(run, d)


def draw(run: common.Example, d: int) -> None:
    """Draw singular values, ratio traces and probes."""
    figure, (left, middle, right) = common.axes(3)
    learned = list(dict.fromkeys(key.split(":")[0] for key in run.found if ", " in key))
    markers = {"exact": "-", "Ritz": "--", "network": ":"}
    colours = dict(zip(CONTEXTS, common.COLOURS, strict=False))
    for name in learned:
        context, kind = name.split(", ")
        values = [run.mean(f"{name}: s_{i}") for i in range(1, d + 1)]
        left.plot(range(1, d + 1), values, markers[kind], color=colours[context], label=name)
    left.set(title="Singular values", xlabel="i", ylim=(0, 1.02))
    left.legend()
    common.bars(middle, run, [(name, f"{name}: ratio trace") for name in learned])
    middle.set(title="Ratio trace on fresh rows")
    shown = [(name, f"{name}: R²") for name in learned] + [("raw features", "raw features: R²")]
    common.bars(right, run, shown)
    right.set(title="R² of a linear probe, 50 labels")
    measures = ("alignment", "ratio trace", "R²")
    rows = [[name, *(run.cell(f"{name}: {m}") for m in measures)] for name in learned]
    rows.append(["raw features", "-", "-", run.cell("raw features: R²")])
    run.finish(figure, ["context, encoder", *measures], rows)


if __name__ == "__main__":
    main()
