"""Whether a design fits into a device: which memory takes what, and what would fit instead."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from ....errors import DoesNotFitError, SpikewattError
from ...design import CORE, Parameters, chain_parameters, memories, unpack
from .family import Device, Family, Resources
from .registry import FAMILIES

Sizes = Mapping[str, tuple[int, int]]  # memory -> width [bits], depth [words]
SHOWN = 4  # memories that an error names
LEAST_WEIGHT_BITS = 2


def check_memories(parameters: Parameters, top: str, family: Family, device: Device) -> None:
    """Raise DoesNotFitError where the synapses alone are too many, before any tool starts.

    Parameters
    ----------
    parameters : of the module
    top : ``integrate_and_fire_core``, ``snn_top`` or ``axi_lite_peripheral``
    family, device : to place it on
    """
    blocks = blocks_of(memories_of(parameters, top), family)
    synapses = {name: count for name, count in blocks.items() if name.endswith("synapses")}
    if sum(synapses.values()) > device.has.block_rams:
        raise _too_many_blocks(synapses, parameters, top, family, device)


def check_netlist(
    cells: Mapping[str, int],
    blocks: Mapping[str, int],
    parameters: Parameters,
    top: str,
    family: Family,
    device: Device,
) -> None:
    """Raise DoesNotFitError where a netlist takes more than the device has.

    Parameters
    ----------
    cells : type of cell -> count
    blocks : memory -> block RAMs that it takes
    parameters : of the module
    top : of the netlist
    family, device : to place it on
    """
    needed, has = family.needed(cells), device.has
    if needed.block_rams > has.block_rams:
        raise _too_many_blocks(blocks, parameters, top, family, device)

    what_and_counts = {
        "LUTs": (needed.luts, has.luts),
        "flip-flops": (needed.flip_flops, has.flip_flops),
        "multipliers": (needed.multipliers, has.multipliers),
    }
    for what, (count, most) in what_and_counts.items():
        if count > most:
            raise DoesNotFitError(
                f"synth: {top}",
                f"the {what} of the design fit into {device.name}",
                f"{count:,} of {most:,} {what}",
                _larger(needed) or "fewer cores",
            )


def no_site(error: SpikewattError, cells: Mapping[str, int], device: Device) -> SpikewattError:
    """What a placer that ran out of sites says, in our words; any other error as it is.

    Parameters
    ----------
    error : of the placer
    cells : type of cell -> count
    device : to place on

    >>> from .registry import family_of
    >>> said = "no BELs remaining to implement cell type 'TRELLIS_RAMW'"
    >>> error = SpikewattError("synth", "must place", said)
    >>> no_site(error, {}, family_of("LFE5U-12F")[1]).got
    'no site left for TRELLIS_RAMW'
    """
    found = re.search(r"no BELs remaining to implement cell type '?(\w+)", str(error.got))
    if found is None:
        return error

    kind = found[1]
    count = f" ({cells[kind]:,} in the netlist)" if kind in cells else ""
    return DoesNotFitError(
        "synth",
        f"the placer finds a site for every cell in {device.name}",
        f"no site left for {kind}{count}",
        "a larger device",
    )


def memories_of(parameters: Parameters, top: str) -> dict[str, tuple[int, int]]:
    """Width [bits] and depth [words] of each memory of a design, in words: ``core 1: synapses``."""
    found = {}
    chain = CORE if top == CORE else "snn_top"
    for name, size in memories(parameters, chain).items():
        found[named(name)] = size

    return found


def named(path: str) -> str:
    """Memory of a hierarchical name, in words.

    >>> named("chain.g_core[0].core.synapses.memory.0.0"), named("biases.memory.0.0")
    ('core 1: synapses', 'biases')
    """
    core = re.search(r"g_core\[(\d+)\]", path)
    prefix = f"core {int(core[1]) + 1}: " if core else ""
    memory = re.search(r"(synapses|potentials|thresholds|biases|queue)(?:\.|$)", path)
    return prefix + (memory[1] if memory else "other")


def blocks_of(sizes: Sizes, family: Family) -> dict[str, int]:
    """Memory -> fewest block RAMs that hold it; 0 of those that lie in LUTs.

    >>> from .ecp5 import Ecp5
    >>> blocks_of({"core 1: synapses": (8, 65536), "core 1: biases": (24, 48)}, Ecp5())
    {'core 1: synapses': 32, 'core 1: biases': 0}
    """
    found = {}
    for name, (width, depth) in sizes.items():
        in_luts = depth < family.least_block_words
        found[name] = 0 if in_luts else family.blocks(width, depth)

    return found


def _too_many_blocks(
    blocks: Mapping[str, int],
    parameters: Parameters,
    top: str,
    family: Family,
    device: Device,
) -> DoesNotFitError:
    """The error that names the memories that take most, and what would fit."""
    by_size = sorted(blocks, key=lambda name: blocks[name], reverse=True)
    listed = [f"{name} {blocks[name]}" for name in by_size[:SHOWN] if blocks[name]]
    if len(by_size) > SHOWN and blocks[by_size[SHOWN]]:
        listed.append("…")

    total, most = sum(blocks.values()), device.has.block_rams
    return DoesNotFitError(
        f"synth: {by_size[0]}",
        f"the memories fit into the block RAMs of {device.name}",
        f"{total:,} of {most:,} {family.block_ram} ({', '.join(listed)})",
        " or ".join(_remedies(parameters, top, family, device)) or "smaller layers",
    )


def _remedies(parameters: Parameters, top: str, family: Family, device: Device) -> Iterator[str]:
    """What would fit: another device, fewer bits, a smaller layer."""
    for other, count in _devices_that_hold(parameters, top):
        yield f"{other.name} ({count} of {other.has.block_rams})"
        break

    bits = int(parameters.get("WEIGHT_BITS", 8))
    for fewer in range(bits - 1, LEAST_WEIGHT_BITS - 1, -1):
        if _fits({**parameters, "WEIGHT_BITS": fewer}, top, family, device):
            yield f"weights of {fewer} bits"
            break

    yield from _smaller_layer(parameters, top, family, device)


def _devices_that_hold(parameters: Parameters, top: str) -> Iterator[tuple[Device, int]]:
    """Devices of all families with enough block RAMs, the smallest first."""
    found = []
    for family in FAMILIES:
        count = sum(blocks_of(memories_of(parameters, top), family).values())
        for device in family.devices.values():
            if count <= device.has.block_rams:
                found.append((device, count))

    yield from sorted(found, key=lambda entry: entry[0].has.luts)


def _smaller_layer(
    parameters: Parameters, top: str, family: Family, device: Device
) -> Iterator[str]:
    """The largest power of two for one hidden layer that makes the chain fit."""
    if top == CORE or "AXONS" not in parameters:
        return

    axons, neurons = unpack(str(parameters["AXONS"])), unpack(str(parameters["NEURONS"]))
    sizes = [axons[0], *neurons]
    hidden = range(1, len(sizes) - 1)
    largest_first = sorted(hidden, key=lambda layer: sizes[layer], reverse=True)
    bits, state = int(parameters.get("WEIGHT_BITS", 8)), int(parameters.get("STATE_BITS", 24))
    for layer in largest_first:
        for power in reversed(range((sizes[layer] - 1).bit_length())):
            smaller = [*sizes[:layer], 1 << power, *sizes[layer + 1 :]]
            if _fits(chain_parameters(smaller, bits, state), top, family, device):
                yield f"{1 << power} neurons in core {layer}"
                return


def _fits(parameters: Parameters, top: str, family: Family, device: Device) -> bool:
    blocks = blocks_of(memories_of(parameters, top), family)
    return sum(blocks.values()) <= device.has.block_rams


def _larger(needed: Resources) -> str | None:
    """The smallest device that has all that is needed."""
    fitting = []
    for family in FAMILIES:
        for device in family.devices.values():
            if max(needed.share_of(device.has).values()) <= 1:
                fitting.append(device)

    smallest = min(fitting, key=lambda device: device.has.luts, default=None)
    return smallest.name if smallest else None
