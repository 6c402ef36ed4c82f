"""Which hardware points of a space can be the answer: a core needs its host, a rule is a guess."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from ....energy.cards.load import load_card
from ....energy.devices.registry import device_kind
from ..axes import Axis, Block
from .axes import HARDWARE_AXES, NO_HOST
from .points import Structure


class Deciding:
    """What can lie on the front, be the best, and be what a search looks for.

    A core alone can read no pixel and show no result: where the space prices it beside a host,
    too, the two together decide. A device whose prices have no range decides nothing.

    Parameters
    ----------
    blocks : sequence of Block
        All blocks of the hardware.
    """

    def __init__(self, blocks: Sequence[Block]):
        self.ranged: set[str] = set()
        self.hosted: set[str] = set()
        for block in blocks:
            axes = {axis.name: axis.values for axis in block}
            for device in map(str, axes["device"]):
                card = load_card(device)
                if device_kind(card).has_range:
                    self.ranged.add(device)
                hosts = axes["host"] if HARDWARE_AXES["host"].applies(card) else ()
                if any(host != NO_HOST for host in hosts):
                    self.hosted.add(device)

    def __call__(self, structure: Structure) -> bool:
        """Whether a structure decides."""
        is_whole = structure.host is not None or structure.device not in self.hosted
        return structure.device in self.ranged and is_whole

    def devices(self, axis: Axis) -> Axis:
        """The axis of devices without those that decide nothing, unless none is left."""
        return _only(axis, lambda device: device in self.ranged)

    def hosts(self, axis: Axis, device: str) -> Axis:
        """The axis of hosts without those beside which `device` decides nothing."""
        return _only(axis, lambda host: host != NO_HOST or device not in self.hosted)


def _only(axis: Axis, decides: Callable[[str], bool]) -> Axis:
    kept = tuple(value for value in axis.values if decides(str(value)))
    return replace(axis, values=kept) if kept else axis
