"""Tables of int8 layers, read from a CSV with one row per layer and no network at hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import SHOWN, SpikewattError, one_of
from ..kernels import law
from ..kernels.law import Int8Layer, Operator

if TYPE_CHECKING:
    import pandas as pd

FOLDER = Path(__file__).parents[1] / "data"
# mlcommons/tiny, benchmark/training/*/trained_models/*.tflite, parsed
LAYERS = FOLDER / "mlperf_tiny_layers.csv"
# Name in a TensorFlow Lite file -> what it costs.
KNOWN = {
    "FULLY_CONNECTED": law.DENSE,
    "CONV_2D": law.CONV,
    "DEPTHWISE_CONV_2D": law.DEPTHWISE,
    "ADD": law.ADD,
    "AVERAGE_POOL_2D": law.POOL,
    "MAX_POOL_2D": law.POOL,
    "MEAN": law.POOL,
    "PAD": law.ELEMENTWISE,
    "RELU": law.ELEMENTWISE,
    "RELU6": law.ELEMENTWISE,
    "HARD_SWISH": law.ELEMENTWISE,
    "LOGISTIC": law.ELEMENTWISE,
    "QUANTIZE": law.ELEMENTWISE,
    "RESHAPE": law.RESHAPE,
    "SOFTMAX": law.SOFTMAX,
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
LIVE = "live_macs"  # a column that may be missing, as may cells of it: all MACs are live then
MOST_NAMES = 12  # that an error lists
MOST_DIGITS = 15  # of a count
MOST_SIZES = 8  # of a shape
COUNTS = ("idx", "macs", "weights", "bias", "out_elems")


def read_table(
    source: str | Path | pd.DataFrame, required: Sequence[str], where: str = "table"
) -> tuple[str, pd.DataFrame]:
    """A table as text, its columns checked.

    Parameters
    ----------
    source : str, Path or DataFrame
        A CSV file, or the table itself.
    required : sequence of str
        Columns that it must have.
    where : str, default "table"
        Its name in messages; that of a file is its own.

    Returns
    -------
    where : str
        Name for messages.
    text : DataFrame
        Every cell a stripped str, rows counted from 1.

    Raises
    ------
    SpikewattError
        No such file, no CSV, a required column is missing, no rows.
    """
    if isinstance(source, str | Path):
        where, frame = Path(source).name, _read_csv(source)
    else:
        frame = _checked_frame(where, source)

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

    filled = frame.astype(object).where(frame.notna(), "")
    text = filled.map(lambda cell: str(cell).strip())
    return where, text.set_axis(range(1, len(text) + 1))


def numbers(where: str, frame: pd.DataFrame, column: str, needed: bool = True) -> pd.Series:
    """A column of a text table as numbers above 0.

    Parameters
    ----------
    where : str
        Name of the table in messages.
    frame : DataFrame
        As of `read_table`.
    column : str
    needed : bool, default True
        Else a cell may be empty, and is nan.

    Raises
    ------
    SpikewattError
        Anything else; names the row.
    """
    import numpy as np
    import pandas as pd

    values = pd.to_numeric(frame[column], errors="coerce").astype(float)
    right = (values > 0) & np.isfinite(values)
    wrong = ~right & (needed | (frame[column] != ""))
    if wrong.any():
        row = frame.index[wrong][0]
        raise SpikewattError(
            f"{where}: row {row}: {column}", "must be a number above 0", repr(frame[column][row])
        )
    return values


def read_networks(source: str | Path | pd.DataFrame = LAYERS) -> dict[str, tuple[Int8Layer, ...]]:
    """Name of each network in the table -> its layers in order; raises as `read_layers`.

    >>> list(read_networks())
    ['AD', 'IC', 'KWS', 'VWW', 'SWW']
    """
    where, frame = read_table(source, COLUMNS, "layer table")
    _check_unique(where, frame)

    networks: dict[str, list[Int8Layer]] = {}
    rows = frame.reindex(columns=[*COLUMNS, LIVE], fill_value="").to_dict("records")
    for number, row in zip(frame.index, rows, strict=True):
        at = f"{where}: row {number}"
        name = row["benchmark"]
        if not name:
            raise SpikewattError(f"{at}: benchmark", "must name the network", "nothing")

        layers = networks.setdefault(name, [])
        layers.append(_layer(at, row))
    return {name: tuple(layers) for name, layers in networks.items()}


def read_layers(
    path_or_frame: str | Path | pd.DataFrame, network: str | None = None
) -> tuple[Int8Layer, ...]:
    """The layers of one network, in order.

    Parameters
    ----------
    path_or_frame : str, Path or DataFrame
        CSV or frame with the columns COLUMNS and, if wanted, LIVE; shapes as ``1x32x32x16``.
    network : str, optional
        Its `benchmark`; may be left out when the table holds one network.

    Raises
    ------
    SpikewattError
        Missing column, unknown operator, a count that is negative or not whole, a shape that
        does not fit, unknown network.

    Examples
    --------
    >>> read_layers(LAYERS, "KWS")[0].macs
    320000
    """
    return chosen(read_networks(path_or_frame), network)[1]


def chosen(
    networks: Mapping[str, tuple[Int8Layer, ...]], network: str | None
) -> tuple[str, tuple[Int8Layer, ...]]:
    """The network of that name, in capitals or not, or the only one, with its name.

    Raises
    ------
    SpikewattError
        There is none, or several and no name.
    """
    if network is None and len(networks) == 1:
        return next(iter(networks.items()))
    if network is None:
        law = "must be chosen from a table of several"
        raise SpikewattError("network", law, "none", _some(networks))

    asked_for = str(network).strip()
    alike = [name for name in networks if name.lower() == asked_for.lower()]
    name = asked_for if asked_for in networks else alike[0] if len(alike) == 1 else None
    if name is None:
        law = "must be a benchmark of the layer table"
        raise SpikewattError("network", law, repr(network), _some(sorted(networks)))
    return name, networks[name]


def _some(names: Iterable[str]) -> str:
    """The names, or the first of many."""
    listed = list(names)
    more = len(listed) - MOST_NAMES
    shown = ", ".join(listed[:MOST_NAMES])
    return f"{shown} and {more:,} more" if more > 0 else shown


def _read_csv(source: str | Path) -> pd.DataFrame:
    import pandas as pd

    path = Path(source)
    if not path.is_file():
        found = "a folder" if path.is_dir() else "no such file"
        raise SpikewattError(str(source), "must be a CSV file", found)
    try:
        return pd.read_csv(
            source,
            dtype=str,
            keep_default_na=False,
            skipinitialspace=True,
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError, OSError) as error:
        raise SpikewattError(
            str(source), "must be a CSV with a header row", str(error)[:200]
        ) from error


def _checked_frame(where: str, source: object) -> pd.DataFrame:
    import pandas as pd

    if isinstance(source, pd.DataFrame):
        return source
    raise SpikewattError(
        where, "must be a table", type(source).__name__, "the path of a CSV, a DataFrame"
    )


def _check_unique(where: str, frame: pd.DataFrame) -> None:
    """Raise where a network has two layers of one number."""
    twice = frame.duplicated(["benchmark", "idx"])
    if not twice.any():
        return
    row = frame[twice].iloc[0]
    raise SpikewattError(
        f"{where}: row {frame.index[twice][0]}: idx",
        f"must be there once in network {row['benchmark']!r}",
        row["idx"],
        "numbers of layers",
    )


def _whole(where: str, text: str) -> int:
    """`text` as an integer >= 0, which a table may hold as ``12.0``; raises SpikewattError."""
    text = text.removesuffix(".0")
    if not _is_number(text):
        law = "must be a whole number of at least 0"
        raise SpikewattError(
            where,
            law,
            repr(text[:SHOWN]),
            "0, 1, 2, …",
        )
    return int(text)


def _is_size(text: str) -> bool:
    return _is_number(text) and int(text) > 0


def _is_number(text: str) -> bool:
    """Digits and nothing else, few enough for a count."""
    return text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS


def _elements(where: str, text: str) -> int:
    """Elements of a shape such as ``1x32x32x16``; raises SpikewattError."""
    sizes = text.split("x")
    if not all(_is_size(size) for size in sizes) or len(sizes) > MOST_SIZES:
        raise SpikewattError(
            where,
            "must be a shape of sizes above 0",
            repr(text[:SHOWN]),
            "sizes joined by x, such as 1x32x32x16",
        )
    return prod(map(int, sizes))


def _layer(where: str, row: Mapping[str, str]) -> Int8Layer:
    """One row; raises SpikewattError naming row and column."""
    text = row["op"].upper()
    one_of(f"{where}: op", "must be an int8 operator with a known cost", text, KNOWN)
    operator = KNOWN[text]
    count = {column: _whole(f"{where}: {column}", row[column]) for column in COUNTS}
    inputs = _elements(f"{where}: in_shape", row["in_shape"])
    outputs = _elements(f"{where}: out_shape", row["out_shape"])
    _check_counts(where, row, operator, count, inputs, outputs)
    live = _live_macs(f"{where}: {LIVE}", row[LIVE], count["macs"])

    touched = {"": 0, "input": inputs, "output": outputs}
    return Int8Layer(
        name=f"{count['idx']}_{row['op'].lower()}",
        kind=operator.name,
        macs=count["macs"],
        outputs=outputs if operator.macs else 0,
        elements=touched[operator.elements],
        weights=count["weights"],
        biases=count["bias"],
        input_elements=inputs,
        output_elements=outputs,
        live_macs=live,
    )


def _live_macs(where: str, text: str, macs: int) -> int:
    """MACs of what is not dead; raises SpikewattError where they are more than there are."""
    if not text:
        return macs
    live = _whole(where, text)
    if live > macs:
        law = "is at most macs: what is left without dead channels"
        raise SpikewattError(where, law, live, f"<= {macs}")
    return live


def _check_counts(
    where: str,
    row: Mapping[str, str],
    operator: Operator,
    count: Mapping[str, int],
    inputs: int,
    outputs: int,
) -> None:
    """Raise where the numbers of a row contradict each other."""
    if count["out_elems"] != outputs:
        raise SpikewattError(
            f"{where}: out_elems", "must be the product of out_shape", count["out_elems"], outputs
        )
    if (count["macs"] > 0) != bool(operator.macs):
        law = "must be above 0 for a layer with weights, 0 for any other"
        raise SpikewattError(f"{where}: macs", law, f"{count['macs']} for {row['op']}")

    channels = int(row["out_shape"].split("x")[-1])
    most = outputs // channels * count["weights"]
    if count["macs"] > most:
        law = "is at most weights times positions of out_shape"
        raise SpikewattError(
            f"{where}: macs",
            law,
            count["macs"],
            f"<= {most}",
        )

    if operator.keeps_elements and inputs != outputs:
        law = f"{row['op']} keeps the number of elements"
        raise SpikewattError(f"{where}: in_shape", law, f"{inputs} in, {outputs} out")
