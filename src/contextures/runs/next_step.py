"""What to do after a run: one step, as a command and as three lines of Python."""

from __future__ import annotations

import math
import shlex
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from contextures.data import Table
from contextures.data.bundled import TABLES
from contextures.data.several import matches
from contextures.runs.options import FitOptions, python_call, reading_call
from contextures.runs.verdict import FEW_HELD, MATTERS, Judged, Verdict

MOST_CLASSES = 20
"""Different values up to which a column of words can be a target."""

FLAGS = {"n_components": "dim"}
"""Options whose flag has another name."""


@dataclass(frozen=True)
class NextStep:
    """One step.

    Attributes
    ----------
    words : str
        What to do, in a sentence that ends before the command.
    command : str
        The command line.
    python : str
        Three lines of Python that do the same.
    """

    words: str
    command: str
    python: str


@dataclass(frozen=True)
class Place:
    """What a next step starts from.

    Attributes
    ----------
    table : Table
        The table.
    out : str
        The folder of the run.
    options : FitOptions
        What the run was asked to do.
    n_used : int
        How many coordinates the verdict is about.
    predicts : bool
        Whether the run has a predictor.
    """

    table: Table
    out: str
    options: FitOptions
    n_used: int
    predicts: bool

    @property
    def bundled(self) -> bool:
        """Whether the table comes with the library."""
        return self.table.name in TABLES and self.table.target is not None

    @property
    def is_file(self) -> bool:
        """Whether the table can be read again by its path."""
        if self.bundled:
            return False
        if self.table.files:
            return all(Path(file).is_file() for file in self.table.files)
        # Also a folder, or a pattern that files match.
        return Path(self.table.source).is_file() or bool(matches(self.table.source))


def next_step(judged: Judged, place: Place) -> NextStep:
    """Give the next step after a verdict.

    Parameters
    ----------
    judged : Judged
        The verdict.
    place : Place
        What the step starts from.

    Returns
    -------
    NextStep
        What to do. Command and code work as they are where the table is a file or comes with the
        library; else ``new.csv`` or ``frame`` stands for yours.
    """
    verdict, target = judged.verdict, place.options.target
    if verdict is Verdict.USE:
        if place.predicts:
            return _embed(
                f"Embed your rows, and later new ones, for linear models, search and clusters of "
                f"your own; {target} itself is predicted in predictions.parquet:",
                place,
            )
        return _embed("Embed your rows, and later new ones, and train on that:", place)
    if target is None:
        return _name_target(place)
    if verdict is Verdict.NONE:
        return _rank(
            "Let the labels choose the context, or write one from what you know of the rows:", place
        )
    if verdict is Verdict.RAW:
        if place.predicts:
            return _predict(
                f"Keep the raw columns. The predictor of this run takes them{_new_rows(place)}:",
                place,
            )
        return _rank("Keep the raw columns, or let the labels look for another context:", place)
    if judged.gain is None:
        if place.predicts:
            return _predict(
                "Get more labelled rows. Until then, the predictor makes the most of these labels"
                f"{_new_rows(place)}:",
                place,
            )
        return _rank(
            "Get more labelled rows. Until then, let these labels rank the contexts:", place
        )
    return _again(rows_needed(judged), place)


def _new_rows(place: Place) -> str:
    """Say that a command names the run's own rows, of which predictions are written already."""
    if not place.is_file:
        return ""
    return "; name your new rows where this table is, of which predictions.parquet has them already"


def rows_needed(judged: Judged) -> int:
    """Say about how many held-out rows would tell, as the interval shrinks with their root."""
    gain = judged.gain
    assert gain is not None
    # What would tell soonest: that there is a gain, or that there is none that matters.
    gains = gain.value > MATTERS / 2
    reach = gain.value - gain.low if gains else gain.high - gain.value
    if not math.isfinite(reach):
        return FEW_HELD
    away = gain.value if gains else MATTERS - gain.value
    needed = max(math.ceil(gain.n * (reach / away) ** 2), gain.n + 1)
    step = int(10 ** max(0, len(str(needed)) - 2))
    return max(FEW_HELD, -(-needed // step) * step)


def _embed(words: str, place: Place) -> NextStep:
    out = ["--out", "embedded.parquet"]
    command = shlex.join(["contextures", "embed", place.out, *_tables(place, "new.csv"), *out])
    kept = "" if place.n_used == 0 else f"[:, :{place.n_used}]"
    return NextStep(words, command, _loaded(place, "Z", f"transform(ROWS){kept}"))


def _predict(words: str, place: Place) -> NextStep:
    out = ["--out", "predicted.parquet"]
    command = shlex.join(["contextures", "predict", place.out, *_tables(place, "new.csv"), *out])
    return NextStep(words, command, _loaded(place, "predicted", "predict(ROWS)"))


def _rank(words: str, place: Place) -> NextStep:
    target = str(place.options.target)
    task = [] if place.options.task is None else ["--task", place.options.task]
    asked = ["--target", target, *task, "--score", "labels"]
    command = shlex.join(
        ["contextures", "rank", *_tables(place), *asked, *_read_flags(place.table)]
    )
    read, made = _made(place)
    task_said = "" if place.options.task is None else f", task={place.options.task!r}"
    python = (
        f"{read}from contextures.runs import rank_table\n"
        f"ranking = rank_table({made}, target={target!r}{task_said}, score='labels').results_"
    )
    return NextStep(words, command, python)


def _name_target(place: Place) -> NextStep:
    column = likely_target(place.table.frame)
    options = replace(place.options, target=column, command=[], force=False)
    return _fit(
        f"Name a column to predict, so that labels can tell. Here it is {column}; put in yours:",
        place,
        options,
        f"{place.out}-target",
    )


def _again(needed: int, place: Place) -> NextStep:
    seed = (place.options.seed + 1) % 2**32
    options = replace(place.options, seed=seed, command=[], force=False)
    # A quarter is held out, so whoever labels wants to know four times as many; of a file, all are.
    would = f"about {needed:,} held-out ones would tell"
    if place.options.test is None:
        would = f"some {4 * needed:,} in all, of which a quarter is held out, would tell"
    written = "; every row is predicted in predictions.parquet" if place.predicts else ""
    return _fit(
        f"Get more labelled rows: {would}. Until then, see whether another draw of held-out rows "
        f"agrees{written}:",
        place,
        options,
        f"{place.out}-seed{seed}",
    )


def _fit(words: str, place: Place, options: FitOptions, out: str) -> NextStep:
    plain, defaults = options.to_dict(), FitOptions().to_dict()
    asked = ["contextures", "fit", *_tables(place)]
    if place.bundled:
        asked = ["contextures", "demo", "--table", place.table.name]
        # The demonstration takes a seed and no other option.
        plain = {**defaults, "seed": plain["seed"]}
    for name, value in plain.items():
        if isinstance(value, bool):
            asked += [_flag(name if value else f"no-{name}")] if value != defaults[name] else []
        elif value != defaults[name]:
            asked += [_flag(name), str(value)]
    # A column that says which row is which is told to the reading as well.
    read = _read_flags(place.table, but=asked)
    command = shlex.join([*asked, "--out", out, *read])
    call = python_call(place.table, out, options)
    if not place.is_file and not place.bundled:
        reader, made = reading_call(place.table)
        call = call.replace(f"from contextures.data import {reader}\n", "").replace(made, "frame")
    return NextStep(words, command, call.replace("\n\n", "\n"))


def likely_target(frame: pd.DataFrame) -> str:
    """Give the last column that could be predicted: numbers, or words of few different values."""
    for name in reversed(frame.columns):
        column = frame[name].dropna()
        few = column.nunique() <= MOST_CLASSES
        if column.nunique() > 1 and (pd.api.types.is_numeric_dtype(column.dtype) or few):
            return str(name)
    return str(frame.columns[-1])


def _tables(place: Place, otherwise: str = "table.csv") -> list[str]:
    if not place.is_file:
        return [otherwise]
    return place.table.files or [place.table.source]


def _flag(name: str) -> str:
    """Give the flag of an option."""
    return f"--{FLAGS.get(name, name).replace('_', '-')}"


def _read_flags(table: Table, but: list[str] | None = None) -> list[str]:
    """Repeat what was said of how the table is read, but for flags that are there already."""
    said = {_flag(name): value for name, value in table.how_read.options.items()}
    return [part for flag in said if flag not in (but or []) for part in (flag, said[flag])]


def _made(place: Place) -> tuple[str, str]:
    """Give the import and the expression that make the table."""
    if place.bundled:
        return "from contextures.data import demo_table\n", f"demo_table({place.table.name!r})"
    if not place.is_file:
        return "", "frame"
    read, made = reading_call(place.table)
    return f"from contextures.data import {read}\n", made


def _loaded(place: Place, name: str, what: str) -> str:
    """Write lines that load the run and do something with the table's rows."""
    if place.bundled:
        read, rows = _made(place)
        done = what.replace("ROWS", f"{rows}.frame")
        return f"{read}from contextures import load_run\n{name} = load_run({place.out!r}).{done}"
    rows = "frame"
    if place.is_file:
        rows = repr(place.table.files or place.table.source)
    done = what.replace("ROWS", rows)
    return f"import contextures\nrun = contextures.load_run({place.out!r})\n{name} = run.{done}"
