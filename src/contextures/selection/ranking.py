"""From judged candidates to a table, and to the choice among them."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pandas as pd

from contextures._arrays import FloatArray
from contextures.contexts import Context
from contextures.contexts.naming import short_form
from contextures.evaluation.context_scores.pseudo_tasks import LEVEL, beaten_share
from contextures.exceptions import InputError
from contextures.selection.candidate_scores import Judged
from contextures.selection.candidates import Candidate
from contextures.selection.label_scores import differences

SCORES = ("auto", "labels", "label-free", "pseudo", "tau")

SURE = 2.0
"""So many standard errors away, by labels, contexts are told apart."""


def check_score(score: str) -> None:
    """Refuse a score that does not exist."""
    if score not in SCORES:
        raise InputError(
            f"the score {score!r} is not known; give 'auto', 'labels', 'label-free', 'pseudo' or "
            "'tau'"
        )


def ranking_table(candidates: list[Candidate], judged: list[Judged]) -> pd.DataFrame:
    """Lay out one row a candidate, in their order."""
    pairs = zip(candidates, judged, strict=True)
    return pd.DataFrame([_row(candidate, result) for candidate, result in pairs])


def plain_ranking(results: pd.DataFrame) -> pd.DataFrame:
    """Give a ranking without Python objects in it: parameters as JSON."""
    table = results.drop(columns="context")
    return table.assign(
        parameters=[json.dumps(parameters) for parameters in table["parameters"]],
        n_components=table["n_components"].astype("Int64"),
        reliable=table["reliable"].astype("boolean"),
        pseudo_n_components=table["pseudo_n_components"].astype("Int64"),
        told_apart=table["told_apart"].astype("boolean"),
        error=table["error"].astype("string"),
    )


def count_tried(table: pd.DataFrame) -> int:
    """Count the candidates that could have been chosen, whether or not one of them failed.

    One number for all who say of how many a context was chosen: what is listed only to compare
    with, as the context of the labels, is not one of them.
    """
    return int(table["inductive"].astype(bool).sum())


def choose(table: pd.DataFrame, score: str) -> tuple[str, int]:
    """Choose among candidates that describe new rows.

    Parameters
    ----------
    table : DataFrame
        As from :func:`ranking_table`.
    score : {"labels", "label-free", "pseudo", "tau"}
        What to follow; "label-free" takes "pseudo" where every one of them has it.

    Returns
    -------
    tuple of str and int
        The score that was followed, and the place of the chosen candidate.

    Raises
    ------
    InputError
        If none can be chosen.
    """
    eligible = table[table["error"].isna() & table["inductive"]]
    if eligible.empty:
        errors = table["error"].dropna()
        raise InputError(
            f"no candidate can be chosen: {errors.iloc[0]}"
            if len(errors)
            else "no candidate can describe new rows; add one such as KNNContext()"
        )
    known = eligible["pseudo"].notna()
    if score == "pseudo" and not known.any():
        raise InputError(
            "no candidate has an error on pseudo-tasks, because all rows are the same or none "
            "describes new rows; give the score 'tau'"
        )
    if score == "label-free":
        score = "pseudo" if known.all() else "tau"
    pool = eligible
    if score == "labels" and not eligible["labels"].notna().any():
        raise InputError(
            "no candidate can be judged by labels, because those that describe new rows have all "
            "seen them; add one of the rows alone, such as KNNContext()"
        )
    if score == "tau":
        reliable = eligible[eligible["reliable"].astype(bool)]
        pool = reliable if len(reliable) else eligible
    return score, int(np.asarray(pool.index)[np.nanargmin(pool[score].astype(float))])


def overruled(table: pd.DataFrame, judged: list[Judged]) -> tuple[str, int]:
    """Follow the label-free score, unless the labels tell that its pick is not the best.

    Parameters
    ----------
    table : DataFrame
        As from :func:`ranking_table`.
    judged : list of Judged
        The candidates.

    Returns
    -------
    tuple of str and int
        As from :func:`choose`.
    """
    score, picked = choose(table, "label-free")
    if judged[picked].labels is None:
        return score, picked
    _, best = choose(table, "labels")
    apart = told_apart_by_labels(judged, best)[1][picked]
    return ("labels", best) if apart is True else (score, picked)


def told_apart(judged: list[Judged], best: int) -> list[Any]:
    """Say of each candidate whether the chosen one beats it on most single tasks."""
    chosen = judged[best].pseudo
    if chosen is None:
        return [pd.NA] * len(judged)
    return [
        pd.NA if one.pseudo is None else bool(beaten_share(chosen, one.pseudo) >= LEVEL)
        for one in judged
    ]


def told_apart_by_labels(judged: list[Judged], best: int) -> tuple[FloatArray, list[Any]]:
    """Say of each candidate how sure the labels are that the chosen one has the lower error.

    Parameters
    ----------
    judged : list of Judged
        The candidates.
    best : int
        The chosen one.

    Returns
    -------
    tuple of ndarray and list
        The standard error of the difference to the chosen one, over labelled rows; and whether
        the difference is above two of them.
    """
    excess, spread = differences([one.labels for one in judged], best)
    apart = [
        pd.NA if np.isnan(e) else bool(e > SURE * s) for e, s in zip(excess, spread, strict=True)
    ]
    return spread, apart


def of_all_rows(candidate: Candidate, judged: Judged, rows: FloatArray) -> Judged:
    """Say of a candidate that failed on some rows what is wrong with it on all, if anything is."""
    if judged.error is None:
        return judged
    try:
        candidate.context.check_fit(rows)
    except InputError as error:
        return replace(judged, error=str(error))
    return judged


def _row(candidate: Candidate, judged: Judged) -> dict[str, Any]:
    context = candidate.context
    row: dict[str, Any] = {
        "context": context,
        "name": short_form(context) if candidate.inductive else context.label,
        "family": candidate.family,
        "parameters": _parameters(context),
        "tau": np.nan,
        "n_components": pd.NA,
        "reliable": pd.NA,
        "pseudo": np.nan,
        "pseudo_se": np.nan,
        "pseudo_n_components": pd.NA,
        "labels": np.nan if judged.labels is None else judged.labels.error,
        "labels_se": np.nan,
        "decay": np.nan,
        "strength": np.nan,
        "kernel_deviation": np.nan,
        "lipschitz": np.nan,
        "seconds": judged.seconds,
        "inductive": candidate.inductive,
        "error": judged.error,
    }
    if judged.usefulness is not None and judged.association is not None:
        row |= {
            "tau": judged.usefulness.tau,
            "n_components": judged.usefulness.n_components,
            "reliable": judged.usefulness.reliable,
            **asdict(judged.association),
        }
    if judged.pseudo is not None:
        row |= {
            "pseudo": judged.pseudo.error,
            "pseudo_se": judged.pseudo.se,
            "pseudo_n_components": judged.pseudo.n_components,
        }
    return row


def _parameters(context: Context) -> dict[str, Any]:
    """Give the plain parameters of a context and its base."""
    return {
        name: value
        for name, value in context.get_params(deep=True).items()
        if value is None or isinstance(value, bool | int | float | str)
    }
