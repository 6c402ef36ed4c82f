"""Which image belongs to which chip."""

from __future__ import annotations

from ...models.odin.chips import ODIN, TINY_ODIN, OdinChip
from .image import OdinImage
from .network import OdinNetwork
from .tiny_image import TinyOdinImage

IMAGES: dict[OdinChip, type[OdinImage] | type[TinyOdinImage]] = {
    ODIN: OdinImage,
    TINY_ODIN: TinyOdinImage,
}


def image_of(network: OdinNetwork) -> OdinImage | TinyOdinImage:
    """Where a network lies on its chip.

    >>> import numpy as np
    >>> layers, thresholds = [np.array([[7, -2]])], [np.array([9, 9])]
    >>> net = OdinNetwork(layers, thresholds, "rate", "potential", chip="tinyodin")
    >>> type(image_of(net)).__name__
    'TinyOdinImage'
    """
    return IMAGES[network.chip].of(network)
