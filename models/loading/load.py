"""load_keras: a trained network from a file of any known format, or of the zoo."""

from __future__ import annotations

from pathlib import Path

from ...errors import FileFormatError, SpikewattError
from ..keras_backend import import_keras
from .checks import check_keras_version, check_names, check_weights, first_line
from .formats import format_of


def load_keras(path: str | Path):
    """Load a trained network as a Keras model, without running code that a file may hold.

    Graphs of TensorFlow Lite and ONNX become functional models, layer by layer; weights that are
    stored as integers become the real numbers that they stand for. Images are
    (rows, columns, channels), also where a file has channels first.

    Parameters
    ----------
    path : path
        Of a ``.keras`` file, a legacy ``.h5`` or ``.hdf5`` file, a ``.tflite`` or ``.onnx`` file;
        or ``zoo:NAME``, a network that comes with the package (`zoo` lists them).

    Raises
    ------
    FileFormatError
        No network, a damaged one, one that holds code, a layer with a name that TensorFlow does
        not take, or weights that are not finite.
    MissingToolError
        A package that the format needs, or a Keras that runs code from files.
    SpikewattError
        No such file, or no such network in the zoo.

    Examples
    --------
    >>> load_keras("my.keras").summary()  # doctest: +SKIP
    >>> load_keras("zoo:digits-mlp").count_params()  # doctest: +SKIP
    3610
    """
    path = Path(path)
    found = format_of(path)
    check_keras_version()
    try:
        model = found.read(path)
    except SpikewattError:
        raise
    except Exception as error:  # each library raises its own types for a damaged file
        raise FileFormatError(
            where=str(path),
            law=f"must be a whole {found.name}",
            got=first_line(error),
        ) from error

    check_names(path, model)
    check_weights(path, model)
    return _with_plain_input(model)


def _with_plain_input(model):
    """The same network; one input is an array, where Keras 2 kept a list of one.

    Keras 3 warns at each call about such a list.
    """
    keras = import_keras()
    structure = getattr(model, "_inputs_struct", None)
    if isinstance(model, keras.Sequential) or not isinstance(structure, list):
        return model
    if len(structure) > 1:
        return model

    outputs = model.outputs if len(model.outputs) > 1 else model.outputs[0]
    return keras.Model(model.inputs[0], outputs, name=model.name)
