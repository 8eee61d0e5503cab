"""Alignment of representations."""

from __future__ import annotations

import tracemalloc
from functools import partial

import numpy as np
import pytest
from scipy.linalg import orth
from sklearn.cross_decomposition import CCA
from sklearn.decomposition import PCA
from sklearn.neighbors import NearestNeighbors

from contextures.evaluation import (
    cca_alignment,
    cka_alignment,
    mutual_knn_alignment,
    neighbor_overlap,
)
from contextures.exceptions import InputError
from contextures.spectrum.ritz import scatter

RNG = np.random.default_rng(0)
F = RNG.standard_normal((400, 4))
G = F @ RNG.standard_normal((4, 4)) + 1.5 * RNG.standard_normal((400, 4))
EVERY = [cca_alignment, cka_alignment, mutual_knn_alignment]


def test_it_is_the_mean_squared_correlation_of_scikit_learns_cca():
    left, right = CCA(4, tol=1e-12, max_iter=10_000, scale=False).fit_transform(F, G)
    correlations = [np.corrcoef(left[:, i], right[:, i])[0, 1] for i in range(4)]
    assert cca_alignment(F, G) == pytest.approx(np.mean(np.square(correlations)), abs=1e-6)


@pytest.mark.parametrize("align", [cca_alignment, mutual_knn_alignment])
def test_invertible_maps_shifts_and_scales_change_nothing(align):
    mixed = (F @ RNG.standard_normal((4, 4))) * [1e-5, 1.0, 1e6, 3.0] + [0.0, 1e3, 1.0, 0.0]
    assert align(F, mixed) == pytest.approx(1.0, abs=1e-9)
    assert align(mixed, G) == pytest.approx(align(F, G), abs=1e-9)
    assert align(F, G) == pytest.approx(align(G, F))


@pytest.mark.parametrize("debiased", [True, False])
def test_rotations_shifts_and_one_scale_do_not_change_cka_but_other_maps_do(debiased):
    turned = 7.0 * F @ orth(RNG.standard_normal((4, 4))) + [0.0, 1e3, 1.0, 0.0]
    assert cka_alignment(F, turned, debiased) == pytest.approx(1.0, abs=1e-9)
    assert cka_alignment(turned, G, debiased) == pytest.approx(cka_alignment(F, G, debiased))
    assert cka_alignment(F, F * [1.0, 1.0, 1.0, 9.0], debiased) < 0.9


def kernel_cka(f, g, debiased):
    """CKA from n x n matrices: the definition by centred or by U-centred kernels."""
    n, kernels = len(f), []
    for values in (f, g):
        K = values @ values.T
        if debiased:
            np.fill_diagonal(K, 0.0)
            rows = K.sum(axis=1, keepdims=True) / (n - 2)
            K = K - rows - rows.T + K.sum() / ((n - 1) * (n - 2))
            np.fill_diagonal(K, 0.0)
        else:
            K = K - K.mean(0) - K.mean(1, keepdims=True) + K.mean()
        kernels.append(K)
    K, L = kernels
    return (K * L).sum() / np.sqrt((K * K).sum() * (L * L).sum())


@pytest.mark.parametrize("debiased", [True, False])
def test_cka_is_that_of_the_kernel_matrices(debiased):
    f, g = F[:60] + 3.0, np.hstack([G[:60], F[:60, :1] ** 2])
    assert cka_alignment(f, g, debiased) == pytest.approx(kernel_cka(f, g, debiased), abs=1e-12)


def test_debiased_cka_of_independent_representations_has_no_bias():
    draws = [RNG.standard_normal((2, 40, 30)) for _ in range(200)]
    assert abs(np.mean([cka_alignment(f, g) for f, g in draws])) < 0.01
    assert np.mean([cka_alignment(f, g, debiased=False) for f, g in draws]) > 0.3


@pytest.mark.parametrize("align", EVERY)
def test_rows_are_gone_through_in_blocks(align, monkeypatch):
    whole = align(F, G)
    monkeypatch.setattr(scatter, "BLOCK_VALUES", 1)  # 256 rows, the least
    assert align(F, G) == pytest.approx(whole, abs=1e-12)


@pytest.mark.parametrize("align", [*EVERY, partial(cka_alignment, debiased=False)])
def test_no_matrix_of_all_pairs_of_rows_is_made(align):
    f, g = RNG.standard_normal((2, 10_000, 12))
    if align is mutual_knn_alignment:
        align = partial(align, n_queries=500)
    tracemalloc.start()
    align(f, g)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 60e6  # 10,000 x 10,000 numbers take 800 MB


@pytest.mark.parametrize("align", EVERY)
def test_single_precision_gives_the_same(align):
    narrow = align(F.astype(np.float32), G.astype(np.float32))
    assert narrow == pytest.approx(align(F, G), abs=1e-3)


def test_rounding_of_single_precision_is_not_a_direction():
    mixed = np.column_stack([F[:, 0], F[:, 1], 0.3 * F[:, 0] + 0.7 * F[:, 1]]).astype(np.float32)
    assert cca_alignment(mixed, F) == pytest.approx(2 / 3, abs=1e-5)


def test_a_collapsed_representation_lacks_directions():
    collapsed = F[:, [0, 0, 1, 1]]
    assert cca_alignment(F, collapsed) == pytest.approx(0.5)
    assert cca_alignment(F, F[:, :2]) == pytest.approx(1.0)
    constant = np.full((400, 2), 7.1)
    assert cca_alignment(F, constant) == cka_alignment(F, constant) == 0.0
    assert mutual_knn_alignment(F, constant) < 0.1


def test_unrelated_representations_are_as_aligned_as_chance_has_it():
    pairs = [RNG.standard_normal((2, 200, 6)) for _ in range(50)]
    assert np.mean([cca_alignment(f, g[:, :4]) for f, g in pairs]) == pytest.approx(
        6 / 199, abs=0.01
    )
    assert np.mean([mutual_knn_alignment(f, g) for f, g in pairs]) == pytest.approx(
        10 / 199, abs=0.01
    )


def test_mutual_neighbours_are_those_that_scikit_learn_finds():
    white = [PCA(whiten=True).fit_transform(values) for values in (F, G)]
    near, other = (
        NearestNeighbors(n_neighbors=5).fit(rows).kneighbors(return_distance=False)
        for rows in white
    )
    shares = [len(np.intersect1d(a, b)) / 5 for a, b in zip(near, other, strict=True)]
    np.testing.assert_allclose(neighbor_overlap(F, G, 5), shares)
    assert mutual_knn_alignment(F, G, 5) == pytest.approx(np.mean(shares))


def test_without_whitening_the_larger_coordinates_decide():
    scaled = F * [1e3, 1.0, 1.0, 1.0]
    assert mutual_knn_alignment(scaled, F[:, :1], whiten=False) > 0.9
    assert mutual_knn_alignment(scaled, F[:, :1]) < 0.3


def test_some_rows_estimate_all_within_their_standard_error():
    f = RNG.standard_normal((3000, 3))
    g = f + 0.3 * RNG.standard_normal((3000, 3))
    everything = mutual_knn_alignment(f, g, n_queries=None)
    errors = []
    for seed in range(60):
        some = neighbor_overlap(f, g, n_queries=200, random_state=seed)
        assert len(some) == 200
        errors.append((some.mean() - everything) / (some.std() / np.sqrt(200)))
    assert 0.6 < np.std(errors) < 1.3
    assert mutual_knn_alignment(f, g, n_queries=200) == mutual_knn_alignment(f, g, n_queries=200)


def test_equal_rows_do_not_count_themselves():
    repeated = np.repeat(F[:10], 20, axis=0)
    assert mutual_knn_alignment(repeated, repeated, whiten=False) == 1.0
    assert (neighbor_overlap(repeated, repeated, 3) <= 1.0).all()


@pytest.mark.parametrize("align", EVERY)
def test_encoders_are_taken_with_their_rows(align):
    pca = PCA(3).fit(F)
    assert align(pca, G, X=F) == pytest.approx(align(pca.transform(F), G))
    with pytest.raises(InputError, match="F is an encoder, so the rows to embed are needed"):
        align(pca, G)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (F[:10], "G has 10; give representations of the same rows"),
        (F[:, 0], r"G must have shape \(n, d\)"),
        (np.where(F > 2, np.nan, F), "G holds values that are missing"),
        (np.full((400, 2), "a"), "G must be an array of numbers"),
    ],
)
@pytest.mark.parametrize("align", EVERY)
def test_what_cannot_be_compared_is_refused(align, bad, message):
    with pytest.raises(InputError, match=message):
        align(F, bad)


def test_too_few_rows_are_refused():
    with pytest.raises(InputError, match="at least 4 rows"):
        cka_alignment(F[:3], G[:3])
    with pytest.raises(InputError, match="n_neighbors=10 needs more than 10 rows"):
        mutual_knn_alignment(F[:10], G[:10])
