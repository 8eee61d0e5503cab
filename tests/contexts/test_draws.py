"""Draws follow the transition, in numpy and in torch."""

from __future__ import annotations

import numpy as np
import pytest

from contexts.cases import CASES, NEW, ROWS, as_array, over
from contextures.contexts import Context, KNNContext
from contextures.contexts.draws import Draws
from contextures.exceptions import InputError

transitions = over(lambda case: case.form == "transition")
samplers = over(lambda case: case.form == "sampler")


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


@transitions
def test_draws_follow_the_transition(case):
    """Draws for fitted rows, by number or by value, come as often as P+(a | x) says."""
    case = CASES[case]
    context, X, new = case.fitted(), case.X, case.new
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


@over(lambda case: case.form == "kernel")
def test_a_kernel_is_not_drawn_from(case):
    context = CASES[case].fitted()
    with pytest.raises(InputError, match="cannot be drawn from"):
        Context.sample_rows(context, ROWS, [0], np.random.default_rng(0))
    if not context.observed:
        with pytest.raises(InputError, match="cannot be drawn from"):
            context.sample_rows(ROWS, [0], np.random.default_rng(0))


@transitions
def test_tensors_are_drawn_for_with_torchs_generator(case):
    """Draws from a transition are the same law in torch."""
    torch = pytest.importorskip("torch")
    case = CASES[case]
    context, X = case.fitted(), case.X
    rows = torch.tensor([0, 3, 5])
    words = X is not None and np.asarray(X).dtype.kind not in "fiu"
    tensor = None if X is None or words else torch.as_tensor(X)
    drawn = context.sample_rows(tensor, rows, torch.Generator().manual_seed(0), 4000)
    assert isinstance(drawn, torch.Tensor)
    again = context.sample_rows(tensor, rows, torch.Generator().manual_seed(0), 4000)
    assert torch.equal(drawn, again)
    values = np.asarray(context.context_values())
    if values.dtype.kind not in "fiu":  # names: a tensor holds their places
        values = np.arange(len(values))
    found = frequencies(values, drawn.numpy().astype(values.dtype))
    np.testing.assert_allclose(found, as_array(context.expansion_[rows.numpy()]), atol=0.04)


@samplers
def test_what_only_draws_is_drawn_by_number_or_by_value(case):
    """By a seed, in views of which the first is that of one view's shape."""
    case = CASES[case]
    context = case.fitted()
    rows = np.array([0, 3, 5])
    one = np.asarray(context.sample_rows(case.X, rows, np.random.default_rng(0)))
    several = np.asarray(context.sample_rows(case.X, rows, np.random.default_rng(0), 4))
    assert several.shape == (4, *one.shape) and len(one) == 3
    again = np.asarray(context.sample_rows(case.X, rows, np.random.default_rng(0), 4))
    np.testing.assert_array_equal(several, again)
    if case.new is not None:
        by_value = np.asarray(context.sample(case.X[rows], np.random.default_rng(0), 4))
        np.testing.assert_array_equal(several, by_value)
        with pytest.raises(InputError, match="n_views"):
            context.sample(case.new, np.random.default_rng(0), 0)
    for ask in (context.describe, context.fitted_kernel, lambda: context.expand(case.X)):
        with pytest.raises(InputError, match=r"only draws|continuous"):
            ask()


@samplers
def test_the_same_law_is_drawn_in_torch(case):
    """Means and spreads of many draws agree with numpy's to within their noise."""
    torch = pytest.importorskip("torch")
    case = CASES[case]
    context = case.fitted()
    rows = np.array([0, 3, 5])
    tensor = torch.as_tensor(case.X)
    generator = torch.Generator().manual_seed(0)
    found = context.sample_rows(tensor, torch.as_tensor(rows), generator, 3000)
    assert isinstance(found, torch.Tensor)
    expected = np.asarray(
        context.sample_rows(case.X, rows, np.random.default_rng(0), 3000), dtype=float
    )
    values = found.double().numpy()
    assert values.shape == expected.shape
    spread = expected.std(0)
    error = 6 * np.maximum(spread, 1e-5) / np.sqrt(3000 / 2) + 1e-6
    assert (np.abs(values.mean(0) - expected.mean(0)) < error).all()
    np.testing.assert_allclose(values.std(0), spread, rtol=0.25, atol=0.02)


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
