"""The encoder in closed form as a scikit-learn transformer."""

from __future__ import annotations

from sklearn.datasets import load_iris
from sklearn.utils.estimator_checks import parametrize_with_checks

from contextures.contexts import KNNContext, RBFContext
from contextures.encoders import RitzEncoder
from samplers import NoisyRows

X, Y = load_iris(return_X_y=True)


@parametrize_with_checks(
    [
        RitzEncoder(KNNContext(n_neighbors=3), n_components=2),
        RitzEncoder(RBFContext(), n_components=1),
        RitzEncoder(NoisyRows(), n_components=1, n_functions=20),
    ]
)
def test_scikit_learn_checks(estimator, check):
    check(estimator)
