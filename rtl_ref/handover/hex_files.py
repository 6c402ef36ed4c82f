"""Memories and words as text for $readmemh: one hexadecimal word per line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate

import numpy as np

from ..model.core_image import CoreImage
from ..model.words import Word
from ..registers import register
from .vectors import SampleVectors, Vectors

WORD_BITS = 32

# File of a memory -> field of CoreImage.
MEMORY_FILES = {
    "synapses": "synapses",
    "potentials": "initial_potential",
    "thresholds": "threshold",
    "biases": "bias",
}


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
    weight_bits : width of a weight
    state_bits : width of a potential, threshold or bias
    """
    files = {}
    for index, image in enumerate(images, start=1):
        for name, field in MEMORY_FILES.items():
            values = getattr(image, field)
            bits = state_bits
            if name == "synapses":
                values = _as_addressed(values)
                bits = weight_bits
            lines = _digits(values.ravel().tolist(), bits)
            files[f"{core_name(index)}_{name}.hex"] = _text(lines)

    return files


def vector_files(vectors: Vectors, state_bits: int, counter_bits: int) -> dict[str, str]:
    """Name -> text of the words that are sent, and of what must come of them.

    Parameters
    ----------
    vectors : memories and samples
    state_bits : width of a potential
    counter_bits : width of a counter
    """
    samples = vectors.samples
    sent = [[sent_word(word) for word in sample.words] for sample in samples]
    files = {
        "words.hex": _by_sample(sent, WORD_BITS),
        "words_starts.hex": _text(_digits(starts(sent), WORD_BITS)),
    }

    for core in range(len(vectors.images)):
        left = [[left_word(word) for word in sample.left[core]] for sample in samples]
        name = core_name(core + 1)
        files[f"{name}_left.hex"] = _by_sample(left, WORD_BITS)
        files[f"{name}_left_starts.hex"] = _text(_digits(starts(left), WORD_BITS))

    potentials = [all_potentials(sample) for sample in samples]
    counters = [[count for core in sample.counters for count in core] for sample in samples]
    files["potentials.hex"] = _by_sample(potentials, state_bits)
    files["counters.hex"] = _by_sample(counters, counter_bits)
    return files


def starts(lists: Iterable[Sequence]) -> list[int]:
    """Where each of some lists begins among all their entries, and the number of these.

    >>> starts([[7, 7], [7]])
    [0, 2, 3]
    """
    return list(accumulate(map(len, lists), initial=0))


def all_potentials(sample: SampleVectors) -> list[int]:
    """The potentials of all cores, one after the other."""
    return [value for core in sample.potentials for value in core.tolist()]


def _as_addressed(synapses: np.ndarray) -> np.ndarray:
    """Rows as long as a power of two: the neuron has whole bits of the address."""
    axons, neurons = synapses.shape
    neuron_bits = max(1, (neurons - 1).bit_length())
    rows = np.zeros((axons, 1 << neuron_bits), np.int64)
    rows[:, :neurons] = synapses
    return rows


def _by_sample(lists: Iterable[Sequence[int]], bits: int) -> str:
    lines = []
    for number, values in enumerate(lists):
        lines.append(f"// sample {number}")
        lines += _digits(values, bits)

    return _text(lines)


def _digits(values: Sequence[int], bits: int) -> list[str]:
    """Two's complement, all digits."""
    digits = -(-bits // 4)
    mask = (1 << bits) - 1
    return [f"{value & mask:0{digits}x}" for value in values]


def _text(lines: Iterable[str]) -> str:
    return "\n".join(lines) + "\n"
