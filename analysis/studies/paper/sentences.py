"""The sentences of a paper about sizes that follow from its numbers."""

from __future__ import annotations

from ....rtl_ref.synthesis.pictures.modules import NEURONS, SYNAPSES
from ...report.units import significant
from .facts import BOARD, LARGE, SIZES, SMALL, Line, SizeFacts
from .seeds import FEW_BITS, Spread, both, percent, spread_of, trainings
from .tables import MICRO, USUAL, short_name

FEW_PIXELS = "pixels-2-bits"
MICROCONTROLLER = "stm32l4r5"
STAGES, PRUNED = "lenet-stages", "lenet-prune-channels"  # rows of the study


def answer(facts: SizeFacts) -> str:
    """What the larger layer gives, and what it costs."""
    small, large = _usual(facts)
    right = both(facts, USUAL)
    logic = large["luts"] / small["luts"] - 1
    more = "more" if logic > 0 else "fewer"
    slower = 1 - large["frequency_hz"] / small["frequency_hz"]
    word = "lower" if slower > 0 else "higher"
    return (
        f"{LARGE} is right on {_said(right[1])} of MNIST’s test images and {SMALL} on "
        f"{_said(right[0])}, the median of {trainings(facts, USUAL)} trainings (lowest to "
        f"highest): {_points(right):.2f} points for "
        f"{_ratio(small, large, 'energy_per_inference_j')} times the energy, "
        f"{_ratio(small, large, 'block_rams')} times the block RAMs and a clock that is "
        f"{_share(slower)} {word}; it has {_share(logic)} {more} LUTs."
    )


def few_pixels(facts: SizeFacts) -> str:
    """Whether fewer bits of a pixel save more than the larger layer costs."""
    small = facts.run_of(SIZES[SMALL], USUAL)
    large = facts.run_of(SIZES[LARGE], FEW_PIXELS)
    energies = [run["energy_per_inference_j"] for run in (small, large)]
    right = [
        _said(spread_of(facts, size, cell))
        for size, cell in zip(SIZES.values(), (USUAL, FEW_PIXELS), strict=True)
    ]
    said = [significant(energy / MICRO) for energy in energies]
    if energies[1] < energies[0]:
        begins = "Bits of a pixel cost more than neurons"
    else:
        begins = "Fewer bits of a pixel do not pay for the larger layer"
    return (
        f"{begins}: with pixels of 2 bits {LARGE} takes {said[1]} µJ and is right on {right[1]}, "
        f"{SMALL} with pixels of 8 bits {said[0]} µJ and {right[0]}."
    )


def where_the_memory_goes(facts: SizeFacts) -> str:
    """Why the logic of the larger design is not larger, as the modules say it."""
    synapses = [_module(facts, design, SYNAPSES)["block_rams"] for design in SIZES]
    neurons = [_module(facts, design, NEURONS) for design in SIZES]
    text = (
        "One neuron update serves all neurons of a layer in turn, so a larger layer is more memory "
        f"and more cycles, not more logic: {synapses[0]} and {synapses[1]} block RAMs hold the "
        "synapses, whose rows are as long as a power of two (48 neurons take the room of 64)."
    )
    if neurons[0]["block_rams"] < neurons[1]["block_rams"]:
        text += (
            f" Potentials, thresholds and biases of {SIZES[SMALL]} neurons lie in LUTs "
            f"({neurons[0]['luts']}), those of {SIZES[LARGE]} in {neurons[1]['block_rams']} block "
            "RAMs: the smaller design has the more LUTs."
        )
    return text


def ratio_of_energies(facts: SizeFacts) -> str:
    """How far the coefficients move the ratio, which they share."""
    ratios = []
    for target in facts.targets:
        small, large = (facts.run_of(size, USUAL, target) for size in SIZES.values())
        if small["refused"] or large["refused"]:
            continue
        ends = [
            large[f"energy_per_inference_{end}j"] / small[f"energy_per_inference_{end}j"]
            for end in ("low_", "", "high_")
        ]
        name = target if target == BOARD else short_name(target)
        ratios.append(f"{ends[1]:.2f} ({min(ends):.2f} to {max(ends):.2f}) on {name}")

    return (
        "The sizes share their coefficients: ratios of energy with the ends taken alike are "
        f"{', '.join(ratios)}."
    )


def spreads(facts: SizeFacts) -> str:
    """How far the sizes are apart, beside what seeds and images make."""
    right = both(facts, USUAL)
    small, large = (spread.accuracies for spread in right)
    least, most = (100 * gap for gap in (large[0] - small[-1], large[-1] - small[0]))
    apart = right[1].middle["accuracy_low"] > right[0].middle["accuracy_high"]
    said = "do not overlap" if apart else "overlap"
    tuned = both(facts, USUAL, FEW_BITS)
    return (
        f"{LARGE} is better by {least:.2f} to {most:.2f} points, whichever two are compared "
        f"(medians, fine-tuned: {_points(tuned):.2f}); the medians’ 95 % intervals {said}."
    )


def other_trainings(facts: SizeFacts) -> str:
    """How little of what is said about hardware depends on the training."""
    counted = [
        abs(line["synaptic_operations_per_image"] / one["synaptic_operations_per_image"] - 1)
        for spread, run in zip(both(facts, USUAL), _usual(facts), strict=True)
        for one in [facts.accuracy_of(run)]
        for line in spread.lines
    ]
    return (
        "LUTs, memories and clocks follow from sizes and bits; operations of the other trainings, "
        f"and so energy, differ by {100 * max(counted):.1f} % at most."
    )


def microcontroller(facts: SizeFacts) -> str:
    """What the int8 network of the smaller size costs on a microcontroller."""
    price = facts.price_of(f"mlp-{SIZES[SMALL]}", USUAL, MICROCONTROLLER, "int8_ann")
    value, low, high = (
        significant(price[f"energy_{end}j"] / MICRO) for end in ("", "low_", "high_")
    )
    return (
        f"The int8 network of {SMALL} on an STM32L4R5, a microcontroller, is priced at {value} µJ "
        f"({low} to {high})."
    )


def dynamic(facts: SizeFacts) -> str:
    """What precision that follows the image saves, and pruning, both on another network."""
    stages = facts.saved_by(STAGES, MICROCONTROLLER)
    pruned = facts.saved_by(PRUNED, MICROCONTROLLER)
    energy, memory = _share(stages["energy_saved"]), _share(pruned["memory_saved"])
    return (
        "Precision that follows the network’s state, and pruning, which the study planned, are "
        f"tried on LeNet: fewer planes where the answer is sure save {energy} of the energy on an "
        f"STM32L4R5, {_lost(stages)}; channels that are pruned {memory} of its memory, "
        f"{_lost(pruned)}."
    )


def _lost(line: Line) -> str:
    """Points of accuracy."""
    points = -100 * line["accuracy_lost"]
    return f"at {points:+.2f} points".replace("-", "−")


def odin(facts: SizeFacts) -> str:
    """ODIN's demonstration: published, and on the twin."""
    line, price = facts.odin
    nano = 1e-9
    low, high = (percent(line[f"accuracy_{end}"]) for end in ("low", "high"))
    return (
        f"{percent(line['accuracy'])} % of {line['images']:,} images (95 %: {low} to {high}) and "
        f"{significant(price['energy_j'] / nano)} nJ "
        f"({significant(price['energy_low_j'] / nano)} to "
        f"{significant(price['energy_high_j'] / nano)})"
    )


def _said(right: Spread) -> str:
    """A median with its spread.

    The sign of per cent stands at the median.
    """
    return f"{percent(right.middle['accuracy'])} % ({right.ends})"


def _points(right: list[Spread]) -> float:
    """By how much the median of the larger size is higher, per cent points."""
    small, large = (spread.middle["accuracy"] for spread in right)
    return 100 * (large - small)


def _usual(facts: SizeFacts) -> list[Line]:
    return [facts.run_of(size, USUAL) for size in SIZES.values()]


def _ratio(small: Line, large: Line, column: str) -> str:
    return f"{large[column] / small[column]:.1f}"


def _share(share: float) -> str:
    """Without its sign.

    >>> _share(-0.105)
    '10 %'
    """
    return f"{abs(share):.0%}".replace("%", " %")


def _module(facts: SizeFacts, design: str, module: str) -> Line:
    return next(
        line for line in facts.modules if (line["design"], line["module"]) == (design, module)
    )
