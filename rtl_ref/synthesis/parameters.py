"""What can be synthesised: the top modules and their parameters, checked before any tool starts."""

from __future__ import annotations

from collections.abc import Sequence

from ...errors import (
    SpikewattError,
    one_of,
    whole_number,
)
from ...sim.engines.schedule import schedule
from ...sim.network.spiking_network import SpikingNetwork
from .. import design
from ..design import (
    CHAIN,
    CORE,
    DEFAULTS,
    LIMITS,
    MOST_CORES,
    STATE_BITS,
    Parameters,
    unpack,
)
from ..model.core_image import network_images
from ..model.words import check_executable

AXI = "axi_lite_peripheral"
TOPS = (CORE, CHAIN, AXI)
PACKED = ("AXONS", "NEURONS")  # of a chain: one size per core
DEFAULT_CORES = 2


def parameters_of(network: SpikingNetwork, state_bits: int = STATE_BITS) -> dict[str, int | str]:
    """Parameters of snn_top for a network; the input population is the host's work.

    Every network that `verify` runs has them: a chain of dense layers, convolutions and average
    pools, each population on a core of its size.

    Parameters
    ----------
    network : the network
    state_bits : width of a potential, bits, default 24

    Raises
    ------
    DoesNotFitError : a code, rule, size or chain that the cores do not have; as `verify` does.
    """
    check_executable(network)
    network_images(network, schedule(network), state_bits)

    sizes = [p.size for p in network.populations]
    return parameters_of_sizes(sizes, network.weight_bits, state_bits)


def parameters_of_sizes(
    sizes: Sequence[int],
    weight_bits: int = 8,
    state_bits: int = STATE_BITS,
) -> dict[str, int | str]:
    """Parameters of snn_top for layers of given sizes.

    Parameters
    ----------
    sizes : neurons of each layer, the input first
    weight_bits : width of a signed weight, bits, default 8
    state_bits : width of a potential, bits, default 24

    Raises
    ------
    SpikewattError : no input or no layer, or a size that does not fit into 16 bits.

    >>> parameters_of_sizes([784, 48, 10])["CORES"]
    2
    """
    if len(sizes) < 2:
        law = "must name an input and a layer"
        raise SpikewattError("synth: sizes", law, sizes, "e.g. [784, 48, 10]")

    for size in sizes:
        whole_number("synth: sizes", "must fit into 16 bits", size, 1, 65535)

    return design.chain_parameters(sizes, weight_bits, state_bits)


def check_parameters(parameters: Parameters, top: str) -> dict[str, int | str]:
    """`parameters`, checked before any tool is started.

    Parameters
    ----------
    parameters : of the module
    top : ``integrate_and_fire_core``, ``snn_top`` or ``axi_lite_peripheral``

    Raises
    ------
    SpikewattError : another module, or a parameter that it cannot have, which is named.
    """
    one_of(
        "synth.top",
        "must be a module that can be synthesised",
        top,
        TOPS,
    )
    if top != CORE:
        names, packed = {*LIMITS, "CORES"} - {"INDEX"}, PACKED
    else:
        names, packed = set(LIMITS), ()

    for name, value in parameters.items():
        where = f"synth: {name}"
        one_of(where, "unknown parameter", name, names)
        if name == "CORES":
            whole_number(
                where,
                "must be the length of the chain",
                value,
                1,
                MOST_CORES,
            )
        elif name in packed:
            for size in unpack(str(value)):
                whole_number(
                    where,
                    "must be a size of a core",
                    size,
                    *LIMITS[name],
                )
        else:
            whole_number(
                where,
                "must be a size of the core",
                value,
                *LIMITS[name],
            )

    if top != CORE:
        _check_lengths(parameters)
    design.check_parameters({**DEFAULTS, **parameters})
    return dict(parameters)


def _check_lengths(parameters: Parameters) -> None:
    """Axons and neurons of a chain name as many cores as it has."""
    cores = parameters.get("CORES", DEFAULT_CORES)
    lengths = []
    for name in PACKED:
        sizes = str(parameters.get(name, design.CHAIN_DEFAULTS[name]))
        lengths.append(len(unpack(sizes)))

    if set(lengths) != {cores}:
        law = "AXONS and NEURONS have one size per core"
        raise SpikewattError("synth: CORES", law, lengths, cores)
