"""Joint nesting of two encoders."""

from __future__ import annotations

from torch import Tensor

from contextures.objectives import functional as F
from contextures.objectives.base import Inputs, Objective, Side


class JointNesting(Objective):
    """Low-rank approximation by every prefix of the coordinates at once: ordered functions.

    Population loss: the mean over prefixes of the :class:`~contextures.objectives.LowRank` loss of
    the first l coordinates; -2 sum_l m_l Cov(phi_l, psi_l) + sum_lk min(m_l, m_k)
    E[phi_l phi_k] E[psi_l psi_k], with m_l the share of prefixes that hold coordinate l.

    Minimiser: phi_l psi_l = s_l mu_l nu_l for every l, in order, up to the sign and how the scale
    is shared, if the singular values differ.

    Parameters
    ----------
    step : int, default=1
        Prefixes of step, 2 step, ... and d coordinates count; within a step coordinates are free
        to rotate.
    constant : bool, default=False
        Whether to spend a coordinate on the constant function.
    sync : bool, default=True
        See :class:`~contextures.objectives.Objective`.

    Notes
    -----
    Estimated without bias from pairs of different rows. Read-out: s_l^2 = E phi_l^2 E psi_l^2.
    Cost: 2 products of n d^2 forward and 2 backward, and a few passes over n d numbers.

    References
    ----------
    arXiv 2402.03655 (nested low-rank approximation); arXiv 2510.24672.

    Examples
    --------
    A bit that is flipped one time in five: s_1 = .6, so the minimum is -.36.

    >>> import torch
    >>> from contextures.objectives import JointNesting
    >>> x = torch.tensor([1.0, -1.0]).repeat(500)[:, None]
    >>> a = torch.where(torch.arange(1000)[:, None] % 10 < 8, x, -x)
    >>> round(JointNesting()(0.6 * x, a).item(), 2)
    -0.36
    """

    inputs: Inputs = "pair"
    encoder_on: Side = "X"
    operator = "TT*"
    ordered = True

    def __init__(self, step: int = 1, constant: bool = False, *, sync: bool = True) -> None:
        super().__init__(sync=sync)
        self.step = step
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
        return F.joint_nesting(phi, psi, self.step, self.constant, self.sync)
