"""Objectives by their short names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contextures import objectives
from contextures.exceptions import InputError

if TYPE_CHECKING:
    from contextures.objectives.base import Objective

_CLASSES = {
    module: name
    for name, module in objectives._HOME.items()
    if module.replace("_", "") == name.lower()
}
"""Short names, which are those of the modules, and classes, which are named like their modules."""


def objective_names() -> tuple[str, ...]:
    """List the short names of all objectives.

    Returns
    -------
    tuple of str
        Names for :func:`get_objective`, in alphabetical order.

    Examples
    --------
    >>> from contextures.objectives import objective_names
    >>> "ratio_trace" in objective_names()
    True
    """
    return tuple(sorted(_CLASSES))


def objective_class(name: str) -> type[Objective]:
    """Find the class of an objective, whose attributes say what it takes.

    Parameters
    ----------
    name : str
        One of :func:`objective_names`.

    Returns
    -------
    type
        A subclass of :class:`~contextures.objectives.Objective`.

    Raises
    ------
    InputError
        If there is no such objective.

    Examples
    --------
    >>> from contextures.objectives import objective_class
    >>> found = objective_class("rayleigh_quotient")
    >>> found.inputs, found.encoder_on, found.operator, found.ordered
    ('views', 'A', 'T*T', True)
    """
    if name not in _CLASSES:
        raise InputError(
            f"objective={name!r} is unknown; give one of {', '.join(sorted(_CLASSES))}"
        )
    found: type[Objective] = getattr(objectives, _CLASSES[name])
    return found


def get_objective(name: str, **options: Any) -> Objective:
    """Make an objective by its short name.

    Parameters
    ----------
    name : str
        One of :func:`objective_names`.
    **options
        Parameters of its class.

    Returns
    -------
    Objective
        The module.

    Raises
    ------
    InputError
        If there is no such objective, or it has no such parameter.

    Examples
    --------
    >>> from contextures.objectives import get_objective
    >>> get_objective("ratio_trace").inputs
    'pair'
    """
    made = objective_class(name)
    try:
        return made(**options)
    except TypeError as error:
        raise InputError(f"objective {name!r} cannot be made: {error}") from error
