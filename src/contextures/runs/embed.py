"""Embedding the rows of a table with a saved run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from contextures._arrays import FloatArray
from contextures.data import load_preparation
from contextures.data.parts import Parts, parts_of
from contextures.encoders import load_encoder
from contextures.runs.folder import check_run, embeddings_frame
from contextures.runs.given import given_rows
from contextures.runs.kept import keeping
from contextures.runs.kept_record import asked_rows
from contextures.runs.output_file import check_output_file
from contextures.runs.precision import DOUBLE, beyond, check_dtype, largest_of, stored_as
from contextures.runs.prepared import check_output
from contextures.runs.progress import Progress
from contextures.runs.row_files import OtherTypeError
from contextures.runs.streamed import write_rows


def embed_table(
    run: str | Path,
    table: Any,
    out: str | Path,
    progress: Progress | None = None,
    *,
    power: float | None = None,
    id: str | None = None,
    dtype: str = "float32",
) -> list[str]:
    """Embed the rows of a table with the encoder of a run.

    Parameters
    ----------
    run : str or pathlib.Path
        The run.
    table : Table, frame, Parts, path or list of paths
        Rows with the columns that the run was fitted to; the target may be absent. More than a
        batch are embedded and written a batch at a time.
    out : str or pathlib.Path
        The file to write, ``.parquet`` or ``.csv``: row_id, the id, c1, c2, ...
    progress : Progress, optional
        Told what is being done.
    power : float, optional
        The ``spectral_power`` of the coordinates; as the encoder was written when None.
    id : str, optional
        A column of the table to carry; the id of the run when None, where the table has it.
    dtype : {"float32", "float64"}
        How the coordinates are written.

    Returns
    -------
    list of str
        Notes: columns that were ignored, values that were never seen at fit time and how many rows
        hold them, cells that count as missing,
        coordinates beyond float32.

    Raises
    ------
    InputError
        If the folder is not a run, the table's columns do not fit, naming them, the power is not a
        number of at least zero, or the file exists and is not an embedding that was written here.

    Examples
    --------
    >>> import tempfile
    >>> import pandas as pd
    >>> from contextures.data import demo_table
    >>> from contextures.runs import FitOptions, embed_table, fit_table
    >>> table = demo_table("wine")
    >>> options = FitOptions(context="knn:20", n_components=4)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     result = fit_table(table, f"{folder}/run", options)
    ...     notes = embed_table(result.folder, table, f"{folder}/embedding.csv")
    ...     list(pd.read_csv(f"{folder}/embedding.csv").columns)
    ['row_id', 'c1', 'c2', 'c3', 'c4']
    """
    return embed_rows(run, table, out, progress, power=power, id=id, dtype=dtype)[1]


def embed_rows(
    run: str | Path,
    table: Any,
    out: str | Path,
    progress: Progress | None = None,
    *,
    power: float | None = None,
    id: str | None = None,
    dtype: str = "float32",
) -> tuple[int, list[str]]:
    """Embed rows as :func:`embed_table` does; give their number, and notes."""
    progress = progress or Progress()
    folder = check_run(run)
    given = given_rows(folder, table, id=id)
    parts = given if isinstance(given, Parts) else parts_of(given)
    check_output(out)
    check_dtype(dtype)
    check_output_file(out, "embedding", [folder, parts.source, *parts.files])
    preparation = load_preparation(folder)
    encoder = load_encoder(folder)
    if power is not None:
        encoder = encoder.with_power(power)
    largest, written = 0.0, dtype

    def tell(features: FloatArray, ids: pd.Series | None) -> pd.DataFrame:
        return embeddings_frame(stored_as(encoder.transform(features), written)[0], ids=ids)

    def seen(frame: pd.DataFrame) -> None:
        nonlocal largest
        width = len(encoder.singular_values_)
        largest = max(largest, largest_of(frame.iloc[:, -width:].to_numpy(dtype=np.float64)))

    asked = asked_rows(folder, parts, "embedding", power=power, id=id, dtype=dtype)
    with keeping(Path(out), asked, progress) as kept, progress.stage("embed rows"):
        while True:
            try:
                n_rows, notes = write_rows(
                    folder,
                    preparation,
                    parts,
                    out,
                    "embedding",
                    tell,
                    kept.rows(written),
                    id=id,
                    progress=progress,
                    seen=seen,
                )
                break
            except OtherTypeError:  # some rows are beyond float32: then all are written wider
                if written == DOUBLE:
                    raise
                written = DOUBLE
    return n_rows, [*notes, *(beyond(largest) if dtype != DOUBLE else [])]
