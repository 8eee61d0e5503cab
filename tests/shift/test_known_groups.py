"""Known groups: the exact minimax model, online weights, even weights."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize
from sklearn.linear_model import Ridge

from contextures.evaluation import bootstrap_interval
from contextures.exceptions import InputError
from contextures.shift import (
    DistributionallyRobustClassifier,
    DistributionallyRobustRegressor,
    GroupDRO,
    balanced_weights,
    group_risk,
)

RNG = np.random.default_rng(3)
N = 150
GROUPS = np.repeat(["many", "some", "few"], [100, 40, 10])
X = RNG.standard_normal((N, 3))
# Each group has a slope of its own, so that no model is best for all.
SLOPES = {"many": [1.0, 0.0, 0.5], "some": [-1.0, 1.0, 0.5], "few": [0.0, -2.0, 0.5]}
Y = np.array([x @ SLOPES[g] for x, g in zip(X, GROUPS, strict=True)]) + 0.1 * RNG.random(N)
PENALTY = 0.05


def squares(theta):
    return (X @ theta[:3] + theta[3] - Y) ** 2 / 2


def objective(theta):
    square = PENALTY * theta[:3] @ theta[:3] + 1e-6 * (theta[3] - Y.mean()) ** 2
    return group_risk(squares(theta), GROUPS).worst + square / 2


def test_the_worst_group_is_the_least_within_the_gap():
    """Against a program with a bound on every group's loss, by a general solver."""
    model = DistributionallyRobustRegressor("group", penalty=PENALTY, tol=1e-6)
    model.fit(X, Y, groups=GROUPS)
    own = objective(np.r_[model.coef_, model.intercept_])
    assert own == pytest.approx(model.objective_, rel=1e-9)
    assert 0 <= model.dual_gap_ <= 1e-5 * own
    limits = [
        {"type": "ineq", "fun": lambda t, g=g: t[4] - squares(t[:4])[g == GROUPS].mean()}
        for g in model.groups_
    ]
    found = minimize(
        lambda t: t[4] + PENALTY / 2 * t[:3] @ t[:3] + 5e-7 * (t[3] - Y.mean()) ** 2,
        np.r_[np.zeros(4), 10.0],
        method="SLSQP",
        constraints=limits,
        options={"ftol": 1e-12, "maxiter": 500},
    )
    assert own == pytest.approx(found.fun, rel=1e-4)


def test_the_mixture_of_groups_is_the_least_favourable():
    """A model of rows weighed by it is the minimax model: a saddle point."""
    model = DistributionallyRobustRegressor("group", penalty=PENALTY, tol=1e-7)
    model.fit(X, Y, groups=GROUPS)
    counts = np.array([(g == GROUPS).sum() for g in model.groups_])
    place = np.searchsorted(model.groups_, GROUPS)
    weights = (model.group_weights_ / counts)[place]
    assert model.group_weights_.sum() == pytest.approx(1)
    plain = Ridge(PENALTY).fit(X, Y, sample_weight=weights)
    np.testing.assert_allclose(plain.coef_, model.coef_, atol=1e-2)
    mean = DistributionallyRobustRegressor("mean", penalty=PENALTY).fit(X, Y)
    worst = [group_risk((each.predict(X) - Y) ** 2, GROUPS).worst for each in (model, mean)]
    assert worst[0] < 0.8 * worst[1]


@pytest.mark.parametrize("kinds", [2, 3])
def test_classes_have_a_certified_gap_too(kinds):
    y = np.argsort(np.argsort(Y)) * kinds // N
    model = DistributionallyRobustClassifier("group", penalty=0.01, tol=1e-5)
    model.fit(X, y, groups=GROUPS)
    losses = -np.log(model.predict_proba(X)[np.arange(N), y])
    square = 0.01 * (model.coef_**2).sum() / 2 + 5e-7 * (model.intercept_**2).sum()
    assert group_risk(losses, GROUPS).worst + square == pytest.approx(model.objective_, rel=1e-6)
    assert model.dual_gap_ <= 1e-4 * model.objective_
    mean = DistributionallyRobustClassifier("mean", penalty=0.01).fit(X, y)
    plain = -np.log(mean.predict_proba(X)[np.arange(N), y])
    assert group_risk(losses, GROUPS).worst < group_risk(plain, GROUPS).worst


def test_one_group_is_the_mean_and_rows_without_weight_are_nobody():
    one = DistributionallyRobustRegressor("group", penalty=0.1).fit(X, Y, groups=np.zeros(N))
    mean = DistributionallyRobustRegressor("mean", penalty=0.1).fit(X, Y)
    np.testing.assert_allclose(one.coef_, mean.coef_, atol=1e-4)
    weights = (GROUPS != "few").astype(float)
    some = DistributionallyRobustRegressor("group", penalty=0.1)
    some.fit(X, Y, sample_weight=weights, groups=GROUPS)
    kept = GROUPS != "few"
    alone = DistributionallyRobustRegressor("group", penalty=0.1)
    alone.fit(X[kept], Y[kept], groups=GROUPS[kept])
    assert list(some.groups_) == ["many", "some"]
    np.testing.assert_allclose(some.coef_, alone.coef_, atol=1e-2)


@pytest.mark.parametrize(
    ("change", "groups", "message"),
    [
        ({"risk": "group"}, None, "needs the group of each row"),
        ({"risk": "group"}, GROUPS[:5], "groups has shape"),
        ({"risk": "group", "epsilon": 0.1}, GROUPS, "give epsilon=0 with risk='group'"),
        ({"risk": "cvar"}, GROUPS, "groups are of no use to risk='cvar'"),
    ],
)
def test_what_groups_cannot_be_is_said(change, groups, message):
    with pytest.raises(InputError, match=message):
        DistributionallyRobustRegressor(**change).fit(X, Y, groups=groups)


@pytest.mark.parametrize("kind", ["missing", "not a number", "mixed"])
@pytest.mark.parametrize(
    "use",
    [
        lambda losses, groups: balanced_weights(groups),
        lambda losses, groups: group_risk(losses, groups),
        lambda losses, groups: DistributionallyRobustRegressor("group").fit(
            losses[:, None], losses, groups=groups
        ),
        lambda losses, groups: bootstrap_interval("mae", losses, losses, groups=groups),
    ],
)
def test_rows_without_a_group_are_no_group_of_their_own(use, kind):
    """Taken for one they would be guarded, weighed or drawn as a whole, whatever they are."""
    names, message = {
        "missing": (np.array(["a", "b", None, "a"], dtype=object), r"no value at row 2 \(1 in all"),
        "not a number": (np.array([0.0, np.nan, 1.0, np.nan]), r"no value at row 1 \(2 in all"),
        "mixed": (np.array(["a", 1, "a", 1], dtype=object), "cannot be put in order"),
    }[kind]
    with pytest.raises(InputError, match=message):
        use(np.arange(4.0), names)


def test_even_weights_weigh_groups_alike():
    weights = balanced_weights(GROUPS)
    assert weights.mean() == pytest.approx(1)
    sums = [weights[g == GROUPS].sum() for g in np.unique(GROUPS)]
    np.testing.assert_allclose(sums, N / 3)
    with pytest.raises(InputError, match="groups has shape"):
        balanced_weights([])


def test_online_weights_are_those_of_the_papers_algorithm():
    """Against a direct transcription, batches without some groups included."""
    risk, q = GroupDRO(3, step=0.3), np.full(3, 1 / 3)
    for _ in range(20):
        losses, groups = RNG.random(6), RNG.integers(0, 3, 6)
        means = np.array([losses[groups == g].mean() if g in groups else 0.0 for g in range(3)])
        q = q * np.exp(0.3 * means)
        q = q / q.sum()
        assert risk(losses, groups) == pytest.approx(q @ means)
        np.testing.assert_allclose(risk.weights, q, rtol=1e-10)


def test_online_weights_of_tensors_have_gradients_and_stay_finite():
    torch = pytest.importorskip("torch")
    risk, same = GroupDRO(3, step=0.3), GroupDRO(3, step=0.3)
    losses = torch.tensor([1.0, 2.0, 5.0], requires_grad=True)
    groups = torch.tensor([0, 0, 2])
    found = risk(losses, groups)
    found.backward()
    assert found.item() == pytest.approx(same([1.0, 2.0, 5.0], [0, 0, 2]), rel=1e-6)
    expected = [same.weights[0] / 2, same.weights[0] / 2, same.weights[2]]
    np.testing.assert_allclose(losses.grad, expected, rtol=1e-6)
    huge = GroupDRO(2, step=1.0)
    for _ in range(3):
        assert torch.isfinite(huge(torch.tensor([1e6, 1.0]), torch.tensor([0, 1])))
    for _ in range(3):  # what was lost can be won back
        huge(torch.tensor([1.0, 1e6]), torch.tensor([0, 1]))
    assert huge.weights[1] > 0.5


def test_online_weights_reach_the_worst_groups_optimum():
    """Of a linear model by gradient steps, beside the exact solution."""
    torch = pytest.importorskip("torch")
    rows, y = torch.tensor(np.c_[X, np.ones(N)]), torch.tensor(Y)
    codes = torch.tensor(np.unique(GROUPS, return_inverse=True)[1])
    theta = torch.zeros(4, dtype=torch.float64, requires_grad=True)
    risk, mean = GroupDRO(3, step=0.05), torch.zeros(4, dtype=torch.float64)
    optimizer = torch.optim.SGD([theta], lr=0.05)
    for _ in range(2000):
        optimizer.zero_grad()
        loss = risk((rows @ theta - y) ** 2 / 2, codes) + PENALTY / 2 * theta[:3].square().sum()
        loss.backward()
        optimizer.step()
        mean += theta.detach() / 2000
    exact = DistributionallyRobustRegressor("group", penalty=PENALTY).fit(X, Y, groups=GROUPS)
    assert objective(mean.numpy()) < 1.05 * exact.objective_


@pytest.mark.parametrize("groups", [[0, 3], [0.0, 1.0], [0], [-1, 0]])
def test_numbers_of_groups_are_checked(groups):
    with pytest.raises(InputError, match=r"give (the number|numbers)"):
        GroupDRO(3)([1.0, 2.0], groups)
