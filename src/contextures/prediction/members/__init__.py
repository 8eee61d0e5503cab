"""Members of a pool, one kind a file, and the list that names them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from contextures.exceptions import InputError
from contextures.prediction.members.base import FittedMember, Member, Problem
from contextures.prediction.members.contexts import ContextMember, LocalMember
from contextures.prediction.members.estimators import EstimatorMember
from contextures.prediction.members.forests import ForestMember
from contextures.prediction.members.kernels import KernelMember
from contextures.prediction.members.mean import MeanMember
from contextures.regression.transforms import Power

__all__ = [
    "DEFAULT_MEMBERS",
    "ContextMember",
    "EstimatorMember",
    "FittedMember",
    "ForestMember",
    "KernelMember",
    "LocalMember",
    "MeanMember",
    "Member",
    "Problem",
]

DEFAULT_MEMBERS: dict[str, Callable[[], Member]] = {
    "contexts": lambda: ContextMember(name="contexts"),
    "contexts^2": lambda: ContextMember(None, Power(2), name="contexts^2", prior=0.6),
    "local": LocalMember,
    "linear": lambda: KernelMember("linear"),
    "gaussian": lambda: KernelMember("gaussian"),
    "laplace": lambda: KernelMember("laplace"),
    "additive": lambda: KernelMember("additive"),
    "trees": lambda: ForestMember("trees"),
    "forest": lambda: ForestMember("forest"),
    "mean": MeanMember,
}
"""Members by name: the default ones, all of them."""


def make_members(given: Any) -> list[Member]:
    """Give members for names and members; the mean is always one of them.

    Parameters
    ----------
    given : sequence of str or Member, or None
        None for all of ``DEFAULT_MEMBERS``.

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
            f"({', '.join(DEFAULT_MEMBERS)}) and members"
        )
    members = [_make(each) for each in (DEFAULT_MEMBERS if given is None else given)]
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
    if isinstance(each, str) and each in DEFAULT_MEMBERS:
        return DEFAULT_MEMBERS[each]()
    raise InputError(
        f"members holds {each!r}, which is not a member; give one of "
        f"{', '.join(DEFAULT_MEMBERS)}, or a Member such as EstimatorMember(LogisticRegression())"
    )
