"""The flatbuffer schema of TensorFlow Lite, as TensorFlow or LiteRT ship it."""

from __future__ import annotations

import importlib
from typing import Any

from ....errors import MissingToolError
from ...keras_backend import import_keras

MODULES = ("tensorflow.lite.python.schema_py_generated", "ai_edge_litert.schema_py_generated")


class Schema:
    """Names and the parser of the schema.

    Raises
    ------
    MissingToolError : neither TensorFlow with TensorFlow Lite nor LiteRT is installed.
    """

    def __init__(self) -> None:
        import_keras()  # so that TensorFlow prints nothing
        self.module: Any = _module()
        self.operators = _names(self.module.BuiltinOperator)
        self.types = _names(self.module.TensorType)
        self.activations = _names(self.module.ActivationFunctionType)

    def parse(self, content: bytes) -> Any:
        """The model in a file, as Python objects."""
        root = self.module.Model.GetRootAsModel(content, 0)
        return self.module.ModelT.InitFromObj(root)


def _module() -> Any:
    for name in MODULES:
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    raise MissingToolError(
        where="TensorFlow Lite files",
        law="need the schema that TensorFlow ships",
        got="none",
        hint="pip install ai-edge-litert",
    )


def _names(kind: type) -> dict[int, str]:
    """Number -> name of an enumeration."""
    return {value: name for name, value in vars(kind).items() if isinstance(value, int)}


def name_of(schema: Schema, code: Any) -> str:
    """The name of an operator, in capitals; that of a custom one as it is written."""
    if code.customCode:
        return code.customCode.decode(errors="replace")
    # Early files know only the smaller field.
    number = max(code.builtinCode or 0, code.deprecatedBuiltinCode or 0)
    return schema.operators.get(number, f"number {number}")
