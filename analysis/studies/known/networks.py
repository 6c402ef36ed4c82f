"""Which networks the table shows, and by which cell of which study."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..cells.prices import CORE

FOLDER = Path(__file__).parent
OWN, DIGITS = "known", "digits"
HOST, NEWER = "stm32l4r5", "nrf54l15"  # one that many know, and a newer one of less energy


def beside(host: str) -> str:
    """The core of the studies with its host, as their tables name it."""
    return f"{CORE}+{host}"


PERIOD_S = 1.0


def at_one_a_second(device: str) -> str:
    """A device with what it uses until the next second, as the table of prices names it."""
    return f"{device}, one a second"


@dataclass(frozen=True)
class Known:
    """A network with the cell that stands for it.

    Parameters
    ----------
    title : str
    study, row, cell : str
        Of a study, a cell that keeps within about half a point of Keras. The digits are of no
        study.
    images : int, default 0
        Test images on which it is priced with its host; 0 where no microcontroller or no core holds
        it, and the prices of the study say all.
    """

    title: str
    study: str
    row: str
    cell: str
    images: int = 0


KNOWN = (
    Known("64-48-10, digits", OWN, DIGITS, "radix_k4", 360),
    Known("784-48-10, MNIST", "aizu_2024", "mlp-48", "exact", 1000),
    Known("784-128-10, MNIST", "aizu_2024", "mlp-128", "exact", 1000),
    Known("LeNet, MNIST", "zou_2023", "full_precision", "radix_k4", 1000),
    Known("ANNarchy's CNN, CIFAR-10", "bu_2022", "annarchy_cnn", "calibrated_k4"),
    Known(
        "Autoencoder, MLPerf Tiny", "banbury_2021", "anomaly_detection", "radix-8-corrected", 100
    ),
    Known("DS-CNN, MLPerf Tiny", "banbury_2021", "keyword_spotting", "radix-8", 100),
    Known("ResNet-8, MLPerf Tiny", "banbury_2021", "image_classification", "radix-6", 100),
    Known("MobileNet 0.25, MLPerf Tiny", "banbury_2021", "visual_wake_words", "radix-8", 20),
    Known("ResNet-20, CIFAR-10", "siristol_2025", "cifar-resnet20", "default", 100),
    Known("AlexNet, CIFAR-10", "mlgenn_2023", "alexnet", "radix_k6"),
    Known("MobileNetV1, CIFAR-10", "mlgenn_2023", "mobilenet_v1", "radix_k6"),
    Known("VGG-16, CIFAR-10", "bu_2022", "vgg16", "plain_k4"),
)
