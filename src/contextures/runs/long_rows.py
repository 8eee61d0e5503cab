"""Every row of a long table, embedded and predicted by what was learned from some of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contextures._arrays import FloatArray
from contextures.data.drawn import Drawn, draw
from contextures.data.parts import Parts, parts_of
from contextures.data.pieces import Piece
from contextures.data.table import Table, as_table
from contextures.data.unusual import Unusual, added
from contextures.data.values import missing_mask, words_of
from contextures.runs.carried import carry, take_ids
from contextures.runs.embedding_files import BEYOND, REST
from contextures.runs.folder import embeddings_frame
from contextures.runs.kept import Kept
from contextures.runs.long import Long, embedded_of, unknown_classes
from contextures.runs.memory import plan
from contextures.runs.options import FitOptions
from contextures.runs.precision import DOUBLE, stored_as
from contextures.runs.predictions import predicted_frame
from contextures.runs.progress import Progress
from contextures.runs.ranges import Ranges
from contextures.runs.row_files import OtherTypeError, RowFile
from contextures.runs.run import Run
from contextures.runs.streamed import named


def drawn_of(given: Any, options: FitOptions, progress: Progress) -> tuple[Table, Drawn | None]:
    """Give a table that is learned from whole, or draw rows from a long one.

    Parameters
    ----------
    given : Table, frame or Parts
        The table.
    options : FitOptions
        How many rows are learned from, and the seed.
    progress : Progress
        Told what is being done.

    Returns
    -------
    tuple of Table and Drawn or None
        The rows to learn from; None where they are all.
    """
    if not isinstance(given, Parts):
        given = as_table(given)
        if len(given.frame) <= options.sample and options.memory is None:
            return given, None
        given = parts_of(given)
    allowed = plan(options, 0 if options.memory is None else given.n_columns)
    if given.held is not None and len(given.held.frame) <= allowed.sample:
        return given.held, None
    with progress.stage("draw rows"):
        parts = replace(given, batch=allowed.batch)
        drawn = draw(parts, allowed.sample, options.seed, options.target)
    return drawn.table, None if len(drawn.rows) == drawn.n_rows else drawn


def write_long(run: Run, drawn: Drawn, folder: Path, progress: Progress, kept: Kept) -> Run:
    """Embed and predict every row of a long table, and write what each becomes.

    Parameters
    ----------
    run : Run
        What was learned from the rows that were drawn.
    drawn : Drawn
        These rows, and the table.
    folder : pathlib.Path
        The folder of the run.
    progress : Progress
        Told how far the work is.
    kept : Kept
        What batches are kept in until all are done.

    Returns
    -------
    Run
        The run, which knows what it is a part of.

    Raises
    ------
    InputError
        Naming the file and the column of a row that does not fit those that were drawn.
    """
    dtype = run.options.dtype
    with progress.stage("embed and predict all rows"):
        while True:
            writing = _Writing(run, drawn, kept, dtype)
            for piece in drawn.parts.pieces():
                with named(piece, several=len(drawn.parts.files) > 1):
                    writing.add(piece)
                progress.advance(piece.first + len(piece.table.frame), drawn.n_rows)
            try:
                writing.lay_out(folder)
                break
            except OtherTypeError:  # some coordinates are beyond float32
                if dtype == DOUBLE:
                    raise
                dtype = DOUBLE
    told = run.predicted
    if told is not None and drawn.n_labelled is not None:
        n_predicted = drawn.n_rows - drawn.n_labelled
        told = replace(told, n_rows=drawn.n_rows, n_predicted=n_predicted)
    return replace(run, long=writing.found(), predicted=told, seconds=dict(progress.seconds))


class _Writing:
    """What rows of a run become, and what is counted while they pass."""

    def __init__(self, run: Run, drawn: Drawn, kept: Kept, dtype: str) -> None:
        self.run, self.drawn, self.dtype = run, drawn, dtype
        options = run.options
        self.embedded = embedded_of(
            options.embeddings, drawn.n_rows, run.n_components, options.dtype
        )
        self.rows = {
            **({} if self.embedded == "none" else {"embeddings": kept.rows(f"embeddings-{dtype}")}),
            **({} if run.predicted is None else {"predictions": kept.rows("predictions")}),
        }
        self.names = run.split.names()[: len(drawn.rows)]
        self.ranges = Ranges()
        self.unusual: list[Unusual] = []
        self.n_unknown = 0
        self.n_batches = 0

    def add(self, piece: Piece) -> None:
        """Count some rows, and embed and predict them unless that is done."""
        run, options = self.run, self.run.options
        n = len(piece.table.frame)
        start, end = np.searchsorted(self.drawn.rows, (piece.first, piece.first + n))
        inside = self.drawn.rows[start:end] - piece.first
        table, ids = take_ids(replace(piece.table, notes=[]), options.id, options.target)
        frame = table.frame
        wanted = [
            name
            for name, kept in self.rows.items()
            if not kept.holds(self.n_batches, piece.first, n)
        ]
        if wanted or not self.rows:
            features = run.preparation.transform(frame.drop(columns=options.target or []))
        self.n_batches += 1
        self.ranges.add(frame)
        fitted = run.preparation.fitted_.items()
        self.unusual = added(self.unusual, [c.unusual(frame[name]) for name, c in fitted])
        known = self._known(frame)
        if "embeddings" in wanted:
            told = self._embed(features, inside, slice(start, end), ids, piece.first)
            self.rows["embeddings"].add(told, piece.first, n)
        if "predictions" in wanted:
            told = self._predict(features, inside, slice(start, end), known)
            told["row_id"] = np.arange(piece.first, piece.first + n)
            self.rows["predictions"].add(carry(told, ids), piece.first, n)

    def lay_out(self, folder: Path) -> None:
        """Write the files of all rows."""
        types: dict[str, Any] = {}
        for name, kept in self.rows.items():
            kept.cut(self.n_batches)
            while True:
                try:
                    with RowFile(folder / f"{name}.parquet", ".parquet", types=types) as file:
                        for frame in kept.frames():
                            file.write(frame)
                    break
                except OtherTypeError as error:  # what ids are is known at the end only
                    if error.name != self.run.options.id:
                        raise
                    types[error.name] = error.both

    def _embed(
        self,
        features: FloatArray,
        inside: NDArray[np.intp],
        drawn: slice,
        ids: pd.Series | None,
        first: int,
    ) -> pd.DataFrame:
        places = np.arange(len(features))
        if self.embedded == "sample":
            places = inside
        if not len(places):
            return pd.DataFrame()
        names = np.full(len(features), REST, dtype=object)
        if (beyond := self.run.learned.all_rows) is not None:
            names[~np.isin(first + np.arange(len(features)), beyond.left_out)] = BEYOND
        names[inside] = self.names[drawn]
        coordinates = self.run.learned.encoder.transform(features[places])
        stored, _ = stored_as(coordinates, self.dtype)
        own = None if ids is None else ids.iloc[places]
        frame = embeddings_frame(stored, names[places], own)
        frame["row_id"] = first + places
        return frame

    def _known(self, frame: pd.DataFrame) -> NDArray[np.bool_]:
        info = self.run.checked.target
        if info is None:
            return np.zeros(len(frame), dtype=bool)
        known = ~missing_mask(frame[info.name]).to_numpy(dtype=bool)
        if info.classes is not None:
            words = words_of(frame.loc[known, info.name])
            unknown = ~pd.Series(words, dtype=object).isin([*info.classes, *info.unscored])
            self.n_unknown += int(unknown.sum())
        return known

    def _predict(
        self,
        features: FloatArray,
        inside: NDArray[np.intp],
        drawn: slice,
        known: NDArray[np.bool_],
    ) -> pd.DataFrame:
        """Predict rows; those that were drawn as the run predicted them, without their labels."""
        assert self.run.predicted is not None
        own = self.run.predicted.frame.iloc[drawn].set_index(inside)
        others = np.setdiff1d(np.arange(len(features)), inside)
        if not len(others):
            return own.reset_index(drop=True)
        rest = predicted_frame(self.run.predicted.predictor, features[others])
        rest.insert(1, "labelled", known[others])
        rest.index = pd.Index(others)
        return pd.concat([own, rest]).sort_index().reset_index(drop=True)

    def found(self) -> Long:
        """Say what was written, once all is."""
        drawn, target = self.drawn, self.run.options.target
        missing = self.run.checked.missing_labels()
        notes = [note for column in self.unusual for note in column.notes()]
        return Long(
            drawn.n_rows,
            drawn.rows,
            drawn.n_labelled,
            None if missing is None else int((~missing).sum()),
            self.embedded,
            self.ranges.to_dict(),
            [*notes, *unknown_classes(self.n_unknown, str(target))],
            self.run.learned.all_rows,
            self.run.learned.why_sample,
        )
