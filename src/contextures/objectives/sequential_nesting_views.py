"""Sequential nesting of two views."""

from __future__ import annotations

from contextures.objectives.sequential_nesting import SequentialNesting


class SequentialNestingViews(SequentialNesting):
    """The spectral contrastive loss in which a coordinate ignores those after it.

    Population loss: as :class:`~contextures.objectives.SequentialNesting`, with one encoder f for
    two draws A, A+ of one x; the gradient is -4 T*T f_l + 4 sum_{k <= l} E[f_k f_l] f_k.

    Fixed point: f_l = s_l nu_l up to the sign, in order, if the singular values differ.

    Parameters
    ----------
    constant : bool, default=False
        Whether to spend a coordinate on the constant function.
    sync : bool, default=True
        See :class:`~contextures.objectives.Objective`.

    References
    ----------
    arXiv 2510.24672.

    Examples
    --------
    Two views of a bit, each flipped one time in five: s_1 = .6, so the minimum is -.6^4.

    >>> import torch
    >>> from contextures.objectives import SequentialNestingViews
    >>> a = torch.tensor([1.0, -1.0]).repeat(500)[:, None]
    >>> other = torch.where(torch.arange(1000)[:, None] % 50 < 34, a, -a)
    >>> round(SequentialNestingViews()(0.6 * a, 0.6 * other).item(), 2)
    -0.13
    """

    inputs = "views"
    encoder_on = "A"
    operator = "T*T"
