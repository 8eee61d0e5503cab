"""Ranking the contexts of a table."""

from __future__ import annotations

from typing import Any, NamedTuple

from contextures.exceptions import InputError
from contextures.runs.checked_table import look_over
from contextures.runs.given import given_table
from contextures.runs.long import check_long
from contextures.runs.long_rows import drawn_of
from contextures.runs.options import SAMPLE, FitOptions
from contextures.runs.progress import Progress
from contextures.selection import ContextSearch


class Ranked(NamedTuple):
    """A ranking, and the rows that it was made from.

    Attributes
    ----------
    search : ContextSearch
        The fitted search.
    n_rows, n_drawn : int
        The rows of the table, and those that were ranked on: fewer, where it is long.
    notes : list of str
        How the table was read.
    """

    search: ContextSearch
    n_rows: int
    n_drawn: int
    notes: list[str]


def rank_table(
    table: Any,
    *,
    target: str | None = None,
    task: str | None = None,
    id: str | None = None,
    score: str = "auto",
    sample: int = SAMPLE,
    seed: int = 0,
    progress: Progress | None = None,
) -> ContextSearch:
    """Rank the default contexts on a table.

    Parameters
    ----------
    table : Table, frame, Parts, path or list of paths
        The table; all its rows are used up to `sample`, since nothing is scored on held-out ones.
    target : str or None
        A column to leave out of the features; the label context is then listed too.
    task : {"classification", "regression"} or None
        How the target is read; found when None.
    id : str or None
        A column that says which row is which, and is no feature.
    score : {"auto", "labels", "pseudo", "tau"}, default="auto"
        What the ranking follows; see :class:`contextures.ContextSearch`. "labels" needs a target,
        of which some labels may be missing; "auto" follows none.
    sample : int, default=50000
        Of a table of more rows, draw so many and rank on these, as ``fit`` does.
    seed : int, default=0
        Draws rows, those that spectra are computed on among them.
    progress : Progress or None
        Told how far the work is.

    Returns
    -------
    ContextSearch
        The fitted search; see its ``results_``.

    Examples
    --------
    >>> from contextures.data import demo_table
    >>> from contextures.runs import rank_table
    >>> table = demo_table("wine")
    >>> search = rank_table(table, target=table.target)
    >>> search.score_, len(search.results_)
    ('pseudo', 37)
    """
    return rank_rows(
        table,
        target=target,
        task=task,
        id=id,
        score=score,
        sample=sample,
        seed=seed,
        progress=progress,
    ).search


def rank_rows(
    table: Any,
    *,
    target: str | None,
    task: str | None,
    id: str | None,
    score: str,
    sample: int,
    seed: int,
    progress: Progress | None,
) -> Ranked:
    """Rank as :func:`rank_table` does; say on how many rows, too."""
    if score == "labels" and target is None:
        raise InputError("the score 'labels' needs a target; name the column to predict")
    check_long(sample, "auto")
    progress = progress or Progress()
    options = FitOptions(target=target, id=id, sample=sample, seed=seed)
    held, drawn = drawn_of(given_table(table, id=id, rows=sample), options, progress)
    with progress.stage("prepare table"):
        checked = look_over(held, target, task, id)
        rows = checked.preparation().fit_transform(checked.features)
    criterion = "label-free" if score == "auto" else score
    search = ContextSearch(criterion=criterion, n_jobs=-1, random_state=seed)
    labels = checked.known_labels() if score == "labels" else checked.complete_labels()
    with progress.stage("rank contexts"):
        search.fit(rows, labels, progress=progress.advance)
    n_drawn = len(held.frame)
    return Ranked(search, n_drawn if drawn is None else drawn.n_rows, n_drawn, held.notes)
