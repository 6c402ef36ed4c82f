"""Text files that load an image into its chip or its RTL, and back."""

from __future__ import annotations

import hashlib
from functools import partial
from pathlib import Path
from typing import Any

from ... import files
from ...errors import FileFormatError, whole_number
from ...models.odin import chip
from ...models.odin.chips import ODIN, TINY_ODIN, OdinChip, chip_of
from .image import OdinImage
from .odin_words import OdinMemories, OdinWords
from .tiny_image import TinyOdinImage
from .tiny_words import TinyOdinMemories, TinyOdinWords
from .words import ChipWords, ReadNumbers

SYNAPSE_FILE = "synapses.hex"
NEURON_FILE = "neurons.hex"
REGISTER_FILE = "registers.txt"
EVENT_FILE = "events.txt"
SPI_FILE = "spi.txt"
LAYOUT_FILE = "LAYOUT.txt"
SUM_FILE = "SHA256SUMS"
LARGEST_FILE = 2**20  # bytes of one of them

WORDS: dict[OdinChip, ChipWords[Any]] = {ODIN: OdinWords(), TINY_ODIN: TinyOdinWords()}


def export(
    image: OdinImage | TinyOdinImage, folder: str | Path, events: list[int] | None = None
) -> None:
    """Write an image into a new or empty folder, as text files for the chip or its RTL.

    synapses.hex, neurons.hex, registers.txt, LAYOUT.txt and, if there are `events`, events.txt; for
    tinyODIN spi.txt, too; SHA256SUMS over all of them, as ``sha256sum -c`` takes it.

    Parameters
    ----------
    image : OdinImage or TinyOdinImage
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
    >>> import numpy as np
    >>> from .network import OdinNetwork
    >>> net = OdinNetwork([np.eye(2, dtype=int)], [np.array([1, 1])], "rate", "potential")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     export(OdinImage.of(net), folder)
    ...     read_export(folder).synapses[:2, :2].tolist()
    [[9, 0], [0, 9]]
    """
    words = WORDS[image.network.chip]
    event_lines = None if events is None else _event_lines(words, image, events)

    with files.new_folder(folder) as new:
        files.write(new / LAYOUT_FILE, words.layout)
        _write(new / SYNAPSE_FILE, _hexadecimal(words.synapses(image), chip.SYNAPSE_WORD_BITS))
        _write(new / NEURON_FILE, _hexadecimal(words.neurons(image), words.neuron_bits))
        registers = words.registers(image)
        _write(
            new / REGISTER_FILE,
            [f"{address} {value:05x} {name}" for address, value, name in registers],
        )
        writes = words.spi_writes(image)
        if writes:
            _write(new / SPI_FILE, [f"{address:05x} {data:05x}" for address, data in writes])
        if event_lines is not None:
            _write(new / EVENT_FILE, event_lines)
        _write(new / SUM_FILE, [f"{_digest(path)}  {path.name}" for path in sorted(new.iterdir())])


def _hexadecimal(words: list[int], bits: int) -> list[str]:
    return [f"{word:0{bits // 4}x}" for word in words]


def _event_lines(
    words: ChipWords[Any], image: OdinImage | TinyOdinImage, events: list[int]
) -> list[str]:
    meaning, digits = words.meanings(image), words.event_digits

    lines = []
    for i, event in enumerate(events):
        whole_number(f"export: event {i}", "must be an index", event, 0, chip.AXONS - 1)
        lines.append(f"{words.spike(event):0{digits}x} // {meaning.get(event, 'no input')}")

    for neuron in image.reset_time_references:
        whose = "all neurons" if neuron == chip.ALL_NEURONS else f"neuron {neuron}"
        lines.append(f"{words.time_reference(neuron):0{digits}x} // time reference, {whose}")
    return lines


def _write(path: Path, lines: list[str]) -> None:
    files.write(path, "\n".join(lines) + "\n")


def read_export(folder: str | Path, chip: str | OdinChip = ODIN) -> OdinMemories | TinyOdinMemories:
    """Read what `export` wrote.

    Parameters
    ----------
    folder : path
        With synapses.hex, neurons.hex and registers.txt.
    chip : OdinChip or its name, default "odin"
        Whose files they are.

    Raises
    ------
    FileFormatError : files that are not there, not whole, or not as they were written.
    SpikewattError : no such chip.
    """
    words = WORDS[chip_of("read_export.chip", chip)]
    folder = Path(folder)
    _check_sums(folder)
    return words.read(
        ReadNumbers(
            synapses=partial(_numbers, folder / SYNAPSE_FILE),
            neurons=partial(_numbers, folder / NEURON_FILE),
            registers=partial(_numbers, folder / REGISTER_FILE, column=1),
        )
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
