"""The weighted Rayleigh quotient of two views."""

from __future__ import annotations

import torch
from torch import Tensor

from contextures.exceptions import InputError
from contextures.objectives.autograd import in_full_precision
from contextures.objectives.functional.checks import check_same_width
from contextures.objectives.functional.constraints import Constraint, Whitening
from contextures.objectives.functional.moments import (
    Blocks,
    Moments,
    Slopes,
    moment_loss,
    view_loss,
)
from contextures.objectives.functional.penalties import penalty
from contextures.objectives.functional.whitening import (
    cholesky,
    factor_gradient,
    lower_half,
    through_ridge,
)

WHITENING = Whitening()


@in_full_precision
def rayleigh_quotient(
    view_1: Tensor,
    view_2: Tensor,
    weights: Tensor | None = None,
    constraint: Constraint = WHITENING,
    sync: bool = True,
) -> Tensor:
    """Compute sum_l m_l E(f_l(A) - f_l(A+))^2 of a batch of two views, with Cov[f] = I.

    Parameters
    ----------
    view_1, view_2 : torch.Tensor of shape (n, d)
        One encoder's values on two draws that share their source.
    weights : torch.Tensor of shape (d,), optional
        m_1 >= m_2 >= ... > 0; by default m_l = (d - l + 1) / d.
    constraint : Whitening, VarianceCovariance or OrthonormalPenalty
        With whitening, f is L^-1 times the embedding, so that its first l coordinates depend on
        the first l of the embedding; with a penalty the loss is a mean over coordinates, plus the
        penalty.
    sync : bool, default=True
        Whether to join the batches of all processes.

    Returns
    -------
    torch.Tensor
        The loss. See :class:`contextures.objectives.RayleighQuotient` for its minimiser.

    Examples
    --------
    Two views of a bit, each flipped one time in five: s_1 = .6.

    >>> import torch
    >>> from contextures.objectives import functional as F
    >>> a = torch.tensor([1.0, -1.0]).repeat(500)[:, None]
    >>> other = torch.where(torch.arange(1000)[:, None] % 50 < 34, a, -a)
    >>> round(F.rayleigh_quotient(a, other).item(), 2)
    1.28
    """
    check_same_width(view_1=view_1, view_2=view_2)
    d = view_1.shape[1]
    if weights is None:
        weights = torch.arange(d, 0, -1, dtype=view_1.dtype, device=view_1.device) / d
    elif weights.shape != (d,):
        raise InputError(f"weights has shape {tuple(weights.shape)}; give one for each of {d}")
    chosen = weights

    def whitened(moments: Moments) -> tuple[Tensor, Slopes]:
        # 2 sum_l m_l (1 - S_ll) with S = L^-1 B L^-T, C = L L^T.
        assert isinstance(constraint, Whitening)
        factor = cholesky(moments.xx, moments.n_rows, constraint.ridge, "the embedding")
        half = torch.linalg.solve_triangular(factor, moments.xa, upper=False)
        white = torch.linalg.solve_triangular(factor.T, half, upper=True, left=False)
        by_c = factor_gradient(factor, 4 * lower_half(chosen[:, None] * white))
        by_b = factor_gradient(factor, torch.diag(-2 * chosen))
        value = 2 * (chosen.sum() - white.diagonal() @ chosen)
        return value, Slopes(xx=through_ridge(by_c, constraint.ridge), xa=by_b)

    def moved(moments: Moments) -> tuple[Tensor, Slopes]:
        share = (moments.n_rows - 1) / moments.n_rows
        apart = moments.mean_x - moments.mean_a
        squares = share * (moments.xx + moments.aa - 2 * moments.xa) + apart.square()
        by_square, by_mean = chosen * (share / d), 2 / d * chosen * apart
        slopes = Slopes(by_square, -2 * by_square, by_square, by_mean, -by_mean)
        return chosen @ squares / d, slopes

    if isinstance(constraint, Whitening):
        return view_loss(view_1, view_2, whitened, sync)
    diagonals = Blocks("diagonal", "diagonal", "diagonal")
    both = penalty(view_1, constraint, sync) + penalty(view_2, constraint, sync)
    return moment_loss(view_1, view_2, diagonals, moved, sync) + both / 2
