"""What Keras 2 wrote into configurations and Keras 3 does not take."""

from __future__ import annotations

from typing import Any

FUNCTIONAL = "keras.src.models.functional"


def modernise(config: Any) -> None:
    """Change a configuration of Keras 2, in place, into one that Keras 3 takes.

    Parameters
    ----------
    config : parsed JSON
        Of a model, with all its layers.

    Examples
    --------
    >>> layer = {"class_name": "DepthwiseConv2D", "config": {"groups": 1, "name": "d"}}
    >>> modernise(layer)
    >>> layer["config"]
    {'name': 'd'}
    """
    waiting = [config]
    while waiting:
        part = waiting.pop()
        if isinstance(part, list):
            waiting += part
        if not isinstance(part, dict):
            continue

        waiting += part.values()
        kind, own = part.get("class_name"), part.get("config")
        if kind == "Functional" and "module" in part:
            part["module"] = FUNCTIONAL
        if not isinstance(own, dict):
            continue

        # A depthwise convolution never had another value.
        if kind == "DepthwiseConv2D" and own.get("groups") == 1:
            del own["groups"]
        axis = own.get("axis")
        if kind == "BatchNormalization" and isinstance(axis, list) and len(axis) == 1:
            own["axis"] = axis[0]
