"""What a paper about sizes says in words: question, method, notes, limits."""

from __future__ import annotations

from typing import Any

from ...report.units import significant
from ..hardware.sizes import CELLS
from . import sentences
from .facts import BOARD, LARGE, SIZES, SMALL, SizeFacts
from .seeds import both, percent, trainings
from .tables import MEGA, MICRO, USUAL

TITLE = "What a larger hidden layer costs"
SUBTITLE = (
    "[784, 48, 10] against [784, 128, 10]: a spiking network for MNIST on an FPGA and in two open "
    "cell libraries"
)
CHART_NOTE = (
    "K = 4 where nothing else is said; one training each, bars: 95 % intervals of 10,000 images. "
    "Beside a point: bits of a pixel; dotted: from 8 to 2. Diamonds: medians of the trainings "
    "that are alike, bars: lowest to highest."
)
NANO = 1e-9


def words_of(facts: SizeFacts) -> dict[str, Any]:
    """Name in the template -> text."""
    return {
        "title": TITLE,
        "subtitle": SUBTITLE,
        "answer": sentences.answer(facts),
        "question": _question(),
        "method_networks": _networks(facts),
        "method_hardware": _hardware(facts),
        "accuracy_note": _accuracy_note(facts),
        "hardware_note": _hardware_note(facts),
        "picture_says": f"{SMALL} and {LARGE}, placed on the same FPGA, by module",
        "picture_note": _picture_note(facts),
        "chart_note": CHART_NOTE,
        "few_pixels": sentences.few_pixels(facts),
        "precision": _precision(facts),
        "odin": _odin(facts),
        "limits": _limits(facts),
        "again": _again(facts),
    }


def _question() -> str:
    return (
        "A spiking network for MNIST is to run on a small core in an FPGA or a chip. Is a hidden "
        "layer of 128 neurons worth it where 48 would do? The study of Aizu in 2024 asked so of "
        "its own system: area, highest clock, power, and a picture of both designs. No figures of "
        "it are at hand, so nothing here is set beside them; the comparison is done again, on a "
        "core whose source is open."
    )


def _networks(facts: SizeFacts) -> str:
    line = facts.line_of("mlp-48", USUAL)
    return (
        "Both networks are trained in Keras and converted without retraining: the rate code, and "
        f"an exact code in which a neuron sends its value as K bits. All {line['images']:,} test "
        f"images run; on {line['annarchy_images']} of them ANNarchy gives the same spikes. "
        "Fine-tuned: trained further with K bits in the hidden layer. int8 is executed by "
        f"TensorFlow Lite. {trainings(facts, USUAL)} trainings of each size, alike, say what it is "
        "right on; one more of each, unequal, went on hardware."
    )


def _hardware(facts: SizeFacts) -> str:
    run = facts.run_of(SIZES[SMALL], USUAL)
    return (
        f"A layer is a core that serves its neurons in turn; {run['weight_bits']}-bit "
        "weights, 24-bit potentials. Yosys and nextpnr place it out of context; the clock is the "
        f"median of {run['seeds']} placements. Energy is that of the events of "
        f"{run['images']:,} images at that clock, times coefficients of the FPGA. In cells: logic "
        "by Yosys, memories by CACTI, scaled."
    )


def _accuracy_note(facts: SizeFacts) -> str:
    middle = both(facts, USUAL)[0].middle
    low, high = (percent(middle[f"accuracy_{end}"]) for end in ("low", "high"))
    images = facts.run_of(SIZES[SMALL], USUAL)["images"]
    return (
        f"Right: of 10,000 test images (bold, {SMALL}: 95 % interval of the median {low} to "
        f"{high}). An operation is a spike at a synapse; where energy stands ({BOARD}), both "
        f"are of the first {images:,}. {sentences.other_trainings(facts)}"
    )


def _hardware_note(facts: SizeFacts) -> str:
    return f"K = 4 bits, pixels of 8. {sentences.ratio_of_energies(facts)}"


def _picture_note(facts: SizeFacts) -> str:
    return (
        f"The part of the {BOARD} that the two use, at one scale, the best placement of each; "
        f"squares with an edge are block RAMs. {sentences.where_the_memory_goes(facts)}"
    )


def _precision(facts: SizeFacts) -> str:
    four = facts.run_of(SIZES[SMALL], "weights-4-bits")
    eight = facts.run_of(SIZES[SMALL], USUAL)
    return (
        f"Weights of 4 bits take {four['block_rams']:.0f} block RAMs in {SMALL} instead of "
        f"{eight['block_rams']:.0f}. Bits are set once for a network: weights (8, 6, 4), pixels, "
        f"and K of the layer. {sentences.dynamic(facts)}"
    )


def _odin(facts: SizeFacts) -> str:
    published = facts.published_odin
    return (
        f"ODIN’s authors published {published.accuracy_percent:g} % and "
        f"{published.energy_per_inference_j / NANO:g} nJ for 16 × 16 pixels and ten neurons, "
        f"trained on the chip. Its twin gives {sentences.odin(facts)}, trained off the chip: "
        "better in accuracy, and more energy: whole events, 256 neurons each, and the "
        "read-out are counted."
    )


def _limits(facts: SizeFacts) -> list[str]:
    large = facts.run_of(SIZES[LARGE], USUAL)
    energy = [
        significant(large[f"energy_per_inference_{end}j"] / MICRO) for end in ("low_", "high_")
    ]
    return [
        "Nothing was measured on a board. Coefficients come from measurements of an iCE40UP5K, "
        f"scaled by voltage and process: {LARGE} may take {energy[0]} or {energy[1]} µJ. The ratio "
        "of two sizes is known better than either.",
        "Clocks are those of the placer, without pins: a system around the core may be slower. The "
        "placer aimed at 100 MHz; another aim may give another median.",
        "Cells: no layout. Area is that of the logic’s cells alone; the memories, in which the "
        "sizes differ, are in the energy and not in the area. Energy assumes a capacitance of each "
        f"net and flip-flop, {_clock_of_cells(facts)}, no leakage.",
        f"{trainings(facts, USUAL)} trainings of each size: {sentences.spreads(facts)} So few "
        "say little of how far others spread, and MNIST says little of harder tasks.",
        "The host that prepares pixels and reads the answer is not in it, nor is loading weights. "
        f"{sentences.microcontroller(facts)}",
    ]


def _clock_of_cells(facts: SizeFacts) -> str:
    """The clock of the cells, and who says it."""
    run = next(
        line for line in facts.hardware if line["kind"] == CELLS and line["cell"].endswith(USUAL)
    )
    return f"{run['frequency_hz'] / MEGA:.0f} MHz ({run['frequency_by']})"


def _again(facts: SizeFacts) -> str:
    tools = facts.run_of(SIZES[SMALL], USUAL)["tools"]
    line = facts.line_of("mlp-48", USUAL)
    return (
        "`spikewatt study run aizu_2024` gives all tables again, `spikewatt study paper aizu_2024` "
        f"this paper. spikewatt {line['spikewatt']}, TensorFlow {line['tensorflow']}, ANNarchy "
        f"{line['annarchy']}, {tools}."
    )
