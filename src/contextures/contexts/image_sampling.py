"""Images read at other places than their pixels."""

from __future__ import annotations

import numpy as np

from contextures._arrays import Array
from contextures.contexts.draws import Draws


def pixel_centres(draws: Draws, size: int) -> Array:
    """Give the places of the pixels along an axis that the image spans from -1 to 1."""
    return draws.wide(draws.constant((2 * np.arange(size) + 1) / size - 1))


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


def bilinear_grid(
    draws: Draws, images: Array, x: Array, y: Array, shape: tuple[int, int, int]
) -> Array:
    """Read images on a grid: what :func:`bilinear` gives there, several times as fast.

    Parameters
    ----------
    draws, images, shape
        As in :func:`bilinear`.
    x : ndarray or torch.Tensor of shape (n_views, n, w)
        Places of the grid's columns.
    y : ndarray or torch.Tensor of shape (n_views, n, h)
        Places of its rows.

    Returns
    -------
    ndarray or torch.Tensor of shape (n_views, n, c * h * w)
        What was read.
    """
    channels, height, width = shape
    n_views, n = y.shape[:2]
    first = draws.constant(np.arange(n * channels).reshape(n, channels, 1)) * height
    top, bottom, share = (part[:, :, None] for part in _neighbours(draws, y, height))
    lines = images.reshape(-1, width)
    read = _between(lines[first + top], lines[first + bottom], share[..., None])
    # Whole lines are copied quickest, so columns are laid out as lines for the second step.
    lines = read.swapaxes(-1, -2).reshape(-1, height)
    first = draws.constant(np.arange(n_views * n * channels).reshape(n_views, n, channels, 1))
    left, right, share = (part[:, :, None] for part in _neighbours(draws, x, width))
    first = first * width
    read = _between(lines[first + left], lines[first + right], share[..., None])
    return read.swapaxes(-1, -2).reshape(n_views, n, -1)


def _neighbours(draws: Draws, place: Array, size: int) -> tuple[Array, Array, Array]:
    """Give the pixels on either side of places along one axis, and the share of the second."""
    at = (((place + 1) * size - 1) / 2).clip(0, size - 1)
    low = draws.whole(at)
    return low, (low + 1).clip(0, size - 1), at - low


def _between(one: Array, other: Array, share: Array) -> Array:
    return one + share * (other - one)
