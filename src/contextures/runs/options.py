"""What a run is asked to do, and the call that asks it again."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from contextures.data import Table
from contextures.data.bundled import TABLES
from contextures.exceptions import InputError

SAMPLE = 50_000
"""Rows that are learned from at most, unless another number is asked for."""


@dataclass(frozen=True)
class FitOptions:
    """What a run is asked to do.

    Attributes
    ----------
    target : str or None
        The column to predict; without one nothing is held out and nothing scored.
    task : {"classification", "regression"} or None
        How the target is read; found when None.
    id : str or None
        A column that says which row is which: it is no feature, and every file of results has it.
    context : str
        "auto", or a context as :func:`contextures.selection.parse_context` reads it.
    score : {"auto", "pseudo", "tau"}
        What the choice of the context follows; see :class:`contextures.ContextSearch`.
    encoder : {"auto", "spectral", "ritz", "neural"}
        The kind of encoder: "auto" takes the exact functions while they are affordable.
    n_components : int or None
        The number of coordinates; chosen when None.
    predict : bool
        Whether a predictor of the target is learned too, and predicts every row.
    group : str or None
        A column of what rows belong to: rows of one value are on one side of every split.
    time : str or None
        A column of numbers or dates: what is learned from is earlier than what is judged on.
    test : str or None
        A file whose rows are the held-out ones; all of the table is then learned from.
    keep_column : bool
        Whether the column of ``group`` or ``time`` is a feature as well.
    dtype : {"float32", "float64"}
        How the coordinates in ``embeddings.parquet`` are written.
    seed : int
        Draws the split, the subsets and the folds.
    force : bool
        Whether an earlier run in the same place may be replaced.
    command : list of str
        The command line, for the record.
    metric : str or None
        What scores and choices by labels are judged by: "accuracy", "balanced-accuracy",
        "roc-auc", "average-precision" or "log-loss" for classes, "r2", "mae" or "rmse" for
        numbers; chosen by how rare classes are when None.
    sample : int
        Of a table of more rows, so many are drawn and learned from.
    memory : str or None
        What a fit may take, such as "2GB": fewer rows are then learned from, and held at a time,
        where it asks for that.
    embeddings : {"auto", "all", "sample", "none"}
        Whose coordinates are written, of a table of more rows: those of all, of the sample, or
        none; "auto" writes all up to 4 GiB. A shorter table's are all written, or none.
    learn : {"auto", "all", "sample"}
        What the coordinates are learned from, of a table of more rows: all of them that are not
        held out, where the context is drawn for each row, or the sample. "auto" takes all up to
        1,000,000, and of any number where an engine is named.
    engine : {"processes", "dask"} or None
        What goes through all rows: one process for each core, or a Dask cluster; this process
        when None.
    scheduler : str or None
        The address of the Dask cluster's scheduler, such as "tcp://host:8786"; one of this
        machine, closed afterwards, when None. A script that lets it begin needs ``if __name__ ==
        "__main__":``, as workers import it.
    """

    target: str | None = None
    task: str | None = None
    id: str | None = None
    context: str = "auto"
    score: str = "auto"
    encoder: str = "auto"
    n_components: int | None = None
    predict: bool = True
    group: str | None = None
    time: str | None = None
    test: str | None = None
    keep_column: bool = False
    dtype: str = "float32"
    seed: int = 0
    force: bool = False
    command: list[str] = field(default_factory=list)
    metric: str | None = None
    sample: int = SAMPLE
    memory: str | None = None
    embeddings: str = "auto"
    learn: str = "auto"
    engine: str | None = None
    scheduler: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Give what decides the finding, as plain values.

        Returns
        -------
        dict
            All but ``force`` and ``command``.
        """
        return {k: v for k, v in asdict(self).items() if k not in ("force", "command")}


def check_seed(seed: int) -> int:
    """Refuse, before any work, a seed that no generator takes."""
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**32:
        raise InputError(f"--seed {seed!r} is not possible; give a whole number from 0 to 2^32 - 1")
    return seed


def reading_call(table: Table) -> tuple[str, str]:
    """Name the function that reads a table again, and write its call."""
    said = "".join(f", {name}={value!r}" for name, value in table.how_read.options.items())
    if table.files:
        return "read_tables", f"read_tables({table.files!r}{said})"
    return "read_table", f"read_table({table.source!r}{said})"


def python_call(table: Table, out: str | Path, options: FitOptions) -> str:
    """Write the call that repeats a run."""
    if table.name in TABLES and table.target is not None:
        made, read = f"demo_table({table.name!r})", "demo_table"
    else:
        read, made = reading_call(table)
    defaults = FitOptions().to_dict()
    arguments = ", ".join(
        f"{name}={value!r}" for name, value in options.to_dict().items() if value != defaults[name]
    )
    return (
        f"from contextures.data import {read}\n"
        "from contextures.runs import FitOptions, fit_table\n\n"
        f"fit_table({made}, {str(out)!r}, FitOptions({arguments}))"
    )
