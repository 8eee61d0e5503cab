"""How far a model lies from a plain rival, which goes on straight where the model's rows end."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import KFold
from sklearn.preprocessing import StandardScaler

from contextures._arrays import FloatArray
from contextures._checks import check_length, check_positive_int, check_rows, random_state_of
from contextures.evaluation.targets import Kind, as_outputs
from contextures.exceptions import InputError
from contextures.shift.coordinates import check_enough

PENALTIES = np.logspace(0, 4, 9)
"""Of which the rival takes the best, on columns of unit variance."""

BEYOND = 0.5
"""Of the range of the labels: so far beyond it may the rival go."""

MOST = 5_000
"""Rows that a rival is fitted to: a plain one gains little by more, and wide rows cost much."""


def rival_disagreement(
    labels: Any,
    reference: Any,
    told: Any,
    new: Any,
    told_new: Any,
    *,
    kind: Kind,
    n_folds: int = 4,
    random_state: Any = None,
) -> tuple[FloatArray, FloatArray]:
    """Tell at each row how far a model lies from a linear one, as a loss between the two.

    The linear model is learned from the labels of the reference rows, none of which it tells by
    itself. Where reference rows lie both are held to the labels. Beyond them a model of neighbours
    or of trees says what it said at the border, and a linear one goes on straight: how far they
    come apart is seen without labels, and a truth that goes on as the rival does has been left by
    the model so far. It is for ``apart`` of :func:`predicted_loss`.

    Parameters
    ----------
    labels : array-like of shape (n,)
        Of the reference rows: classes or numbers.
    reference : array-like of shape (n, p)
        The columns that rows have in both populations. At least 20 rows.
    told : array-like of shape (n,)
        What the model says of the reference rows: classes or numbers.
    new : array-like of shape (m, p)
        The same columns of at least 20 new rows.
    told_new : array-like of shape (m,)
        What the model says of the new rows.
    kind : {"classification", "regression"}
        What the labels are.
    n_folds : int, default=4
        Parts of the reference rows, each of which is told by a rival that was fitted to the others.
    random_state : int, numpy.random.RandomState or None
        Deals the parts.

    Returns
    -------
    tuple of ndarray of shape (n,) and (m,)
        Of reference rows and of new ones: 1 where they say two classes and 0 else, or the squared
        difference of two numbers, in the units of a squared error.

    Raises
    ------
    InputError
        If rows are too few or unlike, a label is missing, or a number is none.

    References
    ----------
    Jiang et al. (2022), "Assessing generalization via disagreement"; Baek et al. (2022),
    "Agreement-on-the-line": two models' disagreement tells errors in other populations.

    Examples
    --------
    >>> import numpy as np
    >>> from contextures.shift import rival_disagreement
    >>> here, there = np.linspace(0, 1, 60)[:, None], np.linspace(1, 2, 40)[:, None]
    >>> said = [np.minimum(rows[:, 0], 1.0) for rows in (here, there)]  # flat beyond 1
    >>> near, far = rival_disagreement(here[:, 0], here, said[0], there, said[1], kind="regression")
    >>> bool(near.mean() < 0.01 < far.mean())
    True
    """
    rows, moved = check_rows(reference, least=1), check_rows(new, least=1)
    check_enough(rows, "reference")
    check_enough(moved, "new")
    if rows.shape[1] != moved.shape[1]:
        raise InputError(
            f"reference has {rows.shape[1]} columns and new {moved.shape[1]}; give the same of both"
        )
    if kind not in ("classification", "regression"):
        raise InputError(f"kind={kind!r} is not known; give 'classification' or 'regression'")
    check_length(labels, len(rows), "labels")
    outputs = _outputs(labels, len(rows), kind, "labels")
    given = (told, len(rows), "told"), (told_new, len(moved), "told_new")
    says = [_outputs(values, n, kind, name) for values, n, name in given]
    models = [np.ravel(told), np.ravel(told_new)] if kind == "classification" else says
    scale = StandardScaler().fit(rows)
    rows, moved = scale.transform(rows), scale.transform(moved)
    classes = np.unique(np.ravel(labels)) if kind == "classification" else None

    rng = random_state_of(random_state)

    def rival(fit: Any, some: FloatArray) -> Any:
        if len(fit) > MOST:
            fit = rng.choice(fit, MOST, replace=False)
        found = RidgeCV(PENALTIES).fit(rows[fit], outputs[fit]).predict(some)
        found = found.reshape(len(some), -1)
        if classes is not None:
            return classes[found.argmax(axis=1)]
        low, high = outputs[fit].min(axis=0), outputs[fit].max(axis=0)
        return np.clip(found, low - BEYOND * (high - low), high + BEYOND * (high - low))

    def apart(one: Any, other: Any) -> FloatArray:
        if classes is not None:
            return np.asarray(one != other, dtype=np.float64)
        return np.asarray(((one - other) ** 2).sum(axis=1), dtype=np.float64)

    old = np.empty(len(rows))
    n_folds = min(check_positive_int(n_folds, "n_folds", least=2), len(rows))
    for fit, left in KFold(n_folds, shuffle=True, random_state=rng).split(rows):
        old[left] = apart(rival(fit, rows[left]), models[0][left])
    return old, apart(rival(np.arange(len(rows)), moved), models[1])


def _outputs(values: Any, n: int, kind: Kind, name: str) -> FloatArray:
    check_length(values, n, name)
    try:
        return as_outputs(values, n, kind)
    except InputError as error:
        raise InputError(str(error).replace("target", name, 1)) from None
