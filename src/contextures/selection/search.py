"""Ranking candidate contexts by their spectra."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from contextures._arrays import FloatArray, IntArray
from contextures._checks import also_named, check_length, check_positive_int, seed_of, validated
from contextures.contexts import Context, LabelContext
from contextures.contexts.labels import label_task
from contextures.exceptions import InputError
from contextures.selection.candidate_scores import Judged, judge_group
from contextures.selection.candidates import (
    Candidate,
    as_candidate,
    default_candidates,
)
from contextures.selection.held_rows import FEWEST_ROWS, HeldRows, draw_parts, hold
from contextures.selection.ranking import (
    check_score,
    choose,
    of_all_rows,
    ranking_table,
    told_apart,
)

Progress = Callable[[int, int], None]

_PIECE = 3
"""Contexts of an unmasked family that are judged in one go."""


class ContextSearch(BaseEstimator):
    """Rank contexts without labels, and choose a context and a dimension.

    Each candidate's singular values are computed on a random subset of rows, on which a context
    keeps its association level (K is scaled by the share of rows). Two scores are computed, each
    the lower the better. tau (:func:`contextures.evaluation.usefulness`) sees the singular values
    alone. The error on pseudo-tasks (:func:`contextures.evaluation.pseudo_task_error`) is the
    expected error of a ridge probe on smooth random tasks, fitted to and judged on rows held back
    from the candidates. The chosen context has the lowest score among those that can describe new
    rows, and by tau among those for which tau is reliable.

    Parameters
    ----------
    candidates : sequence of Context, optional
        What to rank. When None, nearest-neighbour and Gaussian contexts, plain and masked, at
        nine levels each; and the label context when y is given, which is listed but never
        chosen, because it describes labelled rows only.
    criterion : {"auto", "pseudo", "tau"}, default="auto"
        What the choice follows. "auto" is the error on pseudo-tasks, and tau where there are fewer
        than 100 rows or a candidate that could be chosen has no such error. "tau" holds no rows
        back.
        ``score`` is taken as another name for it; as an attribute it would shadow the method that
        scikit-learn's estimators have by that name.
    d0 : int, default=512
        The largest dimension considered; see :func:`contextures.evaluation.usefulness`.
    beta : float, default=1.0
        The weight of the estimation term.
    max_samples : int, default=1500
        How many rows spectra are computed on at most.
    n_jobs : int, optional
        How many candidates' families are worked on at once, through joblib: inside
        ``joblib.parallel_config(backend="dask")`` they run on a Dask cluster.
    random_state : int, RandomState or None, default=0
        Draws the rows.

    Attributes
    ----------
    results_ : pandas.DataFrame
        One row a candidate, the best first: context, name, family, parameters, tau,
        n_components, reliable, pseudo, pseudo_se, pseudo_n_components, decay, strength,
        kernel_deviation, lipschitz, seconds, inductive, error, chosen, told_apart. A candidate
        that failed has its reason in ``error``; ``told_apart`` says whether the chosen one has the
        lower error on at least 80 % of single pseudo-tasks.
    score_ : {"pseudo", "tau"}
        What the choice followed.
    best_context_ : Context
        The chosen context, not fitted.
    best_n_components_ : int
        The predicted best number of dimensions under it.
    best_usefulness_ : Usefulness
        Its tau, curve and reliability flag.
    best_pseudo_ : PseudoTaskScore or None
        Its error on pseudo-tasks.
    best_singular_values_ : ndarray
        Its singular values on the rows looked at.
    n_alike_ : int or None
        How many other candidates cannot be told apart from the chosen one on pseudo-tasks.
    n_samples_ : int
        How many rows candidates were fitted to.

    Notes
    -----
    With m = ``max_samples`` rows a candidate costs an O(m^3) eigenvalue problem. Masked contexts
    share each mask's neighbours (found for the largest K) and distances; others do so three at a
    time. Memory is O(m^2) for every
    member of the families worked on at once.

    References
    ----------
    arXiv 2505.01557 (ICML 2025), section 5 and appendix D (a random subset suffices for the
    eigenvalues), for tau. The error on pseudo-tasks is ours; ``docs/usefulness.md`` tells how well
    either agrees with the error on real tasks.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from contextures import ContextSearch
    >>> from contextures.contexts import KNNContext
    >>> search = ContextSearch([KNNContext(k) for k in (10, 30, 70)]).fit(load_iris().data)
    >>> search.best_context_
    KNNContext()
    """

    @also_named(score="criterion")
    def __init__(
        self,
        candidates: Sequence[Context] | None = None,
        *,
        criterion: str = "auto",
        d0: int = 512,
        beta: float = 1.0,
        max_samples: int = 1500,
        n_jobs: int | None = None,
        random_state: Any = 0,
    ) -> None:
        self.candidates = candidates
        self.criterion = criterion
        self.d0 = d0
        self.beta = beta
        self.max_samples = max_samples
        self.n_jobs = n_jobs
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None, *, progress: Progress | None = None) -> Self:
        """Judge every candidate.

        Parameters
        ----------
        X : array-like of shape (n, p)
            Rows; no labels are needed.
        y : array-like of shape (n,), optional
            Labels, for candidates that need them (a label context). They do not influence the
            others.
        progress : callable, optional
            Called with the number of candidates done and their total.

        Returns
        -------
        Self
            The fitted search.

        Raises
        ------
        InputError
            If every candidate fails, or none can describe new rows.
        """
        check_positive_int(self.max_samples, "max_samples", least=10)
        rows: FloatArray = validated(self, X, dtype=np.float64, ensure_min_samples=4)
        if y is not None:
            check_length(y, len(rows), "y")
        candidates = self._candidates(rows, y)
        chosen, held = self._parts(rows)
        labels = None if y is None else np.asarray(y)[chosen]
        share = len(chosen) / len(rows)
        self.n_samples_ = len(chosen)
        judged = self._judge(candidates, rows[chosen], labels, share, held, progress)
        judged = [of_all_rows(*one, rows) for one in zip(candidates, judged, strict=True)]
        self._rank(candidates, judged)
        return self

    def _candidates(self, rows: FloatArray, y: Any) -> list[Candidate]:
        if self.candidates is not None:
            candidates = [as_candidate(context) for context in self.candidates]
            if not candidates:
                raise InputError("candidates is empty; give at least one context, or None")
            return candidates
        candidates = default_candidates(rows)
        if y is None:
            return candidates
        return [*candidates, as_candidate(LabelContext(label_task(np.asarray(y))))]

    def _parts(self, rows: FloatArray) -> tuple[IntArray, HeldRows | None]:
        """Draw the rows that candidates are fitted to, and hold others back where it helps."""
        n = len(rows)
        check_score(self.criterion)
        if self.criterion == "pseudo" and n < FEWEST_ROWS:
            raise InputError(
                f"the score 'pseudo' needs {FEWEST_ROWS} rows, but there are {n}; give 'tau'"
            )
        rng = check_random_state(self.random_state)
        if self.criterion != "tau" and n >= FEWEST_ROWS:
            parts = draw_parts(n, self.max_samples, rng)
            return parts[0], hold(rows, *parts)
        if n <= self.max_samples:
            return np.arange(n), None
        return np.sort(rng.choice(n, self.max_samples, replace=False)), None

    def _judge(
        self,
        candidates: list[Candidate],
        rows: FloatArray,
        y: Any,
        share: float,
        held: HeldRows | None,
        progress: Progress | None,
    ) -> list[Judged]:
        from joblib import Parallel, delayed

        order = _pieces(candidates)
        seed = seed_of(self.random_state)
        jobs = (
            delayed(judge_group)(
                [candidates[place].context.subsampled(share).seeded(seed) for place in places],
                rows,
                y,
                self.d0,
                self.beta,
                held,
            )
            for places in order
        )
        parallel = Parallel(n_jobs=self.n_jobs, prefer="threads", return_as="generator")
        judged: list[Judged | None] = [None] * len(candidates)
        done = 0
        if progress is not None:
            progress(0, len(candidates))
        for places, results in zip(order, parallel(jobs), strict=True):
            for place, result in zip(places, results, strict=True):
                judged[place] = result
            done += len(places)
            if progress is not None:
                progress(done, len(candidates))
        return [result for result in judged if result is not None]

    def _rank(self, candidates: list[Candidate], judged: list[Judged]) -> None:
        table = ranking_table(candidates, judged)
        self.score_, best = choose(table, self.criterion)
        found = judged[best]
        table["chosen"] = table.index == best
        table["told_apart"] = told_apart(judged, best)
        assert found.usefulness is not None and found.singular_values is not None
        self.best_context_ = candidates[best].context
        self.best_usefulness_ = found.usefulness
        self.best_pseudo_ = found.pseudo
        self.best_n_components_ = found.usefulness.n_components
        if found.pseudo is not None and self.score_ == "pseudo":
            self.best_n_components_ = found.pseudo.n_components
        self.best_singular_values_ = found.singular_values
        alike = [apart is False for apart in table["told_apart"][table["inductive"]]]
        self.n_alike_ = None if found.pseudo is None else sum(alike) - 1
        order = table.sort_values(
            ["chosen", self.score_], ascending=[False, True], kind="stable", na_position="last"
        )
        self.results_ = order.reset_index(drop=True)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "results_")

    def summary(self, n_rows: int = 10) -> pd.DataFrame:
        """Give the best candidates with the columns that matter most.

        Parameters
        ----------
        n_rows : int, default=10
            How many.

        Returns
        -------
        pandas.DataFrame
            name, pseudo, tau, n_components, reliable, decay.
        """
        check_is_fitted(self)
        columns = ["name", "pseudo", "tau", "n_components", "reliable", "decay"]
        return self.results_[columns].head(n_rows)


def _pieces(candidates: Sequence[Candidate]) -> list[list[int]]:
    """Lay out which candidates are judged together.

    Masked families come first and whole: they take longest and share most. The others follow in
    small pieces, so that none is left to run alone at the end.
    """
    groups: dict[Any, list[int]] = {}
    for place, candidate in enumerate(candidates):
        groups.setdefault(candidate.context.family(), []).append(place)
    whole, rest = [], []
    for group in groups.values():
        if candidates[group[0]].context.n_averaged > 1:
            whole.append(group)
        else:
            rest += [group[start : start + _PIECE] for start in range(0, len(group), _PIECE)]
    return whole + rest
