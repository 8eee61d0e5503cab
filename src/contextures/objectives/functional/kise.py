"""KISE: one encoder and the dual kernel."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from contextures.exceptions import InputError
from contextures.objectives.autograd import apply, closed_form, in_full_precision
from contextures.objectives.functional.checks import check_batch, check_same_length
from contextures.objectives.functional.constraints import Constraint, Whitening
from contextures.objectives.functional.kernels import kernel_loss, kernel_trace, pair_count
from contextures.objectives.functional.moments import MomentLoss, Moments, Slopes
from contextures.objectives.functional.penalties import penalty
from contextures.objectives.functional.ratios import ratio_loss
from contextures.objectives.parallel import is_parallel

WHITENING = Whitening()


@in_full_precision
def kise(
    phi: Tensor,
    features: Tensor,
    context_weights: Tensor | None = None,
    constraint: Constraint = WHITENING,
    exclude_self: bool = True,
    sync: bool = True,
) -> Tensor:
    """Compute E|Phi~|^2 - E[k(X, X') <Phi~(X), Phi~(X')>] of a batch, with Cov[Phi] constrained.

    Parameters
    ----------
    phi : torch.Tensor of shape (n, d)
        phi(x).
    features : torch.Tensor of shape (n, r)
        Rows z(x) of the kernel k = 1 + z . z', or, with ``context_weights``, rows of the
        transition P+(. | x); dense or sparse. No gradient flows into them.
    context_weights : torch.Tensor of shape (r,), optional
        P_A.
    constraint : Whitening, VarianceCovariance or OrthonormalPenalty
        With whitening the loss is a sum over coordinates; with a penalty it is a mean over
        coordinates, plus the penalty.
    exclude_self : bool, default=True
        Whether to leave out the pairs of a row with itself, which makes the estimate unbiased for
        a batch of independent rows. With all rows of a sample as the batch, keep them to get the
        operator on that sample.
    sync : bool, default=True
        Whether to join the batches of all processes.

    Returns
    -------
    torch.Tensor
        The loss. See :class:`contextures.objectives.KISE` for its minimiser.

    Examples
    --------
    A bit that is flipped one time in five: its kernel is 1 + .36 x x'.

    >>> import torch
    >>> from contextures.objectives import functional as F
    >>> x = torch.tensor([1.0, -1.0]).repeat(500)[:, None]
    >>> round(F.kise(x, 0.6 * x).item(), 2)
    0.64
    """
    if isinstance(constraint, Whitening):
        ratio = ratio_loss(constraint.ridge)
        return kernel_loss(phi, features, context_weights, exclude_self, ratio, sync)
    association = kernel_trace(phi, features, context_weights, exclude_self, sync)
    return association / phi.shape[1] + penalty(phi, constraint, sync)


@in_full_precision
def kise_gram(
    phi: Tensor,
    kernel: Tensor,
    constraint: Constraint = WHITENING,
    exclude_self: bool = True,
    sync: bool = True,
) -> Tensor:
    """Compute the loss of :func:`kise` where the kernel is given as a matrix.

    Parameters
    ----------
    phi : torch.Tensor of shape (n, d)
        phi(x).
    kernel : torch.Tensor of shape (n, n)
        k(x_i, x_j) between the rows of the batch; symmetric, with a mean over x' ~ P_X of one.
    constraint, exclude_self, sync
        As in :func:`kise`.

    Returns
    -------
    torch.Tensor
        The loss.

    Raises
    ------
    InputError
        If several processes train together: none of them knows the kernel between its rows and
        another's.

    Examples
    --------
    A bit that is flipped one time in five: its kernel is 1 + .36 x x'.

    >>> import torch
    >>> from contextures.objectives import functional as F
    >>> x = torch.tensor([1.0, -1.0]).repeat(500)[:, None]
    >>> round(F.kise_gram(x, 1 + 0.36 * x @ x.T).item(), 2)
    0.64
    """
    check_batch(phi=phi, kernel=kernel)
    check_same_length(phi=phi, kernel=kernel, columns=kernel.T)
    if is_parallel(sync):
        raise InputError(
            "a kernel matrix cannot be joined over processes, which do not know the kernel between "
            "their rows; give kernel features, or sync=False"
        )
    loss = ratio_loss(constraint.ridge) if isinstance(constraint, Whitening) else _association
    value: Tensor = apply(_GramLoss, phi, kernel.detach().to(phi.dtype), exclude_self, loss)
    if isinstance(constraint, Whitening):
        return value
    return value + penalty(phi, constraint, sync)


def _association(moments: Moments) -> tuple[Tensor, Slopes]:
    """Compute (tr C - tr B) / d."""
    c, b = moments.xx, moments.xa
    share = torch.eye(len(c), dtype=c.dtype, device=c.device) / len(c)
    return (c.trace() - b.trace()) / len(c), Slopes(xx=share, xa=-share)


class _GramLoss(torch.autograd.Function):
    """A loss of C and B, of a symmetric kernel matrix."""

    @staticmethod
    def forward(
        ctx: Any, phi: Tensor, kernel: Tensor, exclude_self: bool, loss: MomentLoss
    ) -> Tensor:
        n = len(phi)
        if n < 2:
            raise InputError(f"a batch of {n} row(s) has no pairs; give at least two rows")
        centred = phi - phi.mean(dim=0)
        smooth = kernel @ centred
        if exclude_self:
            # The constant part of k drops out of sums over centred rows, but not of self-pairs.
            smooth.addcmul_(centred, kernel.diagonal()[:, None] - 1, value=-1)
        count = pair_count(n, exclude_self)
        c, b = centred.T @ centred / (n - 1), centred.T @ smooth / count
        mean = phi.new_zeros(phi.shape[1])
        value, slopes = loss(Moments(n, mean, mean, c, b, c))
        ctx.save_for_backward(centred, smooth, slopes.xx, slopes.xa)
        ctx.count = count
        return value

    @staticmethod
    @closed_form
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None, None]:
        centred, smooth, by_c, by_b = ctx.saved_tensors
        rows = torch.mm(centred, by_c).mul_(2 / (len(centred) - 1))
        rows.addmm_(smooth, by_b, alpha=2 / ctx.count)
        return rows.sub_(rows.mean(dim=0)).mul_(grad), None, None, None
