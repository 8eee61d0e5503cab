"""The command that compares embeddings."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from contextures.cli.options import Json, Verbose, examples
from contextures.cli.streams import show
from contextures.exceptions import InputError

EPILOG = examples(
    "contextures compare mine.npy theirs.npy",
    "contextures compare a.parquet b.parquet c.npy --labels few.csv",
    "contextures compare small.npy large.npy --labels table.csv --target price --json",
    "contextures compare run-knn run-rbf --labels few.txt --out comparison.html",
)


def compare(
    embeddings: Annotated[
        list[Path],
        typer.Argument(
            help="Two or more embeddings of the same rows in the same order, or with their row_id: "
            ".npy or .npz files, Parquet files (columns of numbers or a column of lists), text "
            "tables of numbers, or folders that fit wrote.",
            show_default=False,
        ),
    ],
    labels: Annotated[
        Path | None,
        typer.Option(
            help="A few labels: one a row (.txt, .npy, .csv, .parquet), blank or missing for none; "
            "or two columns, the number of a row from 0 and its label.",
            show_default=False,
        ),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(
            help="The column that holds the labels, in that file or in an embedding's.",
            show_default=False,
        ),
    ] = None,
    task: Annotated[
        str | None, typer.Option(help="classification or regression; found if not given.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Also write a page to this .html file.", show_default=False)
    ] = None,
    seed: Annotated[int, typer.Option(help="Draws rows and random tasks.", min=0)] = 0,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Say which of two or more embeddings is better, or that it cannot be told."""
    from contextures.cli.text import TerminalProgress
    from contextures.runs import CompareOptions, compare_files
    from contextures.runs.comparison_wording import verdict
    from contextures.runs.options import check_seed
    from contextures.runs.output_file import check_output_file

    check_seed(seed)
    if out is not None:
        if out.suffix.lower() not in (".html", ".htm"):
            raise InputError(f"--out {str(out)!r} must end in .html")
        check_output_file(out, "page", [*embeddings, *([] if labels is None else [labels])])
    options = CompareOptions(labels, target, task, seed)
    found = compare_files(embeddings, options, TerminalProgress())
    if out is not None:
        from contextures._files import write_text
        from contextures.report import render_comparison
        from contextures.runs.comparison_page import comparison_page
        from contextures.runs.folder import whole_file

        command = ["contextures", *sys.argv[1:]]
        page = render_comparison(comparison_page(found, command, embeddings, options))
        with whole_file(out) as file:
            write_text(file, page)
    if as_json:
        show(json.dumps({"verdict": verdict(found), **found.to_dict()}, indent=1), done=out)
        return
    show("\n".join([*_lines(found), *([] if out is None else ["", f"page: {out}"])]), done=out)


def _lines(found: Any) -> list[str]:
    """Lay out a comparison as lines of text."""
    from contextures.runs.comparison_tables import agreement_table, embedding_table
    from contextures.runs.comparison_wording import held_sentences, tasks_sentence, verdict

    lines = [verdict(found), ""]
    for table in (embedding_table(found), agreement_table(found)):
        lines += [*_aligned([table.header, *table.rows]), ""]
    lines += [tasks_sentence(found)]
    lines += [said for pair in found.comparison.pairs for said in held_sentences(pair)]
    return lines + [f"note: {note}" for note in found.notes]


def _aligned(rows: list[list[str]]) -> list[str]:
    """Set columns under each other, the first to the left and the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if place else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
