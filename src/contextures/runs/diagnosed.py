"""What is to be diagnosed: an encoder or an embedding, lined up with the rows of a table."""

from __future__ import annotations

from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone

from contextures._arrays import FloatArray
from contextures._files import read_json, read_regular
from contextures.contexts import Context
from contextures.data import Table, load_preparation, read_table
from contextures.data.drawn import Drawn
from contextures.data.parquet_parts import parquet_frames, shape_of
from contextures.data.parts import BATCH
from contextures.encoders import Encoder, load_encoder
from contextures.exceptions import InputError
from contextures.runs.checked_table import look_over
from contextures.runs.compared_files import Opened
from contextures.runs.embedding_files import (
    PARTS,
    ROW,
    SAVED,
    embedding_of,
    known_parts,
    numbers_of_table,
    split_of,
)
from contextures.runs.folder import MARK, check_run
from contextures.runs.split import TEST_SHARE
from contextures.selection import parse_context

SAME = 1e-4
"""Coordinates that differ by less, in standard deviations, are those of the same row."""

SEEN = (
    "the encoder was fitted to all rows of this table, the fresh ones here included, so what it "
    "has learned is overstated; diagnose a table of other rows, or fit with --target, which holds "
    "rows out"
)
UNMARKED = (
    "nothing says which rows the embedding was learned from: a quarter of them, drawn at random, "
    "is taken as fresh; if it was learned from those as well, what it has learned is overstated "
    "(a column 'split' of 'train' and 'test' in its file says which are which)"
)


@dataclass(frozen=True)
class Subject:
    """An embedding of the rows of a table, and what its context is about.

    Attributes
    ----------
    label : str
        What it is, in words that can follow "of".
    rows : ndarray of shape (n, p)
        The prepared rows, as contexts take them.
    embedding : ndarray of shape (n, D)
        Their embedding.
    fitted, fresh : ndarray of int
        Rows to fit the context to, and rows to judge on.
    context : Context or None
        The encoder's own context.
    outputs : ndarray of shape (n, W) or None
        Wider outputs that the embedding was combined of.
    run : pathlib.Path or None
        The run that it comes from.
    exact : bool
        Whether its functions are the exact ones of its own context on the fitted rows.
    notes : list of str
        What limits its meaning.
    """

    label: str
    rows: FloatArray
    embedding: FloatArray
    fitted: NDArray[np.intp]
    fresh: NDArray[np.intp]
    context: Context | None = None
    outputs: FloatArray | None = None
    run: Path | None = None
    exact: bool = False
    notes: list[str] = field(default_factory=list)


def check_subject(given: str | Path) -> Path:
    """Check, before anything is read, that something can be what is to be diagnosed.

    Parameters
    ----------
    given : str or pathlib.Path
        A folder of a run or of a saved encoder, or the file of an embedding.

    Returns
    -------
    pathlib.Path
        Its path.

    Raises
    ------
    InputError
        If it is none of these.
    """
    path = Path(given)
    if path.is_dir() and not (path / SAVED).is_file() and not (path / MARK).is_file():
        raise InputError(
            f"the folder {str(given)!r} holds neither a run ({MARK}) nor a saved encoder "
            f"({SAVED}); give a folder that contextures fit or save_encoder wrote"
        )
    if not path.exists():
        raise InputError(
            f"there is no {str(given)!r}; give a run, a folder with a saved encoder, or a Parquet "
            "file with an embedding of the table's rows"
        )
    return path


def load_subject(
    given: str | Path, table: Table, target: str | None, seed: int, drawn: Drawn | None = None
) -> Subject:
    """Load what is to be diagnosed and line it up with a table.

    Parameters
    ----------
    given : str or pathlib.Path
        As for :func:`check_subject`.
    table : Table
        The rows.
    target : str or None
        A column that is not part of the rows; a run knows its own.
    seed : int
        Draws the fresh rows, where nothing says which these are.
    drawn : Drawn, optional
        Which rows of a longer table these are.

    Returns
    -------
    Subject
        The embedding of each row.

    Raises
    ------
    InputError
        If the rows do not match, or something cannot be read.
    """
    path = check_subject(given)
    if (path / MARK).is_file():
        return _of_run(path, table, seed, drawn)
    frame = table.frame
    if target is not None:
        if target not in frame.columns:
            raise InputError(f"--target {target!r} is not a column of the table; check its name")
        frame = frame.drop(columns=target)
    if path.is_dir():
        return _of_encoder(path, frame, seed)
    return _of_embedding(path, table, target, seed, drawn)


def _of_run(path: Path, table: Table, seed: int, drawn: Drawn | None) -> Subject:
    folder = check_run(path)
    record = read_json(folder / MARK)
    preparation = load_preparation(folder)
    notes = preparation.check_columns(table.frame)
    rows = preparation.transform(table.frame)
    encoder = load_encoder(folder)
    embedding = encoder.transform(rows)
    parts = _parts_of_run(folder, embedding, drawn)
    if parts is None:
        fitted, fresh = held_out(len(rows), seed)
        notes.append(
            "the table is not the one that the run was fitted to: a quarter of its rows, drawn at "
            "random, is judged on, and the context is fitted to the others"
        )
    elif (parts == "test").any():
        fitted, fresh = np.flatnonzero(parts != "test"), np.flatnonzero(parts == "test")
    else:
        fitted, fresh = held_out(len(rows), seed)
        notes.append(SEEN)
    try:
        context = parse_context(str(record["context"]))
    except (InputError, KeyError):
        context = None
    return Subject(
        label=f"the encoder of the run {folder.name}",
        rows=rows,
        embedding=embedding,
        fitted=fitted,
        fresh=fresh,
        context=context,
        outputs=_outputs(encoder, rows),
        run=folder,
        exact=parts is not None
        and record.get("encoder") == "spectral"
        and record.get("n_fitted") == int((parts != "test").sum()),
        notes=notes,
    )


def _parts_of_run(folder: Path, embedding: FloatArray, drawn: Drawn | None) -> NDArray[Any] | None:
    """Give the part of the split of each row, if they are the rows that the run embedded."""
    n = len(embedding)
    rows, n_rows = (np.arange(n), n) if drawn is None else (drawn.rows, drawn.n_rows)
    try:
        stored, n_stored, sample, learned = _stored(folder, rows)
        numbers = stored[ROW].to_numpy() if ROW in stored else rows
        values = stored.filter(regex=r"^c\d+$").to_numpy(dtype=np.float64)
        known = known_parts(stored)
        places = np.searchsorted(rows, numbers)
        fits = n_stored == n_rows if sample is None else sample == n_rows
        if not fits or values.shape[1] != embedding.shape[1] or not set(known) <= set(PARTS):
            return None
        apart = np.abs(values - embedding[places]).max(axis=1)
    except Exception:  # whatever a damaged file makes pyarrow and pandas raise
        return None
    # A few coordinates at ties of neighbours may differ from one machine to another.
    if not len(apart) or np.mean(apart < SAME) <= 0.99:
        return None
    parts = np.full(n, "train" if learned else "test", dtype=object)  # rows that were not drawn
    parts[places] = known
    return parts


def _stored(folder: Path, rows: NDArray[np.intp]) -> tuple[pd.DataFrame, int, int | None, bool]:
    """Read what a run wrote of rows; say of how many it wrote, and how many its table has.

    The latter is None where it wrote of all. Last, whether it learned from rows that it did not
    draw. Of a long table no more than these rows and a batch are held.
    """
    file = folder / "embeddings.parquet"
    long = (read_json(folder / "metrics.json") or {}).get("rows")
    if long is None:
        stored = pd.read_parquet(BytesIO(read_regular(file)))
        return stored, len(stored), None, False
    if not file.is_file():
        raise ValueError("the run wrote no coordinates")
    found = [part[part[ROW].isin(rows)] for part in parquet_frames(file, BATCH)]
    sample = int(long["n_rows"]) if long["embedded"] == "sample" else None
    learned = long.get("learned") == "all"
    return pd.concat(found, ignore_index=True), shape_of(file)[0], sample, learned


def _of_encoder(path: Path, frame: pd.DataFrame, seed: int) -> Subject:
    encoder = load_encoder(path)
    if not hasattr(encoder, "n_features_in_"):
        raise InputError(
            f"the encoder in {str(path)!r} takes indices or names, not rows of a table; embed "
            "them yourself and give the embedding as a Parquet file"
        )
    rows = numbers_of_table(frame, encoder.n_features_in_)
    fitted, fresh = held_out(len(rows), seed)
    context = encoder.context
    return Subject(
        label=f"the {type(encoder).__name__} in {path.name}",
        rows=rows,
        embedding=encoder.transform(rows),
        fitted=fitted,
        fresh=fresh,
        context=None if context is None else clone(context),
        outputs=_outputs(encoder, rows),
        notes=[UNMARKED.replace("embedding", "encoder").split(" (a column")[0]],
    )


def _of_embedding(
    path: Path, table: Table, target: str | None, seed: int, drawn: Drawn | None
) -> Subject:
    read = _read_embedding(path, drawn)
    n = len(table.frame)
    embedding = embedding_of(read, n)
    parts = split_of(read)
    if parts is None:
        fitted, fresh = held_out(n, seed)
    else:
        fitted, fresh = np.flatnonzero(parts != "test"), np.flatnonzero(parts == "test")
    checked = look_over(table, target)
    preparation = checked.preparation()
    preparation.fit(checked.features.iloc[fitted])
    return Subject(
        label=f"the embedding {path.name}",
        rows=preparation.transform(checked.features),
        embedding=embedding,
        fitted=fitted,
        fresh=fresh,
        notes=[UNMARKED] if parts is None else [],
    )


def _read_embedding(path: Path, drawn: Drawn | None) -> pd.DataFrame:
    """Read an embedding; of a long table the rows that were drawn, numbered from zero."""
    if drawn is None:
        return read_table(path, min_rows=1, min_columns=1).frame
    opened = Opened.of(path)
    if opened.numbers.n != drawn.n_rows or not opened.numbers.whole:
        raise InputError(
            f"the embedding has {opened.numbers.n:,} rows but the table {drawn.n_rows:,}; give one "
            "row for each row of the table, numbered from 0 where it has a row_id"
        )
    return opened.frame(drawn.rows)


def stored_metrics(run: Path | None) -> dict[str, Any] | None:
    """Give what a run measured, if it scored a target."""
    if run is None:
        return None
    try:
        metrics = read_json(run / "metrics.json")
    except (OSError, ValueError):
        return None
    return metrics if isinstance(metrics, dict) and metrics.get("scores") else None


def n_drawn(run: Path) -> int | None:
    """Say how many rows a run drew from a long table; None for one that learned from all."""
    try:
        long = read_json(run / "metrics.json").get("rows")
        return None if long is None else int(long["n_drawn"])
    except (OSError, ValueError, AttributeError, KeyError, TypeError):
        return None


def held_out(n: int, seed: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Draw a quarter of n rows to hold out; give the others and these, in order."""
    order = np.random.default_rng(seed).permutation(n)
    cut = round(n * TEST_SHARE)
    return np.sort(order[cut:]), np.sort(order[:cut])


def _outputs(encoder: Encoder, rows: FloatArray) -> FloatArray | None:
    """Give the wider outputs of a neural encoder; others are their own solution."""
    if not hasattr(encoder, "outputs"):
        return None
    outputs = np.asarray(encoder.outputs(rows))
    return outputs if outputs.shape[1] > len(encoder.singular_values_) else None
