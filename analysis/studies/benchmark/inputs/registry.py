"""The sources of inputs by name."""

from __future__ import annotations

from .enlarged import EnlargedCifar10
from .log_mel import SyntheticLogMel
from .source import Cifar10, Source
from .words import SyntheticMfcc

SOURCES: dict[str, Source] = {
    source.name: source
    for source in (Cifar10(), EnlargedCifar10(), SyntheticMfcc(), SyntheticLogMel())
}
