"""The main job: from a table to a run folder."""

from __future__ import annotations

import json
import platform
import shlex
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from contextures._files import to_json, write_whole
from contextures._version import __version__
from contextures.contexts import Context
from contextures.data import Table, save_preparation
from contextures.data.bundled import TABLES
from contextures.encoders import save_encoder
from contextures.evaluation import HeldOutScore, Task, compare, probe_curve
from contextures.exceptions import InputError
from contextures.report import render_report
from contextures.runs.encoder_choice import check_kind
from contextures.runs.folder import MARK, check_destination, run_folder
from contextures.runs.learn import Learned, learn
from contextures.runs.progress import Progress
from contextures.runs.rank import Checked, look_over
from contextures.runs.reporting import Findings, build_report
from contextures.runs.split import Split, split_rows
from contextures.selection import parse_context, short_form
from contextures.selection.ranking import check_score

FORMAT = 1


@dataclass(frozen=True)
class FitOptions:
    """What a run is asked to do.

    Attributes
    ----------
    target : str or None
        The column to predict; without one nothing is held out and nothing scored.
    task : {"classification", "regression"} or None
        How the target is read; found when None.
    context : str
        "auto", or a context as :func:`contextures.selection.parse_context` reads it.
    score : {"auto", "pseudo", "tau"}
        What the choice of the context follows; see :class:`contextures.ContextSearch`.
    encoder : {"auto", "spectral", "ritz", "neural"}
        The kind of encoder: "auto" takes the exact functions while they are affordable.
    n_components : int or None
        The number of coordinates; chosen when None.
    seed : int
        Draws the split, the subsets and the folds.
    force : bool
        Whether an earlier run in the same place may be replaced.
    command : list of str
        The command line, for the record.
    """

    target: str | None = None
    task: str | None = None
    context: str = "auto"
    score: str = "auto"
    encoder: str = "auto"
    n_components: int | None = None
    seed: int = 0
    force: bool = False
    command: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class FitResult:
    """What a run found.

    Attributes
    ----------
    folder : pathlib.Path
        Where everything was written.
    metrics : dict
        What ``metrics.json`` holds.
    ranking : pandas.DataFrame
        The contexts that were tried, best first.
    sentences : list of str
        The finding in full sentences, most important first.
    """

    folder: Path
    metrics: dict[str, Any]
    ranking: pd.DataFrame
    sentences: list[str]


@dataclass(frozen=True)
class Scored:
    """Held-out scores and how they came about."""

    task: Task
    n_used: int
    curve: list[tuple[int, float, float, float]]
    scores: dict[str, HeldOutScore]


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
    check_score(options.score)
    context = None if options.context == "auto" else parse_context(options.context)
    check_kind(options.encoder, context)
    return context


def fit_table(
    table: Table, out: str | Path, options: FitOptions, progress: Progress | None = None
) -> FitResult:
    """Do the main job on a table and write a run folder.

    Parameters
    ----------
    table : Table
        The table.
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
    context = check_options(options)
    check_destination(out, force=options.force)
    with progress.stage("prepare table"):
        checked = look_over(table, options.target, options.task)
        classes = checked.target is not None and checked.target.task == "classification"
        split = split_rows(len(table.frame), checked.labels, classes=classes, seed=options.seed)
        preparation = checked.preparation()
        preparation.fit(checked.features.iloc[split.pretraining])
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
    scored = None
    if checked.target is not None:
        with progress.stage("score on held-out rows"):
            scored = _score(checked, split, features, coordinates, learned, options)
    metrics = _metrics(checked, split, learned, scored)
    findings = Findings(
        checked=checked,
        split=split,
        learned=learned,
        coordinates=coordinates,
        account=preparation.account_,
        curve=[] if scored is None else scored.curve,
        scores={} if scored is None else scored.scores,
        n_used=0 if scored is None else scored.n_used,
        given=context is not None,
        command=shlex.join(options.command),
        python=_python(table, out, options),
        seed=options.seed,
    )
    with progress.stage("write run"), run_folder(out, force=options.force) as folder:
        save_preparation(preparation, folder)
        save_encoder(learned.encoder, folder)
        embeddings_frame(coordinates, split.names()).to_parquet(
            folder / "embeddings.parquet", index=False
        )
        ranking_frame(learned).to_parquet(folder / "contexts.parquet", index=False)
        write_whole(folder / "metrics.json", to_json(metrics))
        report = build_report(findings, progress.seconds)
        (folder / "report.json").write_text(report.to_json(), encoding="utf-8")
        (folder / "report.html").write_text(render_report(report), encoding="utf-8")
        record = _record(table, options, progress, findings, learned)
        write_whole(folder / MARK, to_json(record))
    return FitResult(Path(out), metrics, learned.search.results_, report.answer.sentences)


def _score(
    checked: Checked,
    split: Split,
    features: np.ndarray[Any, Any],
    coordinates: np.ndarray[Any, Any],
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


def embeddings_frame(coordinates: np.ndarray[Any, Any], split: Any = None) -> pd.DataFrame:
    """Lay out an embedding: the row's number in its table, its part of the split, c1, c2, ..."""
    columns: dict[str, Any] = {"row_id": np.arange(len(coordinates))}
    if split is not None:
        columns["split"] = split
    columns |= {f"c{j + 1}": column for j, column in enumerate(coordinates.T)}
    return pd.DataFrame(columns)


def ranking_frame(learned: Learned) -> pd.DataFrame:
    """Lay out the ranking for writing: one row a candidate, parameters as JSON."""
    return plain_ranking(learned.search.results_)


def plain_ranking(results: pd.DataFrame) -> pd.DataFrame:
    """Give a ranking without Python objects in it."""
    table = results.drop(columns="context")
    return table.assign(
        parameters=[json.dumps(parameters) for parameters in table["parameters"]],
        n_components=table["n_components"].astype("Int64"),
        reliable=table["reliable"].astype("boolean"),
        pseudo_n_components=table["pseudo_n_components"].astype("Int64"),
        told_apart=table["told_apart"].astype("boolean"),
        error=table["error"].astype("string"),
    )


def _metrics(
    checked: Checked, split: Split, learned: Learned, scored: Scored | None
) -> dict[str, Any]:
    search = learned.search
    return {
        "task": None if scored is None else scored.task.kind,
        "metric": None if scored is None else scored.task.metric,
        "target": None if checked.target is None else checked.target.name,
        "n_train": len(split.train) if scored else len(split.unlabelled),
        "n_test": len(split.test),
        "n_unlabelled": len(split.unlabelled) if scored else 0,
        "n_fitted": learned.n_rows,
        "context": short_form(search.best_context_),
        "encoder": learned.kind,
        "n_components": len(learned.encoder.singular_values_),
        "predicted_n_components": search.best_n_components_,
        "probe_n_components": None if scored is None else scored.n_used,
        "score": search.score_,
        "pseudo": None if search.best_pseudo_ is None else search.best_pseudo_.error,
        "n_alike": search.n_alike_,
        "tau": search.best_usefulness_.tau,
        "reliable": bool(search.best_usefulness_.reliable),
        "alignment": learned.judgement.alignment,
        "scores": {}
        if scored is None
        else {
            key: {"score": found.score, "interval": list(found.interval)}
            for key, found in scored.scores.items()
        },
    }


def _record(
    table: Table, options: FitOptions, progress: Progress, findings: Findings, learned: Learned
) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "version": __version__,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": findings.command,
        "options": {k: v for k, v in asdict(options).items() if k not in ("force", "command")},
        "seed": options.seed,
        "table": {"name": table.name, "source": table.source, "sha256": table.digest},
        "context": short_form(learned.search.best_context_),
        "encoder": learned.kind,
        "fitted_context": repr(learned.encoder.context),
        "n_fitted": learned.n_rows,
        "warnings": learned.warnings,
        "seconds": {name: round(value, 3) for name, value in progress.seconds.items()},
        "python": platform.python_version(),
        "numpy": np.__version__,
        "pandas": pd.__version__,
    }


def _python(table: Table, out: str | Path, options: FitOptions) -> str:
    """Write the call that repeats a run."""
    if table.name in TABLES and table.target is not None:
        made, read = f"demo_table({table.name!r})", "demo_table"
    else:
        made, read = f"read_table({table.source!r})", "read_table"
    defaults = asdict(FitOptions())
    given = {
        name: value
        for name, value in asdict(options).items()
        if value != defaults[name] and name not in ("force", "command")
    }
    arguments = ", ".join(f"{name}={value!r}" for name, value in given.items())
    return (
        f"from contextures.data import {read}\n"
        "from contextures.runs import FitOptions, fit_table\n\n"
        f"fit_table({made}, {str(out)!r}, FitOptions({arguments}))"
    )
