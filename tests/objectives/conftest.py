"""What tests of the objectives share."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

sys.path.insert(0, str(Path(__file__).parent))
torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def seeded():
    """Draw the same numbers in every test, whatever ran before it."""
    torch.manual_seed(0)
