"""Fitted predictors on disk: arrays as safetensors, the rest as JSON; reading one runs no code."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from contextures._archives import read_archive, write_archive
from contextures._files import (
    as_damaged,
    check_ours,
    read_pair,
    read_regular,
    to_json,
    write_together,
)
from contextures._version import __version__
from contextures.exceptions import InputError
from contextures.prediction.classifier import ContextureClassifier
from contextures.prediction.members.base import FittedMember
from contextures.prediction.members.stored import (
    Written,
    check_parts,
    describe_member,
    restore_member,
)
from contextures.prediction.regressor import ContextureRegressor

Predictor = ContextureClassifier | ContextureRegressor

FORMAT = 1
ARRAYS, DESCRIPTION, FOREIGN = "predictor.safetensors", "predictor.json", "predictor.skops"

TRUSTED = ("numpy.dtype", "sklearn.tree._tree.Tree")
"""The types that an archive may hold, besides numpy's and scikit-learn's own."""

_KINDS: dict[str, type[Predictor]] = {
    kind.__name__: kind for kind in (ContextureClassifier, ContextureRegressor)
}
_NUMBERS = {
    "ContextureClassifier": ("_sharpness", "left_out_score_", "calibration_error_"),
    "ContextureRegressor": ("_mean", "_scale", "left_out_score_"),
}
_ALL_NUMBERS = ("_floor",)
_FITTED = {
    "ContextureClassifier": ("_shares", "left_out_"),
    "ContextureRegressor": ("_labels", "_residuals", "left_out_"),
}
_COMMON = ("_centre", "_spread", "weights_", "_powers")


def save_predictor(predictor: Predictor, directory: str | Path) -> None:
    """Write a fitted predictor to ``predictor.safetensors`` and ``predictor.json`` in a directory.

    Members without weight have no part in predictions, and are listed but not written. An
    estimator of scikit-learn's among the others adds ``predictor.skops``.

    Parameters
    ----------
    predictor : ContextureClassifier or ContextureRegressor
        A fitted predictor.
    directory : str or pathlib.Path
        An existing directory. A predictor that was saved there is replaced.

    Raises
    ------
    InputError
        If a member that has weight is of a kind of your own, or holds what cannot be written
        without pickle; there is no such directory, it is a run, or holds files of these names
        that are not a saved predictor's.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from sklearn.datasets import load_iris
    >>> from contextures import ContextureClassifier
    >>> from contextures.prediction import save_predictor
    >>> X, y = load_iris(return_X_y=True)
    >>> known = np.where(np.arange(150) % 5 == 0, y, -1)
    >>> predictor = ContextureClassifier(members=["linear", "gaussian"]).fit(X, known)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_predictor(predictor, folder)
    """
    from safetensors.numpy import save

    kind = type(predictor).__name__
    if _KINDS.get(kind) is not type(predictor):
        raise InputError(
            f"{kind} is a predictor of your own, which only your own code can write; give a "
            "ContextureClassifier or ContextureRegressor"
        )
    check_is_fitted(predictor)
    folder = Path(directory)
    check_ours(folder, DESCRIPTION, "predictor", (ARRAYS, FOREIGN), "predictor")
    written = Written()
    board = predictor.leaderboard_
    names = predictor._member_names
    members = [
        describe_member(member, name, written, f"member.{place}") if weight > 0 else None
        for place, (member, name, weight) in enumerate(
            zip(predictor._members, names, predictor.weights_, strict=True)
        )
    ]
    for name in (*_COMMON, *_FITTED[kind]):
        written.arrays[name] = np.ascontiguousarray(getattr(predictor, name))
    description = {
        "format": FORMAT,
        "version": __version__,
        "predictor": kind,
        "parameters": _parameters(predictor),
        "n_features_in": predictor.n_features_in_,
        "feature_names_in": _names(getattr(predictor, "feature_names_in_", None)),
        "n_labelled": predictor.n_labelled_,
        "numbers": {
            name: _number(getattr(predictor, name)) for name in (*_ALL_NUMBERS, *_NUMBERS[kind])
        },
        "classes": _classes(predictor, written),
        "leaderboard": {name: _column(board[name]) for name in board},
        "geometric": predictor._geometric,
        "names": names,
        "members": members,
        "contexts": written.contexts,
        "n_foreign": len(written.foreign),
    }
    arrays, description["same"] = _once(written.arrays)
    contents = {
        FOREIGN: _archive(written.foreign) if written.foreign else None,
        ARRAYS: save(arrays),
        DESCRIPTION: to_json(description),
    }
    write_together(folder, contents)


def load_predictor(directory: str | Path) -> Predictor:
    """Read a predictor that :func:`save_predictor` wrote.

    Parameters
    ----------
    directory : str or pathlib.Path
        Where it lies.

    Returns
    -------
    ContextureClassifier or ContextureRegressor
        It predicts as the written one did, to rounding, and has its ``leaderboard_`` and
        ``left_out_``. Members of one's own are not among its parameters: a clone has the
        default ones.

    Raises
    ------
    InputError
        If the files are missing, damaged, of another layout, or hold types they should not.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from sklearn.datasets import load_iris
    >>> from contextures import ContextureClassifier
    >>> from contextures.prediction import load_predictor, save_predictor
    >>> X, y = load_iris(return_X_y=True)
    >>> known = np.where(np.arange(150) % 5 == 0, y, -1)
    >>> predictor = ContextureClassifier(members=["linear", "gaussian"]).fit(X, known)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_predictor(predictor, folder)
    ...     again = load_predictor(folder)
    >>> bool(np.allclose(again.predict_proba(X), predictor.predict_proba(X)))
    True
    """
    from safetensors.numpy import load

    folder = Path(directory)
    where = repr(str(folder))
    description, content = read_pair(folder, DESCRIPTION, ARRAYS, "predictor", FORMAT, (FOREIGN,))
    try:
        arrays = load(content)
    except Exception as error:  # of safetensors, or of the types and shapes that it read
        raise InputError(f"the predictor in {where} cannot be read: {error}") from None
    with as_damaged(f"the predictor in {where}"):
        arrays |= {name: arrays[first] for name, first in description["same"].items()}
        foreign = _foreign(folder) if description["n_foreign"] else []
        return _restore(description, Written(arrays, foreign=foreign))


def _restore(description: dict[str, Any], written: Written) -> Predictor:
    import pandas as pd

    kind = description["predictor"]
    predictor = _KINDS[kind](**description["parameters"])
    predictor.n_features_in_ = int(description["n_features_in"])
    if description["feature_names_in"] is not None:
        predictor.feature_names_in_ = np.array(description["feature_names_in"], dtype=object)
    predictor.n_labelled_ = int(description["n_labelled"])
    for name in (*_COMMON, *_FITTED[kind]):
        setattr(predictor, name, written.arrays[name])
    for name in (*_ALL_NUMBERS, *_NUMBERS[kind]):
        held = description["numbers"][name]
        setattr(predictor, name, np.nan if held is None else float(held))
    if isinstance(predictor, ContextureClassifier):
        classes = description["classes"]
        predictor.classes_ = (
            written.arrays["classes"] if classes is None else np.array(classes["texts"])
        )
        if classes is not None and classes["object"]:
            predictor.classes_ = predictor.classes_.astype(object)
    # Predictors of earlier releases averaged chances.
    predictor._geometric = description.get("geometric", False) is True
    predictor.leaderboard_ = pd.DataFrame(description["leaderboard"])
    predictor._member_names = [str(name) for name in description["names"]]
    written.restore_contexts(description["contexts"])
    predictor._members = [
        FittedMember() if each is None else restore_member(each, written)
        for each in description["members"]
    ]
    _check_whole(predictor)
    return predictor


def _check_whole(predictor: Predictor) -> None:
    """Check that the parts belong together, by a row of zeros as well."""
    p = predictor.n_features_in_
    if not predictor._centre.shape == predictor._spread.shape == (p,):
        raise ValueError("the numbers of its columns differ")
    if not (np.isfinite(predictor.weights_).all() and abs(predictor.weights_.sum() - 1) < 1e-6):
        raise ValueError("its weights do not sum to one")
    powers = len(predictor._members) if isinstance(predictor, ContextureClassifier) else 0
    if not (predictor._powers.shape == (powers,) and np.isfinite(predictor._powers).all()):
        raise ValueError("the powers of its members' chances are not as many as its members")
    outputs = len(predictor._shares) if isinstance(predictor, ContextureClassifier) else 1
    for member in predictor._members:
        check_parts(member, p, outputs)
    if isinstance(predictor, ContextureClassifier):
        if predictor._shares.shape != (len(predictor.classes_),):
            raise ValueError("the numbers of its classes differ")
        told = predictor._told(np.zeros((1, p)))
        if told.shape != (1, len(predictor.classes_)):
            raise ValueError("its members predict another number of classes")
    else:
        told = predictor._told(np.zeros((1, p)))
    if not np.isfinite(told).all():
        raise ValueError("it gives values that are not numbers")


def _parameters(predictor: Predictor) -> dict[str, Any]:
    """Give the parameters that are plain values; members of one's own are not."""
    given = predictor.get_params(deep=False)
    members, seed = given["members"], given["random_state"]
    named = isinstance(members, list | tuple) and all(isinstance(each, str) for each in members)
    plain: dict[str, Any] = {
        "members": list(members) if named else None,
        "effort": given["effort"],
        "standardize": given["standardize"],
        "random_state": seed if isinstance(seed, int | None) else None,
    }
    if "unlabelled" in given and isinstance(given["unlabelled"], int | float | str | None):
        plain["unlabelled"] = given["unlabelled"]
    return plain


def _classes(predictor: Predictor, written: Written) -> dict[str, Any] | None:
    """Give classes that are texts; others go among the arrays."""
    if not isinstance(predictor, ContextureClassifier):
        return None
    classes = predictor.classes_
    if classes.dtype.kind in "fiub":
        written.arrays["classes"] = np.ascontiguousarray(classes)
        return None
    if not all(isinstance(each, str) for each in classes):
        kinds = ", ".join(sorted({type(each).__name__ for each in classes}))
        raise InputError(f"classes of type {kinds} cannot be written; give them as text or numbers")
    return {"texts": classes.tolist(), "object": classes.dtype.kind == "O"}


def _column(values: Any) -> list[Any]:
    return [_number(each) if isinstance(each, float) else each for each in values.tolist()]


def _number(value: float) -> float | None:
    """Give a number as JSON takes it, which has none that is not one."""
    return float(value) if np.isfinite(value) else None


def _names(given: Any) -> list[str] | None:
    return None if given is None else [str(each) for each in given]


def _once(arrays: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Leave out arrays that another one equals; contexts of the same rows hold these each."""
    kept: dict[str, Any] = {}
    first: dict[Any, str] = {}
    same: dict[str, str] = {}
    for name, array in arrays.items():
        digest = (array.dtype.str, array.shape, hashlib.sha256(array.tobytes()).digest())
        if digest in first:
            same[name] = first[digest]
        else:
            first[digest] = name
            kept[name] = array
    return kept, same


def _archive(estimators: list[Any]) -> bytes:
    names = ", ".join(type(each).__name__ for each in estimators)
    return write_archive(estimators, TRUSTED, f"the predictor's member ({names})")


def _foreign(folder: Path) -> list[Any]:
    path = folder / FOREIGN
    if not path.is_file():
        raise InputError(
            f"{str(folder)!r} holds no whole predictor ({FOREIGN} is missing); give a directory "
            "that a predictor was saved to"
        )
    found: list[Any] = read_archive(read_regular(path), TRUSTED, "predictor", repr(str(folder)))
    return found
