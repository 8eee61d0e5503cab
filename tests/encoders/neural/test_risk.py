"""A network trained under a risk of the rows' losses."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import torch
from sklearn.linear_model import LinearRegression

from contextures.contexts import KNNContext, LabelContext
from contextures.encoders import NeuralEncoder
from contextures.exceptions import InputError
from contextures.shift import cvar, group_risk

RNG = np.random.default_rng(0)
N = 600
X = RNG.uniform(-1, 1, (N, 3))
# One row in ten is of a group with a task of its own, and the network has room for one task.
FEW = np.arange(N) % 10 == 0
X[:, 2] = FEW
Y = np.column_stack([np.where(FEW, 0.0, X[:, 0]), np.where(FEW, 1.5 * np.sign(X[:, 1]), 0.0)])


def encoder(**options):
    return NeuralEncoder(
        LabelContext(),
        1,
        objective="supervised_mse",
        n_outputs=1,
        max_steps=150,
        network_options={"width": 32, "depth": 2},
        validation_fraction=0.0,
        **options,
    )


def test_under_the_mean_the_coordinates_are_those_without_a_risk():
    plain, mean = (encoder(risk=risk).fit_transform(X, Y) for risk in (None, torch.mean))
    np.testing.assert_allclose(plain, mean, atol=1e-3)


def test_cvar_serves_the_group_that_the_mean_leaves_out():
    worst = []
    for risk in (None, partial(cvar, alpha=0.1)):
        Z = encoder(risk=risk).fit_transform(X, Y)
        losses = ((LinearRegression().fit(Z, Y).predict(Z) - Y) ** 2).sum(axis=1)
        worst.append(group_risk(losses, FEW).worst)
    assert worst[1] < 0.5 * worst[0]


def test_an_objective_that_compares_rows_takes_no_risk():
    model = NeuralEncoder(KNNContext(10), 2, risk=torch.mean, max_steps=5)
    with pytest.raises(InputError, match="no row has a loss of its own"):
        model.fit(X)


def test_a_checkpoint_of_another_risk_is_not_gone_on_from(tmp_path):
    """Equal risks are known by name and options, whatever object they are."""
    calls = []
    for alpha in (0.3, 0.3, 0.5):
        scored = []
        encoder(
            risk=partial(cvar, alpha=alpha),
            checkpoint=tmp_path,
            progress=lambda *told, scored=scored: scored.append(told),
        ).fit(X, Y)
        calls.append(len(scored))
    assert calls[1] < calls[0] == calls[2]


@pytest.mark.parametrize(
    ("risk", "message"),
    [
        (cvar, "the risk cvar cannot be taken of losses alone .*'alpha'.*functools.partial"),
        (lambda losses: losses, "must give a tensor of one number"),
    ],
)
def test_what_is_no_risk_is_said_in_one_sentence(risk, message):
    with pytest.raises(InputError, match=message) as caught:
        encoder(risk=risk).fit(X, Y)
    assert "\n" not in str(caught.value)
