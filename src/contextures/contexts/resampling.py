"""Images read at other places than their pixels."""

from __future__ import annotations

import numpy as np

from contextures.contexts.draws import Array, Draws


def pixel_grid(draws: Draws, height: int, width: int) -> tuple[Array, Array]:
    """Give x and y of the pixel centres, of shape (h * w,), where the image spans -1 to 1."""
    y, x = np.meshgrid(
        (2 * np.arange(height) + 1) / height - 1,
        (2 * np.arange(width) + 1) / width - 1,
        indexing="ij",
    )
    return draws.wide(draws.constant(x.ravel())), draws.wide(draws.constant(y.ravel()))


def bilinear(draws: Draws, images: Array, x: Array, y: Array, shape: tuple[int, int, int]) -> Array:
    """Read images at points, between pixels by bilinear interpolation.

    Parameters
    ----------
    draws : Draws
        What kind of arrays these are.
    images : ndarray or torch.Tensor of shape (n, c * h * w)
        The images.
    x, y : ndarray or torch.Tensor of shape (n_views, n, k)
        Points, from -1 to 1 across the image; those beyond are read at its border.
    shape : tuple of int
        (c, h, w).

    Returns
    -------
    ndarray or torch.Tensor of shape (n_views, n, c * k)
        What was read, channel by channel.
    """
    channels, height, width = shape
    left, right, x_share = _neighbours(draws, x, width)
    top, bottom, y_share = _neighbours(draws, y, height)
    pixels = images.reshape(-1)
    first = draws.constant(np.arange(len(images)))[:, None] * (channels * height * width)
    parts = []
    for channel in range(channels):
        upper = first + channel * height * width + top * width
        lower = upper + (bottom - top) * width
        above = _between(pixels[upper + left], pixels[upper + right], x_share)
        below = _between(pixels[lower + left], pixels[lower + right], x_share)
        parts.append(_between(above, below, y_share))
    return draws.join(parts) if channels > 1 else parts[0]


def _neighbours(draws: Draws, place: Array, size: int) -> tuple[Array, Array, Array]:
    """Give the pixels on either side of places along one axis, and the share of the second."""
    at = (((place + 1) * size - 1) / 2).clip(0, size - 1)
    low = draws.whole(at)
    return low, (low + 1).clip(0, size - 1), at - low


def _between(one: Array, other: Array, share: Array) -> Array:
    return one + share * (other - one)
