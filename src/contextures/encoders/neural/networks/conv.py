"""A small convolutional network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from torch import Tensor, nn

from contextures.encoders.neural.networks.base import Network, check_numbers
from contextures.encoders.neural.networks.layers import Standardise
from contextures.exceptions import InputError

SMALLEST = 3
"""A side of the image below which it is not halved."""


class ConvBlock(nn.Module):
    """A residual block of two 3 x 3 convolutions."""

    def __init__(self, width: int) -> None:
        super().__init__()
        groups = next(g for g in (8, 4, 2, 1) if width % g == 0)
        self.layers = nn.Sequential(
            nn.GroupNorm(groups, width),
            nn.GELU(),
            nn.Conv2d(width, width, 3, padding=1),
            nn.GroupNorm(groups, width),
            nn.GELU(),
            nn.Conv2d(width, width, 3, padding=1),
        )

    def forward(self, image: Tensor) -> Tensor:
        """Transform channels of shape (n, width, h, w)."""
        moved: Tensor = self.layers(image)
        return image + moved


class ConvNet(Network):
    """Images, a row of pixels each: residual blocks of convolutions, halved in between.

    Parameters
    ----------
    image_shape : sequence of int
        (height, width), or (channels, height, width).
    n_outputs : int
        Columns of the output.
    width : int, default=32
        Channels of the first block; each halving doubles them, up to four times.
    depth : int, default=3
        Residual blocks.

    Examples
    --------
    >>> import torch
    >>> from contextures.encoders.neural.networks import ConvNet
    >>> ConvNet((8, 8), n_outputs=16, width=8, depth=1)(torch.randn(5, 64)).shape
    torch.Size([5, 16])
    """

    kind: ClassVar[str] = "conv"

    def __init__(
        self, image_shape: Sequence[int], n_outputs: int, width: int = 32, depth: int = 3
    ) -> None:
        super().__init__()
        self.shape = _check_shape(image_shape)
        channels, height, breadth = self.shape
        self.standardise = Standardise(channels * height * breadth)
        layers: list[nn.Module] = [nn.Conv2d(channels, width, 3, padding=1)]
        now = width
        for _ in range(depth):
            layers.append(ConvBlock(now))
            if min(height, breadth) >= SMALLEST:
                wider = min(2 * now, 4 * width)
                layers.append(nn.Conv2d(now, wider, 3, stride=2, padding=1))
                now, height, breadth = wider, (height + 1) // 2, (breadth + 1) // 2
        self.layers = nn.Sequential(*layers, nn.GELU(), nn.Flatten())
        self.head = nn.Sequential(
            nn.LayerNorm(now * height * breadth), nn.Linear(now * height * breadth, n_outputs)
        )

    @classmethod
    def arguments(cls, sample: Tensor, n_outputs: int, options: dict[str, Any]) -> dict[str, Any]:
        """Give the plan for rows of pixels."""
        shape = _check_shape(options.pop("image_shape", None))
        n_pixels = check_numbers(sample, cls.kind).shape[1]
        if shape[0] * shape[1] * shape[2] != n_pixels:
            raise InputError(
                f"image_shape={shape} has {shape[0] * shape[1] * shape[2]} pixels, but rows have "
                f"{n_pixels}; give the shape of one row"
            )
        return {"image_shape": list(shape), "n_outputs": n_outputs, **options}

    def adapt(self, sample: Tensor) -> None:
        """Standardise by the mean and the spread of each channel."""
        channels = self.shape[0]
        parts = sample.double().reshape(len(sample), channels, -1)
        spread = parts.std(dim=(0, 2), unbiased=False)
        size = parts.shape[2]
        self.standardise.mean.copy_(parts.mean(dim=(0, 2)).repeat_interleave(size))
        self.standardise.scale.copy_(spread.where(spread > 0, 1.0).repeat_interleave(size))

    def forward(self, rows: Tensor) -> Tensor:
        """Compute the outputs of rows of pixels.

        Parameters
        ----------
        rows : torch.Tensor of shape (n, p)
            Rows of pixels.

        Returns
        -------
        torch.Tensor of shape (n, d)
            The outputs.
        """
        pixels = self.standardise(rows.to(self.standardise.mean.dtype))
        outputs: Tensor = self.head(self.layers(pixels.reshape(-1, *self.shape)))
        return outputs


def _check_shape(shape: Any) -> tuple[int, int, int]:
    if shape is None:
        raise InputError(
            "the network 'conv' needs the shape of an image; give "
            "network_options={'image_shape': (height, width)}"
        )
    sizes = tuple(int(size) for size in shape)
    if len(sizes) not in (2, 3) or min(sizes) < 1:
        raise InputError(
            f"image_shape={shape!r} is not possible; give (height, width) or "
            "(channels, height, width)"
        )
    whole = sizes if len(sizes) == 3 else (1, *sizes)
    return whole[0], whole[1], whole[2]
