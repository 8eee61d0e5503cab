"""Fitted members in files: plain values, arrays, contexts, trees, and scikit-learn's estimators.

Only what is listed here can be made from a file, so that a changed one cannot name other types.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sklearn import ensemble
from sklearn.base import BaseEstimator

from contextures.contexts import Context
from contextures.contexts.level_kernel import Widths
from contextures.contexts.stored import Arrays, describe_fitted, restore_fitted
from contextures.exceptions import InputError
from contextures.prediction.members import (
    boosted,
    contexts,
    directions,
    estimators,
    forests,
    kernels,
    mean,
    sparse,
    widths,
)
from contextures.prediction.members.base import FittedMember
from contextures.prediction.members.boosted_trees import ExactTrees, SummedTrees
from contextures.prediction.members.trees import Trees, trees_of
from contextures.prediction.members.width_ridge import WidthFit
from contextures.regression.kernels import LinearFunctions

KINDS: dict[str, type] = {
    "boosted": boosted._Fitted,
    "boosted trees": SummedTrees,
    "contexts": contexts._Fitted,
    "directions": directions.ByDirection,
    "exact trees": ExactTrees,
    "estimator": estimators._Fitted,
    "forest": forests._Fitted,
    "functions": LinearFunctions,
    "kernel": kernels._Fitted,
    "mean": mean._Fitted,
    "sparse": sparse._Fitted,
    "plain kernel": kernels.PlainKernel,
    "tails": widths.Tails,
    "trees": Trees,
    "width": widths._Fitted,
    "width fit": WidthFit,
    "widths": Widths,
}
"""Fitted members and what they are made of. All that a kind's attributes hold is written, but
``left_out``, which predictions do not need."""

FORESTS = (
    ensemble.ExtraTreesClassifier,
    ensemble.ExtraTreesRegressor,
    ensemble.RandomForestClassifier,
    ensemble.RandomForestRegressor,
)
LEFT_OUT = "left_out"


@dataclass
class Written:
    """What is filled in while members are described, or read from while they are made again.

    Attributes
    ----------
    arrays : dict of str to ndarray
        Arrays by name.
    contexts : list
        Each context only once, however many members share it: described, or restored.
    foreign : list
        Estimators of scikit-learn's.
    """

    arrays: Arrays = field(default_factory=dict)
    contexts: list[Any] = field(default_factory=list)
    foreign: list[Any] = field(default_factory=list)
    _places: dict[int, int] = field(default_factory=dict)

    def place_of(self, context: Context) -> int:
        """Give the place of a context, described when it is first asked for."""
        if id(context) not in self._places:
            self._places[id(context)] = len(self.contexts)
            prefix = f"context.{len(self.contexts)}"
            self.contexts.append(describe_fitted(context, self.arrays, prefix))
        return self._places[id(context)]

    def restore_contexts(self, described: list[Any]) -> None:
        """Make the contexts that were described."""
        self.contexts = [restore_fitted(each, self.arrays) for each in described]


def describe_member(member: FittedMember, name: str, written: Written, prefix: str) -> Any:
    """Describe a fitted member.

    Parameters
    ----------
    member : FittedMember
        The member.
    name : str
        Its name on the leaderboard.
    written : Written
        Filled in.
    prefix : str
        What the names of its arrays begin with.

    Returns
    -------
    dict
        Plain values.

    Raises
    ------
    InputError
        If its kind is not known here, or it holds what cannot be written.
    """
    if type(member) not in KINDS.values():
        raise InputError(
            f"the member {name!r} is of a kind of your own ({type(member).__name__}), which only "
            "your own code can write; leave it out of members, or keep the predictor in memory"
        )
    return _describe(member, name, written, prefix)


def restore_member(described: Any, written: Written) -> FittedMember:
    """Make the fitted member that was described."""
    made = _restore(described, written)
    if not isinstance(made, FittedMember):
        raise ValueError("a member is none")
    return made


def check_parts(value: Any, n_features: int, n_outputs: int) -> None:
    """Check the trees among a restored member's parts."""
    if isinstance(value, SummedTrees):
        value.check(n_outputs)
    if isinstance(value, Trees):
        value.check(n_features)
    elif isinstance(value, list | tuple):
        for each in value:
            check_parts(each, n_features, n_outputs)
    elif type(value) in KINDS.values():
        check_parts(list(vars(value).values()), n_features, n_outputs)


def _describe(value: Any, name: str, written: Written, key: str) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.ndarray) and value.dtype.kind in "fiub":
        written.arrays[key] = np.ascontiguousarray(value)
        return {"array": key}
    if isinstance(value, list | tuple):
        parts = [_describe(each, name, written, f"{key}.{i}") for i, each in enumerate(value)]
        return {"parts": parts, "tuple": isinstance(value, tuple)}
    if isinstance(value, Context):
        return {"context": written.place_of(value)}
    if type(value) in FORESTS:
        value = trees_of(value)
    if isinstance(value, boosted._Fitted):  # only the rounds that count are kept
        value = value.plain()
    for kind, known in KINDS.items():
        if type(value) is known:
            state = {
                part: _describe(held, name, written, f"{key}.{part}")
                for part, held in vars(value).items()
                if part != LEFT_OUT
            }
            return {"kind": kind, "state": state}
    if isinstance(value, BaseEstimator):
        written.foreign.append(value)
        return {"estimator": len(written.foreign) - 1}
    raise InputError(
        f"the member {name!r} holds a {type(value).__name__}, which cannot be written; leave it "
        "out of members, or keep the predictor in memory"
    )


def _restore(value: Any, written: Written) -> Any:
    if not isinstance(value, dict):
        return value
    if "array" in value:
        return written.arrays[value["array"]]
    if "parts" in value:
        parts = [_restore(each, written) for each in value["parts"]]
        return tuple(parts) if value["tuple"] else parts
    if "context" in value:
        return written.contexts[value["context"]]
    if "estimator" in value:
        return written.foreign[value["estimator"]]
    kind = KINDS[value["kind"]]
    made: Any = object.__new__(kind)
    for name, held in value["state"].items():
        if hasattr(kind, name):
            raise KeyError(f"part {name!r}")
        vars(made)[name] = _restore(held, written)
    return made
