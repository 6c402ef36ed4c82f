"""The pictures that a study has, each drawn from its committed files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .... import files
from ....resources import check_writable
from ...report.figures.style import save
from ..annarchy.steps_picture import steps_picture
from ..hardware.size_files import PLACEMENTS
from ..k_bit.sides import k_bit_pictures
from ..kinds.network import NetworkRow
from ..methods.curves import robustness_picture
from ..study import Study

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DRAWN = (".png", ".svg")  # files of a picture that is drawn


@dataclass(frozen=True)
class Pictures:
    """What a study shows.

    Parameters
    ----------
    names : tuple of str
        Of the pictures, as their files are called after the name of the study.
    draw : callable
        Name -> figure, from the committed files; all of `names`.
    copied : tuple of str
        Pictures that a run left among the committed files, and that nothing but a run can draw.
    """

    names: tuple[str, ...] = ()
    draw: Callable[[Study], Mapping[str, Figure]] = lambda _: {}
    copied: tuple[str, ...] = ()


def _steps_of_annarchy(study: Study) -> dict[str, Figure]:
    """Accuracy against steps of the networks whose streaming runs were published, or are long."""
    titles = {
        "annarchy_cnn": "The notebook's CNN on CIFAR-10",
        "vgg_like_dropout": "VGG-like with dropout on CIFAR-10",
    }
    rows = [row for row in study.rows if isinstance(row, NetworkRow)]
    return {"accuracy_against_steps": steps_picture(rows, study.committed(), titles)}


def _robustness(study: Study) -> dict[str, Figure]:
    """Accuracy against faults, of networks of several precisions, pruned and not."""
    return {"robustness": robustness_picture(study.committed())}


PICTURES = {
    "aizu_2024": Pictures(("robustness",), _robustness, copied=(PLACEMENTS,)),
    "siristol_2025": Pictures(("accuracy_against_steps",), _steps_of_annarchy),
    "zou_2023": Pictures(("accuracy_against_steps", "sparsity", "operations"), k_bit_pictures),
}
"""Name of a study -> its pictures; others have none."""


def picture_files(studies: Iterable[Study], folder: Path) -> list[Path]:
    """The files that `write_pictures` writes."""
    found = []
    for study in studies:
        pictures = PICTURES.get(study.name, Pictures())
        drawn = [f"{name}{ending}" for name in pictures.names for ending in DRAWN]
        found.extend(folder / f"{study.name}_{name}" for name in (*drawn, *pictures.copied))
    return found


def write_pictures(studies: Iterable[Study], folder: Path) -> None:
    """Draw the pictures of `studies` into `folder`, which is made where it is missing.

    The same committed files give the same bytes.

    Raises
    ------
    SpikewattError : a row of a picture was not run, or `folder` cannot be written into.
    """
    check_writable(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for study in studies:
        pictures = PICTURES.get(study.name, Pictures())
        for name, fig in pictures.draw(study).items():
            save(fig, folder, f"{study.name}_{name}")
        for name in pictures.copied:
            files.write(folder / f"{study.name}_{name}", (study.folder / name).read_bytes())
