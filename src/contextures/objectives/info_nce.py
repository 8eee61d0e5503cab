"""InfoNCE."""

from __future__ import annotations

from torch import Tensor

from contextures.objectives import functional as F
from contextures.objectives.base import Objective


class InfoNCE(Objective):
    """InfoNCE over pairs, as CLIP uses it: for comparison.

    Population loss: the mean over both directions of the cross-entropy of finding the partner of
    x among the A of the batch by the softmax of <phi(x), psi(a)> / temperature.

    Minimiser, for embeddings wide enough and not normalised: <phi(x), psi(a)> / temperature =
    log(P+(x, a) / (P_X(x) P_A(a))) + const. It factors the *logarithm* of the density ratio, so
    phi spans the contexture only as far as the logarithm is nearly linear (weak association).

    Parameters
    ----------
    temperature : float, default=0.1
        Inner products are divided by it.
    normalize : bool, default=True
        Whether rows are scaled to length one first.
    sync : bool, default=True
        Whether the rows of all processes are each other's negatives; see also
        :class:`~contextures.objectives.Objective`.

    Notes
    -----
    Cost: 2 products of n^2 d forward and 4 backward, and two n x n matrices.

    References
    ----------
    arXiv 1807.03748; arXiv 2103.00020 (both directions).

    Examples
    --------
    A bit that is flipped one time in five: at the minimum the loss is log n less the mutual
    information, which is .193.

    >>> import math
    >>> import torch
    >>> from contextures.objectives import InfoNCE
    >>> x = torch.tensor([1.0, -1.0]).repeat(500)[:, None]
    >>> a = torch.where(torch.arange(1000)[:, None] % 10 < 8, x, -x)
    >>> loss = InfoNCE(temperature=1.0, normalize=False)
    >>> round(loss(0.5 * math.log(4) * x, a).item() - math.log(1000), 3)
    -0.193
    """

    inputs = "pair"
    encoder_on = "X"
    operator = "log-density ratio"

    def __init__(
        self, temperature: float = 0.1, normalize: bool = True, *, sync: bool = True
    ) -> None:
        super().__init__(sync=sync)
        self.temperature = temperature
        self.normalize = normalize

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
        return F.info_nce(phi, psi, self.temperature, self.normalize, self.sync)
