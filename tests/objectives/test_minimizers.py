"""The minimiser of every objective is the contexture it claims, by direct optimisation."""

from __future__ import annotations

import finite
import numpy as np
import pytest
import torch

from contextures.objectives import (
    OrthonormalPenalty,
    VarianceCovariance,
    get_objective,
)

D = 3
FALLING = np.array([3, 2, 1]) / 3


def test_the_contexts_have_their_closed_forms():
    np.testing.assert_allclose(finite.unequal_masks().s, finite.MASK_VALUES, atol=1e-12)
    np.testing.assert_allclose(finite.unequal_flips().s, finite.FLIP_VALUES, atol=1e-12)
    np.testing.assert_allclose(finite.two_masks().s ** 2, [0.75, 0.5, 0.375], atol=1e-12)


@pytest.mark.parametrize(
    ("name", "minimum"),
    [
        ("ratio_trace", lambda s: D - (s**2).sum()),
        ("svme", lambda s: D - (s**2).sum()),
        ("low_rank", lambda s: -(s**2).sum()),
        ("joint_nesting", lambda s: -(FALLING * s**2).sum()),
    ],
)
@pytest.mark.parametrize("context", [finite.unequal_masks(8), finite.unequal_flips()])
def test_objectives_on_pairs(name, minimum, context):
    objective = get_objective(name)
    n_x, n_a = context.counts.shape
    f, g = finite.tables((n_x, D), (n_a, D))
    value = finite.minimize(lambda: objective(f[context.x], g[context.a]), [f, g])
    finite.check_span(f, context, D)
    finite.check_span(g, context, D, side="A")
    assert value == pytest.approx(minimum(context.s[:D]), abs=0.01)


@pytest.mark.parametrize(
    ("name", "options", "minimum"),
    [
        ("ratio_trace_views", {}, lambda s: D - (s**2).sum()),
        ("graph", {}, lambda s: D - (s**2).sum()),
        ("spectral_contrastive", {}, lambda s: -(s**4).sum()),
        ("joint_nesting_views", {}, lambda s: -(FALLING * s**4).sum()),
        ("rayleigh_quotient", {}, lambda s: 2 * (FALLING * (1 - s**2)).sum()),
        ("vicreg", {"covariance": 25}, None),
        ("barlow_twins", {"redundancy": 1}, None),
    ],
)
def test_objectives_on_views(name, options, minimum):
    context = finite.two_masks()
    views = context.views(4)
    objective = get_objective(name, **options)
    (g,) = finite.tables((9, D))
    value = finite.minimize(lambda: objective(g[views.x], g[views.a]), [g])
    finite.check_span(g, context, D, side="A")
    if minimum is not None:
        assert value == pytest.approx(minimum(context.s[:D]), abs=0.01)


@pytest.mark.filterwarnings("ignore:Sparse CSR tensor support")
@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("ratio_trace_kernel", "features"),
        ("ratio_trace_kernel", "sparse transition"),
        ("kise", "transition"),
    ],
)
def test_objectives_on_kernels(name, form):
    context = finite.unequal_masks()
    rows = context.rows(4)
    transition = torch.tensor(context.transition)[rows]
    batch = (transition, torch.tensor(context.pa))
    if form == "sparse transition":
        batch = (transition.to_sparse_csr(), batch[1])
    if form == "features":
        batch = (torch.tensor(context.mu * context.s)[rows],)
    objective = get_objective(name)
    (f,) = finite.tables((8, D))
    value = finite.minimize(lambda: objective(f[rows], *batch), [f])
    finite.check_span(f, context, D)
    assert value == pytest.approx(D - (context.s[:D] ** 2).sum(), abs=0.01)


def test_a_whole_sample_keeps_the_pairs_of_a_row_with_itself():
    """The operator on the sample itself is exact with them, and wrong without."""
    context = finite.unequal_masks()
    batch = (torch.tensor(context.transition), torch.tensor(context.pa))
    (f,) = finite.tables((8, D))
    objective = get_objective("ratio_trace_kernel", exclude_self=False, ridge=0.0)
    value = finite.minimize(lambda: objective(f, *batch), [f])
    assert value == pytest.approx(D - (context.s[:D] ** 2).sum(), abs=1e-8)
    finite.check_span(f, context, D, least=1 - 1e-8, atol=1e-6)


def test_the_second_encoder_of_svme_holds_the_spectrum():
    """At the optimum the eigenvalues of Cov[Psi(A)] are s^2."""
    context = finite.unequal_masks(2)
    objective = get_objective("svme")
    f, g = finite.tables((8, D), (27, D))
    finite.minimize(lambda: objective(f[context.x], g[context.a]), [f, g])
    found = np.sort(np.linalg.eigvalsh(finite.covariance(g, context.pa)))[::-1]
    np.testing.assert_allclose(found, context.s[:D] ** 2, atol=0.01)


def test_joint_nesting_orders_the_functions():
    context = finite.unequal_masks(4)
    f, g = finite.tables((8, D), (27, D))
    objective = get_objective("joint_nesting")
    finite.minimize(lambda: objective(f[context.x], g[context.a]), [f, g])
    finite.check_order(f, context.mu[:, :D], context.px)
    finite.check_order(g, context.nu[:, :D], context.pa)
    scales = finite.covariance(f, context.px).diagonal(), finite.covariance(g, context.pa)
    found = np.sqrt(scales[0] * scales[1].diagonal())
    np.testing.assert_allclose(found, context.s[:D], atol=0.01)


def test_joint_nesting_of_views_orders_the_functions():
    context = finite.two_masks()
    views = context.views(4)
    (g,) = finite.tables((9, D))
    objective = get_objective("joint_nesting_views")
    finite.minimize(lambda: objective(g[views.x], g[views.a]), [g])
    finite.check_order(g, context.nu[:, :D], context.pa)
    found = np.sqrt(finite.covariance(g, context.pa).diagonal())
    np.testing.assert_allclose(found, context.s[:D], atol=0.01)


def test_prefixes_of_two_order_blocks_of_two():
    """With step=2 the first two coordinates span the first two functions, in any basis."""
    context = finite.unequal_masks(4)
    f, g = finite.tables((8, 4), (27, 4))
    objective = get_objective("joint_nesting", step=2)
    finite.minimize(lambda: objective(f[context.x], g[context.a]), [f, g])
    finite.check_span(f[:, :2], context, 2)
    finite.check_span(f, context, 4)


@pytest.mark.parametrize("name", ["sequential_nesting", "sequential_nesting_views"])
def test_sequential_nesting_orders_the_functions(name):
    context = finite.two_masks(16)
    objective = get_objective(name)
    if objective.inputs == "pair":
        f, g = finite.tables((4, D), (9, D))
        finite.descend(lambda: objective(f[context.x], g[context.a]), [f, g])
        finite.check_order(f, context.mu[:, :D], context.px)
    else:
        views = context.views(2)
        (g,) = finite.tables((9, D))
        finite.descend(lambda: objective(g[views.x], g[views.a]), [g])
        found = np.sqrt(finite.covariance(g, context.pa).diagonal())
        np.testing.assert_allclose(found, context.s[:D], atol=0.01)
    finite.check_order(g, context.nu[:, :D], context.pa)


@pytest.mark.parametrize("constraint", ["whitening", OrthonormalPenalty(10, 20)])
def test_the_rayleigh_quotient_orders_the_functions(constraint):
    """With whitening, the embedding made orthonormal coordinate after coordinate is ordered."""
    context = finite.two_masks()
    views = context.views(4)
    objective = get_objective("rayleigh_quotient", constraint=constraint)
    (g,) = finite.tables((9, D))
    finite.minimize(lambda: objective(g[views.x], g[views.a]), [g])
    if constraint == "whitening":
        g = finite.gram_schmidt(g, context.pa)
    finite.check_order(g, context.nu[:, :D], context.pa)


def test_equal_weights_leave_the_order_open():
    """The order comes from the weights: with equal ones the same start ends elsewhere."""
    context = finite.two_masks()
    views = context.views()
    objective = get_objective("rayleigh_quotient", weights=[1.0] * D)
    (g,) = finite.tables((9, D))
    finite.minimize(lambda: objective(g[views.x], g[views.a]), [g])
    finite.check_span(g, context, D, side="A")
    with pytest.raises(AssertionError):
        finite.check_order(finite.gram_schmidt(g, context.pa), context.nu[:, :D], context.pa)


def test_info_nce_finds_the_logarithm_of_the_density_ratio():
    context = finite.Finite([[5, 1, 2], [1, 6, 1], [2, 1, 9]])
    objective = get_objective("info_nce", temperature=1.0, normalize=False)
    f, g = finite.tables((3, 3), (3, 3))
    finite.minimize(lambda: objective(f[context.x], g[context.a]), [f, g], 1000)
    found = (f @ g.T).detach().numpy()
    expected = np.log(context.joint / np.outer(context.px, context.pa))
    difference = found - expected
    np.testing.assert_allclose(difference, difference.mean(), atol=1e-3)


def test_nt_xent_spreads_sources_evenly_over_the_sphere():
    """Three sources whose views agree: the corners of a simplex, with cosines of -1/2."""
    objective = get_objective("nt_xent", temperature=0.5)
    (g,) = finite.tables((3, 3))
    value = finite.minimize(lambda: objective(g, g), [g], 1000)
    directions = (g / g.norm(dim=1, keepdim=True)).detach().numpy()
    np.testing.assert_allclose(directions @ directions.T, 1.5 * np.eye(3) - 0.5, atol=1e-2)
    assert value == pytest.approx(np.log1p(4 * np.exp((-0.5 - 1) / 0.5)), abs=1e-4)


LOST = 1 - np.array([0.75, 0.5, 0.375])  # 1 - s^2
SHRUNK = [
    # (objective, eigenvalues of the covariance)
    (("vicreg", {"variance": 30, "covariance": 25}), np.minimum(1, 0.3 / LOST) ** 2),
    (("svme", {"constraint": VarianceCovariance(1, 10)}), np.minimum(1, 0.5 / LOST) ** 2),
    (("svme", {"constraint": OrthonormalPenalty(0.3, 0.6)}), np.maximum(0, 1 - LOST / 0.6)),
    (("kise", {"constraint": OrthonormalPenalty(0.3, 0.6)}), np.maximum(0, 1 - LOST / 0.6)),
]


@pytest.mark.parametrize(("made", "expected"), SHRUNK)
def test_soft_constraints_shrink_or_lose_directions_as_derived(made, expected):
    """The collapse rules of the constraints' docstrings."""
    name, options = made
    context = finite.two_masks(16)
    objective = get_objective(name, **options)
    if name == "vicreg":
        views = context.views()
        (g,) = finite.tables((9, D))
        finite.minimize_rough(lambda: objective(g[views.x], g[views.a]), [g])
        c = finite.covariance(g, context.pa)
    elif name == "svme":
        f, g = finite.tables((4, D), (9, D))
        finite.minimize_rough(lambda: objective(f[context.x], g[context.a]), [f, g])
        c = finite.covariance(f, context.px)
    else:
        rows = context.rows(4)
        batch = torch.tensor(context.transition)[rows], torch.tensor(context.pa)
        (f,) = finite.tables((4, D))
        finite.minimize_rough(lambda: objective(f[rows], *batch), [f])
        c = finite.covariance(f, context.px)
    np.testing.assert_allclose(np.sort(np.linalg.eigvalsh(c))[::-1], expected, atol=0.02)


@pytest.mark.parametrize("covariance", [25.0, 3.0, 1.0])
def test_vicreg_correlates_coordinates_and_then_loses_one(covariance):
    """At unit variance the correlation is invariance (s_1^2 - s_2^2) / (4 covariance), up to 1."""
    context = finite.two_masks()
    views = context.views()
    objective = get_objective("vicreg", variance=50.0, covariance=covariance)
    (g,) = finite.tables((9, 2))
    finite.minimize_rough(lambda: objective(g[views.x], g[views.a]), [g])
    c = finite.covariance(g, context.pa)
    found = abs(c[0, 1]) / np.sqrt(c[0, 0] * c[1, 1])
    assert found == pytest.approx(min(1.0, 25 * 0.25 / (4 * covariance)), abs=0.01)


@pytest.mark.parametrize("redundancy", [1.0, 0.1, 0.05])
def test_barlow_twins_correlates_coordinates_and_then_loses_one(redundancy):
    """The second function is lost while redundancy is below 1/15 for s^2 = 3/4 and 1/2."""
    context = finite.two_masks()
    views = context.views()
    objective = get_objective("barlow_twins", redundancy=redundancy)
    (g,) = finite.tables((9, 2))
    finite.minimize(lambda: objective(g[views.x], g[views.a]), [g], 400)
    c = finite.covariance(g, context.pa)
    found = abs(c[0, 1]) / np.sqrt(c[0, 0] * c[1, 1])
    u = (0.25 * 0.5 + redundancy * 1.25 * 0.5) / (0.25**2 + redundancy * 1.25**2)
    assert found == pytest.approx(abs(2 * min(1.0, u) - 1), abs=0.01)
    assert (found > 0.999) == (redundancy < 1 / 15)
