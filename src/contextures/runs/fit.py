"""The main job: from a table to a run folder."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from contextures._arrays import FloatArray
from contextures.contexts import Context
from contextures.data import Table, TablePreparation
from contextures.data.drawn import Drawn
from contextures.data.parts import Parts
from contextures.data.proportions import keep_proportions
from contextures.evaluation import Task, probe_curve
from contextures.evaluation.representations.folds import Apart, folds, held_groups
from contextures.evaluation.representations.probe import (
    best_of,
    held_out_predictions,
    scores_of,
)
from contextures.runs.all_rows import learned_from_all
from contextures.runs.asked_rows import check_given, check_rows, why_sample
from contextures.runs.asked_split import apart_of, check_column, split_apart
from contextures.runs.checked_options import check_options
from contextures.runs.checked_table import Checked, look_over
from contextures.runs.compressed import kept_share
from contextures.runs.folder import reserve
from contextures.runs.given import given_table
from contextures.runs.held import held_of
from contextures.runs.judging import judge
from contextures.runs.kept import Kept, keeping
from contextures.runs.kept_learning import Learnings
from contextures.runs.kept_record import asked_fit
from contextures.runs.learn import learn
from contextures.runs.long_rows import drawn_of, write_long
from contextures.runs.memory import plan, threshold
from contextures.runs.options import FitOptions, python_call
from contextures.runs.outside import outside_rows, read_test, repeated
from contextures.runs.paired_gain import gain_over_raw
from contextures.runs.predictor import learn_predictor
from contextures.runs.progress import Progress
from contextures.runs.record import write_run
from contextures.runs.run import Learned, Run, Scored
from contextures.runs.split import (
    Split,
    check_classes,
    check_varies,
    judging_rows,
    split_rows,
)

FEW_GROUPS = 100
"""Groups up to which it is tried beforehand whether they can be parted; of more, they can."""


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


def fit_table(
    table: Any,
    out: str | Path,
    options: FitOptions | None = None,
    progress: Progress | None = None,
) -> FitResult:
    """Do the main job on a table and write a run folder.

    Parameters
    ----------
    table : Table, frame, Parts, path or list of paths
        The table; a frame of pandas, polars or pyarrow will do, and so will a file, a folder, a
        pattern or several files. Of more rows than ``options.sample``, so many are drawn and
        learned from.
    out : str or pathlib.Path
        The folder to make.
    options : FitOptions, optional
        What to do; without a target the coordinates alone.
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
    options, progress = options or FitOptions(), progress or Progress()
    context = check_options(options)
    given = given_table(table, id=options.id, rows=threshold(options))
    with reserve(out, force=options.force, reads=_reads(given, options)) as reserved:
        seen = check_given(given, options, context)
        table, drawn = drawn_of(given, options, progress)
        if drawn is not None and not seen:
            check_rows(options, context, plan(options, len(table.frame.columns)))
        asked = None if drawn is None else asked_fit(drawn.parts, options)
        with keeping(reserved.place, asked, progress, locked=True) as kept:
            run = _find(table, drawn, out, options, context, progress, kept)
            with reserved.folder() as folder:
                if drawn is not None:
                    run = write_long(run, drawn, folder, progress, kept)
                with progress.stage("write run"):
                    write_run(run, folder)
    return FitResult(Path(out), run)


def _reads(table: Table | Parts, options: FitOptions) -> list[str]:
    files = table.named if isinstance(table, Parts) else table.files
    return [*(files or [table.source]), *([] if options.test is None else [options.test])]


def _find(
    table: Table,
    drawn: Drawn | None,
    out: str | Path,
    options: FitOptions,
    context: Context | None,
    progress: Progress,
    kept: Kept,
) -> Run:
    n = len(table.frame)
    with progress.stage("prepare table"):
        check_column(options, table.frame)
        checked = _looked_over(table, options)
        apart = apart_of(options, table)
        test = None
        if options.test is not None and options.target is not None:
            test = read_test(options.test, table, options.target)
        split = _split(checked, options, apart, whole=test is not None)
        table = checked.table
        preparation = checked.preparation()
        preparation.fit(checked.features.iloc[split.pretraining])
        keep_proportions(preparation, checked.features.iloc[split.pretraining], table.coordinates)
        features, codes = preparation.transform(checked.features), checked.labels
        outside = None
        if test is not None and codes is not None:
            outside = outside_rows(test, str(options.test), checked, preparation)
            remark = repeated(features[split.train], codes[split.train], outside)
            checked = replace(checked, remarks=[*outside.notes, *([remark] if remark else [])])
            split = replace(split, test=np.arange(n, n + len(outside.labels)))
            features = np.vstack([features, outside.features])
            codes = np.concatenate([codes, outside.labels])
        _check_parts(checked, split, codes, apart, asked=apart is not None or outside is not None)
        judged = judge(checked, split, options, codes)
        held = held_of(options, checked, split, codes, apart)
        if held is not None:
            checked = replace(checked, remarks=[*checked.remarks, *held.notes])
    labels = checked.complete_labels()
    stages = Learnings(kept)
    learned = stages.learned(
        lambda: learn(
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
    )
    if drawn is not None:
        rows = features[split.pretraining]
        learned = _beyond(learned, rows, drawn, split, preparation, options, progress, stages)
    with progress.stage("embed rows"):
        coordinates = learned.encoder.transform(features)
        share = kept_share(table.frame, table.coordinates, coordinates[:n], options.seed)
    scored = predicted = None
    if len(split.test) and judged is not None:
        with progress.stage("score on held-out rows"):
            task = judged.task
            scored = stages.scored(
                lambda: _score(task, split, features, coordinates, learned, options, codes, apart)
            )
    if judged is not None and options.predict:
        task = judged.task
        predicted = stages.predicted(
            lambda: learn_predictor(
                features,
                checked,
                split,
                task,
                progress,
                more=None if outside is None else outside.labels,
                apart=apart,
            )
        )
    return Run(
        options=options,
        python=python_call(table, out, options),
        checked=checked,
        split=split,
        preparation=preparation,
        learned=learned,
        coordinates=coordinates[:n],
        scored=scored,
        kept=share,
        seconds=dict(progress.seconds),
        judged=judged,
        predicted=predicted,
        held=held,
        out=str(out),
    )


def _beyond(
    learned: Learned,
    rows: FloatArray,
    drawn: Drawn,
    split: Split,
    preparation: TablePreparation,
    options: FitOptions,
    progress: Progress,
    stages: Learnings,
) -> Learned:
    """Learn the coordinates from all rows of a long table where that is asked for and can be."""
    allowed = plan(options, len(drawn.table.frame.columns))
    context = learned.search.best_context_
    why = why_sample(options, context, learned.kind, drawn.n_rows, allowed)
    if why is None:
        return stages.learned_from_all(
            lambda: learned_from_all(learned, rows, drawn, split, preparation, options, progress)
        )
    if why:
        progress.say(f"the coordinates were learned from the drawn rows, {why}")
    return replace(learned, why_sample=why or None)


def _looked_over(table: Table, options: FitOptions) -> Checked:
    """Look a table over; the column that rows are split by is no feature unless it is kept."""
    checked = look_over(table, options.target, options.task, options.id)
    column = options.group or options.time
    if column is not None or options.test is not None:  # a warning of rows drawn at random
        warnings = [w for w in checked.profile.warnings if w.code != "entity"]
        checked = replace(checked, profile=replace(checked.profile, warnings=warnings))
    if column is None or options.keep_column:
        return checked
    return replace(checked, left_out={column: "rows are held out by it"})


def _split(checked: Checked, options: FitOptions, apart: Apart | None, *, whole: bool) -> Split:
    """Hold rows out as it was asked for; none of the ``whole`` table."""
    labels = checked.labels
    classes = checked.target is not None and checked.target.task == "classification"
    missing = checked.missing_labels()
    if whole and missing is not None:
        nothing = np.empty(0, dtype=np.intp)
        return Split(np.flatnonzero(~missing), nothing, np.flatnonzero(missing))
    column = options.group or options.time
    if apart is not None and labels is not None and column is not None:
        return split_apart(apart, labels, classes=classes, seed=options.seed, column=column)
    return split_rows(len(checked.table.frame), labels, classes=classes, seed=options.seed)


def _check_parts(
    checked: Checked, split: Split, labels: Any, apart: Apart | None, *, asked: bool
) -> None:
    """Refuse, before any long work, parts that cannot be learned from or scored."""
    info = checked.target
    if info is None:
        return
    classes = info.task == "classification"
    if not classes:
        check_varies(split, labels, info.name)
    elif asked:
        check_classes(split, labels, info.name)
    if apart is not None and len(np.unique(apart.codes)) <= FEW_GROUPS:
        folds(labels[split.train], 3, classes=classes, apart=apart.of(split.train))


def _score(
    task: Task,
    split: Split,
    features: FloatArray,
    coordinates: FloatArray,
    learned: Learned,
    options: FitOptions,
    labels: Any,
    apart: Apart | None,
) -> Scored:
    train, test = judging_rows(split, options.seed), split.test
    within = None if apart is None else apart.of(train)
    kept = coordinates.shape[1]
    sizes = {int(d) for d in np.unique(np.geomspace(1, kept, 8).round())}
    sizes.add(min(kept, learned.search.best_n_components_))
    curve = probe_curve(task, coordinates[train], labels[train], sorted(sizes), apart=within)
    # Coordinates are ordered, so a probe needs only their number: chosen on training rows.
    best = best_of(task, curve)
    n_used = kept if options.n_components is not None else best
    first = coordinates[:, :n_used]
    ours, raw = (first[train], first[test]), (features[train], features[test])
    target = labels[train], labels[test]
    told = held_out_predictions(task, ours, raw, target, within)
    groups = held_groups(apart, test)
    scores = scores_of(task, target, told, groups)
    return Scored(task, n_used, curve, scores, gain_over_raw(task, target, told, groups))
