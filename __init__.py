"""What a network costs as spikes on a neuromorphic core and on a Cortex-M, with sources and ranges.

Examples
--------
>>> import spikewatt as sw
>>> network = sw.convert(keras_model, calibration)  # doctest: +SKIP
>>> trace = sw.simulate(network, x, steps=32)  # doctest: +SKIP
>>> prices = sw.price(trace, "odin_style", "stm32l4r5")  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING

# For type checkers and editors; a test compares these with _HOME.
if TYPE_CHECKING:
    from .analysis.checks.agreement import compare as compare
    from .analysis.checks.diagnosis import diagnose as diagnose
    from .analysis.checks.validation import validate as validate
    from .analysis.design.comparison import compare_runs as compare_runs
    from .analysis.job.best import best_points as best_points
    from .analysis.job.config import RunConfig as RunConfig
    from .analysis.job.run import RunResult as RunResult
    from .analysis.job.run import run as run
    from .analysis.literature.rules import Rulings as Rulings
    from .analysis.literature.rules import rules as rules
    from .analysis.report.findings import Findings as Findings
    from .analysis.report.findings import Table as Table
    from .analysis.report.page.write import write_report as write_report
    from .analysis.robustness.curves import Robustness as Robustness
    from .analysis.robustness.curves import robustness as robustness
    from .analysis.sweep.results import Sweep as Sweep
    from .analysis.sweep.rows import read_sweep as read_sweep
    from .analysis.sweep.sweep import sweep as sweep
    from .energy.cards.card import Card as Card
    from .energy.cards.load import card_names as card_names
    from .energy.cards.load import load_card as load_card
    from .energy.devices.fit import Fits as Fits
    from .energy.devices.fit_network import fit as fit
    from .energy.pricing.odin import price_odin as price_odin
    from .energy.pricing.price import price as price
    from .energy.pricing.price import price_layers as price_layers
    from .energy.pricing.prices import Prices as Prices
    from .energy.pruning_savings import pruning_savings as pruning_savings
    from .energy.staged.distribution import price_distribution as price_distribution
    from .energy.staged.price import price_dynamic as price_dynamic
    from .errors import SpikewattError as SpikewattError
    from .errors import SpikewattWarning as SpikewattWarning
    from .installed import __version__ as __version__
    from .models.capacity import capacity_bits as capacity_bits
    from .models.datasets import Dataset as Dataset
    from .models.datasets import load_dataset as load_dataset
    from .models.loading.load import load_keras as load_keras
    from .models.networks import build_network as build_network
    from .models.quantised_layers import QCFS as QCFS
    from .models.quantised_layers import KBitReLU as KBitReLU
    from .models.quantised_layers import round_to_grid as round_to_grid
    from .models.training import train as train
    from .models.zoo.catalogue import zoo as zoo
    from .rtl_ref.odin.run import run_odin as run_odin
    from .rtl_ref.synthesis.synthesise import synthesise as synthesise
    from .rtl_ref.verification.verify import Verification as Verification
    from .rtl_ref.verification.verify import verify as verify
    from .shown_progress import show_progress as show_progress
    from .sim.conversion.convert import convert as convert
    from .sim.conversion.few_bits import few_bits as few_bits
    from .sim.conversion.reading.reader import supported_layers as supported_layers
    from .sim.conversion.thresholds import Method as Method
    from .sim.counts.counts import Counts as Counts
    from .sim.counts.counts import LayerCounts as LayerCounts
    from .sim.counts.of_trace import counts_of as counts_of
    from .sim.engines.estimate.estimate import Estimate as Estimate
    from .sim.engines.estimate.estimate import estimate as estimate
    from .sim.engines.simulate import simulate as simulate
    from .sim.gating.planes import with_planes as with_planes
    from .sim.gating.wake import with_wake as with_wake
    from .sim.network.connection import Connection as Connection
    from .sim.network.geometry import Geometry as Geometry
    from .sim.network.population import Population as Population
    from .sim.network.spiking_network import SpikingNetwork as SpikingNetwork
    from .sim.nir.read import from_nir as from_nir
    from .sim.nir.write import to_nir as to_nir
    from .sim.odin.convert import convert_for_odin as convert_for_odin
    from .sim.odin.network import OdinNetwork as OdinNetwork
    from .sim.pruning.prune import prune as prune
    from .sim.pruning.pruned import Pruned as Pruned
    from .sim.pruning.silent import remove_silent as remove_silent
    from .sim.pruning.silent import silent_neurons as silent_neurons
    from .sim.pruning.tuning.tuning import Tuning as Tuning
    from .sim.staged.choosing.allocate import allocate as allocate
    from .sim.staged.choosing.exits import choose_exit as choose_exit
    from .sim.staged.choosing.monitors import choose_monitor as choose_monitor
    from .sim.staged.choosing.shifted import shifted as shifted
    from .sim.staged.choosing.stages import choose_stages as choose_stages
    from .sim.staged.choosing.stages import choose_threshold as choose_threshold
    from .sim.staged.early_exit import EarlyExit as EarlyExit
    from .sim.staged.early_exit import exit_steps as exit_steps
    from .sim.staged.exited import run_early_exit as run_early_exit
    from .sim.staged.exited import stopped as stopped
    from .sim.staged.monitor import Monitor as Monitor
    from .sim.staged.monitor import monitor_of as monitor_of
    from .sim.staged.monitored import run_monitored as run_monitored
    from .sim.staged.rule import MarginRule as MarginRule
    from .sim.staged.run import StagedTrace as StagedTrace
    from .sim.staged.run import run_staged as run_staged
    from .sim.staged.staged_network import StagedNetwork as StagedNetwork
    from .sim.trace.layer_summary import LayerSummary as LayerSummary
    from .sim.trace.trace import Trace as Trace
    from .sim.zeros.activation_zeros import ActivationZeros as ActivationZeros
    from .sim.zeros.measure import activation_zeros as activation_zeros

# Module -> public names that it defines. They are loaded on first use, so that `import spikewatt`
# is instant.
_HOME = {
    "analysis.design.comparison": ("compare_runs",),
    "analysis.job.best": ("best_points",),
    "analysis.job.config": ("RunConfig",),
    "analysis.job.run": ("RunResult", "run"),
    "analysis.literature.rules": ("Rulings", "rules"),
    "analysis.report.findings": ("Findings", "Table"),
    "analysis.report.page.write": ("write_report",),
    "analysis.checks.agreement": ("compare",),
    "analysis.checks.diagnosis": ("diagnose",),
    "analysis.checks.validation": ("validate",),
    "analysis.robustness.curves": ("Robustness", "robustness"),
    "analysis.sweep.results": ("Sweep",),
    "analysis.sweep.rows": ("read_sweep",),
    "analysis.sweep.sweep": ("sweep",),
    "energy.cards.card": ("Card",),
    "energy.cards.load": ("card_names", "load_card"),
    "energy.devices.fit": ("Fits",),
    "energy.devices.fit_network": ("fit",),
    "energy.pricing.odin": ("price_odin",),
    "energy.pricing.price": ("price", "price_layers"),
    "energy.pricing.prices": ("Prices",),
    "energy.pruning_savings": ("pruning_savings",),
    "energy.staged.price": ("price_dynamic",),
    "energy.staged.distribution": ("price_distribution",),
    "errors": ("SpikewattError", "SpikewattWarning"),
    "installed": ("__version__",),
    "models.capacity": ("capacity_bits",),
    "models.datasets": ("Dataset", "load_dataset"),
    "models.loading.load": ("load_keras",),
    "models.networks": ("build_network",),
    "models.quantised_layers": ("QCFS", "KBitReLU", "round_to_grid"),
    "models.training": ("train",),
    "models.zoo.catalogue": ("zoo",),
    "rtl_ref.odin.run": ("run_odin",),
    "rtl_ref.synthesis.synthesise": ("synthesise",),
    "rtl_ref.verification.verify": ("Verification", "verify"),
    "shown_progress": ("show_progress",),
    "sim.conversion.convert": ("convert",),
    "sim.conversion.few_bits": ("few_bits",),
    "sim.conversion.thresholds": ("Method",),
    "sim.conversion.reading.reader": ("supported_layers",),
    "sim.counts.counts": ("Counts", "LayerCounts"),
    "sim.counts.of_trace": ("counts_of",),
    "sim.engines.estimate.estimate": ("Estimate", "estimate"),
    "sim.engines.simulate": ("simulate",),
    "sim.network.connection": ("Connection",),
    "sim.network.geometry": ("Geometry",),
    "sim.network.population": ("Population",),
    "sim.network.spiking_network": ("SpikingNetwork",),
    "sim.nir.read": ("from_nir",),
    "sim.nir.write": ("to_nir",),
    "sim.odin.convert": ("convert_for_odin",),
    "sim.odin.network": ("OdinNetwork",),
    "sim.pruning.prune": ("prune",),
    "sim.pruning.pruned": ("Pruned",),
    "sim.pruning.silent": ("remove_silent", "silent_neurons"),
    "sim.pruning.tuning.tuning": ("Tuning",),
    "sim.gating.planes": ("with_planes",),
    "sim.gating.wake": ("with_wake",),
    "sim.staged.choosing.allocate": ("allocate",),
    "sim.staged.choosing.exits": ("choose_exit",),
    "sim.staged.choosing.monitors": ("choose_monitor",),
    "sim.staged.choosing.shifted": ("shifted",),
    "sim.staged.choosing.stages": ("choose_stages", "choose_threshold"),
    "sim.staged.early_exit": ("EarlyExit", "exit_steps"),
    "sim.staged.exited": ("run_early_exit", "stopped"),
    "sim.staged.monitor": ("Monitor", "monitor_of"),
    "sim.staged.monitored": ("run_monitored",),
    "sim.staged.rule": ("MarginRule",),
    "sim.staged.run": ("StagedTrace", "run_staged"),
    "sim.staged.staged_network": ("StagedNetwork",),
    "sim.trace.layer_summary": ("LayerSummary",),
    "sim.trace.trace": ("Trace",),
    "sim.zeros.activation_zeros": ("ActivationZeros",),
    "sim.zeros.measure": ("activation_zeros",),
}
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}
__all__ = sorted(_MODULE_OF)  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str):
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f".{_MODULE_OF[name]}", __name__), name)


def __dir__() -> list[str]:
    return list(__all__)
