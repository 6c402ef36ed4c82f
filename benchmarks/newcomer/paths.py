"""The three paths of a newcomer: commands, what they leave or say, and how long they may take."""

from __future__ import annotations

from dataclasses import dataclass, field

BIN = ".venv/bin"

# A network of somebody's own, as they have it before they come: with Keras alone.
OWN_CNN = """\
import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras
from keras import layers
from sklearn.datasets import load_digits

digits = load_digits()
model = keras.Sequential([
    layers.Input((8, 8, 1)),
    layers.Conv2D(8, 3, activation="relu"),
    layers.MaxPooling2D(2),
    layers.Flatten(),
    layers.Dense(32, activation="relu"),
    layers.Dense(10, activation="softmax"),
])
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
x = digits.images[..., None] / 16
model.fit(x[:1400], digits.target[:1400], epochs=12, verbose=0)
model.save("own.keras")
"""

# Integrate-and-fire neurons in snnTorch are Leaky with beta 1: the membrane keeps all.
SNNTORCH_IF = """\
import nir
import snntorch as snn
import torch

torch.manual_seed(0)
network = torch.nn.Sequential(
    torch.nn.Flatten(),
    torch.nn.Linear(64, 48, bias=False),
    snn.Leaky(beta=1.0, threshold=1.0, init_hidden=True),
    torch.nn.Linear(48, 10, bias=False),
    snn.Leaky(beta=1.0, threshold=1.0, init_hidden=True, output=True),
)


def node(layer):
    if isinstance(layer, torch.nn.Linear):
        return nir.Linear(layer.weight.detach().numpy())
    size = neurons[id(layer)]
    ones = torch.ones(size).numpy()
    return nir.IF(r=ones, v_threshold=ones * float(layer.threshold))


neurons, last = {}, None
for layer in network:
    if isinstance(layer, torch.nn.Linear):
        last = layer.out_features
    neurons[id(layer)] = last
nodes = [node(layer) for layer in network if not isinstance(layer, torch.nn.Flatten)]
nir.write("own.nir", nir.NIRGraph.from_list(*nodes))
"""


@dataclass(frozen=True)
class NewPath:
    """What a newcomer types.

    Parameters
    ----------
    name, about : str
    commands : tuple of str
        In an empty folder beside the clone; PYTHON is the interpreter.
    most_s : float
        That all of them may take.
    most_commands : int, default 0
        0: as many as there are.
    files : dict from str to str
        What the newcomer has before.
    leaves : tuple of str
        Files that must be there in the end.
    says : str, default ""
        What the last command must print.
    """

    name: str
    about: str
    commands: tuple[str, ...]
    most_s: float
    most_commands: int = 0
    files: dict[str, str] = field(default_factory=dict)
    leaves: tuple[str, ...] = ()
    says: str = ""


ENVIRONMENT = "PYTHON -m venv .venv"
FIGURES = {
    "stm32f411": "cortex-m4:clock_mhz=100,ua_per_mhz=162,supply_v=3.3",
    "rp2040": "cortex-m0+:clock_mhz=133,ua_per_mhz=110,supply_v=3.3",
}
BOARDS = " ".join(f"--device {figures}" for figures in FIGURES.values())

PATHS = {
    path.name: path
    for path in (
        NewPath(
            "keras",
            "an own Keras CNN to verdict and report",
            (
                ENVIRONMENT,
                f"{BIN}/pip install --quiet '../clone[keras,annarchy,plot,report]'",
                f"{BIN}/python own.py",
                f"{BIN}/spikewatt --quiet run --network own.keras --name own",
            ),
            most_s=600,
            most_commands=5,
            files={"own.py": OWN_CNN},
            leaves=("runs/own/report.html", "runs/own/sentence.txt"),
            says="runs/own",
        ),
        NewPath(
            "board",
            "an STM32F411 and an RP2040 by the figures of their data sheets",
            (
                ENVIRONMENT,
                f"{BIN}/pip install --quiet ../clone",
                f"{BIN}/spikewatt price --layers mlperf_tiny --benchmark KWS {BOARDS}",
            ),
            most_s=180,
            says="int8_ann",
        ),
        NewPath(
            "snntorch",
            "a snnTorch network of integrate-and-fire neurons through NIR to prices",
            (
                ENVIRONMENT,
                f"{BIN}/pip install --quiet '../clone[nir]' torch snntorch",
                f"{BIN}/python own.py",
                f"{BIN}/spikewatt examples",
                f"{BIN}/spikewatt import-nir own.nir -o own.spk --dt 1 --reset subtract "
                "--input-levels 16",
                f"{BIN}/spikewatt simulate own.spk -o own.trace --dataset my.npz --engine "
                "reference --steps 16",
                f"{BIN}/spikewatt price own.trace --device odin_style --device stm32l4r5",
            ),
            most_s=300,
            files={"own.py": SNNTORCH_IF},
            leaves=("own.trace",),
            says="odin_style",
        ),
    )
}
