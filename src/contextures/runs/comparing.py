"""Whether tau finds another context clearly more useful than the one at hand."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from contextures.contexts import Context
from contextures.contexts.checks import FloatArray
from contextures.exceptions import InputError
from contextures.runs.learn import n_jobs
from contextures.runs.progress import Progress
from contextures.selection import ContextSearch, parse_context, short_form


@dataclass(frozen=True)
class ContextAdvice:
    """How a context stands beside the best of a ranking, by tau alone.

    Attributes
    ----------
    own, best : str
        Both in short form; the same where the context at hand is the best.
    own_tau, best_tau : float
        Their scores on the same rows; lower is better.
    own_reliable : bool
        Whether the score can judge the context at hand.
    clear : bool
        Whether the best has the lower score in both of two disjoint halves of the rows.
    n_tried : int
        The number of contexts in the ranking.
    """

    own: str
    best: str
    own_tau: float
    best_tau: float
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
    """Compare a context with the best of the default ones by tau.

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
        None where tau can judge none of the contexts.
    """
    with progress.stage("rank contexts"):
        if ranking is None:
            search = ContextSearch(n_jobs=n_jobs(), random_state=seed)
            ranking = search.fit(rows, progress=progress.advance).results_
        best = _best_of(ranking)
        if best is None:
            return None
        taus = _taus(rows, [own, best], seed)
        if taus is None:
            return None
        (own_tau, reliable), (best_tau, _) = taus
        clear = False
        if short_form(own) != short_form(best) and best_tau < own_tau:
            order = np.random.default_rng(seed).permutation(len(rows))
            halves = [np.sort(order[::2]), np.sort(order[1::2])]
            pair = [context.subsampled(0.5) for context in (own, best)]
            found = [_taus(rows[half], pair, seed) for half in halves]
            clear = all(taus is not None and taus[1][0] < taus[0][0] for taus in found)
        elif best_tau >= own_tau:
            best, best_tau = own, own_tau
    return ContextAdvice(
        own=short_form(own),
        best=short_form(best),
        own_tau=own_tau,
        best_tau=best_tau,
        own_reliable=reliable,
        clear=clear,
        n_tried=len(ranking),
    )


def stored_ranking(run: Path | None) -> pd.DataFrame | None:
    """Give the ranking that a run stored, if it ranked."""
    if run is None:
        return None
    try:
        ranking = pd.read_parquet(run / "contexts.parquet")
    except (OSError, ValueError):
        return None
    needed = {"name", "tau", "reliable", "inductive"}
    return ranking if len(ranking) > 1 and needed <= set(ranking.columns) else None


def _best_of(ranking: pd.DataFrame) -> Context | None:
    """Give the context of lowest tau among those that are reliable and can describe new rows."""
    usable = ranking[ranking["tau"].notna() & ranking["inductive"].astype(bool)]
    reliable = usable[usable["reliable"].fillna(False).astype(bool)]
    if not len(reliable):
        return None
    place = int(reliable["tau"].to_numpy(dtype=np.float64).argmin())
    try:
        return parse_context(str(reliable["name"].iloc[place]))
    except InputError:
        return None


def _taus(rows: FloatArray, contexts: list[Context], seed: int) -> list[tuple[float, bool]] | None:
    """Give tau and its reliability for each context; None where one cannot be scored."""
    found = []
    for context in contexts:
        try:
            search = ContextSearch([context], random_state=seed).fit(rows)
        except InputError:
            return None
        useful = search.best_usefulness_
        found.append((float(useful.tau), bool(useful.reliable)))
    return found
