"""Neural encoders on disk."""

from __future__ import annotations

import json

import numpy as np
import pytest
from sklearn.datasets import load_iris
from torch import nn

import oracles
from contextures.contexts import (
    FiniteContext,
    GraphContext,
    KNNContext,
    NoiseContext,
    PairContext,
    SCARFContext,
)
from contextures.encoders import NeuralEncoder, load_encoder, save_encoder
from contextures.exceptions import InputError

X, Y = load_iris(return_X_y=True)
SMALL = {"width": 8, "depth": 2}


def encoder(context, **parameters):
    return NeuralEncoder(
        context, 2, **{"max_steps": 5, "network_options": SMALL, "batch_size": 100, **parameters}
    )


ROWS = np.c_[X, Y]
GRAPH = oracles.block_graph(5, 3, 0.9, 0.2)
CASES = {
    "mlp": (encoder(KNNContext(9)), X, None, X[:7]),
    "categories": (
        encoder(KNNContext(9), network="categorical", network_options={**SMALL, "columns": [4]}),
        ROWS,
        None,
        ROWS[:7],
    ),
    "images": (
        encoder(KNNContext(9), network="conv", network_options={**SMALL, "image_shape": (2, 2)}),
        X,
        None,
        X[:7],
    ),
    "nodes": (
        encoder(
            GraphContext(GRAPH),
            network="graph",
            network_options={**SMALL, "features": np.eye(15)},
        ),
        None,
        None,
        [3, 1, 14],
    ),
    "states": (encoder(FiniteContext(oracles.flips(2, 0.1))), None, None, [3, 1]),
    "names": (
        encoder(PairContext()),
        np.array(["b", "a", "c"] * 5),
        np.array([0, 1, 2] * 5),
        ["c", "a"],
    ),
    "averages of draws": (encoder(NoiseContext(0.2), objective="vicreg"), X, None, X[:7]),
    "averages": (encoder(KNNContext(9), objective="denoising"), X, None, X[:7]),
}


@pytest.mark.parametrize("case", CASES)
def test_a_read_encoder_embeds_as_the_written_one(tmp_path, case):
    made, rows, targets, new = CASES[case]
    made.fit(rows, targets)
    save_encoder(made, tmp_path)
    again = load_encoder(tmp_path)
    assert isinstance(again, NeuralEncoder)
    np.testing.assert_array_equal(again.transform(new), made.transform(new))
    np.testing.assert_array_equal(again.singular_values_, made.singular_values_)
    assert again.objective == made.objective
    assert repr(again.context) == repr(made.context) or again.context is None
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["encoder.json", "encoder.safetensors"]


def test_a_module_of_ones_own_is_given_again(tmp_path):
    module = nn.Sequential(nn.Linear(4, 8), nn.Tanh())
    made = encoder(KNNContext(9), network=module, network_options=None).fit(X)
    save_encoder(made, tmp_path)
    with pytest.raises(InputError, match="network is a Sequential of your own"):
        load_encoder(tmp_path)
    again = load_encoder(tmp_path, network=nn.Sequential(nn.Linear(4, 8), nn.Tanh()))
    np.testing.assert_array_equal(again.transform(X), made.transform(X))
    with pytest.raises(InputError, match="not those of such a network"):
        load_encoder(tmp_path, network=nn.Linear(4, 8))


def test_averages_over_what_was_learned_from_rows_are_written_with_it(tmp_path):
    """New rows are averaged over draws from the fitted rows' marginals, which must come along."""
    made = encoder(SCARFContext(), objective="vicreg").fit(X)
    save_encoder(made, tmp_path)
    np.testing.assert_array_equal(load_encoder(tmp_path).transform(X[:9]), made.transform(X[:9]))


@pytest.mark.parametrize(
    "change",
    [
        {"network": {"kind": "os.system", "plan": {}, "class": ""}},
        {"network": {"kind": "mlp", "plan": {"n_inputs": 3, "n_outputs": 64}, "class": "MLP"}},
        {"rank": None},
        {"parameters": {"colour": "red"}},
    ],
    ids=["kind", "shape", "rank", "parameter"],
)
def test_damaged_descriptions_are_refused(tmp_path, change):
    save_encoder(encoder(KNNContext(9)).fit(X), tmp_path)
    file = tmp_path / "encoder.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **change}))
    with pytest.raises(InputError, match=r"damaged|saved weights|no such options"):
        load_encoder(tmp_path)
