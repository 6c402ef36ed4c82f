"""What was compiled for a network is kept while the network is there."""

from __future__ import annotations

import copy
import weakref
from collections import OrderedDict
from collections.abc import Callable
from threading import RLock
from typing import Any

from ...network.spiking_network import SpikingNetwork
from ..schedule import Schedule

MOST = 4  # networks, each with one schedule


class Kept:
    """The runners used last, each until its network is gone.

    Equal networks share one, whatever object they are.

    Parameters
    ----------
    make : (network, plan) -> runner.
    """

    def __init__(self, make: Callable[[SpikingNetwork, Schedule], Any]):
        self.make = make
        self.lock = RLock()
        self.runners: OrderedDict[tuple, Any] = OrderedDict()
        self.users: dict[str, weakref.WeakSet] = {}  # hash -> networks that are there

    def of(self, network: SpikingNetwork, plan: Schedule) -> Any:
        """The runner of `network` under `plan`."""
        key = (network.hash, plan.steps, plan.largest)
        with self.lock:
            self._used_by(network)
            if key not in self.runners:
                # Its own object, or the network would never be gone; the numbers are shared.
                self.runners[key] = self.make(_twin(network), plan)
            self.runners.move_to_end(key)
            while len(self.runners) > MOST:
                self.runners.popitem(last=False)
            return self.runners[key]

    def there(self, network: SpikingNetwork, plan: Schedule) -> Any:
        """The runner of `network` under `plan`, if there is one; else None."""
        with self.lock:
            return self.runners.get((network.hash, plan.steps, plan.largest))

    def _used_by(self, network: SpikingNetwork) -> None:
        """Remember `network`, and forget its runners once it is gone."""
        users = self.users.setdefault(network.hash, weakref.WeakSet())
        if network not in users:
            users.add(network)
            weakref.finalize(network, self._gone, network.hash)

    def _gone(self, digest: str) -> None:
        """A network of this hash is gone: if it was the last, so are its runners."""
        with self.lock:
            if list(self.users.get(digest, ())):
                return
            self.users.pop(digest, None)
            for key in [key for key in self.runners if key[0] == digest]:
                del self.runners[key]


def _twin(network: SpikingNetwork) -> SpikingNetwork:
    """Another object with the same populations and connections."""
    twin = object.__new__(type(network))
    twin.__dict__.update(copy.copy(network.__dict__))
    return twin
