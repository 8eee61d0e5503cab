"""Random finite contexts, encoders and tasks, and every bound on them beside what it bounds.

What is bounded is computed here anew, from the joint law, and not by the package.
"""

from __future__ import annotations

import numpy as np

from contextures.contexts import FiniteContext
from contextures.evaluation import (
    RegressionTask,
    algebraic_worst_case_bound,
    approximation,
    context_complexity,
    learned_span,
    measured_span,
    optimal_error,
    regression_bound,
    worst_case_bound,
    worst_case_error,
)
from contextures.evaluation.bounds.regression import approximation_bound

ROUNDING = 1e-7
EQUAL = 0.0
"""The limit of the distance of a number from the same one computed in another way."""

N_TASKS = 20
N_FITS = 10


class Law:
    """A random joint law of 3 to 8 inputs and contexts, with its singular functions."""

    def __init__(self, rng):
        n, m = rng.integers(3, 9, 2)
        joint = rng.dirichlet(np.full(n * m, 10.0 ** rng.uniform(-1, 1))).reshape(n, m)
        if rng.random() < 0.5:  # nearer to a context that tells inputs apart
            share = rng.random()
            joint *= share
            joint[np.arange(n), rng.integers(0, m, n)] += (1 - share) / n
        # Weights of zero up to rounding are another matter than bounds.
        joint = (joint + 1e-6) / (joint + 1e-6).sum()
        self.joint, self.px, self.pa = joint, joint.sum(1), joint.sum(0)
        root = joint / np.sqrt(np.outer(self.px, self.pa))
        left, values, _ = np.linalg.svd(root, full_matrices=False)
        kept = values > 1e-4
        self.s = values[kept]  # with s_0 = 1
        self.mu = left[:, kept] / np.sqrt(self.px)[:, None]
        self.n = n

    def encoder(self, rng):
        """Random functions, singular ones, the least associated ones, or near the best ones."""
        d = int(rng.integers(1, self.n - 1))
        kind = rng.integers(4)
        noise = rng.standard_normal((self.n, d))
        if kind == 0:
            return noise
        chosen = np.arange(1, len(self.s))
        chosen = {1: chosen[::-1], 2: rng.permutation(chosen), 3: chosen}[int(kind)][:d]
        level = 10.0 ** rng.uniform(-3, 0) * (rng.random() < 0.7)
        return self.mu[:, chosen] + level * noise[:, : len(chosen)]

    def probe_error(self, encoder, tasks):
        """Squared errors of linear probes with an intercept, over the variances of tasks."""
        root = np.sqrt(self.px)[:, None]
        design = np.column_stack([np.ones(self.n), encoder]) * root
        fitted = design @ np.linalg.lstsq(design, tasks * root, rcond=1e-10)[0]
        centred = tasks - self.px @ tasks
        return ((tasks * root - fitted) ** 2).sum(0) / (self.px @ centred**2)

    def compatibility(self, tasks):
        """|T* f|^2 / |f|^2 of centred tasks."""
        centred = tasks - self.px @ tasks
        image = (self.joint.T @ centred) / self.pa[:, None]
        return (self.pa @ image**2) / (self.px @ centred**2)


def trial(seed):
    """Give {claim: (what is limited, the limit, what is known anyway)} for random ones of all."""
    rng = np.random.default_rng(seed)
    law = Law(rng)
    if len(law.s) < 2 or law.s[1] < 1e-3:
        return trial([*np.atleast_1d(seed), 1])
    context = FiniteContext(law.joint).fit()
    claims = _worst_case(rng, law, context)
    claims.update(_regression(rng, law, context))
    return {
        name: (float(claim[0]), float(claim[1]), float(claim[2]) if len(claim) > 2 else np.inf)
        for name, claim in claims.items()
    }


def _worst_case(rng, law, context):
    encoder = law.encoder(rng)
    found = approximation(encoder, context)
    eps = 1 - law.s[1] * (1 - rng.random() ** rng.integers(1, 7))
    worst = worst_case_error(encoder, context, eps)
    tasks = np.column_stack([_tasks(rng, law, eps), worst.task])
    errors, squares = law.probe_error(encoder, tasks), law.compatibility(tasks)
    inside = squares >= (1 - eps) ** 2 - 1e-9
    gap = np.sqrt(found.trace_gap)
    claims = {
        "exact worst error: attained by its task": (
            worst.error,
            errors[-1] if inside[-1] else -1.0,
        ),
        "errors of tasks of F_eps: exact worst error": (errors[inside].max(), worst.error, 1.0),
        "worst error: angles, tau": (worst.error, found.bound(eps), 1.0),
        "worst error: algebraic, tau": (worst.error, found.loose_bound(eps), 1.0),
        "worst error: angles, trace gap": (
            worst.error,
            worst_case_bound(eps, law.s[1], gap),
            1.0,
        ),
        "worst error: algebraic, trace gap": (
            worst.error,
            algebraic_worst_case_bound(eps, law.s[1], gap),
            1.0,
        ),
        "tau^2: trace gap": (found.missed**2, found.trace_gap, law.s[1] ** 2),
        "ratio trace: sum of s^2": (
            found.ratio_trace,
            (law.s[1 : 1 + len(found.ritz_values)] ** 2).sum(),
        ),
    }
    best = optimal_error(law.s[1:], encoder.shape[1], eps)
    place = "within" if best.within_range else "beyond"
    claims[f"optimum, {place} the theorem's range: exact worst error"] = (best.error, worst.error)
    return claims


def _tasks(rng, law, eps):
    """Tasks around mu_1, many of them on the border of F_eps."""
    mixture = law.mu @ rng.standard_normal((len(law.s), N_TASKS))
    mixture -= law.px @ mixture
    mixture /= np.sqrt(law.px @ mixture**2)
    shares = np.linspace(0, 1, 15)[:, None, None]
    tasks = (1 - shares) * law.mu[:, 1:2] + shares * mixture
    tasks = np.moveaxis(tasks, 0, 1).reshape(law.n, -1)
    return tasks[:, law.compatibility(tasks) >= (1 - eps) ** 2]


def _regression(rng, law, context):
    """Claims on regression, in the coordinates in which H has the ordinary scalar product."""
    s, r = law.s, len(law.s)
    features = law.mu * s  # k(x, x') = features(x) . features(x')
    kappa_squared = (features**2).sum(1).max()
    d = int(rng.integers(1, r)) if r > 2 else 1
    decay = s ** rng.uniform(0, 1)
    mixed = decay[:, None] * rng.standard_normal((r, d))
    mixed[0] = 0.0
    basis = np.linalg.qr(np.column_stack([np.eye(r)[:, 0], mixed]))[0]
    span = measured_span(features @ mixed, context)
    found = context_complexity(context).kappa_squared
    missed = _missed(s, basis)
    target = s ** rng.uniform(0, 4) * rng.standard_normal(r)
    norm = np.linalg.norm(target)
    eps = min(max(1 - (s * target) @ (s * target) / norm**2, 0.0), 1.0)
    off = target - basis @ (basis.T @ target)
    noise = rng.choice([0.0, 0.3, 3.0]) * norm
    n_labels = int(rng.choice([10, 100, 1000]))
    bound = regression_bound(span, RegressionTask(norm, noise, eps), found, n_labels)
    error = _regress(rng, law, features, basis, target, norm, noise, n_labels)
    n_rows = int(10 ** rng.uniform(1, 5))
    shares = rng.multinomial(n_rows, law.px / law.px.sum()) / n_rows
    _, vectors = np.linalg.eigh((features * shares[:, None]).T @ features)
    learned = vectors[:, ::-1][:, : d + 1]
    promised = learned_span(s[1:], d, n_rows, kappa_squared, (s**2).sum())
    return {
        "kappa^2: computed two ways": (abs(found / kappa_squared - 1), EQUAL),
        "tau^2 in H: computed two ways": (abs(span.missed_squared - missed), EQUAL),
        "error of the H-projection: angle": (
            (s * off) @ (s * off),
            approximation_bound(span.missed_squared, eps) * norm**2,
            norm**2,
        ),
        "error of regression: three terms": (error, bound.total, norm**2),
        "tau^2 of kernel PCA: N rows": (_missed(s, learned), promised.missed_squared, 1.0),
        "ratio trace of kernel PCA: sum of s^2": (
            (s[:, None] ** 2 * learned**2).sum(),
            promised.ratio_trace,
        ),
    }


def _missed(s, basis):
    off = np.eye(len(s)) - basis @ basis.T
    return np.linalg.norm(s[:, None] * off, 2) ** 2 if basis.shape[1] < len(s) else 0.0


def _regress(rng, law, features, basis, target, norm, noise, n_labels):
    """The mean error of least squares over the ball of the span, over fresh sets of labels."""
    # How often each input is drawn, and how often with noise upwards, is all that counts.
    counts = rng.multinomial(n_labels, law.px / law.px.sum(), N_FITS)
    sums = counts * (features @ target) + noise * (2 * rng.binomial(counts, 0.5) - counts)
    design = features @ basis
    values, vectors = np.linalg.eigh(np.einsum("fi,ij,ik->fjk", counts, design, design))
    projected = np.einsum("fjk,ij,fi->fk", vectors, design, sums)
    values = np.maximum(values, 0.0)

    def solution(ridge):
        return projected / np.maximum(values + ridge[:, None], 1e-300)

    low = np.full(N_FITS, 1e-12) * np.maximum(values.max(axis=1), 1e-12)
    high = low + np.linalg.norm(projected, axis=1) / norm
    high = np.where(np.linalg.norm(solution(low), axis=1) <= norm, low, high)
    for _ in range(50):
        middle = np.sqrt(low * high)
        outside = np.linalg.norm(solution(middle), axis=1) > norm
        low, high = np.where(outside, middle, low), np.where(outside, high, middle)
    found = np.einsum("rj,fjk,fk->fr", basis, vectors, solution(high))
    return ((law.s * (found - target)) ** 2).sum(axis=1).mean()


def violations(claims):
    """Give the claims that fail beyond rounding."""
    return [name for name, (less, more, _) in claims.items() if less > more + ROUNDING]
