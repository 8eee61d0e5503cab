"""Whether another context is clearly more useful than the one at hand, judged without labels."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from contextures._arrays import FloatArray
from contextures._files import read_regular
from contextures.contexts import Context
from contextures.exceptions import InputError
from contextures.runs.progress import Progress
from contextures.selection import ContextSearch, parse_context, short_form
from contextures.selection.ranking import count_tried


@dataclass(frozen=True)
class ContextAdvice:
    """How a context stands beside the best of a ranking, judged without labels.

    Attributes
    ----------
    own, best : str
        Both in short form; the same where the context at hand is the best.
    score : {"pseudo", "tau"}
        What they were judged by: the expected error on pseudo-tasks, or tau.
    own_score, best_score : float
        Their scores on the same rows; lower is better.
    own_reliable : bool
        Whether the score can judge the context at hand.
    clear : bool
        By pseudo-tasks, whether the best has the lower error on most single ones; by tau,
        whether it has the lower score in both of two disjoint halves of the rows.
    n_tried : int
        The number of contexts in the ranking.
    """

    own: str
    best: str
    score: str
    own_score: float
    best_score: float
    own_reliable: bool
    clear: bool
    n_tried: int

    def to_dict(self) -> dict[str, Any]:
        """Give plain values; None for a score that is infinite."""
        return {
            name: None if isinstance(value, float) and not np.isfinite(value) else value
            for name, value in asdict(self).items()
        }


def advise(
    rows: FloatArray,
    own: Context,
    ranking: pd.DataFrame | None,
    seed: int,
    progress: Progress,
) -> ContextAdvice | None:
    """Compare a context with the best of the default ones, without labels.

    Parameters
    ----------
    rows : ndarray of shape (n, p)
        The rows.
    own : Context
        The context at hand, for so many rows.
    ranking : DataFrame or None
        An earlier ranking of contexts on these rows; made when None.
    seed : int
        Draws the rows looked at and the halves.
    progress : Progress
        Told how far the ranking is.

    Returns
    -------
    ContextAdvice or None
        None where no score can judge the contexts.
    """
    with progress.stage("rank contexts"):
        if ranking is None:
            search = ContextSearch(n_jobs=-1, random_state=seed)
            ranking = search.fit(rows, progress=progress.advance).results_
        best, score = _best_of(ranking)
        if best is None:
            return None
        pair = [own, best]
        judged = _judged(rows, pair, score, seed)
        if judged is None:
            return None
        found = _in_order(judged, pair)
        own_score, best_score = (float(row[score]) for row in found)
        clear = False
        if short_form(own) == short_form(best) or best_score >= own_score:
            best, best_score = own, own_score
        elif score == "pseudo":
            clear = bool(found[0]["told_apart"])
        else:
            clear = _in_both_halves(rows, pair, seed)
    return ContextAdvice(
        own=short_form(own),
        best=short_form(best),
        score=score,
        own_score=own_score,
        best_score=best_score,
        own_reliable=score == "pseudo" or bool(found[0]["reliable"]),
        clear=clear,
        n_tried=count_tried(ranking),
    )


def stored_ranking(run: Path | None) -> pd.DataFrame | None:
    """Give the ranking that a run stored, if it ranked."""
    if run is None:
        return None
    try:
        ranking = pd.read_parquet(BytesIO(read_regular(run / "contexts.parquet")))
        for score in {"tau", "pseudo"} & set(ranking.columns):
            ranking[score] = ranking[score].astype(np.float64)
        for told in ("reliable", "inductive"):
            ranking[told] = ranking[told].astype("boolean")
    except Exception:  # whatever a damaged file makes pyarrow and pandas raise
        return None
    needed = {"name", "tau", "reliable", "inductive"}
    return ranking if len(ranking) > 1 and needed <= set(ranking.columns) else None


def _best_of(ranking: pd.DataFrame) -> tuple[Context | None, str]:
    """Give the best context that can describe new rows, and the score that it is best by."""
    usable = ranking[ranking["tau"].notna() & ranking["inductive"].astype(bool)]
    score = "tau"
    if "pseudo" in usable and len(usable) and usable["pseudo"].notna().all():
        score = "pseudo"
    else:
        usable = usable[usable["reliable"].fillna(False).astype(bool)]
    if not len(usable):
        return None, score
    place = int(usable[score].to_numpy(dtype=np.float64).argmin())
    try:
        return parse_context(str(usable["name"].iloc[place])), score
    except InputError:
        return None, score


def _judged(
    rows: FloatArray, contexts: list[Context], score: str, seed: int
) -> ContextSearch | None:
    """Judge contexts on the same rows; None where one of them cannot be."""
    try:
        search = ContextSearch(contexts, criterion=score, random_state=seed).fit(rows)
    except InputError:
        return None
    return search if search.results_["error"].isna().all() else None


def _in_order(search: ContextSearch, contexts: list[Context]) -> list[Any]:
    """Give the rows of a ranking in the order of its candidates."""
    table = search.results_
    return [next(row for _, row in table.iterrows() if row["context"] is c) for c in contexts]


def _in_both_halves(rows: FloatArray, pair: list[Context], seed: int) -> bool:
    """Whether the second of two contexts has the lower tau in both of two halves of the rows."""
    order = np.random.default_rng(seed).permutation(len(rows))
    for half in (np.sort(order[::2]), np.sort(order[1::2])):
        smaller = [context.subsampled(0.5) for context in pair]
        judged = _judged(rows[half], smaller, "tau", seed)
        if judged is None:
            return False
        first, second = (float(row["tau"]) for row in _in_order(judged, smaller))
        if second >= first:
            return False
    return True
