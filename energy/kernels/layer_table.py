"""Tables of int8 layers: what a network computes and stores, read from a CSV with one row per layer and no network at hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import SpikewattError, one_of

if TYPE_CHECKING:
    import pandas as pd

FOLDER = Path(__file__).parents[1] / "data"
LAYERS = (
    FOLDER / "mlperf_tiny_layers.csv"
)  # mlcommons/tiny, benchmark/training/*/trained_models/*.tflite, parsed
KINDS = {
    "FULLY_CONNECTED": "dense",
    "CONV_2D": "conv",
    "DEPTHWISE_CONV_2D": "depthwise",
    "ADD": "add",
    "AVERAGE_POOL_2D": "pool",
    "MAX_POOL_2D": "pool",
    "MEAN": "pool",
    "PAD": "elementwise",
    "RELU": "elementwise",
    "RELU6": "elementwise",
    "HARD_SWISH": "elementwise",
    "LOGISTIC": "elementwise",
    "QUANTIZE": "elementwise",
    "RESHAPE": "reshape",
    "SOFTMAX": "softmax",
}
COLUMNS = (
    "benchmark",
    "idx",
    "op",
    "in_shape",
    "out_shape",
    "macs",
    "weights",
    "bias",
    "out_elems",
)
_COUNTS = ("idx", "macs", "weights", "bias", "out_elems")
_WEIGHTED = ("dense", "conv", "depthwise")
CHANNEL_BYTES = 8  # int32 multiplier and int32 shift of the requantisation, per output channel
BIAS_BYTES = 4


@dataclass(frozen=True)
class Int8Layer:
    """One layer: `kind` is dense, conv, depthwise, add, pool, elementwise, reshape or softmax; all else are counts.

    `outputs` are those of a dense, conv or depthwise layer, requantised one by one; `elements` those of the input of an add (of one of
    its two: each is touched once per sum) or pool, and of the output of an elementwise layer. Both are 0 for other kinds. MACs at padded
    borders are counted in full.
    """

    name: str
    kind: str
    macs: int
    outputs: int
    elements: int
    weights: int
    biases: int
    input_elements: int
    output_elements: int


def read_table(
    source: str | Path | pd.DataFrame, required: Sequence[str], where: str = "table"
) -> tuple[str, pd.DataFrame]:
    """Name for error messages, and the table as text: every cell a stripped str, rows counted from 1.

    Raises
    ------
    SpikewattError : no such file, no CSV, a required column is missing, no rows.
    """
    import pandas as pd

    if not isinstance(source, str | Path):
        frame = source
        if not isinstance(frame, pd.DataFrame):
            raise SpikewattError(
                where, "must be a table", type(source).__name__, "the path of a CSV, a DataFrame"
            )
    else:
        where = Path(source).name
        if not Path(source).is_file():
            raise SpikewattError(
                str(source),
                "must be a CSV file",
                "a folder" if Path(source).is_dir() else "no such file",
            )
        try:
            frame = pd.read_csv(source, dtype=str, keep_default_na=False, skipinitialspace=True)
        except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
            raise SpikewattError(
                str(source), "must be a CSV with a header row", str(error)[:200]
            ) from error
    missing = [column for column in required if column not in frame.columns]
    if missing:
        raise SpikewattError(
            where,
            f"must have the column {', '.join(missing)}",
            ", ".join(map(str, frame.columns)),
            ", ".join(required),
        )
    if frame.empty:
        raise SpikewattError(where, "must have at least one row", "none")
    text = frame.astype(object).where(frame.notna(), "").map(lambda cell: str(cell).strip())
    return where, text.set_axis(range(1, len(text) + 1))


def numbers(where: str, frame: pd.DataFrame, column: str, needed: bool = True) -> pd.Series:
    """A column of a text table as numbers above 0, nan where a cell is empty and not `needed`; raises SpikewattError naming the row."""
    import numpy as np
    import pandas as pd

    values = pd.to_numeric(frame[column], errors="coerce").astype(float)
    wrong = ~((values > 0) & np.isfinite(values)) & (needed | (frame[column] != ""))
    if wrong.any():
        row = frame.index[wrong][0]
        raise SpikewattError(
            f"{where}: row {row}: {column}", "must be a number above 0", repr(frame[column][row])
        )
    return values


def _whole(where: str, text: str, law: str = "must be a whole number of at least 0") -> int:
    """`text` as an integer >= 0, which a table may hold as ``12.0``; raises SpikewattError."""
    text = text.removesuffix(".0")
    if not (text.isascii() and text.isdigit()):
        raise SpikewattError(where, law, repr(text), "0, 1, 2, …")
    return int(text)


def _elements(where: str, text: str) -> int:
    """Elements of a shape such as ``1x32x32x16``; raises SpikewattError."""
    sizes = text.split("x")
    if not all(size.isascii() and size.isdigit() and int(size) > 0 for size in sizes):
        raise SpikewattError(
            where,
            "must be a shape of sizes above 0",
            repr(text),
            "sizes joined by x, such as 1x32x32x16",
        )
    return prod(map(int, sizes))


def _layer(where: str, row: dict[str, str]) -> Int8Layer:
    """One row; raises SpikewattError naming row and column."""
    kind = KINDS[
        one_of(
            f"{where}: op", "must be an int8 operator with a known cost", row["op"].upper(), KINDS
        )
    ]
    number = {column: _whole(f"{where}: {column}", row[column]) for column in _COUNTS}
    inputs, outputs = (
        _elements(f"{where}: {column}", row[column]) for column in ("in_shape", "out_shape")
    )
    if number["out_elems"] != outputs:
        raise SpikewattError(
            f"{where}: out_elems", "must be the product of out_shape", number["out_elems"], outputs
        )
    if (number["macs"] > 0) != (kind in _WEIGHTED):
        law = "must be above 0 for a layer with weights, 0 for any other"
        raise SpikewattError(f"{where}: macs", law, f"{number['macs']} for {row['op']}")
    positions = outputs // int(row["out_shape"].split("x")[-1])
    if number["macs"] > positions * number["weights"]:
        law, allowed = (
            "is at most weights times positions of out_shape",
            f"<= {positions * number['weights']}",
        )
        raise SpikewattError(f"{where}: macs", law, number["macs"], allowed)
    if kind in ("add", "reshape", "softmax") and inputs != outputs:
        raise SpikewattError(
            f"{where}: in_shape",
            f"{row['op']} keeps the number of elements",
            f"{inputs} in, {outputs} out",
        )
    return Int8Layer(
        name=f"{number['idx']}_{row['op'].lower()}",
        kind=kind,
        macs=number["macs"],
        outputs=outputs if kind in _WEIGHTED else 0,
        elements=inputs if kind in ("add", "pool") else outputs if kind == "elementwise" else 0,
        weights=number["weights"],
        biases=number["bias"],
        input_elements=inputs,
        output_elements=outputs,
    )


def read_networks(source: str | Path | pd.DataFrame = LAYERS) -> dict[str, tuple[Int8Layer, ...]]:
    """Name of each network in the table -> its layers in order; raises as `read_layers`."""
    where, frame = read_table(source, COLUMNS, "layer table")
    if (twice := frame.duplicated(["benchmark", "idx"])).any():
        row = frame[twice].iloc[0]
        law = f"must be there once in network {row['benchmark']!r}"
        raise SpikewattError(
            f"{where}: row {frame.index[twice][0]}: idx", law, row["idx"], "numbers of layers"
        )
    networks: dict[str, list[Int8Layer]] = {}
    for number, row in zip(frame.index, frame[list(COLUMNS)].to_dict("records"), strict=True):
        if not row["benchmark"]:
            raise SpikewattError(
                f"{where}: row {number}: benchmark", "must name the network", "nothing"
            )
        networks.setdefault(row["benchmark"], []).append(_layer(f"{where}: row {number}", row))
    return {name: tuple(layers) for name, layers in networks.items()}


def read_layers(
    path_or_frame: str | Path | pd.DataFrame, network: str | None = None
) -> tuple[Int8Layer, ...]:
    """The layers of one network, in order.

    Parameters
    ----------
    path_or_frame : CSV or frame with the columns COLUMNS; shapes as ``1x32x32x16``.
    network : its `benchmark`; may be left out when the table holds one network.

    Raises
    ------
    SpikewattError : missing column, unknown operator, a count that is negative or not whole, a shape that does not fit, unknown network.
    """
    networks = read_networks(path_or_frame)
    if network is None and len(networks) == 1:
        return next(iter(networks.values()))
    if network is None:
        raise SpikewattError(
            "network", "must be chosen from a table of several", "none", ", ".join(networks)
        )
    return networks[one_of("network", "must be a benchmark of the layer table", network, networks)]


def work(layers: Sequence[Int8Layer]) -> dict[str, int]:
    """Counts that cost cycles: mac_dense, mac_conv (conv, pointwise and depthwise), outputs, elements. Reshape and softmax cost none."""
    return {
        "mac_dense": sum(layer.macs for layer in layers if layer.kind == "dense"),
        "mac_conv": sum(layer.macs for layer in layers if layer.kind in ("conv", "depthwise")),
        "outputs": sum(layer.outputs for layer in layers),
        "elements": sum(layer.elements for layer in layers),
    }


def flash_bytes(layers: Sequence[Int8Layer]) -> int:
    """weights + 12 · biases [bytes]: int8 weights; per output channel an int32 bias and 8 bytes of multiplier and shift. No code.

    A channel is counted by its bias; a layer without biases is taken to have no multiplier table.
    """
    return sum(layer.weights + (BIAS_BYTES + CHANNEL_BYTES) * layer.biases for layer in layers)


def _reads(layers: Sequence[Int8Layer]) -> list[list[int]]:
    """Per layer the tensors that it reads: tensor 0 is the network's input, tensor i + 1 the output of layer i."""
    sizes = [layers[0].input_elements]
    reads: list[list[int]] = []
    last_add = 0  # the tensor made by the latest add, or the input
    for position, layer in enumerate(layers):
        same = [tensor for tensor, size in enumerate(sizes) if size == layer.input_elements]
        if not same:
            raise SpikewattError(
                f"layer {layer.name}",
                "its input must be a tensor made before",
                f"{layer.input_elements} elements",
            )
        inputs = [same[-1]]
        if layer.kind == "add":
            used = {tensor for earlier in reads for tensor in earlier}
            others = same[:-1]
            if not others:
                raise SpikewattError(
                    f"layer {layer.name}", "an add needs two tensors of its size made before", "one"
                )
            waiting = [tensor for tensor in others if tensor not in used]
            since = [tensor for tensor in others if tensor >= last_add]
            inputs.append(waiting[-1] if waiting else (since or others)[0])
            last_add = position + 1
        reads.append(inputs)
        sizes.append(layer.output_elements)
    return reads


def arena_bytes(layers: Sequence[Int8Layer]) -> int:
    """Largest sum of int8 tensors that live at once [bytes]: inputs and output of the layer that runs, and what a later layer still reads.

    The table has no connections. Rule: a layer reads the latest tensor of its input's size. An add reads that one and, as its skip, the
    latest tensor of the same size that no layer has read (the shortcut has its own convolution); if all were read, the first one
    since the last add (identity shortcut: the longest life possible). A reshape makes no tensor of its own. Scratch buffers
    of the library, and sums in place, are not counted.

    Raises
    ------
    SpikewattError : a layer whose input no earlier layer makes.
    """
    if not layers:
        raise SpikewattError("layers", "a network has at least one layer", "none")
    reads = _reads(layers)
    sizes = [layers[0].input_elements, *(layer.output_elements for layer in layers)]
    last_use = {tensor: position for position, inputs in enumerate(reads) for tensor in inputs}
    peak = 0
    for position, layer in enumerate(layers):
        alive = {tensor for tensor in range(position + 1) if last_use.get(tensor, -1) >= position}
        own = 0 if layer.kind == "reshape" else layer.output_elements
        peak = max(peak, own + sum(sizes[tensor] for tensor in alive))
    return peak
