"""Synthetic log-mel spectra, drawn by the decoder of the autoencoder that takes them.

Batch norm keeps the mean and spread of each unit of the bottleneck over the training data. Codes of
that distribution, decoded, lie where the network believes sounds of its machine to lie; what it
cannot reconstruct of real ones is added as white noise.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from .....errors import SpikewattError
from .source import TRAIN, Drawn, Source

# Decibels: of the published scores of ToyCar id 02, normal sounds, 9.8 in mean (mlcommons/tiny,
# anomaly_score_ToyCar_id_02.csv), what is left when the network's own error, about 2.5, is taken.
NOISE_DB = 2.7


class SyntheticLogMel(Source):
    """Five frames of 128 mel bands, decibels, as 640 numbers."""

    name = "synthetic_log_mel"

    def draw(self, model: Any, part: str, samples: int, seed: int, data_dir: Path | None) -> Drawn:
        """Decoded codes with noise, from a generator of the part's own."""
        generator = np.random.default_rng([seed, part == TRAIN])
        norm, decoder = _bottleneck(model)
        scale, shift = (np.asarray(values) for values in norm.get_weights()[:2])
        codes = shift + scale * generator.standard_normal((samples, len(scale)))

        decoded = np.maximum(codes, 0).astype(np.float32)
        for layer in decoder:
            decoded = layer(decoded)
        noise = NOISE_DB * generator.standard_normal((samples, decoded.shape[1]))
        return Drawn(np.asarray(decoded) + noise.astype(np.float32))


def _bottleneck(model: Any) -> tuple[Any, list]:
    """The batch norm of the narrowest dense layer, and the layers after its activation.

    Raises
    ------
    SpikewattError : the model is no autoencoder of dense layers, batch norm and activations.
    """
    layers = model.layers
    widths = [layer.units if type(layer).__name__ == "Dense" else np.inf for layer in layers]
    narrowest = int(np.argmin(widths))
    kinds = [type(layer).__name__ for layer in layers[narrowest : narrowest + 3]]
    if kinds != ["Dense", "BatchNormalization", "Activation"]:
        law = "has batch norm and an activation after its narrowest dense layer"
        raise SpikewattError(f"synthetic_log_mel: model {model.name!r}", law, ", ".join(kinds))
    return layers[narrowest + 1], layers[narrowest + 3 :]
