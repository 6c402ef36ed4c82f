"""Memories and words as text for $readmemh: one hexadecimal word per line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from ..registers import MEMORIES, register
from .core_image import CoreImage
from .words import Word

WORD_BITS = 32

# Memory of a core -> field of CoreImage.
FIELD_OF = dict(zip(MEMORIES, ("synapses", "initial_potential", "threshold", "bias"), strict=True))


def core_name(index: int) -> str:
    """Name of a core in file names.

    Parameters
    ----------
    index : from 1

    >>> core_name(3)
    'core03'
    """
    return f"core{index:02d}"


def sent_word(word: Word) -> int:
    """A word in the format of register EVENT.

    >>> hex(sent_word(Word(axon=5))), hex(sent_word(Word(kind=3, target=2)))
    ('0x5', '0xb2000000')
    """
    if word.axon is not None:
        return word.axon

    event = register("EVENT")
    fields = {"tick": 1, "kind": word.kind, "target": word.target}
    return sum(value << event.field(name).low for name, value in fields.items())


def left_word(word: Word) -> int:
    """A word in the format of register SPIKE, in which valid is 1.

    >>> hex(left_word(Word(axon=5)))
    '0x10005'
    """
    return sent_word(word) | register("SPIKE").field("valid").mask


def memory_files(images: Sequence[CoreImage], weight_bits: int, state_bits: int) -> dict[str, str]:
    """Name -> text of the memories' files; synapses in the order of {axon, neuron}.

    Parameters
    ----------
    images : one per core
    weight_bits : width of a weight, bits
    state_bits : width of a potential, threshold or bias, bits
    """
    files = {}
    for index, image in enumerate(images, start=1):
        for name, field in FIELD_OF.items():
            values = getattr(image, field)
            bits = state_bits
            if name == "synapses":
                values = _as_addressed(values)
                bits = weight_bits
            files[f"{core_name(index)}_{name}.hex"] = hex_text(values.ravel().tolist(), bits)

    return files


def hex_text(values: Iterable[int], bits: int) -> str:
    """Numbers in two's complement with all their digits, a line each.

    Parameters
    ----------
    values : integers
    bits : width of each

    >>> hex_text([-1, 18], bits=10)
    '3ff\\n012\\n'
    """
    return text_of(hex_lines(values, bits))


def hex_lines(values: Iterable[int], bits: int) -> list[str]:
    """The lines of `hex_text`."""
    digits = -(-bits // 4)
    mask = (1 << bits) - 1
    return [f"{value & mask:0{digits}x}" for value in values]


def text_of(lines: Iterable[str]) -> str:
    """Lines as the text of a file."""
    return "\n".join(lines) + "\n"


def _as_addressed(synapses: np.ndarray) -> np.ndarray:
    """Rows as long as a power of two: the neuron has whole bits of the address."""
    axons, neurons = synapses.shape
    neuron_bits = max(1, (neurons - 1).bit_length())
    rows = np.zeros((axons, 1 << neuron_bits), np.int64)
    rows[:, :neurons] = synapses
    return rows
