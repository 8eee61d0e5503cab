"""Images as contexts: cropped, flipped, turned and partly erased."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from contextures._arrays import Array, FloatArray, IntArray
from contextures._checks import check_rows
from contextures.contexts.draws import Draws
from contextures.contexts.image_sampling import bilinear, bilinear_grid, pixel_centres
from contextures.contexts.samplers import SamplerContext
from contextures.exceptions import InputError

ERASED_RATIO = (0.3, 1 / 0.3)

BLOCK_NUMBERS = 65_536
"""Numbers drawn at a time on a CPU: what a resampling writes down between stays in its cache."""


class ImageContext(SamplerContext):
    """A is the image x, randomly cropped, turned, flipped and partly erased.

    X has a row an image, its pixels flattened, and so has A. Each step is left out by its
    parameter. The first three are one resampling, between pixels by bilinear interpolation; what
    lies beyond the image is read at its border.

    Parameters
    ----------
    image_shape : tuple of int
        (height, width), or (channels, height, width).
    crop : tuple of float or None, default=(0.4, 1.0)
        The least and the most of the area that a crop keeps, before it is blown up to the whole
        image; None for no crop.
    ratio : tuple of float, default=(0.75, 1.333)
        The least and the most width over height of a crop, beside the image's own.
    flip : float, default=0.5
        The chance of a horizontal flip, from 0 to 1.
    angles : tuple of float, default=()
        Degrees by which the image may be turned, counter-clockwise; each has the same chance. List
        0 among them to leave some as they are. Images that are not square keep their frame.
    erase : float, default=0.0
        The chance that a rectangle is erased, from 0 to 1: its pixels take their fitted mean.
    erased : tuple of float, default=(0.02, 0.33)
        The least and the most of the area that is erased.

    Notes
    -----
    For the angle itself as the context of a turned image, see :func:`rotated_images`.

    Cost: O(c h w) a draw.

    References
    ----------
    arXiv 2504.19792, table 1.1. Crops: Szegedy et al. (CVPR 2015); erasing: Zhong et al.,
    arXiv 1708.04896.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_digits
    >>> from contextures.contexts import ImageContext
    >>> X = load_digits().data
    >>> context = ImageContext((8, 8), crop=(0.6, 1.0), flip=0.0).fit(X)
    >>> context.sample(X[:3], np.random.default_rng(0)).shape
    (3, 64)
    """

    kind = "transformed images"
    meaning = (
        "Images are alike when cropping, flipping or turning could make one look like the other."
    )
    law = "A = the image x, randomly cropped, turned, flipped and partly erased"
    label = "the images, cropped, turned, flipped or erased at random"

    def __init__(
        self,
        image_shape: tuple[int, ...],
        crop: tuple[float, float] | None = (0.4, 1.0),
        ratio: tuple[float, float] = (0.75, 1.333),
        flip: float = 0.5,
        angles: tuple[float, ...] = (),
        erase: float = 0.0,
        erased: tuple[float, float] = (0.02, 0.33),
    ) -> None:
        self.image_shape = image_shape
        self.crop = crop
        self.ratio = ratio
        self.flip = flip
        self.angles = angles
        self.erase = erase
        self.erased = erased

    def _check(self) -> None:
        check_shape(self.image_shape)
        if self.crop is not None:
            check_range(self.crop, "crop", most=1.0)
            check_range(self.ratio, "ratio")
        for name in ("flip", "erase"):
            value = getattr(self, name)
            if isinstance(value, bool) or not np.isreal(value) or not 0 <= value <= 1:
                raise InputError(f"{name}={value!r} is not possible; give a chance from 0 to 1")
        check_range(self.erased, "erased", most=1.0)
        check_angles(self.angles)
        if self.crop is None and not self.angles and not self.flip and not self.erase:
            raise InputError(
                "this context leaves every image as it is; give one of crop, flip, angles or erase"
            )

    def _learn(self, X: FloatArray) -> None:
        check_pixels(X, self.image_shape)
        self.constants_ = (X.mean(axis=0),)

    def _draw_floats(self, X: Array, draws: Draws, n_views: int) -> Array:
        if not draws.on_cpu:
            return self._draw_block(X, draws, n_views)
        step = max(1, BLOCK_NUMBERS // (n_views * X.shape[1]))
        blocks = [X[start : start + step] for start in range(0, len(X), step)]
        return draws.of.concatenate([self._draw_block(b, draws, n_views) for b in blocks], 1)

    def _draw_block(self, X: Array, draws: Draws, n_views: int) -> Array:
        moved = self._resample(X, draws, n_views)
        if not self.erase:
            return moved
        (hidden_value,) = self._constants.on(draws)
        return draws.of.where(self._draw_erased(draws, n_views, len(X)), hidden_value, moved)

    def _resample(self, X: Array, draws: Draws, n_views: int) -> Array:
        if self.crop is None and not self.angles and not self.flip:
            return draws.of.stack([X] * n_views)
        image_shape = check_shape(self.image_shape)
        shape = (n_views, len(X), 1)
        _, height, width = image_shape
        x, y = pixel_centres(draws, width), pixel_centres(draws, height)
        if self.angles:
            x, y = every_pixel(x, y)
        # Every place is known for every view and image from here on.
        still = draws.wide(draws.constant(np.zeros(shape)))
        x, y = x + still, y + still
        if self.flip:
            x = x * (1 - 2 * draws.wide(draws.chance(self.flip, *shape)))
        if self.angles:
            turns = draws.wide(draws.constant(turn_matrices(self.angles, height, width)))
            x, y = turn(x, y, turns[draws.integers(len(self.angles), *shape)])
        if self.crop is not None:
            area = draws.uniform_between(*self.crop, *shape)
            low, high = (math.log(bound) / 2 for bound in self.ratio)
            root = draws.of.exp(draws.uniform_between(low, high, *shape))
            x = _within(x, (area**0.5 * root).clip(None, 1.0), draws)
            y = _within(y, (area**0.5 / root).clip(None, 1.0), draws)
        # Without turns the places are a grid still.
        read = bilinear if self.angles else bilinear_grid
        return draws.floats(read(draws, X, x, y, image_shape))

    def _draw_erased(self, draws: Draws, n_views: int, n: int) -> Array:
        """Draw which pixels are erased, of shape (n_views, n, c * h * w)."""
        channels, height, width = check_shape(self.image_shape)
        shape = (n_views, n, 1)
        area = draws.uniform_between(*self.erased, *shape) * (height * width)
        low, high = (math.log(bound) / 2 for bound in ERASED_RATIO)
        root = draws.of.exp(draws.uniform_between(low, high, *shape))
        rows = self._draw_run(draws, area**0.5 * root, height)
        columns = self._draw_run(draws, area**0.5 / root, width)
        some = draws.chance(self.erase, *shape)[..., None]
        erased = rows[..., :, None] & columns[..., None, :] & some
        return draws.join([erased.reshape(n_views, n, -1)] * channels)

    @staticmethod
    def _draw_run(draws: Draws, length: Array, size: int) -> Array:
        """Draw a run of about ``length`` of ``size`` places, at least one: True on it."""
        length = length.round().clip(1, size)
        start = draws.of.floor(draws.uniform(*length.shape) * (size - length + 1))
        places = draws.constant(np.arange(size))
        return (places >= start) & (places < start + length)


def rotated_images(
    X: Any, image_shape: tuple[int, ...], angles: Sequence[float] = (0, 90, 180, 270)
) -> tuple[FloatArray, IntArray]:
    """Turn every image by every angle, and number the angles: rotation as a class.

    The turned image is the input and its angle the context, so what is given here is fitted as
    labelled rows: ``encoder.fit(rows, classes)`` over a :class:`LabelContext`.

    Parameters
    ----------
    X : array-like of shape (n, p)
        Images, flattened.
    image_shape : tuple of int
        (height, width), or (channels, height, width).
    angles : sequence of float
        Degrees, counter-clockwise.

    Returns
    -------
    rows : ndarray of shape (n_angles * n, p)
        All images turned by the first angle, then all by the second, and so on.
    classes : ndarray of int of shape (n_angles * n,)
        The number of the angle.

    References
    ----------
    Gidaris et al., arXiv 1803.07728.

    Examples
    --------
    >>> import numpy as np
    >>> from contextures.contexts import rotated_images
    >>> rows, classes = rotated_images(np.eye(2).reshape(1, 4), (2, 2), angles=(0, 90))
    >>> rows.tolist(), classes.tolist()
    ([[1.0, 0.0, 0.0, 1.0], [0.0, 1.0, 1.0, 0.0]], [0, 1])
    """
    channels, height, width = check_shape(image_shape)
    check_angles(angles)
    if len(angles) < 2:
        raise InputError(f"angles={angles!r} are too few for classes; give at least two")
    rows = check_rows(X)
    check_pixels(rows, image_shape)
    draws = Draws(rows, np.random.default_rng(0))
    x, y = every_pixel(pixel_centres(draws, width), pixel_centres(draws, height))
    still = np.zeros((len(angles), len(rows), 1))
    turns = turn_matrices(angles, height, width)[:, None, None]
    x, y = turn(x + still, y + still, turns)
    turned = bilinear(draws, rows, x, y, (channels, height, width))
    return turned.reshape(-1, rows.shape[1]), np.repeat(np.arange(len(angles)), len(rows))


def turn_matrices(angles: Sequence[float], height: int, width: int) -> FloatArray:
    """Give, for each angle, the matrix from a place in the turned image to one in the image."""
    radians = np.deg2rad(np.asarray(angles, dtype=np.float64))
    # Rounded, so that quarter turns land on the pixels themselves.
    cosines, sines = np.round(np.cos(radians), 15), np.round(np.sin(radians), 15)
    aspect = height / width
    return np.stack([[cosines, -sines * aspect], [sines / aspect, cosines]]).transpose(2, 0, 1)


def every_pixel(x: Array, y: Array) -> tuple[Array, Array]:
    """Give x and y at every pixel, line by line, from those of columns and lines."""
    still = x[None, :] * 0 + y[:, None] * 0
    return (x[None, :] + still).reshape(-1), (y[:, None] + still).reshape(-1)


def turn(x: Array, y: Array, matrices: Array) -> tuple[Array, Array]:
    """Apply matrices (..., 1, 2, 2) to places (..., k)."""
    return (
        matrices[..., 0, 0] * x + matrices[..., 0, 1] * y,
        matrices[..., 1, 0] * x + matrices[..., 1, 1] * y,
    )


def check_shape(image_shape: Any) -> tuple[int, int, int]:
    """Give (channels, height, width), or say what is wrong with the shape."""
    sizes = tuple(image_shape) if isinstance(image_shape, Sequence) else ()
    whole = all(isinstance(size, int | np.integer) and size > 0 for size in sizes)
    if len(sizes) not in (2, 3) or not whole:
        raise InputError(
            f"image_shape={image_shape!r} is not possible; give (height, width) or "
            "(channels, height, width)"
        )
    channels, height, width = (1, *sizes) if len(sizes) == 2 else sizes
    return int(channels), int(height), int(width)


def check_pixels(X: FloatArray, image_shape: Any) -> None:
    """Check that rows have a value for every pixel and channel."""
    wanted = math.prod(check_shape(image_shape))
    if X.shape[1] != wanted:
        raise InputError(
            f"image_shape={image_shape!r} has {wanted} values, but X has {X.shape[1]} columns; "
            "give a flattened image a row"
        )


def check_range(value: Any, name: str, most: float = math.inf) -> None:
    """Check that this is a range (least, most) of numbers above zero."""
    try:
        low, high = value
        possible = bool(0 < low <= high <= most and high < math.inf)
    except (TypeError, ValueError):
        possible = False
    if not possible:
        upper = f", at most {most:g}" if most < math.inf else ""
        raise InputError(
            f"{name}={value!r} is not possible; give (least, most), both above zero{upper}"
        )


def check_angles(angles: Any) -> None:
    """Check that these are finite numbers."""
    try:
        possible = bool(np.isfinite(np.asarray(angles, dtype=np.float64)).all())
    except (TypeError, ValueError):
        possible = False
    if not possible or np.ndim(angles) != 1:
        raise InputError(f"angles={angles!r} are not possible; give degrees, such as (0, 90)")


def _within(place: Array, half: Array, draws: Draws) -> Array:
    """Shrink places to a window of half the width ``half``, at random within -1 to 1."""
    return draws.uniform_between(-1, 1, *half.shape) * (1 - half) + half * place
