"""Every kind of network takes its rows, trains, and says what it cannot take."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits, load_iris
from torch import nn

import oracles
from contextures.contexts import (
    GraphContext,
    ImageContext,
    KNNContext,
    MaskedTokensContext,
    NextTokensContext,
    NoiseContext,
)
from contextures.encoders import NeuralEncoder
from contextures.encoders.neural.networks import KINDS, CategoricalMLP, TokenTransformer
from contextures.encoders.neural.networks.graph import _Pass, csr_tensor
from contextures.exceptions import InputError

X, Y = load_iris(return_X_y=True)
DIGITS = load_digits().data[:300]
SMALL = {"width": 16, "depth": 2}


def encoder(context, n_components=2, **parameters):
    return NeuralEncoder(
        context, n_components, **{"max_steps": 12, "batch_size": 100, **parameters}
    )


def improved(fitted):
    """Whether the loss fell."""
    losses = [line["loss"] for line in fitted.history_ if line["phase"] == "search"]
    return losses[-1] < losses[0]


def test_residual_blocks_start_where_they_came_from():
    """Without the blocks' weights a block is the identity."""
    network = KINDS["mlp"].build({"n_inputs": 3, "n_outputs": 2, "width": 8, "depth": 3})
    block = network.trunk.blocks[0]
    nn.init.zeros_(block.linear.weight)
    nn.init.zeros_(block.linear.bias)
    hidden = torch.randn(5, 8)
    assert torch.equal(block(hidden), hidden)


def test_inputs_are_standardised_by_the_fitted_rows():
    """Units of columns do not matter, and constant columns do no harm."""
    columns = [1e6, 1e-6, 1.0, 1.0]
    one = encoder(KNNContext(15), network_options=SMALL).fit(X)
    context = KNNContext(15)
    scaled = encoder(NoiseContext(1.0), network_options=SMALL).fit(np.c_[X * columns, np.ones(150)])
    assert np.isfinite(scaled.transform(np.c_[X * columns, np.ones(150)])).all()
    standard = one.network_.standardise
    np.testing.assert_allclose(standard.mean, X.mean(0), rtol=1e-5)
    np.testing.assert_allclose(standard.scale, X.std(0), rtol=1e-5)
    assert context.get_params() == one.context.get_params()


def test_categories_are_embedded_and_unknown_ones_are_the_mean():
    rows = np.c_[X, Y * 10.0]
    options = {**SMALL, "columns": [4]}
    fitted = encoder(KNNContext(15), network="categorical", network_options=options).fit(rows)
    network = fitted.network_
    assert isinstance(network, CategoricalMLP)
    np.testing.assert_array_equal(network.values.numpy(), [0, 10, 20])
    codes = network._codes(torch.tensor([[0.0] * 4 + [value] for value in (0, 10, 20, 5)]))
    assert codes[0].tolist() == [1, 2, 3, 0]
    assert not network.table.weight[0].any()  # what was never seen stays at zero
    assert np.isfinite(fitted.transform(np.c_[X[:3], [[99.0]] * 3])).all()


@pytest.mark.parametrize(
    ("columns", "message"),
    [([4], "names a column twice, or one that does not exist"), ([], "needs to know")],
)
def test_columns_that_are_no_categories_are_refused(columns, message):
    with pytest.raises(InputError, match=message):
        encoder(KNNContext(15), network="categorical", network_options={"columns": columns}).fit(X)


@pytest.mark.parametrize("shape", [(8, 8), (1, 8, 8), (4, 4, 4)])
def test_images_are_convolved(shape):
    context = ImageContext((8, 8), crop=(0.6, 1.0), flip=0.0)
    fitted = encoder(
        context,
        objective="ratio_trace_views",
        network="conv",
        network_options={"image_shape": shape, "width": 8, "depth": 2},
        n_views=4,
    ).fit(DIGITS)
    assert improved(fitted)
    assert fitted.transform(DIGITS[:5]).shape == (5, 2)
    assert fitted.network_ is None  # it is on A, and averaged


def test_an_image_shape_that_does_not_fit_is_refused():
    with pytest.raises(InputError, match="rows have 64"):
        encoder(KNNContext(9), network="conv", network_options={"image_shape": (9, 9)}).fit(DIGITS)


def tokens():
    rng = np.random.default_rng(0)
    rows = rng.integers(2, 12, (120, 6))
    rows[:40, 4:] = 0  # shorter texts
    return rows


def test_tokens_are_attended_to_and_filling_is_not():
    fitted = encoder(
        MaskedTokensContext(0.3), network="transformer", network_options={"width": 16, "depth": 1}
    ).fit(tokens())
    network = fitted.network_
    assert isinstance(network, TokenTransformer)
    assert fitted.transform(tokens()[:4]).shape == (4, 2)
    short = torch.as_tensor(tokens()[:3])
    longer = torch.nn.functional.pad(short[:, :4], (0, 2))
    with torch.no_grad():
        places = network.eval()(short)
        torch.testing.assert_close(places, network(longer))
        assert torch.isfinite(network(torch.zeros(2, 6, dtype=torch.long))).all()


def test_prefixes_and_next_tokens_have_networks_of_their_own():
    context = NextTokensContext(prefix_length=3)
    prefixes, following = context.pairs(tokens())
    fitted = encoder(
        context,
        objective="svme",
        network="transformer",
        network_options={"width": 16, "depth": 1},
    ).fit(prefixes, following)
    assert fitted.transform(prefixes[:3]).shape == (3, 2)
    assert type(fitted.context_network_).__name__ == "Table"


def test_tokens_that_were_never_seen_are_refused():
    fitted = encoder(
        MaskedTokensContext(0.3), network="transformer", network_options={"width": 16, "depth": 1}
    ).fit(tokens())
    with pytest.raises(InputError, match="up to token 99"):
        fitted.transform(np.full((1, 6), 99))


def test_graphs_pass_messages():
    """S H is the normalised sum over neighbours and itself, and its gradient is right."""
    adjacency = oracles.path(4)
    features = np.eye(4)
    network = KINDS["graph"].planned(
        torch.arange(4), 2, {"adjacency": adjacency, "features": features, **SMALL}
    )
    whole = adjacency + np.eye(4)
    degrees = whole.sum(1)
    expected = whole / np.sqrt(np.outer(degrees, degrees))
    matrix = csr_tensor(network.starts, network.ends, network.weights, 4)
    np.testing.assert_allclose(matrix.to_dense(), expected, atol=1e-6)
    hidden = torch.randn(4, 3, requires_grad=True)
    weights = torch.randn(4, 3)
    (_Pass.apply(matrix, hidden) * weights).sum().backward()
    np.testing.assert_allclose(hidden.grad, expected.T @ weights.numpy(), atol=1e-6)


@pytest.mark.parametrize("objective", ["ratio_trace", "graph", "low_rank"])
def test_a_graph_network_embeds_nodes_that_were_not_fitted(objective):
    blocks = oracles.block_graph(20, 3, 0.9, 0.1)
    features = np.random.default_rng(0).standard_normal((60, 5))
    nodes = np.arange(0, 60, 2)
    fitted = encoder(
        GraphContext(blocks),
        objective=objective,
        network="graph",
        network_options={"width": 16, "depth": 2, "features": features},
        max_steps=40,
    ).fit(nodes)
    embedded = fitted.transform(np.arange(60))
    centres = np.array([embedded[k * 20 : k * 20 + 20].mean(0) for k in range(3)])
    spread = np.mean([embedded[k * 20 : k * 20 + 20].std(0).mean() for k in range(3)])
    assert np.abs(centres[:, None] - centres[None]).max(2)[np.triu_indices(3, 1)].min() > 2 * spread


def test_a_graph_network_needs_features_of_every_node():
    adjacency = oracles.block_graph(5, 2, 0.9, 0.1)
    for options in ({}, {"features": np.ones((3, 2))}):
        with pytest.raises(InputError, match="features"):
            encoder(GraphContext(adjacency), 1, network="graph", network_options=options).fit()


def test_any_module_and_a_function_that_makes_one():
    module = nn.Sequential(nn.Linear(4, 16), nn.Tanh(), nn.Linear(16, 8))
    before = [p.clone() for p in module.parameters()]
    fitted = encoder(KNNContext(15), network=module).fit(X)
    assert fitted.functions_.coefficients.shape == (8, 2)
    for mine, yours in zip(before, module.parameters(), strict=True):
        assert torch.equal(mine, yours)  # the caller's module is left alone
    made = encoder(
        KNNContext(15), network=lambda sample, width: nn.Linear(sample.shape[1], width)
    ).fit(X)
    assert isinstance(made.network_, nn.Linear)


@pytest.mark.parametrize(
    ("network", "message"),
    [
        (nn.Linear(3, 8), "cannot take rows of shape"),
        (nn.Flatten(0), "must give one row of numbers"),
        (lambda sample, width: 3, "not a torch.nn.Module"),
    ],
)
def test_modules_that_do_not_fit_are_refused(network, message):
    with pytest.raises(InputError, match=message):
        encoder(KNNContext(15), network=network).fit(X)
