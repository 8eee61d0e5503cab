"""SVME."""

from __future__ import annotations

from torch import Tensor

from contextures.objectives import functional as F
from contextures.objectives.base import Objective
from contextures.objectives.functional.constraints import Constraint, Whitening, as_constraint


class SVME(Objective):
    """SVME: one view of every row, an encoder on each side, and a constraint on the one on X.

    Population loss: E_P+ |Phi~(X) - Psi~(A)|^2 subject to Cov[Phi(X)] = I, where ~ takes the mean
    away.

    Minimiser: Psi~ = T* Phi~, and Phi~ an orthonormal basis of span(mu_1, ..., mu_d); the minimum
    is d - (s_1^2 + ... + s_d^2), and the eigenvalues of Cov[Psi(A)] are s_1^2, ..., s_d^2
    (derived).

    Parameters
    ----------
    constraint : {"whitening", "vicreg", "penalty"} or Constraint, default="whitening"
        How the constraint is enforced: see
        :class:`~contextures.objectives.Whitening`,
        :class:`~contextures.objectives.VarianceCovariance` and
        :class:`~contextures.objectives.OrthonormalPenalty`. Under the last two the loss
        is a mean over coordinates.
    sync : bool, default=True
        See :class:`~contextures.objectives.Objective`.

    Notes
    -----
    Cost: whitening takes 2 products of n d^2 forward and 3 backward and d^3 for the factor, a
    penalty 1 and 1. No n x n matrix.

    References
    ----------
    arXiv 2504.19792, chapter 2, and the public code that goes with it.

    Examples
    --------
    A bit that is flipped one time in five: s_1 = .6, so the minimum is 1 - .36.

    >>> import torch
    >>> from contextures.objectives import SVME
    >>> x = torch.tensor([1.0, -1.0]).repeat(500)[:, None]
    >>> a = torch.where(torch.arange(1000)[:, None] % 10 < 8, x, -x)
    >>> round(SVME()(x, 0.6 * a).item(), 2)
    0.64
    """

    inputs = "pair"
    encoder_on = "X"
    operator = "TT*"

    def __init__(self, constraint: str | Constraint = "whitening", *, sync: bool = True) -> None:
        super().__init__(sync=sync)
        self.constraint = as_constraint(constraint)
        self.whitens = isinstance(self.constraint, Whitening)

    def forward(self, phi: Tensor, psi: Tensor) -> Tensor:
        """Compute the loss of draws.

        Parameters
        ----------
        phi, psi : torch.Tensor of shape (n, d)
            phi(x) and psi(a) of n draws (x, a).

        Returns
        -------
        torch.Tensor
            The loss, a scalar.
        """
        return F.svme(phi, psi, self.constraint, self.sync)
