"""Predicting the rows of a table with a saved run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from contextures._arrays import FloatArray
from contextures._files import read_json
from contextures.data import load_preparation
from contextures.data.parts import Parts, parts_of
from contextures.exceptions import InputError
from contextures.prediction import load_predictor
from contextures.prediction.storage import DESCRIPTION
from contextures.runs.carried import carry
from contextures.runs.folder import check_run
from contextures.runs.given import given_rows
from contextures.runs.kept import keeping
from contextures.runs.kept_record import asked_rows
from contextures.runs.manifest import MARK
from contextures.runs.output_file import check_output_file
from contextures.runs.predictions import Predictor, predicted_frame
from contextures.runs.prepared import check_output
from contextures.runs.progress import Progress
from contextures.runs.streamed import write_rows
from contextures.runs.tally import Tally


class Predictions:
    """Predictions of new rows.

    Parameters
    ----------
    target : str
        The column that was predicted.
    frame : pandas.DataFrame or pathlib.Path
        A row for each row of the table: ``prediction``, with the chance of each class (``p_CLASS``)
        or the ends of an interval (``low_90``, ``high_90``); or the file where they are written,
        where they are too many to be held.
    notes : list of str
        Such as columns that were ignored.
    tally : Tally
        What was counted of them.

    Examples
    --------
    >>> import pandas as pd
    >>> from contextures.runs import Predictions
    >>> from contextures.runs.tally import Tally
    >>> frame = pd.DataFrame({"row_id": [0, 1], "prediction": [3.0, 5.0]})
    >>> tally = Tally()
    >>> tally.add(frame)
    >>> found = Predictions("price", frame, [], tally)
    >>> found, found.to_dict()["mean"]
    (Predictions(target='price', n_rows=2), 4.0)
    """

    def __init__(
        self, target: str, frame: pd.DataFrame | Path, notes: list[str], tally: Tally
    ) -> None:
        self.target, self.notes = target, notes
        self._frame, self._tally = frame, tally

    def __repr__(self) -> str:
        return f"Predictions(target={self.target!r}, n_rows={self.n_rows})"

    @property
    def n_rows(self) -> int:
        """The number of rows."""
        return self._tally.n_rows

    @property
    def frame(self) -> pd.DataFrame:
        """All predictions; read from their file where they were too many to be held."""
        if isinstance(self._frame, pd.DataFrame):
            return self._frame
        ending = self._frame.suffix.lower()
        return pd.read_csv(self._frame) if ending == ".csv" else pd.read_parquet(self._frame)

    def to_dict(self) -> dict[str, Any]:
        """Give plain values: how many rows have each prediction, or the spread of the numbers.

        Returns
        -------
        dict
            Texts and numbers, as JSON takes them.
        """
        return {"target": self.target, **self._tally.to_dict(), "notes": self.notes}


def predict_table(
    run: str | Path,
    table: Any,
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
    table : Table, frame, Parts, path or list of paths
        Rows with the columns that the run was fitted to; the target may be absent, and is not
        looked at. More than a batch are predicted and written a batch at a time.
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
    given = given_rows(folder, table, id=id)
    parts = given if isinstance(given, Parts) else parts_of(given)
    check_output(out)
    check_output_file(out, "prediction", [folder, parts.source, *parts.files])
    predictor = predictor_of(folder)
    preparation = load_preparation(folder)
    tally = Tally()
    frames: list[pd.DataFrame] = []

    def tell(features: FloatArray, ids: pd.Series | None) -> pd.DataFrame:
        return carry(predicted_frame(predictor, features), ids)

    def seen(frame: pd.DataFrame) -> None:
        tally.add(frame)
        frames[:] = [frame]

    asked = asked_rows(folder, parts, "prediction", id=id)
    with keeping(Path(out), asked, progress) as kept, progress.stage("predict rows"):
        n_rows, notes = write_rows(
            folder,
            preparation,
            parts,
            out,
            "prediction",
            tell,
            kept.rows("predictions"),
            id=id,
            progress=progress,
            seen=seen,
        )
    held = frames[0] if len(frames[0]) == n_rows else Path(out)
    return Predictions(str(run_options(folder).get("target")), held, notes, tally)


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
