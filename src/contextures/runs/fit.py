"""The main job: from a table to a run folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from contextures._arrays import FloatArray
from contextures.contexts import Context
from contextures.data import Table
from contextures.data.proportions import keep_proportions
from contextures.data.table import as_table
from contextures.evaluation import Task, compare, probe_curve
from contextures.exceptions import InputError
from contextures.runs.checked_table import Checked, look_over
from contextures.runs.compressed import kept_share
from contextures.runs.encoder_choice import check_kind
from contextures.runs.folder import reserve
from contextures.runs.learn import learn
from contextures.runs.options import FitOptions, check_seed, python_call
from contextures.runs.precision import check_dtype
from contextures.runs.predictor import learn_predictor
from contextures.runs.progress import Progress
from contextures.runs.record import write_run
from contextures.runs.run import Learned, Run, Scored
from contextures.runs.split import Split, check_varies, split_rows
from contextures.selection import parse_context
from contextures.selection.ranking import check_score


@dataclass(frozen=True)
class FitResult:
    """What a run found, and where it lies.

    Attributes
    ----------
    folder : pathlib.Path
        Where everything was written.
    run : Run
        All that was found: the encoder, the coordinates, the scores and how they came about.
    """

    folder: Path
    run: Run

    @property
    def metrics(self) -> dict[str, Any]:
        """What ``metrics.json`` holds."""
        return self.run.metrics

    @property
    def ranking(self) -> pd.DataFrame:
        """The contexts that were tried, best first."""
        return self.run.ranking

    @property
    def sentences(self) -> list[str]:
        """The finding in full sentences, most important first."""
        return self.run.sentences


def check_options(options: FitOptions) -> Context | None:
    """Refuse options that cannot be, before anything is read; give the context, None for auto."""
    if options.n_components is not None and options.n_components < 1:
        raise InputError(f"--dim {options.n_components} is not possible; give 1 or more, or auto")
    if options.task is not None and options.target is None:
        raise InputError("--task says how a target is read; name the target with --target")
    if options.context.strip().lower() in ("label", "labels"):
        raise InputError(
            "a label context cannot embed new rows, so it cannot be fitted; "
            "it is listed by: contextures rank TABLE --target COLUMN"
        )
    check_seed(options.seed)
    check_dtype(options.dtype)
    check_score(options.score)
    if options.score == "labels":
        raise InputError(
            "a run is judged by the labels afterwards, so its context is chosen without them; "
            "give auto, pseudo or tau, or rank by labels: contextures rank TABLE --target COLUMN "
            "--score labels"
        )
    context = None if options.context == "auto" else parse_context(options.context)
    check_kind(options.encoder, context)
    return context


def fit_table(
    table: Table, out: str | Path, options: FitOptions, progress: Progress | None = None
) -> FitResult:
    """Do the main job on a table and write a run folder.

    Parameters
    ----------
    table : Table or frame
        The table; a frame of pandas, polars or pyarrow will do.
    out : str or pathlib.Path
        The folder to make.
    options : FitOptions
        What to do.
    progress : Progress or None
        Told how far the work is.

    Returns
    -------
    FitResult
        What was found and written.

    Raises
    ------
    InputError
        If the table, the target or an option cannot be used, or the folder not written.

    Examples
    --------
    >>> import tempfile
    >>> from contextures.data import demo_table
    >>> from contextures.runs import FitOptions, fit_table
    >>> table = demo_table("diabetes")
    >>> options = FitOptions(target=table.target, context="knn:20", n_components=4)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     result = fit_table(table, f"{folder}/run", options)
    ...     (result.folder / "report.html").exists()
    True
    """
    progress = progress or Progress()
    table = as_table(table)
    context = check_options(options)
    with reserve(out, force=options.force, reads=[table.source]) as reserved:
        run = _find(table, out, options, context, progress)
        with progress.stage("write run"), reserved.folder() as folder:
            write_run(run, folder)
    return FitResult(Path(out), run)


def _find(
    table: Table, out: str | Path, options: FitOptions, context: Context | None, progress: Progress
) -> Run:
    with progress.stage("prepare table"):
        checked = look_over(table, options.target, options.task, options.id)
        table = checked.table
        classes = checked.target is not None and checked.target.task == "classification"
        split = split_rows(len(table.frame), checked.labels, classes=classes, seed=options.seed)
        if checked.labels is not None and checked.target is not None and not classes:
            check_varies(split, checked.labels, checked.target.name)
        preparation = checked.preparation()
        preparation.fit(checked.features.iloc[split.pretraining])
        keep_proportions(preparation, checked.features.iloc[split.pretraining], table.coordinates)
        features = preparation.transform(checked.features)
    labels = checked.complete_labels()
    learned = learn(
        features[split.pretraining],
        None if labels is None else labels[split.pretraining],
        context=context,
        score=options.score,
        encoder=options.encoder,
        n_components=options.n_components,
        seed=options.seed,
        progress=progress,
        fresh=features[split.test] if len(split.test) else None,
    )
    with progress.stage("embed rows"):
        coordinates = learned.encoder.transform(features)
        kept = kept_share(table.frame, table.coordinates, coordinates, options.seed)
    scored = predicted = None
    if len(split.test):
        with progress.stage("score on held-out rows"):
            scored = _score(checked, split, features, coordinates, learned, options)
    if checked.target is not None and options.predict:
        predicted = learn_predictor(features, checked, split, options.seed, progress)
    return Run(
        options=options,
        python=python_call(table, out, options),
        checked=checked,
        split=split,
        preparation=preparation,
        learned=learned,
        coordinates=coordinates,
        scored=scored,
        kept=kept,
        seconds=dict(progress.seconds),
        predicted=predicted,
    )


def _score(
    checked: Checked,
    split: Split,
    features: FloatArray,
    coordinates: FloatArray,
    learned: Learned,
    options: FitOptions,
) -> Scored:
    assert checked.target is not None and checked.labels is not None
    task = Task(checked.target.task, options.seed)
    train, test, labels = split.train, split.test, checked.labels
    kept = coordinates.shape[1]
    sizes = {int(d) for d in np.unique(np.geomspace(1, kept, 8).round())}
    sizes.add(min(kept, learned.search.best_n_components_))
    curve = probe_curve(task, coordinates[train], labels[train], sorted(sizes))
    # Coordinates are ordered, so a probe needs only their number: chosen on training rows.
    best = max(curve, key=lambda point: point[1])[0]
    n_used = kept if options.n_components is not None else best
    first = coordinates[:, :n_used]
    scores = compare(
        task,
        (first[train], first[test]),
        (features[train], features[test]),
        (labels[train], labels[test]),
    )
    return Scored(task, n_used, curve, scores)
