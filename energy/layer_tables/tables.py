"""Which networks of int8 layers a user means: by a table's name, by a CSV, by a network's file."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from ...errors import SpikewattError
from ..kernels.law import Int8Layer
from .layer_table import LAYERS, chosen, read_networks

if TYPE_CHECKING:
    import pandas as pd

# Tables that come with spikewatt.
SHIPPED = MappingProxyType({"mlperf_tiny": LAYERS})


def networks_in(
    table: str | Path | pd.DataFrame, network: str | None = None
) -> dict[str, tuple[Int8Layer, ...]]:
    """Name of each network -> its layers in order.

    Parameters
    ----------
    table : str, Path or DataFrame
        A name of SHIPPED, in any case; a CSV or frame with the columns of
        ``energy/data/mlperf_tiny_layers.csv``; or the file of a trained network, which is called by
        the name of its file; or ``zoo:NAME``.
    network : str, optional
        Only this one.

    Raises
    ------
    SpikewattError
        No such table or file, no such network in it; as `layer_table.read_networks` and
        `trained_network.layers_of_network`.

    Examples
    --------
    >>> list(networks_in("MLPerf Tiny"))
    ['AD', 'IC', 'KWS', 'VWW', 'SWW']
    >>> len(networks_in("mlperf_tiny", "ic")["IC"])
    16
    """
    networks = _all_in(table)
    if network is None:
        return networks
    name, layers = chosen(networks, network)
    return {name: layers}


def layers_in(
    table: str | Path | pd.DataFrame, network: str | None = None
) -> tuple[Int8Layer, ...]:
    """The layers of one network, as of `networks_in`; `network` may be left out where it is alone.

    >>> layers_in("mlperf_tiny", "KWS")[0].macs
    320000
    """
    return chosen(_all_in(table), network)[1]


def _all_in(table: str | Path | pd.DataFrame) -> dict[str, tuple[Int8Layer, ...]]:
    if not isinstance(table, str | Path):
        return read_networks(table)

    from ...models.loading.formats import TRAINED, is_trained

    name = str(table).lower().replace("-", "_").replace(" ", "_")
    path = Path(table)
    if name in SHIPPED:
        return read_networks(SHIPPED[name])
    if is_trained(path):
        from .trained_network import layers_of_network

        return {path.stem: layers_of_network(path)}
    if not path.suffix and not path.exists():
        raise SpikewattError(
            "layer table",
            "must come with spikewatt, or be a file",
            repr(str(table)),
            f"{', '.join(SHIPPED)}; the path of a CSV, or a network ({TRAINED})",
        )
    return read_networks(table)
