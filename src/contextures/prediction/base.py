"""What the two estimators share: rows, members, and the pool."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from contextures._arrays import FloatArray, IntArray
from contextures._checks import validated
from contextures.exceptions import InputError
from contextures.prediction.blocks import in_blocks
from contextures.prediction.each_member import fit_each
from contextures.prediction.expected import say_expected
from contextures.prediction.members import (
    FittedMember,
    Member,
    Problem,
    has_many_labels,
    make_members,
    suits_small_trees,
)
from contextures.prediction.members.contexts import shared_descriptions
from contextures.prediction.pool import Pool, Prior, fit_pool, pooled_left_out
from contextures.prediction.scales import column_scales


class PooledPrediction(BaseEstimator):
    """The common part of :class:`ContextureClassifier` and :class:`ContextureRegressor`."""

    members: Any
    effort: Any
    verbose: Any
    random_state: Any
    standardize: Any
    n_jobs: int | None

    def _check_rows(self, X: Any, *, reset: bool) -> FloatArray:
        check_columns(X)
        least = 2 if reset else 1
        rows: FloatArray = validated(
            self, X, dtype=np.float64, reset=reset, ensure_min_samples=least
        )
        return rows

    def _fit_members(
        self,
        rows: FloatArray,
        labelled: IntArray,
        targets: FloatArray,
        limit: Callable[[FloatArray], FloatArray],
        *,
        classes: bool,
    ) -> tuple[FloatArray, FloatArray]:
        """Fit and weigh members; give the targets' pooled left-out predictions and errors."""
        n_classes, unlabelled = targets.shape[1] if classes else 0, 2 * len(labelled) < len(rows)
        many = has_many_labels(len(labelled), n_classes)
        small = not many and suits_small_trees(rows, len(labelled), n_classes)
        members = make_members(self.members, self.effort, many, unlabelled, small)
        self._centre, self._spread = column_scales(rows, self.standardize)
        problem = Problem(
            self._standardised(rows),
            labelled,
            targets,
            classes=classes,
            random_state=self.random_state,
        )
        say_expected(members, problem, aloud=bool(self.verbose))
        fitted, seconds = fit_each(members, problem, self.n_jobs)
        members = [each for each, found in zip(members, fitted, strict=True) if found is not None]
        self._members = [each for each in fitted if each is not None]
        self._member_names = [each.name for each in members]
        left_out = np.array([limit(each.left_out) for each in self._members])
        prior = _prior(members, 0 if many else n_classes)
        pool = fit_pool(left_out, targets, prior, classes, many)
        self.weights_, self._powers, self._floor = pool.weights, pool.sharpness, pool.floor
        self._geometric = pool.geometric
        self.n_labelled_ = len(labelled)
        pooled = pooled_left_out(left_out, targets, prior, classes, many)
        errors = targets - np.array([pool.adjusted(*each) for each in enumerate(left_out)])
        import pandas as pd

        self.leaderboard_ = (
            pd.DataFrame(
                {
                    "member": [each.name for each in members],
                    "weight": self.weights_,
                    "left_out_error": np.mean(np.sum(errors**2, axis=2), axis=1),
                    "seconds": [each for each in seconds if each is not None],
                }
            )
            .sort_values("weight", ascending=False, kind="stable")
            .reset_index(drop=True)
        )
        return pooled, left_out

    def _standardised(self, rows: FloatArray) -> FloatArray:
        return np.asarray((rows - self._centre) / self._spread)

    def _pooled(self, rows: FloatArray, limit: Callable[[FloatArray], FloatArray]) -> FloatArray:
        """Average the members' predictions of rows; those of no weight are not asked."""
        rows = self._standardised(rows)
        pool = Pool(self.weights_, self._powers, self._floor, self._geometric)
        members = enumerate(zip(pool.weights, self._members, strict=True))
        with shared_descriptions(len(rows)):
            values = {
                place: limit(
                    in_blocks(member.values, rows) if member.in_blocks else member.values(rows)
                )
                for place, (weight, member) in members
                if weight > 0
            }
        return pool.average(values)

    def _asked(self, X: Any) -> FloatArray:
        check_is_fitted(self)
        return self._check_rows(X, reset=False)

    _members: list[FittedMember]
    _member_names: list[str]
    n_features_in_: int
    n_labelled_: int
    weights_: FloatArray
    _powers: FloatArray
    _floor: float
    _geometric: bool

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "weights_")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        return tags


def check_columns(X: Any) -> None:
    """Refuse a data frame with columns that are not numbers, and name one."""
    for name, kind in getattr(X, "dtypes", {}).items() if hasattr(X, "columns") else ():
        if getattr(kind, "kind", "O") not in "biuf":
            raise InputError(
                f"the column {name!r} of X holds {kind}, not numbers; give its values as numbers, "
                "for example by contextures.data.TablePreparation"
            )


def _prior(members: list[Member], n_classes: int) -> Prior:
    shares = np.array([each.prior_among(n_classes) for each in members], dtype=np.float64)
    few = np.array([each.few for each in members], dtype=np.float64)
    mean = [each.name for each in members].index("mean")
    return Prior(shares, few if few.any() else shares, mean)
