"""The command that says whether a run survives a move to new rows."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from contextures.cli.options import Delimiter, Encoding, Json, TableFile, examples
from contextures.cli.streams import show

EPILOG = examples(
    "contextures shift run new.csv",
    "contextures shift run new.csv --target price --out moved.html",
    "contextures shift run new.parquet --json",
    "contextures shift run parts --sample 50000",
)


def shift(
    run: Annotated[Path, typer.Argument(help="A folder that fit wrote.", show_default=False)],
    table: TableFile,
    target: Annotated[
        str | None,
        typer.Option(help="The column of labels in the new rows.", show_default=False),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Also write a page to this .html file, and its data beside it: shift.json, or "
            "NAME.json where that is another page's.",
            show_default=False,
        ),
    ] = None,
    sample: Annotated[
        int, typer.Option(help="Rows that are drawn and compared; more, more precisely.")
    ] = 20_000,
    seed: Annotated[
        int, typer.Option(help="Draws rows, permutations, folds and halves.", min=0)
    ] = 0,
    delimiter: Delimiter = None,
    encoding: Encoding = None,
    as_json: Json = False,
) -> None:
    """Say whether new rows have moved away from a run's, whether it matters, and what to do."""
    from contextures.cli.text import TerminalProgress
    from contextures.runs import shift_table
    from contextures.runs.folder import check_run
    from contextures.runs.long import check_long
    from contextures.runs.new_rows import rows_of
    from contextures.runs.shift_file import check_shift_files, write_shift
    from contextures.runs.shift_wording import sentences, verdict

    check_run(run)
    check_long(sample, "auto")
    data = None
    if out is not None:
        check_shift_files(out, [run, table])
    read = rows_of(run, table, delimiter=delimiter, encoding=encoding)
    found = shift_table(
        run, read, target=target, sample=sample, seed=seed, progress=TerminalProgress()
    )
    if out is not None:
        from contextures.runs.shift_page import shift_page

        command = ["contextures", *sys.argv[1:]]
        data = write_shift(out, found, shift_page(found, command, run, table, target, seed, sample))
    if as_json:
        show(json.dumps({"verdict": verdict(found), **found.to_dict()}, indent=1), done=out)
        return
    lines = [verdict(found), *sentences(found), *(f"note: {note}" for note in found.notes)]
    show("\n".join([*lines, *([] if out is None else [f"data: {data}", f"page: {out}"])]), done=out)
