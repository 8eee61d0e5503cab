"""Every objective, run through the encoder, finds a spectrum known in closed form."""

from __future__ import annotations

import numpy as np
import pytest

import oracles
from contextures.contexts import FiniteContext, LabelContext
from contextures.encoders import NeuralEncoder
from contextures.objectives import objective_names
from contextures.spectrum import decompose

# The first three functions of a masked cube are the bits themselves, which is what predicting the
# bits from what is seen of them finds too.
MASKS = FiniteContext(oracles.masks(3, 0.35))
# The contrastive losses for comparison find the logarithm of the density ratio, which is linear in
# the bits where they are flipped: half of log((1 - p) / p) times the inner product, which unit
# vectors match at one temperature only (two flips of .15 are one of .255).
FLIPS = FiniteContext(oracles.flips(3, 0.15))
CONTRASTIVE = {
    "info_nce": {"normalize": False, "temperature": 1.0},
    "nt_xent": {"temperature": 2 / (3 * np.log(0.745 / 0.255))},
}
SMALL = {"width": 32, "depth": 2}


QUICK = ("ratio_trace", "ratio_trace_views", "vicreg", "low_rank", "denoising", "info_nce")
EACH = [
    pytest.param(name, marks=() if name in QUICK else pytest.mark.slow)
    for name in objective_names()
    if name != "distillation"
]


@pytest.mark.parametrize("objective", EACH)
def test_the_functions_of_a_cube(objective):
    """Singular values within .01, and canonical correlations of .98 with the true functions.

    The networks have three outputs of the seven that there could be (four where unit vectors need
    room to turn in), so it is the objective that finds the span.
    """
    contrastive = objective in CONTRASTIVE
    context, value = (FLIPS, 0.7) if contrastive else (MASKS, 0.65**0.5)
    fitted = NeuralEncoder(
        context,
        3,
        objective=objective,
        objective_options=CONTRASTIVE.get(objective),
        n_outputs=4 if contrastive else 3,
        batch_size=256 if contrastive else 1024,
        max_steps=150,
        network_options=SMALL,
    )
    embedded = fitted.fit_transform(None)
    np.testing.assert_allclose(fitted.singular_values_, value, atol=0.01)
    exact = decompose(context, None, 3)
    assert np.linalg.svd(embedded.T @ exact.left / 8)[1].min() >= 0.98


@pytest.mark.parametrize("objective", ["supervised_mse", "class_balanced_mse", "distillation"])
def test_labels_are_told_apart(objective):
    """The class indicators are spanned, and nothing else: every row of a class is one point."""
    labels = np.repeat(oracles.LABELS, 4)
    rows = np.random.default_rng(0).standard_normal((len(labels), 2)) * 0.1
    rows[:, 0] += labels
    if objective == "distillation":
        # Class indicators of unequal classes have unequal principal components.
        context, targets = LabelContext(task="regression"), np.eye(3)[labels]
    else:
        context, targets = LabelContext(), labels
    exact = decompose(context, rows, 2, y=targets)
    fitted = NeuralEncoder(
        context,
        2,
        objective=objective,
        n_outputs=2,
        validation_fraction=0,
        max_steps=100,
        network_options=SMALL,
    )
    embedded = fitted.fit_transform(rows, targets)
    np.testing.assert_allclose(fitted.singular_values_, exact.singular_values, atol=0.01)
    assert np.linalg.svd(embedded.T @ exact.left / len(rows))[1].min() >= 0.98
