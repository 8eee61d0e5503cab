"""The weighted Rayleigh quotient."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from contextures.objectives import functional as F
from contextures.objectives.base import Objective
from contextures.objectives.functional.constraints import Constraint, Whitening, as_constraint


class RayleighQuotient(Objective):
    """The weighted Rayleigh quotient of two views: ordered functions under a constraint.

    Population loss: sum_l m_l E(f_l(A) - f_l(A+))^2 subject to Cov[f(A)] = I, for two draws A, A+
    of one x and decreasing weights m_1 > m_2 > ... > 0.

    Minimiser: f_l = nu_l up to the sign, in order, if the singular values differ; the minimum is
    2 sum_l m_l (1 - s_l^2). With equal weights only the span is determined.

    Parameters
    ----------
    weights : sequence of float, optional
        m_1, ..., m_d; by default m_l = (d - l + 1) / d.
    constraint : {"whitening", "vicreg", "penalty"} or Constraint, default="whitening"
        As in :class:`~contextures.objectives.SVME`. With whitening, f is the embedding made
        orthonormal coordinate after coordinate (Gram-Schmidt): the first l coordinates of the
        embedding then span nu_1, ..., nu_l.
    sync : bool, default=True
        See :class:`~contextures.objectives.Objective`.

    Notes
    -----
    Cost: 2 products of n d^2 forward and 2 backward, and d^3 for the factor.

    References
    ----------
    arXiv 2510.24672 (the weights); the whitening by Gram-Schmidt is derived.

    Examples
    --------
    Two views of a bit, each flipped one time in five: s_1 = .6, so the minimum is 2 (1 - .36).

    >>> import torch
    >>> from contextures.objectives import RayleighQuotient
    >>> a = torch.tensor([1.0, -1.0]).repeat(500)[:, None]
    >>> other = torch.where(torch.arange(1000)[:, None] % 50 < 34, a, -a)
    >>> round(RayleighQuotient()(a, other).item(), 2)
    1.28
    """

    inputs = "views"
    encoder_on = "A"
    operator = "T*T"
    ordered = True

    def __init__(
        self,
        weights: Sequence[float] | None = None,
        constraint: str | Constraint = "whitening",
        *,
        sync: bool = True,
    ) -> None:
        super().__init__(sync=sync)
        self.weights = weights
        self.constraint = as_constraint(constraint)
        self.whitens = isinstance(self.constraint, Whitening)

    def forward(self, view_1: Tensor, view_2: Tensor) -> Tensor:
        """Compute the loss of two views.

        Parameters
        ----------
        view_1, view_2 : torch.Tensor of shape (n, d)
            Two views; row i of each is drawn from one source.

        Returns
        -------
        torch.Tensor
            The loss, a scalar.
        """
        weights = None
        if self.weights is not None:
            dtype = torch.promote_types(view_1.dtype, torch.float32)
            weights = torch.as_tensor(self.weights, dtype=dtype, device=view_1.device)
        return F.rayleigh_quotient(view_1, view_2, weights, self.constraint, self.sync)
