"""Words that are sent, and what must come of them, as text for $readmemh."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate

from ..model.hex_files import (
    WORD_BITS,
    core_name,
    hex_lines,
    hex_text,
    left_word,
    sent_word,
    text_of,
)
from .vectors import SampleVectors, Vectors


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
        "words_starts.hex": hex_text(starts(sent), WORD_BITS),
    }

    for core in range(len(vectors.images)):
        left = [[left_word(word) for word in sample.left[core]] for sample in samples]
        name = core_name(core + 1)
        files[f"{name}_left.hex"] = _by_sample(left, WORD_BITS)
        files[f"{name}_left_starts.hex"] = hex_text(starts(left), WORD_BITS)

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


def _by_sample(lists: Iterable[Sequence[int]], bits: int) -> str:
    lines = []
    for number, values in enumerate(lists):
        lines.append(f"// sample {number}")
        lines += hex_lines(values, bits)

    return text_of(lines)
