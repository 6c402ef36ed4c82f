"""Keras on TensorFlow, imported when first needed, without the lines that TensorFlow prints."""

from __future__ import annotations

import logging
import os
import sys
from contextlib import contextmanager
from typing import Any

from ..endings import uninterrupted
from ..installed import not_installed


@contextmanager
def silent_stderr():
    """Send file descriptor 2 to nowhere: C++ prints before any Python logging could stop it."""
    sys.stderr.flush()
    saved = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(nowhere)


def import_keras() -> Any:
    """The module keras; raises MissingToolError if it or TensorFlow is not installed."""
    if "keras" in sys.modules:
        return sys.modules["keras"]

    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    try:
        with uninterrupted(), silent_stderr():
            import keras
    except ImportError as error:
        law = "needs Keras 3 and TensorFlow"
        raise not_installed("keras", law, "keras", got=error) from error

    # TensorFlow warns of every model that is asked for a few predictions.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    return keras
