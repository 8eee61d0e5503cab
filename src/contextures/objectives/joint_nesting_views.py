"""Joint nesting of two views."""

from __future__ import annotations

from contextures.objectives.joint_nesting import JointNesting


class JointNestingViews(JointNesting):
    """The spectral contrastive loss by every prefix of the coordinates at once.

    Population loss: as :class:`~contextures.objectives.JointNesting`, with one encoder f for two
    draws A, A+ of one x.

    Minimiser: f_l = s_l nu_l up to the sign, in order, if the singular values differ.

    Parameters
    ----------
    step : int, default=1
        Prefixes of step, 2 step, ... and d coordinates count.
    constant : bool, default=False
        Whether to spend a coordinate on the constant function.
    sync : bool, default=True
        See :class:`~contextures.objectives.Objective`.

    Notes
    -----
    Read-out: s_l^2 = E f_l^2.

    References
    ----------
    arXiv 2510.24672.

    Examples
    --------
    Two views of a bit, each flipped one time in five: s_1 = .6, so the minimum is -.6^4.

    >>> import torch
    >>> from contextures.objectives import JointNestingViews
    >>> a = torch.tensor([1.0, -1.0]).repeat(500)[:, None]
    >>> other = torch.where(torch.arange(1000)[:, None] % 50 < 34, a, -a)
    >>> round(JointNestingViews()(0.6 * a, 0.6 * other).item(), 2)
    -0.13
    """

    inputs = "views"
    encoder_on = "A"
    operator = "T*T"
