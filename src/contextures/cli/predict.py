"""The command that predicts the rows of a table with a run."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from contextures.cli.options import Delimiter, Encoding, Json, TableFile, examples

EPILOG = examples(
    "contextures predict run new.csv --out predicted.csv",
    "contextures predict run new.parquet --out predicted.parquet --json",
)


def predict(
    run: Annotated[
        Path, typer.Argument(help="A folder that fit wrote with --target.", show_default=False)
    ],
    table: TableFile,
    out: Annotated[Path, typer.Option(help="The .parquet or .csv file to write.")],
    delimiter: Delimiter = None,
    encoding: Encoding = None,
    as_json: Json = False,
) -> None:
    """Predict the rows of a table with the predictor of a run.

    Writes row_id, prediction, and the chance of each class or the ends of an interval. A target
    in the table is not looked at.
    """
    from contextures.cli.text import TerminalProgress
    from contextures.data import read_table
    from contextures.runs import predict_table
    from contextures.runs.folder import check_run
    from contextures.runs.predict import check_predictor
    from contextures.runs.prepared import check_output

    check_predictor(check_run(run))
    check_output(out)
    read = read_table(table, delimiter=delimiter, encoding=encoding, min_rows=1, min_columns=1)
    found = predict_table(run, read, out, TerminalProgress())
    for note in found.notes:
        print(f"note: {note}", file=sys.stderr)
    if as_json:
        print(json.dumps({**found.to_dict(), "out": str(out)}, indent=1))
        return
    rows = "1 row" if len(found.frame) == 1 else f"{len(found.frame):,} rows"
    print(f"{found.target} predicted for {rows}: {out}")
