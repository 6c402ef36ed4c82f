"""Text files that load an OdinImage into the chip or its RTL, and back."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ... import files
from ...errors import FileFormatError, whole_number
from ...models.odin import chip
from .image import OdinImage

SYNAPSE_FILE = "synapses.hex"
NEURON_FILE = "neurons.hex"
REGISTER_FILE = "registers.txt"
EVENT_FILE = "events.txt"
LAYOUT_FILE = "LAYOUT.txt"
SUM_FILE = "SHA256SUMS"
LARGEST_FILE = 2**20  # bytes of one of them

# The registers after the signs; all are 0.
OTHER_REGISTERS = (
    "SPI_BURST_TIMEREF",
    "SPI_AER_SRC_CTRL_nNEUR",
    "SPI_OUT_AER_MONITOR_EN",
    "SPI_MONITOR_NEUR_ADDR",
    "SPI_MONITOR_SYN_ADDR",
    "SPI_UPDATE_UNMAPPED_SYN",
    "SPI_PROPAGATE_UNMAPPED_SYN",
    "SPI_SDSP_ON_SYN_STIM",
)

LAYOUT = """\
Content of an ODIN core (ChFrenkel/ODIN), one network. Bit positions are those of doc/README.md
sections 2 to 4 of that repository and agree with src/neuron_core.v, src/synaptic_core.v and
src/spi_slave.v. The files were not loaded into a chip.

synapses.hex   8192 lines, one 32-bit word each, for $readmemh. Address {pre[7:0], post[7:3]}.
               Bits 4i+3..4i are the synapse of post = 8 * (address mod 32) + i: bit 3 mapping
               (1 = there is a synapse), bits 2..0 weight.
neurons.hex    256 lines, one 128-bit word each, address = neuron.
               bit 0 model (1 = LIF) | 7..1 leak_str | 8 leak_en | 16..9 thr |
               17 ca_en (0: no learning) | 39..18 learning (0) | 77..70 potential (0) |
               85..78 learning state (0) | 127 neur_disable | all other bits unused (0).
               Unused neurons are disabled and keep threshold 255; they get no weight, and cost
               their cycles all the same.
registers.txt  address, value in hexadecimal, name. There is no reset value: write all of them,
               SPI_GATE_ACTIVITY = 1 first, which opens the memories to SPI, and again with 0 when
               the memories are loaded. Bit i of the register at address 2 + k is the sign of
               axon 16 k + i (1 = inhibitory). A potential is read as byte 8 (its bits 1..0 in
               bits 7..6) and byte 9 (its bits 7..2 in bits 5..0) of its word.
events.txt     one 17-bit AERIN_ADDR in hexadecimal per line, in order. Spike event
               {0, axon, 0x07}; time reference of all {0, 0, 0x7F}, of one neuron
               {0, neuron, 0xFF}. Time references follow when the core is idle again: they would
               overtake queued spikes.
"""

# Where the eight synapses of a word lie.
SHIFTS = chip.SYNAPSE_BITS * np.arange(chip.SYNAPSES_PER_WORD, dtype=np.uint32)


def export(image: OdinImage, folder: str | Path, events: list[int] | None = None) -> None:
    """Write an image into a new or empty folder, as text files for the chip or its RTL.

    synapses.hex, neurons.hex, registers.txt, LAYOUT.txt and, if there are `events`, events.txt;
    SHA256SUMS over all of them, as ``sha256sum -c`` takes it.

    Parameters
    ----------
    image : OdinImage
        What is written.
    folder : path
        Made where it is not there.
    events : list of int, optional
        Of one inference, as `OdinImage.encode` gives them; the time references after it are added.

    Raises
    ------
    SpikewattError : a folder that holds something, or an event that is no index.

    Examples
    --------
    >>> import tempfile
    >>> from .network import OdinNetwork
    >>> net = OdinNetwork([np.eye(2, dtype=int)], [np.array([1, 1])], "rate", "potential")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     export(OdinImage.of(net), folder)
    ...     read_export(folder).synapses[:2, :2].tolist()
    [[9, 0], [0, 9]]
    """
    event_lines = None if events is None else _event_lines(image, events)

    with files.new_folder(folder) as new:
        files.write(new / LAYOUT_FILE, LAYOUT)
        _write(new / SYNAPSE_FILE, _synapse_lines(image))
        _write(new / NEURON_FILE, _neuron_lines(image))
        _write(new / REGISTER_FILE, _register_lines(image))
        if event_lines is not None:
            _write(new / EVENT_FILE, event_lines)
        _write(new / SUM_FILE, [f"{_digest(path)}  {path.name}" for path in sorted(new.iterdir())])


def _synapse_lines(image: OdinImage) -> list[str]:
    words = image.synapses.reshape(chip.SYNAPSE_WORDS, chip.SYNAPSES_PER_WORD).astype(np.uint32)
    packed = (words << SHIFTS).sum(axis=1)
    return [f"{word:08x}" for word in packed.tolist()]


def _neuron_lines(image: OdinImage) -> list[str]:
    lines = []
    for neuron in range(chip.NEURONS):
        # Python's integers: a word has 128 bits.
        word = chip.LIF
        word |= int(image.leak[neuron]) << chip.LEAK_BIT
        word |= int(image.leak_enable[neuron]) << chip.LEAK_ENABLE_BIT
        word |= int(image.threshold[neuron]) << chip.THRESHOLD_BIT
        word |= int(not image.enabled[neuron]) << chip.DISABLED_BIT
        lines.append(f"{word:032x}")
    return lines


def _register_lines(image: OdinImage) -> list[str]:
    return [f"{address} {value:05x} {name}" for address, value, name in registers(image)]


def registers(image: OdinImage) -> list[tuple[int, int, str]]:
    """Every configuration register, as it is while the network runs.

    Parameters
    ----------
    image : OdinImage
        What runs.

    Returns
    -------
    list of (address, value, name)
        In the order of the addresses.
    """
    found = [
        (0, 0, "SPI_GATE_ACTIVITY"),
        (1, int(image.open_loop), "SPI_OPEN_LOOP"),
    ]

    width = chip.SIGNS_PER_REGISTER
    bits = 1 << np.arange(width)
    signs = image.inhibitory.reshape(-1, width) @ bits
    for k, value in enumerate(signs.tolist()):
        name = f"SPI_SYN_SIGN[{width * k + width - 1}:{width * k}]"
        found.append((chip.FIRST_SIGN_REGISTER + k, value, name))

    for k, name in enumerate(OTHER_REGISTERS):
        found.append((chip.FIRST_OTHER_REGISTER + k, 0, name))
    return found


def _event_lines(image: OdinImage, events: list[int]) -> list[str]:
    meaning = {int(axon): f"input {i}, excitatory" for i, axon in enumerate(image.excitatory_axons)}
    for i, axon in enumerate(image.inhibitory_axons):
        meaning[int(axon)] = f"input {i}, inhibitory"
    meaning[image.bias_axon] = "bias"

    lines = []
    for i, event in enumerate(events):
        whole_number(f"export: event {i}", "must be an index", event, 0, chip.AXONS - 1)
        word = event << chip.EVENT_INDEX_BIT | chip.SPIKE
        lines.append(f"{word:05x} // {meaning.get(event, 'no input')}")

    for neuron in image.reset_time_references:
        if neuron == chip.ALL_NEURONS:
            word, whose = chip.TIME_REFERENCE_ALL, "all neurons"
        else:
            word = neuron << chip.EVENT_INDEX_BIT | chip.TIME_REFERENCE_ONE
            whose = f"neuron {neuron}"
        lines.append(f"{word:05x} // time reference, {whose}")
    return lines


def _write(path: Path, lines: list[str]) -> None:
    files.write(path, "\n".join(lines) + "\n")


@dataclass(frozen=True, eq=False)
class OdinMemories:
    """What exported files hold, field by field as `OdinTwin` takes it.

    Parameters
    ----------
    synapses : uint8 (256, 256) [pre, post]
        Bits 0..2 the weight, bit 3 set where there is a synapse.
    inhibitory : bool (256,)
        The sign of an axon.
    threshold, leak : int (256,)
        Of each neuron.
    leak_enable, enabled : bool (256,)
        Of each neuron.
    open_loop : bool
        Whether spikes only leave the core.
    """

    synapses: np.ndarray
    inhibitory: np.ndarray
    threshold: np.ndarray
    leak: np.ndarray
    leak_enable: np.ndarray
    enabled: np.ndarray
    open_loop: bool


def read_export(folder: str | Path) -> OdinMemories:
    """Read what `export` wrote.

    Parameters
    ----------
    folder : path
        With synapses.hex, neurons.hex and registers.txt.

    Raises
    ------
    FileFormatError : files that are not there, not whole, or not as they were written.
    """
    folder = Path(folder)
    _check_sums(folder)
    words = _numbers(folder / SYNAPSE_FILE, chip.SYNAPSE_WORDS, chip.SYNAPSE_WORD_BITS)
    neurons = _numbers(folder / NEURON_FILE, chip.NEURONS, chip.NEURON_WORD_BITS)
    values = _numbers(folder / REGISTER_FILE, chip.REGISTERS, chip.REGISTER_BITS, column=1)

    packed = np.array(words, np.uint32)[:, None]
    nibbles = packed >> SHIFTS & chip.LARGEST_SYNAPSE

    def field(bit: int, width: int) -> np.ndarray:
        mask = (1 << width) - 1
        return np.array([word >> bit & mask for word in neurons])

    return OdinMemories(
        synapses=nibbles.astype(np.uint8).reshape(chip.AXONS, chip.NEURONS),
        inhibitory=_signs(values),
        threshold=field(chip.THRESHOLD_BIT, chip.THRESHOLD_BITS),
        leak=field(chip.LEAK_BIT, chip.LEAK_BITS),
        leak_enable=field(chip.LEAK_ENABLE_BIT, 1) == 1,
        enabled=field(chip.DISABLED_BIT, 1) == 0,
        open_loop=bool(values[1]),
    )


def _check_sums(folder: Path) -> None:
    """Raise where a file is not the one that was written; older exports have no sums."""
    sums = folder / SUM_FILE
    if not sums.is_file() or sums.stat().st_size > LARGEST_FILE:
        return
    for line in sums.read_text("utf-8", "replace").splitlines():
        named, _, name = line.partition("  ")
        path = folder / name
        read = name in (SYNAPSE_FILE, NEURON_FILE, REGISTER_FILE)
        if read and path.is_file() and _digest(path) != named:
            law = "the content has the hash stored with it"
            hint = f"remove {SUM_FILE} if the file was edited on purpose"
            raise FileFormatError(str(path), law, _digest(path)[:12], named[:12], hint)


def _digest(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _signs(values: list[int]) -> np.ndarray:
    """(256,) bool, from the values of the registers."""
    signs = []
    for axon in range(chip.AXONS):
        register, bit = divmod(axon, chip.SIGNS_PER_REGISTER)
        signs.append(values[chip.FIRST_SIGN_REGISTER + register] >> bit & 1)
    return np.array(signs, bool)


def _numbers(path: Path, count: int, bits: int, column: int = 0) -> list[int]:
    """One hexadecimal number per line, in this column of it."""
    if path.is_file() and path.stat().st_size > LARGEST_FILE:
        law = f"holds {count} numbers of {bits} bits"
        raise FileFormatError(str(path), law, f"{path.stat().st_size:,} bytes")
    if not path.is_file():
        raise FileFormatError(
            where=str(path),
            law="must be there",
            got="no such file",
        )
    try:
        lines = path.read_text("utf-8").splitlines()
        found = [int(line.split()[column], 16) for line in lines]
    except (ValueError, IndexError) as error:
        raise FileFormatError(
            where=str(path),
            law="holds hexadecimal numbers",
            got=str(error)[:80],
        ) from error

    in_range = all(0 <= value < 1 << bits for value in found)
    if len(found) != count or not in_range:
        raise FileFormatError(
            where=str(path),
            law=f"holds {count} numbers of {bits} bits",
            got=f"{len(found)} numbers",
        )
    return found
