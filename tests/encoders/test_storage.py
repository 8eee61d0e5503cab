"""Encoders on disk."""

from __future__ import annotations

import json

import numpy as np
import pytest
from sklearn.datasets import load_wine
from sklearn.decomposition import PCA

from contextures import SpectralEncoder
from contextures.contexts import KNNContext, MaskContext, RBFContext, TeacherContext
from contextures.encoders import load_encoder, save_encoder
from contextures.exceptions import InputError

X = load_wine().data / load_wine().data.std(0)


@pytest.mark.parametrize(
    "context",
    [
        KNNContext(n_neighbors=10),
        KNNContext(n_neighbors=5, n_landmarks=60, random_state=3),
        RBFContext(),
        RBFContext(gamma=0.1, n_landmarks=80, random_state=np.random.RandomState(0)),
        MaskContext(KNNContext(n_neighbors=8), n_masks=5),
        MaskContext(RBFContext(n_landmarks=50), n_masks=4, random_state=None),
    ],
    ids=["knn", "knn landmarks", "rbf", "rbf landmarks", "masked knn", "masked rbf"],
)
def test_a_read_encoder_embeds_as_the_written_one(tmp_path, context):
    encoder = SpectralEncoder(context, n_components=4).fit(X[:120])
    save_encoder(encoder, tmp_path)
    again = load_encoder(tmp_path)
    np.testing.assert_allclose(again.transform(X), encoder.transform(X), atol=1e-12)
    np.testing.assert_array_equal(again.singular_values_, encoder.singular_values_)
    np.testing.assert_allclose(
        again.context_.dual_kernel(X[:5]), encoder.context_.dual_kernel(X[:5]), atol=1e-12
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "encoder.json",
        "encoder.safetensors",
    ]


def test_contexts_that_cannot_be_written_say_so(tmp_path):
    """A trained model would need its code to be opened again."""
    encoder = SpectralEncoder(TeacherContext(PCA(2)), n_components=1).fit(X)
    with pytest.raises(InputError, match=r"estimator=PCA.* of TeacherContext cannot be written"):
        save_encoder(encoder, tmp_path)


@pytest.fixture
def saved(tmp_path):
    save_encoder(SpectralEncoder(KNNContext(5), n_components=2).fit(X), tmp_path)
    return tmp_path


def test_a_foreign_kind_is_refused(saved):
    """Only contexts that are known here are built, whatever the file asks for."""
    file = saved / "encoder.json"
    description = json.loads(file.read_text())
    description["context"]["kind"] = "os.system"
    file.write_text(json.dumps(description))
    with pytest.raises(InputError, match=r"'os\.system' is not known here"):
        load_encoder(saved)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("encoder.json", b"{", "cannot be read"),
        ("encoder.json", b'{"format": 99}', "another layout"),
        ("encoder.json", b"[]", "another layout"),
        ("encoder.safetensors", b"nonsense", "cannot be read"),
    ],
)
def test_damaged_files_are_refused(saved, name, content, message):
    (saved / name).write_bytes(content)
    with pytest.raises(InputError, match=message):
        load_encoder(saved)


def test_a_missing_encoder_is_named(tmp_path):
    with pytest.raises(InputError, match="holds no encoder"):
        load_encoder(tmp_path)
