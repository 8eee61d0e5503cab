"""What a newcomer gives first, a table as it came, is refused with what to do about it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from contextures import ContextureClassifier, SpectralEncoder
from contextures.contexts import KNNContext
from contextures.exceptions import InputError

LABELS = np.arange(30) % 2


@pytest.mark.parametrize("column", [["a", "b", "c"] * 10, [1.0, np.nan, 2.0] * 10])
@pytest.mark.parametrize("kind", ["encoder", "pool"])
def test_words_and_gaps_name_what_makes_them_numbers(kind, column):
    frame = pd.DataFrame({"size": np.arange(30.0), "other": column})
    model = SpectralEncoder(KNNContext(5), 2) if kind == "encoder" else ContextureClassifier()
    with pytest.raises(InputError, match=r"contextures\.data\.TablePreparation"):
        model.fit(frame, LABELS)


def test_a_short_form_is_refused_with_what_makes_a_context_of_it():
    with pytest.raises(InputError, match=r"selection\.parse_context\('knn:30'\)"):
        SpectralEncoder("knn:5", 2).fit(np.arange(30.0)[:, None])
