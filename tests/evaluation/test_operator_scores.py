"""Scores of encoders under a context, with their errors."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import orth
from sklearn.decomposition import PCA
from sklearn.model_selection import KFold

import oracles
from contextures import RitzEncoder, SpectralEncoder
from contextures.contexts import FiniteContext, KNNContext, NoiseContext, TeacherContext
from contextures.evaluation import cross_validated_ratio_trace, ratio_trace_score, vamp2_score
from contextures.exceptions import InputError
from contextures.spectrum import decompose_fitted
from contextures.spectrum.ritz.ratio_trace import pair_score, ratio_trace

P = 0.1
CUBE = oracles.cube(5)
FLIPS = FiniteContext(oracles.flips(5, P)).fit(None)


def test_it_is_the_ratio_trace_of_the_rows():
    rows = np.random.default_rng(0).integers(0, 32, 500)
    found = ratio_trace_score(CUBE[rows][:, :3], FLIPS, rows)
    assert found.uncorrected == pytest.approx(ratio_trace(CUBE[rows][:, :3], FLIPS, rows))
    assert found.n_components == 3
    low, high = found.interval
    assert low < found.value < high
    assert high - found.value == pytest.approx(2.093 * found.standard_error, rel=1e-3)


@pytest.mark.parametrize("n", [100, 400])
def test_few_rows_bias_the_ratio_trace_and_the_jackknife_mends_it(n):
    # Twelve mixtures of all the functions: not eigenfunctions, so the score varies with the rows.
    spectrum = decompose_fitted(FLIPS, 31)
    mixing = orth(np.random.default_rng(5).standard_normal((31, 12)))
    functions = spectrum.left @ mixing
    truth = (spectrum.singular_values**2 @ mixing**2).sum()
    rng = np.random.default_rng(0)
    found = []
    for _ in range(100):
        rows = rng.integers(0, 32, n)
        found.append(ratio_trace_score(functions[rows], FLIPS, rows))
    values = np.array([score.value for score in found])
    plain = np.mean([score.uncorrected for score in found])
    assert truth - plain > 50 / n
    assert abs(values.mean() - truth) < 0.15 * (truth - plain)
    errors = [score.standard_error for score in found]
    assert np.mean(errors) == pytest.approx(values.std(), rel=0.4)
    hits = [score.interval[0] <= truth <= score.interval[1] for score in found]
    assert 0.90 <= np.mean(hits) <= 1.0


def test_invertible_maps_change_nothing_and_encoders_are_taken():
    X = np.random.default_rng(0).uniform(size=(700, 3))
    context, fresh = KNNContext(20).fit(X[:400]), X[400:]
    pca = PCA(2).fit(X[:400])
    found = ratio_trace_score(pca, context, fresh)
    mixed = pca.transform(fresh) @ [[1.0, 5.0], [0.0, 0.1]] + 3.0
    assert ratio_trace_score(mixed, context, fresh).interval == pytest.approx(found.interval)
    assert found.value < 2.0


def test_fitted_rows_keep_their_weights():
    joint = np.random.default_rng(0).random((30, 6)) ** 3
    context = FiniteContext(joint / joint.sum()).fit(None)
    functions = np.random.default_rng(1).standard_normal((30, 2))
    found = ratio_trace_score(functions, context)
    assert found.uncorrected == pytest.approx(ratio_trace(functions, context))


def test_kernel_contexts_are_judged_too():
    X = np.random.default_rng(0).standard_normal((300, 4))
    context = TeacherContext(PCA(3)).fit(X[:150])
    assert ratio_trace_score(X[150:, :2], context, X[150:]).value > 0


def test_vamp2_is_the_pair_score_with_an_error_that_covers():
    rng = np.random.default_rng(0)
    hits = []
    for _ in range(100):
        x = rng.standard_normal((2000, 1))
        a = 0.6 * x + 0.8 * rng.standard_normal((3, 2000, 1))
        found = vamp2_score(x, a)
        hits.append(found.interval[0] <= 0.36 <= found.interval[1])
    assert found.uncorrected == pytest.approx(pair_score(x, a))
    assert 0.88 <= np.mean(hits) <= 1.0


def test_folds_judge_encoders_on_rows_they_did_not_see():
    X = np.random.default_rng(0).uniform(size=(500, 2))
    ours = cross_validated_ratio_trace(SpectralEncoder(KNNContext(15), 3), X)
    theirs = cross_validated_ratio_trace(PCA(2), X, context=KNNContext(15))
    assert ours.value > theirs.value
    assert ours.n_components == 3
    plain = []
    for train, held in KFold(5, shuffle=True, random_state=np.random.RandomState(0)).split(X):
        encoder = SpectralEncoder(KNNContext(15), 3).fit(X[train])
        plain.append(ratio_trace(encoder.transform(X[held]), encoder.context_, X[held]))
    assert ours.uncorrected == pytest.approx(np.mean(plain))
    again = cross_validated_ratio_trace(SpectralEncoder(KNNContext(15), 3), X)
    assert again == ours
    assert 0 < ours.standard_error < 0.3


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda X: ratio_trace_score(X[:10], KNNContext(3).fit(X), X), "F has 10 rows"),
        (lambda X: ratio_trace_score(X, NoiseContext().fit(X), X), "given by draws"),
        (lambda X: ratio_trace_score(X[:4], KNNContext(3).fit(X), X[:4]), "cannot judge"),
        (lambda X: ratio_trace_score(X, KNNContext(3).fit(X), X, n_groups=41), "n_groups=41"),
        (lambda X: cross_validated_ratio_trace(PCA(2), X), "PCA has no context of its own"),
        (lambda X: cross_validated_ratio_trace(RitzEncoder(), X, n_folds=99), "n_folds=99"),
        (lambda X: vamp2_score(X, X[:10]), "G must have shape"),
        (lambda X: vamp2_score(X, X, level=2), "level=2"),
    ],
)
def test_what_cannot_be_judged_is_refused(call, message):
    with pytest.raises(InputError, match=message):
        call(np.random.default_rng(0).standard_normal((40, 4)))
