"""Data-parallel training computes the gradient of the joined batch, exactly."""

from __future__ import annotations

import json

import pytest
import torch.multiprocessing
from cases import MADE
from two_processes import work


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    folder = tmp_path_factory.mktemp("processes")
    torch.multiprocessing.spawn(work, args=(str(folder),), nprocs=2)
    return [json.loads((folder / f"{rank}.json").read_text()) for rank in range(2)]


RISKS = [(name, "under risk") for name in ("supervised_mse", "class_balanced_mse", "denoising")]


@pytest.mark.parametrize(("name", "options"), [*MADE, *RISKS])
def test_two_processes_equal_one(found, name, options):
    """Every process has the joined batch's loss, and DDP's average is its gradient."""
    for results in found:
        variants = {key: v for key, v in results.items() if key.startswith(f"{name} {options} ")}
        assert variants
        for numbers in variants.values():
            assert numbers["loss"] < 1e-10
            assert numbers["gradient"] < 1e-10
            assert numbers["size"] > 1e-3
            # Unsynchronised losses differ, so equality is not for nothing.
            assert numbers["unsynchronised"] > 1e-6


def test_kernel_matrices_are_refused(found):
    for results in found:
        assert "give kernel features" in results["gram"]
