"""A column's offset changes neither what is learned nor how new rows are embedded."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from contextures.contexts import (
    CutMixContext,
    KNNContext,
    NoiseContext,
    PairContext,
    RandomMaskContext,
    SCARFContext,
)
from contextures.encoders import NeuralEncoder, load_encoder, save_encoder
from contextures.encoders.neural.tensors import as_tensor, far_offsets, shifted

ROWS = np.random.default_rng(0).standard_normal((150, 3))
NEW = np.random.default_rng(1).standard_normal((20, 3))
NEXT = ROWS + 0.3 * np.random.default_rng(2).standard_normal((150, 3))
QUICK = {
    "n_components": 2,
    "max_steps": 40,
    "batch_size": 64,
    "n_outputs": 8,
    "network_options": {"width": 32, "depth": 2},
    "random_state": 0,
}


class NextContext(PairContext):
    """Pairs whose A lies in the space of X, as windows of a series do."""

    same_space = True


CASES = {
    "neighbours": (KNNContext(6), None, "ratio_trace"),
    "neighbours, network on A": (KNNContext(6), None, "vicreg"),
    "noise": (NoiseContext(0.5), None, "ratio_trace"),
    "noise, one network": (NoiseContext(0.5), None, "vicreg"),
    "noise, predicted": (NoiseContext(0.5), None, "denoising"),
    "corruption": (SCARFContext(0.4), None, "vicreg"),
    "normal corruption": (SCARFContext(0.4, marginal="normal"), None, "ratio_trace"),
    "mixtures": (CutMixContext(0.4), None, "vicreg"),
    "masks": (RandomMaskContext(mask_rate=0.3), None, "masked_reconstruction"),
    "masks, ratio trace": (RandomMaskContext(mask_rate=0.3), None, "ratio_trace"),
    "pairs": (PairContext(), NEXT, "ratio_trace"),
    "pairs in one space": (NextContext(), NEXT, "ratio_trace"),
    "pairs as targets": (PairContext(), NEXT, "supervised_mse"),
}


def learned(name, offset):
    context, contexts, objective = CASES[name]
    moved = np.array([offset, 0.0, 0.0])
    y = None if contexts is None else contexts + moved
    encoder = NeuralEncoder(context, objective=objective, **QUICK).fit(ROWS + moved, y)
    return encoder, NEW + moved


@pytest.mark.parametrize("name", list(CASES))
def test_an_offset_changes_coordinates_by_rounding_only(name):
    plain, new = learned(name, 0.0)
    expected = plain.transform(new)
    for offset in (1e6, 1e8):
        far, moved = learned(name, offset)
        np.testing.assert_allclose(far.transform(moved), expected, atol=2e-3, err_msg=str(offset))
        np.testing.assert_allclose(far.singular_values_, plain.singular_values_, atol=1e-5)


@pytest.mark.parametrize("name", ["neighbours", "noise, one network", "normal corruption"])
def test_offsets_are_saved(name, tmp_path):
    far, moved = learned(name, 1e8)
    save_encoder(far, tmp_path)
    restored = load_encoder(tmp_path)
    np.testing.assert_array_equal(restored.transform(moved), far.transform(moved))
    kept = far.truncated(1).transform(moved)
    np.testing.assert_allclose(kept, far.transform(moved)[:, :1], atol=1e-12)


def test_encoders_saved_without_offsets_still_load(tmp_path):
    """Files of releases that shifted nothing hold no offsets; nor do those of rows near zero."""
    plain, new = learned("neighbours", 0.0)
    save_encoder(plain, tmp_path)
    restored = load_encoder(tmp_path)
    assert restored._offsets is None
    np.testing.assert_array_equal(restored.transform(new), plain.transform(new))


def test_columns_near_zero_are_left_in_their_units():
    """A network of the caller's own gets the numbers given, unless digits are at stake."""
    seen = []

    class Watching(nn.Module):
        def __init__(self, n_outputs):
            super().__init__()
            self.linear = nn.Linear(3, n_outputs)

        def forward(self, rows):
            seen.append(rows.detach())
            return self.linear(rows)

    rows = ROWS + np.array([0.0, 100.0, 1e7])
    NeuralEncoder(
        KNNContext(6), 2, network=lambda sample, n: Watching(n), max_steps=3, batch_size=64
    ).fit(rows)
    means = torch.cat(seen).mean(dim=0)
    assert abs(means[1] - 100) < 1
    assert abs(means[2]) < 1
    assert far_offsets(ROWS + 100, "mlp") is not None
    assert far_offsets(ROWS + 10, "mlp") is None
    assert far_offsets(np.full((5, 2), 255.0), "conv") is None


def test_channels_of_an_image_are_shifted_as_a_whole():
    """A pixel that is nearly always white is no column far from zero."""
    images = np.random.default_rng(0).uniform(0, 255, (40, 32))
    images[:, ::4] = 255 - (np.arange(40) == 3)[:, None]
    options = {"image_shape": (2, 4, 4)}
    assert far_offsets(images, "conv", options) is None
    moved = far_offsets(images + np.repeat([0.0, 1e6], 16), "conv", options)
    np.testing.assert_array_equal(moved[:16], 0)
    np.testing.assert_allclose(moved[16:], 1e6 + images[:, 16:].mean(), atol=1e-6)


def test_rows_and_draws_lose_no_digits():
    rows = ROWS + np.array([1e9, 0.0, 0.0])
    offsets = far_offsets(rows, "mlp")
    expected = (rows - offsets).astype(np.float32)
    np.testing.assert_array_equal(as_tensor(rows, offsets=offsets).numpy(), expected)
    views = torch.as_tensor(rows).repeat(2, 1, 1)
    np.testing.assert_array_equal(shifted(views, offsets, 2)[1].numpy(), expected)


@pytest.mark.parametrize(
    "context", [NoiseContext(), SCARFContext(), SCARFContext(marginal="uniform"), CutMixContext()]
)
def test_double_precision_has_the_draws_of_single(context):
    """What is drawn does not depend on the precision of the rows that it is drawn for."""
    fitted = context.fit(ROWS)
    single, double = (
        fitted.sample(torch.as_tensor(ROWS).to(kind), torch.Generator().manual_seed(0), 2)
        for kind in (torch.float32, torch.float64)
    )
    assert double.dtype == torch.float64
    np.testing.assert_allclose(double.numpy(), single.numpy(), atol=1e-6)
