"""What tests of several floors share."""

from __future__ import annotations

import os
import shutil
from importlib.util import find_spec

import pytest

# One BLAS thread: with several test processes more only get in each other's way.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

# These collect networks among all else.
collect_ignore = [] if find_spec("torch") else ["test_mutations.py", "test_repr.py"]


def pytest_addoption(parser):
    parser.addoption(
        "--device",
        default="cpu",
        help="Where tests that are given tensors have them: cpu, or cuda where there is a GPU.",
    )


class Kind:
    """Rows as arrays or as tensors on a device, and what was made of them as arrays."""

    def __init__(self, device):
        self.device = device

    def given(self, values):
        if self.device is None:
            return values
        import torch

        return torch.as_tensor(np.ascontiguousarray(values), device=self.device)

    def taken(self, found):
        """Check that what was made is of the kind that was given; give it as an array."""
        if self.device is None:
            assert type(found) is np.ndarray
            return found
        import torch

        assert type(found) is torch.Tensor and found.device.type == self.device
        assert found.dtype is torch.float64
        return found.cpu().numpy()


@pytest.fixture(params=["arrays", "tensors"])
def kind(request):
    """Arrays, and tensors on the device that ``--device`` names."""
    if request.param == "arrays":
        return Kind(None)
    torch = pytest.importorskip("torch")
    device = request.config.getoption("--device")
    if device == "cuda" and not torch.cuda.is_available():
        pytest.fail("--device cuda needs a GPU; leave it out")
    return Kind(device)


BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def browser():
    """A headless Chromium, or a failure that says how to get one."""
    if os.environ.get("CONTEXTURES_NO_BROWSER") == "1":
        pytest.skip("CONTEXTURES_NO_BROWSER=1")
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.fail(
            "No Chromium was found; install one with 'apt-get install chromium', or set "
            "CONTEXTURES_NO_BROWSER=1 to skip the browser tests."
        )
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=found, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield chromium
        chromium.close()
