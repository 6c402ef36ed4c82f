"""A Keras network as int8, executed: quantised after training and run by TensorFlow Lite."""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import SpikewattError
from .decision import decided_by
from .keras_backend import import_keras, silent_stderr
from .training import ends_with_sigmoid

LARGEST_PART_BYTES = 2**26  # of all tensors of the images that are run together
MOST_TOGETHER = 256  # images
LARGEST_REASON = 200  # characters of TensorFlow's own that an error quotes


@dataclass(frozen=True, eq=False)
class Int8Network:
    """An int8 network, as a microcontroller would execute it.

    Weights, inputs and outputs are int8, sums int32; TensorFlow Lite's own kernels run it, without
    a delegate.

    Parameters
    ----------
    content : bytes
        The ``.tflite`` file.
    halfway : float, default 0
        What a single output lies above where it says class 1; 0.5 of a sigmoid.
    """

    content: bytes = field(repr=False)
    halfway: float = 0.0

    def outputs(self, x: np.ndarray) -> np.ndarray:
        """(samples, outputs) what it computes, as real numbers.

        Parameters
        ----------
        x : float (samples, ...)
            Inputs as the Keras model takes them.
        """
        _, levels, details = self._run(x)
        return _as_numbers(levels, details)

    def levels(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """int8 (samples, inputs) what goes in, and int8 (samples, outputs) what comes out.

        Parameters
        ----------
        x : float (samples, ...)
            Inputs as the Keras model takes them.
        """
        sent, levels, _ = self._run(x)
        return sent, levels

    def _run(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, dict]:
        """What went in, what came out, and how the interpreter describes the latter."""
        interpreter = interpreter_of(self.content)
        given = interpreter.get_input_details()[0]
        shape = tuple(int(size) for size in given["shape"][1:])
        together = run_together(interpreter, len(x), shape)

        sent, found = [], []
        for start in range(0, len(x), together):
            part = x[start : start + together].reshape(-1, *shape)
            levels = as_levels(part, given)
            # The last images come with dark ones, so that the interpreter is made ready once.
            whole = np.zeros((together, *shape), np.int8)
            whole[: len(levels)] = levels
            interpreter.set_tensor(given["index"], whole)
            interpreter.invoke()

            details = interpreter.get_output_details()[0]
            got = interpreter.get_tensor(details["index"])
            sent.append(levels.reshape(len(levels), -1))
            found.append(got.reshape(together, -1)[: len(levels)])
        return np.concatenate(sent), np.concatenate(found), interpreter.get_output_details()[0]

    def predictions(self, x: np.ndarray) -> np.ndarray:
        """(samples,) the class of the largest output; ties go to the lowest.

        Parameters
        ----------
        x : float (samples, ...)
            Inputs as the Keras model takes them.
        """
        return decided_by(self.outputs(x), self.halfway)


def quantise_int8(model, calibration: np.ndarray) -> Int8Network:
    """Quantise a Keras model after its training: int8 weights and activations, in and out.

    The same model and images give the same network.

    Parameters
    ----------
    model : Keras model
        With one input and one output.
    calibration : float (samples, ...)
        Inputs as the model takes them, from which the ranges of the activations are read.

    Raises
    ------
    NoInt8KernelError
        A layer for which TensorFlow Lite has no int8 kernel.

    Examples
    --------
    >>> from .networks import build_network
    >>> model = build_network("mlp-4-3-2", (2, 2, 1), 2)
    >>> images = np.linspace(0, 1, 40, dtype=np.float32).reshape(10, 2, 2, 1)
    >>> quantise_int8(model, images).predictions(images).shape
    (10,)
    """
    single = int(np.prod(model.outputs[0].shape[1:])) == 1
    halfway = 0.5 if single and ends_with_sigmoid(model) else 0.0
    try:
        with _silent():
            content = _converted(model, np.asarray(calibration, np.float32))
    except Exception as error:  # MLIR, its bindings and Keras each raise their own
        raise _no_int8(model, error) from error

    network = Int8Network(content, halfway)
    _check_all_int8(model, network)
    return network


def _converted(model, calibration: np.ndarray) -> bytes:
    """The ``.tflite`` file."""
    import tensorflow as tf

    lite: Any = tf.lite
    converter = lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([image[None]] for image in calibration)
    converter.target_spec.supported_ops = [lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = tf.int8
    converter.inference_output_type = tf.int8
    return converter.convert()


class NoInt8KernelError(SpikewattError):
    """A layer for which TensorFlow Lite has no int8 kernel."""


def _no_int8(model, error: Exception) -> NoInt8KernelError:
    """That the network has no int8 form, with the line that says why."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    telling = [line for line in lines if "error:" in line or "not supported" in line]
    why = (telling or lines or [type(error).__name__])[0]
    return NoInt8KernelError(
        f"int8 of network {model.name!r}",
        "TensorFlow Lite has an int8 kernel for every layer",
        why[:LARGEST_REASON],
    )


def _check_all_int8(model, network: Int8Network) -> None:
    """Raise where a tensor is real: a layer that was left as it was is not an int8 layer."""
    details = interpreter_of(network.content).get_tensor_details()
    real = [tensor["name"] for tensor in details if tensor["dtype"] == np.float32]
    if real:
        raise _no_int8(model, ValueError(f"real numbers in {real[0]}"))


def interpreter_of(content: bytes, keeps_all: bool = False):
    """An interpreter of TensorFlow Lite's own kernels, which are those of microcontrollers.

    Parameters
    ----------
    content : bytes
        The ``.tflite`` file.
    keeps_all : bool, default False
        Whether what lies between operators can be read after a run.
    """
    import_keras()
    with _silent():
        import tensorflow as tf

        lite: Any = tf.lite
        kernels = lite.experimental.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
        made = lite.Interpreter(
            model_content=content,
            experimental_op_resolver_type=kernels,
            experimental_preserve_all_tensors=keeps_all,
        )
        made.allocate_tensors()
    return made


def run_together(interpreter, samples: int, shape: tuple[int, ...]) -> int:
    """How many images are run together; the interpreter is made ready for them."""
    details = interpreter.get_tensor_details()
    per_image = sum(int(np.prod(tensor["shape"])) * 4 for tensor in details)
    fits = LARGEST_PART_BYTES // max(per_image, 1)
    wanted = max(1, min(samples, MOST_TOGETHER, fits))
    index = interpreter.get_input_details()[0]["index"]
    for together in dict.fromkeys((wanted, 1)):
        interpreter.resize_tensor_input(index, (together, *shape))
        try:
            interpreter.allocate_tensors()
        except (RuntimeError, ValueError):
            if together == 1:
                raise
        else:
            return together
    return 1


def as_levels(x: np.ndarray, tensor: dict) -> np.ndarray:
    """Real inputs as int8, halves away from zero as TensorFlow Lite rounds."""
    scale, zero = tensor["quantization"]
    share = np.asarray(x, np.float32) / np.float32(scale)
    nearest = np.trunc(share + np.copysign(np.float32(0.5), share))
    return np.clip(nearest + zero, -128, 127).astype(np.int8)


def _as_numbers(levels: np.ndarray, tensor: dict) -> np.ndarray:
    """int8 outputs as real numbers."""
    scale, zero = tensor["quantization"]
    return (levels.astype(np.float32) - zero) * scale


@contextmanager
def _silent() -> Iterator[None]:
    """Without the lines that converter and interpreter print, in Python and in C++."""
    with (
        warnings.catch_warnings(),
        contextlib.redirect_stdout(io.StringIO()),
        silent_stderr(),
    ):
        warnings.simplefilter("ignore")
        yield
