"""One small valid file of each format, and the verbs that read it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from spikewatt.energy.cards.load import FOLDER
from spikewatt.energy.kernels.measured import MEASURED
from spikewatt.energy.layer_tables.layer_table import LAYERS
from spikewatt.models.networks import build_network
from spikewatt.sim.conversion.convert import convert
from spikewatt.sim.counts.counts import Counts
from spikewatt.sim.engines.simulate import simulate
from spikewatt.sim.network.spiking_network import SpikingNetwork
from spikewatt.sim.nir.write import to_nir
from spikewatt.sim.odin.chip_files import export
from spikewatt.sim.odin.image import OdinImage
from spikewatt.sim.trace.trace import Trace

from ..helpers.odin.networks import small
from . import mutations
from .campaign import Format

CONFIG = """\
dataset: {data}
network: {model}
epochs: 2
batch_size: 32
code: radix
steps: 4
weight_bits: 6
engine: reference
test_samples: 3
diagnosis_samples: 0
devices: [odin_style, 'stm32l4r5', "nrf54l15"]
period_s: 1.5
battery: cr2032
"""


COUNTS = """\
name,neurons,fan_out,spikes,synaptic_operations,is_input,idle_updates,cores,steps,time_s,reset
in,784,128,2150.5,275264,true,,,25,0.01,zero
hidden,128,10,301.2,3012,false,2898.8,1,25,0.01,zero
out,10,0,18.4,0,false,,,25,0.01,zero
"""


def make(folder: Path) -> None:
    """Write every original into `folder`."""
    random = np.random.default_rng(3)
    images = random.integers(0, 256, (40, 4, 4), np.uint8)
    labels = np.arange(40) % 3
    splits = {"x_train": images[:30], "y_train": labels[:30]}
    splits |= {"x_test": images[30:], "y_test": labels[30:]}
    np.savez(folder / "data.npz", **splits)

    model = build_network("mlp-16-6-3", (4, 4, 1), 3)
    model.save(folder / "model.keras")
    x = images[..., None] / 255
    network = convert(model, x[:30])
    network.save(folder / "network.spk")
    to_nir(network, folder / "network.nir")
    simulate(network, x[30:34], "reference", steps=8, rasters=1).save(folder / "spikes.trace")

    for card in ("odin_style", "stm32l4r5", "rule_loihi_davies", "cr2032"):
        (folder / f"{card}.yaml").write_bytes((FOLDER / f"{card}.yaml").read_bytes())
    layers = pd.read_csv(LAYERS, dtype=str, keep_default_na=False)
    layers[layers["benchmark"] == "KWS"].to_csv(folder / "layers.csv", index=False)
    _readings(folder / "readings.csv")
    (folder / "counts.csv").write_text(COUNTS)
    Counts.load(folder / "counts.csv").save(folder / "counts.json")
    config = CONFIG.format(data=folder / "data.npz", model=folder / "model.keras")
    (folder / "config.yaml").write_text(config)

    odin = small()
    odin.save(folder / "network.odin.h5")
    chip = OdinImage.of(odin)
    export(chip, folder / "chip", chip.encode(np.full((1, 12), 9, np.uint8))[0])


def _readings(path: Path) -> None:
    rows = pd.read_csv(MEASURED)
    own = rows[
        (rows["software"] == "X-CUBE-AI v7.3.0")
        & (rows["board"] == "NUCLEO-U575ZI-Q")
        & rows["benchmark"].isin(["AD", "IC", "KWS", "VWW"])
    ]
    frame = own[["benchmark", "latency_ms", "energy_uj"]]
    frame.columns = ["network", "latency_ms", "energy_uj"]
    frame.to_csv(path, index=False)


def formats(folder: Path) -> dict[str, Format]:
    """Name -> format, over the originals in `folder`."""
    network, data, trace = (folder / n for n in ("network.spk", "data.npz", "spikes.trace"))
    quick = ("--engine", "reference", "--samples", "2", "--steps", "3", "--json")

    def of(name, original, mutate, *commands, beside=()):
        return Format(name, folder / original, mutate, commands, tuple(beside))

    def simulated(spk: Path, images: Path, case: Path) -> list[str]:
        return _words("simulate", spk, "-o", case / "out.trace", "--dataset", images, *quick)

    def card(path: Path) -> list[str]:
        return _words("price", trace, "--device", path, "-o", path.parent / "out.csv", "--json")

    layer_options = ("--device", "stm32l4r5", "--tornado", "--json")
    counted = ("--device", "loihi", "--device", "stm32l4r5", "--json")
    chip = folder / "chip"
    found = [
        of("spk", "network.spk", mutations.hdf5,
           lambda p: simulated(p, data, p.parent),
           lambda p: _words("export-nir", p, "-o", p.parent / "out.nir", "--json")),
        of("trace", "spikes.trace", mutations.hdf5,
           lambda p: _words("price", p, "--device", "odin_style", "--device", "stm32l4r5",
                            "-o", p.parent / "out.csv", "--json"),
           lambda p: _words("map", p, "--json")),
        of("nir", "network.nir", mutations.hdf5,
           lambda p: _words("import-nir", p, "-o", p.parent / "out.spk", "--json")),
        of("keras", "model.keras", mutations.archive,
           lambda p: _words("convert", p, "-o", p.parent / "out.spk", "--dataset", data, "--json")),
        of("npz", "data.npz", mutations.archive,
           lambda p: simulated(network, p, p.parent)),
        of("config", "config.yaml", mutations.text,
           lambda p: _words("run", p, "--runs-dir", p, "--json")),
        of("layers", "layers.csv", mutations.text,
           lambda p: _words("price", "--layers", p, *layer_options, "-o", p.parent / "out.csv")),
        of("readings", "readings.csv", mutations.text,
           lambda p: _words("calibrate", p, "--device", "stm32u575", "-o", p.parent / "out.yaml",
                            "--json")),
        *(of(f"counts-{kind}", f"counts.{kind}", mutations.text,
             lambda p: _words("price", "--counts", p, *counted, "-o", p.parent / "out.csv"))
          for kind in ("csv", "json")),
        of("odin", "network.odin.h5", mutations.hdf5, lambda p: _words("read-odin", p)),
    ]  # fmt: skip
    for name in ("odin_style", "stm32l4r5", "rule_loihi_davies"):
        shown = lambda p: _words("devices", p, "--json")  # noqa: E731
        found.append(of(f"card-{name}", f"{name}.yaml", mutations.text, shown, card))
    for name in ("synapses.hex", "neurons.hex", "registers.txt"):
        beside = [path for path in chip.glob("*") if path.name != name]
        read = lambda p: _words("read-odin", p)  # noqa: E731
        found.append(of(f"odin-{name}", f"chip/{name}", mutations.text, read, beside=beside))
    return {made.name: made for made in found}


def _words(*parts: object) -> list[str]:
    return [str(part) for part in parts]


def check(folder: Path) -> None:
    """The originals are still what they were."""
    SpikingNetwork.load(folder / "network.spk")
    Trace.load(folder / "spikes.trace")
