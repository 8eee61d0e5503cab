"""Masked reconstruction."""

from __future__ import annotations

from torch import Tensor

from contextures.objectives import functional as F
from contextures.objectives.base import Objective
from contextures.objectives.functional.whitening import RIDGE


class MaskedReconstruction(Objective):
    """Masked reconstruction: hidden entries of x are predicted from its visible ones.

    Population loss: min over W and b of the sum over columns j of
    E[H_j (w_j . psi(A) + b_j - X_j)^2], times p over the expected number of hidden entries; H_j
    says whether entry j is hidden and is a function of A. Without ``hidden``, every entry counts:
    the loss of :class:`~contextures.objectives.Denoising`.

    Minimiser: the span that best predicts every E[X_j | A] where j is hidden, by squared error.
    Where every entry counts that is the top-d eigenspace of T* Lambda T.

    Parameters
    ----------
    ridge : float, default=1e-5
        Added to second moments of the embedding, relative to their mean diagonal entry.
    sync : bool, default=True
        See :class:`~contextures.objectives.Objective`.

    Notes
    -----
    With ``hidden`` every column solves for its own head over the rows that hide it: p products of
    n d^2, without gradient.

    References
    ----------
    arXiv 2505.01557 (ICML 2025), Theorem 11, where every entry counts; otherwise derived.

    Examples
    --------
    A bit and its copy, of which one is hidden at a time: the other tells it.

    >>> import torch
    >>> from contextures.objectives import MaskedReconstruction
    >>> bit = torch.tensor([1.0, -1.0]).repeat_interleave(500)[:, None]
    >>> x = torch.hstack([bit, bit])
    >>> hidden = torch.eye(2).bool().repeat(500, 1)
    >>> visible = torch.where(hidden, 0.0, x)
    >>> round(MaskedReconstruction()(visible, x, hidden).item(), 2)
    0.0
    """

    inputs = "targets"
    encoder_on = "A"
    operator = "T* Lambda T"
    whitens = True
    wants_hidden = True

    def __init__(self, ridge: float = RIDGE, *, sync: bool = True) -> None:
        super().__init__(sync=sync)
        self.ridge = ridge

    def forward(self, embedding: Tensor, target: Tensor, hidden: Tensor | None = None) -> Tensor:
        """Compute the loss of predicting a target linearly.

        Parameters
        ----------
        embedding : torch.Tensor of shape (n, d)
            psi(a).
        target : torch.Tensor of shape (n, p)
            x.
        hidden : torch.Tensor of shape (n, p), optional
            What was hidden of x; the loss counts all of x when None.

        Returns
        -------
        torch.Tensor
            The loss, a scalar.
        """
        if hidden is None:
            return F.linear_head_mse(embedding, target, ridge=self.ridge, sync=self.sync)
        return F.masked_mse(embedding, target, hidden, ridge=self.ridge, sync=self.sync)
