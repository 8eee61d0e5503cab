"""Distillation to a teacher."""

from __future__ import annotations

from contextures.objectives.predicting import LinearHead


class Distillation(LinearHead):
    """Distillation: the teacher's output is predicted from the student by a linear head.

    Population loss: min over W and b of E|W phi(X) + b - t(X)|^2 for a teacher t.

    Minimiser: phi spans the top-d principal components of t(X), the top-d eigenfunctions of the
    kernel <t~(x), t~(x')> (~ takes the mean away): the context A = t(X) is deterministic, so T T*
    keeps everything and Lambda decides. The minimum is E|t~|^2 less the top d eigenvalues of
    Cov[t(X)].

    Parameters
    ----------
    ridge : float, default=1e-5
        Added to the covariance of the student, relative to its mean diagonal entry.
    sync : bool, default=True
        See :class:`~contextures.objectives.Objective`.

    Notes
    -----
    Cost as :class:`~contextures.objectives.SupervisedMSE`.

    References
    ----------
    Derived from arXiv 2505.01557 (ICML 2025), Theorem 8.

    Examples
    --------
    A teacher of two unrelated outputs of variances 4 and 1, and a student that has the first.

    >>> import torch
    >>> from contextures.objectives import Distillation
    >>> bits = torch.tensor([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]]).repeat(50, 1)
    >>> round(Distillation()(bits[:, :1], bits * torch.tensor([2.0, 1.0])).item(), 2)
    1.0
    """

    encoder_on = "X"
    operator = "T Lambda T*"
