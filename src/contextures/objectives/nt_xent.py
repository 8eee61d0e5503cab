"""NT-Xent."""

from __future__ import annotations

from torch import Tensor

from contextures.objectives import functional as F
from contextures.objectives.base import Objective


class NTXent(Objective):
    """NT-Xent over two views, as SimCLR uses it: for comparison.

    Population loss: the cross-entropy of finding the other view of a row among all other views of
    the batch, by the softmax of cosines over the temperature.

    Minimiser: as for :class:`~contextures.objectives.InfoNCE`, restricted to the unit sphere; it
    is not a contexture in general.

    Parameters
    ----------
    temperature : float, default=0.5
        Cosines are divided by it.
    sync : bool, default=True
        Whether the rows of all processes are each other's negatives; see also
        :class:`~contextures.objectives.Objective`.

    Notes
    -----
    Cost: products of 4 n^2 d forward and 8 backward, and two n x 2n matrices.

    References
    ----------
    arXiv 2002.05709.

    Examples
    --------
    Four rows whose views agree, and are orthogonal to all others: log(1 + 6 e^-2).

    >>> import torch
    >>> from contextures.objectives import NTXent
    >>> round(NTXent()(torch.eye(4), torch.eye(4)).item(), 4)
    0.5944
    """

    inputs = "views"
    encoder_on = "A"
    operator = "log-density ratio"

    def __init__(self, temperature: float = 0.5, *, sync: bool = True) -> None:
        super().__init__(sync=sync)
        self.temperature = temperature

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
        return F.nt_xent(view_1, view_2, self.temperature, self.sync)
