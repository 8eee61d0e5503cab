"""The command that predicts the rows of a table with a run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from contextures.cli.options import (
    Delimiter,
    Encoding,
    Json,
    KnownId,
    TableFiles,
    Verbose,
    examples,
    one_or_all,
)
from contextures.cli.streams import show

EPILOG = examples(
    "contextures predict run new.csv --out predicted.csv",
    "contextures predict run new.parquet --out predicted.parquet --json",
)


def predict(
    run: Annotated[
        Path, typer.Argument(help="A folder that fit wrote with --target.", show_default=False)
    ],
    table: TableFiles,
    out: Annotated[Path, typer.Option(help="The .parquet or .csv file to write.")],
    id: KnownId = None,
    delimiter: Delimiter = None,
    encoding: Encoding = None,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Predict the rows of a table with the predictor of a run.

    Writes row_id, the id, prediction, and the chance of each class or the ends of an interval. A
    target in the table is not looked at.
    """
    from contextures.cli.text import TerminalProgress, print_notes
    from contextures.runs import predict_table
    from contextures.runs.folder import check_run
    from contextures.runs.new_rows import rows_of
    from contextures.runs.output_file import check_output_file
    from contextures.runs.predict import check_predictor
    from contextures.runs.prepared import check_output

    check_predictor(check_run(run))
    check_output(out)
    check_output_file(out, "prediction", [run, *table])
    read = rows_of(run, one_or_all(table), delimiter=delimiter, encoding=encoding, id=id)
    found = predict_table(run, read, out, TerminalProgress(), id=id)
    print_notes(found.notes)
    if as_json:
        show(json.dumps({**found.to_dict(), "out": str(out)}, indent=1), done=out)
        return
    rows = "1 row" if found.n_rows == 1 else f"{found.n_rows:,} rows"
    show(f"{found.target} predicted for {rows}: {out}", done=out)
