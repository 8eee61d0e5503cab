"""Members of a pool, one kind a file, and the list that names them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Literal, get_args

import numpy as np

from contextures._arrays import FloatArray
from contextures.exceptions import InputError
from contextures.prediction.members.base import FittedMember, Member, Problem
from contextures.prediction.members.boosted import SETTINGS, BoostedMember
from contextures.prediction.members.contexts import ContextMember, LocalMember
from contextures.prediction.members.estimators import EstimatorMember
from contextures.prediction.members.forests import ForestMember
from contextures.prediction.members.kernels import KernelMember
from contextures.prediction.members.mean import MeanMember
from contextures.prediction.members.sparse import SparseMember
from contextures.prediction.members.widths import WidthMember
from contextures.regression.transforms import Power

__all__ = [
    "DEFAULT_MEMBERS",
    "MANY_LABELS",
    "BoostedMember",
    "ContextMember",
    "EstimatorMember",
    "FittedMember",
    "ForestMember",
    "KernelMember",
    "LocalMember",
    "MeanMember",
    "Member",
    "Problem",
    "SparseMember",
    "WidthMember",
]

Effort = Literal["fast", "default", "best"]

DEFAULT_MEMBERS: dict[str, Callable[[], Member]] = {
    "contexts": lambda: ContextMember(name="contexts"),
    "contexts^2": lambda: ContextMember(None, Power(2), name="contexts^2", prior=0.6),
    "local": LocalMember,
    "linear": lambda: KernelMember("linear"),
    "gaussian": lambda: KernelMember("gaussian"),
    "laplace": lambda: KernelMember("laplace"),
    "additive": lambda: KernelMember("additive"),
    "sparse": SparseMember,
    "trees": lambda: ForestMember("trees"),
    "forest": lambda: ForestMember("forest"),
    "mean": MeanMember,
}
"""Members by name: the default ones for few labels, all of them."""

MANY_MEMBERS: dict[str, Callable[[], Member]] = {
    "width": lambda: WidthMember("width"),
    "widths": lambda: WidthMember("widths"),
    **{name: partial(BoostedMember, name) for name in SETTINGS},
}
"""Members that need many labels to learn from, by name."""

ALL_MEMBERS = DEFAULT_MEMBERS | MANY_MEMBERS

MANY_LABELS = 300
"""Labels from which members are the ones for many, if there are ``MANY_A_CLASS`` of each class."""

MANY_A_CLASS = 20

SOME_LABELS = 50
"""Labels from which small boosted trees are a member beside the ones for few labels, if there are
``SOME_A_CLASS`` for each class and rows are corners of a cube: measured, they help nowhere else."""

SOME_A_CLASS = 10

TWO_VALUED = 0.9
"""The share of two-valued columns from which rows count as corners of a cube."""

_FEW: dict[Effort, tuple[str, ...]] = {
    "fast": ("contexts", "local", "linear", "gaussian", "trees", "mean"),
    "default": tuple(DEFAULT_MEMBERS),
    "best": tuple(DEFAULT_MEMBERS),
}
_MANY: dict[Effort, tuple[str, ...]] = {
    "fast": ("width", "boosted", "trees", "linear", "mean"),
    "default": (
        *("width", "widths", "boosted", "boosted shallow", "boosted random"),
        *("trees", "laplace", "linear", "mean"),
    ),
    "best": tuple(name for name in ALL_MEMBERS if name not in ("gaussian", "boosted few")),
}


def has_many_labels(n_labelled: int, n_classes: int = 0) -> bool:
    """Say whether there are enough labels for members that learn widths and grow many trees.

    Parameters
    ----------
    n_labelled : int
        Labels.
    n_classes : int
        The number of classes; 0 for numbers.

    Returns
    -------
    bool
        Whether there are.
    """
    return n_labelled >= max(MANY_LABELS, MANY_A_CLASS * n_classes)


def suits_small_trees(rows: FloatArray, n_labelled: int, n_classes: int = 0) -> bool:
    """Say whether small boosted trees have labels enough, and rows of the kind they help with.

    Between rows whose columns are all yes or no, distances say little, and what columns say
    together much.

    Parameters
    ----------
    rows : ndarray of shape (n, p)
        The rows.
    n_labelled, n_classes : int
        As for :func:`has_many_labels`.

    Returns
    -------
    bool
        Whether they are.
    """
    if n_labelled < max(SOME_LABELS, SOME_A_CLASS * n_classes):
        return False
    least, most = rows.min(axis=0), rows.max(axis=0)
    two = np.all((rows == least) | (rows == most), axis=0)
    return bool(two.mean() >= TWO_VALUED)


def default_names(
    effort: Any, many: bool, unlabelled: bool = False, small: bool = False
) -> tuple[str, ...]:
    """List the members for few labels or many.

    Parameters
    ----------
    effort : {"fast", "default", "best"}
        How much time may be taken.
    many : bool
        Whether there are many labels.
    unlabelled : bool
        Whether more rows have no label than have one: contexts of all rows are members then.
    small : bool
        Whether few labels are enough for small boosted trees.

    Returns
    -------
    tuple of str
        Names.

    Raises
    ------
    InputError
        If the effort is not known.
    """
    if effort not in get_args(Effort):
        raise InputError(f"effort={effort!r} is not known; give 'fast', 'default' or 'best'")
    known: Effort = effort
    if not many:
        return (*_FEW[known], "boosted few") if small and known != "fast" else _FEW[known]
    heard = ("contexts", "local") if unlabelled else ()
    return (*_MANY[known], *(name for name in heard if name not in _MANY[known]))


def make_members(
    given: Any,
    effort: Any = "default",
    many: bool = False,
    unlabelled: bool = False,
    small: bool = False,
) -> list[Member]:
    """Give members for names, members and estimators; the mean is always one of them.

    Parameters
    ----------
    given : sequence of str, Member or estimator, or None
        None for the ones of :func:`default_names`, for which the name "default" stands in a list.
    effort : {"fast", "default", "best"}
        How much time the default ones may take.
    many, unlabelled, small : bool
        As for :func:`default_names`.

    Returns
    -------
    list of Member
        With different names.

    Raises
    ------
    InputError
        If a name is not known or comes twice.
    """
    if given is not None and (isinstance(given, str | Member) or not isinstance(given, Sequence)):
        raise InputError(
            f"members={given!r} is not a list; give None for the default ones, or a list of names "
            f"({', '.join(ALL_MEMBERS)}) and members"
        )
    usual = default_names(effort, many, unlabelled, small)
    members: list[Member] = []
    for each in ["default"] if given is None else given:
        asked = usual if isinstance(each, str) and each == "default" else [each]
        members += [_make(one) for one in asked]
    if "mean" not in {each.name for each in members}:
        members.append(MeanMember())
    names = [each.name for each in members]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise InputError(
            f"members names {twice[0]!r} more than once; give each member a name of its own"
        )
    return members


def _make(each: Any) -> Member:
    if isinstance(each, Member):
        return each
    if isinstance(each, str) and each in ALL_MEMBERS:
        return ALL_MEMBERS[each]()
    if not isinstance(each, str | type) and hasattr(each, "fit") and hasattr(each, "predict"):
        return EstimatorMember(each)
    raise InputError(
        f"members holds {each!r}, which is not a member; give one of "
        f"{', '.join(ALL_MEMBERS)}, a Member, or an estimator such as LogisticRegression()"
    )
