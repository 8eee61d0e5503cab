"""The command that embeds the rows of a table with a run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from contextures.cli.options import (
    Delimiter,
    Dtype,
    Encoding,
    KnownId,
    TableFiles,
    Verbose,
    examples,
    one_or_all,
)
from contextures.cli.streams import show

EPILOG = examples(
    "contextures embed run new.csv --out new-embedded.parquet",
    "contextures embed run new.csv --power 16 --out for-retrieval.parquet",
)


def embed(
    run: Annotated[Path, typer.Argument(help="A folder that fit wrote.", show_default=False)],
    table: TableFiles,
    out: Annotated[Path, typer.Option(help="The .parquet or .csv file to write.")],
    power: Annotated[
        float | None,
        typer.Option(
            help="Weigh coordinate i by the power of its singular value: 0 for unit variance, 8 to "
            "64 for few labels, retrieval and clustering. As the run was saved by default.",
            show_default=False,
        ),
    ] = None,
    id: KnownId = None,
    dtype: Dtype = "float32",
    delimiter: Delimiter = None,
    encoding: Encoding = None,
    verbose: Verbose = False,
) -> None:
    """Embed the rows of a table with the encoder of a run."""
    from contextures.cli.text import TerminalProgress, print_notes
    from contextures.runs.embed import embed_rows
    from contextures.runs.folder import check_run
    from contextures.runs.new_rows import rows_of
    from contextures.runs.output_file import check_output_file
    from contextures.runs.precision import check_dtype
    from contextures.runs.prepared import check_output

    check_run(run)
    check_output(out)
    check_dtype(dtype)
    check_output_file(out, "embedding", [run, *table])
    read = rows_of(run, one_or_all(table), delimiter=delimiter, encoding=encoding, id=id)
    n_rows, notes = embed_rows(run, read, out, TerminalProgress(), power=power, id=id, dtype=dtype)
    print_notes(notes)
    show(f"{n_rows} rows embedded: {out}", done=out)
