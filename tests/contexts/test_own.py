"""Contexts defined outside the library: what is done for them, and what is said of slips."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError

from contextures import SpectralEncoder
from contextures.contexts import Context, KNNContext, ShortForm
from contextures.encoders import load_encoder, save_encoder
from contextures.exceptions import ContextWarning, InputError
from contextures.selection import parse_context, short_form
from contextures.spectrum import decompose

ROWS = np.random.default_rng(0).standard_normal((60, 3))


class Signs(Context):
    """A is the sign of a column."""

    short = ShortForm("signs-of", "columns", str)

    def __init__(self, columns="First", change=None):
        self.columns = columns
        self.change = change

    def fit(self, X, y=None):
        self.means_ = X.mean(axis=0)
        return self

    def expand(self, X):
        law = np.eye(2)[(X[:, 0] > self.means_[0]).astype(int)]
        return law if self.change is None else self.change(law)


class Directions(Context):
    """Rows are alike that point the same way, times ``factor``, off the centre by ``shift``."""

    form = "kernel"

    def __init__(self, factor=1.0, shift=0.0):
        self.factor = factor
        self.shift = shift

    def fit(self, X, y=None):
        self.mean_ = X.mean(axis=0)
        self.scale_ = np.linalg.norm(X - self.mean_, 2) / len(X) ** 0.5
        return self

    def expand(self, X):
        return self.factor * (X - self.mean_) / self.scale_ + self.shift


class OneView(Context):
    """Draws one view at a time."""

    def fit(self, X, y=None):
        return self

    def sample(self, X, rng):
        return X + rng.normal(size=X.shape)


class Blind(OneView):
    """Takes ``n_views`` and does not heed it."""

    def sample(self, X, rng, n_views=1):
        return X


@pytest.mark.parametrize("holder", [np.ndarray.tolist, pd.DataFrame, np.float32])
def test_rows_come_as_arrays_of_floats_whatever_holds_them(holder):
    rows = np.float32(ROWS).astype(float)
    expected = Signs().fit(rows)
    context = Signs().fit(holder(rows))
    assert context.n_features_in_ == 3
    np.testing.assert_array_equal(context.means_, expected.means_)
    np.testing.assert_array_equal(context.expand(holder(rows)), expected.expand(rows))


def test_new_rows_are_like_the_fitted_ones():
    context = Signs().fit(ROWS)
    with pytest.raises(InputError, match="X has 2 features, but this context was fitted with 3"):
        context.expand(ROWS[:, :2])
    with pytest.raises(NotFittedError):
        Signs().expand(ROWS)
    assert context.fit(ROWS[:, :2]).n_features_in_ == 2, "a second fit forgets the first"


def test_other_values_than_numbers_are_asked_to_be_declared():
    with pytest.raises(InputError, match=r"Signs takes rows of numbers.* takes = 'any'"):
        Signs().fit([["a"], ["b"]])


def test_labels_that_are_needed_and_missing_are_asked_for():
    class Labelled(Signs):
        needs_y = True

    with pytest.raises(InputError, match="Labelled needs y"):
        Labelled().fit(ROWS)
    assert Labelled().fit(ROWS, ROWS[:, 0]).n_features_in_ == 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda law: law[1:], r"expand gives 59 rows for 60 rows of X"),
        (lambda law: 2 * law, r"must sum to one.* row 0 sums to 2"),
        (lambda law: -law, "below zero"),
    ],
)
def test_what_expand_gives_is_checked_at_the_fit_and_on_new_rows(change, message):
    with pytest.raises(InputError, match=message):
        Signs(change=change).fit(ROWS)
    with pytest.raises(InputError, match=message):
        Signs().fit(ROWS).set_params(change=change).expand(ROWS)


def test_the_kernel_of_a_context_is_centred_and_has_no_eigenvalue_above_one():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert decompose(Directions(), ROWS, 2).singular_values[0] == pytest.approx(1)
        Directions(0.5).fit(ROWS)
        Directions().fit(ROWS[:, :1])
    with pytest.warns(ContextWarning, match="eigenvalue 9 on the fitted rows.* by 3 or more"):
        Directions(3.0).fit(ROWS)
    with pytest.warns(ContextWarning, match="have a mean"):
        Directions(0.5, shift=0.1).fit(ROWS)


def test_a_sample_of_one_view_is_asked_for_each():
    context = OneView().fit(ROWS)
    rng = np.random.default_rng(0)
    views = context.sample(ROWS, np.random.default_rng(0), 2)
    np.testing.assert_array_equal(views, [context.sample(ROWS, rng), context.sample(ROWS, rng)])
    with pytest.raises(InputError, match=r"shape \(60, 3\) for n_views=2 and 60 rows"):
        Blind().fit(ROWS).sample(ROWS, rng, 2)


def test_short_forms_of_text_keep_its_case():
    assert short_form(Signs("Width")) == "signs-of:Width"
    assert parse_context("Signs-of:Width").columns == "Width"


@pytest.mark.parametrize(
    ("form", "message"),
    [
        (ShortForm("Mine"), "begins with 'Mine', which cannot be read"),
        (ShortForm("mine", "k"), "names 'k', which is no parameter .* give one of change, columns"),
        (ShortForm("mine", inner="k"), "names 'k'"),
    ],
)
def test_short_forms_that_cannot_be_read_are_refused_where_they_are_declared(form, message):
    with pytest.raises(InputError, match=message):
        type("Mine", (Signs,), {"short": form, "__init__": Signs.__init__})


def test_words_of_the_library_stay_its_own():
    type("Thief", (Signs,), {"short": ShortForm("knn", "columns", str)})
    assert isinstance(parse_context("knn:20"), KNNContext)


@pytest.mark.parametrize("kind", [str, object])
def test_arrays_of_text_are_written(tmp_path, kind):
    class Named(Signs):
        def fit(self, X, y=None):
            self.names_ = np.array(["low", "high"], dtype=kind)
            return super().fit(X, y)

    encoder = SpectralEncoder(Named(), 1).fit(ROWS)
    save_encoder(encoder, tmp_path)
    again = load_encoder(tmp_path)
    np.testing.assert_array_equal(again.context_.names_, ["low", "high"])
    assert again.context_.names_.dtype == encoder.context_.names_.dtype
    np.testing.assert_array_equal(again.transform(ROWS), encoder.transform(ROWS))


def test_what_would_be_lost_in_a_file_is_said_when_it_is_written(tmp_path):
    class Loose(Signs):
        def fit(self, X, y=None):
            self.edges = [0.0]
            return super().fit(X, y)

    class Chosen(Loose):
        saved = ("means_",)

    with pytest.raises(InputError, match=r"edges of Loose would not be written; .* in saved"):
        save_encoder(SpectralEncoder(Loose(), 1).fit(ROWS), tmp_path)
    save_encoder(SpectralEncoder(Chosen(), 1).fit(ROWS), tmp_path)


def test_what_cannot_be_written_is_named_with_what_can(tmp_path):
    class Model(Signs):
        def fit(self, X, y=None):
            self.model_ = {"a": 1}
            return super().fit(X, y)

    with pytest.raises(InputError, match=r"model_={'a': 1} of Model cannot be written, and so"):
        save_encoder(SpectralEncoder(Model(), 1).fit(ROWS), tmp_path)
