"""Supervised, class-balanced, denoising, masked and distilled: minimisers by linear algebra."""

from __future__ import annotations

import finite
import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from sklearn.linear_model import LinearRegression

from contextures.objectives import functional as F
from contextures.objectives import get_objective

JOINT = finite.Finite([[4, 1, 1], [3, 2, 1], [1, 5, 2], [0, 2, 3], [1, 1, 9]], copies=20)


def top_functions(transition, px, pa, kernel, d):
    """The top eigenvectors of T Lambda T* and its eigenvalues, by numpy."""
    root = np.sqrt(px)[:, None]
    operator = root * transition @ kernel @ transition.T * root.T
    values, vectors = np.linalg.eigh(operator)
    return values[::-1][:d], (vectors / root)[:, ::-1][:, :d]


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("d", [1, 2])
def test_supervised_mse_with_and_without_bias(bias, d):
    """With a bias the kernel is that of centred targets; without, the constant may be learned."""
    values = np.array([[1.0, 0.2, -0.3], [0.1, 1.4, 0.5], [-0.7, 0.3, 2.0]])
    objective = get_objective("supervised_mse", bias=bias)
    (f,) = finite.tables((5, d))
    targets = torch.tensor(values)[JOINT.a]
    minimum = finite.minimize(lambda: objective(f[JOINT.x], targets), [f])
    centred = values - JOINT.pa @ values if bias else values
    eigenvalues, truth = top_functions(JOINT.transition, JOINT.px, JOINT.pa, centred @ centred.T, d)
    total = JOINT.pa @ (centred**2).sum(1)
    assert minimum == pytest.approx(total - eigenvalues.sum(), abs=1e-4)
    if bias:
        cosines = finite.canonical_correlations(f.detach().numpy(), truth, JOINT.px)
    else:
        root = np.sqrt(JOINT.px)[:, None]
        bases = [np.linalg.qr(t * root)[0] for t in (f.detach().numpy(), truth)]
        cosines = np.linalg.svd(bases[0].T @ bases[1], compute_uv=False)
    assert cosines.min() > 0.9999


def test_one_hot_targets_are_made_from_class_numbers():
    objective = get_objective("supervised_mse", n_classes=4)
    (f,) = finite.tables((5, 2))
    hot = torch.nn.functional.one_hot(JOINT.a, 4).double()
    torch.testing.assert_close(objective(f[JOINT.x], JOINT.a), objective(f[JOINT.x], hot))


def test_class_balanced_mse_has_the_label_contexts_own_operator():
    objective = get_objective("class_balanced_mse")
    (f,) = finite.tables((5, 2))
    minimum = finite.minimize(lambda: objective(f[JOINT.x], JOINT.a), [f])
    assert minimum == pytest.approx(2 - (JOINT.s[:2] ** 2).sum(), abs=1e-4)
    finite.check_span(f, JOINT, 2, least=0.9999, atol=1e-4)
    (f,) = finite.tables((5, 1))
    finite.minimize(lambda: objective(f[JOINT.x], JOINT.a), [f])
    finite.check_span(f, JOINT, 1, least=0.9999, atol=1e-4)


def test_weighting_the_loss_instead_of_the_targets_extracts_another_operator():
    """Pitfall: the theorem as printed weights the loss."""
    hot = torch.nn.functional.one_hot(JOINT.a).double()
    weights = torch.tensor(JOINT.pa**-0.5)[JOINT.a]
    (f,) = finite.tables((5, 1))
    finite.minimize(lambda: F.linear_head_mse(f[JOINT.x], hot, weights=weights), [f])
    cosine = finite.canonical_correlations(f.detach().numpy(), JOINT.mu[:, :1], JOINT.px)
    assert cosine.min() < 0.999


def test_deterministic_labels_collapse_onto_the_class_indicators():
    """Neural collapse: the embedding spans the indicators of unbalanced classes, s = 1."""
    context = finite.Finite(np.eye(3, dtype=int)[[0, 0, 1, 1, 1, 2, 2, 2, 2, 2]], copies=10)
    objective = get_objective("class_balanced_mse")
    (f,) = finite.tables((10, 2))
    minimum = finite.minimize(lambda: objective(f[context.x], context.a), [f])
    assert minimum == pytest.approx(0, abs=1e-3)
    finite.check_span(f, context, 2, least=0.9999, atol=1e-3)


def test_denoising_finds_the_components_of_the_posterior_mean():
    """Bits hidden with chances 1/4, 1/2, 3/4: E[X | A] has components of variance 3/4, 1/2, 1/4."""
    context = finite.unequal_masks()
    bits = 1 - 2 * ((np.arange(8)[:, None] >> np.array([2, 1, 0])) & 1)
    shown = np.array([[1, -1, 0][k] for k in range(3)])
    visible = np.stack([shown[(np.arange(27) // 3**k) % 3] for k in (2, 1, 0)], axis=1)
    for name in ("denoising", "masked_reconstruction", "clean_prediction"):
        objective = get_objective(name)
        (g,) = finite.tables((27, 2))
        targets = torch.tensor(bits, dtype=torch.float64)[context.x]
        minimum = finite.minimize(lambda o=objective, g=g, t=targets: o(g[context.a], t), [g])
        assert minimum == pytest.approx(3 - 0.75 - 0.5, abs=1e-4)
        cosines = finite.canonical_correlations(g.detach().numpy(), visible[:, :2], context.pa)
        assert cosines.min() > 0.9999


def test_an_autoencoder_with_a_linear_decoder_is_pca():
    rows = torch.tensor(np.random.default_rng(0).standard_normal((50, 4)) * [3, 2, 1, 0.5])
    (g,) = finite.tables((50, 2))
    objective = get_objective("denoising")
    minimum = finite.minimize(lambda: objective(g, rows), [g])
    pca = PCA(2).fit(rows)
    assert minimum == pytest.approx(
        (rows - rows.mean(0)).square().sum().item() / 50 - pca.explained_variance_.sum() * 49 / 50,
        abs=1e-4,
    )


def test_clean_prediction_weights_change_the_law():
    """With weights of the noise levels the operator is that of the reweighted joint law."""
    values = np.array([[1.0, 0.2], [0.1, 1.4], [-0.7, 0.3], [0.5, 0.5], [0.0, -1.0]])
    by_level = np.array([1, 3, 2])
    objective = get_objective("clean_prediction")
    (g,) = finite.tables((3, 1))
    weights = torch.tensor(by_level)[JOINT.a]
    minimum = finite.minimize(
        lambda: objective(g[JOINT.a], torch.tensor(values)[JOINT.x], weights), [g]
    )
    other = finite.Finite((JOINT.counts * by_level).T)
    centred = values - other.pa @ values
    eigenvalues, truth = top_functions(other.transition, other.px, other.pa, centred @ centred.T, 1)
    assert minimum == pytest.approx(other.pa @ (centred**2).sum(1) - eigenvalues[0], abs=1e-4)
    cosine = finite.canonical_correlations(g.detach().numpy(), truth, other.px)
    assert cosine.min() > 0.9999


def masked_copies():
    """X holds one bit twice; each copy is hidden with chance 1/2, not both. Rows (x, a, hidden)."""
    rows, places, hidden = [], [], []
    for bit in (1.0, -1.0):
        for first, second in ((0, 0), (0, 1), (1, 0)):
            rows.append([bit, bit])
            places.append(
                (0 if bit > 0 else 1) if first == second else 2 + first * 2 + int(bit < 0)
            )
            hidden.append([bool(first), bool(second)])
    return torch.tensor(rows).double(), torch.tensor(places), torch.tensor(hidden)


def test_masked_reconstruction_predicts_what_is_hidden_from_its_visible_copy():
    rows, places, hidden = (t.repeat((20,) + (1,) * (t.ndim - 1)) for t in masked_copies())
    objective = get_objective("masked_reconstruction")
    (g,) = finite.tables((6, 1))
    assert finite.minimize(lambda: objective(g[places], rows, hidden), [g]) < 1e-4
    found = g.detach().numpy()[:, 0]
    assert abs(found[2] - found[3]) > 0.1 * np.abs(found).max()


def test_masked_reconstruction_is_least_squares_on_the_hidden_entries():
    rng = np.random.default_rng(0)
    embedding, target = rng.standard_normal((40, 3)), rng.standard_normal((40, 5))
    hidden = rng.random((40, 5)) < 0.6
    hidden[:, 4] = False
    squares = 0.0
    for j in range(4):
        rows = hidden[:, j]
        fit = LinearRegression().fit(embedding[rows], target[rows, j])
        squares += ((fit.predict(embedding[rows]) - target[rows, j]) ** 2).sum()
    found = F.masked_mse(*(torch.tensor(v) for v in (embedding, target, hidden)), ridge=0.0)
    assert found.item() == pytest.approx(squares * 5 / hidden.sum(), rel=1e-9)


@pytest.mark.parametrize("bias", [True, False])
def test_the_head_is_least_squares(bias):
    rng = np.random.default_rng(0)
    embedding, target, weights = (
        rng.standard_normal((40, 3)) + 1,
        rng.random((40, 2)),
        rng.random(40),
    )
    fit = LinearRegression(fit_intercept=bias).fit(embedding, target, weights)
    expected = weights @ ((fit.predict(embedding) - target) ** 2).sum(1) / weights.sum()
    batch = torch.tensor(embedding), torch.tensor(target), bias, torch.tensor(weights)
    assert F.linear_head_mse(*batch, ridge=0.0).item() == pytest.approx(expected, rel=1e-9)


def test_distillation_spans_the_teachers_principal_components():
    rng = np.random.default_rng(1)
    teacher = rng.standard_normal((30, 6)) @ np.diag([4, 3, 2, 1, 0.5, 0.2])
    objective = get_objective("distillation")
    (f,) = finite.tables((30, 3))
    minimum = finite.minimize(lambda: objective(f, torch.tensor(teacher)), [f])
    pca = PCA(6).fit(teacher)
    cosines = finite.canonical_correlations(
        f.detach().numpy(), pca.transform(teacher)[:, :3], np.full(30, 1 / 30)
    )
    assert cosines.min() > 0.9999
    assert minimum == pytest.approx(pca.explained_variance_[3:].sum() * 29 / 30, abs=1e-4)
