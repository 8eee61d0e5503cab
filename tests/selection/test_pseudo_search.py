"""Choosing a context by the expected error on pseudo-tasks."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_wine
from sklearn.utils import check_random_state

from contextures import ContextSearch, SpectralEncoder
from contextures.contexts import KNNContext, LabelContext, MaskContext, NoiseContext, RBFContext
from contextures.evaluation import cannot_tell, pseudo_task_error, smooth_tasks
from contextures.exceptions import InputError
from contextures.selection.held_rows import draw_parts

X, Y = load_wine(return_X_y=True)
X = (X - X.mean(0)) / X.std(0)
CANDIDATES = [KNNContext(5), KNNContext(40), RBFContext(0.02), MaskContext(RBFContext(0.02))]


def test_the_error_is_that_of_encoders_fitted_to_the_other_rows():
    """Nothing that is held back may reach a context: the public functions say the same."""
    search = ContextSearch(CANDIDATES).fit(X)
    fitted, labelled, judged = draw_parts(len(X), 1500, check_random_state(0))
    assert sorted(np.concatenate([fitted, labelled, judged])) == list(range(len(X)))
    prior = smooth_tasks(X[labelled], X[judged], X[fitted])
    scores = []
    for candidate in CANDIDATES:
        row = next(r for _, r in search.results_.iterrows() if r["context"] is candidate)
        context = candidate.subsampled(len(fitted) / len(X))
        encoder = SpectralEncoder(context, 100).fit(X[fitted])
        rows = encoder.transform(X[labelled]), encoder.transform(X[judged])
        scores.append(pseudo_task_error(*rows, prior))
        assert row["pseudo"] == pytest.approx(scores[-1].error, abs=2e-3)
        assert row["pseudo_se"] == pytest.approx(scores[-1].se, rel=0.05)
    best = int(np.argmin([score.error for score in scores]))
    assert search.score_ == "pseudo"
    assert search.best_context_ is CANDIDATES[best]
    assert search.best_pseudo_.n_components == search.best_n_components_
    assert search.n_alike_ == int(cannot_tell(scores).sum()) - 1


def test_the_lowest_error_is_chosen_and_the_rest_follow_in_order():
    search = ContextSearch(max_samples=100).fit(X)
    errors = search.results_["pseudo"].to_numpy(dtype=float)
    assert search.results_["chosen"].tolist() == [True] + [False] * 35
    assert (np.diff(errors) >= 0).all()
    assert search.n_samples_ == 100
    assert not search.results_["told_apart"].iloc[0]
    assert list(search.summary(3).columns[:3]) == ["name", "pseudo", "tau"]


def test_a_context_that_holds_the_task_is_told_from_one_that_holds_nothing():
    """Under the narrow context every new row is tied to the row nearest to it alone."""
    rows = np.random.default_rng(0).standard_normal((1200, 3))
    useful, useless = RBFContext(0.5), RBFContext(1e6)
    search = ContextSearch([useless, useful]).fit(rows)
    assert search.best_context_ is useful
    assert search.best_pseudo_.error < 0.65
    assert bool(search.results_["told_apart"].iloc[1])
    assert search.results_["pseudo"].iloc[1] > 0.9


def test_contexts_without_any_function_count_as_predicting_the_mean():
    rows = np.random.default_rng(0).standard_normal((100, 3))
    search = ContextSearch([RBFContext(1e-300), KNNContext(10)]).fit(rows)
    nothing = search.results_.set_index("family").loc["Gaussian"]
    assert nothing["pseudo"] == pytest.approx(1.0, abs=0.15)
    assert search.score_ == "pseudo"


def test_labels_have_no_error_and_change_nothing():
    search = ContextSearch([*CANDIDATES, LabelContext()], criterion="label-free")
    with_labels = search.fit(X, Y)
    table = with_labels.results_
    assert np.isnan(table.loc[table["name"] == "labels", "pseudo"].iloc[0])
    assert with_labels.score_ == "pseudo"
    without = ContextSearch(CANDIDATES).fit(X)
    assert with_labels.best_pseudo_.error == without.best_pseudo_.error


def test_contexts_that_only_draw_are_scored_too():
    rows = np.random.default_rng(0).standard_normal((600, 2))
    search = ContextSearch([NoiseContext(0.75), NoiseContext(100.0)]).fit(rows)
    assert search.score_ == "pseudo"
    assert search.best_context_.sigma == 0.75
    assert search.best_pseudo_.error < 0.7


def test_few_or_equal_rows_are_ranked_by_tau():
    few = ContextSearch([KNNContext(5), KNNContext(10)]).fit(X[:50])
    assert (few.score_, few.best_pseudo_, few.n_alike_, few.n_samples_) == ("tau", None, None, 50)
    with pytest.raises(InputError, match="needs 100 rows, but there are 50; give 'tau'"):
        ContextSearch(score="pseudo").fit(X[:50])
    mostly_equal = np.zeros((100, 2))
    mostly_equal[check_random_state(0).permutation(100)[:60]] = X[:60, :2]
    search = ContextSearch([KNNContext(5)]).fit(mostly_equal)
    assert search.score_ == "tau"


def test_scores_that_do_not_exist_are_refused():
    with pytest.raises(InputError, match="'loss' is not known; give 'auto', 'labels', 'l"):
        ContextSearch(score="loss").fit(X)
