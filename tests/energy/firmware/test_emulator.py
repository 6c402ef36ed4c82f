"""Execution and its counts, against a second way of counting; faults; compilers' complaints."""

from __future__ import annotations

import sys
from collections import Counter

import numpy as np
import pytest
from spikewatt.energy.firmware import instructions as kinds
from spikewatt.energy.firmware.build import build, sizes
from spikewatt.energy.firmware.cores import FIRMWARE_CORES, core_named
from spikewatt.energy.firmware.elf import Elf
from spikewatt.energy.firmware.emulator import Emulator
from spikewatt.errors import MissingToolError, SpikewattError

for package in ("ziglang", "unicorn", "capstone"):
    pytest.importorskip(package, reason="pip install 'spikewatt[firmware]'")

M4 = core_named("Cortex-M4")

# Branches taken and not, calls in calls, conditional instructions, loads and stores of all widths.
PROGRAM = """
#include <stdint.h>

int16_t network_input[40];
int32_t network_output[4];
static const int8_t weights[40] = {3, -7, 11, 100, -100, 5};

__attribute__((noinline)) static int32_t product(const int16_t *input, int32_t n)
{
    int32_t sum = 0;
    for (int32_t i = 0; i < n; i++) {
        if (input[i] > 0) {
            sum += input[i] * weights[i];
        }
    }
    return sum;
}

__attribute__((noinline)) static int32_t clipped(int32_t value)
{
    return value > 1000 ? 1000 : value < -1000 ? -1000 : value;
}

__attribute__((noinline)) void layer_0(void)
{
    for (int32_t i = 0; i < 4; i++) {
        network_output[i] = product(network_input + i, 36);
    }
}

__attribute__((noinline)) void layer_1(void)
{
    for (int32_t i = 0; i < 4; i++) {
        network_output[i] = clipped(network_output[i]);
    }
}

void infer(void)
{
    layer_0();
    layer_1();
}
"""

FAULTS = """
#include <stdint.h>
volatile uint32_t word[2];
void nowhere(void) { *(volatile uint32_t *)0x60000000u = 1u; }
void constant(void) { *(volatile uint32_t *)0x08000000u = 1u; }
void crooked(void) { word[1] = *(volatile uint32_t *)(void *)((uint8_t *)(uintptr_t)word + 1); }
void endless(void) { for (;;) { word[0]++; } }
void trap(void) { __builtin_trap(); }
void deep(void) { volatile uint8_t big[70000]; for (int i = 70000; i-- > 0;) { big[i] = 1u; } }
"""
REASONS = {
    "nowhere": "an access of 4 bytes at 0x60000000, in nowhere at 0x8",
    "constant": "an access of 4 bytes at 0x8000000, in constant",
    "crooked": "an access that is not aligned, or another exception, in crooked",
    "endless": "no end after 500,000 instructions, in endless",
    "trap": "an instruction that the core does not have, in trap",
    "deep": "an access of 1 bytes at 0x2effffff, in deep",
}

INPUT = (np.arange(40) * 37 % 61 - 20).astype(np.int16)


def executed(core, sources=None):
    emulator = Emulator(build({"network.c": sources or PROGRAM}, core), core)
    emulator.write("network_input", INPUT)
    return emulator, emulator.call("infer")


def expected_output() -> np.ndarray:
    weights = np.zeros(40, np.int64)
    weights[:6] = 3, -7, 11, 100, -100, 5
    windows = np.stack([INPUT[i : i + 36] for i in range(4)]).astype(np.int64)
    return np.clip((np.maximum(windows, 0) * weights[:36]).sum(axis=1), -1000, 1000)


def traced(emulator: Emulator, function: str) -> list[kinds.Instruction]:
    """Every instruction that is executed, one by one."""
    import unicorn
    from unicorn import arm_const

    places = []
    engine = emulator._engine
    hook = engine.hook_add(
        unicorn.UC_HOOK_CODE, lambda engine, place, size, _: places.append((place, size))
    )
    emulator.call(function)
    engine.hook_del(hook)
    assert engine.reg_read(arm_const.UC_ARM_REG_PC)
    found = {place: kinds.decode(bytes(engine.mem_read(*place)), place[0])[0] for place in places}
    return [found[place] for place in places]


@pytest.mark.parametrize("name", FIRMWARE_CORES)
def test_the_code_does_what_it_says(name):
    emulator, count = executed(FIRMWARE_CORES[name])
    assert emulator.read("network_output", np.int32, 4).tolist() == expected_output().tolist()
    assert len(set(expected_output().tolist())) > 1
    assert count.instructions > 800


@pytest.mark.parametrize("name", FIRMWARE_CORES)
def test_runs_count_what_single_steps_count(name):
    """Second implementation: a hook on every instruction."""
    emulator, count = executed(FIRMWARE_CORES[name])
    emulator.write("network_input", INPUT)
    trace = traced(emulator, "infer")
    executed_kinds = {k: n for k, n in count.by_kind.items() if k != kinds.SKIPPED}
    assert dict(Counter(step.kind for step in trace)) == executed_kinds
    if name == "Cortex-M4":
        assert count.by_kind[kinds.SKIPPED] > 20


def test_cycles_are_those_of_every_step():
    """Second implementation, on the core whose instructions do not depend on each other."""
    core = core_named("Cortex-M0+")
    emulator, count = executed(core)
    emulator.write("network_input", INPUT)
    trace = traced(emulator, "infer")

    costs = {kinds.LOAD: 2, kinds.STORE: 2}
    cycles = taken = 0
    for step, after in zip(trace, [*trace[1:], None], strict=True):
        listed = step.registers if step.kind in (kinds.LOAD_MULTIPLE, kinds.STORE_MULTIPLE) else 0
        cycles += costs.get(step.kind, 1) + listed
        if after is not None and after.place != step.place + step.size:
            taken += 1
            cycles += 2 if step.kind in (kinds.CALL, kinds.LOAD_MULTIPLE) else 1
    cycles += 2  # the last return, by a load into the PC
    assert trace[-1].kind == kinds.LOAD_MULTIPLE
    assert count.taken == taken
    assert count.cycles == cycles - 2  # where it returns to is not executed


def test_parts_add_up_to_the_whole():
    _, count = executed(M4)
    assert set(count.by_layer) == {"infer", "layer_0", "layer_1"}
    assert set(count.by_function) == {"infer", "layer_0", "layer_1", "product", "clipped"}
    for parts in (count.by_layer, count.by_function):
        assert sum(part.instructions for part in parts.values()) == count.instructions
        assert sum(part.cycles.value for part in parts.values()) == pytest.approx(count.cycles)
    assert count.by_function["product"].calls == 4
    layer = count.by_layer["layer_0"]
    inside = count.by_function["layer_0"].instructions + count.by_function["product"].instructions
    assert (layer.calls, layer.instructions) == (1, inside)
    assert 8 <= count.stack_bytes <= 64
    assert count.cycles_low <= count.cycles <= count.cycles_high


def test_counts_repeat_exactly():
    emulator, first = executed(M4)
    assert first == emulator.call("infer") == executed(M4)[1]
    emulator.reset()
    assert emulator.call("infer") != first  # no input, other branches


def test_flash_and_ram_are_those_of_the_sections():
    program = build({"network.c": PROGRAM}, M4)
    elf = Elf(program)
    of_code = sum(function.size for function in elf.functions())
    found = sizes(program)
    assert found["ram_bytes"] == 40 * 2 + 4 * 4
    assert of_code + 40 <= found["flash_bytes"] <= of_code + 40 + 32  # weights, alignment
    more = PROGRAM.replace("int32_t network_output[4];", "int32_t network_output[4] = {1, 2};")
    with_values = sizes(build({"network.c": more}, M4))
    assert with_values["ram_bytes"] == found["ram_bytes"]
    assert 16 <= with_values["flash_bytes"] - found["flash_bytes"] <= 20


# ------------------------------------------------------------------ what goes wrong


@pytest.mark.parametrize("function", REASONS)
def test_a_fault_is_told_with_function_and_address(function):
    core = core_named("Cortex-M0+")  # which faults where an access is not aligned
    emulator = Emulator(build({"faults.c": FAULTS}, core, keep=REASONS), core)
    law = f"firmware.call: {function} runs to its end on a Cortex-M0.; got {REASONS[function]}"
    with pytest.raises(SpikewattError, match=law):
        emulator.call(function, budget=500_000)


@pytest.mark.parametrize("text", ["a / b", "a % b", "__builtin_clz(a) + b"])
def test_a_core_executes_its_own_instructions_alone(text):
    program = build({"a.c": f"int infer(int a, int b) {{ return {text}; }}"}, M4)
    Emulator(program, M4).call("infer", 8, 2)
    with pytest.raises(SpikewattError, match="not have, in infer|is executed; got divide"):
        Emulator(program, core_named("Cortex-M0+")).call("infer", 8, 2)


def test_names_and_sizes_that_are_not_there():
    emulator, _ = executed(M4)
    with pytest.raises(SpikewattError, match=r"has the symbol .*; got nothing"):
        emulator.call("nothing")
    with pytest.raises(SpikewattError, match="as many bytes as it has; got 320; allowed: 80"):
        emulator.write("network_input", INPUT.astype(np.int64))
    with pytest.raises(SpikewattError, match="the bytes that are read; got 20; allowed: 16"):
        emulator.read("network_output", np.int32, 5)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("int infer(void) { return b; }", "undeclared identifier 'b'"),
        ("int infer(int a) { return 1; }", "unused parameter 'a'"),
        ("void g(void); void infer(void) { g(); }", "undefined symbol: g"),
    ],
)
def test_what_the_compiler_says_is_told(text, said):
    with pytest.raises(SpikewattError, match=f"compiles and links without a warning; got .*{said}"):
        build({"a.c": text}, M4)


def test_sources_that_are_none(tmp_path):
    with pytest.raises(SpikewattError, match="has a C file"):
        build({"a.h": ""}, M4)
    with pytest.raises(SpikewattError, match="has a C file"):
        build(tmp_path, M4)
    with pytest.raises(SpikewattError, match=r"names a file of kernels; got none.c; .*memory.c"):
        build({"a.c": PROGRAM}, M4, kernels=("none.c",))
    with pytest.raises(SpikewattError, match="is a level; got -O9"):
        build({"a.c": PROGRAM}, M4, "-O9")
    (tmp_path / "text.elf").write_text("no ELF")
    with pytest.raises(SpikewattError, match="is an ELF file for Arm"):
        Elf(tmp_path / "text.elf")
    with pytest.raises(SpikewattError, match="can be read"):
        Elf(tmp_path / "none.elf")


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "unicorn", None)
    with pytest.raises(MissingToolError, match=r"no unicorn; hint: pip install 'spikewatt\["):
        build({"a.c": PROGRAM}, M4)
