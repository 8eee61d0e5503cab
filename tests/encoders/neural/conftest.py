"""What tests of the neural encoder share."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("lightning_fabric")
torch.set_num_threads(1)
