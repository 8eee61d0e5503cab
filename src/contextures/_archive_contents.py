"""What compiled code in fitted estimators follows blindly, checked however deep it lies.

scikit-learn checks what callers give it, not what its own ``fit`` left: a node of a tree that leads
out of its array, or an index of a sparse matrix past its end, ends the process or makes it run for
ever. In an estimator that was read from a file any of these may be wrong.
"""

from __future__ import annotations

import numbers
from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy import sparse

MOST_STEPS = {
    "degree": 100,
    "max_iter": 10**6,
    "transform_max_iter": 10**6,
    "max_doc_update_iter": 10**6,
    "n_features": 2**31 - 1,
}
"""Parameters that say how long transforming takes, and the most that is let in."""

WORDS = r"(?u)\b\w\w+\b"
"""scikit-learn's own pattern of words: another one may take for ever to match."""


def check_contents(content: Any) -> None:
    """Check an object that was read from a file, and whatever it holds, at any depth.

    Arrays must have entries of some bytes; trees (of decisions, in forests, in boosting), sparse
    matrices, vocabularies, indicators of categories and support vectors must hold together;
    parameters must not make transforming endless. ``n_jobs`` and ``verbose`` are reset on the way:
    a file is not to start processes.

    Parameters
    ----------
    content : object
        Estimators, or containers of them.

    Raises
    ------
    ValueError
        Saying what is wrong.
    """
    for found in _everything(content):
        kind = type(found).__name__
        if isinstance(found, np.ndarray):
            check_held(found)
        elif sparse.issparse(found):
            _check_sparse(found)
        elif kind == "TreePredictor":
            _check_predictor(found)
        elif hasattr(found, "get_params") and not isinstance(found, type):
            _check_estimator(found)


def check_held(array: Any) -> None:
    """Refuse entries of no bytes: a few bytes of a file then stand for any number of them."""
    if array.size and not array.dtype.itemsize:
        raise ValueError(f"an array has {array.size:,} entries of no bytes")


def _everything(content: Any) -> Iterator[Any]:
    """Give every object once, those in lists, mappings, arrays of objects and attributes too."""
    seen: dict[int, Any] = {}  # holds them, so that no number is used twice
    waiting = [content]
    while waiting:
        one = waiting.pop()
        if id(one) in seen or isinstance(one, str | bytes | numbers.Number | type(None)):
            continue
        seen[id(one)] = one
        yield one
        if isinstance(one, dict):
            waiting += [*one.keys(), *one.values()]
        elif isinstance(one, list | tuple | set | frozenset):
            waiting += one
        elif isinstance(one, np.ndarray):
            if one.dtype.kind == "O":
                waiting += one.ravel().tolist()
        elif not isinstance(one, type) and hasattr(one, "__dict__"):
            waiting += vars(one).values()


def _check_estimator(estimator: Any) -> None:
    own = vars(estimator)
    if "n_jobs" in own:
        estimator.n_jobs = None
    if "verbose" in own:
        estimator.verbose = 0
    for name, most in MOST_STEPS.items():
        value = own.get(name)
        if isinstance(value, numbers.Number) and not -1 <= value <= most:  # type: ignore[operator]
            raise ValueError(f"{type(estimator).__name__} has {name}={value!r}")
    n_features = getattr(estimator, "n_features_in_", None)
    if n_features is not None and not _is_count(n_features):
        raise ValueError(f"{type(estimator).__name__} has {n_features!r} columns")
    if "tree_" in own:
        check_tree(own["tree_"], n_features)
    if "estimators_" in own:
        _check_ensemble(estimator, n_features)
    if "_predictors" in own:
        _check_boosting(estimator, n_features)
    if "vocabulary_" in own or "token_pattern" in own:
        _check_words(own)
    if "_n_features_outs" in own:
        _check_indicators(estimator)
    if "_n_support" in own:
        _check_support_vectors(estimator)


def check_tree(tree: Any, n_features: int | None) -> None:
    """Check that a tree's nodes lead to nodes below them: compiled code follows them blindly."""
    if n_features is None:
        raise ValueError("a tree's estimator does not say how many columns it takes")
    if not 0 < tree.node_count <= tree.capacity:
        raise ValueError("a tree has another number of nodes than it says")
    inner = tree.children_left >= 0
    _check_nodes(tree.children_left, tree.children_right, tree.feature, inner, n_features)
    for children in (tree.children_left, tree.children_right):
        if not (children[~inner] == -1).all():
            raise ValueError("a tree's nodes do not lead to nodes below them")


def _check_nodes(left: Any, right: Any, feature: Any, inner: Any, n_features: int) -> None:
    nodes = np.arange(len(inner))
    for children in (np.asarray(left, dtype=np.int64), np.asarray(right, dtype=np.int64)):
        below = (children > nodes) & (children < len(nodes))
        if not below[inner].all():
            raise ValueError("a tree's nodes do not lead to nodes below them")
    asked = np.asarray(feature, dtype=np.int64)[inner]
    if not ((asked >= 0) & (asked < n_features)).all():
        raise ValueError("a tree asks for a column that there is not")


def _check_ensemble(estimator: Any, n_features: int | None) -> None:
    """Check that trees take the columns of their ensemble, whose code may skip their own checks."""
    members = np.asarray(estimator.estimators_, dtype=object)
    apart = "estimators_features_" in vars(estimator)
    for member in members.ravel():
        if hasattr(member, "tree_") and not apart and member.n_features_in_ != n_features:
            raise ValueError("a tree takes other columns than its ensemble")
    trees = getattr(estimator, "n_trees_per_iteration_", None)
    if trees is not None and members.shape[1:] != (trees,):
        raise ValueError("an ensemble has another number of trees than it says")


def _check_predictor(predictor: Any) -> None:
    """Check the nodes of a tree of scikit-learn's histogram boosting, but for their columns."""
    nodes = predictor.nodes
    inner = nodes["is_leaf"] == 0
    if not len(nodes):
        raise ValueError("a tree has no nodes")
    _check_nodes(nodes["left"], nodes["right"], nodes["feature_idx"], inner, 2**31)
    sets = min(len(predictor.raw_left_cat_bitsets), len(predictor.binned_left_cat_bitsets))
    if (nodes["bitset_idx"][inner & (nodes["is_categorical"] != 0)] >= sets).any():
        raise ValueError("a tree asks for categories that there are not")


def _check_boosting(estimator: Any, n_features: int | None) -> None:
    """Check what binds the trees of histogram boosting to the rows and outputs."""
    for stage in estimator._predictors:
        if len(stage) != estimator.n_trees_per_iteration_:
            raise ValueError("an ensemble has another number of trees than it says")
        for predictor in stage:
            nodes = predictor.nodes
            asked = nodes["feature_idx"][nodes["is_leaf"] == 0]
            if n_features is None or (asked >= n_features).any():
                raise ValueError("a tree asks for a column that there is not")


def _check_sparse(matrix: Any) -> None:
    if not hasattr(matrix, "check_format"):  # of coordinates or diagonals, which are checked in use
        matrix.tocsr().check_format(full_check=True)
        return
    matrix.check_format(full_check=True)


def _check_words(own: dict[str, Any]) -> None:
    vocabulary = own.get("vocabulary_", {})
    if sorted(vocabulary.values()) != list(range(len(vocabulary))):
        raise ValueError("a vocabulary's places are not those of its words")
    if own.get("input", "content") != "content":
        raise ValueError("a vectoriser would read files")
    if own.get("token_pattern", WORDS) not in (WORDS, None):
        raise ValueError(f"a vectoriser has a pattern of its own, {own['token_pattern']!r}")


def _check_indicators(encoder: Any) -> None:
    """Check that each category's indicator has a place."""
    if list(encoder._n_features_outs) != list(encoder._compute_n_features_outs()):
        raise ValueError("an encoder of categories has other columns than it says")
    dropped = encoder.drop_idx_
    if dropped is not None:
        pairs = zip(dropped, encoder.categories_, strict=True)
        if not all(place is None or 0 <= place < len(known) for place, known in pairs):
            raise ValueError("an encoder leaves out a category that there is not")
    for mapping in getattr(encoder, "_default_to_infrequent_mappings", None) or ():
        if mapping is not None and (np.min(mapping) < 0 or np.max(mapping) >= len(mapping)):
            raise ValueError("an encoder of categories has other columns than it says")


def _check_support_vectors(machine: Any) -> None:
    n, classes = int(np.sum(machine._n_support)), len(machine._n_support)
    rows = max(classes - 1, 1)
    coefficients = np.shape(machine._dual_coef_)
    vectors = machine.support_vectors_
    if vectors.shape[0] != n or len(machine.support_) != n or coefficients != (rows, n):
        raise ValueError("a support vector machine's parts differ in number")
    pairs = rows if classes <= 2 else classes * (classes - 1) // 2
    if np.shape(machine._intercept_) != (pairs,) or vectors.shape[1] != machine.n_features_in_:
        raise ValueError("a support vector machine's parts differ in number")


def _is_count(value: Any) -> bool:
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    return bool(whole and value >= 0)
