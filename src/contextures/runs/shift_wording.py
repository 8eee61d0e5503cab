"""What was found about new rows, in words of a fixed set and in tables."""

from __future__ import annotations

import numpy as np

from contextures.report import PlainTable
from contextures.runs.shift import Shift
from contextures.runs.shift_advice import OUTSIDE, WORDS
from contextures.runs.shift_losses import MeanLoss

MOVED = {
    "moved": "the rows have moved",
    "slightly": "the rows have moved by too little to matter",
    "not shown": "no move is shown",
}

EXPECTED = (
    "Expected: trees that learned which held-out rows have large losses say how large those of the "
    "new rows are, if like rows have like labels there. Beyond all that was seen, the loss and its "
    "interval grow with what a linear model of the labels and the predictor disagree by. After "
    "a real move like rows seldom have quite like labels: the truth lies outside of the interval "
    "more often than one time in twenty."
)


def verdict(found: Shift) -> str:
    """Say what to do and why, in one line."""
    return f"{WORDS[found.advice]}: {found.reason}"


def sentences(found: Shift) -> list[str]:
    """Say what was found, most important first."""
    if found.moved is None or found.effect_interval is None:
        return []
    low, high = found.effect_interval
    said = _losses(found)
    said.append(
        f"{MOVED[found.moved].capitalize()}: by {found.effect:.2f} standard deviations of what "
        f"tasks of the context feel (95 % interval {low:.2f} to {high:.2f}; p = "
        f"{found.p_value:.3g})."
    )
    if found.moved != "not shown":
        named = ", ".join(each["column"] for each in found.columns[:3])
        said.append(f"It goes with the columns {named}.")
        rows = ", ".join(str(row) for row in found.rows)
        said.append(f"Most unlike the run's rows are the new rows {rows} (row_id, from 0).")
    if found.outside is not None and found.outside >= OUTSIDE:
        said.append(
            f"{found.outside:.0%} of the new rows are farther from all rows that the encoder "
            "learned from than 99 % of the run's other rows: what it says of them is a guess."
        )
    if found.lost_support:
        places = ", ".join(f"c{place}" for place in found.lost_support[:8])
        said.append(
            "Coordinates of less than half of their variance on the new rows, where what they "
            f"tell apart hardly differs: {places}."
        )
    if found.ratio_trace_lost is not None:
        said.append(
            "On the new rows, the first half of the coordinates lacks "
            f"{found.ratio_trace_lost:.0%} of what the best half there would hold."
        )
    if found.n_drawn < found.n_new:
        said.append(
            f"Everything but counts is from {found.n_drawn:,} of the {found.n_new:,} new rows, "
            "drawn at random."
        )
    if found.advice == "reweight":
        said.append(
            "Weights help a regularised predictor; one that fits every label is the same with any."
        )
    return said


def _losses(found: Shift) -> list[str]:
    """Say what the predictor loses there, what it loses here, and how both are known."""
    held, told = found.held_out, found.expected
    if held is None:
        return []
    if found.new is not None:
        labels = f"{found.new.n_rows:,} labels"
        if found.n_labels > found.new.n_rows:
            labels = f"{found.new.n_rows:,} of {found.n_labels:,} labels"
        said = [
            f"On the new rows the predictor's {found.loss} is {_loss(found.new)} by {labels}, "
            f"{_beside(found.new, held)}."
        ]
        if told is not None and found.new.interval[0] > told.interval[1]:
            said.append(
                f"By what the rows are, {_loss(told)} would be expected: that it is more says that "
                "like rows have other labels there."
            )
        elif told is not None:
            said.append(f"By what the rows are, {_loss(told)} was to be expected.")
    elif told is not None:
        said = [
            f"On the new rows expect a {found.loss} of {_loss(told)}, {_beside(told, held)}, if "
            "like rows have like labels there."
        ]
    else:
        return []
    if found.weighted is not None:
        said.append(
            f"Weighted to be like the new rows, the held-out ones, then worth "
            f"{found.effective_size:,.0f} of {found.n_reference:,}, lose {_loss(found.weighted)}."
        )
    return said


def _beside(loss: MeanLoss, held: MeanLoss) -> str:
    """Say how large a loss is beside the held-out one."""
    if held.value <= 0:
        return f"against {_loss(held)} on held-out rows"
    times = loss.value / held.value
    if 0.95 < times < 1.05:
        return f"much as the {_loss(held)} on held-out rows"
    return f"{_number(times, 2)} times the {_loss(held)} on held-out rows"


def shift_tables(found: Shift) -> list[PlainTable]:
    """Lay out functions, columns and losses."""
    tables = []
    if found.functions:
        tables.append(
            PlainTable(
                "The functions that moved most",
                ["function", "shift of its mean", "share of drift"],
                [
                    [str(f["function"]), _number(f["shift"]), f"{f['share']:.0%}"]
                    for f in found.functions
                ],
                "The shift is in standard deviations of the function among the run's rows.",
            )
        )
    if found.columns:
        tables.append(
            PlainTable(
                "The columns that the drift goes with",
                ["column", "correlation"],
                [[f["column"], _number(f["correlation"])] for f in found.columns],
                "With the witness of the drift, over the new rows and about the means of the "
                "run's: it is large where new rows are unlike those.",
            )
        )
    losses = (
        ("held-out rows", found.held_out),
        ("new rows, expected of rows like them", found.expected),
        ("new rows, by their labels", found.new),
        ("held-out rows, weighted to be like the new ones", found.weighted),
    )
    rows = [
        [name, _number(loss.value), f"{_number(loss.interval[0])} to {_number(loss.interval[1])}"]
        for name, loss in losses
        if loss is not None
    ]
    if rows:
        caption = f"The predictor's {found.loss}"
        note = "" if found.expected is None else EXPECTED
        tables.insert(0, PlainTable(caption, ["on", "loss", "95 % interval"], rows, note))
    return tables


def _loss(loss: MeanLoss) -> str:
    low, high = loss.interval
    return f"{_number(loss.value)} ({_number(low)} to {_number(high)})"


def _number(value: float, digits: int = 3) -> str:
    if digits <= abs(np.log10(abs(value) or 1)) < 6:
        return f"{value:,.0f}".replace("-", "−")  # large ones in full: nobody reads 4.5e+03
    return f"{value:.{digits}g}".replace("-", "−")
