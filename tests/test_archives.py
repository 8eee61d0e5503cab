"""Archives that someone changed are refused before compiled code follows them."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest
import skops.io
from scipy import sparse
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import TruncatedSVD
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestRegressor,
    RandomTreesEmbedding,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.feature_selection import SelectFromModel
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from contextures._archive_contents import check_contents
from contextures._archives import read_archive, write_archive
from contextures.data.storage import PLAIN
from contextures.exceptions import InputError

RNG = np.random.default_rng(0)
X = RNG.normal(size=(80, 4))
Y = (X[:, 0] + 0.3 * RNG.normal(size=80) > 0).astype(int)
TREE = (
    "sklearn.tree._tree.Tree",
    "sklearn.utils._bunch.Bunch",
    "numpy.dtype",
    "sklearn._loss.link.Interval",
    "sklearn._loss.link.LogitLink",
    "sklearn._loss.loss.HalfBinomialLoss",
)
FOREST = {"n_estimators": 3, "max_depth": 3, "random_state": 0}


def first_tree(content):
    """Find a tree by its own attribute, not by the walk that is tested."""
    if hasattr(content, "tree_"):
        return content.tree_
    parts = getattr(content, "__dict__", content if isinstance(content, dict) else {})
    inner = list(parts.values())
    if isinstance(content, list | tuple):
        inner += content
    if isinstance(content, np.ndarray) and content.dtype == object:
        inner += content.ravel().tolist()
    for part in inner:
        if isinstance(part, str | int | float):
            continue
        if (found := first_tree(part)) is not None:
            return found
    return None


TREES = {
    "forest": RandomTreesEmbedding(**FOREST),
    "pipeline": make_pipeline(StandardScaler(), RandomTreesEmbedding(**FOREST)),
    "union": FeatureUnion([("a", StandardScaler()), ("b", RandomTreesEmbedding(**FOREST))]),
    "columns": ColumnTransformer([("a", RandomTreesEmbedding(**FOREST), [0, 1, 2])]),
    "deep": make_pipeline(
        FeatureUnion([("a", make_pipeline(StandardScaler(), RandomTreesEmbedding(**FOREST)))])
    ),
    "selection": SelectFromModel(ExtraTreesClassifier(**FOREST)),
    "bagging": BaggingClassifier(DecisionTreeClassifier(max_depth=3), 3, max_features=0.5),
    "voting": VotingClassifier([("a", ExtraTreesClassifier(**FOREST))]),
    "stacking": StackingClassifier([("a", DecisionTreeClassifier(max_depth=3))], cv=2),
    "adaptive": AdaBoostClassifier(n_estimators=3),
    "gradient": GradientBoostingClassifier(**FOREST),
    "regression": RandomForestRegressor(**FOREST),
    "tree": DecisionTreeClassifier(max_depth=3),
}


def broken(tree, field, value):
    state = tree.__getstate__()
    nodes = state["nodes"].copy()
    nodes[field][0] = value
    if field == "left_child":
        nodes["right_child"][0] = value
    tree.__setstate__({**state, "nodes": nodes})


@pytest.mark.parametrize("name", TREES)
@pytest.mark.parametrize(
    ("field", "value"), [("left_child", 10**9), ("left_child", 0), ("feature", 2**40)]
)
def test_a_damaged_tree_is_refused_however_deep_it_lies(name, field, value):
    """Following it would read other memory, or never end."""
    content = skops.io.loads(skops.io.dumps(TREES[name].fit(X, Y)), trusted=list(TREE))
    check_contents([content])
    broken(first_tree(content), field, value)
    with pytest.raises(ValueError, match="a tree"):
        check_contents([{"inner": content}])
    archive = skops.io.dumps([content])
    with pytest.raises(InputError, match="the model in 'here' cannot be read: a tree"):
        read_archive(archive, TREE, "model", "'here'")


def test_trees_that_take_other_columns_than_their_ensemble_are_refused():
    """Gradient boosting's code reads its rows without asking the trees how many columns."""
    model = GradientBoostingClassifier(**FOREST).fit(X, Y)
    model.n_features_in_ = 1
    with pytest.raises(ValueError, match="other columns than its ensemble"):
        check_contents(model)
    model = GradientBoostingClassifier(**FOREST).fit(X, Y)
    model.n_trees_per_iteration_ = 5
    with pytest.raises(ValueError, match="another number of trees"):
        check_contents(model)


@pytest.mark.parametrize(
    ("field", "value"), [("left", 2**31), ("right", 0), ("feature_idx", 9), ("bitset_idx", 7)]
)
def test_damaged_trees_of_histogram_boosting_are_refused(field, value):
    model = HistGradientBoostingClassifier(max_iter=3, categorical_features=[0])
    model.fit(np.column_stack([RNG.integers(0, 5, 80), X]), Y)
    check_contents(model)
    nodes = model._predictors[0][0].nodes
    nodes[field][0] = value
    if field == "bitset_idx":
        nodes["is_categorical"][0] = 1
    with pytest.raises(ValueError, match="a tree"):
        check_contents([model])


def change_words(vectoriser):
    vectoriser.vocabulary_["one"] = 10**6


def change_pattern(vectoriser):
    vectoriser.token_pattern = "(a+)+$"


def change_input(vectoriser):
    vectoriser.input = "filename"


@pytest.mark.parametrize("change", [change_words, change_pattern, change_input])
def test_vectorisers_that_would_leave_their_columns_or_read_files_are_refused(change):
    fitted = make_pipeline(TfidfVectorizer(), TruncatedSVD(1)).fit(["one two", "two three", "one"])
    check_contents(fitted)
    change(fitted[0])
    with pytest.raises(ValueError, match=r"a voca|a vectoriser"):
        check_contents(fitted)


def test_sparse_matrices_indicators_and_support_vectors_must_hold_together():
    matrix = sparse.csr_matrix(np.eye(3))
    matrix.indices[0] = 10**6
    with pytest.raises(ValueError):
        check_contents({"a": [matrix]})
    encoder = OneHotEncoder(drop="if_binary").fit(RNG.integers(0, 3, (50, 2)))
    check_contents(encoder)
    encoder._n_features_outs = [1, 1]
    with pytest.raises(ValueError, match="categories"):
        check_contents(encoder)
    machine = SVC().fit(X, Y)
    check_contents(machine)
    machine._n_support = machine._n_support * 1000
    with pytest.raises(ValueError, match="support vector"):
        check_contents(machine)


def test_a_file_starts_no_processes_and_is_not_endless():
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, Y)
    model[-1].set_params(n_jobs=10**6, verbose=9)
    check_contents(model)
    assert model[-1].n_jobs is None and model[-1].verbose == 0
    model[-1].max_iter = 10**12
    with pytest.raises(ValueError, match="max_iter"):
        check_contents(model)


def test_what_refers_to_itself_is_walked_once():
    loop = {"scaler": StandardScaler().fit(X)}
    loop["again"] = [loop]
    check_contents(loop)


def test_an_archive_that_unpacks_to_far_more_than_its_size_is_refused():
    archive = io.BytesIO(write_archive([StandardScaler().fit(X)], TREE, "the scaler"))
    with zipfile.ZipFile(archive, "a", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("zeros", bytes(2**27))
    with pytest.raises(InputError, match="unpacks to"):
        read_archive(archive.getvalue(), TREE, "model", "'here'")


@pytest.mark.parametrize("plain", [None, PLAIN])
@pytest.mark.parametrize("dtype", ["|S0", "|V0"])
def test_an_array_whose_entries_take_no_bytes_is_refused(plain, dtype):
    """A header of 100 bytes may say that there are 10^12 of them; to use them ends the process."""
    written = write_archive([np.zeros(3)], TREE, "the numbers")
    of_nothing = np.lib.format.magic(1, 0) + header(dtype, 10**12)
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(written)) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            new.writestr(name, of_nothing if name.endswith(".npy") else old.read(name))
    with pytest.raises(InputError, match="1,000,000,000,000 entries of no bytes"):
        read_archive(changed.getvalue(), TREE, "model", "'here'", plain)


def header(dtype, n):
    text = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': ({n},), }}".ljust(117) + "\n"
    return len(text).to_bytes(2, "little") + text.encode()
