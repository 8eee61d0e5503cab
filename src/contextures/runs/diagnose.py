"""Diagnosing an encoder: how much of the contexture it has learned, and what would help."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contextures.contexts import Context
from contextures.data import Table
from contextures.data.drawn import Drawn
from contextures.data.parts import Parts
from contextures.encoders import Encoder
from contextures.evaluation import Diagnosis, diagnose
from contextures.exceptions import ContextWarning, InputError, RankError
from contextures.runs.context_advice import advise, stored_ranking
from contextures.runs.diagnosed import (
    Subject,
    check_subject,
    load_subject,
    n_drawn,
    stored_metrics,
)
from contextures.runs.diagnosis import Diagnosed, DiagnoseOptions
from contextures.runs.encoder_choice import affordable_rows, fit_up_to
from contextures.runs.folder import MARK, check_run
from contextures.runs.given import given_table
from contextures.runs.learned_quality import spaced
from contextures.runs.long_rows import drawn_of
from contextures.runs.new_rows import how_read
from contextures.runs.options import FitOptions
from contextures.runs.predict import run_options
from contextures.runs.progress import Progress
from contextures.selection import parse_context, short_form

MOST_FUNCTIONS = 512
"""Exact functions that an encoder is compared with."""


def check_context(text: str | None) -> Context | None:
    """Read the context asked for, before any work; refuse one without singular functions."""
    if text is None:
        return None
    if text.strip().lower() == "auto":
        raise InputError("--context auto is for fit; give the context to diagnose by, as knn:30")
    context = parse_context(text)
    _check_finite(context, text)
    return context


def diagnose_table(
    given: str | Path,
    table: Any,
    options: DiagnoseOptions | None = None,
    progress: Progress | None = None,
) -> Diagnosed:
    """Say how much of the contexture of a context an encoder has learned on a table.

    Parameters
    ----------
    given : str or pathlib.Path
        A run, a folder with a saved encoder, or a file with an embedding of the table's rows.
    table : Table, Parts, frame, path or list of paths
        The rows; of more than 50,000, so many are drawn, those of a run where it drew some. A path
        is a file, a folder or a pattern, read as the command reads it.
    options : DiagnoseOptions, optional
        What to do.
    progress : Progress, optional
        Told how far the work is.

    Returns
    -------
    Diagnosed
        What was found.

    Raises
    ------
    InputError
        If the rows do not match, the context is not known or only draws, or a file cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> from contextures.data import demo_table
    >>> from contextures.runs import FitOptions, diagnose_table, fit_table
    >>> table = demo_table("wine")
    >>> options = FitOptions(context="knn:20", n_components=4)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     run = fit_table(table, f"{folder}/run", options).folder
    ...     found = diagnose_table(run, table)
    >>> found.asked, found.reference
    ('knn:20', 'exact')
    """
    options, progress = options or DiagnoseOptions(), progress or Progress()
    asked = check_context(options.context)
    check_subject(given)
    table, drawn, said = _drawn(given, table, options, progress)
    with progress.stage("embed rows"):
        subject = load_subject(given, table, options.target, options.seed, drawn)
    context = asked or subject.context
    if context is None:
        raise InputError(
            f"{subject.label} has no context of its own that could be read; give one with "
            "--context, as --context knn:30"
        )
    _check_finite(context, short_form(context))
    notes = [*said, *subject.notes]
    fresh = subject.fresh[spaced(len(subject.fresh))]
    kind, fitted, used = _rows_for(context, subject, options.seed, notes)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = _compare(subject, used, kind, fitted, fresh, options.seed, progress)
    messages = [str(w.message) for w in caught if issubclass(w.category, ContextWarning)]
    contexts = None
    ranking = stored_ranking(subject.run)
    if options.rank or ranking is not None:
        rows = subject.rows[subject.fitted]
        contexts = advise(rows, context, ranking, options.seed, progress)
    return Diagnosed(
        label=subject.label,
        given=str(given),
        table=table,
        options=options,
        context=used,
        asked=short_form(context),
        reference="exact" if kind == "spectral" else "ritz",
        diagnosis=found,
        contexts=contexts,
        metrics=stored_metrics(subject.run),
        exact=subject.exact and subject.context is not None and _same(context, subject.context),
        notes=notes + list(dict.fromkeys(messages)),
    )


def _drawn(
    given: str | Path, table: Any, options: DiagnoseOptions, progress: Progress
) -> tuple[Table, Drawn | None, list[str]]:
    """Give a table, or rows of a long one and a note of which they are: those a run drew."""
    path, which = Path(given), f"drawn at random with seed {options.seed}"
    own = (path / MARK).is_file()
    table = given_table(table, like=how_read(path) if own else None)
    asked = FitOptions(seed=options.seed)
    if own:
        told, long = run_options(check_run(path)), n_drawn(path)
        names = table.columns if isinstance(table, Parts) else list(table.frame.columns)
        if long is not None and told.get("target") in (None, *names):
            asked = FitOptions(target=told.get("target"), sample=long, seed=int(told["seed"]))
            which = "drawn as the run drew its own"
    held, drawn = drawn_of(table, asked, progress)
    if drawn is None:
        return held, None, []
    said = f"diagnosed on {len(drawn.rows):,} of {drawn.n_rows:,} rows, {which}"
    return held, drawn, [said]


def _rows_for(
    context: Context, subject: Subject, seed: int, notes: list[str]
) -> tuple[str, NDArray[np.intp], Context]:
    """Choose the kind of the reference, and the rows and the context that it is fitted to."""
    n = len(subject.fitted)
    most = affordable_rows(context, n, "ritz")
    # Where a closed-form solution could not take more rows either, the exact one is better.
    kind = "spectral" if affordable_rows(context, n, "spectral") == most else "ritz"
    if kind == "ritz":
        notes.append(
            f"the exact functions of {n:,} rows take too long; the best in the span of given "
            "functions, solved for in closed form, take their place"
        )
    if most == n:
        return kind, subject.fitted, context
    notes.append(
        f"the context was fitted to {most:,} of {n:,} rows, with its association kept; what more "
        "rows bring is overstated by that"
    )
    chosen = np.sort(np.random.default_rng(seed).permutation(n)[:most])
    return kind, subject.fitted[chosen], context.subsampled(most / n)


def _compare(
    subject: Subject,
    context: Context,
    kind: str,
    fitted: NDArray[np.intp],
    fresh: NDArray[np.intp],
    seed: int,
    progress: Progress,
) -> Diagnosis:
    rows, embedding, outputs = subject.rows, subject.embedding, subject.outputs
    width = embedding.shape[1]
    wanted = min(max(width, min(2 * width, len(fresh) // 4)), len(fitted) // 2, MOST_FUNCTIONS)
    own = rows[fitted]
    with progress.stage("find the exact functions"):
        exact = fit_up_to(kind, context, own, max(wanted, 1), seed)
    half = closed = None
    d = min(width, len(exact.singular_values_), max(len(fresh) // 4, 1))
    if kind == "spectral":
        with progress.stage("find those of half of the rows"):
            half = _of_half(context, own, d, seed)
        with progress.stage("solve in closed form"):
            closed = fit_up_to("ritz", context, own, d, seed)
    with progress.stage("judge on fresh rows"):
        return diagnose(
            embedding[fitted],
            embedding[fresh],
            exact,
            own,
            rows[fresh],
            closed_form=closed,
            outputs=None if outputs is None else (outputs[fitted], outputs[fresh]),
            half=half,
            random_state=seed,
        )


def _of_half(context: Context, rows: NDArray[np.float64], d: int, seed: int) -> Encoder | None:
    half = np.sort(np.random.default_rng(seed).permutation(len(rows))[: len(rows) // 2])
    with warnings.catch_warnings():
        # What the context's parts are is said of all rows.
        warnings.simplefilter("ignore", ContextWarning)
        try:
            return fit_up_to("spectral", context.subsampled(0.5), rows[half], d, seed)
        except RankError:
            return None


def _same(asked: Context, own: Context) -> bool:
    return short_form(asked) == short_form(own)


def _check_finite(context: Context, name: str) -> None:
    if context.form == "sampler":
        raise InputError(
            f"the context {name} only draws, so it has no exact functions on rows to compare with; "
            "give --context knn:30, rbf, or one of these masked, as mask(knn:30)"
        )
