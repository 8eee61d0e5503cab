"""KISE."""

from __future__ import annotations

from torch import Tensor

from contextures.exceptions import InputError
from contextures.objectives import functional as F
from contextures.objectives.base import Objective
from contextures.objectives.functional.constraints import Constraint, Whitening, as_constraint


class KISE(Objective):
    """KISE: one encoder on X, the dual kernel, and a constraint on the encoder.

    Population loss: E|Phi~(X)|^2 - E[k(X, X') <Phi~(X), Phi~(X')>] over independent X and X',
    subject to Cov[Phi(X)] = I, where ~ takes the mean away.

    Minimiser: an orthonormal basis of span(mu_1, ..., mu_d); the minimum is
    d - (s_1^2 + ... + s_d^2), as for SVME. It needs a kernel with E_X' k(x, X') = 1 and no
    negative eigenvalues.

    Parameters
    ----------
    constraint : {"whitening", "vicreg", "penalty"} or Constraint, default="whitening"
        As in :class:`~contextures.objectives.SVME`. With whitening, this is
        :class:`~contextures.objectives.RatioTraceKernel`.
    gram : bool, default=False
        Whether ``forward`` takes the kernel matrix k(x_i, x_j) of the batch instead of features.
    exclude_self : bool, default=True
        Whether pairs of a row with itself are left out, which makes the estimate unbiased: with
        them it is too large by about (sum of s^2) / n a direction. With all rows of a sample as
        the batch, keep them (False) to get the operator on that sample.
    sync : bool, default=True
        See :class:`~contextures.objectives.Objective`.

    Notes
    -----
    Unbiased although the batch mean is taken away: see
    :class:`~contextures.objectives.RatioTraceKernel`. Cost with a penalty, for r features: one
    product of n d^2 and one of n r d forward, the same backward. A kernel matrix costs n^2 d.

    References
    ----------
    arXiv 2504.19792, chapter 2, and the public code that goes with it, whose batch estimate keeps
    the pairs of a row with itself.

    Examples
    --------
    A bit that is flipped one time in five has the dual kernel 1 + .36 x x', so the minimum is
    1 - .36.

    >>> import torch
    >>> from contextures.objectives import KISE
    >>> x = torch.tensor([1.0, -1.0]).repeat(500)[:, None]
    >>> round(KISE()(x, 0.6 * x).item(), 2)
    0.64
    """

    inputs = "kernel"
    encoder_on = "X"
    operator = "TT*"

    def __init__(
        self,
        constraint: str | Constraint = "whitening",
        gram: bool = False,
        exclude_self: bool = True,
        *,
        sync: bool = True,
    ) -> None:
        super().__init__(sync=sync)
        self.constraint = as_constraint(constraint)
        self.whitens = isinstance(self.constraint, Whitening)
        self.gram = gram
        self.exclude_self = exclude_self

    def forward(
        self, phi: Tensor, features: Tensor, context_weights: Tensor | None = None
    ) -> Tensor:
        """Compute the loss of rows whose kernel is described.

        Parameters
        ----------
        phi : torch.Tensor of shape (n, d)
            phi(x).
        features : torch.Tensor of shape (n, r) or (n, m), or (n, n) with ``gram``
            What describes the dual kernel on the same rows; see :mod:`contextures.objectives`.
        context_weights : torch.Tensor of shape (m,), optional
            P_A, where ``features`` is the transition.

        Returns
        -------
        torch.Tensor
            The loss, a scalar.

        Raises
        ------
        InputError
            If weights are given for a kernel matrix.
        """
        if not self.gram:
            return F.kise(
                phi, features, context_weights, self.constraint, self.exclude_self, self.sync
            )
        if context_weights is not None:
            raise InputError("a kernel matrix has no context_weights; give gram=False for rows")
        return F.kise_gram(phi, features, self.constraint, self.exclude_self, self.sync)
