"""Options that several commands share, and their examples."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def _log(wanted: bool) -> None:
    if wanted:
        from contextures.cli.text import log_to_stderr

        log_to_stderr()


Verbose = Annotated[
    bool,
    typer.Option(
        "--verbose", "-v", callback=_log, help="Log what is being done to standard error."
    ),
]
TableFile = Annotated[
    Path,
    typer.Argument(
        help="CSV, TSV, Parquet, .npy, Feather, ORC or Excel; gzip, bzip2, xz, zstd or ZIP too. "
        "A folder, or a pattern in quotes such as 'parts/*.csv', is read as one table.",
        show_default=False,
    ),
]
TableFiles = Annotated[
    list[Path],
    typer.Argument(
        help="CSV, TSV, Parquet, .npy, Feather, ORC or Excel; gzip, bzip2, xz, zstd or ZIP too. "
        "Several files, a folder, or a pattern in quotes such as 'parts/*.csv', are one table.",
        metavar="TABLE...",
        show_default=False,
    ),
]
Target = Annotated[str | None, typer.Option(help="The column to predict.", show_default=False)]
Id = Annotated[
    str | None,
    typer.Option(
        "--id",
        help="A column that says which row is which: carried into every output, no feature.",
        show_default=False,
    ),
]
KnownId = Annotated[
    str | None,
    typer.Option(
        "--id",
        help="A column to carry into the output.  [default: the run's own, where it is there]",
        show_default=False,
    ),
]
Dtype = Annotated[str, typer.Option(help="Coordinates are written as float32 or float64.")]
Seed = Annotated[int, typer.Option(help="Draws the split and every random subset.")]
Score = Annotated[
    str,
    typer.Option(
        help="What the choice of a context follows: pseudo (the expected error on pseudo-tasks), "
        "tau (the spectrum alone), or auto (pseudo where it can be computed)."
    ),
]
RankScore = Annotated[
    str,
    typer.Option(
        "--score",
        "--criterion",
        help="What the ranking follows: labels (the leave-one-out error on the target's), pseudo "
        "(the expected error on pseudo-tasks), tau (the spectrum alone), or auto (pseudo where it "
        "can be computed).",
    ),
]
Delimiter = Annotated[
    str | None, typer.Option(help="What separates fields; found if not given.", show_default=False)
]
Encoding = Annotated[str | None, typer.Option(help="Encoding of a text table; found if not given.")]
Decimal = Annotated[
    str | None,
    typer.Option(help="Decimal mark, '.' or ',', where columns do not tell.", show_default=False),
]
Thousands = Annotated[
    str | None, typer.Option(help="Mark that groups digits: ',' '.' ' ' or an apostrophe.")
]
Dates = Annotated[
    str | None,
    typer.Option(help="day-first or month-first, where columns do not tell.", show_default=False),
]
Group = Annotated[
    str | None,
    typer.Option(
        help="A column of what rows belong to, such as a machine: scores are of machines never "
        "learned from.",
        show_default=False,
    ),
]
Time = Annotated[
    str | None,
    typer.Option(
        help="A column of numbers or dates: scores are of the latest quarter of the rows, learned "
        "from those before.",
        show_default=False,
    ),
]
TestFile = Annotated[
    Path | None,
    typer.Option(help="A file whose rows are held out; all of TABLE is learned from."),
]
KeepColumn = Annotated[
    bool,
    typer.Option(
        "--keep-column", help="Keep the column of --group or --time as a feature; else it is none."
    ),
]
Sample = Annotated[
    int | None,
    typer.Option(
        help="Of a table of more rows, draw so many and learn from these.  [default: 50,000]",
        show_default=False,
    ),
]
Memory = Annotated[
    str | None,
    typer.Option(
        help="What a fit may take, such as 2GB: sets how many rows are learned from and held.",
        show_default=False,
    ),
]
Embeddings = Annotated[
    str,
    typer.Option(
        help="Coordinates to write: of all rows, of the sample, none, or auto (all up to 4 GiB)."
    ),
]
Metric = Annotated[
    str | None,
    typer.Option(
        help="What scores are judged by: accuracy, balanced-accuracy, roc-auc, "
        "average-precision or log-loss for classes, r2, mae or rmse for numbers; by how rare "
        "classes are if not given.",
        show_default=False,
    ),
]
Learn = Annotated[
    str,
    typer.Option(
        help="Of a longer table, learn the coordinates from all rows, the sample, or auto: all up "
        "to 1,000,000, and of any number with --engine, if the context is drawn for each row, such "
        "as --context scarf:0.6."
    ),
]
Engine = Annotated[
    str | None,
    typer.Option(
        help="What goes through all rows: processes, one for each core, or dask.",
        show_default=False,
    ),
]
Scheduler = Annotated[
    str | None,
    typer.Option(
        help="The Dask scheduler to go to, such as tcp://host:8786; without, --engine dask begins "
        "workers on this machine.",
        show_default=False,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Force = Annotated[bool, typer.Option("--force", help="Replace an earlier run.")]


def one_or_all(paths: list[Path]) -> Path | list[Path]:
    """Give the only path as it is, since a folder or a pattern may stand for many."""
    return paths[0] if len(paths) == 1 else paths


def examples(*lines: str) -> str:
    """Give the examples of a command as the end of its help."""
    # The backspace keeps the lines as they are instead of wrapping them into one paragraph.
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)
