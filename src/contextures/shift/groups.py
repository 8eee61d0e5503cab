"""The risks of groups that are known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from contextures._checks import numbered_groups
from contextures.exceptions import InputError
from contextures.shift.losses import check_losses, library_of


@dataclass(frozen=True)
class GroupRisks:
    """The expected loss of each group.

    Attributes
    ----------
    groups : ndarray or torch.Tensor of shape (g,)
        The groups.
    risks : ndarray or torch.Tensor of shape (g,)
        The mean loss of each.
    shares : ndarray or torch.Tensor of shape (g,)
        The share of rows in each.
    """

    groups: Any
    risks: Any
    shares: Any

    @property
    def worst(self) -> Any:
        """The largest of the groups' risks; R_max of the papers."""
        return self.risks.max()


def group_risk(losses: Any, groups: Any) -> GroupRisks:
    """Expected loss of each group of rows, and of the worst.

    Parameters
    ----------
    losses : array-like or torch.Tensor of shape (n,)
        A loss for each row.
    groups : array-like or torch.Tensor of shape (n,)
        The group of each row: any values, or integers in a tensor beside a tensor.

    Returns
    -------
    GroupRisks
        Groups, risks and shares; risks of a tensor have gradients.

    Raises
    ------
    InputError
        If there are no losses, one is not finite, or groups are not as many.

    References
    ----------
    Zhai et al. (2021), "DORO", equation 1.

    Examples
    --------
    >>> from contextures.shift import group_risk
    >>> found = group_risk([1.0, 2.0, 3.0, 6.0], ["a", "b", "a", "b"])
    >>> found.risks, found.worst
    (array([2., 4.]), np.float64(4.0))
    """
    values = check_losses(losses)
    library = library_of(values)
    if library is np:
        groups = np.asarray(groups)
    if tuple(groups.shape) != tuple(values.shape):
        raise InputError(
            f"groups has shape {tuple(groups.shape)}, but there are {len(values)} losses; give the "
            "group of each row"
        )
    if library is np:
        names, place = numbered_groups(groups)
        counts = np.bincount(place)
        return GroupRisks(names, np.bincount(place, weights=values) / counts, counts / len(values))
    names, place, counts = library.unique(groups, return_inverse=True, return_counts=True)
    sums = values.new_zeros(len(names)).index_add(0, place, values)
    return GroupRisks(names, sums / counts.to(values.dtype), counts.to(values.dtype) / len(values))
