"""Weights of known groups: even ones, and ones that follow the losses as a network learns."""

from __future__ import annotations

from typing import Any

import numpy as np

from contextures._arrays import FloatArray
from contextures._checks import check_positive_int, check_positive_real, numbered_groups
from contextures.exceptions import InputError
from contextures.shift.losses import check_losses, library_of


def balanced_weights(groups: Any) -> FloatArray:
    """Weigh rows so that every group counts alike (importance weighting).

    They go where ``sample_weight`` goes, or before the losses of a network. A model that fits every
    row is the same with any weights (generalised reweighting, Zhai et al. 2022).

    Parameters
    ----------
    groups : array-like of shape (n,)
        The group of each row.

    Returns
    -------
    ndarray of shape (n,)
        Weights with mean one, in inverse proportion to the rows of the group.

    Raises
    ------
    InputError
        If there are no rows, or groups has not one dimension.

    Examples
    --------
    >>> from contextures.shift import balanced_weights
    >>> balanced_weights(["a", "a", "a", "b"])
    array([0.66666667, 0.66666667, 0.66666667, 2.        ])
    """
    names = np.asarray(groups)
    if names.ndim != 1 or not names.size:
        raise InputError(
            f"groups has shape {names.shape}; give the group of each row, of one row at least"
        )
    codes = numbered_groups(names)[1]
    counts = np.bincount(codes)
    found: FloatArray = len(names) / (len(counts) * counts[codes])
    return found


class GroupDRO:
    r"""Weigh groups by exponentiated gradients, batch after batch.

    For each batch, the weight of a group is multiplied by exp(step times its mean loss there), and
    the weighted sum of these means is what a network is to step down on. Over many small steps of
    both that approaches :math:`\min_\theta \max_g E[\ell | g]`, the least loss of the worst group.
    A linear model needs no such steps: ``DistributionallyRobustClassifier("group")`` solves the
    problem itself.

    Parameters
    ----------
    n_groups : int
        g, the number of groups.
    step : float, default=0.01
        Of the exponents, in units of one over the losses'. The larger, the sooner one group has all
        the weight.

    Attributes
    ----------
    weights : ndarray or torch.Tensor of shape (g,)
        The weights now, in double precision; even at first.

    References
    ----------
    Sagawa et al. (2020), "Distributionally robust neural networks for group shifts", algorithm 1.

    Examples
    --------
    >>> from contextures.shift import GroupDRO
    >>> risk = GroupDRO(2, step=1.0)
    >>> round(risk([0.0, 0.0, 3.0], [0, 0, 1]), 3)  # by the new weights
    2.858
    >>> risk.weights.round(3)
    array([0.047, 0.953])
    """

    weights: Any

    def __init__(self, n_groups: int, step: float = 0.01) -> None:
        self.n_groups = check_positive_int(n_groups, "n_groups")
        self.step = check_positive_real(step, "step")
        self.weights = np.full(self.n_groups, 1 / self.n_groups)

    def __call__(self, losses: Any, groups: Any) -> Any:
        """Update the weights by a batch, and give its weighted loss.

        Parameters
        ----------
        losses : array-like or torch.Tensor of shape (n,)
            A loss for each row of the batch.
        groups : array-like or torch.Tensor of int of shape (n,)
            The numbers of their groups, from 0. A group without a row in the batch counts with a
            loss of zero there, and what it lost is not made up for.

        Returns
        -------
        float, or torch.Tensor of shape ()
            The loss; with gradients where the losses are a tensor.

        Raises
        ------
        InputError
            If there are no losses, or groups are not as many whole numbers below ``n_groups``.
        """
        values = check_losses(losses)
        library = library_of(values)
        if library is np:
            codes: Any = np.asarray(groups)
            whole = codes.dtype.kind in "iu"
        else:
            codes = library.as_tensor(groups, device=values.device)
            whole = not (
                codes.is_floating_point() or codes.is_complex() or codes.dtype == library.bool
            )
        if tuple(codes.shape) != tuple(values.shape) or not whole:
            raise InputError(
                f"groups has shape {tuple(codes.shape)} and dtype {codes.dtype}, but there are "
                f"{len(values)} losses; give the number of each row's group"
            )
        if library is np:
            if codes.min() < 0 or codes.max() >= self.n_groups:
                raise InputError(
                    f"groups runs from {codes.min()} to {codes.max()}; give numbers from 0 to "
                    f"{self.n_groups - 1}"
                )
            counts = np.bincount(codes, minlength=self.n_groups)
            means = np.bincount(codes, values, self.n_groups) / np.maximum(counts, 1)
            self._update(means)
            return float(self.weights @ means)
        # A number outside is an error of torch's, since looking would wait for the device.
        empty = values.new_zeros(self.n_groups)
        counts = empty.index_add(0, codes.long(), library.ones_like(values.detach()))
        means = empty.index_add(0, codes.long(), values) / counts.clamp_min(1)
        self._update(means.detach().to(library.float64))
        return (self.weights.to(means.dtype) * means).sum()

    def _update(self, means: Any) -> None:
        library = library_of(means)
        before = self.weights
        if library is not np:
            before = library.as_tensor(before, dtype=library.float64, device=means.device)
        # The largest exponent is zero, so that no loss is too large; a weight that vanished in
        # rounding keeps enough to come back.
        tilt = self.step * (means - means.max())
        after = library.clip(before * library.exp(tilt), 1e-300, None)
        self.weights = after / after.sum()
