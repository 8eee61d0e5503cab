"""What linear models for the worst subpopulations share: parameters, trimming, the certificate."""

from __future__ import annotations

import warnings
from functools import partial
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import _check_sample_weight

from contextures._arrays import FloatArray
from contextures._checks import (
    check_not_negative,
    check_positive_int,
    check_positive_real,
    check_share,
    numbered_groups,
)
from contextures.exceptions import InputError
from contextures.shift.convex import Losses, Solution, solve_robust
from contextures.shift.losses import sort_losses, without_largest
from contextures.shift.weights import RISKS, RobustRisk

TRIMMINGS = 30


class Robust(BaseEstimator):
    """What the two share: the parameters, the trimming, the solution."""

    coef_: FloatArray
    intercept_: FloatArray
    dual_gap_: float
    objective_: float
    n_iter_: int
    groups_: Any
    group_weights_: FloatArray

    def __init__(
        self,
        risk: RobustRisk = "cvar",
        alpha: float = 0.25,
        epsilon: float = 0.0,
        penalty: float = 1e-3,
        tol: float = 1e-4,
        max_iter: int = 1000,
    ) -> None:
        self.risk = risk
        self.alpha = alpha
        self.epsilon = epsilon
        self.penalty = penalty
        self.tol = tol
        self.max_iter = max_iter

    def _solve(
        self, X: FloatArray, losses_of: Losses, n_scores: int, weight: Any, groups: Any
    ) -> Solution:
        known = (*RISKS, "group")
        if self.risk not in known:
            raise InputError(f"risk={self.risk!r} is not known; give one of: {', '.join(known)}")
        alpha = check_share(self.alpha, "alpha", one=True)
        epsilon = check_share(self.epsilon, "epsilon", zero=True)
        check_positive_real(self.penalty, "penalty")
        check_not_negative(self.tol, "tol")
        check_positive_int(self.max_iter, "max_iter")
        weights = _check_sample_weight(weight, X, dtype=np.float64, ensure_non_negative=True)
        if weights.sum() <= 0:
            raise InputError("sample_weight is zero everywhere; give some row a weight")
        p = weights / weights.sum()
        codes = self._codes(groups, p, epsilon)
        solve = partial(
            solve_robust,
            X,
            losses_of,
            n_scores,
            risk=self.risk,
            alpha=alpha,
            penalty=self.penalty,
            tol=self.tol,
            max_iter=self.max_iter,
            groups=codes,
        )
        found = solve(p)
        steps = found.n_iter
        rows = np.hstack([X, np.ones((len(X), 1))])
        for _ in range(TRIMMINGS if epsilon > 0 else 0):
            # The risk of what is left is at least DORO's, and equal at this model: it only falls.
            losses = losses_of(rows @ found.weights)[0]
            ordered = sort_losses(losses, p, order=True)
            kept = np.empty(len(X))
            kept[ordered.order] = without_largest(ordered, epsilon).probabilities
            last = found
            found = solve(kept, start=last.weights)
            steps += found.n_iter
            if last.objective - found.objective <= self.tol * abs(found.objective):
                break
        if found.gap > 10 * self.tol * max(abs(found.objective), 1e-12):
            warnings.warn(
                f"the gap to the best is {found.gap:.2g} of an objective of {found.objective:.3g}; "
                "raise max_iter or penalty, or scale the columns",
                ConvergenceWarning,
                stacklevel=3,
            )
        self.dual_gap_, self.objective_, self.n_iter_ = found.gap, found.objective, steps
        if codes is not None and found.rows is not None:
            mixture = np.bincount(codes, found.rows, len(self.groups_))
            self.group_weights_ = mixture.astype(np.float64)
        return found

    def _codes(self, groups: Any, p: FloatArray, epsilon: float) -> Any:
        """Number the groups; None where the risk asks for none."""
        if self.risk != "group":
            if groups is not None:
                raise InputError(
                    f"groups are of no use to risk={self.risk!r}; give risk='group', or no groups"
                )
            return None
        if groups is None:
            raise InputError("risk='group' needs the group of each row; give groups to fit")
        names = np.asarray(groups)
        if names.shape != p.shape:
            raise InputError(
                f"groups has shape {names.shape}, but there are {len(p)} rows; give the group of "
                "each row"
            )
        if epsilon > 0:
            raise InputError(
                f"epsilon={epsilon:g} leaves out rows by their losses alone, which may be all of a "
                "group; give epsilon=0 with risk='group'"
            )
        # A group without a weight is one that nobody asked to guard: where its rows go is the same.
        guarded = names.copy()
        guarded[p == 0] = names[p > 0][0]
        self.groups_, codes = numbered_groups(guarded)
        return codes
