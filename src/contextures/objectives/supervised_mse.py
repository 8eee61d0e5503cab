"""Supervised mean squared error."""

from __future__ import annotations

from torch import Tensor

from contextures.objectives import functional as F
from contextures.objectives.functional.whitening import RIDGE
from contextures.objectives.predicting import LinearHead


class SupervisedMSE(LinearHead):
    """Supervised learning by mean squared error, with the linear head solved for inside the loss.

    Population loss: min over W and b of E|W phi(X) + b - A|^2, for a target A that is a vector or
    a one-hot class.

    Minimiser: phi spans the top-d eigenfunctions of T Lambda T*, Lambda the integral operator of
    k(a, a') = <a~, a~'> with a bias (~ takes the mean away) and <a, a'> without. The minimum is
    E|A~|^2 (with a bias; E|A|^2 without) less the top d eigenvalues.

    Parameters
    ----------
    bias : bool, default=True
        Whether the head has a bias. Without one a coordinate may be spent on the constant.
    n_classes : int, optional
        The number of classes where targets are class numbers; by default one more than the
        largest number in the batch.
    ridge : float, default=1e-5
        Added to the second moment of the embedding, relative to its mean diagonal entry.
    sync : bool, default=True
        See :class:`~contextures.objectives.Objective`.

    Notes
    -----
    For p targets: one product of n d^2, two of n d p forward and one backward.

    References
    ----------
    arXiv 2505.01557 (ICML 2025), Theorem 8, and Theorem 6 for one-hot targets without bias.

    Examples
    --------
    A class that is another one time in five: s_1 = .6, and the minimum is .5 (1 - .36).

    >>> import torch
    >>> from contextures.objectives import SupervisedMSE
    >>> x = torch.tensor([1.0, -1.0]).repeat(500)[:, None]
    >>> a = torch.where(torch.arange(1000)[:, None] % 10 < 8, x, -x)
    >>> round(SupervisedMSE()(x, (a[:, 0] > 0).long()).item(), 2)
    0.32
    """

    encoder_on = "X"
    operator = "T Lambda T*"

    def __init__(
        self,
        bias: bool = True,
        n_classes: int | None = None,
        ridge: float = RIDGE,
        *,
        sync: bool = True,
    ) -> None:
        super().__init__(ridge, sync=sync)
        self.bias = bias
        self.n_classes = n_classes

    def _counted(self, target: Tensor) -> Tensor:
        if target.ndim == 1 and not target.is_floating_point():
            return F.one_hot(target, self.n_classes, self.sync)
        return target
