"""Ranking candidate contexts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Self

import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from contextures._arrays import FloatArray
from contextures._checks import (
    also_named,
    check_jobs,
    check_length,
    check_positive_int,
    labels_of,
    seed_of,
)
from contextures.contexts import Context, LabelContext
from contextures.contexts.labels import label_task
from contextures.exceptions import InputError
from contextures.selection.candidate_scores import Judged, judge_group
from contextures.selection.candidates import (
    Candidate,
    as_candidate,
    default_candidates,
    first_alike,
    in_pieces,
)
from contextures.selection.label_scores import Labels, labelled_dimension
from contextures.selection.mixes import proposed_mixes
from contextures.selection.ranking import (
    check_score,
    choose,
    of_all_rows,
    overruled,
    ranking_table,
    told_apart,
    told_apart_by_labels,
)
from contextures.selection.rows_seen import RowsSeen, as_rows, see
from contextures.selection.showing import Showing

Progress = Callable[[int, int], None]


class ContextSearch(Showing, BaseEstimator):
    """Rank contexts, with labels or without, and choose a context and a dimension.

    Each candidate's singular values are computed on a random subset of rows, on which a context
    keeps its association level (K is scaled by the share of rows). There are three scores, each
    the lower the better. tau (:func:`contextures.evaluation.usefulness`) sees the singular values
    alone. The error on pseudo-tasks (:func:`contextures.evaluation.pseudo_task_error`) is the
    expected error of a ridge probe on smooth random tasks, fitted to and judged on rows held back
    from the candidates. The error on labels is that of regression from few labels
    (:class:`contextures.STKRClassifier`, :class:`contextures.STKRRegressor`) on the context, each
    label predicted without itself. The chosen context has the lowest score among those that can
    describe new rows, and by tau among those for which tau is reliable.

    Parameters
    ----------
    candidates : sequence of Context, optional
        What to rank. When None, nearest-neighbour and Gaussian contexts, plain and masked, at
        nine levels each; and the label context when all rows have labels, which is listed but
        never chosen, because it describes labelled rows only.
    criterion : {"auto", "labels", "label-free", "pseudo", "tau"}, default="auto"
        What the choice follows. "label-free" is the error on pseudo-tasks, and tau where there are
        fewer than 100 rows or a candidate that could be chosen has no such error. "labels" is the
        error on labels. "auto" takes the label-free pick, unless five labels a class (twenty, for
        numbers) or more tell that the best by labels is better. "labels" and "tau" hold no rows
        back.
        ``score`` is taken as another name for it; as an attribute it would shadow the method that
        scikit-learn's estimators have by that name.
    d0 : int, default=512
        The largest dimension considered; see :func:`contextures.evaluation.usefulness`.
    beta : float, default=1.0
        The weight of the estimation term.
    max_samples : int, default=1000
        How many rows spectra are computed on at most.
    mixes : bool, default=False
        Whether mixes of the candidates are judged after them: half and half the best of the two
        best families, half and half the strongest and weakest of the best one, and these two one
        after the other. Their ``family`` begins with "mix: ". They take a quarter to a third of the
        usual candidates' time again, and double that of a few.
    n_jobs : int, optional
        How many candidates' families are worked on at once, through joblib: inside
        ``joblib.parallel_config(backend="dask")`` they run on a Dask cluster.
    random_state : int, RandomState or None, default=0
        Draws the rows.

    Attributes
    ----------
    results_ : pandas.DataFrame
        One row a candidate, the best first: context, name, family, parameters, tau,
        n_components, reliable, pseudo, pseudo_se, pseudo_n_components, labels, labels_se, decay,
        strength, kernel_deviation, lipschitz, seconds, inductive, error, chosen, told_apart. A
        candidate that failed has its reason in ``error``. ``labels`` is in units of the labels'
        variance, and ``labels_se`` the standard error of its difference to the chosen one's, over
        pairs of the same labelled rows. ``told_apart`` says whether the chosen one has the lower
        error on at least 80 % of single pseudo-tasks, or, by labels, one lower by more than two
        such standard errors.
    score_ : {"labels", "pseudo", "tau"}
        What the choice followed.
    best_context_ : Context
        The chosen context, not fitted.
    best_n_components_ : int
        The predicted best number of dimensions under it: by labels, that of the ridge probe with
        the lowest leave-one-out error.
    best_usefulness_ : Usefulness
        Its tau, curve and reliability flag.
    best_pseudo_ : PseudoTaskScore or None
        Its error on pseudo-tasks.
    best_singular_values_ : ndarray
        Its singular values on the rows looked at.
    n_alike_ : int or None
        How many other candidates cannot be told apart from the chosen one; None by tau.
    n_samples_ : int
        How many rows candidates were fitted to.
    n_labelled_ : int or None
        How many labels were looked at, 500 at most, drawn at random.

    Notes
    -----
    With m = ``max_samples`` rows a candidate costs an O(m^3) eigenvalue problem. Masked contexts
    share each mask's neighbours (found for the largest K) and distances; others do so three at a
    time. Memory is O(m^2) for every
    member of the families worked on at once.

    Labels judge contexts of the rows alone. One that has seen labels itself (``needs_y``) repeats
    them, so it has no error on labels and is not chosen by them. A teacher that was fitted to the
    same labels beforehand cannot be noticed: do not offer it.

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
        max_samples: int = 1000,
        mixes: bool = False,
        n_jobs: int | None = None,
        random_state: Any = 0,
    ) -> None:
        self.candidates = candidates
        self.criterion = criterion
        self.d0 = d0
        self.beta = beta
        self.max_samples = max_samples
        self.mixes = mixes
        self.n_jobs = n_jobs
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None, *, progress: Progress | None = None) -> Self:
        """Judge every candidate.

        Parameters
        ----------
        X : array-like of shape (n, p)
            Rows; no labels are needed. Where all candidates take values of any kind, any values.
        y : array-like of shape (n,), optional
            Labels, to follow or for candidates that need them (a label context). None and NaN
            stand for none, and for classes -1 does; rows without one still define the contexts.
        progress : callable, optional
            Called with the number of candidates done and their total.

        Returns
        -------
        Self
            The fitted search.

        Raises
        ------
        InputError
            If every candidate fails, none can describe new rows, or there are no labels to follow.
        """
        check_positive_int(self.max_samples, "max_samples", least=10)
        check_score(self.criterion)
        check_jobs(self.n_jobs)
        own = self._own()
        rows = as_rows(self, X, own)
        if y is not None:
            check_length(y, len(rows), "y")
        rng = check_random_state(self.random_state)
        seen = see(rows, y, self.criterion, own, self.max_samples, rng)
        if not seen.complete and (seen.labels is not None or not own):
            y = None  # a label context needs them all
        candidates = own or _usual(rows, y)
        self.n_samples_ = len(seen.chosen)
        judged = self._judge(candidates, rows, y, seen, progress)
        if self.mixes:
            mixes = self._mixes(candidates, judged)
            judged += self._judge(mixes, rows, y, seen, _after(progress, len(candidates)))
            candidates = [*candidates, *mixes]
        self._rank(candidates, judged, seen.labels)
        return self

    def _own(self) -> list[Candidate]:
        """Describe the caller's own candidates."""
        if self.candidates is None:
            return []
        if not len(self.candidates):
            raise InputError("candidates is empty; give at least one context, or None")
        return [as_candidate(context) for context in self.candidates]

    def _judge(
        self,
        candidates: list[Candidate],
        rows: Any,
        y: Any,
        seen: RowsSeen,
        progress: Progress | None,
    ) -> list[Judged]:
        from joblib import Parallel, delayed

        fitted, share = rows[seen.chosen], len(seen.chosen) / len(rows)
        given = None if y is None else labels_of(y)[seen.chosen]
        seed = seed_of(self.random_state)
        twins = first_alike(candidates, share)
        order = in_pieces(candidates, sorted(set(twins)))
        jobs = (
            delayed(judge_group)(
                [candidates[place].context.subsampled(share).seeded(seed) for place in places],
                fitted,
                given,
                self.d0,
                self.beta,
                seen.held,
                seen.labels,
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
            done += sum(twins.count(place) for place in places)
            if progress is not None:
                progress(done, len(candidates))
        found = [result for result in (judged[twin] for twin in twins) if result is not None]
        return [of_all_rows(*one, rows) for one in zip(candidates, found, strict=True)]

    def _mixes(self, candidates: list[Candidate], judged: list[Judged]) -> list[Candidate]:
        """Propose mixes by what the choice among the others would follow."""
        table = ranking_table(candidates, judged)
        if self.criterion == "auto":
            score, _ = overruled(table, judged)
        else:
            score, _ = choose(table, self.criterion)
        return proposed_mixes(candidates, table, score)

    def _rank(
        self, candidates: list[Candidate], judged: list[Judged], labels: Labels | None
    ) -> None:
        table = ranking_table(candidates, judged)
        if self.criterion != "auto":
            self.score_, best = choose(table, self.criterion)
        else:
            self.score_, best = overruled(table, judged)
        found = judged[best]
        table["chosen"] = table.index == best
        table["told_apart"] = told_apart(judged, best)
        if found.labels is not None:
            table["labels_se"], apart = told_apart_by_labels(judged, best)
            if self.score_ == "labels":
                table["told_apart"] = apart
        assert found.usefulness is not None and found.singular_values is not None
        self.best_context_ = candidates[best].context
        self.best_usefulness_ = found.usefulness
        self.best_pseudo_ = found.pseudo
        self.best_n_components_ = found.usefulness.n_components
        if found.pseudo is not None and self.score_ == "pseudo":
            self.best_n_components_ = found.pseudo.n_components
        self.n_labelled_ = None if labels is None else len(labels.rows)
        if labels is not None and found.labels is not None and self.score_ == "labels":
            self.best_n_components_ = labelled_dimension(found.labels, labels)
        self.best_singular_values_ = found.singular_values
        alike = [apart is False for apart in table["told_apart"][table["inductive"]]]
        self.n_alike_ = sum(alike) - 1 if any(alike) else None
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
            name, pseudo (or labels, where they were followed), tau, n_components, reliable, decay.
        """
        check_is_fitted(self)
        first = "labels" if self.score_ == "labels" else "pseudo"
        columns = ["name", first, "tau", "n_components", "reliable", "decay"]
        return self.results_[columns].head(n_rows)


def _after(progress: Progress | None, n: int) -> Progress | None:
    """Give what is told of candidates beside others that are done."""
    return None if progress is None else lambda done, total: progress(n + done, n + total)


def _usual(rows: FloatArray, y: Any) -> list[Candidate]:
    """Lay the usual candidates out, and the label context where every row has a label."""
    candidates = default_candidates(rows)
    if y is None:
        return candidates
    return [*candidates, as_candidate(LabelContext(label_task(labels_of(y))))]
