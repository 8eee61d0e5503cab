"""Prediction by a linear head that the loss solves for."""

from __future__ import annotations

import torch
import torch.distributed as dist
from torch import Tensor

from contextures.exceptions import InputError
from contextures.objectives.autograd import in_full_precision
from contextures.objectives.functional.checks import check_batch, check_same_length
from contextures.objectives.functional.whitening import RIDGE, cholesky
from contextures.objectives.parallel import is_parallel, sum_over_processes


@in_full_precision
def linear_head_mse(
    embedding: Tensor,
    target: Tensor,
    bias: bool = True,
    weights: Tensor | None = None,
    ridge: float = RIDGE,
    sync: bool = True,
) -> Tensor:
    """Compute min over W and b of the mean of |W embedding + b - target|^2 over a batch.

    Parameters
    ----------
    embedding : torch.Tensor of shape (n, d)
        The embeddings.
    target : torch.Tensor of shape (n, p)
        What is to be predicted; no gradient flows into it.
    bias : bool, default=True
        Whether the head has a bias.
    weights : torch.Tensor of shape (n,), optional
        Weights of the rows in the mean; equal by default.
    ridge : float, default=1e-6
        Added to the second moment of the embedding, relative to its mean diagonal entry.
    sync : bool, default=True
        Whether to join the batches of all processes.

    Returns
    -------
    torch.Tensor
        The loss. Its gradient is that with the best head held fixed, which is the gradient of the
        minimum, up to the ridge.

    Notes
    -----
    One product of n d^2, two of n d p forward and one of n d p backward; n (d + p) memory.
    """
    check_batch(embedding=embedding, target=target)
    target = target.detach().to(embedding.dtype)
    row_weights = _row_weights(weights, target)
    with torch.no_grad():
        head, offset, total = _best_head(embedding, target, row_weights, bias, ridge, sync)
    residual = target - torch.addmm(offset, embedding, head)
    squares = residual.square()
    loss = squares.sum() if row_weights is None else row_weights @ squares.sum(dim=1)
    (joined,) = sum_over_processes([loss / total], sync)
    return joined


@in_full_precision
def masked_mse(
    embedding: Tensor,
    target: Tensor,
    hidden: Tensor,
    bias: bool = True,
    ridge: float = RIDGE,
    sync: bool = True,
) -> Tensor:
    """Compute the least squared error of linear predictions of the hidden entries of a target.

    Parameters
    ----------
    embedding : torch.Tensor of shape (n, d)
        The embeddings of the masked rows.
    target : torch.Tensor of shape (n, p)
        The full rows; no gradient flows into them.
    hidden : torch.Tensor of bool of shape (n, p)
        Which entries count.
    bias, ridge, sync
        As in :func:`linear_head_mse`.

    Returns
    -------
    torch.Tensor
        Per row, the sum of squared errors over hidden entries, scaled by p over their number.

    Notes
    -----
    Every column has its own normal equations: p products of n d^2, without gradient.
    """
    check_batch(embedding=embedding, target=target)
    if hidden.shape != target.shape:
        raise InputError(
            f"hidden has shape {tuple(hidden.shape)} and target {tuple(target.shape)}; "
            "give one flag for every entry"
        )
    target, mask = target.detach().to(embedding.dtype), hidden.to(embedding.dtype)
    with torch.no_grad():
        (counts,) = sum_over_processes([mask.sum(dim=0)], sync)
        head = embedding.new_zeros(embedding.shape[1], target.shape[1])
        offset = embedding.new_zeros(target.shape[1])
        for j in counts.nonzero().flatten().tolist():
            column, weights = target[:, j : j + 1], mask[:, j]
            found, bias_j, _ = _best_head(embedding, column, weights, bias, ridge, sync)
            head[:, j], offset[j] = found[:, 0], bias_j[0]
    residual = (target.detach() - torch.addmm(offset, embedding, head)) * mask
    (joined,) = sum_over_processes(
        [residual.square().sum() * (target.shape[1] / counts.sum())], sync
    )
    return joined


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
    """
    hot = one_hot(labels, None if priors is None else len(priors), sync)
    if priors is None:
        counts, n = sum_over_processes([hot.sum(dim=0), hot.new_tensor(float(len(hot)))], sync)
        priors = counts / n
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
    """
    if labels.ndim != 1 or labels.is_floating_point() or labels.is_complex():
        raise InputError(
            f"labels has shape {tuple(labels.shape)} and dtype {labels.dtype}; give class numbers "
            "of shape (n,)"
        )
    labels = labels.long()
    if n_classes is None:
        largest = labels.max()
        if is_parallel(sync):
            largest = largest.clone()
            dist.all_reduce(largest, dist.ReduceOp.MAX)
        n_classes = int(largest) + 1
    if len(labels) and not 0 <= int(labels.min()) <= int(labels.max()) < n_classes:
        raise InputError(
            f"labels runs from {int(labels.min())} to {int(labels.max())}; give class numbers "
            f"from 0 to {n_classes - 1}"
        )
    return torch.nn.functional.one_hot(labels, n_classes).to(torch.get_default_dtype())


def _row_weights(weights: Tensor | None, target: Tensor) -> Tensor | None:
    if weights is None:
        return None
    check_same_length(weights=weights, target=target)
    if weights.ndim != 1 or (weights < 0).any():
        raise InputError("weights must hold one number that is not negative for every row")
    return weights.detach().to(target.dtype)


def _best_head(
    embedding: Tensor,
    target: Tensor,
    weights: Tensor | None,
    bias: bool,
    ridge: float,
    sync: bool,
) -> tuple[Tensor, Tensor, Tensor]:
    """Solve for the head: W (d, p), b (p,) and the total weight of the joined batch."""
    count = embedding.new_tensor(float(len(embedding)))
    total, rows = count, count
    if weights is not None:
        total, rows = weights.sum(), (weights > 0).sum().to(count.dtype)

    def summed(batch: Tensor) -> Tensor:
        return batch.sum(dim=0) if weights is None else weights @ batch

    total, rows, sum_x, sum_t = sum_over_processes(
        [total, rows, summed(embedding), summed(target)], sync
    )
    if total <= 0:
        raise InputError("all weights are zero, so there is nothing to predict; give positive ones")
    x, t = embedding, target
    if bias:
        x, t = x - sum_x / total, t - sum_t / total
    weighted = x if weights is None else x * weights[:, None]
    xx, xt = sum_over_processes([weighted.T @ x, weighted.T @ t], sync)
    factor = cholesky(xx / total, int(rows), ridge, "the embedding")
    head = torch.cholesky_solve(xt / total, factor)
    offset = (sum_t - sum_x @ head) / total if bias else torch.zeros_like(sum_t)
    return head, offset, total
