"""A report like one of a shellfish table: 36 candidates in four families, and its corner cases."""

from __future__ import annotations

import dataclasses
import math
import random
from typing import Any

from contextures.report import (
    LABEL_FAMILY,
    Advice,
    Answer,
    Candidate,
    ColumnAccount,
    CoordinateAccount,
    DataWarning,
    Driver,
    ProbePoint,
    PseudoPoint,
    Repeat,
    ReportData,
    Scatter,
    Score,
    TableInfo,
    TauPoint,
)

HOSTILE = '</script><script>window.hacked=1</script><img src=x onerror="window.hacked=1">{{7*7}}'
FAMILIES = {
    "nearest neighbours": ("KNNContext", "n_neighbors", [5, 10, 20, 30, 60, 120, 240, 480, 960]),
    "Gaussian": ("RBFContext", "gamma", [30.0, 10.0, 3.0, 1.0, 0.3, 0.1, 0.03, 0.01, 0.003]),
    "masked nearest neighbours": (
        "MaskedKNNContext",
        "n_neighbors",
        [5, 10, 20, 30, 60, 120, 240, 480, 960],
    ),
    "masked Gaussian": (
        "MaskedRBFContext",
        "gamma",
        [30.0, 10.0, 3.0, 1.0, 0.3, 0.1, 0.03, 0.01, 3e-3],
    ),
}


def sample_ranking(lowest: float) -> list[Candidate]:
    """36 candidates (a U in each family, two failures, the chosen at its bottom) and the label."""
    ranking = []
    for f, (family, (cls, parameter, grid)) in enumerate(FAMILIES.items()):
        for i, value in enumerate(grid):
            level = 1 - i / (len(grid) - 1)
            tau = min(lowest + 0.045 * f + 1.5 * (level - 0.375 - 0.03 * f) ** 2, 1.995)
            failed = cls == "MaskedRBFContext" and i < 2
            params = f"{parameter}={value}" + (", mask=0.2" if "Masked" in cls else "")
            ranking.append(
                Candidate(
                    name=f"{cls}({params})",
                    family=family,
                    params=params,
                    level=level,
                    tau=None if failed else tau,
                    n_components=None if failed else max(1, int(70 * level**2) + 3),
                    reliable=None if failed else tau < 1.9,
                    decay=None if failed else 0.9 * (1.05 - level) ** 2 + 0.004,
                    kernel_deviation=None if failed else 3.1 * level**1.5 + 0.002,
                    seconds=0.4 + 0.31 * i,
                    error="The kernel underflows at gamma=30.0; use a smaller gamma."
                    if failed
                    else None,
                    chosen=cls == "KNNContext" and value == 120,
                )
            )
    ranking.append(
        Candidate("LabelContext()", LABEL_FAMILY, "", None, lowest - 0.1, 4, True, None, 0.9, 0.2)
    )
    return ranking


def tau_points(spectrum: list[float]) -> list[TauPoint]:
    total = sum(s * s for s in spectrum)
    points, kept = [], 0.0
    for d in range(1, len(spectrum)):
        kept += spectrum[d - 1] ** 2
        points.append(TauPoint(d, 1 / (1 - spectrum[d] ** 2) + kept / total))
    return points


def sample_scatter(n_rows: int = 900, n_coordinates: int = 8) -> Scatter:
    rng = random.Random(0)
    coordinates: dict[str, list[float]] = {f"coordinate {j + 1}": [] for j in range(n_coordinates)}
    sex: list[Any] = []
    length: list[Any] = []
    rings: list[Any] = []
    split: list[Any] = []
    details = []
    for _ in range(n_rows):
        age = rng.betavariate(2, 3)
        kind = "I" if age < 0.28 + rng.gauss(0, 0.05) else rng.choice("MF")
        for j, values in enumerate(coordinates.values()):
            wave = math.cos((j + 1) * math.pi * age) * 1.4
            values.append(
                wave + rng.gauss(0, 0.1 + 0.06 * j) + (0.25 if kind == "M" else 0) * (j == 2)
            )
        sex.append(None if rng.random() < 0.02 else kind)
        length.append(round(0.15 + 0.6 * age**0.6 + rng.gauss(0, 0.02), 3))
        rings.append(round(3 + 18 * age**1.3 + abs(rng.gauss(0, 1.5))))
        split.append("test" if rng.random() < 0.2 else "training")
        details.append(f"sex: {kind}\nlength: {length[-1]}\nrings: {rings[-1]}")
    return Scatter(
        row_ids=list(range(n_rows)),
        coordinates=coordinates,
        colours={"rings": rings, "split": split, "sex": sex, "length": length},
        details=details,
        note=f"{n_rows:,} of 4,177 rows, drawn at random with seed 0.",
    )


def sample_report() -> ReportData:
    """The whole report, with a numeric target."""
    spectrum = [0.19 + 0.72 * math.exp(-0.3 * i) - 0.0012 * i for i in range(64)]
    tau_curve = tau_points(spectrum)
    best = min(tau_curve, key=lambda point: point.tau)
    ranking = [
        dataclasses.replace(c, n_components=best.d) if c.chosen else c
        for c in sample_ranking(best.tau)
    ]
    probe = []
    for d in (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 63):
        score = 0.562 - 0.3 * math.exp(-d / 4) - 0.0004 * d
        probe.append(ProbePoint(d, score, score - 0.03, score + 0.028))
    return ReportData(
        title="abalone.csv: the context that suits it",
        created="2025-06-02T14:31:07+00:00",
        table=TableInfo(
            "abalone.csv", 4177, 9, 3342, 835, 0, "rings", "regression", "9f2c1e7ab03d"
        ),
        answer=Answer(
            context="KNNContext(n_neighbors=120)",
            context_label="120 nearest neighbours",
            n_components=best.d,
            tau=best.tau,
            reliable=True,
            sentences=[
                "Of 36 contexts tried, linking every row to its 120 nearest neighbours has the "
                f"lowest usefulness score, and {best.d} coordinates are enough.",
                "A linear model on those coordinates explains 55 % of the variance of rings on "
                "held-out rows: more than the same model on the raw features, and within the "
                "interval of gradient boosting.",
            ],
            meaning="Rows are alike when they have many of the same rows nearest to them.",
            law="P+(a | x) = 1/K for each of the K rows a nearest to x",
            stands_out=True,
        ),
        ranking=ranking,
        spectrum=spectrum,
        tau_curve=tau_curve,
        probe_curve=probe,
        metric="r2",
        scores=[
            Score("contexture", "", 0.551, 0.503, 0.594),
            Score("raw_linear", "Raw features, linear model", 0.513, 0.462, 0.559),
            Score("gradient_boosting", "Raw features, gradient boosting", 0.543, 0.492, 0.588),
            Score("contexture_plus_raw", "Contexture and raw, linear model", 0.562, 0.515, 0.604),
        ],
        scatter=sample_scatter(),
        columns=[
            ColumnAccount("sex", "category", "one-hot encoded, 3 levels", 0),
            *(
                ColumnAccount(name, "number", "standardised", missing)
                for name, missing in {
                    "length": 0,
                    "diameter": 0,
                    "height": 2,
                    "whole_weight": 0,
                    "shucked_weight": 0,
                    "viscera_weight": 0,
                    "shell_weight": 0,
                }.items()
            ),
            ColumnAccount("rings", "number", "target, not an input", 0),
        ],
        warnings=[
            DataWarning("height", "zero", "2 rows have height 0, which no animal has; check them."),
            DataWarning(None, "duplicates", "3 rows appear twice; both copies are in one part."),
        ],
        repeat=Repeat(
            command="contextures fit abalone.csv --target rings --seed 0",
            seed=0,
            version="0.1.0",
            python=(
                "import pandas as pd\n"
                "from contextures import ContextEncoder, KNNContext\n\n"
                'table = pd.read_csv("abalone.csv")\n'
                "encoder = ContextEncoder(KNNContext(n_neighbors=120), n_components=12)\n"
                'Z = encoder.fit_transform(table.drop(columns="rings"))\n'
            ),
            timings={"read": 0.1, "prepare": 0.6, "score 36 contexts": 41.2, "evaluate": 6.3},
        ),
        advice=Advice(
            verdict="use",
            heading="Use the representation",
            why="Take the first 12 coordinates: for rings, a linear model on them gains +0.038 of "
            "R² over the same model on the raw features (95 % interval +0.012 to +0.064, 835 "
            "held-out rows).",
            step="Embed your rows, and later new ones, and train on that:",
            command="contextures embed run abalone.csv --out embedded.parquet",
            python="import contextures\nrun = contextures.load_run('run')\n"
            "Z = run.transform('abalone.csv')[:, :12]",
            predictor="The predictor, a pool of models, reaches 0.573: not distinguishable from "
            "gradient boosting (0.543), the best rival.",
        ),
        about=[
            CoordinateAccount(
                f"c{j + 1}",
                [Driver("shell_weight", 0.9 / (j + 1), "rises with it"), Driver("sex", 0.3)][
                    : 2 if j < 4 else 0
                ],
                ["row 12: length: 0.09, sex: I"] * 3 if j < 2 else [],
                ["row 4: length: 0.71, sex: F"] * 3 if j < 2 else [],
            )
            for j in range(8)
        ],
        columns_page="columns.html",
        notes=["Contexts were scored on 2,000 of the training rows."],
    )


def by_pseudo(report: ReportData) -> ReportData:
    """The report of a run whose choice followed the error on pseudo-tasks."""
    lowest = report.answer.tau

    def scored(candidate: Candidate) -> Candidate:
        if candidate.tau is None or candidate.family == LABEL_FAMILY:
            return candidate
        error = 0.58 + 0.6 * (candidate.tau - lowest)
        apart = None if candidate.tau is None else error > 0.8
        return dataclasses.replace(candidate, pseudo=error, told_apart=apart)

    ranking = [scored(candidate) for candidate in report.ranking]
    alike = sum(c.told_apart is False and not c.chosen for c in ranking)
    curve = [PseudoPoint(d, 0.58 + 0.3 / d + 0.002 * d) for d in (1, 2, 3, 4, 6, 8, 12, 16, 24)]
    best = min(curve, key=lambda point: point.error).d
    return dataclasses.replace(
        report,
        ranking=ranking,
        pseudo_curve=curve,
        answer=dataclasses.replace(
            report.answer,
            score="pseudo",
            pseudo=0.58,
            pseudo_se=0.02,
            n_alike=alike,
            reliable=False,
            predicted_n_components=best,
        ),
    )


def advised(report: ReportData, verdict: str, heading: str, why: str) -> ReportData:
    """The report of a run with another verdict."""
    assert report.advice is not None
    advice = dataclasses.replace(report.advice, verdict=verdict, heading=heading, why=why)
    answer = dataclasses.replace(report.answer, stands_out=verdict != "none")
    return dataclasses.replace(report, advice=advice, answer=answer)


def tied(report: ReportData) -> ReportData:
    """The report of a run in which no context stands out."""
    why = "All 34 contexts that could be judged are tied: without labels, any may be as good."
    return advised(report, "none", "No context stands out", why)


def unclear(report: ReportData) -> ReportData:
    """The report of a run with too few held-out rows."""
    return advised(report, "unclear", "Cannot tell", "44 held-out rows are too few.")


def before_verdicts(report: ReportData) -> ReportData:
    """The report of a run of a release that gave no verdict."""
    answer = dataclasses.replace(report.answer, meaning="", law="", stands_out=None)
    return dataclasses.replace(report, advice=None, about=[], columns_page="", answer=answer)


def unsupervised(report: ReportData) -> ReportData:
    """The report of a run without a target."""
    ranking = [c for c in report.ranking if c.family != LABEL_FAMILY]
    table = dataclasses.replace(
        report.table, target=None, task=None, n_train=report.table.n_rows, n_test=0
    )
    answer = dataclasses.replace(report.answer, sentences=report.answer.sentences[:1])
    repeat = dataclasses.replace(report.repeat, command="contextures fit abalone.csv --seed 0")
    return dataclasses.replace(
        report,
        table=table,
        answer=answer,
        ranking=ranking,
        repeat=repeat,
        scores=[],
        probe_curve=None,
        metric=None,
    )


def hostile(report: ReportData) -> ReportData:
    """The report of a table whose every name and value tries to break the page."""
    columns = [
        ColumnAccount(
            f"{HOSTILE}{i}" if i % 2 else f"größe_{'sehr_' * 30}lang_名前_{i}", HOSTILE, HOSTILE, i
        )
        for i in range(200)
    ]
    scatter = report.scatter
    n = len(scatter.row_ids)
    colours = {
        HOSTILE: [f"{HOSTILE}{i % 30}" for i in range(n)],
        f"größe_{'sehr_' * 40}lang": [float(i) if i % 5 else None for i in range(n)],
    }
    table = dataclasses.replace(
        report.table, name=HOSTILE + "x" * 200, target=HOSTILE, task="classification", n_columns=200
    )
    return dataclasses.replace(
        report,
        title=HOSTILE,
        table=table,
        answer=dataclasses.replace(
            report.answer, context_label=HOSTILE, context=HOSTILE, sentences=[HOSTILE]
        ),
        ranking=[
            dataclasses.replace(c, name=HOSTILE, params=HOSTILE, family=HOSTILE + c.family)
            for c in report.ranking
        ],
        scores=[dataclasses.replace(s, label=HOSTILE) for s in report.scores],
        scatter=dataclasses.replace(scatter, colours=colours, details=[HOSTILE] * n, note=HOSTILE),
        columns=columns,
        warnings=[DataWarning(HOSTILE, HOSTILE, HOSTILE)] * 12,
        notes=[HOSTILE],
        repeat=dataclasses.replace(report.repeat, command=HOSTILE, python=HOSTILE),
    )


def tiny(report: ReportData) -> ReportData:
    """The smallest report: one candidate, one coordinate, one singular value, no colours."""
    chosen = next(c for c in report.ranking if c.chosen)
    answer = dataclasses.replace(report.answer, n_components=1, reliable=False, tau=1.99)
    scatter = Scatter([0, 1, 2], {"coordinate 1": [0.1, 0.5, -0.4]})
    return dataclasses.replace(
        unsupervised(report),
        ranking=[dataclasses.replace(chosen, tau=1.99, n_components=1, reliable=False)],
        answer=answer,
        spectrum=[0.2],
        tau_curve=[TauPoint(1, 1.99)],
        scatter=scatter,
        columns=[],
        warnings=[],
        notes=[],
    )


def explicit(report: ReportData) -> ReportData:
    """The report of a run that was given its context: one candidate, without a level."""
    chosen = next(c for c in report.ranking if c.chosen)
    answer = dataclasses.replace(
        report.answer, sentences=["120 nearest neighbours was named, so no other was tried."]
    )
    return dataclasses.replace(
        report, ranking=[dataclasses.replace(chosen, level=None)], answer=answer
    )


def all_but_chosen_failed(report: ReportData) -> ReportData:
    """Every candidate failed but the chosen one."""
    ranking = [
        c
        if c.chosen
        else dataclasses.replace(
            c,
            tau=None,
            n_components=None,
            reliable=None,
            decay=None,
            kernel_deviation=None,
            error="It needs more rows.",
        )
        for c in report.ranking
    ]
    return dataclasses.replace(report, ranking=ranking)
