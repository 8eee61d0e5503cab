"""Two processes learn what one does."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_iris

from contextures.contexts import KNNContext, NoiseContext
from contextures.encoders import NeuralEncoder

X = load_iris().data


@pytest.mark.parametrize(
    ("context", "objective"),
    [
        (KNNContext(15), "ratio_trace"),
        (KNNContext(15), "low_rank"),
        (KNNContext(15), "class_balanced_mse"),
        (NoiseContext(0.3), "ratio_trace_views"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
@pytest.mark.parametrize("batch_size", ["auto", 60])
def test_two_gloo_processes_equal_one(context, objective, batch_size):
    """The same functions up to rounding: every process takes its part of the same batches."""
    options = {
        "objective": objective,
        "max_steps": 10,
        "batch_size": batch_size,
        "n_outputs": 8,
        "network_options": {"width": 16, "depth": 2},
        "accelerator": "cpu",
    }
    alone = NeuralEncoder(context, 3, **options).fit(X)
    together = NeuralEncoder(context, 3, devices=2, strategy="ddp_fork", **options).fit(X)
    losses = [[line["loss"] for line in fitted.history_] for fitted in (alone, together)]
    np.testing.assert_allclose(*losses, rtol=1e-3)
    # Offsets of outputs have no gradient but rounding, and no influence on coordinates.
    np.testing.assert_allclose(alone.transform(X), together.transform(X), atol=0.01)
    np.testing.assert_allclose(alone.singular_values_, together.singular_values_, atol=1e-3)
