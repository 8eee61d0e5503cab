"""Mixes of the candidates that were judged, as further candidates."""

from __future__ import annotations

import numpy as np
import pandas as pd

from contextures.contexts import Context
from contextures.contexts.naming import family_name
from contextures.exceptions import InputError
from contextures.selection.candidates import Candidate

FAMILY = "mix: "
"""What the family of a mix that was proposed begins with."""


def proposed_mixes(candidates: list[Candidate], table: pd.DataFrame, score: str) -> list[Candidate]:
    """Propose a few mixes: the best of two families, and strong with weak.

    Parameters
    ----------
    candidates : list of Candidate
        What was judged.
    table : DataFrame
        What was found, as from :func:`contextures.selection.ranking.ranking_table`.
    score : {"labels", "pseudo", "tau"}
        What says which are best.

    Returns
    -------
    list of Candidate
        Half and half the best candidates of the two best families; half and half the strongest and
        the weakest of the best family; and these two one after the other. Fewer where candidates
        cannot be mixed, or there are not as many.
    """
    fit = table["error"].isna() & table["inductive"].astype(bool) & table[score].notna()
    fit &= np.array([not candidate.context.needs_y for candidate in candidates])
    ranked = table[fit].sort_values(score, kind="stable")
    if len(ranked) < 2:
        return []
    firsts = ranked.drop_duplicates("family")
    own = ranked[ranked["family"] == firsts["family"].iloc[0]].sort_values("strength")
    # Of one candidate alone, or twice the same, mixes are no news.
    weak, strong = (candidates[own.index[place]].context for place in (0, -1))
    made = []
    if len(firsts) > 1:
        best, second = (candidates[place].context for place in firsts.index[:2])
        made.append(0.5 * best + 0.5 * second)
    if repr(strong) != repr(weak):
        made += [0.5 * strong + 0.5 * weak, strong @ weak]
    known = {repr(candidate.context) for candidate in candidates}
    return [
        Candidate(mix, FAMILY + family_name(mix), mix.inductive)
        for mix in made
        if repr(mix) not in known and _possible(mix)
    ]


def _possible(mix: Context) -> bool:
    try:
        mix.check_parts()
    except InputError:
        return False
    return bool(mix.inductive)
