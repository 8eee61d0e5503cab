"""Sequential nesting of two views."""

from __future__ import annotations

from typing import ClassVar

from contextures.objectives.base import Inputs, Side
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
    """

    inputs: ClassVar[Inputs] = "views"
    encoder_on: ClassVar[Side] = "A"
    operator: ClassVar[str] = "T*T"
