"""Predictors on disk: the same predictions in a fresh process, and no trust in changed files."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
import skops.io
from safetensors.numpy import load_file, save_file
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from contextures import ContextureClassifier, ContextureRegressor
from contextures.exceptions import InputError
from contextures.prediction import (
    DEFAULT_MEMBERS,
    EstimatorMember,
    FittedMember,
    Member,
    load_predictor,
    save_predictor,
)
from contextures.prediction.members.trees import trees_of

RNG = np.random.default_rng(0)
X = RNG.normal(size=(300, 4))
Y = np.sin(2 * X[:, 0]) + X[:, 1] + 0.2 * RNG.normal(size=300)
NUMBERS = np.where(np.arange(300) < 80, Y, np.nan)
WORDS = np.array(["high" if y > 0.5 else "low" if y < -0.5 else "middle" for y in Y], dtype=object)
KNOWN = np.where(np.arange(300) < 80, WORDS, None)


def all_heard(predictor):
    """Give every member a weight, so that all are written and asked."""
    n = len(predictor.weights_)
    predictor.weights_ = np.full(n, 1 / n)
    return predictor


@pytest.fixture(scope="module")
def classifier():
    return all_heard(ContextureClassifier(random_state=0).fit(X, KNOWN))


@pytest.fixture(scope="module")
def regressor():
    return all_heard(ContextureRegressor(random_state=0).fit(X, NUMBERS))


def test_every_default_member_predicts_alike_after_loading(classifier, regressor, tmp_path):
    new = RNG.normal(size=(50, 4)) * 2
    for place, predictor in enumerate((classifier, regressor)):
        folder = tmp_path / str(place)
        folder.mkdir()
        save_predictor(predictor, folder)
        assert sorted(path.suffix for path in folder.iterdir()) == [".json", ".safetensors"]
        again = load_predictor(folder)
        assert again._member_names == list(DEFAULT_MEMBERS)
        rows = (new - predictor._centre) / predictor._spread
        for name, one, other in zip(
            DEFAULT_MEMBERS, predictor._members, again._members, strict=True
        ):
            np.testing.assert_allclose(
                other.values(rows), one.values(rows), 1e-9, 1e-9, err_msg=name
            )
        np.testing.assert_array_equal(again.left_out_, predictor.left_out_)
        assert again.leaderboard_.equals(predictor.leaderboard_)
        assert again.n_labelled_ == 80


def test_a_fresh_process_predicts_the_same(classifier, regressor, tmp_path):
    np.save(tmp_path / "rows.npy", X)
    script = (
        "import sys, numpy as np; from contextures.prediction import load_predictor; "
        "X = np.load('rows.npy'); "
        "np.savez('c.npz', chances=load_predictor('c').predict_proba(X), "
        "words=load_predictor('c').predict(X)); "
        "np.savez('r.npz', numbers=load_predictor('r').predict(X), "
        "ends=load_predictor('r').predict_interval(X))"
    )
    for name, predictor in (("c", classifier), ("r", regressor)):
        (tmp_path / name).mkdir()
        save_predictor(predictor, tmp_path / name)
    subprocess.run([sys.executable, "-c", script], check=True, cwd=tmp_path)
    c, r = np.load(tmp_path / "c.npz"), np.load(tmp_path / "r.npz")
    np.testing.assert_allclose(c["chances"], classifier.predict_proba(X), atol=1e-10)
    assert c["words"].tolist() == classifier.predict(X).tolist()
    np.testing.assert_allclose(r["numbers"], regressor.predict(X), atol=1e-10)
    np.testing.assert_allclose(r["ends"], regressor.predict_interval(X), atol=1e-10)


def test_trees_predict_as_the_forest_that_they_are_of():
    rows = np.vstack([X, 100 * RNG.normal(size=(50, 4))])
    forest = RandomForestClassifier(30, random_state=0).fit(X, WORDS)
    np.testing.assert_allclose(trees_of(forest).predict(rows), forest.predict_proba(rows), 1e-12)


@pytest.mark.parametrize("labels", [WORDS == "high", np.digitize(Y, [0]) * 10, WORDS.astype(str)])
def test_classes_keep_their_type(labels, tmp_path):
    predictor = ContextureClassifier(["linear"]).fit(X, labels)
    save_predictor(predictor, tmp_path)
    again = load_predictor(tmp_path)
    assert again.classes_.dtype == predictor.classes_.dtype
    assert again.predict(X).tolist() == predictor.predict(X).tolist()


def test_estimators_of_scikit_learn_s_are_written_and_others_refused(tmp_path):
    pipeline = make_pipeline(StandardScaler(), LogisticRegression())
    kept = all_heard(ContextureClassifier([EstimatorMember(pipeline)]).fit(X, KNOWN))
    save_predictor(kept, tmp_path)
    assert (tmp_path / "predictor.skops").exists()
    np.testing.assert_allclose(load_predictor(tmp_path).predict_proba(X), kept.predict_proba(X))

    class Mine(LinearRegression):
        pass

    mine = all_heard(ContextureRegressor([EstimatorMember(Mine())]).fit(X, NUMBERS))
    with pytest.raises(InputError, match="Mine"):
        save_predictor(mine, tmp_path)


class Own(Member):
    name = "own"

    def fit(self, problem):
        found = OwnFit()
        found.left_out = found.values(problem.rows[problem.labelled])
        return found


class OwnFit(FittedMember):
    def values(self, rows):
        return rows[:, :1]


def test_a_member_of_one_s_own_is_a_sentence_and_nothing_is_written(tmp_path):
    predictor = all_heard(ContextureRegressor([Own()]).fit(X, NUMBERS))
    with pytest.raises(InputError, match=r"the member 'own' is of a kind of your own \(OwnFit\)"):
        save_predictor(predictor, tmp_path)
    assert list(tmp_path.iterdir()) == []
    # One without weight has no part in predictions, and does not stand in the way.
    predictor.weights_ = np.array([0.0, 1.0])
    save_predictor(predictor, tmp_path)
    np.testing.assert_allclose(load_predictor(tmp_path).predict(X), predictor.predict(X))


def change(folder, edit):
    """Change the description and the arrays of a saved predictor."""
    description = json.loads((folder / "predictor.json").read_text())
    arrays = load_file(folder / "predictor.safetensors")
    edit(description, arrays)
    (folder / "predictor.json").write_text(json.dumps(description))
    save_file(arrays, folder / "predictor.safetensors")


def member_of(description, name):
    return description["members"][description["names"].index(name)]


def tree_arrays(description, name):
    state = member_of(description, name)["state"]["_model"]["state"]
    return {part: held["array"] for part, held in state.items()}


def endless(description, arrays):
    arrays[tree_arrays(description, "trees")["children"]][0] = 0


def strange_column(description, arrays):
    arrays[tree_arrays(description, "forest")["columns"]][0] = 10**6


def wild_root(description, arrays):
    arrays[tree_arrays(description, "forest")["roots"]][0] = -5


def strange_kind(description, arrays):
    member_of(description, "linear")["kind"] = "os.system"


def no_member(description, arrays):
    member_of(description, "linear").update(member_of(description, "trees")["state"]["_model"])


def method(description, arrays):
    member_of(description, "linear")["state"]["values"] = "rm"


def strange_context(description, arrays):
    description["contexts"][0]["kind"] = "subprocess:Popen"


def other_size(description, arrays):
    arrays["_centre"] = arrays["_centre"][:2].copy()


def wild_weights(description, arrays):
    arrays["weights_"] = arrays["weights_"] * 5


def lost(description, arrays):
    del arrays["left_out_"]


def empty(description, arrays):
    description.clear()
    description["format"] = 1


@pytest.mark.parametrize(
    "edit",
    [
        endless,
        strange_column,
        wild_root,
        strange_kind,
        no_member,
        method,
        strange_context,
        other_size,
        wild_weights,
        lost,
        empty,
    ],
)
def test_changed_files_are_refused_in_a_sentence(classifier, tmp_path, edit):
    save_predictor(classifier, tmp_path)
    change(tmp_path, edit)
    with pytest.raises(InputError, match=r"is damaged|is not known here"):
        load_predictor(tmp_path)


def test_missing_and_half_files_and_other_layouts_are_refused(classifier, tmp_path):
    with pytest.raises(InputError, match=r"holds no predictor"):
        load_predictor(tmp_path)
    save_predictor(classifier, tmp_path)
    content = (tmp_path / "predictor.safetensors").read_bytes()
    (tmp_path / "predictor.safetensors").write_bytes(content[: len(content) // 2])
    with pytest.raises(InputError, match="cannot be read"):
        load_predictor(tmp_path)
    (tmp_path / "predictor.json").write_text('{"format": 99}')
    with pytest.raises(InputError, match="another layout"):
        load_predictor(tmp_path)


def test_an_archive_with_other_types_or_endless_trees_is_refused(tmp_path):
    member = EstimatorMember(make_pipeline(StandardScaler(), ExtraTreesClassifier(3)))
    predictor = all_heard(ContextureClassifier([member]).fit(X, KNOWN))
    save_predictor(predictor, tmp_path)
    archive = tmp_path / "predictor.skops"
    pipelines = skops.io.loads(archive.read_bytes(), trusted=["sklearn.tree._tree.Tree"])
    pipelines[0][-1].estimators_[0].tree_.children_left[0] = 0  # back to the root, for ever
    skops.io.dump(pipelines, archive)
    with pytest.raises(InputError, match="do not lead to nodes below them"):
        load_predictor(tmp_path)
    skops.io.dump([Own()], archive)
    with pytest.raises(InputError, match="holds the type"):
        load_predictor(tmp_path)
    (tmp_path / "predictor.skops").write_bytes(b"PK")
    with pytest.raises(InputError, match="cannot be read"):
        load_predictor(tmp_path)
    (tmp_path / "predictor.skops").unlink()
    with pytest.raises(InputError, match="no whole predictor"):
        load_predictor(tmp_path)
