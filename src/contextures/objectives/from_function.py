"""A function as an objective."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from contextures.exceptions import InputError
from contextures.objectives.autograd import in_full_precision
from contextures.objectives.base import Inputs, Objective, Side, check_declared


class FunctionObjective(Objective):
    """A loss of your own, given as a function and what it takes.

    A function says nothing of the order or meaning of its arguments that could be trusted, so
    ``inputs`` says it. With ``torch.distributed`` every process computes the loss of its own part
    of the batch, and the gradient is the average; write an :class:`Objective` where the loss of
    the joined batch is wanted.

    Parameters
    ----------
    function : callable
        The loss, a scalar tensor, of the batches that ``inputs`` names, in that order; a function
        or a ``torch.nn.Module`` without parameters. Half precision is turned to float32 first.
    inputs : {"pair", "views", "kernel", "targets"}
        What it takes: ``function(phi, psi)``, ``function(view_1, view_2)``,
        ``function(phi, features)``, or with a transition ``function(phi, features,
        context_weights)``, or ``function(embedding, target)``; see :mod:`contextures.objectives`.
    encoder_on : {"X", "A"}, default="X"
        The space of the first encoder: with ``inputs="targets"`` the one to embed from.
    exclude_self : bool, default=False
        For a kernel, whether the function leaves out the pairs of a row with itself.
    whitens : bool, default=False
        Whether the function whitens the embedding, so that the scale of its directions says
        nothing.

    Raises
    ------
    InputError
        If ``function`` cannot be called, or ``inputs`` or ``encoder_on`` is not possible.

    Examples
    --------
    A bit that is flipped one time in five: s_1 = .6, so the minimum is 1 - .36.

    >>> import torch
    >>> from contextures.objectives import FunctionObjective
    >>> def distance(phi, psi):
    ...     return (phi - psi).square().sum(1).mean()
    >>> objective = FunctionObjective(distance, inputs="pair")
    >>> x = torch.tensor([1.0, -1.0]).repeat(500)[:, None]
    >>> a = torch.where(torch.arange(1000)[:, None] % 10 < 8, x, -x)
    >>> round(objective(x, 0.6 * a).item(), 2)
    0.64
    """

    def __init__(
        self,
        function: Callable[..., Tensor],
        inputs: Inputs,
        *,
        encoder_on: Side = "X",
        exclude_self: bool = False,
        whitens: bool = False,
    ) -> None:
        super().__init__(sync=False)
        if not callable(function):
            raise InputError(f"function={function!r} cannot be called; give a function of tensors")
        self.function = function
        self.inputs = inputs
        self.encoder_on = encoder_on
        self.exclude_self = exclude_self
        self.whitens = whitens
        check_declared(self)

    def forward(self, *batch: Tensor) -> Tensor:
        """Compute the loss of a batch.

        Parameters
        ----------
        *batch : torch.Tensor
            What ``inputs`` says.

        Returns
        -------
        torch.Tensor
            The loss, a scalar.

        Raises
        ------
        InputError
            If the function gives anything else.
        """
        loss = in_full_precision(self.function)(*batch)
        if not isinstance(loss, Tensor) or loss.shape != ():
            given = f"a tensor of shape {tuple(loss.shape)}" if isinstance(loss, Tensor) else loss
            raise InputError(
                f"{called(self.function)} gave {given}, which is no loss; let it return a tensor "
                "of one number, such as a mean over rows"
            )
        return loss

    def extra_repr(self) -> str:
        """Name the function and the options; see :meth:`Objective.extra_repr`."""
        options = ("inputs", "encoder_on", "exclude_self", "whitens")
        said = (f"{name}={getattr(self, name)!r}" for name in options)
        return ", ".join([called(self.function), *said])


def called(function: object) -> str:
    """Give the name by which to speak of a function, also of one without a name.

    Parameters
    ----------
    function : object
        A function or another callable.

    Returns
    -------
    str
        Its name, or that of its class.
    """
    return str(getattr(function, "__qualname__", type(function).__name__))
