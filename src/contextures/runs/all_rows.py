"""The coordinates of a long table learned from all its rows, in what a sample has chosen."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contextures import engines
from contextures._arrays import FloatArray, IntArray
from contextures.data import TablePreparation
from contextures.data.drawn import Drawn
from contextures.data.parts import Parts
from contextures.data.row_ranges import RowRange, pieces_in, row_ranges
from contextures.encoders import RitzEncoder
from contextures.encoders.ritz.parameters import Settings
from contextures.encoders.ritz.part_sums import learned_with_bases
from contextures.exceptions import ContextWarning
from contextures.runs.asked_rows import engine_of
from contextures.runs.carried import take_ids
from contextures.runs.left_out import left_out_rows
from contextures.runs.long import AllRows
from contextures.runs.memory import plan
from contextures.runs.options import FitOptions
from contextures.runs.progress import Progress
from contextures.runs.run import Learned
from contextures.runs.split import Split
from contextures.runs.streamed import named

RANGE = 100_000
"""Rows of a file that a worker goes through together, if it has them: many beside the number of
functions, or merging sums costs as much as taking them."""


def learned_from_all(
    learned: Learned,
    rows: NDArray[np.float64],
    drawn: Drawn,
    split: Split,
    preparation: TablePreparation,
    options: FitOptions,
    progress: Progress,
) -> Learned:
    """Learn the coordinates from all rows of a long table but those held out.

    The context, the bases and the number of coordinates are those that were chosen on the sample;
    the moments, the ridge and the coordinates are of all rows.

    Parameters
    ----------
    learned : Learned
        What was learned from the sample: an encoder that learns row by row.
    rows : ndarray of shape (n, p)
        The prepared rows that it learned from.
    drawn : Drawn
        The sample, and the table.
    split : Split
        Which rows of the sample are held out.
    preparation : TablePreparation
        What prepares rows, fitted to the sample.
    options : FitOptions
        What was asked.
    progress : Progress
        Told how far the work is.

    Returns
    -------
    Learned
        The same with the encoder of all rows.

    Raises
    ------
    InputError
        Naming the file and the column of a row that does not fit those that were drawn, or the
        engine that is lost.
    """
    with progress.stage("learn from all rows"), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        left_out, n_unknown = left_out_rows(drawn, options, split)
        n = drawn.n_rows - len(left_out)
        allowed = plan(options, len(drawn.table.frame.columns))
        parts = replace(drawn.parts, batch=min(drawn.parts.batch, allowed.all_batch))
        if options.engine is not None and options.scheduler is None and allowed.n_workers == 0:
            progress.say(f"--memory {options.memory} is for one process, which goes through all")
            options = replace(options, engine=None)
        begun = _begun(learned, rows, options, n, allowed.n_workers)
        with engine_of(options, allowed.n_workers) as engine:
            encoder = learned_with_bases(
                begun,
                _parts(parts, left_out, preparation, options),
                engine,
                lambda done, total: progress.advance(n * done // total, n),
            )
    told = [str(w.message) for w in caught if issubclass(w.category, ContextWarning)]
    return replace(
        learned,
        encoder=encoder,
        n_rows=n,
        warnings=list(dict.fromkeys([*learned.warnings, *told])),
        all_rows=AllRows(n, left_out, n_unknown),
    )


def _begun(
    learned: Learned, rows: NDArray[np.float64], options: FitOptions, n: int, n_workers: int | None
) -> RitzEncoder:
    """Give an encoder with the context and the bases of the sample, and no rows yet."""
    few = learned.encoder
    assert isinstance(few, RitzEncoder)
    encoder = RitzEncoder(
        few.context,
        len(few.singular_values_),
        random_state=options.seed,
        allow_fewer=options.n_components is None,
        n_jobs=None if options.engine is None else n_workers,
    )
    # As many draws for each row as so many rows ask for, which are fewer than those of the sample.
    encoder.n_views = Settings.of(encoder).n_views(n)
    encoder.fit_bases(rows, bases=(few.basis_, few.context_basis_))
    return encoder


@dataclass(frozen=True)
class Share:
    """Neighbouring rows that are learned from together, but for some of them.

    ``left_out`` holds the numbers of these in the whole table.
    """

    rows: RowRange
    left_out: IntArray

    @property
    def path(self) -> Path | None:
        """The file that they are in, for what is said of them."""
        return self.rows.path


@dataclass(frozen=True)
class Prepared:
    """Reads and prepares rows, here or on a worker."""

    parts: Parts
    preparation: TablePreparation
    id: str | None
    target: str | None

    def __call__(self, share: Share) -> Iterator[FloatArray]:
        """Give the features of rows, a batch at a time."""
        for piece in pieces_in(self.parts, share.rows):
            with named(piece, several=len(self.parts.files) > 1):
                table, _ = take_ids(replace(piece.table, notes=[]), self.id, self.target)
                frame = table.frame.drop(columns=self.target or [])
                features = self.preparation.transform(frame)
            numbers = piece.first + np.arange(len(features))
            yield features[~np.isin(numbers, share.left_out)]


def _parts(
    parts: Parts, left_out: IntArray, preparation: TablePreparation, options: FitOptions
) -> engines.Parts:
    """Give the rows of a table that are learned from, as parts; how many each has is known."""
    shares: list[Share] = []
    for rows in row_ranges(parts, _together(parts)):
        first, last = np.searchsorted(left_out, (rows.first, rows.first + rows.n_rows))
        shares.append(Share(rows, left_out[first:last]))
    counts: list[Any] = [share.rows.n_rows - len(share.left_out) for share in shares]
    prepared = Prepared(replace(parts, held=None), preparation, options.id, options.target)
    return engines.Parts(shares, prepared, counts)


def _together(parts: Parts) -> int:
    """Say how many rows go together: of a table in memory, which is prepared at once, a batch."""
    return RANGE if parts.held is None else parts.batch
