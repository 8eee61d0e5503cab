"""Sequential nesting of two encoders."""

from __future__ import annotations

from torch import Tensor

from contextures.objectives import functional as F
from contextures.objectives.base import Inputs, Objective, Side


class SequentialNesting(Objective):
    """Low-rank approximation in which a coordinate ignores those after it: ordered functions.

    Population loss: the value is that of :class:`~contextures.objectives.LowRank`. The gradient of
    coordinate l is its gradient in the loss of the first l coordinates, with those before it held
    fixed: -2 T psi_l + 2 sum_{k <= l} E[psi_k psi_l] phi_k for phi_l (and the constant left out).
    It is no scalar's gradient.

    Fixed point: phi_l psi_l = s_l mu_l nu_l for every l, in order, up to the sign and how the
    scale is shared, if the singular values differ.

    Parameters
    ----------
    constant : bool, default=False
        Whether to spend a coordinate on the constant function.
    sync : bool, default=True
        See :class:`~contextures.objectives.Objective`.

    Notes
    -----
    Being no gradient, it suits first-order steps, not line searches. Cost: 2 products of n d^2
    forward and 2 backward, and a few passes over n d numbers.

    References
    ----------
    arXiv 2402.03655 (nested low-rank approximation); arXiv 2510.24672.

    Examples
    --------
    A bit that is flipped one time in five: s_1 = .6, so the minimum is -.36.

    >>> import torch
    >>> from contextures.objectives import SequentialNesting
    >>> x = torch.tensor([1.0, -1.0]).repeat(500)[:, None]
    >>> a = torch.where(torch.arange(1000)[:, None] % 10 < 8, x, -x)
    >>> round(SequentialNesting()(0.6 * x, a).item(), 2)
    -0.36
    """

    inputs: Inputs = "pair"
    encoder_on: Side = "X"
    operator = "TT*"
    ordered = True

    def __init__(self, constant: bool = False, *, sync: bool = True) -> None:
        super().__init__(sync=sync)
        self.constant = constant

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
        return F.sequential_nesting(phi, psi, self.constant, self.sync)
