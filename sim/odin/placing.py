"""What the images of all chips do alike: indices of neurons, checks, read-only arrays."""

from __future__ import annotations

import numpy as np

from ...errors import SpikewattError
from ...models.odin.chips import OdinChip
from .network import OdinNetwork

NOWHERE = -1  # the index of an axon that is not there


def consecutive(network: OdinNetwork, start: int) -> tuple[np.ndarray, ...]:
    """Indices of the neurons, layer after layer from `start` on."""
    found = []
    for layer in network.layers:
        end = start + layer.shape[1]
        found.append(np.arange(start, end))
        start = end
    return tuple(found)


def freeze(*values) -> None:
    """Make the arrays among them read-only."""
    for value in values:
        if isinstance(value, np.ndarray):
            value.setflags(write=False)


def check_chip(where: str, network: OdinNetwork, chip: OdinChip) -> None:
    """Raise where a network is not for this chip."""
    if network.chip != chip:
        law = f"places networks for {chip.title}"
        raise SpikewattError(where, law, str(network.chip), str(chip))


def checked_pixels(where: str, network: OdinNetwork, pixels) -> np.ndarray:
    """(samples, ...) pixels in the range of the network, as many as it has inputs."""
    pixels = np.asarray(pixels)

    is_images = pixels.dtype == np.uint8 and pixels.ndim >= 2
    if not is_images or int(np.prod(pixels.shape[1:])) != network.inputs:
        raise SpikewattError(
            where=where,
            law="images fit the network",
            got=f"{pixels.dtype} {pixels.shape}",
            allowed=f"(samples, ...) uint8 of {network.inputs} pixels each",
        )

    brightest = int(pixels.max(initial=0))
    if brightest > network.largest_pixel:
        raise SpikewattError(
            where=where,
            law="pixels are within the range",
            got=brightest,
            allowed=f"0..{network.largest_pixel}",
        )
    return pixels
