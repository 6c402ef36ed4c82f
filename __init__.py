"""spikewatt: what a network costs as spikes on a neuromorphic core and on a Cortex-M, with sources and ranges.

>>> import spikewatt as sw
>>> network = sw.convert(keras_model, calibration)
>>> trace = sw.simulate(network, x, steps=32)
>>> prices = sw.price(trace, "odin_style", "stm32l4r5")
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from .analysis.studies.diagnosis import diagnose as diagnose
    from .energy.cards.card import Card as Card
    from .energy.cards.load import load_card as load_card
    from .energy.pricing.odin import price_odin as price_odin
    from .energy.pricing.price import price as price
    from .energy.pricing.price import price_layers as price_layers
    from .energy.pricing.prices import Prices as Prices
    from .errors import SpikewattError as SpikewattError
    from .models.datasets import load_dataset as load_dataset
    from .models.networks import build_network as build_network
    from .models.networks import load_keras as load_keras
    from .rtl_ref.odin.run import run_odin as run_odin
    from .sim.conversion.convert import convert as convert
    from .sim.engines.simulate import simulate as simulate
    from .sim.network.spiking_network import SpikingNetwork as SpikingNetwork
    from .sim.nir.read import from_nir as from_nir
    from .sim.nir.write import to_nir as to_nir
    from .sim.odin.convert import convert_for_odin as convert_for_odin
    from .sim.odin.network import OdinNetwork as OdinNetwork
    from .sim.trace.trace import Trace as Trace

# Public name -> module that defines it; loaded on first use, so that `import spikewatt` stays instant.
_HOME = {
    "convert": "sim.conversion.convert",
    "simulate": "sim.engines.simulate",
    "to_nir": "sim.nir.write",
    "from_nir": "sim.nir.read",
    "SpikingNetwork": "sim.network.spiking_network",
    "Trace": "sim.trace.trace",
    "diagnose": "analysis.studies.diagnosis",
    "price": "energy.pricing.price",
    "price_layers": "energy.pricing.price",
    "price_odin": "energy.pricing.odin",
    "Prices": "energy.pricing.prices",
    "Card": "energy.cards.card",
    "convert_for_odin": "sim.odin.convert",
    "OdinNetwork": "sim.odin.network",
    "run_odin": "rtl_ref.odin.run",
    "load_card": "energy.cards.load",
    "load_dataset": "models.datasets",
    "build_network": "models.networks",
    "load_keras": "models.networks",
    "SpikewattError": "errors",
}
__all__ = [
    "Card",
    "OdinNetwork",
    "Prices",
    "SpikewattError",
    "SpikingNetwork",
    "Trace",
    "__version__",
    "build_network",
    "convert",
    "convert_for_odin",
    "diagnose",
    "from_nir",
    "load_card",
    "load_dataset",
    "load_keras",
    "price",
    "price_layers",
    "price_odin",
    "run_odin",
    "simulate",
    "to_nir",
]


def __getattr__(name: str):
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f".{_HOME[name]}", __name__), name)
