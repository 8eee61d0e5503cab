"""Objectives under a risk: the mean is the objective itself, and others reach their least value."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import torch

from contextures.exceptions import InputError
from contextures.objectives import Objective, UnderRisk, get_objective
from contextures.objectives.risk import risk_text
from contextures.shift import (
    DistributionallyRobustRegressor,
    chi_square_dro,
    cvar,
    doro,
)

RNG = np.random.default_rng(5)
N = 120
X = torch.tensor(RNG.standard_normal((N, 4)))
CLASSES = torch.tensor(RNG.integers(0, 3, N))
TARGET = torch.tensor((X.numpy() @ RNG.standard_normal((4, 2))) + RNG.exponential(size=(N, 2)))
EACH = {
    "supervised_mse": TARGET,
    "class_balanced_mse": CLASSES,
    "denoising": TARGET,
    "clean_prediction": TARGET,
    "distillation": TARGET,
}


@pytest.mark.parametrize("name", EACH)
def test_under_the_mean_loss_and_gradient_are_the_objectives_own(name):
    found = []
    for wrap in (lambda o: o, lambda o: UnderRisk(o, torch.mean)):
        rows = X.clone().requires_grad_()
        loss = wrap(get_objective(name))(rows, EACH[name])
        loss.backward()
        found.append((loss.item(), rows.grad))
    assert found[0][0] == pytest.approx(found[1][0], rel=1e-10)
    torch.testing.assert_close(found[0][1], found[1][1], rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize("name", EACH)
def test_losses_of_rows_weigh_to_the_loss_of_weighted_rows(name):
    """With weights the head is the best for them, so that no other one does better by them."""
    objective = get_objective(name)
    torch.testing.assert_close(objective.row_losses(X, EACH[name]).mean(), objective(X, EACH[name]))
    weights = torch.tensor(RNG.random(N))
    weights = weights / weights.sum()
    own = weights @ objective.row_losses(X, EACH[name], weights=weights)
    assert own < weights @ objective.row_losses(X, EACH[name])


@pytest.mark.parametrize(
    ("risk", "kind", "alpha"),
    [(cvar, "cvar", 0.3), (cvar, "cvar", 0.1), (chi_square_dro, "chi_square", 0.3)],
)
def test_the_risk_is_the_least_of_any_head(risk, kind, alpha):
    """Against a solver with a certificate, whose losses are half as large."""
    one = TARGET[:, :1]
    found = UnderRisk(get_objective("supervised_mse"), partial(risk, alpha=alpha))(X, one).item()
    model = DistributionallyRobustRegressor(kind, alpha=alpha, penalty=1e-6, tol=1e-5)
    model.fit(X.numpy(), one[:, 0].numpy())
    losses = (model.predict(X.numpy()) - one[:, 0].numpy()) ** 2
    least = risk(losses, alpha)
    assert 0.999 * least <= found <= 1.05 * least
    plain = risk(get_objective("supervised_mse").row_losses(X, one), alpha)
    assert found < 0.95 * plain.item()


def test_the_gradient_is_that_of_the_least_risk():
    """By differences along directions, of a risk that is smooth."""
    objective = UnderRisk(get_objective("supervised_mse"), partial(chi_square_dro, alpha=0.5))
    rows = X.clone().requires_grad_()
    objective(rows, TARGET).backward()
    for seed in range(3):
        step = torch.randn(X.shape, generator=torch.Generator().manual_seed(seed)).double()
        size = 1e-3
        with torch.no_grad():
            ends = [objective(X + sign * size * step, TARGET).item() for sign in (1, -1)]
        slope = (ends[0] - ends[1]) / (2 * size)
        assert (rows.grad * step).sum().item() == pytest.approx(slope, abs=0.03)


@pytest.mark.parametrize("risk", [partial(cvar, alpha=0.01), partial(doro, alpha=0.1, epsilon=0.1)])
@pytest.mark.parametrize("n", [6, 7, 11])
def test_small_batches_stay_finite(risk, n):
    """A share of less than a row, and little more rows than coordinates."""
    rows = X[:n].float().requires_grad_()
    loss = UnderRisk(get_objective("supervised_mse"), risk)(rows, TARGET[:n].float())
    loss.backward()
    assert torch.isfinite(loss)
    assert torch.isfinite(rows.grad).all()


@pytest.mark.parametrize("name", ["ratio_trace", "svme", "kise", "vicreg", "masked_reconstruction"])
def test_objectives_without_losses_of_rows_are_refused(name):
    with pytest.raises(InputError, match="no row has a loss of its own to take a risk of"):
        UnderRisk(get_objective(name), torch.mean)


def test_a_risk_must_be_a_number_with_a_gradient():
    objective = get_objective("supervised_mse")
    with pytest.raises(InputError, match=r"risk=0\.1 cannot be called"):
        UnderRisk(objective, 0.1)
    for wrong in (lambda losses: float(losses.mean().detach()), lambda losses: losses):
        with pytest.raises(InputError, match="must give a tensor of one number"):
            UnderRisk(objective, wrong)(X, TARGET)


def test_an_objective_of_ones_own_takes_a_risk_by_its_losses():
    class Absolute(Objective):
        inputs = "targets"
        encoder_on = "X"

        def forward(self, embedding, target):
            return self.row_losses(embedding, target).mean()

        def row_losses(self, embedding, target, weights=None):
            return (embedding.sum(1) - target).abs()

    loss = UnderRisk(Absolute(), partial(cvar, alpha=0.25))(
        torch.eye(4), torch.tensor([1.0, 2, 3, 9])
    )
    assert loss.item() == 8.0


def test_a_risk_is_told_by_name_and_options():
    assert risk_text(partial(cvar, alpha=0.2)) == "cvar(alpha=0.2)"
    assert risk_text(partial(doro, epsilon=0.1, alpha=0.2)) == "doro(alpha=0.2, epsilon=0.1)"
    assert risk_text(cvar) == "cvar"
