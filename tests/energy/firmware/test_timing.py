"""Cycles of short assembly, counted by hand with the published rules."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from spikewatt.energy.firmware.build import build
from spikewatt.energy.firmware.cores import FIRMWARE_CORES, core_named
from spikewatt.energy.firmware.emulator import Emulator
from spikewatt.energy.firmware.timing import ASSUMED, MEASURED, PUBLISHED
from spikewatt.errors import SpikewattError

for package in ("ziglang", "unicorn", "capstone"):
    pytest.importorskip(package, reason="pip install 'spikewatt[firmware]'")

BUFFER = "#include <stdint.h>\nuint32_t buffer[16];\n"
HEAD = ".syntax unified\n.thumb\n"

COUNT_DOWN = "movs r1, #5\n1: subs r1, #1\nbne 1b"
CALL = "mov r12, lr\nbl leaf\nmov lr, r12"

# r0 is the address of `buffer`, whose first word is that address, too; r3 is 0.
# Core, body, cycles, range. Those marked (Arm) are Arm's own examples in DDI 0337I, 3.3.2.
BY_HAND = [
    ("Cortex-M0+", "adds r1, #1", 1, (1, 1)),
    ("Cortex-M0+", "ldr r1, [r0]\nldr r2, [r0, #4]", 4, (4, 4)),
    ("Cortex-M0+", "str r1, [r0, #4]", 2, (2, 2)),
    ("Cortex-M0+", "muls r1, r2, r1", 1, (1, 1)),
    ("Cortex-M0+", "push {r4, r5}\npop {r4, r5}", 6, (6, 6)),
    ("Cortex-M0+", "ldm r0!, {r1, r2}", 3, (3, 3)),
    ("Cortex-M0+", COUNT_DOWN, 1 + 5 + 5 + 4, (15, 15)),
    ("Cortex-M0+", CALL, 1 + 3 + 2 + 1, (7, 7)),
    ("Cortex-M4", "adds r1, #1", 1, (1, 1)),
    ("Cortex-M4", "ldr r1, [r0]\nldr r2, [r0, #4]", 3, (3, 3)),  # (Arm)
    ("Cortex-M4", "ldr r1, [r0, r3]\nstr r1, [r0, #20]", 3, (3, 3)),  # (Arm)
    ("Cortex-M4", "ldr r1, [r0, r3]\nstr r1, [r0, r3]", 3, (3, 3)),  # (Arm)
    ("Cortex-M4", "ldr r1, [r0, r3]\nldr r2, [r0]\nldr r2, [r0, #4]", 4, (4, 4)),  # (Arm)
    ("Cortex-M4", "ldr r1, [r0]\nldr r2, [r1]", 4, (4, 4)),  # needs the address
    ("Cortex-M4", "ldr r1, [r0]\nadds r1, #1", 3, (3, 3)),
    ("Cortex-M4", "adds r2, r0, #4\nldr r1, [r2]", 1 + 2 + 1, (4, 4)),  # stalls for the address
    ("Cortex-M4", "str r1, [r0, #4]", 1, (1, 1)),
    ("Cortex-M4", "str r1, [r0, r3]", 2, (2, 2)),
    ("Cortex-M4", "ldm r0, {r1, r2, r12}", 4, (4, 4)),
    ("Cortex-M4", "ldrd r1, r2, [r0]", 3, (3, 3)),
    ("Cortex-M4", "mla r1, r1, r2, r1\nsmlad r1, r1, r2, r1\nsmull r1, r2, r1, r2", 3, (3, 3)),
    ("Cortex-M4", "sxtab16 r1, r1, r2\nsadd16 r1, r1, r2", 2, (2, 2)),
    ("Cortex-M4", "sdiv r1, r1, r0", 7, (2, 12)),
    ("Cortex-M4", COUNT_DOWN, 1 + 5 + 5 + 4, (15, 1 + 5 + 5 + 4 * 3)),
    ("Cortex-M4", CALL, 1 + 2 + 3 + 1, (1 + 2 + 2 + 1, 1 + 4 + 4 + 1)),
    # A flag-setting instruction and its narrow branch: 3 cycles taken, 1 not; measured on RP2350.
    ("Cortex-M33", COUNT_DOWN, 1 + 4 * 3 + 1, (14, 1 + 4 * 5 + 2)),
    ("Cortex-M33", "ldr r1, [r0]\nadds r1, #1", 3, (2, 3)),  # a load is there one cycle later
    ("Cortex-M33", "ldr r1, [r0]\nstr r1, [r0, #4]", 2, (2, 2)),  # but for what is stored
    ("Cortex-M33", "ldm r0, {r1, r2, r12}", 3, (3, 4)),
    ("Cortex-M7", "adds r1, #1\nadds r2, #1", 1, (1, 2)),
    ("Cortex-M7", "adds r1, #1\nadds r2, r1, #1", 2, (1, 2)),  # needs the first
    ("Cortex-M7", "ldr r1, [r0]\nadds r2, #1", 1, (1, 2)),
    ("Cortex-M7", "str r1, [r0]\nstr r1, [r0, #4]", 2, (1, 2)),
]


@functools.cache
def emulator_of(core: str) -> Emulator:
    """All snippets of a core in one program: ``snippet_0`` …, and ``nothing``."""
    bodies = {"leaf": "", "nothing": "nop\nnop"}
    bodies |= {name: f"nop\n{body}\nnop" for name, body in snippets(core).items()}
    functions = "".join(
        f'.section .text.{name},"ax"\n.balign 4\n.global {name}\n.type {name}, %function\n'
        f"{name}:\n{text}\nbx lr\n.size {name}, . - {name}\n"
        for name, text in bodies.items()
    )
    sources = {"buffer.c": BUFFER, "snippets.S": HEAD + functions}
    program = build(sources, core_named(core), keep=(*bodies, "buffer"))
    return Emulator(program, core_named(core))


def snippets(core: str) -> dict[str, str]:
    return {f"snippet_{n}": row[1] for n, row in enumerate(BY_HAND) if row[0] == core}


def cycles_of(core: str, body: str) -> list[float]:
    """What the body takes, without the call around it."""
    emulator = emulator_of(core)
    name = next(name for name, text in snippets(core).items() if text == body)
    address = emulator.elf.symbol("buffer").address
    emulator.write("buffer", np.full(16, address, np.uint32))
    whole = emulator.call(name, address, 3, 5, 0)
    around = emulator.call("nothing", address, 3, 5, 0)
    ends = ("cycles", "cycles_low", "cycles_high")
    return [getattr(whole, end) - getattr(around, end) for end in ends]


@pytest.mark.parametrize(("core", "body", "cycles", "bounds"), BY_HAND)
def test_cycles_counted_by_hand(core, body, cycles, bounds):
    assert cycles_of(core, body) == [cycles, *bounds]


def test_every_rule_says_who_says_so():
    seen = set()
    for name, core in FIRMWARE_CORES.items():
        rules = [*core.timing.rules.values(), *core.timing.refill.values()]
        assert len(rules) >= 12
        for rule in rules:
            cycles = rule.cycles
            assert rule.source, (name, rule)
            assert cycles.low <= cycles.value <= cycles.high, (name, rule)
            if rule.status == PUBLISHED:
                assert not any(word in rule.source for word in ("recalled", "assumed")), rule
            seen.add((name, rule.status))
    published = {name for name, status in seen if status == PUBLISHED}
    assert published == {"Cortex-M0+", "Cortex-M4"}
    assert {status for name, status in seen if name not in published} == {MEASURED, ASSUMED}


def test_a_core_that_is_not_there():
    with pytest.raises(SpikewattError, match=r"firmware.core: .*'Cortex-M55'.*Cortex-M33"):
        core_named("Cortex-M55")
