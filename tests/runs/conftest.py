"""One run that the tests of this folder look at."""

from __future__ import annotations

import pytest

from contextures.data import demo_table
from contextures.runs import FitOptions, fit_table


@pytest.fixture(scope="session")
def wine(tmp_path_factory):
    table = demo_table("wine")
    out = tmp_path_factory.mktemp("runs") / "wine"
    options = FitOptions(target=table.target, command=["contextures", "fit", "wine.csv"])
    return table, fit_table(table, out, options)
