"""How well a norm-bounded regression on an encoder does from n labels, with every constant."""

from __future__ import annotations

import math
from dataclasses import dataclass

from contextures._checks import check_positive_int, check_type, is_real
from contextures.evaluation.bounds.span import RegressionSpan
from contextures.evaluation.bounds.task import RegressionTask
from contextures.exceptions import InputError


@dataclass(frozen=True)
class RegressionBound:
    """A bound on the squared error E|f_hat - f|_P^2 of a regression, term by term.

    f_hat is the empirical risk minimiser over the functions of the span with |.|_H <= R.

    Attributes
    ----------
    approximation : float
        What the span would miss of the task had it been learned from all inputs.
    unlabelled : float
        What it misses more because it was learned from N rows; zero for a known span.
    estimation : float
        What n labels leave unknown: 4 (2 kappa R + b) R sqrt(RT / n).
    span : RegressionSpan
        tau^2, RT, N and delta.
    task : RegressionTask
        R, b and eps.
    kappa_squared : float
        kappa^2.
    n_labels : int
        n.

    References
    ----------
    Derived, after arXiv 2306.00788 (Theorem 1).
    """

    approximation: float
    unlabelled: float
    estimation: float
    span: RegressionSpan
    task: RegressionTask
    kappa_squared: float
    n_labels: int

    @property
    def total(self) -> float:
        """The bound: the sum of the three terms."""
        return self.approximation + self.unlabelled + self.estimation

    @property
    def vacuous(self) -> bool:
        """Whether the bound is no better than R^2, which predicting zero everywhere attains."""
        return not self.total < self.task.norm**2

    def __str__(self) -> str:
        terms = (
            f"error at most {self.total:.3g} = {self.approximation:.3g} (approximation) + "
            f"{self.unlabelled:.3g} (unlabelled rows) + {self.estimation:.3g} (labels)"
        )
        if not self.vacuous:
            return terms
        return f"{terms}: vacuous, as predicting zero has at most {self.task.norm**2:.3g}"


def regression_bound(
    span: RegressionSpan, task: RegressionTask, kappa_squared: float, n_labels: int
) -> RegressionBound:
    """Bound the error of a regression over a span from n labels.

    Parameters
    ----------
    span : RegressionSpan
        From :func:`measured_span`, :func:`spectral_span` or :func:`learned_span`.
    task : RegressionTask
        What is assumed of the task.
    kappa_squared : float
        kappa^2 of the context, for which |f(x)| <= kappa |f|_H.
    n_labels : int
        n, the number of independent labelled rows.

    Returns
    -------
    RegressionBound
        The bound by terms. It holds in the mean over labelled rows and, for a learned span, with
        chance at least 1 - delta over unlabelled rows.

    Raises
    ------
    InputError
        If kappa^2 is below one or there is no label.

    Notes
    -----
    The bound is valid but loose: the rate in n is that of the worst case, and kappa^2 stands for
    the sup-norm. Use it to see what matters and how terms grow, not to predict an error.

    References
    ----------
    Derived: the approximation term by the angle between f and the span in H, the estimation term
    by Rademacher complexity and contraction. arXiv 2306.00788 (Theorem 1) has the same terms.

    Examples
    --------
    >>> from contextures.evaluation import RegressionTask, regression_bound, spectral_span
    >>> span = spectral_span([0.9, 0.8, 0.1], n_components=2)
    >>> task = RegressionTask(norm=1.0, noise=0.1, eps=0.2)
    >>> print(regression_bound(span, task, kappa_squared=4.0, n_labels=10_000))
    error at most 0.26 = 0.00294 (approximation) + 0 (unlabelled rows) + 0.257 (labels)
    >>> regression_bound(span, task, kappa_squared=4.0, n_labels=100).vacuous
    True
    """
    check_positive_int(n_labels, "n_labels")
    check_kappa(kappa_squared)
    check_type(span, RegressionSpan, "span", "what regression_span gives")
    check_type(task, RegressionTask, "task", "a RegressionTask")
    settled = max(span.missed_squared - span.unlabelled_gap, 0.0)
    approximation = approximation_bound(settled, task.eps) * task.norm**2
    missed = approximation_bound(span.missed_squared, task.eps) * task.norm**2
    return RegressionBound(
        approximation=approximation,
        unlabelled=missed - approximation,
        estimation=estimation_scale(span, task, kappa_squared) / math.sqrt(n_labels),
        span=span,
        task=task,
        kappa_squared=float(kappa_squared),
        n_labels=int(n_labels),
    )


def approximation_bound(missed_squared: float, eps: float) -> float:
    """Bound |f - Pi f|_P^2 / |f|_H^2 for the H-projection Pi onto a span that misses tau^2.

    tau^2 sin^2(theta) with theta = min(pi / 2, arctan(tau) + arcsin(sqrt((tau^2 + eps) /
    (1 + tau^2)))), for tasks with |f|_P^2 >= (1 - eps) |f|_H^2.

    Parameters
    ----------
    missed_squared : float
        tau^2, between zero and one.
    eps : float
        The invariance of the task, between zero and one.

    Returns
    -------
    float
        At most tau^2.

    References
    ----------
    Derived.
    """
    share = min((missed_squared + eps) / (1 + missed_squared), 1.0)
    angle = math.atan(math.sqrt(missed_squared)) + math.asin(math.sqrt(share))
    return missed_squared * math.sin(min(angle, math.pi / 2)) ** 2


def estimation_scale(span: RegressionSpan, task: RegressionTask, kappa_squared: float) -> float:
    """Give 4 (2 kappa R + b) R sqrt(RT): the estimation term at one label."""
    largest = 2 * math.sqrt(kappa_squared) * task.norm + task.noise
    return 4 * largest * task.norm * math.sqrt(span.ratio_trace)


def check_kappa(kappa_squared: float) -> float:
    """Give kappa^2, which is at least one and may be infinite."""
    if not is_real(kappa_squared) or not kappa_squared >= 1:
        raise InputError(f"kappa_squared={kappa_squared!r} is not possible; k(x, x) is one or more")
    return float(kappa_squared)
