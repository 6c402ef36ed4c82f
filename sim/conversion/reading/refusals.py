"""Why a layer cannot be read: the errors that name it, and what to do about it."""

from __future__ import annotations

import numpy as np

from ....errors import SpikewattError
from ....models.keras_backend import import_keras
from .registry import READERS, Call, is_operation

LARGEST_WEIGHT = 1e30  # beyond it, products of float32 overflow

REMEDIES = {
    "GroupNormalization": "spikes cannot normalise by what they see: use BatchNormalization",
    "LayerNormalization": "spikes cannot normalise by what they see: use BatchNormalization",
    "RMSNormalization": "spikes cannot normalise by what they see: use BatchNormalization",
    "UnitNormalization": "spikes cannot normalise by what they see: use BatchNormalization",
    "SpectralNormalization": "convert the layer inside of it",
    "MultiHeadAttention": "spikes cannot multiply two tensors",
    "GroupQueryAttention": "spikes cannot multiply two tensors",
    "Attention": "spikes cannot multiply two tensors",
    "AdditiveAttention": "spikes cannot multiply two tensors",
    "Multiply": "spikes cannot multiply two tensors",
    "Dot": "spikes cannot multiply two tensors",
    "LSTM": "unroll it in time, or use Conv1D",
    "GRU": "unroll it in time, or use Conv1D",
    "SimpleRNN": "unroll it in time, or use Conv1D",
    "Bidirectional": "unroll it in time, or use Conv1D",
    "Embedding": "convert the model after it, and give it what it gives",
    "Lambda": "write what it computes with layers of Keras",
    "TimeDistributed": "use Dense or Conv1D, which work at every step by themselves",
    "ELU": "train with ReLU, ReLU6, LeakyReLU or PReLU in place of it",
}
SWISH = "train with ReLU, ReLU6, LeakyReLU or PReLU in place of it"


def unsupported(call: Call) -> SpikewattError:
    """The error about a layer without a reader."""
    layer = call.layer
    name = type(layer).__name__

    if is_operation(layer):
        law = "is an operation that can be read"
        module = type(layer).__module__
        hint = SWISH if module.endswith(".nn") else "write it with layers, or with + and -"
        hint = REMEDIES.get(name, hint)
        return call.refused(law, f"keras.ops {name}", hint=hint)

    if name in READERS:
        law = "is a layer of Keras itself: another class may compute something else"
        base = type(layer).__mro__[1]
        kind = "a subclass of it" if base.__name__ == name else "a class of its own"
        got = f"{kind}, from {type(layer).__module__}, that is called {name}"
        return call.refused(law, got, hint=f"use keras.layers.{name}")

    of_keras = type(layer) is getattr(import_keras().layers, name, None)
    if not of_keras:
        law = "is a layer of Keras itself"
        got = f"{name} of {type(layer).__module__}"
        return call.refused(law, got, hint="write what it computes with layers of Keras")

    law = "is a layer that spikes can carry"
    hint = REMEDIES.get(name, "spikewatt.supported_layers() lists all that can be read")
    return call.refused(law, name, hint=hint)


def check_weights(call: Call) -> None:
    """Raise SpikewattError unless all weights of a layer are numbers that can be summed."""
    for variable in getattr(call.layer, "variables", ()):
        values = np.asarray(variable)
        if values.dtype.kind not in "fiu" or not values.size:
            continue

        finite = np.isfinite(values)
        if not finite.all():
            missing = int(np.isnan(values).sum())
            infinite = int((~finite).sum()) - missing
            parts = [f"{n} {what}" for n, what in ((missing, "NaN"), (infinite, "infinite")) if n]
            got = f"{' and '.join(parts)} of {values.size} in {variable.name!r}"
            hint = "the training diverged, or the file is damaged: train or fetch it again"
            raise call.refused("its weights must be finite", got, hint=hint)

        largest = float(np.abs(values.astype(np.float64)).max())
        if largest > LARGEST_WEIGHT:
            got = f"{largest:.2g} in {variable.name!r}"
            hint = "the training diverged: train it again"
            raise call.refused(f"its weights are below {LARGEST_WEIGHT:g}", got, hint=hint)
