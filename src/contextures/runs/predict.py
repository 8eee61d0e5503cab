"""Predicting the rows of a table with a saved run."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from contextures._files import read_json
from contextures._repr import short_repr
from contextures.data import Table
from contextures.data.table import as_table
from contextures.exceptions import InputError
from contextures.prediction import load_predictor
from contextures.prediction.storage import DESCRIPTION
from contextures.runs.carried import carry, take_known_ids
from contextures.runs.folder import check_run
from contextures.runs.manifest import MARK
from contextures.runs.output_file import check_output_file
from contextures.runs.predictions import Predictor, predicted_frame
from contextures.runs.prepared import check_output, prepared_rows, write_frame
from contextures.runs.progress import Progress


@dataclass(frozen=True, eq=False)
class Predictions:
    """Predictions of new rows.

    Attributes
    ----------
    target : str
        The column that was predicted.
    frame : pandas.DataFrame
        A row for each row of the table: ``prediction``, with the chance of each class (``p_CLASS``)
        or the ends of an interval (``low_90``, ``high_90``).
    notes : list of str
        Such as columns that were ignored.
    """

    target: str
    frame: pd.DataFrame
    notes: list[str] = field(default_factory=list)

    __repr__ = short_repr

    def to_dict(self) -> dict[str, Any]:
        """Give plain values: how many rows have each prediction, or the spread of the numbers.

        Returns
        -------
        dict
            Texts and numbers, as JSON takes them.
        """
        told = self.frame["prediction"]
        plain: dict[str, Any] = {"target": self.target, "n_rows": len(told)}
        if any(name.startswith("p_") for name in self.frame.columns):
            counts = told.value_counts()
            plain["counts"] = {str(label): int(count) for label, count in counts.items()}
        else:
            plain |= {
                "mean": float(told.mean()),
                "min": float(told.min()),
                "max": float(told.max()),
            }
        return {**plain, "notes": self.notes}


def predict_table(
    run: str | Path,
    table: Table,
    out: str | Path,
    progress: Progress | None = None,
    *,
    id: str | None = None,
) -> Predictions:
    """Predict the target of a run for the rows of a table.

    Parameters
    ----------
    run : str or pathlib.Path
        A run that was fitted with a target.
    table : Table or frame
        Rows with the columns that the run was fitted to; the target may be absent, and is not
        looked at.
    out : str or pathlib.Path
        The file to write, ``.parquet`` or ``.csv``: row_id, the id, prediction, and the chances
        of the classes or the ends of an interval.
    progress : Progress, optional
        Told what is being done.
    id : str, optional
        A column of the table to carry; the id of the run when None, where the table has it.

    Returns
    -------
    Predictions
        What was written, and notes.

    Raises
    ------
    InputError
        If the folder is not a run with a predictor, or the table's columns do not fit, naming them.

    Examples
    --------
    >>> import tempfile
    >>> from contextures.data import demo_table
    >>> from contextures.runs import FitOptions, fit_table, predict_table
    >>> table = demo_table("iris")
    >>> options = FitOptions(target=table.target, context="knn:20", n_components=4)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     result = fit_table(table, f"{folder}/run", options)
    ...     found = predict_table(result.folder, table, f"{folder}/predicted.csv")
    >>> list(found.frame.columns)
    ['row_id', 'prediction', 'p_setosa', 'p_versicolor', 'p_virginica']
    """
    progress = progress or Progress()
    folder = check_run(run)
    table = as_table(table, min_rows=1, min_columns=1)
    check_output(out)
    check_output_file(out, "prediction", [folder, table.source])
    check_predictor(folder)
    table, ids, said = take_known_ids(folder, table, id)
    features, notes = prepared_rows(folder, table)
    predictor = predictor_of(folder)
    with progress.stage("predict rows"):
        frame = carry(predicted_frame(predictor, features), ids)
    write_frame(frame, out, "prediction")
    return Predictions(str(run_options(folder).get("target")), frame, [*said, *notes])


def check_predictor(folder: Path) -> None:
    """Check, before anything is read, that a run has a predictor; say why it has none."""
    if (folder / DESCRIPTION).is_file():
        return
    options = run_options(folder)
    if options.get("target") is None:
        why = "it was fitted without a target; fit it again with --target COLUMN"
    elif options.get("predict") is False:
        why = "it was fitted with --no-predict; fit it again without"
    else:
        why = "it is of an earlier release or incomplete; fit it again"
    raise InputError(f"the run {str(folder)!r} has no predictor: {why}")


def predictor_of(folder: Path) -> Predictor:
    """Load the predictor of a run that has one."""
    check_predictor(folder)
    return load_predictor(folder)


def run_options(folder: Path) -> dict[str, Any]:
    """Give what a run, which has been checked to be one, was asked to do."""
    options = read_json(folder / MARK).get("options")
    return options if isinstance(options, dict) else {}
