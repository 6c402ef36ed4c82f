"""save_keras: a Keras network as one file, whole or not at all."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from ... import files


def save_keras(model, path: str | Path) -> None:
    """Write a ``.keras`` file; the old one is kept until the new one is whole.

    Parameters
    ----------
    model : keras.Model
    path : path
        In a folder that exists.

    Raises
    ------
    SpikewattError
        As `files.write`.

    Examples
    --------
    >>> save_keras(model, "my.keras")  # doctest: +SKIP
    """
    with TemporaryDirectory() as folder:
        whole = Path(folder) / "network.keras"
        model.save(whole)
        files.write(path, whole.read_bytes())
