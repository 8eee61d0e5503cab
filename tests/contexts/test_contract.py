"""What every context promises."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression

import oracles
from contextures.contexts import (
    BoostedTreesContext,
    Context,
    FiniteContext,
    GraphContext,
    KNNContext,
    LabelContext,
    MaskContext,
    MonteCarloContext,
    NextTokensContext,
    PairContext,
    RBFContext,
    SCARFContext,
    TeacherContext,
)
from contextures.contexts.draws import Draws
from contextures.exceptions import InputError
from contextures.spectrum import decompose

RNG = np.random.default_rng(0)
ROWS = RNG.standard_normal((60, 3))
NEW = RNG.standard_normal((7, 3))
CLASSES = np.arange(60) % 3
COLOURS = np.array(["red", "green", "blue", "grey"])[RNG.integers(0, 4, 60)]

# name: (context, X, y, new X or None where new rows have no transition)
CASES = {
    "knn": (KNNContext(n_neighbors=5), ROWS, None, NEW),
    "knn landmarks": (KNNContext(n_neighbors=5, n_landmarks=25, random_state=1), ROWS, None, NEW),
    "rbf": (RBFContext(gamma=0.5), ROWS, None, NEW),
    "rbf default": (RBFContext(), ROWS, None, NEW),
    "rbf narrow": (RBFContext(gamma=500.0), ROWS, None, NEW),
    "masked knn": (MaskContext(KNNContext(n_neighbors=5)), ROWS, None, NEW),
    "masked rbf": (MaskContext(RBFContext(), mask_rate=0.5, n_masks=2), ROWS, None, NEW),
    "labels": (LabelContext(), ROWS, CLASSES, None),
    "graph": (GraphContext(oracles.cycle(12)), None, None, [0, 3, 3]),
    "finite": (FiniteContext(oracles.flips(3, 0.2)), None, None, [1, 1, 7]),
    "pairs": (PairContext(), CLASSES, COLOURS, [0, 2, 9]),
    "next tokens": (
        NextTokensContext(prefix_length=2),
        *NextTokensContext(prefix_length=2).pairs(RNG.integers(3, 6, (30, 5))),
        [[3, 4], [0, 5], [9, 9]],
    ),
    "teacher": (TeacherContext(PCA(2)), ROWS, None, NEW),
    "teacher of classes": (TeacherContext(LogisticRegression()), ROWS, CLASSES, NEW),
    "counted draws": (
        MonteCarloContext(SCARFContext(0.3), n_draws=200),
        oracles.cube(3).astype(float),
        None,
        oracles.cube(3)[:4].astype(float),
    ),
    "leaves of trees": (
        BoostedTreesContext(n_estimators=7, min_child_samples=5),
        ROWS,
        CLASSES,
        NEW,
    ),
    "predictions of trees": (
        BoostedTreesContext("predictions", n_estimators=7, min_child_samples=5),
        ROWS,
        ROWS[:, 0] * 1.5,
        NEW,
    ),
    "real targets": (LabelContext(), ROWS, ROWS[:, 0] * 1.5, None),
}


@pytest.fixture(params=CASES)
def case(request):
    context, X, y, new = CASES[request.param]
    if isinstance(context, BoostedTreesContext):
        pytest.importorskip("lightgbm")
    return clone(context).fit(X, y), X, y, new


def as_array(matrix):
    return matrix.toarray() if sparse.issparse(matrix) else np.asarray(matrix)


def test_weights_are_probabilities(case):
    context, *_ = case
    assert context.input_weights_.sum() == pytest.approx(1)
    if context.form == "transition":
        assert context.context_weights_.sum() == pytest.approx(1)
        np.testing.assert_allclose(
            as_array(context.expansion_).T @ context.input_weights_, context.context_weights_
        )


def test_transition_rows_sum_to_one_for_seen_and_new_rows(case):
    context, X, _, new = case
    if context.form != "transition" or new is None:
        pytest.skip("no transition of new rows; refused, as other tests show")
    seen = context.transition(X)
    np.testing.assert_allclose(as_array(seen), as_array(context.expansion_), atol=1e-12)
    fresh = context.transition(new)
    assert fresh.shape == (len(new), len(context.context_weights_))
    np.testing.assert_allclose(fresh.sum(axis=1), 1)
    assert (fresh.data >= 0).all()


def test_dual_kernel_integrates_to_one(case):
    """E_X' k(x, X') = 1, for seen and new x."""
    context, X, _, new = case
    if new is None:
        kernel = context.fitted_kernel()
        np.testing.assert_allclose(kernel @ context.input_weights_, 1, atol=1e-9)
        return
    np.testing.assert_allclose(context.dual_kernel(X) @ context.input_weights_, 1, atol=1e-9)
    seen = np.arange(len(context.input_weights_)) if X is None else X
    np.testing.assert_allclose(
        context.dual_kernel(new, seen) @ context.input_weights_, 1, atol=1e-9
    )


def test_dual_kernel_is_the_sum_of_its_spectrum(case):
    """k(x, x') = 1 + sum of s_i^2 mu_i(x) mu_i(x')."""
    context, X, y, new = case
    kernel = context.fitted_kernel() if new is None else context.dual_kernel(X)
    eigenvalues = np.linalg.eigvalsh(
        (kernel - 1) * np.sqrt(np.outer(context.input_weights_, context.input_weights_))
    )
    d = int((eigenvalues > 1e-9).sum())
    spectrum = decompose(clone(context), X, d, y=y)
    counted = spectrum.counted_values
    values = spectrum.singular_values if counted is None else counted
    rebuilt = 1 + (spectrum.left * values**2) @ spectrum.left.T
    np.testing.assert_allclose(rebuilt, kernel, atol=1e-7 * np.abs(kernel).max())


def test_clone_parameters_and_repr(case):
    context, *_ = case
    again = clone(context)
    assert type(again) is type(context)
    assert again.get_params(deep=False).keys() == context.get_params(deep=False).keys()
    assert type(context).__name__ in repr(context)
    assert not hasattr(again, "input_weights_")


def test_rows_do_not_depend_on_their_batch(case):
    context, _, _, new = case
    if new is None:
        pytest.skip("new rows are refused")
    together = as_array(context.expand(new))
    alone = np.vstack([as_array(context.expand(new[i : i + 1])) for i in range(len(new))])
    np.testing.assert_allclose(together, alone, atol=1e-12)


def test_families_fitted_together_equal_contexts_fitted_alone():
    for contexts in (
        [KNNContext(n_neighbors=k) for k in (2, 5, 20)],
        [RBFContext(gamma=g) for g in (0.01, 1.0, 80.0)],
        [MaskContext(KNNContext(n_neighbors=k)) for k in (3, 9)],
        [MaskContext(RBFContext(gamma=g), mask_rate=0.5) for g in (0.1, 30.0)],
    ):
        assert len({context.family() for context in contexts}) == 1
        together = type(contexts[0]).fit_family(contexts, ROWS)
        expanded = type(contexts[0]).expand_family(together, NEW)
        for context, fitted, new in zip(contexts, together, expanded, strict=True):
            alone = clone(context).fit(ROWS)
            np.testing.assert_allclose(as_array(new), as_array(alone.expand(NEW)), atol=1e-13)
            np.testing.assert_allclose(
                as_array(fitted.expansion_), as_array(alone.expansion_), atol=1e-13
            )
            np.testing.assert_allclose(
                as_array(fitted.expand(NEW)), as_array(alone.expand(NEW)), atol=1e-13
            )


def test_a_failing_member_of_a_family_does_not_stop_the_others():
    fitted = KNNContext.fit_family([KNNContext(5), KNNContext(60), KNNContext(-1)], ROWS)
    assert fitted[0].expansion_.shape == (60, 60)
    assert isinstance(fitted[1], InputError)
    assert isinstance(fitted[2], InputError)


def frequencies(values, drawn):
    """Count how often each value of the support was drawn, one row an input."""
    flat = drawn.reshape(drawn.shape[0] * drawn.shape[1], *values.shape[1:])
    together = np.concatenate([values, flat]).astype(values.dtype)
    # Along an axis numpy below 2.4 cannot sort objects, not even one-dimensional ones.
    axis = None if together.ndim == 1 else 0
    codes = np.unique(together, axis=axis, return_inverse=True)[1].ravel()
    places = np.empty(codes.max() + 1, dtype=int)
    places[codes[: len(values)]] = np.arange(len(values))
    columns = places[codes[len(values) :]].reshape(drawn.shape[:2])
    counts = [np.bincount(column, minlength=len(values)) for column in columns.T]
    return np.stack(counts) / len(drawn)


def test_draws_follow_the_transition(case):
    """Draws for fitted rows, by number or by value, come as often as P+(a | x) says."""
    context, X, _, new = case
    if context.form != "transition":
        with pytest.raises(InputError, match="cannot be drawn from"):
            Context.sample_rows(context, ROWS, [0], np.random.default_rng(0))
        return
    rows = np.array([0, 3, 5])
    values = np.asarray(context.context_values())
    by_number = context.sample_rows(X, rows, np.random.default_rng(0), 4000)
    expected = as_array(context.expansion_[rows])
    np.testing.assert_allclose(frequencies(values, by_number), expected, atol=0.04)
    again = context.sample_rows(X, rows, np.random.default_rng(0), 4000)
    assert np.array_equal(by_number, again)
    if new is not None:
        drawn = context.sample(new, np.random.default_rng(1), 4000)
        chances = context.transition(new).toarray()
        np.testing.assert_allclose(frequencies(values, drawn), chances, atol=0.04)
        one = context.sample(new, np.random.default_rng(1))
        assert one.shape == drawn.shape[1:]


def test_tensors_are_drawn_for_with_torchs_generator(case):
    """Draws from a transition are the same law in torch."""
    torch = pytest.importorskip("torch")
    context, X, _, _ = case
    if context.form != "transition":
        pytest.skip("a kernel is not drawn from")
    rows = torch.tensor([0, 3, 5])
    tensor = None if X is None else torch.as_tensor(X)
    drawn = context.sample_rows(tensor, rows, torch.Generator().manual_seed(0), 4000)
    assert isinstance(drawn, torch.Tensor)
    again = context.sample_rows(tensor, rows, torch.Generator().manual_seed(0), 4000)
    assert torch.equal(drawn, again)
    values = np.asarray(context.context_values())
    if values.dtype.kind not in "fiu":  # names: a tensor holds their places
        values = np.arange(len(values))
    found = frequencies(values, drawn.numpy().astype(values.dtype))
    np.testing.assert_allclose(found, as_array(context.expansion_[rows.numpy()]), atol=0.04)


def test_draws_name_the_generator_they_need():
    torch = pytest.importorskip("torch")
    context = KNNContext(n_neighbors=5).fit(ROWS)
    tensor = torch.as_tensor(NEW, dtype=torch.float32)
    drawn = context.sample(tensor, torch.Generator().manual_seed(0), 3)
    assert drawn.shape == (3, *NEW.shape)
    assert drawn.dtype == torch.float32
    with pytest.raises(InputError, match=r"give torch\.Generator"):
        context.sample(tensor, np.random.default_rng(0))
    with pytest.raises(InputError, match=r"give numpy\.random"):
        Draws(NEW, 0)


def test_a_batch_costs_what_its_rows_cost_and_a_new_fit_starts_anew():
    """Nothing of the size of the transition is made again for a batch."""
    context = KNNContext(n_neighbors=3).fit(ROWS)
    rng = np.random.default_rng(0)
    context.sample_rows(ROWS, [0], rng)
    held, values = context._held, context._values
    context.sample_rows(ROWS, [1, 2], rng)
    assert context._held is held
    assert context._values is values
    context.fit(ROWS[30:])
    drawn = context.sample_rows(ROWS[30:], [4], rng, 200)
    neighbours = ROWS[30:][as_array(context.expansion_)[4] > 0]
    np.testing.assert_array_equal(np.unique(drawn[:, 0], axis=0), np.unique(neighbours, axis=0))
