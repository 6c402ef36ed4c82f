"""Workers of a Dask cluster; each does its work in a process of its own, as local ones do."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlparse

from ....errors import SpikewattError
from ....installed import not_installed
from ..network_points import Simulation
from .local import Found, Workers
from .network import NetworkFound

PATIENCE_S = 5.0  # to reach the scheduler
ALLOWED = "tcp://HOST:PORT of a Dask scheduler"

_workers = Workers()


def work_on_cluster(simulation: Simulation) -> NetworkFound:
    """What a Dask worker does: it hands the point to its own process, and waits."""
    return _workers.work(simulation)


class DaskWork:
    """Network points on the workers of a cluster.

    Parameters
    ----------
    address : str
        Of the scheduler, ``tcp://host:port``.

    Raises
    ------
    SpikewattError
        No scheduler answers within a few seconds.
    MissingToolError
        Dask is not installed.
    """

    def __init__(self, address: str):
        self.address = address
        _check_address(address)
        try:
            from distributed import Client
        except ImportError as error:
            raise not_installed("sweep.scheduler", "needs Dask", "distributed") from error
        try:
            self.client = Client(address, timeout=PATIENCE_S, set_as_default=False)
        except (OSError, TimeoutError, ValueError) as error:
            raise _unreachable(address, str(error)) from error
        if not self.client.scheduler_info()["workers"]:
            self.client.close()
            law = "has workers"
            raise SpikewattError(f"sweep.scheduler {address}", law, "none", "dask worker ADDRESS")

    def __enter__(self) -> DaskWork:
        return self

    def __exit__(self, *_: Any) -> None:
        self.client.close()

    def run(self, simulations: Iterable[Simulation]) -> Iterator[Found]:
        """Each with what was found, as they come; what a lost worker did is done again."""
        from distributed import as_completed

        asked: dict[Any, tuple[Any, Simulation]] = {}  # a future is held until its result is here
        for simulation in simulations:
            future = self.client.submit(work_on_cluster, simulation, pure=False)
            asked[future.key] = (future, simulation)
        with self.client.as_current():
            finished = as_completed([future for future, _ in asked.values()])
        for future in finished:
            _, simulation = asked.pop(future.key)
            yield simulation, self._result(future)

    def _result(self, future: Any) -> NetworkFound:
        from distributed import KilledWorker
        from distributed.comm.core import CommClosedError

        try:
            return future.result()
        except KilledWorker as error:
            return NetworkFound(reason=f"its workers died: {str(error)[:200]}", passing=True)
        except (CommClosedError, OSError) as error:
            raise _unreachable(self.address, str(error)) from error
        except ModuleNotFoundError as error:
            law = "its workers can import what the sweep needs"
            where = f"sweep.scheduler {self.address}"
            raise SpikewattError(where, law, str(error)) from error


def _check_address(address: str) -> None:
    """Raise where nobody listens, before a library tries for a long time."""
    parts = urlparse(address)
    try:
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if parts.scheme not in ("tcp", "tls") or not host or not port:
        law = "must be the address of a scheduler"
        raise SpikewattError("sweep.scheduler", law, repr(address), ALLOWED)
    try:
        socket.create_connection((host, port), PATIENCE_S).close()
    except OSError as error:
        raise _unreachable(address, error.strerror or str(error)) from error


def _unreachable(address: str, said: str) -> SpikewattError:
    return SpikewattError(f"sweep.scheduler {address}", "must answer", said[:200], ALLOWED)
