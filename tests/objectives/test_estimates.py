"""Batch estimates: unbiased where claimed, equal to their plain forms, differentiated rightly."""

from __future__ import annotations

import itertools

import finite
import numpy as np
import pytest
import torch
from cases import FEATURES, MADE, PHI, PSI, TRANSITION, WEIGHTS, N, arguments

from contextures.objectives import OrthonormalPenalty, get_objective
from contextures.objectives import functional as F
from contextures.objectives.functional.kernels import kernel_loss
from contextures.objectives.functional.moments import Slopes
from contextures.objectives.functional.penalties import penalty


# The gradient of sequential nesting is no scalar's: it has a test of its own.
@pytest.mark.parametrize(
    ("name", "options"), [made for made in MADE if not made[0].startswith("sequential")]
)
def test_gradients_are_those_of_finite_differences(name, options):
    objective = get_objective(name, **options)
    embeddings, constants = arguments(name)
    leaves = tuple(e[:12].clone().requires_grad_() for e in embeddings)
    constants = tuple(c[:12] if len(c) == N else c for c in constants)
    assert torch.autograd.gradcheck(lambda *e: objective(*e, *constants), leaves)


@pytest.mark.filterwarnings("ignore:Sparse CSR tensor support")
def test_gradients_of_sparse_transitions_and_kernel_matrices():
    leaf = PHI.clone().requires_grad_()
    sparse = TRANSITION.to_sparse_csr()
    assert torch.autograd.gradcheck(lambda f: F.ratio_trace_kernel(f, sparse, WEIGHTS), (leaf,))
    kernel = TRANSITION / WEIGHTS @ TRANSITION.T
    for constraint in (F.Whitening(), OrthonormalPenalty()):
        assert torch.autograd.gradcheck(lambda f, c=constraint: F.kise_gram(f, kernel, c), (leaf,))


def test_gradient_of_masked_reconstruction():
    hidden = torch.rand(N, 4) < 0.5
    leaf = PHI.clone().requires_grad_()
    assert torch.autograd.gradcheck(lambda f: F.masked_mse(f, PSI, hidden, ridge=0.0), (leaf,))


@pytest.mark.parametrize("constant", [False, True])
def test_low_rank_equals_its_gram_form(constant):
    gram = PHI @ PSI.T
    other = ~torch.eye(N, dtype=torch.bool)
    positive = gram.diagonal().mean() - (0 if constant else gram[other].mean())
    expected = gram[other].square().mean() - 2 * positive
    torch.testing.assert_close(F.low_rank(PHI, PSI, constant), expected)


@pytest.mark.parametrize("step", [1, 3])
def test_joint_nesting_is_the_mean_over_prefixes(step):
    ends = [3, 4] if step == 3 else [1, 2, 3, 4]
    expected = sum(F.low_rank(PHI[:, :end], PSI[:, :end]) for end in ends) / len(ends)
    torch.testing.assert_close(F.joint_nesting(PHI, PSI, step), expected)


def test_sequential_nesting_hides_later_coordinates_from_earlier_ones():
    """Coordinate l has its gradient in the low-rank loss of the first l coordinates."""
    f, g = PHI.clone().requires_grad_(), PSI.clone().requires_grad_()
    value = F.sequential_nesting(f, g)
    value.backward()
    torch.testing.assert_close(value, F.low_rank(PHI, PSI))
    for end in range(1, 5):
        u, v = (t[:, :end].clone().requires_grad_() for t in (PHI, PSI))
        F.low_rank(u, v).backward()
        torch.testing.assert_close(f.grad[:, end - 1], u.grad[:, -1])
        torch.testing.assert_close(g.grad[:, end - 1], v.grad[:, -1])


def test_ratio_traces_equal_their_plain_forms():
    x, a = PHI - PHI.mean(0), PSI - PSI.mean(0)
    xx, xa, aa = x.T @ x, x.T @ a, a.T @ a
    trace = torch.trace(torch.linalg.solve(xx, xa) @ torch.linalg.solve(aa, xa.T))
    torch.testing.assert_close(F.ratio_trace(PHI, PSI, False, ridge=0.0), 4 - trace)
    left = x @ torch.linalg.solve(xx, x.T) * (N - 1)
    right = a @ torch.linalg.solve(aa, a.T) * (N - 1)
    own = (left.diagonal() * right.diagonal()).sum() * N / (N - 1) ** 3
    torch.testing.assert_close(F.ratio_trace(PHI, PSI, ridge=0.0), 4 - trace + own)
    both, cross = (xx + aa) / 2, (xa + xa.T) / 2
    trace = torch.trace(torch.linalg.solve(both, cross))
    torch.testing.assert_close(F.ratio_trace_views(PHI, PSI, ridge=0.0), 4 - trace)


def test_ratio_traces_are_invariant_to_invertible_maps():
    left, right = torch.randn(4, 4, dtype=torch.float64), torch.randn(4, 4, dtype=torch.float64)
    moved = PHI @ left + 7, PSI @ right - 3
    for own in (True, False):
        found = F.ratio_trace(*moved, own, 0.0)
        torch.testing.assert_close(found, F.ratio_trace(PHI, PSI, own, 0.0))
    moved = PHI @ left + 7, PSI @ left + 7
    torch.testing.assert_close(F.ratio_trace_views(*moved, 0.0), F.ratio_trace_views(PHI, PSI, 0.0))
    batch = TRANSITION, WEIGHTS, True, 0.0
    moved = F.ratio_trace_kernel(PHI @ left + 7, *batch)
    torch.testing.assert_close(moved, F.ratio_trace_kernel(PHI, *batch))


@pytest.mark.filterwarnings("ignore:Sparse CSR tensor support")
@pytest.mark.parametrize("exclude_self", [True, False])
@pytest.mark.parametrize("constraint", [F.Whitening(), OrthonormalPenalty()])
def test_features_transitions_and_kernel_matrices_agree(exclude_self, constraint):
    for batch, kernel in (
        ((FEATURES, None), 1 + FEATURES @ FEATURES.T),
        ((TRANSITION, WEIGHTS), TRANSITION / WEIGHTS @ TRANSITION.T),
        ((TRANSITION.to_sparse_csr(), WEIGHTS), TRANSITION / WEIGHTS @ TRANSITION.T),
    ):
        found = F.kise(PHI, *batch, constraint, exclude_self)
        torch.testing.assert_close(found, F.kise_gram(PHI, kernel, constraint, exclude_self))


def kernel_moments(phi, features, context_weights, exclude_self):
    """The estimates of C and B that a loss under a kernel is given."""
    found = []

    def loss(moments):
        found.extend([moments.xx, moments.xa])
        return moments.xx.sum(), Slopes(xx=moments.xx, xa=moments.xx)

    kernel_loss(phi, features, context_weights, exclude_self, loss, True)
    return found


def test_kise_on_batches_equals_its_double_sum():
    kernel = 1 + FEATURES @ FEATURES.T
    x = PHI - PHI.mean(0)
    expected = torch.zeros(4, 4, dtype=torch.float64)
    for i, j in itertools.permutations(range(N), 2):
        expected += (kernel[i, j] - 1) * torch.outer(x[i], x[j])
    expected /= N * (N - 1) * (1 - 2 / N + 2 / N**2)
    c, b = kernel_moments(PHI, FEATURES, None, True)
    torch.testing.assert_close(b, expected)
    torch.testing.assert_close(c, torch.cov(PHI.T))


def test_the_ratio_trace_of_independent_sides_is_zero_on_average():
    """Over all ways to pair six rows up; with self-pairs it is d e / (n - 1)."""
    x, a = PHI[:6, :2], PSI[6:12, :3]
    orders = [torch.tensor(order) for order in itertools.permutations(range(6))]
    means = [
        torch.stack([F.ratio_trace(x, a[order], own, ridge=0.0) for order in orders]).mean().item()
        for own in (True, False)
    ]
    np.testing.assert_allclose(means, [2, 2 - 2 * 3 / 5], atol=1e-12)


SMALL = finite.Finite([[2, 1], [1, 3]])


def expectation(estimate, size, weights):
    """The exact mean of an estimate over all batches of independent draws of given weights."""
    total = 0.0
    for batch in itertools.product(range(len(weights)), repeat=size):
        total = total + np.prod(weights[list(batch)]) * estimate(torch.tensor(batch))
    return total


def test_low_rank_is_unbiased():
    """Over every batch of four pairs its mean is the population loss; the V-statistic's is not."""
    f, g = (torch.tensor(t) for t in ([[1.0, -0.5], [0.3, 2.0]], [[0.7, 0.1], [-1.0, 0.4]]))
    weights, places = SMALL.joint.ravel(), np.array(list(np.ndindex(2, 2)))
    pairs = f[places[:, 0]], g[places[:, 1]]
    joint, independent = torch.tensor(SMALL.joint), torch.tensor(np.outer(SMALL.px, SMALL.pa))
    gram = f @ g.T
    expected = (independent * gram**2).sum() - 2 * ((joint - independent) * gram).sum()
    found = expectation(lambda b: F.low_rank(pairs[0][b], pairs[1][b]).double(), 4, weights)
    assert found.item() == pytest.approx(expected.item(), abs=1e-6)

    def with_itself(b):
        gram = pairs[0][b] @ pairs[1][b].T
        return gram.square().mean() - 2 * (gram.diagonal().mean() - gram.mean())

    assert abs(expectation(with_itself, 4, weights) - expected) > 0.05


def test_joint_nesting_is_unbiased():
    f, g = (torch.tensor(t) for t in ([[1.0, -0.5], [0.3, 2.0]], [[0.7, 0.1], [-1.0, 0.4]]))
    weights, places = SMALL.joint.ravel(), np.array(list(np.ndindex(2, 2)))
    pairs = f[places[:, 0]].double(), g[places[:, 1]].double()
    found = expectation(lambda b: F.joint_nesting(pairs[0][b], pairs[1][b]), 3, weights)
    joint, independent = torch.tensor(SMALL.joint), torch.tensor(np.outer(SMALL.px, SMALL.pa))
    expected = 0.0
    for end in (1, 2):
        gram = f[:, :end].double() @ g[:, :end].double().T
        expected += (independent * gram**2).sum() - 2 * ((joint - independent) * gram).sum()
    assert found.item() == pytest.approx(expected.item() / 2, abs=1e-12)


def test_kernel_moments_are_unbiased_and_the_v_statistic_is_not():
    """Pitfall: pairs of a row with itself bias KISE upwards; centring is accounted for."""
    context = finite.Finite([[5, 1, 2], [1, 6, 1], [2, 1, 9]])
    f = torch.tensor([[1.0, -0.5], [0.3, 2.0], [-0.2, 0.4]], dtype=torch.float64)
    transition, pa = torch.tensor(context.transition), torch.tensor(context.pa)
    px = torch.tensor(context.px)
    centred = f - px @ f
    smooth = px[:, None] * (context.kernel() - 1) * px
    exact_b, exact_c = centred.T @ smooth @ centred, centred.T @ (px[:, None] * centred)

    def estimate(exclude_self):
        def moments(b):
            return torch.stack(kernel_moments(f[b], transition[b], pa, exclude_self))

        return expectation(moments, 4, context.px)

    c, b = estimate(True)
    torch.testing.assert_close(c, exact_c)
    torch.testing.assert_close(b, exact_b)
    _, biased = estimate(False)
    assert (biased.trace() - exact_b.trace()).item() > 0.05


def test_a_teachers_kernel_keeps_its_spectrum_on_batches():
    """Pitfall: scaled by the batch size in place of N, all of it shrinks by n / N."""
    draws = torch.Generator().manual_seed(0)
    teacher = torch.randn(400, 3, generator=draws, dtype=torch.float64) * torch.tensor([3, 2, 1.0])
    teacher -= teacher.mean(0)
    left, values, _ = torch.linalg.svd(teacher, full_matrices=False)
    features = left * (values / values[0]) * 400**0.5
    truth = left * 400**0.5
    found = torch.zeros(3, dtype=torch.float64)
    for _ in range(400):
        batch = torch.randperm(400, generator=draws)[:20]
        _, b = kernel_moments(truth[batch], features[batch], None, True)
        found += b.diagonal() / 400
    torch.testing.assert_close(found, (values / values[0]) ** 2, atol=0.06, rtol=0.0)


def test_the_penalty_is_unbiased():
    weights = np.array([0.2, 0.3, 0.5])
    f = torch.tensor([[1.0, -0.5], [0.3, 2.0], [-1.2, 0.4]], dtype=torch.float64)
    centred = f - torch.tensor(weights) @ f
    c = centred.T @ (torch.tensor(weights)[:, None] * centred)
    diagonal = (c.diagonal() - 1).square().sum()
    between = c.square().sum() - c.diagonal().square().sum()
    for alpha, beta in ((1.0, 0.0), (0.0, 1.0)):
        constraint = OrthonormalPenalty(alpha, beta)
        found = expectation(lambda b, k=constraint: penalty(f[b], k, True), 5, weights)
        expected = (alpha * diagonal + beta * between) / 2
        assert found.item() == pytest.approx(expected.item(), abs=1e-12)


def test_nt_xent_equals_its_plain_form():
    z = torch.nn.functional.normalize(torch.cat([PHI, PSI]), dim=1)
    logits = (z @ z.T / 0.5).fill_diagonal_(float("-inf"))
    partner = torch.arange(2 * N).roll(N)
    expected = torch.nn.functional.cross_entropy(logits, partner)
    torch.testing.assert_close(F.nt_xent(PHI, PSI), expected)


def test_barlow_twins_equals_its_plain_form():
    x, y = (torch.nn.functional.batch_norm(v, None, None, training=True) for v in (PHI, PSI))
    r = x.T @ y / N
    other = ~torch.eye(4, dtype=torch.bool)
    expected = (1 - r.diagonal()).square().sum() + 5e-3 * r[other].square().sum()
    torch.testing.assert_close(F.barlow_twins(PHI, PSI), expected)


def test_vicreg_equals_its_plain_form():
    expected = 25 * torch.nn.functional.mse_loss(PHI, PSI)
    other = ~torch.eye(4, dtype=torch.bool)
    for view in (PHI, PSI):
        expected += 12.5 * torch.relu(1 - (view.var(0) + 1e-4).sqrt()).mean()
        expected += torch.cov(view.T)[other].square().sum() / 4
    torch.testing.assert_close(F.vicreg(PHI, PSI), expected)
