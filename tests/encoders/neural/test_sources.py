"""Every kind of context feeds the network: batches are what they claim, and spectra come out."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import sparse
from sklearn.datasets import load_iris
from sklearn.preprocessing import StandardScaler

import oracles
from contextures.contexts import (
    BoostedTreesContext,
    DiffusionContext,
    FiniteContext,
    GraphContext,
    KNNContext,
    LabelContext,
    MaskContext,
    NoiseContext,
    PairContext,
    RandomMaskContext,
    RBFContext,
    SCARFContext,
    TeacherContext,
)
from contextures.contexts.draws import Draws
from contextures.encoders import NeuralEncoder
from contextures.encoders.neural.schedule import RowOrder, rate_share
from contextures.encoders.neural.transitions import SharedDraws, TransitionBlocks
from contextures.exceptions import InputError
from contextures.spectrum import decompose

X, Y = load_iris(return_X_y=True)
CPU = torch.device("cpu")


def encoder(context, n_components=3, **parameters):
    options = {"max_steps": 50, "network_options": {"width": 32, "depth": 2}, **parameters}
    return NeuralEncoder(context, n_components, **options)


def kernel(rows, weights):
    rows = rows.to_dense() if rows.layout != torch.strided else rows
    inverse = torch.where(weights > 0, 1 / weights, 0)
    return (rows * inverse) @ rows.T


@pytest.mark.parametrize("context", [KNNContext(7), RBFContext(5.0)], ids=["sparse", "dense"])
def test_blocks_hold_the_dual_kernel_of_their_rows(context):
    """Leaving out columns that one row reaches alone changes the diagonal only."""
    context.fit(X)
    weights = context.input_weights_
    blocks = TransitionBlocks(context.expansion_, weights, CPU)
    places = torch.tensor([3, 60, 61, 2, 140, 4])
    expected = context.fitted_kernel(places.numpy())
    whole = kernel(*blocks.block(places, slice(None), False))
    np.testing.assert_allclose(whole, expected, rtol=1e-5)
    rows, shares = blocks.block(places, slice(None), True)
    off = ~np.eye(6, dtype=bool)
    np.testing.assert_allclose(kernel(rows, shares)[off], expected[off], rtol=1e-5)
    assert sparse.issparse(context.expansion_) == (rows.shape[1] < 150)
    parts = [blocks.block(places, part, True)[0].to_dense() for part in (slice(0, 2), slice(2, 6))]
    np.testing.assert_array_equal(torch.cat(parts), rows.to_dense())


@pytest.mark.parametrize("dense", [False, True])
def test_partners_share_a_context_as_often_as_the_kernel_says(dense):
    """x+ given x has the law k(x, x+) P_X(x+)."""
    joint = np.random.default_rng(0).dirichlet(np.ones(20)).reshape(5, 4)
    weights = joint.sum(1)
    transition = joint / weights[:, None]
    draws = SharedDraws(transition if dense else sparse.csr_array(transition), weights)
    places = torch.arange(5).repeat(20_000)
    generator = torch.Generator().manual_seed(0)
    partners = draws.partners(places, Draws(places, generator))
    counts = torch.zeros(5, 5).index_put_((places, partners), torch.ones(1), accumulate=True)
    expected = (transition / joint.sum(0)) @ transition.T * weights
    np.testing.assert_allclose(counts / 20_000, expected, atol=0.015)


def test_rows_of_every_batch():
    even = np.full(10, 0.1)
    order = RowOrder(10, 4, even, 0, False, CPU)
    epoch = [order.places(step) for step in (0, 1)]
    assert len(set(torch.cat(epoch).tolist())) == 8  # no row twice in an epoch
    again = RowOrder(10, 4, even, 0, False, CPU)
    assert torch.equal(again.places(1), epoch[1])  # whatever was asked for before
    assert not torch.equal(order.places(2), epoch[0])
    assert RowOrder(10, 35, even, 0, True, CPU).places(0).tolist() == list(range(10)) * 3
    assert RowOrder(10, 35, even, 0, False, CPU).is_whole
    uneven = np.array([0.5, 0.25, 0.125, 0.125])
    counts = np.bincount(RowOrder(4, 8, uneven, 0, True, CPU).places(3), minlength=4)
    assert counts.tolist() == [4, 2, 1, 1]


def test_the_learning_rate_rises_and_falls():
    shares = [rate_share(step, 100) for step in range(100)]
    assert shares[0] < 0.1
    assert max(shares) == 1
    assert shares[-1] < 0.001
    assert 0 < rate_share(0, 1) <= 1


@pytest.mark.filterwarnings("ignore:1 singular value is one")
@pytest.mark.parametrize(
    ("context", "y", "objective"),
    [
        (KNNContext(15), None, "ratio_trace"),
        (KNNContext(15), None, "svme"),
        (RBFContext(2.0), None, "kise"),
        (LabelContext(), Y, "ratio_trace"),
        (LabelContext(), Y, "supervised_mse"),
        (LabelContext(), X[:, 0] + X[:, 2], "ratio_trace"),
        (LabelContext(), X[:, :2] + X[:, 2:], "supervised_mse"),
        (TeacherContext(StandardScaler()), None, "distillation"),
        (TeacherContext(StandardScaler()), None, "ratio_trace"),
        (BoostedTreesContext(n_estimators=3), Y, "ratio_trace"),
        (MaskContext(KNNContext(15), n_masks=3), None, "ratio_trace_views"),
    ],
    ids=str,
)
def test_contexts_on_the_rows_come_close_to_their_exact_spectrum(context, y, objective):
    pytest.importorskip("lightgbm")
    d = 1 if y is not None and np.ndim(y) == 1 and objective == "ratio_trace" else 2
    exact = decompose(context, X, d, y=y)
    fitted = encoder(context, d, objective=objective, batch_size=300).fit(X, y)
    np.testing.assert_allclose(fitted.singular_values_, exact.singular_values, atol=0.1)
    overlap = fitted.transform(X).T @ exact.left / len(X)
    assert np.linalg.svd(overlap)[1].min() > 0.8


@pytest.mark.parametrize("objective", ["ratio_trace", "ratio_trace_views", "denoising"])
def test_draws_of_noise_give_linear_functions_first(objective):
    """For normal X and A = X + noise, s_1 = rho with linear functions."""
    rows = np.random.default_rng(0).standard_normal((3000, 2))
    fitted = encoder(
        NoiseContext(0.75), 2, objective=objective, n_outputs=12, batch_size=1500, max_steps=80
    ).fit(rows)
    np.testing.assert_allclose(fitted.singular_values_, 0.8, atol=0.05)
    fresh = np.random.default_rng(1).standard_normal((500, 2))
    embedded = fitted.transform(fresh)
    cosines = np.linalg.svd(np.linalg.qr(embedded)[0].T @ np.linalg.qr(fresh)[0])[1]
    assert cosines.min() > 0.9
    averaged = objective != "ratio_trace"
    assert (fitted.network_ is None) == averaged


@pytest.mark.parametrize(
    "context",
    [RandomMaskContext(), SCARFContext(), DiffusionContext()],
    ids=["masks", "scarf", "levels"],
)
@pytest.mark.parametrize("objective", ["ratio_trace", "masked_reconstruction"])
def test_contexts_of_other_shapes_than_x(context, objective):
    fitted = encoder(context, 2, objective=objective, n_outputs=8, max_steps=10).fit(X)
    assert fitted.transform(X[:4]).shape == (4, 2)
    assert np.isfinite(fitted.transform(X)).all()


def test_two_modalities_have_an_encoder_each():
    """CLIP-like: the first two columns of iris beside the last two, the pairs observed."""
    one, other = X[:, :2], X[:, 2:]
    fitted = encoder(PairContext(), 2, context_network_options=None).fit(one, other)
    assert fitted.network_.standardise.mean.shape == (2,)
    assert fitted.context_network_ is not None
    assert fitted.transform(one).shape == (150, 2)
    nu = fitted.functions_.right(
        fitted.context_network_(torch.tensor(other, dtype=torch.float32)).detach().numpy()
    )
    correlations = np.corrcoef(fitted.transform(one).T, nu.T)[:2, 2:]
    np.testing.assert_allclose(np.diag(correlations), fitted.singular_values_, atol=0.1)
    other_kind = encoder(
        PairContext(),
        2,
        context_network=lambda sample, width: torch.nn.Linear(sample.shape[1], width),
    ).fit(one, other)
    assert isinstance(other_kind.context_network_, torch.nn.Linear)


def test_names_on_both_sides():
    names = np.array(["cat", "dog", "cow"] * 60)
    values = np.array(["miaow", "woof", "moo"])[(np.arange(180) + (np.arange(180) % 7 == 0)) % 3]
    exact = decompose(PairContext(), names, 2, y=values)
    fitted = encoder(PairContext(), 2).fit(names, values)
    np.testing.assert_allclose(fitted.singular_values_, exact.singular_values, atol=1e-3)
    assert fitted.transform(["dog", "cat"]).shape == (2, 2)
    with pytest.raises(InputError, match="bird at row 0 was not seen"):
        fitted.transform(["bird"])


def test_nodes_and_states_by_their_index():
    graph = encoder(GraphContext(oracles.block_graph(8, 3, 0.9, 0.2)), 2).fit()
    np.testing.assert_allclose(graph.singular_values_, 0.7 / 1.3, atol=0.005)
    finite = encoder(FiniteContext(oracles.flips(3, 0.1)), 3).fit(None)
    np.testing.assert_allclose(finite.singular_values_, 0.8, atol=0.005)
    assert finite.transform([1, 0]).shape == (2, 3)


def test_nodes_of_unequal_degree_are_weighted():
    star = np.zeros((9, 9))
    star[0, 1:] = star[1:, 0] = 1
    context = GraphContext(star + 2 * np.eye(9))
    exact = decompose(context, None, 2)
    fitted = encoder(context, 2, batch_size=400).fit()
    np.testing.assert_allclose(fitted.singular_values_, exact.singular_values, atol=0.01)
    coordinates = fitted.transform(None)
    np.testing.assert_allclose(exact.input_weights @ coordinates, 0, atol=1e-5)


def test_labels_embed_new_rows():
    """Unlike the exact solution, a network on X knows rows without a label."""
    fitted = encoder(LabelContext(), 2, validation_fraction=0.0).fit(X[::2], Y[::2])
    embedded = fitted.transform(X[1::2])
    centres = np.array([embedded[Y[1::2] == k].mean(0) for k in range(3)])
    nearest = np.argmin(((embedded[:, None] - centres) ** 2).sum(2), axis=1)
    assert (nearest == Y[1::2]).mean() > 0.85


@pytest.mark.parametrize(
    ("context", "y", "objective", "message"),
    [
        (PairContext(), X[:, 2:], "vicreg", "needs two draws of A for each x"),
        (TeacherContext(StandardScaler()), None, "low_rank", "gives none"),
        (NoiseContext(1.0), None, "ratio_trace_kernel", "only draws A"),
        (KNNContext(5), None, "graph_lazy", "needs a graph"),
    ],
    ids=["one draw", "no draws", "no kernel", "no graph"],
)
def test_objectives_that_a_context_cannot_feed_are_refused(context, y, objective, message):
    options = {}
    if objective == "graph_lazy":
        objective, options = "graph", {"walk": "lazy"}
    with pytest.raises(InputError, match=message):
        encoder(context, 2, objective=objective, objective_options=options).fit(X[:, :2], y)
