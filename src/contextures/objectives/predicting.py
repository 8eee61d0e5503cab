"""What objectives share that predict a target by a linear head."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from contextures.objectives import functional as F
from contextures.objectives.base import Objective
from contextures.objectives.functional.whitening import RIDGE


class LinearHead(Objective):
    """Squared error of the best linear prediction of a target: what such objectives share.

    A subclass says on which space the encoder lives. Its rows have losses of their own, so that it
    can be put under a risk.

    Parameters
    ----------
    ridge : float, default=1e-5
        Added to the covariance of the embedding, relative to its mean diagonal entry.
    sync : bool, default=True
        See :class:`~contextures.objectives.Objective`.

    Examples
    --------
    >>> from contextures.objectives import LinearHead, objective_class, objective_names
    >>> every = [objective_class(name) for name in objective_names()]
    >>> [each.__name__ for each in every if issubclass(each, LinearHead)][:3]
    ['ClassBalancedMSE', 'CleanPrediction', 'Denoising']
    """

    inputs = "targets"
    whitens = True
    bias = True

    def __init__(self, ridge: float = RIDGE, *, sync: bool = True) -> None:
        super().__init__(sync=sync)
        self.ridge = ridge

    def forward(self, embedding: Tensor, target: Tensor) -> Tensor:
        """Compute the loss of predicting a target linearly.

        Parameters
        ----------
        embedding : torch.Tensor of shape (n, d)
            The embedding.
        target : torch.Tensor of shape (n,) or (n, p)
            Numbers to predict, or class numbers where the objective takes classes.

        Returns
        -------
        torch.Tensor
            The loss, a scalar.
        """
        counted = self._counted(target)
        return F.linear_head_mse(embedding, counted, self.bias, ridge=self.ridge, sync=self.sync)

    def row_losses(self, *batch: Any, weights: Tensor | None = None) -> Tensor:
        """Compute the loss of each row; see :meth:`Objective.row_losses`."""
        embedding, target = batch
        return F.linear_head_losses(
            embedding, self._counted(target), self.bias, weights, ridge=self.ridge, sync=self.sync
        )

    def _counted(self, target: Tensor) -> Tensor:
        """Give the target as squared error counts it."""
        return target
