"""Synthetic MFCC: one second of something like a word, as spectra, and what is heard of it.

The features are those of MLPerf Tiny's keyword spotting: 16 kHz, a window of 30 ms (480 samples,
Hann) every 20 ms, 512 points, 40 mel bands from 20 to 4,000 Hz, log(mel + 1e-6), the first 10 of a
discrete cosine transform. The words are not speech: one to three syllables, each a hiss and a voice
with three gliding formants, over a noise floor; they are drawn as magnitudes, not as sound.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from .source import TRAIN, Drawn, Source

RATE_HZ = 16_000
WINDOW, HOP, POINTS = 480, 320, 512
FRAMES = 1 + (RATE_HZ - WINDOW) // HOP
BANDS, COEFFICIENTS = 40, 10
LOWEST_HZ, HIGHEST_HZ = 20.0, 4000.0
FLOOR = 1e-6

FREQUENCIES_HZ = np.arange(POINTS // 2 + 1) * RATE_HZ / POINTS
TIMES_S = (np.arange(FRAMES) * HOP + WINDOW / 2) / RATE_HZ
LOUDEST = 60.0  # magnitude of a sine of half the range
NOISE = 13.4  # magnitude of white noise of the whole range: the root of the window's energy
# Formants of a voice: lowest and highest frequency, and width, Hz.
FORMANTS = ((250.0, 850.0, 80.0), (800.0, 2500.0, 110.0), (2300.0, 3300.0, 160.0))
HARMONIC_HZ = 25.0  # width of a harmonic in a window of 30 ms


class SyntheticMfcc(Source):
    """Words that nobody spoke, as 49 frames of 10 coefficients."""

    name = "synthetic_mfcc"

    def draw(self, model: Any, part: str, samples: int, seed: int, data_dir: Path | None) -> Drawn:
        """Words, from a generator of the part's own."""
        generator = np.random.default_rng([seed, part == TRAIN])
        spectra = np.stack([_word(generator) for _ in range(samples)])
        return Drawn(mfcc(spectra)[..., None].astype(np.float32))


def mfcc(magnitudes: np.ndarray) -> np.ndarray:
    """(samples, frames, 10) coefficients from (samples, frames, 257) magnitudes.

    Silence is log(1e-6) in each band, which the first coefficient sums:

    >>> f"{mfcc(np.zeros((1, 1, 257)))[0, 0, 0]:.1f}"
    '-123.6'
    """
    bands = np.log(magnitudes @ _mel_weights() + FLOOR)
    order, band = np.arange(COEFFICIENTS)[:, None], np.arange(BANDS)
    cosines = 2 * np.cos(np.pi * order * (2 * band + 1) / (2 * BANDS)) / np.sqrt(2 * BANDS)
    return bands @ cosines.T


@cache
def _mel_weights() -> np.ndarray:
    """(257, 40) triangles between equally spaced mels, 1127 ln(1 + f / 700 Hz)."""

    def mel(frequency_hz):
        return 1127.0 * np.log1p(frequency_hz / 700.0)

    edges = np.linspace(mel(LOWEST_HZ), mel(HIGHEST_HZ), BANDS + 2)
    at = mel(FREQUENCIES_HZ)[:, None]
    rising = (at - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - at) / (edges[2:] - edges[1:-1])
    weights = np.maximum(0.0, np.minimum(rising, falling))
    weights[0] = 0.0  # no constant
    return weights


def _word(draw: np.random.Generator) -> np.ndarray:
    """(frames, 257) magnitudes of a second."""
    voice = np.zeros((FRAMES, len(FREQUENCIES_HZ)))
    hiss = np.zeros_like(voice)
    start_s, pitch_hz = draw.uniform(0.05, 0.4), draw.uniform(80, 280)
    for _ in range(draw.integers(1, 4)):
        consonant_s, vowel_s = draw.uniform(0.03, 0.2), draw.uniform(0.1, 0.4)
        if draw.random() < 0.8:
            hiss += _consonant(draw, start_s, consonant_s)
            start_s += 0.8 * consonant_s
        voice += _vowel(draw, start_s, vowel_s, pitch_hz) * draw.uniform(0.3, 1)
        start_s += vowel_s
        if draw.random() < 0.4:
            hiss += _consonant(draw, start_s, 0.1)
        if start_s > 0.8:
            break

    spoken = draw.random() > 0.1
    tilt = (1 + FREQUENCIES_HZ / 300) ** -draw.uniform(0, 1)
    floor = NOISE * 10 ** draw.uniform(-4, -1.5) * tilt * _noise(draw, voice.shape)
    loudness = spoken * 10 ** draw.uniform(-0.7, 0)
    return loudness * (voice + hiss * _noise(draw, voice.shape)) + floor


def _vowel(
    draw: np.random.Generator, start_s: float, length_s: float, pitch_hz: float
) -> np.ndarray:
    """A voice: harmonics of a gliding pitch under three gliding formants."""
    place = np.clip((TIMES_S - start_s) / length_s, 0, 1)[:, None]
    loudness = (1.0, draw.uniform(0.1, 1), draw.uniform(0.05, 0.6))
    envelope = 0.0
    for (lowest, highest, width), loud in zip(FORMANTS, loudness, strict=True):
        first, last = draw.uniform(lowest, highest), draw.uniform(lowest, highest)
        middle = first + 0.6 * (last - first) * place
        envelope = envelope + loud / (1 + ((FREQUENCIES_HZ - middle) / width) ** 2)

    pitch = pitch_hz * (1 + draw.uniform(-0.25, 0.15) * place)
    to_harmonic_hz = np.abs((FREQUENCIES_HZ / pitch + 0.5) % 1 - 0.5) * pitch
    harmonics = np.exp(-0.5 * (to_harmonic_hz / HARMONIC_HZ) ** 2)
    return LOUDEST * envelope * harmonics * _swell(start_s, length_s)


def _consonant(draw: np.random.Generator, start_s: float, length_s: float) -> np.ndarray:
    """A hiss around one frequency."""
    loud = 10 ** draw.uniform(-1.3, 1)
    away = (FREQUENCIES_HZ - draw.uniform(1000, 6500)) / draw.uniform(400, 2000)
    return loud * np.exp(-0.5 * away**2) * _swell(start_s, length_s)


def _swell(start_s: float, length_s: float) -> np.ndarray:
    """(frames, 1) from silence to loud and back."""
    place = np.clip((TIMES_S - start_s) / length_s, 0, 1)
    return np.sqrt(np.abs(np.sin(np.pi * place)))[:, None] * (place > 0)[:, None]


def _noise(draw: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Magnitudes of noise, of mean square 1."""
    return draw.rayleigh(np.sqrt(0.5), shape)
