"""What every public encoder promises, over contexts of every form that it takes."""

from __future__ import annotations

import pickle
from importlib.util import find_spec

import numpy as np
import pytest
from sklearn.base import BaseEstimator, clone
from sklearn.datasets import load_iris
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.utils.estimator_checks import parametrize_with_checks

import contextures.encoders as package
from contextures.contexts import (
    KNNContext,
    MaskContext,
    NoiseContext,
    RandomMaskContext,
    RBFContext,
    SCARFContext,
    TeacherContext,
)
from contextures.encoders import RitzEncoder, SpectralEncoder, load_encoder, save_encoder
from contextures.exceptions import InputError, RankError

X = load_iris().data[::2]
NEW = load_iris().data[1:20:2]
HAS_TORCH = find_spec("torch") is not None and find_spec("lightning_fabric") is not None
TINY = {"max_steps": 4, "network_options": {"width": 8, "depth": 2}}

DESCRIBED = {
    "knn": KNNContext(12),
    "rbf": RBFContext(0.5),
    "landmarks": KNNContext(9, n_landmarks=40),
    "masked": MaskContext(KNNContext(12), n_masks=3),
    "kernel": TeacherContext(PCA(4)),
}
DRAWN = {
    "masked rows": RandomMaskContext(0.3),
    "noise": NoiseContext(0.3),
    "corrupted rows": SCARFContext(0.3),
}

# name: (options, contexts)
ENCODERS = {
    "SpectralEncoder": ({}, DESCRIBED),
    "RitzEncoder": ({"n_functions": 30}, {**DESCRIBED, **DRAWN}),
    "NeuralEncoder": (TINY, {**DESCRIBED, **DRAWN}),
}
"""Every public encoder, made small, with the contexts that it takes."""

PAIRS = [(name, context) for name, (_, contexts) in ENCODERS.items() for context in contexts]
every = pytest.mark.parametrize(("name", "context"), PAIRS)
each_kind = pytest.mark.parametrize("name", ENCODERS)

pytestmark = pytest.mark.filterwarnings("ignore::contextures.exceptions.ContextWarning")


def make(name, context="knn", n_components=3, **given):
    if name == "NeuralEncoder" and not HAS_TORCH:
        pytest.skip("torch is not installed")
    options, contexts = ENCODERS[name]
    chosen = contexts[context] if isinstance(context, str) else context
    return getattr(package, name)(chosen, n_components, **{**options, **given})


def without_case(offered):
    return [
        f"{name} has no case: add a line for it to ENCODERS in tests/encoders/test_contract.py"
        for name in offered
        if name not in ENCODERS
    ]


def public_encoders():
    """Give the names of public encoders, their base apart; one is not there without torch."""
    classes = [name for name in package.__all__ if name[0].isupper() and name != "Encoder"]
    assert all(issubclass(getattr(package, n), BaseEstimator) for n in classes if HAS_TORCH)
    return classes


def test_every_public_encoder_has_a_case():
    assert not without_case(public_encoders())
    assert set(ENCODERS) <= set(public_encoders())
    assert without_case(["NewEncoder"]) == [
        "NewEncoder has no case: add a line for it to ENCODERS in tests/encoders/test_contract.py"
    ]


@every
def test_coordinates_are_functions_in_order(name, context):
    encoder = make(name, context)
    given = encoder.context
    written = repr(encoder)
    coordinates = encoder.fit_transform(X)
    values = encoder.singular_values_
    assert repr(encoder) == written and encoder.context is given
    assert not given.__sklearn_is_fitted__()
    assert encoder.context_.__sklearn_is_fitted__() and encoder.context_ is not given
    assert coordinates.shape == (len(X), 3) and values.shape == (3,)
    assert encoder.n_features_in_ == X.shape[1]
    assert (np.diff(values) <= 1e-12).all() and values.min() >= 0 and values.max() <= 1
    np.testing.assert_allclose(coordinates.mean(0), 0, atol=1e-4)
    np.testing.assert_allclose(coordinates.T @ coordinates / len(X), np.eye(3), atol=1e-3)
    np.testing.assert_allclose(encoder.transform(X), coordinates, atol=1e-4)
    assert np.isfinite(encoder.transform(NEW)).all()
    names = encoder.get_feature_names_out()
    assert list(names) == [f"{name.lower()}{k}" for k in range(3)]


@every
def test_rows_are_embedded_alone_as_together(name, context):
    encoder = make(name, context).fit(X)
    alone = np.vstack([encoder.transform(NEW[i : i + 1]) for i in range(len(NEW))])
    np.testing.assert_allclose(encoder.transform(NEW), alone, atol=1e-4)


@every
def test_fits_are_repeated_and_leave_numpys_generator_alone(name, context):
    np.random.seed(0)
    one = make(name, context).fit(X)
    np.random.seed(1)
    before = np.random.get_state()[1].copy()
    other = make(name, context).fit(X[::-1][:50]).fit(X)
    np.testing.assert_array_equal(np.random.get_state()[1], before)
    np.testing.assert_allclose(other.transform(NEW), one.transform(NEW), atol=1e-6)
    np.testing.assert_allclose(other.singular_values_, one.singular_values_, atol=1e-9)


@every
def test_a_truncated_encoder_is_its_first_coordinates(name, context):
    encoder = make(name, context).fit(X)
    cut = encoder.truncated(2)
    assert type(cut) is type(encoder) and cut is not encoder
    assert cut.n_components == 2 and encoder.n_components == 3
    np.testing.assert_array_equal(cut.singular_values_, encoder.singular_values_[:2])
    np.testing.assert_allclose(cut.transform(NEW), encoder.transform(NEW)[:, :2], atol=1e-10)
    assert len(cut.get_feature_names_out()) == 2
    for wrong in (0, 4, 1.5):
        with pytest.raises(InputError, match="n_components"):
            encoder.truncated(wrong)


@every
def test_copies_are_unfitted_and_pickles_are_fitted(name, context):
    encoder = make(name, context).fit(X)
    copy = clone(encoder)
    assert repr(copy) == repr(encoder)
    for ask in (copy.transform, lambda rows: copy.truncated(1)):
        with pytest.raises(NotFittedError):
            ask(X)
    again = pickle.loads(pickle.dumps(encoder))
    np.testing.assert_array_equal(again.transform(NEW), encoder.transform(NEW))


@every
def test_a_read_encoder_is_the_written_one(name, context, tmp_path):
    encoder = make(name, context).fit(X)
    if name == "SpectralEncoder" and context == "kernel":
        with pytest.raises(InputError, match="cannot be written"):
            save_encoder(encoder, tmp_path)
        assert not list(tmp_path.iterdir())
        return
    save_encoder(encoder, tmp_path)
    again = load_encoder(tmp_path)
    assert type(again) is type(encoder)
    np.testing.assert_allclose(again.transform(NEW), encoder.transform(NEW), atol=1e-12)
    np.testing.assert_array_equal(again.singular_values_, encoder.singular_values_)
    assert again.n_components == 3 and again.n_features_in_ == encoder.n_features_in_
    with pytest.raises(ValueError, match="features"):
        again.transform(NEW[:, :2])


@each_kind
def test_no_more_functions_are_given_than_there_are(name):
    """Unless fewer are allowed, asking for more is refused, with how many there are."""
    few = np.eye(4)[np.arange(80) % 4]
    context = KNNContext(25)
    with pytest.raises(RankError) as caught:
        make(name, context, 30).fit(few)
    assert 1 <= caught.value.rank < 30
    found = make(name, context, 30, allow_fewer=True).fit(few)
    n_found = len(found.singular_values_)
    assert 1 <= n_found < 30
    assert found.transform(few).shape == (80, n_found)
    assert len(found.get_feature_names_out()) == n_found
    assert found.n_components == 30


@each_kind
def test_a_seed_reaches_the_context(name):
    def landmarks(seed):
        return make(name, "landmarks", random_state=seed).fit(X).context_.points_

    np.testing.assert_array_equal(landmarks(3), landmarks(3))
    assert not np.array_equal(landmarks(3), landmarks(4))
    seeded = make(name, KNNContext(9, n_landmarks=40, random_state=5), random_state=3).fit(X)
    own = KNNContext(9, n_landmarks=40, random_state=5).fit(X)
    np.testing.assert_array_equal(seeded.context_.points_, own.points_)


@each_kind
def test_what_is_no_context_is_refused(name):
    for wrong in (KNNContext, "knn:5", 3):
        with pytest.raises(InputError, match=r"is not a context; give KNNContext\(\)"):
            make(name, "knn").set_params(context=wrong).fit(X)
    assert make(name, "knn").set_params(context=None).fit(X).context_.n_neighbors == 30


@parametrize_with_checks(
    [
        SpectralEncoder(MaskContext(KNNContext(3), n_masks=2), 1),
        RitzEncoder(RandomMaskContext(0.5), 1, n_functions=20),
    ]
)
def test_scikit_learn_checks(estimator, check):
    """Beside the contexts that each encoder's own tests put through them."""
    check(estimator)


if HAS_TORCH:

    @pytest.mark.slow
    @parametrize_with_checks(
        [
            package.NeuralEncoder(context, 1, **{**TINY, "max_steps": 2})
            for context in (RBFContext(), RandomMaskContext(0.5), NoiseContext())
        ]
    )
    def test_scikit_learn_checks_of_networks(estimator, check):
        check(estimator)
