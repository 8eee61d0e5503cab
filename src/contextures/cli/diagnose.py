"""The command that says how much of a contexture an encoder has learned."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from contextures.cli.options import Delimiter, Encoding, Json, Seed, TableFile, Verbose, examples
from contextures.cli.streams import show
from contextures.exceptions import InputError

EPILOG = examples(
    "contextures diagnose run abalone.csv --out diagnosis.html",
    "contextures diagnose run abalone.csv --context knn:100",
    "contextures diagnose embedding.parquet abalone.csv --target rings --context knn:30",
    "contextures diagnose embedding.parquet abalone.csv --context rbf --rank --json",
)


def diagnose(
    encoder: Annotated[
        Path,
        typer.Argument(
            help="A folder that fit or save_encoder wrote, or a Parquet or CSV file with an "
            "embedding: one row for each row of the table, in its order or with a row_id; a "
            "column 'split' may tell 'train' rows from 'test' rows.",
            show_default=False,
        ),
    ],
    table: TableFile,
    context: Annotated[
        str | None,
        typer.Option(
            help="knn:30, rbf, rbf:0.5, mask(knn:30) or mask:0.4(rbf:0.5).  [default: the "
            "encoder's own]",
            show_default=False,
        ),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(
            help="A column that the context is not to see; a run knows its own.", show_default=False
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Also write a page to this .html file.", show_default=False)
    ] = None,
    rank: Annotated[
        bool, typer.Option("--rank", help="Look for a better context where no run has.")
    ] = False,
    seed: Seed = 0,
    delimiter: Delimiter = None,
    encoding: Encoding = None,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Say how much of the contexture an encoder has learned, and what would help it."""
    from contextures.cli.text import TerminalProgress, diagnosis_lines
    from contextures.data.any_length import read_or_part
    from contextures.runs import DiagnoseOptions, diagnose_table
    from contextures.runs.diagnose import check_context
    from contextures.runs.diagnosed import check_subject
    from contextures.runs.diagnosis_wording import findings
    from contextures.runs.folder import MARK
    from contextures.runs.new_rows import how_read
    from contextures.runs.options import SAMPLE, check_seed
    from contextures.runs.output_file import check_output_file

    check_context(context)
    check_subject(encoder)
    check_seed(seed)
    if out is not None:
        if out.suffix.lower() not in (".html", ".htm"):
            raise InputError(f"--out {str(out)!r} must end in .html")
        check_output_file(out, "page", [encoder, table])
    like = how_read(encoder) if (encoder / MARK).is_file() else None
    how: dict[str, Any] = {"delimiter": delimiter, "encoding": encoding, "like": like}
    read = read_or_part(table, **how, rows=SAMPLE)
    options = DiagnoseOptions(context=context, target=target, rank=rank, seed=seed)
    found = diagnose_table(encoder, read, options, TerminalProgress())
    sentences = findings(found)
    if out is not None:
        from contextures._files import write_text
        from contextures.report import render_diagnosis
        from contextures.runs.diagnosis_page import page_of
        from contextures.runs.folder import whole_file

        page = render_diagnosis(page_of(found, ["contextures", *sys.argv[1:]], seed))
        with whole_file(out) as file:
            write_text(file, page)
    if as_json:
        show(json.dumps({**found.to_dict(), "sentences": sentences}, indent=1), done=out)
        return
    lines = diagnosis_lines(found.diagnosis, found.asked, sentences, found.notes)
    show("\n".join([*lines, *([] if out is None else ["", f"page: {out}"])]), done=out)
