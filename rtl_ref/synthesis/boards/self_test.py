"""A bitstream that tests a network on a board: memories, one sample, and what must come of it.

The chain itself has hundreds of ports, which no package has pins for; `self_test.sv` has three:
clk, done and passed.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import numpy as np

from .... import files
from ....errors import SpikewattError
from ....sim.engines.schedule import schedule
from ....sim.engines.simulate import simulate
from ....sim.network.spiking_network import SpikingNetwork
from ...design import STATE_BITS, sources_of
from ...model.core_image import network_images
from ...model.golden import GoldenChain
from ...model.hex_files import WORD_BITS, hex_text, memory_files, sent_word
from ...model.words import MARK, Word, words
from ..families.fitting import check_memories
from ..families.registry import family_of
from ..fpga import DEVICE, YOSYS
from ..parameters import parameters_of
from ..tools import program, read_command, run_tools, run_yosys, write_scratch

TOP = "self_test"
PREFIX = "self_"  # of the files' names, as the module's defaults say


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
    texts = memory_files(images, network.weight_bits, STATE_BITS)
    texts["sent.hex"] = hex_text([sent_word(word) for word in sent], WORD_BITS)
    texts["expected.hex"] = hex_text(expected, STATE_BITS)
    for name, text in texts.items():
        write_scratch(folder / f"{PREFIX}{name}", text)

    return len(sent)
