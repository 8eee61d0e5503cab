"""Encoders in closed form on disk."""

from __future__ import annotations

import json

import numpy as np
import pytest
from safetensors.numpy import load, save
from sklearn.datasets import load_wine
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomTreesEmbedding
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from contextures.contexts import (
    KNNContext,
    LabelContext,
    MaskContext,
    PairContext,
    RBFContext,
    TeacherContext,
)
from contextures.encoders import RitzEncoder, SpectralEncoder, load_encoder, save_encoder
from contextures.exceptions import InputError

X, Y = load_wine(return_X_y=True)
X = X / X.std(0)

BASES = [
    "landmarks",
    "fourier",
    "nystroem",
    "polynomial",
    "trees",
    make_pipeline(StandardScaler(), PCA(6)),
    ["landmarks", PCA(2), ["fourier", PCA(1)]],
]


@pytest.mark.parametrize("basis", BASES, ids=str)
def test_a_read_encoder_embeds_as_the_written_one(tmp_path, basis):
    encoder = RitzEncoder(KNNContext(15), 4, basis=basis, n_functions=50).fit(X[:120])
    save_encoder(encoder, tmp_path)
    again = load_encoder(tmp_path)
    np.testing.assert_allclose(again.transform(X), encoder.transform(X), atol=1e-12)
    np.testing.assert_array_equal(again.singular_values_, encoder.singular_values_)
    assert repr(again.context) == repr(encoder.context)
    assert again.n_components == 4
    assert again.ridge_ == encoder.ridge_ and again.score_ == encoder.score_
    files = {path.name for path in tmp_path.iterdir()}
    plain = {"encoder.json", "encoder.safetensors"}
    assert files - plain <= {"encoder.skops"} and plain <= files
    # What was read can be written again.
    save_encoder(again, tmp_path)
    np.testing.assert_allclose(load_encoder(tmp_path).transform(X), encoder.transform(X))


@pytest.mark.parametrize(
    ("context", "kept"),
    [
        (None, True),
        (RBFContext(gamma=0.1), True),
        (MaskContext(KNNContext(8), n_masks=3), True),
        (LabelContext(), True),
        (TeacherContext(PCA(4)), False),
    ],
    ids=repr,
)
def test_any_context_will_do(tmp_path, context, kept):
    """New rows need the basis alone, so not even a context that cannot be written is in the way."""
    encoder = RitzEncoder(context, 2, n_functions=40).fit(X, Y)
    save_encoder(encoder, tmp_path)
    again = load_encoder(tmp_path)
    np.testing.assert_allclose(again.transform(X), encoder.transform(X), atol=1e-12)
    assert repr(again.context) == (repr(encoder.context_) if kept else "None")


def test_names_and_tokens_are_read_back(tmp_path):
    words = np.array(["cat", "dog", "cow"])[np.arange(60) % 3]
    sounds = np.array(["meow", "woof", "moo", "meow", "woof", "woof"])[np.arange(60) % 6]
    encoder = RitzEncoder(PairContext(), 2).fit(words, sounds)
    save_encoder(encoder, tmp_path)
    new = ["dog", "cat", "fox"]
    np.testing.assert_array_equal(load_encoder(tmp_path).transform(new), encoder.transform(new))
    tokens = np.random.default_rng(0).integers(0, 9, (150, 5))
    encoder = RitzEncoder(LabelContext(), 1, basis="counts").fit(tokens, tokens[:, 0] > 3)
    save_encoder(encoder, tmp_path)
    np.testing.assert_array_equal(
        load_encoder(tmp_path).transform(tokens), encoder.transform(tokens)
    )


def test_a_folder_keeps_nothing_of_an_encoder_written_before(tmp_path):
    save_encoder(RitzEncoder(KNNContext(15), 2, basis=PCA(3)).fit(X), tmp_path)
    assert (tmp_path / "encoder.skops").is_file()
    save_encoder(SpectralEncoder(KNNContext(15), 2).fit(X), tmp_path)
    assert not (tmp_path / "encoder.skops").exists()
    assert isinstance(load_encoder(tmp_path), SpectralEncoder)


def test_a_basis_that_would_not_be_opened_again_is_refused(tmp_path):
    encoder = RitzEncoder(KNNContext(15), 2, basis=FunctionTransformer(lambda x: x)).fit(X)
    with pytest.raises(InputError, match="would not be opened again"):
        save_encoder(encoder, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def saved(tmp_path):
    save_encoder(RitzEncoder(KNNContext(15), 2, basis=["landmarks", PCA(2)]).fit(X), tmp_path)
    return tmp_path


def change(folder, **entries):
    file = folder / "encoder.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **entries}))


def test_a_context_that_is_not_known_here_is_left_out(saved):
    """New rows do not need it, and nothing is imported on a file's word."""
    change(saved, context={"kind": "os.system", "parameters": {}})
    read = load_encoder(saved)
    assert read.context is None
    assert read.transform(X[:3]).shape == (3, 2)


@pytest.mark.parametrize(
    "entries",
    [
        {"encoder": "os.system"},
        {"basis": {"kind": "os.system", "parameters": {}}},
        {"basis": {"kind": "transformer", "place": 7}},
        {"n_features_in": 3},
        {"n_components": None},
        {"rank": "many"},
    ],
    ids=str,
)
def test_changed_descriptions_are_refused(saved, entries):
    """Only what is listed in the source is built, whatever the file asks for."""
    change(saved, **entries)
    with pytest.raises(InputError, match=r"damaged|not known here"):
        load_encoder(saved)


def test_arrays_that_do_not_fit_together_are_refused(saved):
    file = saved / "encoder.safetensors"
    arrays = load(file.read_bytes())
    for name, array in (
        ("mean", arrays["mean"][:-1]),
        ("coefficients", arrays["coefficients"][:, :1]),
        ("coefficients", arrays["coefficients"] * np.nan),
        ("basis.0.landmarks_", arrays["basis.0.landmarks_"][:, :2]),
    ):
        file.write_bytes(save({**arrays, name: np.ascontiguousarray(array)}))
        with pytest.raises(InputError, match="damaged"):
            load_encoder(saved)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("encoder.json", b"{", "cannot be read"),
        ("encoder.safetensors", b"nonsense", "cannot be read"),
        ("encoder.skops", b"nonsense", "cannot be read"),
        ("encoder.skops", None, "encoder.skops is missing"),
    ],
)
def test_damaged_files_are_refused(saved, name, content, message):
    if content is None:
        (saved / name).unlink()
    else:
        (saved / name).write_bytes(content)
    with pytest.raises(InputError, match=message):
        load_encoder(saved)


def test_archives_of_foreign_types_are_refused(saved):
    import skops.io

    foreign = FunctionTransformer(json.dumps)
    (saved / "encoder.skops").write_bytes(skops.io.dumps([foreign]))
    with pytest.raises(InputError, match="which no encoder has"):
        load_encoder(saved)


def test_trees_that_lead_nowhere_are_refused(tmp_path):
    """Compiled code follows a tree's nodes without looking, so a changed one is not let in."""
    import skops.io

    basis = RandomTreesEmbedding(3, max_leaf_nodes=8, random_state=0)
    encoder = RitzEncoder(KNNContext(15), 2, basis=basis).fit(X)
    save_encoder(encoder, tmp_path)
    tree = encoder.basis_.estimators_[1].tree_
    for field, value in (("left_child", 10**6), ("left_child", 0), ("feature", 99)):
        state = tree.__getstate__()
        nodes = state["nodes"].copy()
        nodes[field][0] = value
        tree.__setstate__({**state, "nodes": nodes})
        (tmp_path / "encoder.skops").write_bytes(skops.io.dumps([encoder.basis_]))
        with pytest.raises(InputError, match="cannot be read: a tree"):
            load_encoder(tmp_path)
        tree.__setstate__(state)
