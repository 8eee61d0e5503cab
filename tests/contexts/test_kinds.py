"""What each kind of context means, and what it refuses."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.datasets import load_iris
from sklearn.decomposition import PCA
from sklearn.linear_model import LinearRegression

from contextures.contexts import (
    BoostedTreesContext,
    FiniteContext,
    GraphContext,
    KNNContext,
    LabelContext,
    MaskContext,
    PairContext,
    RBFContext,
    TeacherContext,
)
from contextures.contexts.neighbor_search import NeighborSearch
from contextures.exceptions import ContextWarning, InputError
from contextures.spectrum import decompose

IRIS = load_iris().data
LINE = np.arange(10.0)[:, None]


def test_neighbours_are_the_nearest_with_the_row_itself():
    P = KNNContext(n_neighbors=3).fit(LINE).transition([[4.2]]).toarray()
    np.testing.assert_allclose(P[0], [0, 0, 0, 1 / 3, 1 / 3, 1 / 3, 0, 0, 0, 0])


@pytest.mark.parametrize("algorithm", ["tree", "brute", "ivf", "hnsw"])
def test_searches_agree_even_on_ties(algorithm):
    """A grid is all ties: whatever the back end's order, neighbours are by distance then index."""
    if algorithm in ("ivf", "hnsw"):
        pytest.importorskip("faiss")
    grid = np.array([[i, j] for i in range(12) for j in range(12)], dtype=float)
    rows = np.vstack([grid, grid + 0.5])
    distances = ((rows[:, None] - grid[None]) ** 2).sum(2)
    expected = np.argsort(distances, axis=1, kind="stable")[:, :7]
    found = NeighborSearch(grid, algorithm).query(rows, 7)
    if algorithm in ("ivf", "hnsw"):  # approximate: near enough as sets of distances
        np.testing.assert_allclose(
            np.take_along_axis(distances, found, 1), np.take_along_axis(distances, expected, 1)
        )
    else:
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("k", [7, 60, 143])
def test_the_same_points_are_found_in_any_order(k):
    """The quick way for large k must break ties by index as well."""
    grid = np.array([[i, j] for i in range(12) for j in range(12)], dtype=float)
    search = NeighborSearch(grid, "brute")
    rows = np.vstack([grid, grid + 0.5])
    np.testing.assert_array_equal(
        np.sort(search.query_any_order(rows, k)), np.sort(search.query(rows, k))
    )


def test_many_duplicates_still_give_k_neighbours():
    rows = np.repeat(np.eye(3), 40, axis=0)
    context = KNNContext(n_neighbors=5).fit(rows)
    assert (np.diff(context.transition(rows).indptr) == 5).all()
    np.testing.assert_array_equal(context.transition(rows[:1]).indices, np.arange(5))


def test_recall_is_measured_for_approximate_search():
    pytest.importorskip("faiss")
    rows = np.random.default_rng(0).standard_normal((3000, 16))
    context = KNNContext(n_neighbors=10, algorithm="hnsw").fit(rows)
    assert 0.95 <= context.recall_ <= 1
    again = KNNContext(n_neighbors=10, algorithm="hnsw").fit(rows)
    np.testing.assert_array_equal(context.expansion_.indices, again.expansion_.indices)


def test_gaussian_weights_follow_their_definition():
    context = RBFContext(gamma=0.7).fit(LINE)
    weights = np.exp(-0.7 * (LINE[:, 0] - 2.3) ** 2)
    np.testing.assert_allclose(
        context.transition([[2.3]]).toarray()[0], weights / weights.sum(), atol=1e-15
    )


def test_gaussian_far_from_every_point_is_the_nearest_not_nan():
    P = RBFContext(gamma=5.0).fit(LINE).transition([[1e4]])
    assert P.indices.tolist() == [9]


def test_narrow_gaussian_is_stored_sparsely_and_wide_densely():
    rows = np.random.default_rng(0).standard_normal((400, 3))
    assert RBFContext(gamma=1e4).fit(rows).expansion_.nnz < 0.1 * 400**2
    assert isinstance(RBFContext(gamma=1e-3).fit(rows).expansion_, np.ndarray)


def test_mask_is_the_mean_over_its_masks():
    context = MaskContext(KNNContext(n_neighbors=4), mask_rate=0.25, n_masks=50).fit(IRIS)
    assert len(context.masks_) == 4  # one of four features hidden: four different masks
    expected = np.mean(
        [
            KNNContext(n_neighbors=4).fit(IRIS[:, ~mask]).transition(IRIS[:, ~mask]).toarray()
            for mask in context.masks_
        ],
        axis=0,
    )
    np.testing.assert_allclose(context.transition(IRIS).toarray(), expected, atol=1e-14)


def test_masks_share_the_landmarks_of_their_base():
    rows = np.random.default_rng(0).standard_normal((200, 5))
    context = MaskContext(KNNContext(n_neighbors=4, n_landmarks=50)).fit(rows)
    assert context.points_.shape == (50, 5)
    for base, mask in zip(context._views(), context.masks_, strict=True):
        np.testing.assert_array_equal(base.points_, context.points_[:, ~mask])


def test_graph_inputs_weigh_as_their_degree_and_walks_divide_by_it():
    weights = np.array([[0, 2, 1], [2, 0, 0], [1, 0, 0.0]])
    context = GraphContext(weights).fit()
    np.testing.assert_allclose(context.input_weights_, [0.5, 1 / 3, 1 / 6])
    np.testing.assert_allclose(context.transition([0]).toarray(), [[0, 2 / 3, 1 / 3]])


def test_teacher_spectrum_does_not_shrink_with_the_batch():
    """The factor in k = 1 + N z z' is the number of fitted rows: the top value is one."""
    context = TeacherContext(PCA(3)).fit(IRIS)
    values = decompose(TeacherContext(PCA(3)), IRIS, 3).singular_values
    singular = np.linalg.svd(IRIS - IRIS.mean(0), compute_uv=False)
    np.testing.assert_allclose(values, (singular / singular[0])[:3], atol=1e-10)
    whole = context.dual_kernel(IRIS)
    np.testing.assert_allclose(context.dual_kernel(IRIS[:7]), whole[:7, :7], atol=1e-10)


def test_teacher_threshold_projects():
    values = decompose(TeacherContext(PCA(3), threshold=0.2), IRIS, 2).singular_values
    np.testing.assert_allclose(values, 1, atol=1e-10)


def test_a_fitted_teacher_is_used_as_it_is():
    teacher = PCA(2).fit(IRIS[:50])
    context = TeacherContext(teacher).fit(IRIS)
    assert context.teacher_ is teacher
    decompose(TeacherContext(teacher), IRIS, 2)  # clones the context, not the fitted teacher
    assert TeacherContext(LinearRegression()).fit(IRIS, IRIS[:, 0]).expansion_.shape == (150, 1)
    assert TeacherContext(KMeans(3, n_init=1)).fit(IRIS).expansion_.shape == (150, 3)


def test_real_targets_have_one_singular_value():
    target = IRIS[:, 2]
    spectrum = decompose(LabelContext(), IRIS, 1, y=target)
    np.testing.assert_allclose(spectrum.singular_values, 1, atol=1e-12)
    z = (target - target.mean()) / target.std()
    np.testing.assert_allclose(np.abs(spectrum.left[:, 0] @ z) / 150, 1, atol=1e-12)


def test_pairs_give_the_empirical_law_and_the_mean_for_the_unseen():
    context = PairContext().fit([[1, 2], [1, 2], [3, 4]], ["a", "b", "b"])
    P = context.transition([[1, 2], [9, 9]]).toarray()
    np.testing.assert_allclose(P, [[0.5, 0.5], [1 / 3, 2 / 3]])
    with pytest.raises(InputError, match="never seen"):
        PairContext("error").fit([1, 2, 1], ["a", "b", "b"]).transition([5])


def test_continuous_pairs_are_kept_but_have_no_transition():
    a = np.random.default_rng(0).standard_normal(100)
    context = PairContext().fit(np.arange(100), a)
    assert not context.discrete_
    with pytest.raises(InputError, match="bins"):
        context.transition([0])
    assert context.form == "sampler"
    observed = context.sample_rows(np.arange(100), [3, 0], np.random.default_rng(0), 2)
    np.testing.assert_array_equal(observed, [[a[3], a[0]]] * 2)
    with pytest.raises(InputError, match="for the fitted pairs only"):
        context.sample(np.arange(2), np.random.default_rng(0))
    with pytest.raises(InputError, match="RitzEncoder or NeuralEncoder"):
        decompose(PairContext(), np.arange(100), 2, y=a)


def test_rows_of_whole_numbers_are_continuous_when_few_repeat():
    """Pixels are whole numbers, and two halves of images are pairs without a transition."""
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 17, (100, 8))
    assert not PairContext().fit(pixels, pixels).discrete_
    assert PairContext().fit(pixels, pixels[rng.integers(0, 5, 100)]).discrete_
    assert PairContext().fit(pixels, np.arange(100)).discrete_  # names


BAD = [
    (lambda: KNNContext(10).fit(LINE), "give n_neighbors=9 or less"),
    (lambda: KNNContext(0).fit(LINE), "n_neighbors=0"),
    (lambda: KNNContext(2.5).fit(LINE), "n_neighbors=2.5"),
    (lambda: KNNContext(5, n_landmarks=4).fit(LINE), "needs more than 5 landmarks"),
    (lambda: KNNContext(2, algorithm="ball").fit(LINE), "algorithm='ball'"),
    (lambda: RBFContext(gamma=0).fit(LINE), "gamma=0"),
    (lambda: RBFContext(gamma=-1.0).fit(LINE), "gamma=-1.0"),
    (lambda: RBFContext(gamma=np.nan).fit(LINE), "gamma=nan"),
    (lambda: MaskContext(KNNContext(2)).fit(LINE), "at least 2 features"),
    (lambda: MaskContext(KNNContext(2), mask_rate=1.0).fit(IRIS), "mask_rate=1.0"),
    (lambda: MaskContext(LabelContext()).fit(IRIS), "cannot be masked"),
    (lambda: MaskContext(KNNContext(2), n_masks=0).fit(IRIS), "n_masks=0"),
    (lambda: KNNContext(2).fit(LINE).transition(IRIS), "has 4 features"),
    (lambda: LabelContext().fit(LINE), "needs labels"),
    (lambda: LabelContext().fit(LINE, np.zeros(10)), "one class only"),
    (lambda: LabelContext("regression").fit(LINE, np.zeros(10)), "is constant"),
    (lambda: LabelContext().fit(LINE, [1.0] * 9 + [np.nan]), "no label at row 9"),
    (lambda: LabelContext().fit(LINE, [0, 1]), "10 rows but y has 2"),
    (lambda: LabelContext().fit(LINE, np.arange(10) % 2).transition(LINE), "fit time only"),
    (lambda: GraphContext(np.ones((2, 3))).fit(), "square"),
    (lambda: GraphContext(-np.ones((2, 2))).fit(), "negative"),
    (lambda: GraphContext(np.diag([1.0, 0.0])).fit(), "node 1 has no edge"),
    (lambda: GraphContext(np.ones((2, 2))).fit([0, 2]), "index 2 does not exist"),
    (lambda: GraphContext(np.ones((2, 2))).fit([0.5]), "as integers"),
    (lambda: FiniteContext(np.ones((2, 2))).fit(), "sums to 4"),
    (lambda: FiniteContext(np.full((2, 2), np.nan)).fit(), "missing or infinite"),
    (lambda: FiniteContext([[1.0, 0.0], [0.0, 0.0]]).fit(), "row 1 of joint"),
    (lambda: PairContext().fit([1, 2]), r"fit\(X, A\)"),
    (lambda: PairContext().fit([1, 2], [1]), "2 rows but A has 1"),
    (lambda: TeacherContext(PCA(2), output="predict").fit(IRIS), "has no method predict"),
    (lambda: TeacherContext(PCA(2), threshold=2).fit(IRIS), "threshold=2"),
    (lambda: TeacherContext(PCA(2)).fit(IRIS).transition(IRIS), "no transition"),
]


@pytest.mark.parametrize(("attempt", "message"), BAD, ids=[message for _, message in BAD])
def test_bad_parameters_are_named_with_the_mend(attempt, message):
    with pytest.raises(InputError, match=message):
        attempt()


@pytest.mark.parametrize("kind", [LabelContext, BoostedTreesContext])
def test_many_whole_numbers_are_amounts_and_said_to_be(kind):
    """A count of 94 different values is no 94 classes."""
    pytest.importorskip("lightgbm")
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((300, 3))
    counts = rng.permutation(np.arange(300) % 94)
    with pytest.warns(ContextWarning, match=r"94 different whole numbers .* read as amounts"):
        fitted = kind().fit(rows, counts)
    assert not hasattr(fitted, "classes_")
    with warnings.catch_warnings():
        warnings.simplefilter("error", ContextWarning)
        kind(task="regression").fit(rows, counts)
        assert LabelContext().fit(rows, counts % 20).form == "transition"
        assert LabelContext(task="classification").fit(rows, counts).form == "transition"
