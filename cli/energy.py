"""Verbs that map, fit, list, calibrate and validate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ..errors import SpikewattError
from . import devices as making
from .options import DEVICE_HELP, TRACE_HELP, DataDir, Force, Json, fields, new_file, show
from .program import ENERGY, verb

ANY = "any"  # number of cores
FIT_DEVICE_HELP = (
    "Core or microcontroller, as of `price`; repeat for several. By default odin_style and every "
    "microcontroller that has a card."
)
FIT_STEPS_HELP = (
    "Under rate simulated steps; under other codes steps of a layer: K of radix, L of sync_rate "
    "and signed, by default 5, 15 and 15. More of them widen the bound of the potentials."
)
# Options of a conversion that change no size.
NEED_DATA = ("method", "bias_correction", "input_max", "per_channel")


@verb(ENERGY)
def map(
    trace: Annotated[Path, typer.Argument(help=TRACE_HELP)],
    device: Annotated[str, typer.Option(help=DEVICE_HELP)] = "odin_style",
    max_cores: Annotated[
        str, typer.Option(help="Cores that the network may take; by default as many as it takes.")
    ] = ANY,
    as_json: Json = False,
) -> None:
    """Which neurons sit on which core, and what does not fit.

    With how full the cores are, and their area.
    """
    import pandas as pd

    from ..analysis.report.findings import Findings, Table
    from ..energy.cards.load import load_card
    from ..energy.devices.chip.table import cores_in_use
    from ..energy.devices.core.count import checked_max_cores
    from ..energy.devices.registry import device_kind
    from ..sim.trace.trace import Trace

    card = load_card(device)
    if not device_kind(card).places_neurons:
        found = f"{card.name} is a {card.kind}"
        raise SpikewattError("map --device", "must be a neuromorphic core", found)

    most = checked_max_cores("map --max-cores", max_cores)
    rows, (filled, *loading), area_m2 = cores_in_use(Trace.load(trace), card, max_cores=most)
    table = Table("rows", f"{card.name}: {filled}", pd.DataFrame(rows))
    facts = {} if area_m2 is None else {"area_m2": area_m2.value}
    show(Findings((table,), facts=facts, notes=tuple(loading)), as_json)


def _fit_options():
    from ..sim.conversion.options import ConversionOptions

    return fields(ConversionOptions, leave_out=(*NEED_DATA, "steps"))


@verb(ENERGY, _fit_options)
def fit(
    networks: Annotated[
        list[str],
        typer.Argument(
            metavar="NETWORK…",
            help="Names (lenet, mlp-784-48-10, zoo:lenet, …), Keras, .tflite or .onnx files, or "
            ".spk files.",
        ),
    ],
    device: Annotated[list[str] | None, typer.Option(help=FIT_DEVICE_HELP)] = None,
    max_cores: Annotated[
        str, typer.Option(help="Cores that the network may take, or any; by default 1.")
    ] = "1",
    input_shape: Annotated[
        str | None,
        typer.Option(
            help="Of named networks, as 32x32x3; by default 28x28x1, or what a name says."
        ),
    ] = None,
    classes: Annotated[
        int | None, typer.Option(help="Of named networks; by default 10, or what a name says.")
    ] = None,
    steps: Annotated[int | None, typer.Option(help=FIT_STEPS_HELP)] = None,
    as_json: Json = False,
    **given: Any,
) -> None:
    """What fits on which device, and what would: cores, mm², memory.

    It needs no data and runs nothing. Thresholds are not known then, so the width of a potential
    is a bound, which is printed.
    """
    from ..analysis.report.fits import FOR_A_READER, fit_findings
    from ..energy.devices.fit_network import fit as fit_network

    options = {key: value for key, value in given.items() if value is not None}
    shape = None if input_shape is None else _sizes(input_shape)
    found = [
        fit_network(
            network,
            *(device or ()),
            max_cores=max_cores,
            input_shape=shape,
            classes=classes,
            steps=steps,
            **options,
        )
        for network in networks
    ]
    findings = fit_findings(found)
    show(findings if as_json else findings.only(FOR_A_READER), as_json)


def _sizes(text: str) -> tuple[int, ...]:
    """``28x28x1`` as numbers."""
    parts = text.lower().split("x")
    if not all(part.strip().isdecimal() for part in parts):
        raise SpikewattError("fit --input-shape", "is sizes joined by x", repr(text), "28x28x1")
    return tuple(int(part) for part in parts)


@verb(ENERGY)
def devices(
    name: Annotated[
        str | None, typer.Argument(help="One card, with every value; or new, to write one.")
    ] = None,
    path: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="With new: the .yaml file to write.")
    ] = None,
    kind: Annotated[str | None, typer.Option(help=making.KIND_HELP)] = None,
    timing: Annotated[str | None, typer.Option(help=making.TIMING_HELP)] = None,
    like: Annotated[str | None, typer.Option(help=making.LIKE_HELP)] = None,
    core: Annotated[str | None, typer.Option(help=making.CORE_HELP)] = None,
    clock_mhz: Annotated[float | None, typer.Option(help=making.CLOCK_HELP)] = None,
    ua_per_mhz: Annotated[float | None, typer.Option(help=making.CURRENT_HELP)] = None,
    supply_v: Annotated[float | None, typer.Option(help=making.SUPPLY_HELP)] = None,
    flash_kib: Annotated[float | None, typer.Option(help=making.FLASH_HELP)] = None,
    ram_kib: Annotated[float | None, typer.Option(help=making.RAM_HELP)] = None,
    sleep_ua: Annotated[float | None, typer.Option(help=making.SLEEP_HELP)] = None,
    wake_us: Annotated[float | None, typer.Option(help=making.WAKE_HELP)] = None,
    regulator: Annotated[str | None, typer.Option(help=making.REGULATOR_HELP)] = None,
    library: Annotated[str | None, typer.Option(help=making.LIBRARY_HELP)] = None,
    card_name: Annotated[str | None, typer.Option("--name", help=making.NAME_HELP)] = None,
    source: Annotated[str | None, typer.Option(help=making.SOURCE_HELP)] = None,
    as_json: Json = False,
) -> None:
    """List the devices, show one in full, or write a new card.

    A value has a unit, a range, a status (measured, simulated, estimated, assumed) and a source. A
    new card is that of a microcontroller, ready to price, or a template to fill in (--kind). All
    that is wrong with a card of your own is told at once, with its lines.
    """
    given = {
        "core": core,
        "timing": timing,
        "like": like,
        "clock_mhz": clock_mhz,
        "ua_per_mhz": ua_per_mhz,
        "supply_v": supply_v,
        "flash_kib": flash_kib,
        "ram_kib": ram_kib,
        "sleep_ua": sleep_ua,
        "wake_us": wake_us,
        "regulator": regulator,
        "library": library,
        "name": card_name,
        "source": source,
    }
    if name == making.NEW:
        said = making.new_card(path, kind, given)
        is_template = kind not in (None, making.MICROCONTROLLER)
        if is_template or not as_json:
            print(said)
            return
        name = str(path)
    else:
        making.only_with_new({"path": path, "kind": kind, **given})
    from ..analysis.report.devices import card_findings, device_findings
    from ..energy.cards.load import load_card

    found = card_findings(load_card(name)) if name else device_findings(making.NOT_HERE)
    show(found, as_json)


@verb(ENERGY)
def calibrate(
    measured: Annotated[
        Path,
        typer.Argument(
            help="CSV: network, latency_ms, energy_uj (may be empty), if wanted clock_mhz."
        ),
    ],
    device: Annotated[str, typer.Option(help="Card of the microcontroller that was measured.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The card (.yaml) to write.")],
    layers: Annotated[
        Path | None,
        typer.Option(help="CSV of the networks' layers; by default those of MLPerf Tiny."),
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="Name of the new card; by default <device>_calibrated.")
    ] = None,
    allow_prior: Annotated[
        bool, typer.Option(help="Accept assumed ratios for what the rows do not identify.")
    ] = False,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Refit a microcontroller's card from your own readings.

    Readings are latencies and, where you have them, energies of known networks.
    """
    new_file(output, force)
    from ..analysis.report.devices import card_rows
    from ..analysis.report.findings import Findings, Table
    from ..energy.cards.calibrate import calibrated_card
    from ..energy.cards.card_file import save_card
    from ..energy.cards.load import load_card

    card, fit = calibrated_card(
        load_card(device),
        measured,
        layers,
        allow_prior,
        name,
    )
    save_card(card, output)

    values = card_rows(card)
    refitted = values[values["status"].str.contains("(user)", regex=False)]
    table = Table("rows", f"{output}: values from {measured.name}", refitted)
    facts = {
        "residuals": fit.residuals,
        "condition_number": fit.condition_number_data,
        "from_prior": list(fit.from_prior),
    }
    where, worst = max(fit.residuals.items(), key=lambda item: abs(item[1]))
    note = f"condition number {fit.condition_number_data:.3g}; "
    note += f"largest residual {worst:+.1%} ({where})"
    if fit.from_prior:
        note += f"; assumed ratio: {', '.join(fit.from_prior)}"
    show(Findings((table,), facts=facts, notes=(f"{note}.",)), as_json)


@verb(ENERGY)
def validate(
    dataset: Annotated[
        str | None, typer.Option(help="mnist, to run ODIN's demonstration too (256-10, minutes).")
    ] = None,
    data_dir: DataDir = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="CSV to write.")] = None,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Published and measured values beside our predictions.

    With the error, and whether a row was fitted. Spiking networks measured on Loihi, Loihi 2 and
    SpiNNaker have a table of their own. Measured int8 networks on microcontrollers are left out
    build by build and board by board, and summed up; all rows are in the CSV.
    """
    if output:
        new_file(output, force)
    from ..analysis.checks.silicon import silicon_rows
    from ..analysis.checks.silicon_asked import silicon_lines
    from ..analysis.checks.validation import left_out_summary, of_silicon, summary_lines
    from ..analysis.checks.validation import validate as compare
    from ..analysis.report.findings import Findings
    from ..analysis.report.rows import write_frame
    from ..analysis.report.tables import left_out, silicon, validation

    frame = compare(dataset, data_dir)
    if output:
        write_frame(frame, output)
    others = validation(frame[frame["scheme"].isna() & frame["boundary"].isna()])
    summed = left_out_summary(frame)
    tables = (others, silicon(of_silicon(frame)), left_out(summed))
    notes = (*silicon_lines(silicon_rows()), *summary_lines(summed))
    show(Findings(tables, notes=notes), as_json)
