"""KISE: one encoder and the dual kernel."""

from __future__ import annotations

from torch import Tensor

from contextures.exceptions import InputError
from contextures.objectives.autograd import in_full_precision
from contextures.objectives.functional.checks import check_batch, check_same_length
from contextures.objectives.functional.constraints import Constraint, Whitening, penalty
from contextures.objectives.functional.kernels import kernel_moments, kernel_trace, pair_count
from contextures.objectives.functional.moments import centre, gram
from contextures.objectives.functional.ratio_trace import trace_of_ratio
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
    """
    if isinstance(constraint, Whitening):
        n, c, b = kernel_moments(phi, features, context_weights, exclude_self, sync)
        return phi.shape[1] - trace_of_ratio(c, b, n, constraint.ridge)
    spread, trace = kernel_trace(phi, features, context_weights, exclude_self, sync)
    return (spread - trace) / phi.shape[1] + penalty(phi, constraint, sync)


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
        k(x_i, x_j) between the rows of the batch, whose mean over x' ~ P_X is one.
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
    """
    check_batch(phi=phi, kernel=kernel)
    check_same_length(phi=phi, kernel=kernel, columns=kernel.T)
    if is_parallel(sync):
        raise InputError(
            "a kernel matrix cannot be joined over processes, which do not know the kernel between "
            "their rows; give kernel features, or sync=False"
        )
    n, centred = centre(phi, sync)
    d = phi.shape[1]
    # The constant part of k drops out of pairs of centred rows, but not of a row with itself.
    smooth = kernel.detach() @ centred
    own = (kernel.diagonal() - 1).detach() if exclude_self else None
    count = pair_count(n) if exclude_self else n * (n - 1)
    if isinstance(constraint, Whitening):
        b = centred.T @ smooth
        if own is not None:
            b = b - centred.T @ (own[:, None] * centred)
        c = gram(centred) / (n - 1)
        return d - trace_of_ratio(c, (b + b.T) / (2 * count), n, constraint.ridge)
    norms = centred.square().sum(dim=1)
    trace = (centred * smooth).sum() - (0.0 if own is None else own @ norms)
    association = norms.sum() / (n - 1) - trace / count
    return association / d + penalty(phi, constraint, sync)
