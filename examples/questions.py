"""Two questions about images of digits: how many dimensions, and whether it helps a task.

The context is the 30 nearest neighbours among two thirds of the images; the other third is fresh.
Nothing is learned from a label. First, what each number of coordinates is worth: the ratio trace on
fresh images, the accuracy of a probe with few and many labels, and the dimensions that tau and, for
each number of labels, the error on pseudo-tasks predict. Second, what labels show of a task before
a probe is trained: its compatibility with the context, estimated from a few of them, for the
digits, for the sum of all pixels and for labels drawn anew.

    python -m examples.questions --data DIR
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from contextures import SpectralEncoder, usefulness
from contextures.contexts import KNNContext
from contextures.evaluation import (
    estimate_compatibility,
    pseudo_task_error,
    ratio_trace_score,
    smooth_tasks,
)
from contextures.spectrum import singular_values
from examples import common

SIZES = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128)
LABELS = (50, 200, 1000)
FEW = (25, 50, 100, 200, 400)


def split(pixels: Any, digits: Any, quick: bool, seed: int) -> tuple[Any, Any, Any, Any]:
    """Draw rows to learn from, a third of them to be fresh."""
    order = np.random.default_rng(seed).permutation(len(digits))[: 1797 if quick else None]
    cut = 2 * len(order) // 3
    rows, fresh = order[:cut], order[cut:]
    return pixels[rows], pixels[fresh], digits[rows], digits[fresh]


def dimensions(run: common.Example, parts: tuple[Any, Any, Any, Any], seed: int) -> None:
    """Note what d coordinates are worth, and what is predicted without labels."""
    rows, fresh, known, unknown = parts
    encoder = SpectralEncoder(KNNContext(30), max(SIZES)).fit(rows)
    train, test = encoder.transform(rows), encoder.transform(fresh)
    for i, value in enumerate(encoder.singular_values_, 1):
        run.add(f"s², {i}", value**2)
    for d in SIZES:
        run.add(f"ratio trace, {d}", ratio_trace_score(test[:, :d], encoder.context_, fresh).value)
        for n in LABELS:
            score = common.few_label_score(
                train[:, :d], test[:, :d], (known, unknown), n, seed, run.n_draws
            )
            run.add(f"accuracy, {n} labels, {d}", score)
    run.add("tau", usefulness(singular_values(encoder.context_, 513)).n_components)
    for n in LABELS:
        prior = smooth_tasks(rows[:n], fresh, rows)
        found = pseudo_task_error(train[:n], test, prior, dimensions=SIZES)
        run.add(f"pseudo, {n} labels", found.n_components)


def tasks(run: common.Example, parts: tuple[Any, Any, Any, Any], seed: int) -> None:
    """Note the compatibility of three targets, estimated from few labels."""
    rows, _, known, _ = parts
    encoder = SpectralEncoder(KNNContext(30), 64).fit(rows)
    drawn = np.random.default_rng(seed).permutation(known)
    targets = {
        "digit": (known, "classification"),
        "brightness": (rows.sum(axis=1), "regression"),
        "drawn anew": (drawn, "classification"),
    }
    for name, (target, kind) in targets.items():
        for n in FEW:
            found = estimate_compatibility(encoder, target[:n], rows[:n], kind=kind)
            run.add(f"{name}, {n}", found.value)
            run.add(f"{name}, {n}, low", found.interval[0])
            run.add(f"{name}, {n}, high", found.interval[1])


def draw_dimensions(run: common.Example) -> None:
    """Draw what d coordinates are worth."""
    figure, (left, right) = common.axes(2)
    trace = [run.mean(f"ratio trace, {d}") for d in SIZES]
    exact = np.cumsum([run.mean(f"s², {i}") for i in range(1, max(SIZES) + 1)])
    left.plot(range(1, max(SIZES) + 1), exact, color=common.GREY, label="rows learned from")
    left.plot(SIZES, trace, marker="o", ms=3, label="fresh rows")
    left.set(title="Ratio trace of d coordinates", xlabel="d", ylim=(0, None))
    left.legend()
    for n in LABELS:
        scores = [run.mean(f"accuracy, {n} labels, {d}") for d in SIZES]
        (line,) = right.plot(SIZES, scores, marker="o", ms=3, label=f"{n:,} labels")
        predicted = run.mean(f"pseudo, {n} labels")
        right.plot(
            predicted, np.interp(predicted, SIZES, scores), "*", ms=12, color=line.get_color()
        )
    right.plot([], [], "*", ms=9, color=common.GREY, label="predicted without labels")
    right.set(title="Accuracy of a probe", xlabel="d", xscale="log")
    right.set_xticks([1, 4, 16, 64, 128], ["1", "4", "16", "64", "128"])
    right.minorticks_off()
    right.legend()
    rows = [
        [
            str(d),
            run.cell(f"ratio trace, {d}"),
            *(run.cell(f"accuracy, {n} labels, {d}") for n in LABELS),
        ]
        for d in (1, 4, 16, 64, 128)
    ]
    predicted = [run.cell(f"pseudo, {n} labels") for n in LABELS]
    rows.append(["d predicted by pseudo-tasks", "", *predicted])
    rows.append(["d predicted by τ", run.cell("tau"), *[""] * len(LABELS)])
    head = ["d", "ratio trace, fresh", *(f"accuracy, {n} labels" for n in LABELS)]
    run.finish(figure, head, rows)


def draw_tasks(run: common.Example) -> None:
    """Draw the estimated compatibilities."""
    names = {"digit": "which digit", "brightness": "brightness", "drawn anew": "digits drawn anew"}
    figure, (panel,) = common.axes(1, width=6.4)
    for place, (name, label) in enumerate(names.items()):
        values = [[run.mean(f"{name}, {n}{end}") for n in FEW] for end in ("", ", low", ", high")]
        colour = common.COLOURS[place]
        panel.plot(FEW, values[0], marker="o", ms=3, color=colour, label=label)
        panel.fill_between(FEW, values[1], values[2], color=colour, alpha=0.15, lw=0)
    panel.set(
        title="Compatibility ρ, from so many labels", xlabel="labels", xscale="log", ylim=(0, 1.02)
    )
    panel.set_xticks(FEW, [str(n) for n in FEW])
    panel.minorticks_off()
    panel.legend(loc=(0.68, 0.6))
    rows = [[label, *(run.cell(f"{name}, {n}") for n in FEW)] for name, label in names.items()]
    run.finish(figure, ["target", *(f"{n} labels" for n in FEW)], rows)


def main() -> None:
    """Run the example."""
    run = common.example("dimensions", __doc__)
    other = replace(run, name="tasks", found={})
    pixels, digits = common.digits(run.data)
    for seed in run.seeds:
        parts = split(pixels, digits, run.quick, seed)
        dimensions(run, parts, seed)
        tasks(other, parts, seed)
    draw_dimensions(run)
    print()
    draw_tasks(other)


if __name__ == "__main__":
    main()
