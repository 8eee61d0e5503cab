"""What all encoders do alike, and what one of a person's own gets of it."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
import pytest
from scipy.linalg import eigh
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from contextures import encoders
from contextures.contexts import GraphContext, KNNContext, LabelContext, NoiseContext
from contextures.encoders import Encoder, RitzEncoder, SpectralEncoder, load_encoder, save_encoder
from contextures.exceptions import InputError, RankError
from contextures.spectrum.ritz import TransitionMoments

RNG = np.random.default_rng(3)
X = RNG.normal(size=(120, 4))
FRAME = pd.DataFrame(X, columns=list("abcd"))
RING = np.roll(np.eye(12), 1, axis=0) + np.roll(np.eye(12), -1, axis=0)


class LinearEncoder(Encoder):
    """The best contexture among linear functions, and of rows that are named, of their numbers."""

    def __init__(self, context=None, n_components=2):
        self.context = context
        self.n_components = n_components

    def fit(self, X=None, y=None):
        rows = self._numbers(self._fit_context(X, y))
        moments = TransitionMoments().update(rows, self.context_.describe().entries)
        self.functions_ = moments.solve(self.n_components)
        return self

    @property
    def singular_values_(self):
        return self.functions_.singular_values

    def _numbers(self, rows):
        return np.stack([rows, rows**2], axis=1).astype(float) if rows.ndim == 1 else rows

    def _embed(self, rows):
        return self.functions_.left(self._numbers(rows))

    def _keep_first(self, n_components):
        self.functions_ = self.functions_.truncated(n_components)


QUICK = {"NeuralEncoder": {"max_steps": 10, "network_options": {"width": 16, "depth": 1}}}
"""Parameters under which an encoder takes no time here."""


def kinds():
    """Give a constructor of every public encoder that can be imported, and of one's own."""
    found = {"LinearEncoder": LinearEncoder}
    for name in encoders.__all__:
        try:
            value = getattr(encoders, name)
        except ImportError:  # torch is missing
            continue
        if isinstance(value, type) and issubclass(value, Encoder) and value is not Encoder:
            found[name] = partial(value, **QUICK.get(name, {}))
    return [pytest.param(value, id=name) for name, value in found.items()]


KINDS = kinds()


def test_every_public_encoder_is_found():
    assert {"LinearEncoder", "SpectralEncoder", "RitzEncoder"} <= {kind.id for kind in KINDS}


def test_an_encoder_of_ones_own_finds_what_dense_algebra_finds():
    """Best linear functions v: B v = s^2 C v, with C and B from P and P_A written out."""
    fitted = LinearEncoder(KNNContext(10), 3).fit(X)
    P = fitted.context_.transition(X).toarray()
    centred = X - X.mean(axis=0)
    C = centred.T @ centred / len(X)
    p_a = P.mean(axis=0)
    adjoint = (P.T @ centred) / len(X) / p_a[:, None]  # E[x | a] - E[x]
    B = adjoint.T @ (p_a[:, None] * adjoint)
    squares = eigh(B, C, eigvals_only=True)[::-1]
    np.testing.assert_allclose(fitted.singular_values_**2, squares[:3], atol=1e-8)
    embedded = fitted.transform(X)
    np.testing.assert_allclose(embedded.mean(axis=0), 0, atol=1e-10)
    np.testing.assert_allclose(embedded.T @ embedded / len(X), np.eye(3), atol=1e-8)


@pytest.mark.parametrize("kind", KINDS)
def test_first_coordinates_are_those_of_the_whole(kind):
    fitted = kind(KNNContext(10), n_components=3).fit(FRAME)
    kept = fitted.truncated(2)
    np.testing.assert_allclose(kept.transform(FRAME), fitted.transform(FRAME)[:, :2], atol=1e-12)
    np.testing.assert_array_equal(kept.singular_values_, fitted.singular_values_[:2])
    assert (kept.n_components, fitted.n_components) == (2, 3)
    assert fitted.transform(FRAME).shape == (120, 3)
    assert list(kept.feature_names_in_) == list("abcd")
    assert len(kept.get_feature_names_out()) == 2
    with pytest.raises(InputError, match="n_components=3 cannot be kept: the encoder has 2"):
        kept.truncated(3)


@pytest.mark.parametrize("kind", KINDS)
def test_fitting_and_embedding_at_once_is_the_same(kind):
    made = kind(KNNContext(10), n_components=2)
    np.testing.assert_allclose(made.fit_transform(X), clone(made).fit(X).transform(X), atol=1e-8)
    framed = clone(made).set_output(transform="pandas").fit_transform(FRAME)
    assert list(framed.columns) == list(made.get_feature_names_out())


@pytest.mark.parametrize("kind", KINDS)
def test_rows_of_another_width_are_refused(kind):
    fitted = kind(KNNContext(10), n_components=2).fit(X)
    assert fitted.n_features_in_ == 4
    with pytest.raises(ValueError, match="X has 2 features"):
        fitted.transform(X[:, :2])


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_given_before_fit(kind):
    made = kind(n_components=2)
    for ask in (lambda: made.transform(X), lambda: made.truncated(1), made.get_feature_names_out):
        with pytest.raises(NotFittedError):
            ask()


@pytest.mark.parametrize("kind", KINDS)
def test_no_context_is_nearest_neighbours(kind):
    fitted = kind(n_components=2).fit(X)
    assert isinstance(fitted.context_, KNNContext)
    with pytest.raises(InputError, match="context='knn' is not a context"):
        kind("knn", n_components=2).fit(X)


@pytest.mark.parametrize("kind", KINDS)
def test_labels_are_required_where_the_context_needs_them(kind):
    required = [
        kind(context).__sklearn_tags__().target_tags.required
        for context in (None, KNNContext(), LabelContext())
    ]
    assert required == [False, False, True]


@pytest.mark.parametrize("kind", KINDS)
def test_nodes_are_embedded_by_their_numbers(kind):
    fitted = kind(GraphContext(RING), n_components=2).fit()
    assert not hasattr(fitted, "n_features_in_")
    np.testing.assert_allclose(
        fitted.transform([3, 5]), fitted.transform(np.arange(12))[[3, 5]], atol=1e-12
    )


def test_the_seed_reaches_a_context_without_one():
    class Seen(NoiseContext):
        def __init__(self, random_state=None):
            super().__init__()
            self.random_state = random_state

    assert RitzEncoder(Seen(), 1, random_state=5).fit(X).context_.random_state == 5
    assert RitzEncoder(Seen(2), 1, random_state=5).fit(X).context_.random_state == 2


def test_only_encoders_of_this_library_are_written(tmp_path):
    fitted = LinearEncoder(KNNContext(10)).fit(X)
    with pytest.raises(InputError, match="LinearEncoder is an encoder of your own"):
        save_encoder(fitted, tmp_path)
    assert not list(tmp_path.iterdir())


def test_first_coordinates_of_an_encoder_that_was_read(tmp_path):
    fitted = SpectralEncoder(KNNContext(10), 3).fit(X)
    save_encoder(fitted, tmp_path)
    kept = load_encoder(tmp_path).truncated(1)
    np.testing.assert_allclose(kept.transform(X), fitted.transform(X)[:, :1], atol=1e-12)


def test_a_fit_that_fails_leaves_no_half_learned_encoder():
    """What is left of an earlier fit would answer for other rows."""
    encoder = RitzEncoder(KNNContext(10), 2, n_functions=20).fit(X)
    with pytest.raises(RankError):
        encoder.set_params(n_components=100).fit(X)
    with pytest.raises(NotFittedError):
        encoder.transform(X)
