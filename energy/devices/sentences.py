"""Sentences of assumptions, one after the other in a line."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..bill import WORKLOADS

PLAIN_WORD = re.compile(rf"(?!({'|'.join(WORKLOADS)})\b)[a-z]+(?![\w-])")


def begun(sentence: str) -> str:
    """A sentence with a capital, unless it begins with a name or a key.

    >>> begun("a step ends with a barrier."), begun("clock_hz is fixed"), begun("snn does not fit")
    ('A step ends with a barrier.', 'clock_hz is fixed', 'snn does not fit')
    """
    return sentence[:1].upper() + sentence[1:] if PLAIN_WORD.match(sentence) else sentence


def in_a_row(sentences: Sequence[str]) -> str:
    """Sentences as one line; what stands before the first is a colon, and it stays as it is."""
    first, *others = sentences
    return " ".join([first, *map(begun, others)])
