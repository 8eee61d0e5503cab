"""Tensors in, tensors out: the same numbers as of arrays, computed where the tensors are."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.decomposition import PCA

from contextures.contexts import (
    KNNContext,
    LabelContext,
    MaskContext,
    NoiseContext,
    PairContext,
    RBFContext,
    TeacherContext,
)
from contextures.contexts.algebra.layout import Piece
from contextures.encoders import RitzEncoder, SpectralEncoder, load_encoder, save_encoder
from contextures.encoders.bases import (
    Basis,
    FourierBasis,
    LandmarkBasis,
    NystroemBasis,
    PolynomialBasis,
    StackedBasis,
)
from contextures.encoders.bases.base import values_of
from contextures.encoders.bases.parts import PartsBasis
from contextures.exceptions import InputError
from contextures.selection import ContextSearch
from contextures.spectrum.ritz import KernelMoments, PairMoments, TransitionMoments
from contextures.spectrum.ritz.scatter import Centred

torch = pytest.importorskip("torch")

X, Y = load_iris(return_X_y=True)
X = X + np.random.default_rng(0).normal(scale=0.01, size=X.shape)  # no two rows are alike


@pytest.fixture
def device(request):
    return request.config.getoption("--device")


def tensor(values, device):
    return torch.as_tensor(np.ascontiguousarray(values), device=device)


BASES = [
    LandmarkBasis(40),
    LandmarkBasis(2),
    FourierBasis(31),
    NystroemBasis(30),
    PolynomialBasis(3),
    PolynomialBasis(5, interaction_only=True),
    StackedBasis([LandmarkBasis(20), PCA(2)]),
    PCA(2),
]


@pytest.mark.parametrize("basis", BASES, ids=repr)
def test_functions_are_those_of_arrays(basis, device):
    basis = basis.fit(X[:100] * 10 + 300)
    new = X[100:] * 10 + 300
    found = values_of(basis, new, np.float64, device)
    assert found.dtype is torch.float64 and found.device.type == device
    expected = values_of(basis, new, np.float64)
    np.testing.assert_allclose(found.cpu().numpy(), expected, atol=1e-9 * np.abs(expected).max())


@pytest.mark.parametrize("n_there", [0, 30, 60])
def test_functions_of_parts_are_those_of_arrays(n_there, device):
    """Whether the rows asked for hold all parts, or none of one."""
    rng = np.random.default_rng(0)
    pieces = [Piece((0,), ((2, 3),)), Piece((1,), ((3, 4), (4, 5)))]

    def rows(n, first):
        chosen = np.eye(2)[(np.arange(n) >= first).astype(int)]
        return np.hstack([chosen, rng.normal(size=(n, 3)) * chosen[:, [0, 1, 1]]])

    basis = PartsBasis([LandmarkBasis(5), FourierBasis(4)], pieces).fit(rows(60, 30))
    new = rows(60, n_there)
    found = values_of(basis, new, np.float64, device)
    np.testing.assert_allclose(found.cpu().numpy(), values_of(basis, new, np.float64), atol=1e-12)


CASES = {
    "neighbours": (KNNContext(20), None),
    "kernel": (RBFContext(1.0), None),
    "masked": (MaskContext(KNNContext(20)), None),
    "features of a kernel": (TeacherContext(PCA(3)), None),
    "drawn": (NoiseContext(), None),
    "classes": (LabelContext(), Y),
    "pairs": (PairContext(), X + np.random.default_rng(1).normal(size=X.shape)),
}


@pytest.mark.parametrize("basis", ["auto", "landmarks", "fourier", "nystroem", "polynomial"])
@pytest.mark.parametrize("case", CASES)
def test_what_is_learned_is_that_of_arrays(case, basis, device):
    context, y = CASES[case]
    how = {"n_components": 2, "n_functions": 30, "basis": basis, "ridge": 1e-3}
    given = None if y is None else tensor(y, device)
    tensors = RitzEncoder(context, **how).fit(tensor(X, device), given)
    arrays = RitzEncoder(context, **how, precision="double").fit(X, y)
    np.testing.assert_allclose(tensors.singular_values_, arrays.singular_values_, atol=1e-8)
    found = tensors.transform(tensor(X + 0.01, device)).cpu().numpy()
    np.testing.assert_allclose(found, arrays.transform(X + 0.01), atol=1e-5)


@pytest.mark.parametrize("fit", ["fit", "partial_fit"])
def test_it_is_computed_on_the_device(fit, device, monkeypatch):
    """No function of a basis is computed in arrays, nor is a block of them centred in arrays."""

    def never(*_):
        raise AssertionError("computed in arrays")

    monkeypatch.setattr(LandmarkBasis, "values", never)
    seen = []
    of = Centred._of_tensor
    monkeypatch.setattr(
        Centred,
        "_of_tensor",
        lambda values, weights: seen.append(values.device) or of(values, weights),
    )
    encoder = RitzEncoder(NoiseContext(), 2, basis="landmarks", n_functions=30)
    rows = tensor(X, device)
    assert getattr(encoder, fit)(rows).transform(rows).device == rows.device
    assert len(seen) > 1 and set(seen) == {rows.device}


def test_moments_of_weighted_tensors_are_those_of_arrays(device):
    rng = np.random.default_rng(1)
    phi, psi = rng.normal(size=(50, 4)) + 1e3, rng.normal(size=(2, 50, 3)) - 1e3
    weights = rng.random(50) + 0.1
    transition = rng.random((50, 6)) * (rng.random((50, 6)) < 0.5) + 0.01
    for kind, side in (
        (PairMoments, psi),
        (TransitionMoments, transition / transition.sum(axis=1, keepdims=True)),
        (KernelMoments, psi[0]),
    ):
        other = tensor(side, device) if kind is PairMoments else side
        found = kind.of(tensor(phi, device), other, weights=weights)
        expected = kind.of(phi, side, weights=weights)
        assert type(found.covariance) is np.ndarray
        np.testing.assert_allclose(found.covariance, expected.covariance, atol=1e-9)
        np.testing.assert_allclose(found.operator, expected.operator, atol=1e-9)


@pytest.mark.parametrize(
    "encoder", [SpectralEncoder(KNNContext(20), 3), RitzEncoder(NoiseContext(), 2)]
)
def test_only_what_comes_back_is_a_tensor(encoder, tmp_path, device):
    """Attributes, files and pickles are numpy's, and arrays come back where arrays are given."""
    rows = tensor(X, device)
    encoder = encoder.fit(rows)
    assert type(encoder.singular_values_) is np.ndarray
    found = encoder.transform(rows)
    assert type(encoder.transform(X)) is np.ndarray
    np.testing.assert_allclose(found.cpu().numpy(), encoder.transform(X), atol=1e-8)
    assert b"torch" not in pickle.dumps(encoder)
    save_encoder(encoder, tmp_path)
    again = load_encoder(tmp_path)
    assert torch.equal(again.transform(rows), found)
    assert type(again.nearest(rows, 2, reference=encoder.transform(X))[0]) is np.ndarray


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float8_e4m3fn", "int64"])
def test_numbers_of_other_types_are_taken_as_float64(dtype, device):
    rows = tensor(X * 100, device).to(getattr(torch, dtype)).requires_grad_(dtype != "int64")
    encoder = SpectralEncoder(KNNContext(20), 3).fit(rows)
    found = encoder.transform(rows)
    assert found.dtype is torch.float64 and not found.requires_grad
    same = encoder.transform(rows.detach().double().cpu().numpy())
    np.testing.assert_array_equal(found.cpu().numpy(), same)


def test_a_list_of_tensors_is_rows_as_a_list_of_arrays_is():
    """Those that gradients flow to, which numpy does not take, among them."""
    rows = list(torch.as_tensor(X).requires_grad_())
    found = SpectralEncoder(KNNContext(20), 3).fit(rows).transform(rows)
    np.testing.assert_array_equal(found, SpectralEncoder(KNNContext(20), 3).fit(X).transform(X))
    with pytest.raises(InputError):
        RitzEncoder(KNNContext(20), 1).fit([rows[0], rows[1][:2]])


@pytest.mark.parametrize("kind", ["grad", "bfloat16", "list"])
def test_labels_of_contexts_may_be_tensors_of_any_kind(kind):
    labels = torch.as_tensor(Y, dtype=torch.float64).requires_grad_()
    labels = {"grad": labels, "bfloat16": labels.bfloat16(), "list": list(labels)}[kind]
    context = 0.5 * LabelContext() + 0.5 * KNNContext(20)
    found = RitzEncoder(context, 2).fit(X, labels).singular_values_
    np.testing.assert_allclose(found, RitzEncoder(context, 2).fit(X, Y).singular_values_)
    search = ContextSearch([KNNContext(5), KNNContext(20)], criterion="labels")
    expected = search.fit(X, Y).results_["labels"]
    np.testing.assert_array_equal(search.fit(X, labels).results_["labels"], expected)


def test_tensors_on_two_devices_are_refused():
    elsewhere = torch.empty(len(X), device="meta")
    for encoder in (RitzEncoder(LabelContext(), 1), SpectralEncoder(LabelContext(), 1)):
        with pytest.raises(InputError, match="X is on cpu and y on meta; give both on one device"):
            encoder.fit(torch.as_tensor(X), elsewhere)


def test_a_tensor_without_numbers_is_refused():
    with pytest.raises(InputError, match="X is a tensor on meta that cannot be read"):
        RitzEncoder(NoiseContext(), 1).fit(torch.empty((30, 2), device="meta"))


def test_a_basis_of_ones_own_needs_no_tensors(device):
    class Squares(Basis):
        def fit_rows(self, rows):
            pass

        def values(self, rows, dtype):
            return np.hstack([rows, rows**2]).astype(dtype)

    rows = tensor(X, device)
    found = RitzEncoder(NoiseContext(), 2, basis=Squares(), ridge=0.0).fit(rows).transform(rows)
    expected = RitzEncoder(NoiseContext(), 2, basis=Squares(), ridge=0.0, precision="double").fit(X)
    np.testing.assert_allclose(found.cpu().numpy(), expected.transform(X), atol=1e-6)
