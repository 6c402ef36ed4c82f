"""The folder that is handed over: built as its README says, executed from reset, and refused."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from spikewatt.energy.cards.load import card_names, load_card
from spikewatt.energy.firmware.cores import FIRMWARE_CORES, core_named
from spikewatt.energy.firmware.elf import Elf
from spikewatt.energy.firmware.emulator import Emulator
from spikewatt.energy.firmware.handover.hand_over import (
    PASSED,
    STACK_SPARE,
    firmware_core,
    hand_over,
)
from spikewatt.energy.firmware.handover.memory_map import memory_map
from spikewatt.energy.firmware.handover.sample import Sample
from spikewatt.errors import DoesNotFitError, SpikewattError

for package in ("ziglang", "unicorn", "capstone"):
    pytest.importorskip(package, reason="pip install 'spikewatt[firmware]'")

HEADER = """
#ifndef NETWORK_H
#define NETWORK_H
#include <stdint.h>
extern int16_t network_input[4];
extern int32_t network_output[3];
extern uint32_t network_spikes[2];
void infer(void);
#endif
"""
NETWORK = """
#include "network.h"
int16_t network_input[4];
int32_t network_output[3];
uint32_t network_spikes[2] = {7u, 7u};
static const int32_t weights[3] = {2, -3, INT32_MIN};
void infer(void)
{
    network_spikes[0] = 0u;
    network_spikes[1] = 4u;
    for (int i = 0; i < 3; i++) {
        network_output[i] = weights[i] + network_input[i];
        network_spikes[0] += network_input[i + 1] > 0;
    }
}
"""
SOURCES = {"network.c": NETWORK, "network.h": HEADER}
SAMPLE = Sample(
    np.array([5, -4, 0, 9], np.int16),
    np.array([7, -7, -(2**31)], np.int32),
    np.array([1, 4], np.uint32),
)
ZIG = f"ZIG={sys.executable} -m ziglang"

OTHERS = ("stm32g0b1", "nrf5340", "stm32h743", "rp2040")

needs_make = pytest.mark.skipif(shutil.which("make") is None, reason="no make")
needs_gcc = pytest.mark.skipif(
    shutil.which("arm-none-eabi-gcc") is None, reason="no arm-none-eabi-gcc"
)


def handed(folder, card="stm32l4r5", sources=SOURCES, sample=SAMPLE, **how):
    return hand_over(sources, sample, load_card(card), folder, "A small network.", **how)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A folder that no test changes, and what was told of it."""
    folder = tmp_path_factory.mktemp("small") / "out"
    return folder, handed(folder)


def verdict(program, core: str) -> list[int]:
    emulator = Emulator(program, core_named(core))
    emulator.boot("finished")
    return emulator.read("verdict", np.uint32, 3).tolist()


def made(folder, *words: str) -> None:
    done = subprocess.run(["make", "-C", folder, *words], capture_output=True, text=True)
    assert not done.returncode, done.stdout + done.stderr
    assert "warning" not in done.stderr


@needs_make
@pytest.mark.parametrize(
    "card",
    ["stm32l4r5", *(pytest.param(name, marks=pytest.mark.slow) for name in OTHERS)],
)
def test_it_builds_by_its_readme_and_passes(tmp_path, card):
    told = handed(tmp_path / "out", card)
    made(tmp_path / "out", ZIG)
    program = Elf(tmp_path / "out" / "network.elf")
    core = load_card(card).about["core"]
    assert verdict(program.path, core) == [PASSED, 0, 0]
    assert (told["flash_bytes"], told["ram_bytes"]) == (program.flash_bytes, program.ram_bytes)

    places = memory_map(load_card(card))
    start = program.symbol("vectors").address
    assert start == places.flash_address
    first = next(part for part in program.segments if part.address == start)
    top, reset = np.frombuffer(first.content[:8], "<u4").tolist()
    assert top == places.ram_address + places.ram_bytes
    assert reset == program.symbol("reset").address | 1


@pytest.mark.slow
@needs_make
@needs_gcc
@pytest.mark.parametrize("card", ["stm32l4r5", "stm32g0b1"])
def test_it_builds_with_gcc_and_passes(tmp_path, card):
    handed(tmp_path / "out", card)
    made(tmp_path / "out", "TOOLS=gcc")
    core = load_card(card).about["core"]
    assert verdict(tmp_path / "out" / "network.elf", core) == [PASSED, 0, 0]


@needs_make
@pytest.mark.parametrize(
    ("array", "wrong"),
    [
        ("expected_output", [0x0BAD, 1, 0]),
        pytest.param("expected_spikes", [0x0BAD, 0, 1], marks=pytest.mark.slow),
    ],
)
def test_another_result_is_told(tmp_path, array, wrong):
    handed(tmp_path / "out")
    file = tmp_path / "out" / "src" / "sample.c"
    text = re.sub(rf"({array}\[\d\] = {{\n +)", r"\g<1>1 + ", file.read_text())
    file.write_text(text)
    made(tmp_path / "out", ZIG)
    assert verdict(tmp_path / "out" / "network.elf", "Cortex-M4") == wrong


def test_the_same_bytes_again(tmp_path, small):
    first, told = small
    assert handed(tmp_path / "second") == told
    files = [path for path in first.rglob("*") if path.is_file()]
    assert len(files) == told["files"] > 8
    for path in files:
        other = tmp_path / "second" / path.relative_to(first)
        assert other.read_bytes() == path.read_bytes()


def test_the_readme_has_a_plan_of_all_static_memory(small):
    folder, told = small
    text = (folder / "README.md").read_text()
    rows = dict(re.findall(r"^\| `(\w+)` \| 0x[0-9a-f]{8} \| ([\d,]+) \|$", text, re.M))
    assert rows == {
        "network_input": "8",
        "network_output": "12",
        "network_spikes": "8",
        "verdict": "16",
    }
    assert f"RAM\n{told['ram_bytes'] + told['stack_bytes']:,} of 655,360" in text
    assert f"Flash {told['flash_bytes']:,} of 2,097,152" in text
    assert f"{told['cycles']:,} cycles" in text
    assert max(map(len, text.splitlines())) < 160


# ------------------------------------------------------------------ what is refused


def test_a_network_that_does_not_fit_says_by_how_much(tmp_path, small):
    _, told = small
    flash, ram, stack = (told[f"{what}_bytes"] for what in ("flash", "ram", "stack"))
    assert stack > STACK_SPARE

    # Refused before it is executed where even an empty stack is too much, else after.
    for there, needed in ((100, ram + STACK_SPARE), (ram + stack - 1, ram + stack)):
        card = load_card("stm32l4r5")
        smaller = replace(card, limits={**card.limits, "ram_bytes": there})
        law = f"got {needed} of {there} bytes of RAM, {needed - there} too many$"
        with pytest.raises(DoesNotFitError, match=law):
            hand_over(SOURCES, SAMPLE, smaller, tmp_path / "out", "A small network.")

    smaller = replace(card, limits={**card.limits, "flash_bytes": flash - 3, "ram_bytes": 100})
    law = (
        f"firmware for 'stm32l4r5': .*; got {flash:,} of {flash - 3:,} bytes of flash, 3 too many; "
    )
    with pytest.raises(DoesNotFitError, match=law):
        hand_over(SOURCES, SAMPLE, smaller, tmp_path / "out", "A small network.")
    assert not (tmp_path / "out").exists()


def test_what_is_no_microcontroller_of_ours():
    with pytest.raises(SpikewattError, match="must be a microcontroller; got odin_style is a neur"):
        firmware_core(load_card("odin_style"))
    card = load_card("stm32l4r5")
    with pytest.raises(SpikewattError, match=r"a core that firmware is .*got Cortex-M55; .*M33"):
        firmware_core(replace(card, about={**card.about, "core": "Cortex-M55"}))


def test_a_wrong_expectation_is_never_handed_over(tmp_path):
    wrong = Sample(SAMPLE.input, SAMPLE.output + np.array([0, 1, 0], np.int32), SAMPLE.spikes)
    with pytest.raises(SpikewattError, match="network_output of the firmware .* 1 of 3 differ"):
        handed(tmp_path / "out", sample=wrong)
    assert not (tmp_path / "out").exists()


def test_nothing_is_written_over(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    with pytest.raises(SpikewattError, match="new, empty, or of this verb; got something else"):
        handed(tmp_path / "mine", force=True)
    (tmp_path / "file").write_text("")
    with pytest.raises(SpikewattError, match="must name a folder; got a file"):
        handed(tmp_path / "file")
    handed(tmp_path / "out")
    (tmp_path / "out" / "more.txt").write_text("")
    with pytest.raises(SpikewattError, match="an existing folder is not written over"):
        handed(tmp_path / "out")
    handed(tmp_path / "out", force=True)
    assert not (tmp_path / "out" / "more.txt").exists()


def test_every_chip_of_ours_has_its_place():
    cards = [load_card(name) for name in card_names()]
    ours = [
        card for card in cards if card.kind.runs_kernels and card.about["core"] in FIRMWARE_CORES
    ]
    assert len(ours) > 15
    for card in ours:
        assert "not known" not in memory_map(card).note, card.name
        assert 0 < memory_map(card).ram_bytes <= card.limits["ram_bytes"]
    assert "not known" in memory_map(replace(ours[0], name="mine")).note

    places = memory_map(load_card("stm32h743"))  # whose RAM is in pieces
    assert (places.ram_address, places.ram_bytes) == (0x2400_0000, 524_288)
    assert load_card("stm32h743").limits["ram_bytes"] > places.ram_bytes
