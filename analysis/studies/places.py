"""Where a study finds data and weights, and where it leaves what it found."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ...progress import Progress, silent


@dataclass(frozen=True)
class Places:
    """What the rows of a run share.

    Parameters
    ----------
    kept : Path
        Folder in which each part of the work is kept as soon as it is done, and taken up again.
    models_dir : Path or None, default None
        Folder with weights that are too large for the package.
    data_dir : Path or None, default None
        Folder with ``<dataset>.npz``.
    with_own_converter : bool, default False
        Whether rows that ask for it run in ANNarchy's own converter, too, which takes seconds for
        an image.
    images : int or None, default None
        The most test images of any cell; None for as many as its row says.
    progress : Progress, default silent
        Called as the work goes on.
    """

    kept: Path
    models_dir: Path | None = None
    data_dir: Path | None = None
    images: int | None = None
    progress: Progress = silent
    with_own_converter: bool = False

    @property
    def folder(self) -> Path:
        """Where the files of the run are."""
        return self.kept.parent
