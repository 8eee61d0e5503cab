"""What a regression bound assumes of a task."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from contextures._checks import check_not_negative, check_positive_real
from contextures.contexts import Context
from contextures.evaluation.arrays import check_values
from contextures.evaluation.bounds.encoder_span import (
    OUTSIDE,
    all_singular_functions,
    finite_operator,
)
from contextures.exceptions import InputError


@dataclass(frozen=True)
class RegressionTask:
    """What is assumed of a regression task y = f(x) + noise.

    Attributes
    ----------
    norm : float
        R, at least |f|_H = min{|g| : T g = f}: f is the mean of a function of A of this size.
        Also the bound on the norm of the functions that are regressed over.
    noise : float, default=0
        b: |noise| <= b, with mean zero whatever x.
    eps : float, default=1
        Invariance: |f|_P^2 >= (1 - eps) |f|_H^2, with the mean of f in it. The best g then has
        E(g(A) - g(A+))^2 <= 2 eps |g|^2 on two contexts of one input. One assumes nothing.

    References
    ----------
    arXiv 2306.00788 (the target's assumptions).
    """

    norm: float
    noise: float = 0.0
    eps: float = 1.0

    def __post_init__(self) -> None:
        check_positive_real(self.norm, "norm")
        check_not_negative(self.noise, "noise")
        if not 0 <= self.eps <= 1:
            raise InputError(f"eps={self.eps!r} is not possible; give a number between 0 and 1")


def measured_task(f: ArrayLike, context: Context, noise: float = 0.0) -> RegressionTask:
    """Measure the norm and the invariance of a task that is known on every fitted row.

    Parameters
    ----------
    f : array-like of shape (n,)
        The mean of y on the rows that the context was fitted to.
    context : Context
        A fitted context in transition or kernel form.
    noise : float, default=0
        b, which nothing here can tell.

    Returns
    -------
    RegressionTask
        R = |f|_H and the smallest eps.

    Raises
    ------
    InputError
        If no function g of A has f = T g: targets with noise on every row have none, so smooth
        them first, as ``context.transition(X) @ g`` does.

    Notes
    -----
    H-norms need every singular function of the context: O(n m min(n, m)) time and O(n m) memory.

    Examples
    --------
    >>> import numpy as np
    >>> from contextures.contexts import FiniteContext
    >>> from contextures.evaluation import measured_task
    >>> context = FiniteContext(np.array([[4, 1], [1, 4]]) / 10).fit()  # s_1 = 0.6
    >>> task = measured_task([0.6, -0.6], context)
    >>> round(task.norm, 6), round(task.eps, 6)
    (1.0, 0.64)
    """
    operator = finite_operator(context)
    values = np.asarray(f, dtype=np.float64)
    task = check_values(values[:, None] if values.ndim == 1 else values, operator.shape[0])
    if task.shape[1] != 1:
        raise InputError(f"f must be one task, of shape (n,); its shape is {values.shape}")
    mean = float(operator.input_weights @ task[:, 0])
    centred = (task[:, 0] - mean) * operator.root_x
    left, s = all_singular_functions(operator)
    u = left.T @ centred
    outside = float(np.linalg.norm(centred - left @ u))
    square = mean**2 + float(centred @ centred)
    if outside > OUTSIDE * np.sqrt(square):
        raise InputError(
            f"f is the mean of no function of A: {outside**2 / square:.0%} of it lies beyond the "
            f"{len(s)} singular functions of the context; smooth it, as T g does for a g on A"
        )
    norm = float(np.hypot(mean, np.linalg.norm(u / s)))
    if norm == 0:
        raise InputError("f is zero everywhere, so there is nothing to learn; give another task")
    return RegressionTask(norm, noise, float(np.clip(1.0 - square / norm**2, 0.0, 1.0)))
