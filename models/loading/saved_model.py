"""SavedModel folders: they hold a graph that TensorFlow would run, not layers; named, not read."""

from __future__ import annotations

from pathlib import Path

from ...errors import FileFormatError

GRAPHS = ("saved_model.pb", "saved_model.pbtxt")


def refused(folder: Path) -> FileFormatError:
    """The error about a folder, with the line that makes a file of a SavedModel.

    Parameters
    ----------
    folder : Path
        Of a SavedModel, or any other.
    """
    law = "must be a file that holds a network"
    if not any((folder / graph).is_file() for graph in GRAPHS):
        return FileFormatError(str(folder), law, "a folder without a network")

    hint = (
        "import tensorflow as tf; open('my.tflite', 'wb').write("
        f"tf.lite.TFLiteConverter.from_saved_model({str(folder)!r}).convert()) "
        "makes a file that loads"
    )
    return FileFormatError(str(folder), law, "a SavedModel, which is a folder", hint=hint)
