"""A bitstream that tests a network on a board: memories, one sample, and what must come of it.

The chain itself has hundreds of ports, which no package has pins for; `self_test.sv` has three:
clk, done and passed.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from .... import files
from ....errors import SpikewattError
from ....sim.engines.schedule import schedule
from ....sim.engines.simulate import simulate
from ....sim.network.spiking_network import SpikingNetwork
from ...design import STATE_BITS, sources_of
from ...model.core_image import CoreImage, network_images
from ...model.golden import GoldenChain
from ...model.words import MARK, Word, words
from ..families.fitting import check_memories
from ..families.registry import family_of
from ..fpga import DEVICE, YOSYS
from ..parameters import parameters_of
from ..tools import program, read_command, run_tools, run_yosys, write_scratch

TOP = "self_test"
PREFIX = "self_"  # of the files' names, as the module's defaults say
MEMORIES = {
    "synapses": "synapses",
    "potentials": "initial_potential",
    "thresholds": "threshold",
    "biases": "bias",
}


def self_test_bitstream(
    network: SpikingNetwork,
    sample: np.ndarray,
    path: Path,
    *,
    device: str = DEVICE,
    pins: Path | None = None,
    steps: int | None = None,
    cycles_per_sop: int = 2,
) -> Path:
    """Write a bitstream in which the network runs one sample and checks its read-out.

    Parameters
    ----------
    network : that `verify` takes
    sample : one input as the Keras model takes it
    path : of the bitstream
    device : ECP5 or iCE40, default LFE5U-45F
    pins : constraints of the board (.lpf, .pcf) for clk, done and passed; default the placer's
        choice, which fits no board
    steps : of a rate network
    cycles_per_sop : default 2

    Raises
    ------
    DoesNotFitError : a memory that the device cannot hold.
    SpikewattError : a family without a packer here, or a tool that failed.
    """
    family, sized = family_of(device)
    packing = family.pack(sized, pins is not None)
    if packing is None:
        law = "is made for the ECP5 and the iCE40: this family's placer wants a pin for every port"
        raise SpikewattError("synth.bitstream", law, device)

    parameters = {**parameters_of(network), "CYCLES_PER_SOP": cycles_per_sop}
    check_memories(parameters, "snn_top", family, sized)
    yosys, placer = program(YOSYS), program(family.placer, family.extra)
    packer = program(family.packer, family.extra)
    with tempfile.TemporaryDirectory(prefix="spikewatt-") as name:
        folder = Path(name)
        for source in sources_of(TOP):
            shutil.copyfile(source, folder / source.name)
        count = write_sample(network, sample, folder, steps, cycles_per_sop)
        if pins is not None:
            shutil.copyfile(pins, folder / "pins")

        lines = [
            read_command({**parameters, "WORDS": count}, TOP),
            f"{family.synthesis(TOP, sized)} -json netlist.json",
        ]
        run_yosys(yosys, folder, "synth", lines, "Yosys must synthesise the design")
        place, pack = packing
        command = [placer, *place, "--json", "netlist.json", "--timing-allow-fail", "--quiet"]
        run_tools({"place.log": command}, folder, "nextpnr must place and route the design")
        run_tools({"pack.log": [packer, *pack]}, folder, "the packer must write a bitstream")
        files.write(path, (folder / "bitstream").read_bytes())

    return path


def write_sample(
    network: SpikingNetwork,
    sample: np.ndarray,
    folder: Path,
    steps: int | None = None,
    cycles_per_sop: int = 2,
) -> int:
    """Write the memories, the words of one sample and the potentials that it must end with.

    Parameters
    ----------
    network : that `verify` takes
    sample : one input as the Keras model takes it
    folder : to write into
    steps : of a rate network
    cycles_per_sop : default 2

    Returns
    -------
    The number of words.
    """
    plan = schedule(network, steps)
    images = network_images(network, plan, STATE_BITS)
    trace = simulate(network, np.asarray(sample)[None], "reference", steps, rasters=1)
    raster = trace.rasters[network.populations[0].name][0]
    sent = [*words(network, plan, raster)]
    if sent[-1].kind != MARK:
        sent.append(Word(kind=MARK))

    chain = GoldenChain.of(images, STATE_BITS, cycles_per_sop)
    chain.restart()
    for word in sent:
        chain.send(word)

    expected = chain.cores[-1].potential.tolist()
    for number, image in enumerate(images, start=1):
        _write_memories(folder, number, image, network.weight_bits)
    _write(folder / f"{PREFIX}sent.hex", [event_word(word) for word in sent], 32)
    _write(folder / f"{PREFIX}expected.hex", expected, STATE_BITS)
    return len(sent)


def event_word(word: Word) -> int:
    """A word in the format of the register EVENT.

    >>> hex(event_word(Word(axon=5))), hex(event_word(Word(kind=3, target=2)))
    ('0x5', '0xb2000000')
    """
    if word.axon is not None:
        return word.axon

    return 1 << 31 | word.kind << 28 | word.target << 24


def _write_memories(folder: Path, number: int, image: CoreImage, weight_bits: int) -> None:
    axons, neurons = image.synapses.shape
    row = 1 << max(1, (neurons - 1).bit_length())
    synapses = np.zeros((axons, row), np.int64)
    synapses[:, :neurons] = image.synapses
    for name, field in MEMORIES.items():
        values = synapses if name == "synapses" else getattr(image, field)
        bits = weight_bits if name == "synapses" else STATE_BITS
        _write(folder / f"{PREFIX}core{number:02d}_{name}.hex", values.ravel().tolist(), bits)


def _write(path: Path, values: Sequence[int], bits: int) -> None:
    digits = -(-bits // 4)
    mask = (1 << bits) - 1
    write_scratch(path, "".join(f"{value & mask:0{digits}x}\n" for value in values))
