"""Ranking the contexts of a table."""

from __future__ import annotations

from contextures.data import Table
from contextures.data.table import as_table
from contextures.exceptions import InputError
from contextures.runs.checked_table import look_over
from contextures.runs.progress import Progress
from contextures.selection import ContextSearch


def rank_table(
    table: Table,
    *,
    target: str | None = None,
    task: str | None = None,
    id: str | None = None,
    score: str = "auto",
    seed: int = 0,
    progress: Progress | None = None,
) -> ContextSearch:
    """Rank the default contexts on a table.

    Parameters
    ----------
    table : Table or frame
        The table; all its rows are used, since nothing is scored on held-out ones.
    target : str or None
        A column to leave out of the features; the label context is then listed too.
    task : {"classification", "regression"} or None
        How the target is read; found when None.
    id : str or None
        A column that says which row is which, and is no feature.
    score : {"auto", "labels", "pseudo", "tau"}, default="auto"
        What the ranking follows; see :class:`contextures.ContextSearch`. "labels" needs a target,
        of which some labels may be missing; "auto" follows none.
    seed : int, default=0
        Draws the rows that spectra are computed on.
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
    if score == "labels" and target is None:
        raise InputError("the score 'labels' needs a target; name the column to predict")
    progress = progress or Progress()
    with progress.stage("prepare table"):
        checked = look_over(as_table(table), target, task, id)
        rows = checked.preparation().fit_transform(checked.features)
    criterion = "label-free" if score == "auto" else score
    search = ContextSearch(criterion=criterion, n_jobs=-1, random_state=seed)
    labels = checked.known_labels() if score == "labels" else checked.complete_labels()
    with progress.stage("rank contexts"):
        return search.fit(rows, labels, progress=progress.advance)
