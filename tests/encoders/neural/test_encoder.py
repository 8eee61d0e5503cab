"""The neural encoder as a scikit-learn transformer."""

from __future__ import annotations

from sklearn.datasets import load_iris
from sklearn.utils.estimator_checks import parametrize_with_checks

from contextures.contexts import KNNContext
from contextures.encoders import NeuralEncoder

TINY = {"width": 8, "depth": 2}
X, Y = load_iris(return_X_y=True)


@parametrize_with_checks(
    [NeuralEncoder(KNNContext(n_neighbors=3), 2, max_steps=3, network_options=TINY)]
)
def test_scikit_learn_checks(estimator, check):
    check(estimator)
