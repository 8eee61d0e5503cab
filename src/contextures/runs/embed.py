"""Embedding the rows of a table with a saved run."""

from __future__ import annotations

from pathlib import Path

from contextures.data import Table
from contextures.data.table import as_table
from contextures.encoders import load_encoder
from contextures.runs.carried import take_known_ids
from contextures.runs.folder import check_run, embeddings_frame
from contextures.runs.output_file import check_output_file
from contextures.runs.precision import check_dtype, stored_as
from contextures.runs.prepared import check_output, prepared_rows, write_frame
from contextures.runs.progress import Progress


def embed_table(
    run: str | Path,
    table: Table,
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
    table : Table or frame
        Rows with the columns that the run was fitted to; the target may be absent.
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
    progress = progress or Progress()
    folder = check_run(run)
    table = as_table(table, min_rows=1, min_columns=1)
    check_output(out)
    check_dtype(dtype)
    check_output_file(out, "embedding", [folder, table.source])
    table, ids, said = take_known_ids(folder, table, id)
    features, notes = prepared_rows(folder, table)
    encoder = load_encoder(folder)
    if power is not None:
        encoder = encoder.with_power(power)
    with progress.stage("embed rows"):
        stored, beyond = stored_as(encoder.transform(features), dtype)
        frame = embeddings_frame(stored, ids=ids)
    write_frame(frame, out, "embedding")
    return [*said, *notes, *beyond]
