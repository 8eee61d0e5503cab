"""What keeping the first coordinates of an encoder needs of it."""

from __future__ import annotations

from typing import Any

from sklearn.utils.validation import check_is_fitted

from contextures._checks import check_positive_int
from contextures.exceptions import InputError


def check_kept(encoder: Any, n_components: int) -> None:
    """Check that an encoder is fitted and has as many coordinates as are to be kept."""
    check_is_fitted(encoder)
    check_positive_int(n_components, "n_components")
    if n_components > encoder._n_features_out:
        raise InputError(
            f"n_components={n_components} cannot be kept: the encoder has "
            f"{encoder._n_features_out}; fit it again with more"
        )
