"""The spectral contrastive loss."""

from __future__ import annotations

from contextures.objectives.low_rank import LowRank


class SpectralContrastive(LowRank):
    """The spectral contrastive loss of two views (low-rank approximation, in EVD form).

    Population loss: -2 (E_pos - E_indep) <f(A), f(A+)> + E_indep <f(A), f(A')>^2 for two draws A,
    A+ of one x: the squared distance of <f, f> from the positive-pair kernel less one, up to a
    constant.

    Minimiser: f = (s_1 nu_1, ..., s_d nu_d) up to rotation; the minimum is
    -(s_1^4 + ... + s_d^4).

    Parameters
    ----------
    constant : bool, default=False
        Whether to spend a coordinate on the constant function, as the loss was printed.
    sync : bool, default=True
        See :class:`~contextures.objectives.Objective`.

    Notes
    -----
    As :class:`~contextures.objectives.LowRank`, with one encoder for both sides.

    References
    ----------
    arXiv 2106.04156; arXiv 2505.01557 (ICML 2025), Theorem 10; arXiv 2510.24672.

    Examples
    --------
    Two views of a bit, each flipped one time in five: s_1 = .6, so the minimum is -.6^4.

    >>> import torch
    >>> from contextures.objectives import SpectralContrastive
    >>> a = torch.tensor([1.0, -1.0]).repeat(500)[:, None]
    >>> other = torch.where(torch.arange(1000)[:, None] % 50 < 34, a, -a)
    >>> round(SpectralContrastive()(0.6 * a, 0.6 * other).item(), 2)
    -0.13
    """

    inputs = "views"
    encoder_on = "A"
    operator = "T*T"
