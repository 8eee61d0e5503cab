"""Coordinates weighed by powers of their singular values, and the rows nearest in them."""

from __future__ import annotations

import json
import pickle
from functools import partial

import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import cdist
from sklearn.base import clone
from sklearn.preprocessing import scale

from contextures import encoders
from contextures.contexts import FiniteContext, GraphContext, KNNContext, NoiseContext
from contextures.encoders import RitzEncoder, SpectralEncoder, load_encoder, nearest, save_encoder
from contextures.evaluation import diagnose, estimate_compatibility
from contextures.exceptions import InputError

RNG = np.random.default_rng(8)
X, NEW = RNG.normal(size=(140, 3)), RNG.normal(size=(30, 3))


def kinds():
    made = {"SpectralEncoder": SpectralEncoder, "RitzEncoder": partial(RitzEncoder, n_functions=40)}
    try:
        neural = encoders.NeuralEncoder
    except ImportError:  # torch is missing
        pass
    else:
        options = {"width": 16, "depth": 1}
        made["NeuralEncoder"] = partial(neural, max_steps=10, network_options=options)
    return [pytest.param(partial(each, KNNContext(15), 4), id=name) for name, each in made.items()]


KINDS = kinds()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("power", [0.5, 3])
def test_coordinates_are_powers_of_singular_values_times_the_functions(kind, power):
    plain, weighted = kind().fit(X), kind(spectral_power=power).fit(X)
    s = plain.singular_values_
    np.testing.assert_array_equal(weighted.singular_values_, s)
    np.testing.assert_array_equal(weighted.transform(NEW), plain.transform(NEW) * s**power)
    np.testing.assert_array_equal(
        kind(spectral_power=power).fit_transform(X), kind().fit_transform(X) * s**power
    )
    kept = weighted.truncated(2)
    assert kept.spectral_power == power
    np.testing.assert_allclose(
        kept.transform(NEW), (plain.transform(NEW) * s**power)[:, :2], atol=1e-12
    )


@pytest.mark.parametrize("kind", KINDS)
def test_weights_do_not_enter_what_is_learned(kind):
    """So that they may be changed after the fit, in place or for a copy, and back again."""
    fitted = kind().fit(X)
    before, s = fitted.transform(NEW), fitted.singular_values_
    other = fitted.with_power(2)
    np.testing.assert_allclose(other.transform(NEW), before * s**2, atol=1e-12)
    np.testing.assert_array_equal(fitted.transform(NEW), before)
    fitted.set_params(spectral_power=2)
    np.testing.assert_array_equal(fitted.transform(NEW), before * s**2)
    np.testing.assert_allclose(other.with_power(0).transform(NEW), before, atol=1e-12)
    assert clone(fitted).spectral_power == 2
    assert (fitted.n_components, other.n_components) == (4, 4)


@pytest.mark.parametrize("kind", KINDS)
def test_frames_are_weighted_too(kind):
    frame = pd.DataFrame(X, columns=list("abc"))
    fitted = kind(spectral_power=2).fit(frame)
    plain = np.asarray(fitted.with_power(0).transform(frame))
    shown = fitted.set_output(transform="pandas").transform(frame)
    assert list(shown.columns) == list(fitted.get_feature_names_out())
    np.testing.assert_allclose(shown.to_numpy(), plain * fitted.singular_values_**2, atol=1e-12)
    found = fitted.nearest(frame, 3, reference=shown)
    np.testing.assert_allclose(found[1][:, 0], 0, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_a_written_encoder_keeps_its_weights(tmp_path, kind):
    fitted = kind(spectral_power=2.5).fit(X)
    save_encoder(fitted, tmp_path)
    again = load_encoder(tmp_path)
    assert again.spectral_power == 2.5
    np.testing.assert_allclose(again.transform(NEW), fitted.transform(NEW), atol=1e-12)
    np.testing.assert_allclose(
        again.truncated(2).with_power(1).transform(NEW),
        fitted.with_power(1).transform(NEW)[:, :2],
        atol=1e-12,
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_of_an_earlier_release_has_unit_variance(tmp_path, kind):
    fitted = kind(spectral_power=2).fit(X)
    save_encoder(fitted, tmp_path)
    file = tmp_path / "encoder.json"
    description = json.loads(file.read_text())
    del description["spectral_power"]
    assert "spectral_power" not in json.dumps(description)
    file.write_text(json.dumps(description))
    again = load_encoder(tmp_path)
    np.testing.assert_allclose(
        again.transform(NEW), fitted.with_power(0).transform(NEW), atol=1e-12
    )


def test_a_pickle_of_an_earlier_release_has_unit_variance():
    fitted = SpectralEncoder(KNNContext(15), 4).fit(X)
    del fitted.spectral_power  # such an object has no such attribute
    again = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(again.transform(NEW), fitted.with_power(0).transform(NEW))


@pytest.mark.parametrize("power", [-0.5, np.nan, np.inf, "8", True, None])
def test_powers_that_are_none_are_refused_by_name(tmp_path, power):
    message = "spectral_power=.* is not possible; give a number of at least zero"
    with pytest.raises(InputError, match=message):
        SpectralEncoder(KNNContext(15), 2, spectral_power=power).fit(X)
    fitted = SpectralEncoder(KNNContext(15), 2).fit(X)
    with pytest.raises(InputError, match=message):
        fitted.with_power(power)
    with pytest.raises(InputError, match=message):
        fitted.set_params(spectral_power=power).transform(X)
    with pytest.raises(InputError, match=message):
        save_encoder(fitted, tmp_path)
    assert not list(tmp_path.iterdir())


def stepping(joint):
    """T T* = P P* of a joint distribution as a Markov matrix on X, and P_X."""
    of_x, of_a = joint.sum(axis=1), joint.sum(axis=0)
    return (joint / of_x[:, None]) @ (joint / of_a).T, of_x


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_distances_are_diffusion_distances_of_a_finite_context(steps):
    """|| p_t(x, .) - p_t(x', .) || in L2(1 / P_X), p_t the t-step transition of T T*.

    Its eigenvalues are s_i^2 and so t steps weigh mu_i by s_i^(2t): Coifman and Lafon (2006).
    """
    joint = RNG.random((7, 9)) ** 3
    joint /= joint.sum()
    M, of_x = stepping(joint)
    after = np.linalg.matrix_power(M, steps)
    expected = cdist(after / np.sqrt(of_x), after / np.sqrt(of_x))
    fitted = SpectralEncoder(FiniteContext(joint), 6, spectral_power=2 * steps)
    coordinates = fitted.fit_transform(None)
    np.testing.assert_allclose(cdist(coordinates, coordinates), expected, atol=1e-10)
    found, distances = fitted.nearest(None, 7)
    np.testing.assert_allclose(
        distances, np.take_along_axis(expected, found, axis=1), rtol=1e-6, atol=1e-8
    )
    assert (np.diff(distances, axis=1) >= 0).all()


def test_one_power_is_one_walk_of_a_reversible_graph():
    """T of an undirected graph has eigenvalues of size s_i: s_i^t mu_i is t steps of the walk."""
    weights = RNG.random((8, 8))
    weights = weights + weights.T
    P = weights / weights.sum(axis=1, keepdims=True)
    stationary = weights.sum(axis=1) / weights.sum()
    coordinates = SpectralEncoder(GraphContext(weights), 7, spectral_power=3).fit_transform(None)
    after = np.linalg.matrix_power(P, 3) / np.sqrt(stationary)
    np.testing.assert_allclose(
        cdist(coordinates, coordinates), cdist(after, after), rtol=1e-8, atol=1e-10
    )


@pytest.mark.parametrize("d", [3, 14], ids=["tree", "brute force"])
@pytest.mark.parametrize("rows", [X, NEW], ids=["fitted", "new"])
def test_the_nearest_rows_are_those_of_brute_force(d, rows):
    fitted = SpectralEncoder(KNNContext(15), d, spectral_power=4).fit(X)
    found, distances = fitted.nearest(rows, 6)
    every = cdist(fitted.transform(rows), fitted.spectrum_.left * fitted.singular_values_**4)
    np.testing.assert_allclose(distances, np.sort(every, axis=1)[:, :6], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(
        np.take_along_axis(every, found, axis=1), distances, rtol=1e-9, atol=1e-12
    )
    assert all(len(set(row)) == 6 for row in found.tolist())


def test_the_power_decides_who_is_near():
    fitted = SpectralEncoder(KNNContext(15), 14).fit(X)
    assert not np.array_equal(fitted.nearest(NEW, 6)[0], fitted.with_power(16).nearest(NEW, 6)[0])


@pytest.mark.parametrize("kind", KINDS)
def test_reference_coordinates_are_as_good_as_kept_ones(tmp_path, kind):
    fitted = kind(spectral_power=2).fit(X)
    save_encoder(fitted, tmp_path)
    again = load_encoder(tmp_path)
    for encoder in (again, again.truncated(3)):
        with pytest.raises(InputError, match=r"does not hold the coordinates.*give reference="):
            encoder.nearest(NEW, 5)
    found, distances = again.nearest(NEW, 5, reference=fitted.transform(X))
    every = cdist(fitted.transform(NEW), fitted.transform(X))
    np.testing.assert_allclose(distances, np.sort(every, axis=1)[:, :5], rtol=1e-6, atol=1e-10)
    if hasattr(fitted, "spectrum_"):
        np.testing.assert_array_equal(found, fitted.nearest(NEW, 5)[0])


def test_an_encoder_that_learned_in_a_stream_goes_on_alone():
    """A copy of other weights shares no sums with it."""
    encoder = RitzEncoder(NoiseContext(sigma=1.0), 2, basis="polynomial").partial_fit(X)
    other = encoder.with_power(1)
    before = other.transform(NEW)
    encoder.partial_fit(RNG.normal(size=(500, 3)))
    np.testing.assert_array_equal(other.transform(NEW), before)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"k": 0}, "k=0 is not possible"),
        ({"k": 141}, "k=141 is more than the 140 rows"),
        ({"reference": np.zeros((9, 3))}, r"reference must hold coordinates of shape \(m, 2\)"),
        ({"reference": np.zeros(9)}, "reference must hold coordinates"),
        ({"reference": [["a", "b"]]}, "reference must hold coordinates"),
        ({"reference": np.full((9, 2), np.nan), "k": 2}, "missing or infinite"),
        ({"algorithm": "fast"}, "algorithm='fast' is not known"),
    ],
)
def test_what_cannot_be_searched_is_refused(given, message):
    fitted = SpectralEncoder(KNNContext(15), 2).fit(X)
    with pytest.raises(InputError, match=message):
        fitted.nearest(NEW, **given)


@pytest.mark.parametrize("algorithm", ["auto", "hnsw"])
def test_an_approximate_index_among_many_rows(monkeypatch, algorithm):
    """Beyond the bound the project's search chooses, and here it may choose the index."""
    pytest.importorskip("faiss")
    monkeypatch.setattr("contextures.contexts.neighbor_search.BRUTE_PAIRS", 10_000)
    monkeypatch.setattr(nearest, "EXACT_ROWS", 1000)
    points = RNG.normal(size=(3000, 12)) * 0.8 ** np.arange(12)
    found, distances = nearest.nearest_rows(points[:200], points, 5, algorithm)
    every = np.sort(cdist(points[:200], points), axis=1)[:, :5]
    assert (distances <= every[:, -1:] * (1 + 1e-9)).mean() > 0.98
    np.testing.assert_array_equal(found[:, 0], np.arange(200))


def test_judgements_of_functions_do_not_turn_on_their_weights():
    """Compatibility weighs mu_i by s_i on its own, and a diagnosis compares fitted mu with new."""
    rows = scale(X)
    fitted = SpectralEncoder(KNNContext(15), 4).fit(rows)
    weighted = fitted.with_power(3)
    target = rows[:, 0] + 0.1 * RNG.normal(size=len(rows))
    one, other = (estimate_compatibility(each, target, rows) for each in (fitted, weighted))
    assert one.value == pytest.approx(other.value)
    one, other = (diagnose(rows, NEW, each, rows, NEW) for each in (fitted, weighted))
    np.testing.assert_allclose(one.learned_fresh, other.learned_fresh)
