"""Keras on TensorFlow, imported when first needed and without the start-up lines that TensorFlow prints from C++."""

from __future__ import annotations

import logging
import os
import sys
from contextlib import contextmanager
from typing import Any

from ..errors import MissingToolError


@contextmanager
def _silent_stderr():
    """Send file descriptor 2 to nowhere: the lines are printed before any Python logging could stop them."""
    sys.stderr.flush()
    saved, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(nowhere)


def import_keras() -> Any:
    """The module keras; raises MissingToolError if it or TensorFlow is not installed."""
    if "keras" not in sys.modules:
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        os.environ.setdefault("KERAS_BACKEND", "tensorflow")
        try:
            with _silent_stderr():
                import keras  # noqa: F401
        except ImportError as error:
            raise MissingToolError(
                "keras",
                "needs Keras 3 and TensorFlow",
                str(error),
                "pip install 'spikewatt[keras]'",
            ) from error
        logging.getLogger("tensorflow").setLevel(
            logging.ERROR
        )  # it warns of every model that is asked for a few predictions
    return sys.modules["keras"]
