"""Text files that load an OdinImage into the chip or its RTL, and back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...errors import FileFormatError, SpikewattError, whole_number
from .image import ALL, OdinImage
from .network import INDICES

SYNAPSE_FILE, NEURON_FILE, REGISTER_FILE, EVENT_FILE, LAYOUT_FILE = (
    "synapses.hex", "neurons.hex", "registers.txt", "events.txt", "LAYOUT.txt",
)  # fmt: skip
SYNAPSES_PER_WORD = 8
SYNAPSE_WORDS = INDICES * INDICES // SYNAPSES_PER_WORD
LIF, DISABLED_BIT = 1, 127
LEAK_BIT, LEAK_ENABLE_BIT, THRESHOLD_BIT = 1, 8, 9
SIGNS_PER_REGISTER, FIRST_SIGN_REGISTER, REGISTERS = 16, 2, 26
SPIKE, TIME_REFERENCE_ALL, TIME_REFERENCE_ONE = 0x07, 0x7F, 0xFF

LAYOUT = """\
Content of an ODIN core (ChFrenkel/ODIN), one network. Bit positions are those of doc/README.md sections 2 to 4 of that repository
and agree with src/neuron_core.v, src/synaptic_core.v and src/spi_slave.v. The files were not loaded into a chip.

synapses.hex   8192 lines, one 32-bit word each, for $readmemh. Address {pre[7:0], post[7:3]}.
               Bits 4i+3..4i are the synapse of post = 8 * (address mod 32) + i: bit 3 mapping (1 = there is a synapse), bits 2..0 weight.
neurons.hex    256 lines, one 128-bit word each, address = neuron.
               bit 0 model (1 = LIF) | 7..1 leak_str | 8 leak_en | 16..9 thr | 17 ca_en (0: no learning) | 39..18 learning (0)
               77..70 potential (0) | 85..78 learning state (0) | 127 neur_disable | all other bits unused (0).
               Unused neurons are disabled and keep threshold 255; they get no weight, and cost their cycles all the same.
registers.txt  address, value in hexadecimal, name. There is no reset value: write all of them, SPI_GATE_ACTIVITY = 1 first, which opens
               the memories to SPI, and again with 0 when the memories are loaded. Bit i of the register at address 2 + k is the sign of
               axon 16 k + i (1 = inhibitory). A potential is read as byte 8 (its bits 1..0 in bits 7..6) and byte 9 (its bits 7..2 in
               bits 5..0) of its word.
events.txt     one 17-bit AERIN_ADDR in hexadecimal per line, in order. Spike event {0, axon, 0x07}; time reference of all {0, 0, 0x7F},
               of one neuron {0, neuron, 0xFF}. Time references follow when the core is idle again: they would overtake queued spikes.
"""


def export(image: OdinImage, folder, events: list[int] | None = None) -> None:
    """Write synapses.hex, neurons.hex, registers.txt, LAYOUT.txt and, if there are `events`, events.txt into a new or empty folder.

    Parameters
    ----------
    events : of one inference, as `OdinImage.encode` gives them; the time references behind it are added.

    Raises
    ------
    SpikewattError : a folder that holds something, or an event that is no index.
    """
    folder = Path(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise SpikewattError(
            str(folder), "the folder to export into is new or empty", "something in it"
        )
    lines = None if events is None else _event_lines(image, events)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / LAYOUT_FILE).write_text(LAYOUT)
    nibbles = image.synapses.reshape(SYNAPSE_WORDS, SYNAPSES_PER_WORD).astype(np.uint32)
    words = (nibbles << (4 * np.arange(SYNAPSES_PER_WORD, dtype=np.uint32))).sum(axis=1)
    _write(folder / SYNAPSE_FILE, [f"{word:08x}" for word in words.tolist()])
    neurons = [
        LIF | leak << LEAK_BIT | enable << LEAK_ENABLE_BIT | threshold << THRESHOLD_BIT | (1 - enabled) << DISABLED_BIT
        for leak, enable, threshold, enabled in zip(
            image.leak.tolist(), image.leak_enable.astype(int).tolist(), image.threshold.tolist(), image.enabled.astype(int).tolist(),
            strict=True,
        )
    ]  # fmt: skip
    _write(folder / NEURON_FILE, [f"{word:032x}" for word in neurons])
    _write(
        folder / REGISTER_FILE,
        [f"{address} {value:05x} {name}" for address, value, name in registers(image)],
    )
    if lines is not None:
        _write(folder / EVENT_FILE, lines)


def registers(image: OdinImage) -> list[tuple[int, int, str]]:
    """(address, value, name) of every configuration register, as it is while the network runs."""
    signs = image.inhibitory.reshape(-1, SIGNS_PER_REGISTER) @ (1 << np.arange(SIGNS_PER_REGISTER))
    found = [(0, 0, "SPI_GATE_ACTIVITY"), (1, int(image.open_loop), "SPI_OPEN_LOOP")]
    found += [
        (FIRST_SIGN_REGISTER + k, int(value), f"SPI_SYN_SIGN[{16 * k + 15}:{16 * k}]")
        for k, value in enumerate(signs)
    ]
    rest = (
        "SPI_BURST_TIMEREF", "SPI_AER_SRC_CTRL_nNEUR", "SPI_OUT_AER_MONITOR_EN", "SPI_MONITOR_NEUR_ADDR", "SPI_MONITOR_SYN_ADDR",
        "SPI_UPDATE_UNMAPPED_SYN", "SPI_PROPAGATE_UNMAPPED_SYN", "SPI_SDSP_ON_SYN_STIM",
    )  # fmt: skip
    return found + [(18 + k, 0, name) for k, name in enumerate(rest)]


def _event_lines(image: OdinImage, events: list[int]) -> list[str]:
    meaning = {int(axon): f"input {i}, excitatory" for i, axon in enumerate(image.excitatory_axons)}
    meaning |= {
        int(axon): f"input {i}, inhibitory" for i, axon in enumerate(image.inhibitory_axons)
    } | {image.bias_axon: "bias"}
    lines = []
    for i, event in enumerate(events):
        whole_number(f"export: event {i}", "must be an index", event, 0, INDICES - 1)
        lines.append(f"{event << 8 | SPIKE:05x} // {meaning.get(event, 'no input')}")
    for neuron in image.reset_time_references:
        address = TIME_REFERENCE_ALL if neuron == ALL else neuron << 8 | TIME_REFERENCE_ONE
        lines.append(
            f"{address:05x} // time reference, {'all neurons' if neuron == ALL else f'neuron {neuron}'}"
        )
    return lines


def _write(path: Path, lines: list[str]) -> None:
    path.write_text("\n".join(lines) + "\n")


@dataclass(frozen=True, eq=False)
class OdinMemories:
    """What exported files hold: synapses (256, 256) uint8 [pre, post]; inhibitory, threshold, leak, leak_enable, enabled (256,)."""

    synapses: np.ndarray
    inhibitory: np.ndarray
    threshold: np.ndarray
    leak: np.ndarray
    leak_enable: np.ndarray
    enabled: np.ndarray
    open_loop: bool


def read_export(folder) -> OdinMemories:
    """Read what `export` wrote, which `OdinTwin` takes field by field; raises FileFormatError where the files are not whole."""
    folder = Path(folder)
    words = np.array(_numbers(folder / SYNAPSE_FILE, SYNAPSE_WORDS, 32), np.uint32)
    synapses = (
        (words[:, None] >> (4 * np.arange(SYNAPSES_PER_WORD, dtype=np.uint32)) & 15)
        .astype(np.uint8)
        .reshape(INDICES, INDICES)
    )
    neurons = _numbers(folder / NEURON_FILE, INDICES, 128)
    found = _numbers(folder / REGISTER_FILE, REGISTERS, 20, column=1)

    def field(bit: int, width: int) -> np.ndarray:
        return np.array([word >> bit & (1 << width) - 1 for word in neurons])

    signs = [
        found[FIRST_SIGN_REGISTER + i // SIGNS_PER_REGISTER] >> i % SIGNS_PER_REGISTER & 1
        for i in range(INDICES)
    ]
    enable, enabled = field(LEAK_ENABLE_BIT, 1) == 1, field(DISABLED_BIT, 1) == 0
    return OdinMemories(
        synapses,
        np.array(signs, bool),
        field(THRESHOLD_BIT, 8),
        field(LEAK_BIT, 7),
        enable,
        enabled,
        bool(found[1]),
    )


def _numbers(path: Path, count: int, bits: int, column: int = 0) -> list[int]:
    """One hexadecimal number per line."""
    if not path.is_file():
        raise FileFormatError(str(path), "must be there", "no such file")
    try:
        found = [int(line.split()[column], 16) for line in path.read_text().splitlines()]
    except (ValueError, IndexError) as error:
        raise FileFormatError(str(path), "holds hexadecimal numbers", str(error)[:80]) from error
    if len(found) != count or not all(0 <= value < 1 << bits for value in found):
        raise FileFormatError(
            str(path), f"holds {count} numbers of {bits} bits", f"{len(found)} numbers"
        )
    return found
