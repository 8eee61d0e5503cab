"""What every objective promises."""

from __future__ import annotations

from typing import Any, Literal, get_args

from torch import Tensor, nn

from contextures.exceptions import InputError, unwritten

Inputs = Literal["pair", "views", "kernel", "targets"]
Side = Literal["X", "A"]


class Objective(nn.Module):
    """A loss of a batch of embeddings whose minimiser is a contexture.

    A loss of your own is a subclass that declares ``inputs`` and ``encoder_on`` and writes
    ``forward``; the other attributes are declared where they differ. A loss that is a function
    needs no class: see :class:`FunctionObjective`.

    Parameters
    ----------
    sync : bool, default=True
        Where ``torch.distributed`` runs several processes, treat their batches as parts of one:
        the loss is that of the joined batch on every process, and the average of the processes'
        gradients is its gradient.

    Attributes
    ----------
    inputs : {"pair", "views", "kernel", "targets"}
        What ``forward`` takes; see :mod:`contextures.objectives`.
    encoder_on : {"X", "A"}
        Which space the (first) encoder lives on.
    operator : str
        The operator whose top eigenspace the minimiser spans, in the notation of
        arXiv 2505.01557: T is the expectation operator, Lambda a kernel on the other side.
    ordered : bool
        Whether the minimiser's coordinates are the singular functions themselves, in order,
        rather than any basis of their span.
    exclude_self : bool
        Whether the loss leaves out the pairs of a row with itself. A transition that is fed to it
        then lacks the contexts that one row of the batch alone reaches.
    over_edges : bool
        Whether the two views are the ends of an edge, x and a draw of it, by the encoder on X, and
        not two draws that share their source.
    wants_hidden : bool
        Whether ``forward`` takes, after the target, which of its entries the context hides, where
        the context tells.
    whitens : bool
        Whether the embedding is whitened inside the loss, so that the scale of its directions says
        nothing.

    Examples
    --------
    A loss of one's own, on two views:

    >>> import torch
    >>> from contextures.objectives import Objective
    >>> class Near(Objective):
    ...     inputs = "views"
    ...     encoder_on = "A"
    ...     def forward(self, view_1, view_2):
    ...         spread = torch.cov(view_1.T) - torch.eye(view_1.shape[1])
    ...         return (view_1 - view_2).square().sum(1).mean() + spread.square().sum()
    >>> bits = torch.tensor([[1.0, -1.0], [1.0, 1.0], [-1.0, 1.0], [-1.0, -1.0]]) * 0.75**0.5
    >>> Near()(bits, bits.flip(1)).item()
    3.0

    >>> from contextures.objectives import objective_class, objective_names
    >>> every = [objective_class(name) for name in objective_names()]
    >>> all(issubclass(each, Objective) for each in every)
    True
    >>> [each.__name__ for each in every if each.inputs == "kernel"]
    ['KISE', 'RatioTraceKernel']
    """

    inputs: Inputs
    encoder_on: Side
    operator: str = ""
    ordered: bool = False
    exclude_self: bool = False
    over_edges: bool = False
    wants_hidden: bool = False
    whitens: bool = False

    def __init__(self, *, sync: bool = True) -> None:
        super().__init__()
        self.sync = sync

    def forward(self, *batch: Any) -> Tensor:
        """Compute the loss of a batch.

        Parameters
        ----------
        *batch : torch.Tensor
            What ``inputs`` says.

        Returns
        -------
        torch.Tensor
            The loss, a scalar.
        """
        raise unwritten(self, "forward")

    def row_losses(self, *batch: Any, weights: Tensor | None = None) -> Tensor:
        """Compute the loss of each row, where rows have one of their own.

        Where there is a head, it is the best for the mean under ``weights`` and held fixed, so
        that the mean of these losses under the same weights is the objective's own loss of rows so
        weighed, with its gradient.

        Parameters
        ----------
        *batch : torch.Tensor
            What ``inputs`` says.
        weights : torch.Tensor of shape (n,), optional
            Weights of the rows; equal when None.

        Returns
        -------
        torch.Tensor of shape (n,)
            The losses.
        """
        raise unwritten(self, "row_losses")

    def extra_repr(self) -> str:
        """Name the options in ``repr``, by which trainings are told apart too.

        Returns
        -------
        str
            The attributes that the instance was given.
        """
        given = {k: v for k, v in vars(self).items() if not k.startswith("_") and k != "training"}
        return ", ".join(f"{name}={value!r}" for name, value in given.items())


def check_declared(objective: Objective) -> None:
    """Check that an objective says what it takes.

    Parameters
    ----------
    objective : Objective
        A loss, perhaps of the caller's own.

    Raises
    ------
    InputError
        If it does not, or has parameters that no optimiser knows of.
    """
    name = type(objective).__name__
    for attribute, possible in (("inputs", get_args(Inputs)), ("encoder_on", get_args(Side))):
        value = getattr(objective, attribute, None)
        if value not in possible:
            raise InputError(
                f"{name} must say what it takes, and its {attribute} is {value!r}; declare one of "
                f"{', '.join(possible)}"
            )
    if any(weights.requires_grad for weights in objective.parameters()):
        raise InputError(
            f"{name} has parameters of its own, which would not be trained; put them into the "
            "network, or fix them by requires_grad_(False)"
        )
