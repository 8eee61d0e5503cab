"""The graph objective, with its remedies for negative eigenvalues."""

from __future__ import annotations

from typing import Literal

from torch import Tensor

from contextures.exceptions import InputError
from contextures.objectives.autograd import in_full_precision
from contextures.objectives.functional.checks import check_same_width
from contextures.objectives.functional.moments import Moments, Slopes, view_loss
from contextures.objectives.functional.ratios import ratio_loss
from contextures.objectives.functional.whitening import RIDGE

Walk = Literal["two_step", "lazy", "signed"]


@in_full_precision
def graph(
    view_1: Tensor,
    view_2: Tensor,
    walk: Walk = "two_step",
    ridge: float = RIDGE,
    sync: bool = True,
) -> Tensor:
    """Compute E|Phi(u) - Phi(v)|^2 / 2 with Cov[Phi] = I over pairs of nodes.

    Parameters
    ----------
    view_1, view_2 : torch.Tensor of shape (n, d)
        Phi(u) and Phi(v).
    walk : {"two_step", "lazy", "signed"}, default="two_step"
        What the pairs are, and so which operator is meant. "two_step": two neighbours of one
        node. "lazy": ends of edges, for the walk that stays where it is half of the time.
        "signed": ends of edges, the objective as printed, which ranks by signed eigenvalues.
    ridge, sync
        As in :func:`ratio_trace`.

    Returns
    -------
    torch.Tensor
        The loss. See :class:`contextures.objectives.Graph` for its minimiser.

    Examples
    --------
    Two neighbours of a node, each on its side of a cut four times in five: s_1 = .6.

    >>> import torch
    >>> from contextures.objectives import functional as F
    >>> a = torch.tensor([1.0, -1.0]).repeat(500)[:, None]
    >>> other = torch.where(torch.arange(1000)[:, None] % 50 < 34, a, -a)
    >>> round(F.graph(a, other).item(), 2)
    0.64
    """
    if walk not in ("two_step", "lazy", "signed"):
        raise InputError(f"walk={walk!r} is unknown; give two_step, lazy or signed")
    check_same_width(view_1=view_1, view_2=view_2)
    ratio = ratio_loss(ridge)

    def lazy(moments: Moments) -> tuple[Tensor, Slopes]:
        value, slopes = ratio(moments._replace(xa=(moments.xa + moments.xx) / 2))
        assert slopes.xx is not None and slopes.xa is not None
        return value, Slopes(xx=slopes.xx + slopes.xa / 2, xa=slopes.xa / 2)

    return view_loss(view_1, view_2, lazy if walk == "lazy" else ratio, sync)
