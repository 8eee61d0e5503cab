"""Risks of tensors: the numbers of arrays, gradients that are the worst-case weights."""

from __future__ import annotations

import numpy as np
import pytest

from contextures.exceptions import InputError
from contextures.shift import (
    chi_square_dro,
    cvar,
    divergence_dro,
    doro,
    group_risk,
    worst_case_weights,
)

torch = pytest.importorskip("torch")

RNG = np.random.default_rng(0)
LOSSES = RNG.gamma(0.7, size=40)
RISKS = {
    "cvar": lambda v, **k: cvar(v, 0.3, **k),
    "all": lambda v, **k: cvar(v, 1.0, **k),
    "chi_square": lambda v, **k: chi_square_dro(v, 0.3, **k),
    "all_alpha": lambda v, **k: chi_square_dro(v, 0.8, radius="all_alpha", **k),
    "power": lambda v, **k: divergence_dro(v, 0.4, 1.5, **k),
    "entropy": lambda v, **k: divergence_dro(v, 0.4, 1.0, **k),
    "doro": lambda v, **k: doro(v, 0.3, 0.07, **k),
    "chi_square_doro": lambda v, **k: doro(v, 0.3, 0.07, "chi_square", **k),
}


@pytest.mark.parametrize("name", RISKS)
def test_a_tensor_has_the_risk_of_the_array(name):
    weights = RNG.random(40)
    for more in ({}, {"sample_weight": weights}):
        found = RISKS[name](torch.tensor(LOSSES), **more)
        assert found.dtype == torch.float64
        assert found.shape == ()
        assert float(found) == pytest.approx(RISKS[name](LOSSES, **more), abs=1e-12)
    single = RISKS[name](torch.tensor(LOSSES, dtype=torch.float32))
    assert single.dtype == torch.float32
    assert float(single) == pytest.approx(RISKS[name](LOSSES), rel=1e-6)


@pytest.mark.parametrize("name", RISKS)
def test_the_gradient_is_that_of_differences(name):
    losses = torch.tensor(LOSSES, requires_grad=True)
    assert torch.autograd.gradcheck(RISKS[name], (losses,), eps=1e-7, atol=1e-5)


def test_the_gradient_is_the_worst_case_weights():
    losses = torch.tensor(LOSSES, requires_grad=True)
    for risk, epsilon in (("cvar", 0.0), ("chi_square", 0.0), ("cvar", 0.1), ("chi_square", 0.1)):
        losses.grad = None
        doro(losses, 0.25, epsilon, risk).backward()
        found = worst_case_weights(losses, risk, alpha=0.25, epsilon=epsilon)
        assert not found.requires_grad
        np.testing.assert_allclose(losses.grad, found, atol=1e-14)
        plain = worst_case_weights(LOSSES, risk, alpha=0.25, epsilon=epsilon)
        np.testing.assert_allclose(found, plain, atol=1e-12)


def test_an_infinite_outlier_that_is_left_out_spoils_nothing():
    losses = torch.tensor([1.0, 2.0, 3.0, 4.0, float("inf")], requires_grad=True)
    found = doro(losses, 0.5, 0.2)
    found.backward()
    assert found.item() == pytest.approx(3.5)
    np.testing.assert_allclose(losses.grad, [0, 0, 0.5, 0.5, 0], atol=1e-6)


def test_groups_of_tensors():
    losses = torch.tensor([1.0, 2.0, 3.0, 6.0], requires_grad=True)
    found = group_risk(losses, torch.tensor([5, 9, 5, 9]))
    np.testing.assert_allclose(found.risks.detach(), [2, 4])
    found.worst.backward()
    np.testing.assert_allclose(losses.grad, [0, 0.5, 0, 0.5])


def test_whole_numbers_and_shapes_are_refused():
    with pytest.raises(InputError, match="floating-point tensor"):
        cvar(torch.tensor([1, 2]), 0.5)
    with pytest.raises(InputError, match="floating-point tensor"):
        cvar(torch.zeros(2, 2), 0.5)
    with pytest.raises(InputError, match="for each of the 2 losses"):
        cvar(torch.zeros(2), 0.5, sample_weight=[1.0])
