"""Precision, rank-deficient batches, large means, and what is refused with which words."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from cases import LABELS, MADE, PHI, PSI, TRANSITION, WEIGHTS, N, arguments

from contextures.exceptions import InputError
from contextures.objectives import functional as F
from contextures.objectives import get_objective, objective_names
from contextures.objectives.functional.whitening import cholesky

WHITENED = ["ratio_trace", "ratio_trace_views", "ratio_trace_kernel", "svme", "kise"]
WHITENED += ["rayleigh_quotient", "graph"]


@pytest.mark.parametrize(("name", "options"), MADE)
def test_autocast_changes_nothing_but_the_embeddings(name, options):
    """Under bf16 autocast a loss and its gradient are those in float32 of rounded embeddings."""
    objective = get_objective(name, **options)
    embeddings, constants = arguments(name)
    weight = torch.eye(4).requires_grad_()
    with torch.autocast("cpu", torch.bfloat16):
        low = [e.float() @ weight for e in embeddings]
        assert low[0].dtype == torch.bfloat16
        loss = objective(*low, *constants)
        assert loss.dtype == torch.float32
        found = torch.autograd.grad(loss, low)
    leaves = [e.detach().float().requires_grad_() for e in low]
    expected = objective(*leaves, *constants)
    torch.testing.assert_close(loss, expected, rtol=1e-5, atol=1e-6)
    for low_grad, grad in zip(found, torch.autograd.grad(expected, leaves), strict=True):
        torch.testing.assert_close(low_grad, grad.bfloat16(), rtol=0.01, atol=1e-6)


@pytest.mark.parametrize(("name", "options"), MADE)
def test_float32_agrees_with_float64(name, options):
    objective = get_objective(name, **options)
    embeddings, constants = arguments(name)
    exact = objective(*embeddings, *constants)
    single = objective(*(e.float() for e in embeddings), *constants)
    assert single.dtype == torch.float32
    torch.testing.assert_close(single.double(), exact, rtol=2e-4, atol=2e-5)


@pytest.mark.parametrize(
    "name",
    [*WHITENED, "vicreg", "barlow_twins", "denoising"],
)
def test_large_means_cost_no_digits(name):
    """Embeddings a thousand deviations from zero give the loss of centred ones, in float32."""
    objective = get_objective(name)
    embeddings, constants = arguments(name)
    centred = [(e - e.mean(0)).float() for e in embeddings]
    moved = [(c + 1000).requires_grad_() for c in centred]
    # What float32 leaves of the deviations is the truth here.
    truth = [(m.detach().double() - m.detach().double().mean(0)) for m in moved]
    shift = (truth[0] - centred[0].double()).abs().max()
    assert 1e-6 < shift < 1e-3
    loss = objective(*moved, *constants)
    torch.testing.assert_close(loss.double(), objective(*truth, *constants), rtol=1e-3, atol=1e-4)
    assert torch.isfinite(torch.autograd.grad(loss, moved)[0]).all()


@pytest.mark.parametrize("name", [name for name in WHITENED if name != "svme"])
def test_coordinates_that_died_count_as_no_association(name):
    """A constant and a copied coordinate change nothing but the number of coordinates."""
    objective = get_objective(name)
    embeddings, constants = arguments(name)
    wide = [
        torch.cat([e, e[:, :1], torch.full((N, 1), 3.0)], dim=1).float().requires_grad_()
        for e in embeddings
    ]
    loss = objective(*wide, *constants)
    before = objective(*(e.float() for e in embeddings), *constants)
    if name == "rayleigh_quotient":
        weights = [1.0] * 6
        loss = get_objective(name, weights=weights)(*wide) - 4
        before = get_objective(name, weights=weights[:4])(*(e.float() for e in embeddings))
    else:
        loss = loss - 2
    torch.testing.assert_close(loss, before, rtol=0.0, atol=0.02)
    for grad in torch.autograd.grad(loss, wide):
        assert torch.isfinite(grad).all()


@pytest.mark.parametrize("name", WHITENED)
def test_whitening_refuses_batches_that_are_too_small(name):
    objective = get_objective(name)
    embeddings, constants = arguments(name)
    few = [e[:4] for e in embeddings]
    constants = [c[:4] if len(c) == N else c for c in constants]
    with pytest.raises(InputError, match="4 rows cannot whiten the 4 coordinates"):
        objective(*few, *constants)


@pytest.mark.parametrize("name", WHITENED)
@pytest.mark.parametrize(("value", "words"), [(float("nan"), "not finite"), (1.0, "constant")])
def test_collapsed_and_diverged_embeddings_are_named(name, value, words):
    objective = get_objective(name)
    embeddings, constants = arguments(name)
    with pytest.raises(InputError, match=words):
        objective(*(torch.full_like(e, value) for e in embeddings), *constants)


ONE = (PHI[:1], PSI[:1])
REFUSED = {
    "arrays": (lambda: F.low_rank(PHI.numpy(), PSI.numpy()), "give a torch.Tensor"),
    "three axes": (lambda: F.low_rank(PHI[None], PSI[None]), "give floating-point rows"),
    "whole numbers": (lambda: F.vicreg(LABELS[:, None], PSI), "give floating-point rows"),
    "lengths": (lambda: F.ratio_trace(PHI, PSI[:9]), "phi has 30 and psi has 9 rows"),
    "widths": (lambda: F.svme(PHI, PSI[:, :3]), "phi has 4 and psi has 3 coordinates"),
    "one row of pairs": (lambda: F.low_rank(*ONE), "give at least two rows"),
    "one row of views": (lambda: F.vicreg(*ONE), "give at least two rows"),
    "three rows": (lambda: F.svme(PHI[:3], PSI[:3], F.OrthonormalPenalty()), "at least 4 rows"),
    "step": (lambda: F.joint_nesting(PHI, PSI, step=5), "give 1 to 4"),
    "walk": (lambda: F.graph(PHI, PSI, "three_step"), "two_step, lazy or signed"),
    "temperature": (lambda: F.info_nce(PHI, PSI, 0.0), "is not positive"),
    "quotient weights": (lambda: F.rayleigh_quotient(PHI, PSI, PHI[0, :3]), "one for each of 4"),
    "context weights": (lambda: F.kise(PHI, TRANSITION, WEIGHTS[:3]), "P_A on the support"),
    "kernel rows": (lambda: F.kise(PHI, TRANSITION[:5]), "features has 5 rows"),
    "kernel shape": (lambda: F.kise_gram(PHI, TRANSITION), "columns has 7"),
    "labels": (lambda: F.class_targets(PSI[:, 0]), "give class numbers"),
    "label too large": (lambda: F.one_hot(LABELS, 2), "class numbers from 0 to 1"),
    "hidden": (lambda: F.masked_mse(PHI, PSI, PSI[:, :2] > 0), "one flag for every entry"),
    "nothing hidden": (lambda: F.masked_mse(PHI, PSI, PSI > 99), "nothing to predict"),
    "no weight": (
        lambda: F.linear_head_mse(PHI, PSI, weights=torch.zeros(N)),
        "all weights are zero",
    ),
    "negative weight": (
        lambda: F.linear_head_mse(PHI, PSI, weights=torch.full((N,), -1.0)),
        "not negative",
    ),
    "gram with weights": (
        lambda: get_objective("kise", gram=True)(PHI, TRANSITION, WEIGHTS),
        "has no context_weights",
    ),
    "constraint": (lambda: get_objective("svme", constraint="soft"), "give one of whitening"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(case):
    call, words = REFUSED[case]
    with pytest.raises(InputError, match=re.escape(words)):
        call()


def test_second_derivatives_are_refused_rather_than_wrong():
    leaf = PHI.clone().requires_grad_()
    with pytest.raises(InputError, match="use create_graph=False"):
        torch.autograd.grad(F.low_rank(leaf, PSI), leaf, create_graph=True)


def test_one_side_can_be_held_fixed():
    for name in objective_names():
        objective = get_objective(name)
        if objective.inputs == "pair":
            leaf = PHI.clone().requires_grad_()
            alone = torch.autograd.grad(objective(leaf, PSI), leaf)[0]
            other = PSI.clone().requires_grad_()
            both = torch.autograd.grad(objective(leaf, other), [leaf, other])
            torch.testing.assert_close(alone, both[0])
            fixed = torch.autograd.grad(objective(PHI, other), other)[0]
            torch.testing.assert_close(fixed, both[1])


def test_unlikely_contexts_of_zero_probability_drop_out():
    wider = torch.cat([TRANSITION, torch.zeros(N, 2, dtype=torch.float64)], dim=1)
    weights = torch.cat([WEIGHTS, torch.zeros(2, dtype=torch.float64)])
    torch.testing.assert_close(F.kise(PHI, wider, weights), F.kise(PHI, TRANSITION, WEIGHTS))


def test_embeddings_of_different_widths_have_a_ratio_trace():
    found = F.ratio_trace(PHI, torch.cat([PSI, PSI[:, :2] ** 2], dim=1), False, ridge=0.0)
    assert found < F.ratio_trace(PHI, PSI, False, ridge=0.0)
    x = np.linalg.qr((PHI - PHI.mean(0)).numpy())[0]
    wide = torch.cat([PSI, PSI[:, :2] ** 2], dim=1)
    a = np.linalg.qr((wide - wide.mean(0)).numpy())[0]
    assert found.item() == pytest.approx(4 - ((x.T @ a) ** 2).sum())


def test_rounding_of_one_large_direction_is_outweighed():
    """512 coordinates that are all but one function leave rounding far above small ridges."""
    generator = torch.Generator().manual_seed(0)
    direction = torch.randn(512, 1, generator=generator)
    noise = torch.randn(512, 512, generator=generator)
    covariance = direction @ direction.T + 1e-4 * (noise + noise.T)
    assert torch.linalg.eigvalsh(covariance)[0] < -1e-3
    factor = cholesky(covariance, 2000, 1e-5, "the embedding")
    torch.testing.assert_close(factor @ factor.T, covariance, rtol=0, atol=0.02)


def test_what_is_no_covariance_is_refused():
    """Negative eigenvalues that are no rounding are not covered up by a ridge."""
    with pytest.raises(InputError, match="negative eigenvalues"):
        cholesky(torch.diag(torch.tensor([1.0, 1.0, -0.9])), 10, 1e-5, "the embedding")
