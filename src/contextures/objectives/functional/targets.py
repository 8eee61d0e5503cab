"""Targets made from class numbers."""

from __future__ import annotations

import torch
from torch import Tensor

from contextures.exceptions import InputError
from contextures.objectives.parallel import largest, totals


def class_targets(labels: Tensor, priors: Tensor | None = None, sync: bool = True) -> Tensor:
    """Give one-hot targets divided by the roots of the classes' probabilities.

    Parameters
    ----------
    labels : torch.Tensor of int of shape (n,)
        Class numbers from 0.
    priors : torch.Tensor of shape (K,), optional
        P_A; by default the shares of the joined batch.
    sync : bool, default=True
        Whether to join the batches of all processes.

    Returns
    -------
    torch.Tensor of shape (n, K)
        1 / sqrt(P_A(a)) in column a, zero elsewhere.

    Examples
    --------
    >>> import torch
    >>> from contextures.objectives import functional as F
    >>> F.class_targets(torch.tensor([0, 0, 0, 1])).round(decimals=2)
    tensor([[1.1500, 0.0000],
            [1.1500, 0.0000],
            [1.1500, 0.0000],
            [0.0000, 2.0000]])
    """
    hot = one_hot(labels, None if priors is None else len(priors), sync)
    if priors is None:
        (counts,) = totals([hot.sum(dim=0)], sync)
        priors = counts / counts.sum()
    scale = torch.where(priors > 0, priors.rsqrt(), torch.zeros_like(priors))
    return hot * scale.to(hot.dtype)


def one_hot(labels: Tensor, n_classes: int | None = None, sync: bool = True) -> Tensor:
    """Give the indicators of classes.

    Parameters
    ----------
    labels : torch.Tensor of int of shape (n,)
        Class numbers from 0.
    n_classes : int, optional
        K; by default one more than the largest number in the joined batch.
    sync : bool, default=True
        Whether to join the batches of all processes.

    Returns
    -------
    torch.Tensor of shape (n, K)
        Ones and zeros.

    Examples
    --------
    >>> import torch
    >>> from contextures.objectives import functional as F
    >>> F.one_hot(torch.tensor([0, 2, 1]))
    tensor([[1., 0., 0.],
            [0., 0., 1.],
            [0., 1., 0.]])
    """
    if labels.ndim != 1 or labels.is_floating_point() or labels.is_complex():
        raise InputError(
            f"labels has shape {tuple(labels.shape)} and dtype {labels.dtype}; give class numbers "
            "of shape (n,)"
        )
    labels = labels.long()
    if n_classes is None:
        n_classes = int(largest(labels.max(), sync)) + 1
    if len(labels) and not 0 <= int(labels.min()) <= int(labels.max()) < n_classes:
        raise InputError(
            f"labels runs from {int(labels.min())} to {int(labels.max())}; give class numbers "
            f"from 0 to {n_classes - 1}"
        )
    return torch.nn.functional.one_hot(labels, n_classes).to(torch.get_default_dtype())
