"""A supervised objective whose rows count by a risk of their losses instead of the mean."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import torch
from torch import Tensor

from contextures._checks import brief
from contextures.exceptions import InputError
from contextures.objectives.base import Objective, check_declared
from contextures.objectives.from_function import called
from contextures.objectives.parallel import gather_rows, is_parallel

HEADS, NEAR = 12, 0.01
"""Heads that are tried for a batch, at most; the gap at which one will do, in units of the risk."""


class UnderRisk(Objective):
    r"""A supervised objective under a risk: CVaR, a chi-square ball, or without outliers.

    Population loss: :math:`\min_W R(\ell_W)` with the losses :math:`\ell_W` of rows under a linear
    head W, and R a risk. Where R is the largest mean over a set of populations, that is the largest
    over this set of the objective's own loss there. Weights of the rows are approached by
    Frank-Wolfe steps along the risk's gradient, each with the best head of rows so weighed, until
    the risk is within a hundredth of a lower bound, or twelve heads were tried. With the mean as
    the risk, loss and gradient are the objective's own.

    Parameters
    ----------
    objective : Objective
        One whose rows have losses of their own, as those that predict by a linear head do.
    risk : callable
        Takes a tensor of losses of shape (n,) and gives a scalar tensor with a gradient, as those
        of ``contextures.shift`` do: ``functools.partial(cvar, alpha=0.2)``.

    Raises
    ------
    InputError
        If rows of the objective have no losses, or the risk cannot be called.

    Notes
    -----
    For p targets and d outputs, up to twelve times the head's n d^2 + n d p.

    References
    ----------
    Zhai et al. (2021), "DORO"; Danskin's theorem for the gradient. The steps are derived.

    Examples
    --------
    A target that the embedding has, but for one row in ten, which CVaR sees alone.

    >>> from functools import partial
    >>> import torch
    >>> from contextures.objectives import SupervisedMSE, UnderRisk
    >>> from contextures.shift import cvar
    >>> x = torch.tensor([1.0, -1.0]).repeat(50)[:, None]
    >>> target = x + 3 * (torch.arange(100)[:, None] % 10 == 0)
    >>> plain, worst = SupervisedMSE(), UnderRisk(SupervisedMSE(), partial(cvar, alpha=0.1))
    >>> plain.row_losses(x, target).max() > worst(x, target)
    tensor(True)
    """

    def __init__(self, objective: Objective, risk: Callable[[Tensor], Any]) -> None:
        super().__init__(sync=objective.sync)
        if not callable(risk):
            raise InputError(
                f"risk={risk!r} cannot be called; give a function of losses, such as "
                "functools.partial(contextures.shift.cvar, alpha=0.2)"
            )
        check_declared(objective)
        if type(objective).row_losses is Objective.row_losses:
            raise InputError(
                f"{type(objective).__name__} compares rows with each other, so that no row has a "
                "loss of its own to take a risk of; give an objective that predicts targets, such "
                "as 'supervised_mse', or no risk"
            )
        self.objective, self.risk = objective, risk
        self.inputs, self.encoder_on = objective.inputs, objective.encoder_on
        self.operator, self.whitens = objective.operator, objective.whitens
        self.wants_hidden = objective.wants_hidden

    def forward(self, *batch: Tensor) -> Tensor:
        """Compute the risk of a batch.

        Parameters
        ----------
        *batch : torch.Tensor
            What the objective takes.

        Returns
        -------
        torch.Tensor
            The risk, a scalar; its gradient is that with the best head held fixed.

        Raises
        ------
        InputError
            If the risk asks for more than losses, or gives anything else than a number with a
            gradient.
        """
        with torch.no_grad():
            weights = self._head_weights(batch)
        losses = self.objective.row_losses(*batch, weights=weights)
        value, slopes = self._risk(losses)
        # Data-parallel training averages what is the sum over processes here.
        size = torch.distributed.get_world_size() if is_parallel(self.sync) else 1
        along = (slopes * torch.where(slopes != 0, losses, 0.0)).sum() * size
        return value + along - along.detach()

    def _head_weights(self, batch: tuple[Tensor, ...]) -> Tensor | None:
        """Weigh rows such that the best head for them has the least risk; None for evenly."""
        best: tuple[float, Tensor | None] = (float("inf"), None)
        weights: Tensor | None = None
        below = -float("inf")
        for step in range(HEADS):
            losses = self.objective.row_losses(*batch, weights=weights)
            value, slopes = self._risk(losses)
            even = torch.full_like(losses, 1 / self._count(losses))
            now = even if weights is None else weights
            here, mean, least, total = self._sums(value, now, losses, slopes)
            if here < best[0]:
                best = here, weights
            below = max(below, mean)
            # A risk whose gradient is no population has no such bounds: the head stays as it is.
            known = least >= 0 and abs(total - 1) < 1e-3
            if not known or best[0] - below <= NEAR * abs(best[0]):
                break
            weights = now + 2 / (step + 3) * (slopes - now)
        return best[1]

    def _count(self, losses: Tensor) -> int:
        return len(gather_rows([losses], self.sync)[0][0])

    def _sums(
        self, value: Tensor, weights: Tensor, losses: Tensor, slopes: Tensor
    ) -> tuple[float, ...]:
        """Give the risk, the weighted loss, the least slope and the sum of slopes of all rows."""
        (weights, losses, slopes), _ = gather_rows([weights, losses, slopes], self.sync)
        found = torch.stack([value, weights @ losses, slopes.min(), slopes.sum()])
        return tuple(found.tolist())

    def _risk(self, losses: Tensor) -> tuple[Tensor, Tensor]:
        """Give the risk of the joined batch, and its slopes in the losses of this process."""
        (joined,), start = gather_rows([losses.detach()], self.sync)
        with torch.enable_grad():
            leaf = joined.detach().requires_grad_()
            try:
                value = self.risk(leaf)
            except TypeError as error:  # above all cvar without its alpha
                raise InputError(
                    f"the risk {called(self.risk)} cannot be taken of losses alone ({error}); give "
                    "functools.partial(...) of it with its other parameters"
                ) from error
            if not isinstance(value, Tensor) or value.shape != () or not value.requires_grad:
                raise InputError(
                    f"the risk {called(self.risk)} must give a tensor of one number with a "
                    f"gradient by the losses; it gave {brief(value)}"
                )
            (slopes,) = torch.autograd.grad(value, leaf)
        return value.detach(), slopes[start : start + len(losses)]

    def extra_repr(self) -> str:
        """Name the risk, by which trainings are told apart too."""
        return risk_text(self.risk)


def risk_text(risk: Any) -> str:
    """Say a risk with its options, the same in every process.

    Parameters
    ----------
    risk : callable
        A function, perhaps with options by ``functools.partial``.

    Returns
    -------
    str
        Its name and options.
    """
    inner = getattr(risk, "func", None)
    if inner is None:
        return called(risk)
    options = [repr(each) for each in cast(Any, risk).args]
    options += [f"{key}={value!r}" for key, value in sorted(cast(Any, risk).keywords.items())]
    return f"{called(inner)}({', '.join(options)})"
