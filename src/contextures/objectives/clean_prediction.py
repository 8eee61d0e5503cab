"""Diffusion-style prediction of the clean input."""

from __future__ import annotations

from torch import Tensor

from contextures.objectives import functional as F
from contextures.objectives.predicting import LinearHead


class CleanPrediction(LinearHead):
    """Diffusion-style prediction of the clean input from noisy ones, with weights of noise levels.

    Population loss: min over W and b of E[w |W psi(A) + b - X|^2] / E[w]; A is X with noise, or
    that with its noise level, and w a weight of the level.

    Minimiser: as :class:`~contextures.objectives.Denoising`, under the joint law reweighted by w:
    the top-d eigenspace of T* Lambda T, k_Lambda(x, x') = <x~, x~'>.

    Parameters
    ----------
    ridge : float, default=1e-5
        Added to the covariance of the embedding, relative to its mean diagonal entry.
    sync : bool, default=True
        See :class:`~contextures.objectives.Objective`.

    Notes
    -----
    A noise prediction e for A = alpha X + sigma e is a clean prediction of (A - sigma e) / alpha
    with errors alpha / sigma times as large; as a regression it is the same only if the head may
    also use A itself, linearly (derived). So predict X, and choose w.

    References
    ----------
    arXiv 2505.01557 (ICML 2025), Theorem 11; the reading of diffusion is derived.

    Examples
    --------
    A bit that is flipped one time in five: E[x | a] = .6 a, and the minimum is 1 - .36; where only
    draws without a flip count it is 0.

    >>> import torch
    >>> from contextures.objectives import CleanPrediction
    >>> x = torch.tensor([1.0, -1.0]).repeat(500)[:, None]
    >>> a = torch.where(torch.arange(1000)[:, None] % 10 < 8, x, -x)
    >>> round(CleanPrediction()(a, x).item(), 2)
    0.64
    >>> round(CleanPrediction()(a, x, weights=(a == x)[:, 0].float()).item(), 2)
    0.0
    """

    encoder_on = "A"
    operator = "T* Lambda T"

    def forward(self, embedding: Tensor, target: Tensor, weights: Tensor | None = None) -> Tensor:
        """Compute the loss of predicting a target linearly.

        Parameters
        ----------
        embedding : torch.Tensor of shape (n, d)
            psi(a).
        target : torch.Tensor of shape (n, p)
            x.
        weights : torch.Tensor of shape (n,), optional
            Weights of the draws; equal when None.

        Returns
        -------
        torch.Tensor
            The loss, a scalar.
        """
        return F.linear_head_mse(
            embedding, target, weights=weights, ridge=self.ridge, sync=self.sync
        )
