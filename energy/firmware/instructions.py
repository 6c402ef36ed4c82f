"""Thumb instructions, classified: what a timing table needs to know of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

from ...installed import require

ALU = "alu"
EXTEND = "extend"  # sign and zero extension, bit fields, byte order, counting zeros
DSP = "dsp"  # additions of halves and bytes side by side
MULTIPLY = "multiply"
DIVIDE = "divide"
LOAD, STORE = "load", "store"
LOAD_MULTIPLE, STORE_MULTIPLE = "load_multiple", "store_multiple"
BRANCH = "branch"  # to a label
CALL = "call"  # branch with link
JUMP = "jump"  # to an address in a register: returns among them
IF_THEN = "if_then"
SKIPPED = "skipped"  # what an if-then block passes over; counted, never decoded
OTHER = "other"  # no operation, hints, barriers, special registers


_LOADS = {"ldr", "ldrb", "ldrh", "ldrsb", "ldrsh"}
_STORES = {"str", "strb", "strh"}
_LOADS_OF_MANY = {"ldm", "ldmdb", "pop", "ldrd"}
_STORES_OF_MANY = {"stm", "stmdb", "push", "strd"}
_DIVISIONS = {"sdiv", "udiv"}
_EXTENSIONS = {
    *("sxtb", "sxth", "uxtb", "uxth", "sxtb16", "uxtb16"),
    *("sxtab", "sxtah", "uxtab", "uxtah", "sxtab16", "uxtab16"),
    *("sbfx", "ubfx", "bfi", "bfc", "clz", "rbit", "rev", "rev16", "revsh", "pkhbt", "pkhtb"),
}
_HALVES = {
    f"{sign}{operation}"
    for sign in ("s", "u", "q", "uq", "sh", "uh")
    for operation in ("add8", "add16", "sub8", "sub16", "asx", "sax")
} | {"sel", "usad8", "usada8", "qadd", "qsub", "qdadd", "qdsub"}
_SATURATIONS = {"ssat", "usat", "ssat16", "usat16"}
_NOTHING = {
    *("nop", "hint", "yield", "wfe", "wfi", "sev", "dmb", "dsb", "isb", "mrs", "msr", "cps"),
    *("bkpt", "svc", "udf", "hlt"),
}
_MULTIPLICATIONS = ("mul", "mla", "mls", "smul", "smla", "smls", "smmul", "smmla", "smmls", "smu")
_LONG = ("umull", "umlal", "umaal")


@dataclass(frozen=True)
class Instruction:
    """One instruction of a block.

    ``reads`` and ``writes`` are numbers of core registers, ``address`` those of its reads that make
    an address, ``accumulates`` the one that a multiplication adds to. ``registers`` counts those of
    a list. ``by_register`` is an address of two registers. ``conditional`` stands inside of an
    if-then block, or is a conditional branch.
    """

    place: int
    size: int
    name: str
    kind: str
    reads: frozenset[int] = frozenset()
    writes: frozenset[int] = frozenset()
    address: frozenset[int] = frozenset()
    accumulates: frozenset[int] = frozenset()
    registers: int = 1
    by_register: bool = False
    conditional: bool = False
    sets_flags: bool = False
    to_pc: bool = False
    shifted: bool = False
    text: str = field(default="", compare=False)

    @property
    def narrow(self) -> bool:
        """Whether it is one of 16 bits."""
        return self.size == 2

    @property
    def may_be_skipped(self) -> bool:
        """Whether an if-then block decides about it."""
        return self.conditional and self.kind not in (BRANCH, IF_THEN)

    @property
    def is_memory(self) -> bool:
        """Whether it loads or stores."""
        return self.kind in (LOAD, STORE, LOAD_MULTIPLE, STORE_MULTIPLE)


def check_packages() -> None:
    """Raise MissingToolError unless compiler, emulator and disassembler are there."""
    law = "needs a compiler and an emulator for Cortex-M"
    require("firmware", law, "ziglang", "unicorn", "capstone")


def decode(code: bytes, place: int) -> list[Instruction]:
    """The instructions in `code`, all of them.

    Parameters
    ----------
    code : bytes of whole Thumb instructions
    place : address of the first, bytes
    """
    return [_read(raw) for raw in _disassembler().disasm(code, place)]


@cache
def _disassembler():
    check_packages()
    import capstone

    engine = capstone.Cs(
        capstone.CS_ARCH_ARM,
        capstone.CS_MODE_THUMB | capstone.CS_MODE_MCLASS | capstone.CS_MODE_V8,
    )
    engine.detail = True
    return engine


@cache
def _numbers() -> dict[int, int]:
    """Capstone's register -> 0..15."""
    from capstone import arm_const as arm

    names = [f"R{number}" for number in range(13)] + ["SP", "LR", "PC"]
    return {getattr(arm, f"ARM_REG_{name}"): number for number, name in enumerate(names)}


PC = 15


def _read(raw) -> Instruction:
    from capstone import arm_const as arm

    numbers = _numbers()
    reads, writes = (
        frozenset(numbers[register] for register in group if register in numbers)
        for group in raw.regs_access()
    )
    name = raw.insn_name()
    memory = [operand for operand in raw.operands if operand.type == arm.ARM_OP_MEM]
    address = frozenset(
        numbers[register]
        for operand in memory
        for register in (operand.mem.base, operand.mem.index)
        if register in numbers
    )
    kind = _kind(name)
    to_pc = PC in writes and kind not in (BRANCH, CALL)
    if to_pc and kind in (ALU, OTHER):
        kind = JUMP

    listed = 1
    if kind in (LOAD_MULTIPLE, STORE_MULTIPLE):
        address, listed = _of_list(raw, name, address)

    accumulates: frozenset[int] = frozenset()
    if kind == MULTIPLY and ("mla" in name or "mls" in name):
        last = raw.operands[-1]
        accumulates = frozenset({numbers[last.reg]} if last.reg in numbers else ())
        if len(writes) == 2:  # a sum of 64 bits
            accumulates = writes

    return Instruction(
        place=raw.address,
        size=raw.size,
        name=name,
        kind=kind,
        reads=reads,
        writes=writes - {PC},
        address=address,
        accumulates=accumulates,
        registers=listed,
        by_register=any(operand.mem.index for operand in memory),
        conditional=raw.cc not in (arm.ARM_CC_AL, arm.ARM_CC_INVALID) or name in ("cbz", "cbnz"),
        sets_flags=raw.update_flags or name in ("cmp", "cmn", "tst", "teq"),
        to_pc=to_pc,
        shifted=len(raw.operands) > 2 and any(operand.shift.type for operand in raw.operands),
        text=f"{raw.mnemonic} {raw.op_str}",
    )


def _of_list(raw, name: str, address: frozenset[int]) -> tuple[frozenset[int], int]:
    """Registers of the address, and how many a list has."""
    from capstone import arm_const as arm

    numbers = _numbers()
    if name in ("ldrd", "strd"):
        return address, 2
    named = [operand.reg for operand in raw.operands if operand.type == arm.ARM_OP_REG]
    if name in ("push", "pop"):
        return frozenset({numbers[arm.ARM_REG_SP]}), len(named)
    return frozenset({numbers[named[0]]}), len(named) - 1


@cache
def _kind(name: str) -> str:
    sets = {
        LOAD: _LOADS,
        STORE: _STORES,
        LOAD_MULTIPLE: _LOADS_OF_MANY,
        STORE_MULTIPLE: _STORES_OF_MANY,
        DIVIDE: _DIVISIONS,
        EXTEND: _EXTENSIONS,
        DSP: _HALVES | _SATURATIONS,
        OTHER: _NOTHING,
        BRANCH: {"b", "cbz", "cbnz"},
        CALL: {"bl", "blx"},
        JUMP: {"bx", "tbb", "tbh"},
        IF_THEN: {"it"},
    }
    for kind, names in sets.items():
        if name in names:
            return kind
    if name.startswith(_MULTIPLICATIONS) or name in _LONG:
        return MULTIPLY
    return ALU
