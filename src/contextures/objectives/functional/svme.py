"""SVME: one view a row, two encoders, and a constraint on the first."""

from __future__ import annotations

import torch
from torch import Tensor

from contextures.objectives.autograd import in_full_precision
from contextures.objectives.functional.checks import check_same_width
from contextures.objectives.functional.constraints import (
    Constraint,
    VarianceCovariance,
    Whitening,
)
from contextures.objectives.functional.moments import Blocks, Moments, Slopes, moment_loss
from contextures.objectives.functional.penalties import orthonormal_penalty, variance_covariance
from contextures.objectives.functional.whitening import (
    cholesky,
    factor_gradient,
    lower_half,
    through_ridge,
)

WHITENING = Whitening()


@in_full_precision
def svme(phi: Tensor, psi: Tensor, constraint: Constraint = WHITENING, sync: bool = True) -> Tensor:
    """Compute E|Phi~ - Psi~|^2 of a batch of pairs, with a constraint on Cov[Phi].

    Parameters
    ----------
    phi, psi : torch.Tensor of shape (n, d)
        phi(x) and psi(a), with (x, a) ~ P+.
    constraint : Whitening, VarianceCovariance or OrthonormalPenalty
        With whitening, Phi is L^-1 phi, C = L L^T, and the loss is a sum over coordinates; with a
        penalty it is a mean over coordinates, plus the penalty.
    sync : bool, default=True
        Whether to join the batches of all processes.

    Returns
    -------
    torch.Tensor
        The loss. See :class:`contextures.objectives.SVME` for its minimiser.

    Examples
    --------
    A bit that is flipped one time in five: s_1 = .6.

    >>> import torch
    >>> from contextures.objectives import functional as F
    >>> x = torch.tensor([1.0, -1.0]).repeat(500)[:, None]
    >>> a = torch.where(torch.arange(1000)[:, None] % 10 < 8, x, -x)
    >>> round(F.svme(x, 0.6 * a).item(), 2)
    0.64
    """
    check_same_width(phi=phi, psi=psi)
    d = phi.shape[1]

    def whitened(moments: Moments) -> tuple[Tensor, Slopes]:
        # d + tr Caa - 2 tr(L^-1 Cxa)
        assert isinstance(constraint, Whitening)
        factor = cholesky(moments.xx, moments.n_rows, constraint.ridge, "phi")
        white = torch.linalg.solve_triangular(factor, moments.xa, upper=False)
        unit = torch.eye(d, dtype=factor.dtype, device=factor.device)
        slopes = Slopes(
            xx=through_ridge(factor_gradient(factor, 2 * lower_half(white.T)), constraint.ridge),
            xa=torch.linalg.solve_triangular(factor.T, unit, upper=True).mul_(-2),
            aa=torch.ones_like(moments.aa),
        )
        return d + moments.aa - 2 * white.trace(), slopes

    def soft(moments: Moments) -> tuple[Tensor, Slopes]:
        # The trace of the covariance of the difference.
        within = moments.xx.trace() if moments.xx.ndim == 2 else moments.xx
        one = torch.ones_like(moments.aa) / d
        value = (within + moments.aa - 2 * moments.xa) / d
        by_xx = one
        if isinstance(constraint, VarianceCovariance):
            penalty, by_xx = variance_covariance(moments.xx, constraint)
            by_xx.diagonal().add_(1 / d)
            value = value + penalty
        return value, Slopes(xx=by_xx, xa=-2 * one, aa=one)

    if isinstance(constraint, Whitening):
        return moment_loss(phi, psi, Blocks("full", "full", "trace"), whitened, sync)
    if isinstance(constraint, VarianceCovariance):
        return moment_loss(phi, psi, Blocks("full", "trace", "trace"), soft, sync)
    association = moment_loss(phi, psi, Blocks("trace", "trace", "trace"), soft, sync)
    return association + orthonormal_penalty(phi, constraint, sync)
