"""Ranking contexts."""

from __future__ import annotations

import re
import warnings

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_wine

from contextures import ContextSearch, usefulness
from contextures.contexts import (
    CutMixContext,
    GraphContext,
    KNNContext,
    LabelContext,
    MaskContext,
    NoiseContext,
    RandomMaskContext,
    RBFContext,
    SCARFContext,
)
from contextures.exceptions import ContextWarning, InputError
from contextures.selection import default_candidates, parse_context, short_form
from contextures.selection.candidate_scores import held_out_values
from contextures.spectrum import decompose

X, Y = load_wine(return_X_y=True)
X = (X - X.mean(0)) / X.std(0)
FEW = [KNNContext(k) for k in (5, 20, 60)]


def test_scores_are_those_of_the_spectra():
    search = ContextSearch(FEW, score="tau").fit(X)
    for _, row in search.results_.iterrows():
        values = decompose(row["context"], X, 100).singular_values
        whole = usefulness(np.append(values, np.zeros(77)))
        assert row["tau"] == pytest.approx(whole.tau, rel=0.02)
    best = search.results_.iloc[0]
    assert best["chosen"]
    assert best["context"] is search.best_context_
    assert search.best_n_components_ == best["n_components"] == search.best_usefulness_.n_components


def test_by_tau_the_best_reliable_context_is_chosen_and_listed_first():
    search = ContextSearch(score="tau").fit(X)
    table = search.results_
    reliable = table[table["reliable"].astype(bool)]
    assert search.best_usefulness_.tau == reliable["tau"].min()
    assert len(table) == 36
    assert set(table["family"]) == {
        "nearest neighbours",
        "Gaussian",
        "masked nearest neighbours",
        "masked Gaussian",
    }
    rest = table["tau"].iloc[1:].to_numpy(dtype=float)
    assert (np.diff(rest) >= 0).all()


def test_repeated_searches_are_equal_whatever_the_number_of_jobs():
    first = ContextSearch(random_state=1, max_samples=100).fit(X)
    second = ContextSearch(random_state=1, max_samples=100, n_jobs=2).fit(X)
    assert first.results_["name"].tolist() == second.results_["name"].tolist()
    np.testing.assert_allclose(
        first.results_["tau"].astype(float), second.results_["tau"].astype(float), rtol=1e-9
    )


@pytest.mark.parametrize("n_jobs", [0, 1.5, "all", True, float("nan"), [2]])
def test_a_number_of_jobs_that_is_none_is_refused(n_jobs):
    with pytest.raises(InputError, match="is no number of jobs; give 1 or more"):
        ContextSearch(FEW, n_jobs=n_jobs).fit(X)


def test_labels_are_listed_but_never_chosen_and_do_not_change_the_others():
    with_labels = ContextSearch([*FEW, LabelContext()], criterion="label-free").fit(X, Y)
    without = ContextSearch(FEW).fit(X)
    table = with_labels.results_.set_index("name")
    assert table.loc["labels", "tau"] == pytest.approx(2.0)
    assert not table.loc["labels", "chosen"]
    for name, row in without.results_.set_index("name").iterrows():
        assert table.loc[name, "tau"] == row["tau"]


def test_a_failing_candidate_is_reported_and_not_fatal():
    search = ContextSearch([KNNContext(500), KNNContext(20)], score="tau").fit(X)
    failed = search.results_.iloc[-1]
    assert "give n_neighbors=177 or less" in failed["error"]
    assert np.isnan(failed["tau"])
    assert search.best_context_.n_neighbors == 20


def test_mixes_of_the_best_are_judged_and_named_as_such():
    """Half and half the best of two families, and the strongest with the weakest of the best; the
    others are found as without them, and a mix is judged as one that is given is."""
    given = [*FEW, *(RBFContext(gamma) for gamma in (0.01, 0.1))]
    told = []
    plain = ContextSearch(given).fit(X)
    search = ContextSearch(given, mixes=True).fit(X, progress=lambda *done: told.append(done))
    table = search.results_
    mixed = table[table["family"].str.startswith("mix: ")]
    first, *_ = plain.results_["context"]
    best = plain.results_.drop_duplicates("family")["context"].tolist()
    own = {KNNContext: (FEW[0], FEW[-1]), RBFContext: (given[4], given[3])}[type(first)]
    expected = {
        repr(0.5 * best[0] + 0.5 * best[1]),
        repr(0.5 * own[0] + 0.5 * own[1]),
        repr(own[0] @ own[1]),
    }
    assert {repr(context) for context in mixed["context"]} == expected
    singles = table[~table["family"].str.startswith("mix: ")].sort_values("name")
    again = plain.results_.sort_values("name")
    np.testing.assert_array_equal(singles["pseudo"], again["pseudo"])
    alone = ContextSearch(mixed["context"].tolist()).fit(X).results_
    for _, row in alone.iterrows():
        same = mixed[mixed["name"] == row["name"]].iloc[0]
        assert same["pseudo"] == pytest.approx(row["pseudo"])
        assert parse_context(row["name"]).form == "transition"
    assert told[0] == (0, 5) and told[-1] == (8, 8)
    assert not ContextSearch(given).mixes and ContextSearch(mixes=True).get_params()["mixes"]


@pytest.mark.parametrize(
    ("given", "n_mixes"),
    [
        (FEW[:1], 0),
        ([KNNContext(5), KNNContext(5)], 0),
        ([KNNContext(5), LabelContext()], 0),
        ([KNNContext(5), SCARFContext()], 1),
        ([SCARFContext(0.2), SCARFContext(0.6)], 2),
        ([KNNContext(5), KNNContext(500), RBFContext()], 1),
    ],
)
def test_only_what_can_be_mixed_is(given, n_mixes):
    table = ContextSearch(given, mixes=True).fit(X, Y).results_
    assert table["family"].str.startswith("mix: ").sum() == n_mixes
    assert table["error"].notna().sum() == (len(given) == 3)


def test_when_every_candidate_fails_no_mix_is_tried():
    with pytest.raises(InputError, match=r"no candidate can be chosen: .*177 or less") as caught:
        ContextSearch([KNNContext(500), KNNContext(600)], mixes=True).fit(X)
    assert "\n" not in str(caught.value)


def test_when_every_candidate_fails_the_first_reason_is_given():
    with pytest.raises(InputError, match=r"no candidate can be chosen.*n_neighbors=500"):
        ContextSearch([KNNContext(500)]).fit(X)
    with pytest.raises(InputError, match="can describe new rows"):
        ContextSearch([LabelContext()]).fit(X, Y)
    with pytest.raises(InputError, match="is not a context"):
        ContextSearch(["knn"]).fit(X)
    with pytest.raises(InputError, match="is empty"):
        ContextSearch([]).fit(X)


def test_nothing_reliable_still_gives_an_answer_with_its_flag():
    search = ContextSearch([KNNContext(1), RBFContext(1e9)], score="tau").fit(X)
    assert not search.best_usefulness_.reliable


def test_a_subset_of_rows_keeps_the_association_level():
    """K is scaled with the rows, so tau on a third of them is near tau on all."""
    rows = np.random.default_rng(0).standard_normal((1200, 4))
    whole = ContextSearch([KNNContext(120)], score="tau", max_samples=2000).fit(rows)
    third = ContextSearch([KNNContext(120)], score="tau", max_samples=400).fit(rows)
    assert third.n_samples_ == 400
    assert third.best_usefulness_.tau == pytest.approx(whole.best_usefulness_.tau, abs=0.05)


def test_other_joblib_backends_can_be_used():
    """What a Dask or Ray backend does: candidates run in another process."""
    with joblib.parallel_config(backend="loky", n_jobs=2):
        elsewhere = ContextSearch(FEW).fit(X)
    here = ContextSearch(FEW).fit(X)
    np.testing.assert_allclose(
        elsewhere.results_["tau"].astype(float), here.results_["tau"].astype(float)
    )


def test_progress_is_told_to_the_end():
    told = []
    ContextSearch(FEW).fit(X, progress=lambda done, total: told.append((done, total)))
    assert told[0] == (0, 3)
    assert told[-1] == (3, 3)


def test_one_feature_is_not_masked_and_constant_rows_do_not_break_the_layout():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(default_candidates(X[:, :1])) == 18
        assert len(default_candidates(np.zeros((100, 3)))) == 36


def test_it_clones_and_prints():
    search = clone(ContextSearch(FEW, beta=2.0))
    assert search.beta == 2.0
    assert "KNNContext" in repr(search)


@pytest.mark.parametrize(
    ("text", "context"),
    [
        ("knn:12", KNNContext(12)),
        ("KNN", KNNContext(30)),
        ("rbf", RBFContext()),
        ("rbf:0.5", RBFContext(0.5)),
        ("mask(knn:7)", MaskContext(KNNContext(7))),
        ("mask:0.4(rbf:2)", MaskContext(RBFContext(2.0), 0.4)),
        ("mask:0.3", RandomMaskContext(mask_rate=0.3)),
        ("noise:0.25", NoiseContext(0.25)),
        ("scarf", SCARFContext()),
        ("cutmix:0.4", CutMixContext(0.4)),
    ],
)
def test_short_forms_are_read_and_written(text, context):
    parsed = parse_context(text)
    assert repr(parsed) == repr(context)
    assert repr(parse_context(short_form(parsed))) == repr(context)


@pytest.mark.parametrize(
    "text",
    ["", "nn:3", "knn:3.5", "knn:many", "rbf:wide", "mask:0.2knn", "knn:", "mask:x(knn)", "mask()"],
)
def test_short_forms_that_mean_nothing_are_refused(text):
    with pytest.raises(InputError, match=r"is not known|is not a"):
        parse_context(text)


def test_contexts_that_only_draw_are_ranked_by_values_on_rows_not_learned_from():
    """Values on the rows learned from would rank pure noise as an association."""
    rows = np.random.default_rng(0).standard_normal((1500, 2))
    values = held_out_values(NoiseContext(0.75).fit(rows), rows, 64)
    expected = np.repeat(0.8 ** np.arange(1, 4), [2, 3, 4])
    np.testing.assert_allclose(values[:9], expected, atol=0.12)
    assert (values[:9] < expected + 0.03).all()
    noise = held_out_values(NoiseContext(100.0).fit(rows), rows, 64)
    assert noise[0] < 0.15
    search = ContextSearch([NoiseContext(0.75), NoiseContext(100.0), KNNContext(20)]).fit(rows)
    assert search.results_["error"].isna().all()
    weak = search.results_.set_index("name").loc["noise:100"]
    assert not weak["reliable"] or weak["strength"] < 1
    assert np.isnan(weak["kernel_deviation"])


def test_only_contexts_of_neighbours_can_be_masked_in_short():
    with pytest.raises(InputError, match=r"base=SCARFContext\(\) cannot be masked"):
        parse_context("mask(scarf)")


@pytest.mark.parametrize(
    ("old", "new"),
    [("mask+knn:30", "mask(knn:30)"), ("mask:0.4+rbf:1", "mask:0.4(rbf:1)")],
)
def test_the_old_way_of_writing_masks_is_told_the_new(old, new):
    with pytest.warns(ContextWarning, match=re.escape(f"write {new}")):
        read = parse_context(old)
    assert repr(read) == repr(parse_context(new))


def test_contexts_over_indices_have_no_family_of_rows():
    search = ContextSearch([GraphContext(np.ones((178, 178)) + np.eye(178))])
    with pytest.raises(InputError, match="no candidate can be chosen"):
        search.fit(X)
