"""What follows the sums of a layer: a ReLU, or an activation with few levels."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Protocol

from ..keras_backend import import_keras

FIRST_CLIP = 4.0  # of a QCFS that is yet to be trained


class Activation(Protocol):
    """What a network has after each of its layers."""

    @property
    def levels(self) -> int | None:
        """Values above 0 that it can give; None where any."""
        ...

    def layer(self, name: str, clip: float | None) -> Any:
        """A new Keras layer.

        Parameters
        ----------
        name : str
            Of the layer that it follows.
        clip : float or None
            Largest value, of a trained network with few levels.
        """
        ...


@dataclass(frozen=True)
class Rectified:
    """y = max(x, 0)."""

    levels: None = None

    def layer(self, name: str, clip: float | None) -> Any:
        """A ReLU."""
        return import_keras().layers.ReLU(name=f"{name}_relu")


@dataclass(frozen=True)
class LearnedClip:
    """QCFS with a clip that is trained."""

    levels: int

    def layer(self, name: str, clip: float | None) -> Any:
        """A `QCFS`."""
        from ..quantised_layers import QCFS

        return QCFS(self.levels, clip or FIRST_CLIP, name=f"{name}_qcfs")


@dataclass(frozen=True)
class PowerOfTwoSteps:
    """Steps 2^-k between levels.

    Parameters
    ----------
    levels : int
    bits : int or None
        k of every layer; None where each layer has its own, which then follows from its clip.
    """

    levels: int
    bits: int | None = None

    def layer(self, name: str, clip: float | None) -> Any:
        """A `KBitReLU`; a `QCFS` where the step is above 1."""
        from ..quantised_layers import QCFS, KBitReLU

        if clip is None:
            clip = self.levels * 2.0 ** -(self.bits or 0)
        bits = round(-math.log2(clip / self.levels))
        if bits < 0:
            return QCFS(self.levels, clip, name=f"{name}_qcfs")
        return KBitReLU(bits, clip, name=f"{name}_kbit")


def activation_of(said: object) -> Activation:
    """The activation that the facts of a network name.

    Examples
    --------
    >>> activation_of("relu").levels, activation_of({"qcfs": 3}).levels
    (None, 3)
    >>> activation_of({"power_of_two": 15, "bits": 1})
    PowerOfTwoSteps(levels=15, bits=1)
    """
    if said == "relu":
        return Rectified()
    assert isinstance(said, dict)
    if "qcfs" in said:
        return LearnedClip(said["qcfs"])
    return PowerOfTwoSteps(said["power_of_two"], said.get("bits"))
