"""From what a run found to the data of its report."""

from __future__ import annotations

import shlex
from typing import Any

import numpy as np
import pandas as pd

from contextures import report
from contextures._arrays import FloatArray
from contextures._version import __version__
from contextures.runs.coordinate_accounts import coordinate_accounts
from contextures.runs.precision import stored_as
from contextures.runs.predictor_report import predictor_part
from contextures.runs.run import Learned, Run
from contextures.runs.score_report import score_parts
from contextures.runs.split import MOST_JUDGING
from contextures.runs.wording import encoder_label

MAP_ROWS = 2000
MAP_COORDINATES = 8
MAP_COLUMNS = 8
DETAIL_COLUMNS = 12


def build_report(run: Run) -> report.ReportData:
    """Lay out the report of a run.

    Parameters
    ----------
    run : Run
        What was found.

    Returns
    -------
    ReportData
        What :func:`contextures.report.render_report` draws.
    """
    search, scored = run.search, run.scored
    useful, pseudo = search.best_usefulness_, search.best_pseudo_
    info = run.checked.target
    table = run.checked.table
    return report.ReportData(
        title=f"{table.name}: contexts and representation",
        created=run.created.isoformat(timespec="minutes"),
        table=report.TableInfo(
            name=table.name,
            n_rows=len(table.frame) if run.long is None else run.long.n_rows,
            n_columns=table.frame.shape[1],
            **run.counts,
            target=None if info is None else info.name,
            task=None if info is None else info.task,
            digest=table.digest,
            n_drawn=None if run.long is None else run.long.n_drawn,
        ),
        answer=report.Answer(
            context=run.context,
            context_label=search.best_context_.label,
            n_components=run.n_components,
            predicted_n_components=search.best_n_components_,
            tau=useful.tau,
            reliable=bool(useful.reliable),
            beta=search.beta,
            score=search.score_,
            pseudo=None if pseudo is None else pseudo.error,
            pseudo_se=None if pseudo is None else pseudo.se,
            n_alike=search.n_alike_,
            sentences=run.sentences,
            meaning=search.best_context_.meaning,
            law=search.best_context_.law,
            stands_out=run.advice.judged.stands_out,
        ),
        ranking=_ranking(run.ranking, search.score_),
        spectrum=[float(s) for s in run.learned.encoder.singular_values_],
        tau_curve=[report.TauPoint(d + 1, float(t)) for d, t in _finite(useful.curve)],
        pseudo_curve=[]
        if pseudo is None
        else [
            report.PseudoPoint(d, float(error))
            for d, error in zip(pseudo.dimensions, pseudo.curve, strict=True)
        ],
        probe_curve=None
        if scored is None
        else [report.ProbePoint(*point) for point in scored.curve],
        scores=score_parts(run.scores),
        why=None if run.judged is None else run.judged.why,
        metric=None if run.task is None else run.task.metric,
        predictor=predictor_part(run.predicted),
        scatter=_scatter(run),
        columns=[
            report.ColumnAccount(line.column, line.kind, line.action, line.missing)
            for line in run.preparation.account_
        ],
        warnings=_warnings(run),
        repeat=report.Repeat(
            command=shlex.join(run.options.command),
            seed=run.options.seed,
            version=__version__,
            python=run.python,
            timings={name: round(value, 2) for name, value in run.seconds.items()},
        ),
        notes=_notes(run),
        encoder=_encoder(run.learned),
        advice=run.advice.part(),
        about=coordinate_accounts(
            run.coordinates,
            table.frame,
            [str(name) for name in run.checked.features.columns],
            run.options.seed,
            run.row_numbers,
        ),
    )


def _encoder(learned: Learned) -> report.LearnedEncoder:
    values, judged = learned.encoder.singular_values_, learned.judgement
    exact = None
    if judged.exact_values is not None:
        # Beyond the context's rank the exact values are zero.
        padded = np.zeros(len(values))
        padded[: len(judged.exact_values)] = judged.exact_values
        exact = [float(s) for s in padded]
    return report.LearnedEncoder(
        kind=learned.kind,
        label=encoder_label(learned.kind, learned.encoder),
        exact_spectrum=exact,
        alignment=judged.alignment,
        held_out=judged.held_out,
        held_out_exact=judged.held_out_exact,
        # The functions of a basis overlap by design; only a network's can have collapsed.
        effective_rank=judged.effective_rank if learned.kind == "neural" else None,
        training=[
            report.TrainingPoint(int(p["step"]), p.get("loss"), p.get("score"))
            for p in judged.history
        ],
    )


def _finite(curve: FloatArray) -> list[tuple[int, float]]:
    return [(d, float(t)) for d, t in enumerate(curve) if np.isfinite(t)]


def _ranking(results: pd.DataFrame, score: str) -> list[report.Candidate]:
    candidates = []
    dimension = "n_components" if score == "tau" else "pseudo_n_components"
    for row in results.to_dict("records"):
        judged = pd.notna(row["tau"])
        strength = float(row["strength"]) if judged else 0.0
        # Decades of total squared association: one scale for every family.
        level = round(float(np.log10(strength)), 3) if strength > 0 and row["inductive"] else None
        candidates.append(
            report.Candidate(
                name=row["name"],
                family=row["family"] if row["inductive"] else report.LABEL_FAMILY,
                params=", ".join(f"{k}={v}" for k, v in _essential(row["parameters"]).items()),
                level=level,
                # Infinite where every value is one: drawn as what it is, far too strong.
                tau=min(float(row["tau"]), 1e15) if judged else None,
                n_components=int(row[dimension]) if pd.notna(row[dimension]) else None,
                reliable=bool(row["reliable"]) if judged else None,
                decay=_number(row["decay"]),
                kernel_deviation=_number(row["kernel_deviation"]),
                seconds=float(row["seconds"]),
                error=row["error"] if isinstance(row["error"], str) else None,
                chosen=bool(row["chosen"]),
                pseudo=_number(row["pseudo"]),
                told_apart=bool(row["told_apart"]) if pd.notna(row["told_apart"]) else None,
            )
        )
    return candidates


def _essential(parameters: dict[str, Any]) -> dict[str, Any]:
    """Give the parameters that say what a context is, those of the base without their prefix."""
    wanted = ("n_neighbors", "gamma", "mask_rate", "n_masks")
    plain = {name.removeprefix("base__"): value for name, value in parameters.items()}
    return {name: plain[name] for name in wanted if plain.get(name) is not None}


def _number(value: Any) -> float | None:
    return float(value) if pd.notna(value) and np.isfinite(value) else None


def _scatter(run: Run) -> report.Scatter:
    frame = run.checked.table.frame
    n = len(frame)
    rows = np.arange(n)
    note = f"All {n:,} rows."
    if n > MAP_ROWS:
        rng = np.random.default_rng(run.options.seed)
        rows = np.sort(rng.choice(n, MAP_ROWS, replace=False))
        note = f"{MAP_ROWS:,} of {n:,} rows, drawn at random."
    shown = frame.iloc[rows]
    target = run.checked.target
    names = [str(name) for name in frame.columns]
    first = [] if target is None else [target.name]
    coloured = first + [name for name in names if name not in first][:MAP_COLUMNS]
    colours: dict[str, list[report.Cell]] = {name: _cells(shown[name]) for name in coloured}
    if len(run.split.test):
        colours["(part of the split)"] = list(run.split.names()[rows])
    detailed = (first + [name for name in names if name not in first])[:DETAIL_COLUMNS]
    values = {name: _cells(shown[name]) for name in detailed}
    details = [
        ", ".join(f"{name}: {_short(values[name][i])}" for name in detailed)
        for i in range(len(rows))
    ]
    coordinates = run.coordinates[rows][:, :MAP_COORDINATES]
    return report.Scatter(
        row_ids=[int(row) for row in run.row_numbers[rows]],
        coordinates={
            f"coordinate {j + 1}": [float(v) for v in column]
            for j, column in enumerate(coordinates.T)
        },
        colours=colours,
        details=details,
        note=note,
    )


def _cells(series: pd.Series) -> list[report.Cell]:
    if pd.api.types.is_bool_dtype(series.dtype):
        return [None if pd.isna(v) else bool(v) for v in series]
    if pd.api.types.is_numeric_dtype(series.dtype):
        return [None if pd.isna(v) else float(v) for v in series]
    return [None if pd.isna(v) else str(v) for v in series]


def _short(value: report.Cell) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.6g}"
    text = str(value)
    return text if len(text) <= 40 else text[:39] + "…"


def _warnings(run: Run) -> list[report.DataWarning]:
    data = [report.DataWarning(w.column, w.code, w.message) for w in run.checked.profile.warnings]
    members = [] if run.predicted is None else run.predicted.warnings
    return [
        *data,
        *(report.DataWarning(None, "context", text) for text in run.learned.warnings),
        *(report.DataWarning(None, "member", text) for text in members),
    ]


def _notes(run: Run) -> list[str]:
    rest = [] if run.long is None else run.long.notes
    notes = [*run.checked.table.notes, *run.checked.remarks, *rest]
    notes += stored_as(run.coordinates, run.options.dtype)[1]
    n = len(run.split.pretraining)
    sampled = run.learned.search.n_samples_
    if sampled < n:
        notes.append(f"spectra for the ranking were computed on {sampled:,} of {n:,} rows")
    if run.learned.n_rows < n:
        notes.append(
            f"the encoder was fitted to {run.learned.n_rows:,} of {n:,} rows, with the "
            "association of the chosen context kept; the others were embedded as new rows"
        )
    if run.scored is not None and len(run.split.train) > MOST_JUDGING:
        notes.append(
            f"for the scores of the representation and its rivals, models were fitted to "
            f"{MOST_JUDGING:,} of {len(run.split.train):,} training rows"
        )
    if len(run.split.train) and len(run.split.unlabelled):
        drawn = "" if run.long is None else "drawn "
        notes.append(
            f"{len(run.split.unlabelled):,} {drawn}rows have no label: the context learnt from "
            "them, the scores could not"
        )
    if len(run.split.train) and not len(run.split.test):
        notes.append(
            f"only {len(run.split.train):,} rows have a label, too few to hold some out, so the "
            "representation has no held-out score"
        )
    return notes
