"""Denoising."""

from __future__ import annotations

from contextures.objectives.predicting import LinearHead


class Denoising(LinearHead):
    """Denoising: x is predicted from the embedding of its corrupted version by a linear head.

    Population loss: min over W and b of E|W psi(A) + b - X|^2, with the encoder on A.

    Minimiser: psi spans the top-d eigenfunctions of T* Lambda T, Lambda the integral operator of
    k(x, x') = <x~, x~'> (~ takes the mean away): the top principal components of the posterior
    mean E[X | A]. The minimum is E|X~|^2 less the top d eigenvalues. The average encoder T psi
    spans those of TT* Lambda.

    Parameters
    ----------
    ridge : float, default=1e-5
        Added to the covariance of the embedding, relative to its mean diagonal entry.
    sync : bool, default=True
        See :class:`~contextures.objectives.Objective`.

    Notes
    -----
    With A = X, psi spans the top principal components of X: a linear-decoder autoencoder is PCA
    (derived). Cost as :class:`~contextures.objectives.SupervisedMSE`.

    References
    ----------
    arXiv 2505.01557 (ICML 2025), Theorem 11.

    Examples
    --------
    A bit that is flipped one time in five: E[x | a] = .6 a, and the minimum is 1 - .36.

    >>> import torch
    >>> from contextures.objectives import Denoising
    >>> x = torch.tensor([1.0, -1.0]).repeat(500)[:, None]
    >>> a = torch.where(torch.arange(1000)[:, None] % 10 < 8, x, -x)
    >>> round(Denoising()(a, x).item(), 2)
    0.64
    """

    encoder_on = "A"
    operator = "T* Lambda T"
