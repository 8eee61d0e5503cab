"""Members that average trees; each row is left out by the trees that did not draw it."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from contextures._arrays import FloatArray
from contextures.prediction.members.base import FittedMember, Member, Problem
from contextures.prediction.members.trees import MANY_ROWS, Trees, alike, single

N_TREES = 200

MOST_DRAWN = 20_000
"""Labelled rows that a tree is grown on; of more, each tree draws its own."""


class ForestMember(Member):
    """A forest of scikit-learn's, fitted to the labelled rows.

    Parameters
    ----------
    name : {"trees", "forest"}
        Extremely randomised trees, or a random forest; both on bootstrap samples.

    Notes
    -----
    A row's out-of-bag prediction averages about a third of the trees, so it is a little worse than
    the forest's on new rows: forests get no more weight than they deserve.

    Examples
    --------
    >>> from contextures.prediction import ForestMember
    >>> ForestMember("forest").name
    'forest'
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def fit(self, problem: Problem) -> FittedMember:
        """Grow the forest; see :meth:`Member.fit`."""
        from sklearn import ensemble

        kinds: dict[tuple[str, bool], Any] = {
            ("trees", True): ensemble.ExtraTreesClassifier,
            ("trees", False): ensemble.ExtraTreesRegressor,
            ("forest", True): ensemble.RandomForestClassifier,
            ("forest", False): ensemble.RandomForestRegressor,
        }
        targets = problem.targets
        model = kinds[self.name, problem.classes](
            n_estimators=N_TREES,
            bootstrap=True,
            max_samples=MOST_DRAWN if len(targets) > MOST_DRAWN else None,
            oob_score=True,
            random_state=problem.seed,
            n_jobs=-1,
        )
        given = targets.argmax(axis=1) if problem.classes else targets[:, 0]
        with warnings.catch_warnings():  # of rows that all trees drew, which are filled in below
            warnings.simplefilter("ignore")
            model.fit(problem.rows[problem.labelled], given)
        model.n_jobs = None  # threads add up trees in any order
        left_out = model.oob_decision_function_ if problem.classes else model.oob_prediction_
        left_out = left_out.reshape(len(targets), -1)
        # scikit-learn gives zero, or none, where no tree left the row out.
        bare = ~np.isfinite(left_out).all(axis=1) | ~left_out.any(axis=1)
        others = (targets.sum(axis=0) - targets) / max(1, len(targets) - 1)
        found = _Fitted(model, problem.classes)
        found.left_out = np.where(bare[:, None], others, left_out)
        return found


class _Fitted(FittedMember):
    in_blocks = True

    def __init__(self, model: Any, classes: bool) -> None:
        self._model, self._classes = model, classes

    def values(self, rows: FloatArray) -> FloatArray:
        """Average the trees."""
        model = self._model
        order: Any = slice(None)
        if len(rows) >= MANY_ROWS and not isinstance(model, Trees):
            # Trees compare in single precision: to convert once is enough, and changes nothing.
            rows = single(rows)
            order = alike(model.estimators_[0].tree_, rows)
            rows = rows[order]
        told = model.predict_proba(rows) if self._classes else model.predict(rows)
        found = np.empty((len(rows), told[:1].size))
        found[order] = np.reshape(told, found.shape)
        return found
