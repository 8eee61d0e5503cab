"""Class-balanced mean squared error."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from contextures.objectives import functional as F
from contextures.objectives.functional.whitening import RIDGE
from contextures.objectives.predicting import LinearHead


class ClassBalancedMSE(LinearHead):
    """Mean squared error to one-hot classes that are divided by the roots of their probabilities.

    Population loss: min over W and b of E|W phi(X) + b - e_A / sqrt(P_A(A))|^2.

    Minimiser: phi spans mu_1, ..., mu_d of the label context itself: its operator is TT*, whatever
    the priors. The minimum is K - 1 - (s_1^2 + ... + s_d^2) for K classes.

    Parameters
    ----------
    priors : sequence of float, optional
        P_A; by default the shares of the classes in the batch.
    ridge : float, default=1e-5
        Added to the covariance of the embedding, relative to its mean diagonal entry.
    sync : bool, default=True
        See :class:`~contextures.objectives.Objective`.

    Notes
    -----
    Weighting the *loss* by P_A^-1/2, as the theorem is printed, extracts another operator: the
    targets must be scaled (derived). Cost as :class:`~contextures.objectives.SupervisedMSE`.

    References
    ----------
    arXiv 2505.01557 (ICML 2025), Theorem 7, corrected.

    Examples
    --------
    A class that is another one time in five: s_1 = .6, and the minimum is 1 - .36.

    >>> import torch
    >>> from contextures.objectives import ClassBalancedMSE
    >>> x = torch.tensor([1.0, -1.0]).repeat(500)[:, None]
    >>> a = torch.where(torch.arange(1000)[:, None] % 10 < 8, x, -x)
    >>> round(ClassBalancedMSE()(x, (a[:, 0] > 0).long()).item(), 2)
    0.64
    """

    encoder_on = "X"
    operator = "TT*"

    def __init__(
        self, priors: Sequence[float] | None = None, ridge: float = RIDGE, *, sync: bool = True
    ) -> None:
        super().__init__(ridge, sync=sync)
        self.priors = priors

    def _counted(self, target: Tensor) -> Tensor:
        # Floating-point targets are refused by what makes them one-hot.
        priors = None
        if self.priors is not None:
            dtype = torch.promote_types(torch.get_default_dtype(), torch.float32)
            priors = torch.as_tensor(self.priors, dtype=dtype, device=target.device)
        return F.class_targets(target, priors, self.sync)
