"""Predicted losses: right where they can be, with intervals that cover, and mended by labels."""

from __future__ import annotations

import numpy as np
import pytest

from contextures.exceptions import InputError
from contextures.shift import predicted_loss, rival_disagreement, rivals


def populations(seed, changed=0.0):
    """Losses that grow with one column, which moves; the truth of the new ones is known."""
    rng = np.random.default_rng(seed)
    here, there = rng.random((500, 3)), rng.random((400, 3)) ** [0.4, 1.0, 1.0]
    lost = [(1 + 2 * rows[:, 0]) * rng.exponential(size=len(rows)) for rows in (here, there)]
    return here, there, lost[0], lost[1] + changed, 1 + 2 / 1.4 + changed


def test_intervals_cover_the_truth_and_the_old_mean_does_not():
    inside, old = [], []
    for seed in range(12):
        here, there, lost, _, truth = populations(seed)
        found = predicted_loss(lost, here, there, random_state=seed)
        inside.append(found.interval[0] <= truth <= found.interval[1])
        old.append(abs(found.held_out - truth) - abs(found.value - truth))
        assert found.per_row.shape == (400,)
        assert found.held_out == lost.mean()
    assert np.mean(inside) >= 0.75
    assert np.mean(old) > 0.1


def test_labels_mend_what_rows_do_not_tell():
    """Labels changed, so that every new row loses one more."""
    plain, mended, covered = [], [], []
    for seed in range(6):
        here, there, lost, new, truth = populations(seed, changed=1.0)
        places = np.random.default_rng(seed).permutation(400)[:40]
        told = predicted_loss(lost, here, there, random_state=0)
        more = predicted_loss(lost, here, there, known=(places, new[places]), random_state=0)
        plain.append(truth - told.value)
        mended.append(truth - more.value)
        covered.append(more.interval[0] <= truth <= more.interval[1])
        assert more.n_labels == 40
    assert np.mean(plain) > 0.8
    assert abs(np.mean(mended)) < 0.4
    assert np.mean(covered) >= 0.6


def test_a_constant_loss_is_the_same_everywhere():
    rows = np.random.default_rng(0).random((60, 2))
    found = predicted_loss(np.full(60, 0.25), rows, rows + 5, random_state=0)
    assert found.value == pytest.approx(0.25)
    assert found.interval == pytest.approx((0.25, 0.25))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"losses": np.ones(59)}, "losses has 59 values"),
        ({"new": np.ones((30, 3))}, "the same columns of both"),
        ({"new": np.ones((5, 2))}, "new has 5 rows"),
        ({"losses": np.full(60, np.nan)}, "losses must be finite"),
        ({"known": ([0, 30], [1.0, 2.0])}, "known must hold the numbers of new rows, from 0 to 29"),
        ({"known": ([0], [1.0])}, "of two rows at least"),
        ({"n_folds": 1}, "n_folds=1"),
        ({"apart": (np.ones(60), np.ones(31))}, "apart has 31 values where there are 30 rows"),
        ({"apart": (np.full(60, np.nan), np.ones(30))}, "apart must be finite"),
    ],
)
def test_what_cannot_be_is_said(change, message):
    given = {"losses": np.ones(60), "reference": np.ones((60, 2)), "new": np.ones((30, 2))}
    with pytest.raises(InputError, match=message):
        predicted_loss(**{**given, **change})


def beyond(seed, noise=0.3):
    """A model that is flat where its rows end, and a truth that goes on straight."""
    rng = np.random.default_rng(seed)
    here, there = rng.random((500, 2)), rng.uniform([0.5, 0.0], [1.5, 1.0], (400, 2))
    said = [np.minimum(rows[:, 0], 1.0) for rows in (here, there)]
    labels = [rows[:, 0] + noise * rng.standard_normal(len(rows)) for rows in (here, there)]
    lost = [(a - b) ** 2 for a, b in zip(said, labels, strict=True)]
    apart = rival_disagreement(labels[0], here, said[0], there, said[1], kind="regression")
    # Half of the new rows are beyond, by u in (0, 1/2), whose square has the mean 1/12.
    return here, there, lost, apart, noise**2 + 1 / 24


def test_where_no_row_was_seen_the_interval_holds_what_a_rival_foretells():
    """Trees say of rows beyond what they say at the border, so alone they miss that it is worse."""
    alone, beside = [], []
    for seed in range(4):
        here, there, lost, apart, truth = beyond(seed)
        plain = predicted_loss(lost[0], here, there, random_state=0)
        found = predicted_loss(lost[0], here, there, apart=apart, random_state=0)
        assert found.value >= plain.value - 1e-3
        assert found.per_row.mean() == pytest.approx(found.value)
        # All of what the rival foretells, and not that alone.
        assert found.interval[1] - found.value >= 0.9 * (apart[1].mean() - apart[0].mean())
        alone.append(plain.interval[0] <= truth <= plain.interval[1])
        beside.append(found.interval[0] <= truth <= found.interval[1])
    assert all(beside) and np.mean(alone) < 0.5


def test_a_rival_that_is_right_is_believed():
    """Where the models come apart the losses are what they differ by, also beyond what was seen."""
    rng = np.random.default_rng(0)
    here, there = rng.random((600, 2)), rng.uniform([1.0, 0.0], [2.0, 1.0], (400, 2))
    apart = here[:, 0] ** 2, there[:, 0] ** 2
    found = predicted_loss(apart[0], here, there, apart=apart, random_state=0)
    assert found.value == pytest.approx(apart[1].mean(), rel=1e-6)
    # Less than was told is taken off in proportion, so that no loss is below the least.
    back = predicted_loss(apart[0], here, here[:100], apart=(apart[0], np.zeros(100)))
    assert back.per_row.min() >= apart[0].min() and back.value < 0.6 * apart[0].mean()


def test_a_rival_that_says_nothing_of_losses_changes_nothing():
    rng = np.random.default_rng(1)
    here, there, lost, _, _ = populations(1)
    same = np.full(500, 0.5), np.full(400, 0.5)
    plain = predicted_loss(lost, here, there, random_state=0)
    assert predicted_loss(lost, here, there, apart=same, random_state=0).value == plain.value
    noise = rng.random(500), rng.random(400)
    found = predicted_loss(lost, here, there, apart=noise, random_state=0)
    assert found.value == pytest.approx(plain.value, rel=0.1)


def test_a_rival_is_the_ridge_regression_of_rows_that_it_was_not_fitted_to():
    """By dense algebra, at the penalty that the best of its left-out errors chose."""
    rng = np.random.default_rng(2)
    rows, more = rng.standard_normal((60, 3)) * [1.0, 9.0, 0.1], rng.standard_normal((40, 3))
    labels = rows @ [1.0, 0.2, 3.0] + rng.standard_normal(60)
    _, far = rival_disagreement(labels, rows, labels, more, np.zeros(40), kind="regression")
    X, Y = (rows - rows.mean(0)) / rows.std(0), (more - rows.mean(0)) / rows.std(0)

    def fitted(penalty):
        return np.linalg.solve(X.T @ X + penalty * np.eye(3), X.T @ (labels - labels.mean()))

    def left_out(penalty):
        hat = X @ np.linalg.solve(X.T @ X + penalty * np.eye(3), X.T) + 1 / 60
        return (((labels - hat @ labels) / (1 - np.diag(hat))) ** 2).sum()

    best = min(np.logspace(0, 4, 9), key=left_out)
    spread = (labels.max() - labels.min()) / 2
    says = (labels.mean() + Y @ fitted(best)).clip(labels.min() - spread, labels.max() + spread)
    np.testing.assert_allclose(far, says**2, rtol=1e-6)


def test_of_many_rows_some_are_enough(monkeypatch):
    rng = np.random.default_rng(4)
    rows, more = rng.standard_normal((900, 2)), rng.standard_normal((50, 2))
    labels = rows[:, 0] + 0.1 * rng.standard_normal(900)
    given = labels, rows, np.zeros(900), more, np.zeros(50)
    all_rows = rival_disagreement(*given, kind="regression")
    monkeypatch.setattr(rivals, "MOST", 200)
    for some, every in zip(rival_disagreement(*given, kind="regression"), all_rows, strict=True):
        assert (some != every).all()
        np.testing.assert_allclose(some, every, atol=0.3)


def test_classes_are_the_same_or_not():
    """Words are compared as words, and a class that the reference rows lack is another."""
    rng = np.random.default_rng(3)
    rows, more = rng.standard_normal((200, 2)), rng.standard_normal((50, 2))
    labels, truth = (np.where(each[:, 0] > 0, "yes", "no") for each in (rows, more))
    near, far = rival_disagreement(labels, rows, labels, more, truth, kind="classification")
    assert set(near) <= {0.0, 1.0} and near.mean() < 0.1 and far.mean() < 0.15
    others = np.full(50, "perhaps")
    assert rival_disagreement(labels, rows, labels, more, others, kind="classification")[1].all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"labels": np.ones(59)}, "labels has 59 values"),
        ({"labels": np.full(60, np.nan)}, "labels holds values that are missing"),
        ({"labels": np.full(60, "a")}, "labels holds values that are not numbers"),
        ({"told_new": np.ones(29)}, "told_new has 29 values"),
        ({"told": np.full(60, np.inf)}, "told holds values that are missing or infinite"),
        ({"new": np.ones((30, 3))}, "reference has 2 columns and new 3; give the same of both"),
        ({"reference": np.ones((9, 2))}, "reference has 9 rows"),
        ({"kind": "classes"}, "kind='classes' is not known"),
        ({"n_folds": 1}, "n_folds=1"),
    ],
)
def test_what_a_rival_cannot_be_told_is_said(change, message):
    given = {"labels": np.ones(60), "reference": np.ones((60, 2)), "told": np.ones(60)}
    given |= {"new": np.ones((30, 2)), "told_new": np.ones(30), "kind": "regression"}
    given |= change
    with pytest.raises(InputError, match=message):
        rival_disagreement(**given)
