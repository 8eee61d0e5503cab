"""The command that does the main job on a real table, and what a fit shows."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from contextures.cli.options import Json, Seed, Verbose, examples
from contextures.cli.streams import show
from contextures.exceptions import InputError

EPILOG = examples(
    "contextures demo",
    "contextures demo few-labels",
    "contextures demo --table diabetes --out run",
)


def demo(
    what: Annotated[
        str | None,
        typer.Argument(
            help="few-labels: digits of which 20 have a label, and how many others come out right.",
            show_default=False,
        ),
    ] = None,
    table: Annotated[
        str, typer.Option(help="breast_cancer, diabetes, digits, few_labels, iris or wine.")
    ] = "breast_cancer",
    out: Annotated[
        Path, typer.Option(help="The folder to make; an earlier run there is replaced.")
    ] = Path("contextures-demo"),
    seed: Seed = 0,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Do the main job on a real table that comes with scikit-learn."""
    from contextures.data import demo_table
    from contextures.runs import FitOptions
    from contextures.runs.options import check_seed

    check_seed(seed)
    if what not in (None, "few-labels"):
        raise InputError(
            f"there is no demonstration {what!r}; give few-labels, or a table with --table"
        )
    read = demo_table(table if what is None else "few_labels")
    command = ["contextures", *sys.argv[1:]]
    options = FitOptions(target=read.target, seed=seed, force=True, command=command)
    if what is None:
        fit_and_show(read, out, options, as_json)
        return
    from contextures.cli.text import TerminalProgress
    from contextures.runs.few_labels import demo_few_labels

    found = demo_few_labels(out, options, TerminalProgress())
    _show(found.result, as_json, {"few_labels": found.to_dict()}, found.sentence)


def fit_and_show(table: Any, out: Path, options: Any, as_json: bool) -> None:
    """Do the main job and print what it found."""
    from contextures.cli.text import TerminalProgress
    from contextures.runs import fit_table

    _show(fit_table(table, out, options, TerminalProgress()), as_json)


def _show(result: Any, as_json: bool, more: dict[str, Any] | None = None, last: str = "") -> None:
    from contextures.cli.text import print_notes, result_lines

    print_notes(result.run.notes)
    found = {"run": str(result.folder), **result.metrics, **(more or {})}
    lines = [*result_lines(result), *(["", last] if last else [])]
    show(json.dumps(found, indent=1) if as_json else "\n".join(lines), done=result.folder)
