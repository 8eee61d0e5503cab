"""What a run leaves in its folder, and the record that says where it came from."""

from __future__ import annotations

import platform
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from contextures._files import to_json, write_text, write_whole
from contextures._version import __version__
from contextures.data import save_preparation
from contextures.encoders import save_encoder
from contextures.prediction import save_predictor
from contextures.report import render_report
from contextures.report.model import COLUMNS_PAGE
from contextures.runs.carried import carry
from contextures.runs.columns_page import columns_page
from contextures.runs.folder import write_embeddings
from contextures.runs.manifest import FORMAT, MARK, listing
from contextures.runs.precision import stored_as
from contextures.runs.reporting import build_report
from contextures.runs.run import Run
from contextures.selection.ranking import plain_ranking


def write_run(run: Run, folder: Path) -> None:
    """Write everything that a run found, the record last.

    Parameters
    ----------
    run : Run
        What was found.
    folder : pathlib.Path
        An empty folder.
    """
    save_preparation(run.preparation, folder)
    save_encoder(run.learned.encoder, folder)
    parts = run.split.names()[: len(run.coordinates)]  # rows of a file of their own come last
    ids = run.checked.ids
    stored, _ = stored_as(run.coordinates, run.options.dtype)
    whole = run.long is None  # rows of a long table are there already
    if whole and run.options.embeddings != "none":
        write_embeddings(stored, parts, folder / "embeddings.parquet", ids)
    if run.predicted is not None:
        save_predictor(run.predicted.predictor, folder)
    if run.predicted is not None and whole:
        carry(run.predicted.frame.copy(), ids).to_parquet(
            folder / "predictions.parquet", index=False
        )
    plain_ranking(run.ranking).to_parquet(folder / "contexts.parquet", index=False)
    write_whole(folder / "metrics.json", to_json(run.metrics))
    report = build_report(run)
    table = run.checked.table
    columns = columns_page(table.frame, table.name, run.options.seed)
    if columns is not None:
        write_text(folder / COLUMNS_PAGE, columns)
        report = replace(report, columns_page=COLUMNS_PAGE)
    write_text(folder / "report.json", report.to_json())
    write_text(folder / "report.html", render_report(report))
    write_whole(folder / MARK, to_json({**_record(run), "files": listing(folder)}))


def _record(run: Run) -> dict[str, Any]:
    table, learned = run.checked.table, run.learned
    return {
        "format": FORMAT,
        "version": __version__,
        "created": run.created.isoformat(timespec="seconds"),
        "command": shlex.join(run.options.command),
        "options": run.options.to_dict(),
        "seed": run.options.seed,
        "table": {
            "name": table.name,
            "source": table.source,
            "sha256": table.digest,
            "how_read": table.how_read.to_dict(),
            **({} if run.long is None else {"rows": run.long.n_rows}),
        },
        "context": run.context,
        "encoder": learned.kind,
        "fitted_context": repr(learned.encoder.context),
        "n_fitted": learned.n_rows,
        "warnings": learned.warnings,
        "seconds": {name: round(value, 3) for name, value in run.seconds.items()},
        "python": platform.python_version(),
        "numpy": np.__version__,
        "pandas": pd.__version__,
    }
