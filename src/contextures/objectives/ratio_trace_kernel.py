"""The ratio trace under a dual kernel."""

from __future__ import annotations

from torch import Tensor

from contextures.objectives import functional as F
from contextures.objectives.base import Objective
from contextures.objectives.functional.whitening import RIDGE


class RatioTraceKernel(Objective):
    """The ratio trace with the whitening inside the loss, for one encoder and the dual kernel.

    Population loss: d - tr(C^-1 B), C = Cov[phi(X)] and B = E[(k(X, X') - 1) phi(X) phi(X')^T]
    over independent X and X', with k the dual kernel.

    Minimiser: phi spans mu_1, ..., mu_d; the minimum is d - (s_1^2 + ... + s_d^2). With
    ``leading`` = k the loss is k less the k largest eigenvalues of C^-1 B, and mu_1, ..., mu_k
    are among the functions spanned: an encoder wider than what is wanted of it spends its capacity
    on the functions that are kept.

    Parameters
    ----------
    exclude_self : bool, default=True
        Whether B leaves out the pairs of a row with itself, which makes it unbiased for a batch of
        independent rows. With all rows of a sample as the batch, keep them (False) to get the
        operator on that sample.
    ridge : float, default=1e-6
        Added to the covariance, relative to the mean variance of its coordinates.
    leading : int, optional
        How many eigenvalues count; all of them when None or not below d.
    sync : bool, default=True
        See :class:`~contextures.objectives.Objective`.

    Notes
    -----
    Takes kernel features z with k = 1 + z . z', whose mean is zero, or rows of the transition with
    P_A. B is unbiased although the batch mean is taken away: centring multiplies its expectation
    by 1 - 2/n + 2/n^2, which is divided out (derived). The ratio is biased by C^-1 alone.

    Cost, for r features: 2 products of n d^2 and one of n r d forward, the same backward; a
    transition costs its non-zeros instead of n r. No n x n matrix. With ``leading``, the
    eigenvectors of a d x d matrix beside.

    References
    ----------
    arXiv 2505.01557 (ICML 2025), Definition 21; arXiv 2504.19792 for the kernel form; the
    leading eigenvalues are derived.

    Examples
    --------
    A bit that is flipped one time in five has the dual kernel 1 + .36 x x', so the minimum is
    1 - .36.

    >>> import torch
    >>> from contextures.objectives import RatioTraceKernel
    >>> x = torch.tensor([1.0, -1.0]).repeat(500)[:, None]
    >>> round(RatioTraceKernel()(x, 0.6 * x).item(), 2)
    0.64
    """

    inputs = "kernel"
    encoder_on = "X"
    operator = "TT*"
    whitens = True

    def __init__(
        self,
        exclude_self: bool = True,
        ridge: float = RIDGE,
        leading: int | None = None,
        *,
        sync: bool = True,
    ) -> None:
        super().__init__(sync=sync)
        self.exclude_self = exclude_self
        self.ridge = ridge
        self.leading = leading

    def forward(
        self, phi: Tensor, features: Tensor, context_weights: Tensor | None = None
    ) -> Tensor:
        """Compute the loss of rows whose kernel is described.

        Parameters
        ----------
        phi : torch.Tensor of shape (n, d)
            phi(x).
        features : torch.Tensor of shape (n, r) or (n, m)
            What describes the dual kernel on the same rows; see :mod:`contextures.objectives`.
        context_weights : torch.Tensor of shape (m,), optional
            P_A, where ``features`` is the transition.

        Returns
        -------
        torch.Tensor
            The loss, a scalar.
        """
        options = (self.exclude_self, self.ridge, self.sync)
        if self.leading is None or self.leading >= phi.shape[1]:
            return F.ratio_trace_kernel(phi, features, context_weights, *options)
        return F.leading_trace_kernel(phi, features, context_weights, self.leading, *options)
