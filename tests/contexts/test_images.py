"""Images as contexts: crops, flips, turns and erased rectangles."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits

from contextures.contexts import ImageContext, LabelContext, rotated_images
from contextures.contexts.draws import Draws
from contextures.contexts.image_sampling import bilinear
from contextures.exceptions import InputError
from contextures.spectrum import decompose

RNG = np.random.default_rng(0)
DIGITS = load_digits().data[:50]
COLOUR = RNG.standard_normal((20, 3 * 6 * 5))


def as_images(rows, *shape):
    return rows.reshape(*rows.shape[:-1], *shape)


def test_reading_between_pixels_is_torchs_grid_sample():
    """Parity with torch's bilinear sampling at the border, for images of several channels."""
    torch = pytest.importorskip("torch")
    x, y = RNG.uniform(-1.3, 1.3, (2, 4, 20, 11))
    ours = bilinear(Draws(COLOUR, RNG), COLOUR, x, y, (3, 6, 5))
    for view in range(4):
        theirs = torch.nn.functional.grid_sample(
            torch.as_tensor(as_images(COLOUR, 3, 6, 5)),
            torch.as_tensor(np.stack([x[view], y[view]], axis=-1))[:, None],
            padding_mode="border",
            align_corners=False,
        )
        np.testing.assert_allclose(ours[view], theirs.reshape(20, -1).numpy(), atol=1e-12)


def test_quarter_turns_are_exact_and_classes_number_them():
    rows, classes = rotated_images(DIGITS, (8, 8))
    assert rows.shape == (200, 64)
    for k in range(4):
        expected = np.rot90(as_images(DIGITS, 8, 8), k, axes=(1, 2)).reshape(50, 64)
        np.testing.assert_allclose(rows[classes == k], expected, atol=1e-12)
    spectrum = decompose(LabelContext(), rows, 3, y=classes)
    np.testing.assert_allclose(spectrum.singular_values, 1)


def test_turns_of_a_context_are_among_its_angles():
    context = ImageContext((8, 8), crop=None, flip=0, angles=(0, 90)).fit(DIGITS)
    drawn = context.sample(DIGITS, np.random.default_rng(0), 40)
    turned = np.rot90(as_images(DIGITS, 8, 8), axes=(1, 2)).reshape(50, 64)
    still = np.isclose(drawn, DIGITS).all(axis=-1)
    moved = np.isclose(drawn, turned).all(axis=-1)
    assert (still | moved).all()
    assert still.mean() == pytest.approx(0.5, abs=0.05)


def test_flips_come_with_their_chance_and_mirror_every_channel():
    context = ImageContext((3, 6, 5), crop=None, flip=0.3).fit(COLOUR)
    drawn = context.sample(COLOUR, np.random.default_rng(0), 100)
    mirrored = as_images(COLOUR, 3, 6, 5)[..., ::-1].reshape(20, -1)
    flipped = np.isclose(drawn, mirrored).all(axis=-1)
    assert (flipped | np.isclose(drawn, COLOUR).all(axis=-1)).all()
    assert flipped.mean() == pytest.approx(0.3, abs=0.05)


def test_crops_show_a_window_of_the_area_asked_for():
    """On the image of its own coordinates a crop reads as the window it shows."""
    y, x = np.meshgrid(np.arange(40.0), np.arange(30.0), indexing="ij")
    ramps = np.stack([x.ravel(), y.ravel()])
    context = ImageContext((40, 30), crop=(0.25, 0.5), ratio=(0.8, 1.25), flip=0).fit(ramps)
    drawn = as_images(context.sample(ramps, np.random.default_rng(0), 500), 40, 30)
    same = context.sample(np.stack([ramps[0], ramps[0]]), np.random.default_rng(0), 500)
    np.testing.assert_allclose(as_images(same, 40, 30)[:, 0], drawn[:, 0])
    wide = (drawn[:, 0, 20, 20] - drawn[:, 0, 20, 10]) / 10  # shares of the image's width
    tall = (drawn[:, 1, 25, 15] - drawn[:, 1, 15, 15]) / 10
    assert 0.25 * 0.8 - 1e-9 <= (wide**2).min() <= (wide**2).max() <= 0.5 * 1.25 + 1e-9
    assert 0.25 * 0.8 - 1e-9 <= (tall**2).min() <= (tall**2).max() <= 0.5 * 1.25 + 1e-9
    for channel, size in ((0, 30), (1, 40)):
        window = drawn[:, channel]
        assert window.min() < 0.1 * size
        assert window.max() > 0.9 * size - 1
        assert window.min() >= 0
        assert window.max() <= size - 1


def test_erased_rectangles_hold_the_mean_and_their_share_of_the_area():
    context = ImageContext((3, 16, 12), None, flip=0, erase=0.7, erased=(0.1, 0.3))
    rows = RNG.standard_normal((30, 3 * 16 * 12))
    drawn = context.fit(rows).sample(rows, np.random.default_rng(0), 50)
    gone = drawn != rows
    np.testing.assert_allclose(drawn[gone], np.broadcast_to(rows.mean(axis=0), drawn.shape)[gone])
    gone = as_images(gone, 3, 16, 12)
    assert (gone == gone[:, :, :1]).all()  # the same in every channel
    share = gone.mean(axis=(2, 3, 4))
    assert (share > 0).mean() == pytest.approx(0.7, abs=0.05)
    assert 0.07 < share[share > 0].min() < share.max() < 0.35
    rows_hit, columns_hit = gone[:, :, 0].any(axis=3), gone[:, :, 0].any(axis=2)
    np.testing.assert_array_equal(gone[:, :, 0], rows_hit[..., None] & columns_hit[..., None, :])


BAD = [
    (lambda: ImageContext((8,)), r"image_shape=\(8,\)"),
    (lambda: ImageContext((8, 0)), r"image_shape=\(8, 0\)"),
    (lambda: ImageContext((8, 9)), "has 72 values, but X has 64 columns"),
    (lambda: ImageContext((8, 8), crop=(0.5, 1.5)), r"crop=\(0.5, 1.5\).*at most 1"),
    (lambda: ImageContext((8, 8), crop=0.5), "crop=0.5"),
    (lambda: ImageContext((8, 8), ratio=(2, 1)), r"ratio=\(2, 1\)"),
    (lambda: ImageContext((8, 8), flip=1.5), "flip=1.5"),
    (lambda: ImageContext((8, 8), angles=90), "angles=90"),
    (lambda: ImageContext((8, 8), angles=("a",)), "angles="),
    (lambda: ImageContext((8, 8), crop=None, flip=0), "leaves every image as it is"),
]


@pytest.mark.parametrize(("make", "message"), BAD, ids=[message for _, message in BAD])
def test_bad_parameters_are_named_with_the_mend(make, message):
    with pytest.raises(InputError, match=message):
        make().fit(DIGITS)


def test_classes_need_two_angles():
    with pytest.raises(InputError, match="at least two"):
        rotated_images(DIGITS, (8, 8), (0,))
