"""The seed of an encoder, a search or a run reaches what its context draws; nothing else does."""

from __future__ import annotations

import numpy as np
import pytest

from contextures import ContextSearch, RitzEncoder, SpectralEncoder
from contextures.contexts import KNNContext, MaskContext, RBFContext
from contextures.data import demo_table
from contextures.encoders import load_encoder
from contextures.runs import FitOptions, fit_table

X = np.random.default_rng(0).standard_normal((120, 4))


def points(encoder):
    return encoder.fit(X).context_.points_


@pytest.mark.parametrize("kind", [SpectralEncoder, RitzEncoder])
@pytest.mark.parametrize(
    "context",
    [
        KNNContext(5, n_landmarks=40),
        RBFContext(n_landmarks=40),
        MaskContext(KNNContext(5, n_landmarks=40)),
    ],
    ids=["neighbours", "gaussian", "masked"],
)
def test_the_seed_of_an_encoder_draws_its_contexts_landmarks(kind, context):
    one, other = (points(kind(context, 2, random_state=seed)) for seed in (1, 2))
    assert not np.array_equal(one, other)
    np.testing.assert_array_equal(points(kind(context, 2, random_state=1)), one)
    np.random.seed(3)  # numpy's own state is nobody's seed
    np.testing.assert_array_equal(points(kind(context, 2, random_state=1)), one)
    np.testing.assert_array_equal(points(kind(context, 2)), points(kind(context, 2)))


def test_a_seed_that_the_context_was_given_stays():
    own = KNNContext(5, n_landmarks=40, random_state=7)
    np.testing.assert_array_equal(
        points(SpectralEncoder(own, 2, random_state=1)), own.fit(X).points_
    )


def test_the_seed_of_a_run_draws_the_masks_of_its_context(tmp_path):
    table = demo_table("wine")
    masks = []
    for place, seed in enumerate((0, 0, 1)):
        options = FitOptions(context="mask:0.4(knn:20)", n_components=2, seed=seed)
        run = fit_table(table, tmp_path / str(place), options).folder
        masks.append(load_encoder(run).context_.masks_)
    np.testing.assert_array_equal(masks[0], masks[1])
    assert not np.array_equal(masks[0], masks[2])


def test_a_search_seeds_its_candidates_and_shadows_no_method():
    contexts = [MaskContext(KNNContext(10), mask_rate=0.5, n_masks=2)]
    found = [
        ContextSearch(contexts, criterion="tau", random_state=seed).fit(X).best_usefulness_.tau
        for seed in (0, 0, 1)
    ]
    assert found[0] == found[1] != found[2]
    search = ContextSearch(contexts, score="tau")  # the other name
    assert search.criterion == "tau" and not hasattr(search, "score")
    with pytest.raises(TypeError, match="scor"):
        ContextSearch(contexts, scor="tau")
