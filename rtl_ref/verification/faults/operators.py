"""The rules by which faults are made: each finds its places in the text of a module."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import pairwise

from .source_text import Span, blocks, closing, code, connections, instances

Change = tuple[Span, str]  # a place, and what is written there
Rule = Callable[[str], Iterator[Change]]

SWAPS = {
    "==": "!=",
    "!=": "==",
    "<": "<=",
    "<=": "<",
    ">=": ">",
    ">": ">=",
    "&&": "||",
    "||": "&&",
    "+": "-",
    "-": "+",
    "&": "|",
    "|": "&",
    "^": "&",
    "<<<": ">>>",
    "<<": ">>",
}
OPERATOR = re.compile(
    r"(?<=[\w\)\]\}'])\s*(<<<|>>>|<<|>>|<=|>=|==|!=|&&|\|\||\+\+|\+:|->|[<>+\-&|^])"
    r"(?=\s*[\w\(\{!~'$])"
)
RANGE = re.compile(r"\[[^\[\]]*-\s*1:0\]")
DECLARED = re.compile(r"\b(?:logic|wire|bit)\b[^;=\[]*(\[[^\[\]]*:0\])")
CONSTANT_RANGE = re.compile(r"\blocalparam\s+(?:logic|bit)\s*(\[[^\[\]]*\])")
NUMBER = re.compile(r"(?<![\w.'])(\d+)(?!['\w])|(\d+)'([bdh])([0-9a-fA-F]+)|(?<!\w)'([01])(?!\w)")
NONBLOCKING = re.compile(
    r"(?<![\w.])(\{[\w, ]+\}|[a-z_]\w*(?:\[(?:[^\[\]]|\[[^\]]*\])*\])*)\s*<=\s*([^;]*);"
)
BLOCKING = re.compile(r"(?<![\w.])([a-z_]\w*(?:\[[^\]]*\])*)\s*=\s*([^;=][^;]*);")
CONTINUOUS = re.compile(
    r"\b(?:assign\s+\w[^=;]*|wire\b[^=;()]*)=\s*([^;]*);",
)


def operators(text: str) -> Iterator[Change]:
    """An operator is another one: == and !=, < and <=, + and -, && and ||, & and |."""
    body, assigned = code(text), _nonblocking(text)
    skipped = [*_ranges(body), *_parameters_with_defaults(body), *_loops(body)]
    for match in OPERATOR.finditer(body):
        span = Span(match.start(1), match.end(1))
        is_assignment = any(
            span.start in nba and _is_its_arrow(body, nba, span) for nba in assigned
        )
        if span.of(body) in SWAPS and not is_assignment and not _inside(span, skipped):
            yield span, SWAPS[span.of(body)]


def negations(text: str) -> Iterator[Change]:
    """A negation is left out."""
    body = code(text)
    for match in re.finditer(r"!(?!=)|~", body):
        yield Span(match.start(), match.end()), ""


def constants(text: str) -> Iterator[Change]:
    """A constant is one more, or one less; a bit is the other one."""
    body = code(text)
    skipped = [*_ranges(body), *_parameters_with_defaults(body), *_loops(body)]
    for match in NUMBER.finditer(body):
        span = Span(match.start(), match.end())
        if _inside(span, skipped):
            continue
        for other in _other_numbers(match):
            cast = body[match.end() : match.end() + 2] == ")'"
            if not cast or int(other) < int(match[0]):  # a wider cast of a number is the same
                yield span, other


def _other_numbers(match: re.Match) -> list[str]:
    plain, width, base, digits, fill = match.groups()
    if fill is not None:
        return ["'1" if fill == "0" else "'0"]
    if plain is not None:
        value = int(plain)
        return [str(value + 1), str(value - 1)] if value else ["1"]

    radix = {"b": 2, "d": 10, "h": 16}[base]
    value, size = int(digits, radix), 1 << int(width)
    others = dict.fromkeys(((value + 1) % size, (value - 1) % size))
    return [f"{width}'d{other}" for other in others if other != value]


def widths(text: str) -> Iterator[Change]:
    """A range is a bit too narrow."""
    body = code(text)
    skipped = [*_of_constants(body), *_parameters_with_defaults(body)]
    for match in RANGE.finditer(body):
        span = Span(match.end() - 4, match.end())
        if not _inside(span, skipped):
            yield span, "2:0]"


def conditions(text: str) -> Iterator[Change]:
    """A condition always holds, never, or the other way round."""
    body = code(text)
    for match in re.finditer(r"\bif\s*\(", body):
        opening = match.end() - 1
        span = Span(opening + 1, closing(body, opening))
        yield span, "1'b1"
        yield span, "1'b0"
        yield span, f"!({span.of(text)})"


def choices(text: str) -> Iterator[Change]:
    """The two sides of ?: are exchanged."""
    body = code(text)
    for match in re.finditer(r"\?", body):
        span = Span(_expression_start(body, match.start()), match.start())
        condition = span.of(text).strip()
        yield span, f" !({condition}) "


def left_out(text: str) -> Iterator[Change]:
    """An assignment at the clock, or of combinational logic, is left out: resets, too."""
    for span in _nonblocking(text):
        yield span, ";"
    body = code(text)
    for block in blocks(body, "always_comb"):
        for match in BLOCKING.finditer(body, block.start, block.end):
            if "for" not in body[max(0, match.start() - 12) : match.start()]:
                yield Span(match.start(), match.end()), ";"


def stuck(text: str) -> Iterator[Change]:
    """A signal is always 0, or all ones."""
    body = code(text)
    for match in CONTINUOUS.finditer(body):
        span = Span(match.start(1), match.end(1))
        for value in ("'0", "'1"):
            if span.of(body).strip() != value:
                yield span, value


def ports(text: str) -> Iterator[Change]:
    """A port of an instance is stuck, or has what belongs to the next one."""
    body = code(text)
    for instance, of_parameters in instances(body):
        if of_parameters:
            continue
        found = list(connections(body, instance))
        for name, whole, _ in found:
            if name != "clk":
                yield whole, f".{name}('0)"
                yield whole, f".{name}('1)"

        for (one, first, a), (other, second, b) in pairwise(found):
            left, right = a.of(text) or one, b.of(text) or other
            between = text[first.end : second.start]
            yield Span(first.start, second.end), f".{one}({right}){between}.{other}({left})"


def parameters(text: str) -> Iterator[Change]:
    """A parameter is not handed on, or has what belongs to the next one."""
    body = code(text)
    for instance, of_parameters in instances(body):
        found = list(connections(body, instance))
        if not of_parameters or found[0][0] == "HOLDS":
            continue
        for i, (_, whole, _) in enumerate(found):
            end = found[i + 1][1].start if i + 1 < len(found) else whole.end
            if len(found) > 1:
                start = whole.start if i + 1 < len(found) else found[i - 1][1].end
                yield Span(start, end), ""
        for (one, first, a), (other, second, b) in pairwise(found):
            between = text[first.end : second.start]
            swapped = f".{one}({b.of(text)}){between}.{other}({a.of(text)})"
            yield Span(first.start, second.end), swapped


def lanes(text: str) -> Iterator[Change]:
    """A part of a packed vector is the one of the neighbour."""
    body = code(text)
    for match in re.finditer(r"\*\s*(i|j|\(i\s*\+\s*1\))(?=\s*\+[:])", body):
        span = Span(match.start(1), match.end(1))
        index = span.of(body)
        yield span, "i" if "+" in index else f"({index}+1)"
    for match in re.finditer(r"(?<=\w\[)(i|j|i\s*\+\s*1|i\+1)(?=\])", body):
        span = Span(match.start(1), match.end(1))
        yield span, "i" if "+" in span.of(body) else "0"


def names(text: str) -> Iterator[Change]:
    """A name of a family (state, kind, counter, register) is the next of its family."""
    body = code(text)
    for family in _families(body):
        following = dict(zip(family, [*family[1:], family[0]], strict=True))
        pattern = r"(?<!\w)(" + "|".join(family) + r")(?!\w)(?!\s*=[^=])"
        for match in re.finditer(pattern, body):
            declared = "typedef" in body[body.rfind(";", 0, match.start()) : match.start()]
            span = Span(match.start(), match.end())
            if not declared:
                yield span, following[match[1]]


STATES = ("IDLE", "READ", "WRITE", "EMIT", "PASS_ON")
KIND_NAMES = ("STEP", "DOUBLE", "ADD", "FIRE", "MARK")
COUNTER_NAMES = (
    "CYCLES",
    "STALLS",
    "SOPS",
    "READS",
    "WRITES",
    "SPIKES",
    "SATURATIONS",
    "REFUSALS",
)
REGISTERS = (
    "IDENTIFICATION",
    "SIZES",
    "STATUS",
    "SOFT_RESET",
    "EVENT",
    "SPIKE",
    "PORT_SELECT",
    "PORT_ADDRESS",
    "PORT_DATA",
    "COUNTER_SELECT",
    "COUNTER",
    "CONTROL",
    "INTERRUPT_ENABLE",
    "REFUSED",
)


def _families(body: str) -> list[tuple[str, ...]]:
    found = []
    for family in (STATES, KIND_NAMES, COUNTER_NAMES, REGISTERS):
        present = tuple(name for name in family if re.search(rf"(?<!\w){name}(?!\w)", body))
        if len(present) > 1:
            found.append(present)
    return found


RULES: dict[str, Rule] = {
    "operator": operators,
    "negation": negations,
    "constant": constants,
    "width": widths,
    "condition": conditions,
    "choice": choices,
    "left out": left_out,
    "stuck": stuck,
    "port": ports,
    "parameter": parameters,
    "lane": lanes,
    "name": names,
}


def _inside(span: Span, spans: list[Span]) -> bool:
    return any(span.start in other for other in spans)


def _ranges(body: str) -> list[Span]:
    """What is made narrower by the rule of widths, and other widths of what is declared."""
    found = [Span(match.start(), match.end()) for match in RANGE.finditer(body)]
    return found + [Span(match.start(1), match.end(1)) for match in DECLARED.finditer(body)]


def _of_constants(body: str) -> list[Span]:
    """Widths of constants, whose numbers are small."""
    return [Span(match.start(1), match.end(1)) for match in CONSTANT_RANGE.finditer(body)]


def _parameters_with_defaults(body: str) -> list[Span]:
    """The head of a module up to its ports: benches give every parameter a value of their own.

    Laws of parameters have a check of their own, which tries their ends.
    """
    found = []
    for match in re.finditer(r"\bmodule\s+\w+\s*#\s*\(", body):
        found.append(Span(match.start(), closing(body, match.end() - 1)))
    for match in re.finditer(r"\blaw\s*#\s*\(", body):
        found.append(Span(match.start(), closing(body, match.end() - 1)))
    return found


def _loops(body: str) -> list[Span]:
    """The heads of loops: a wrong one does not build, or is none."""
    found = []
    for match in re.finditer(r"\bfor\s*\(", body):
        found.append(Span(match.start(), closing(body, match.end() - 1)))
    return found


def _nonblocking(text: str) -> list[Span]:
    body = code(text)
    found = []
    for block in blocks(body, "always_ff"):
        for match in NONBLOCKING.finditer(body, block.start, block.end):
            if match[2].count("(") == match[2].count(")"):
                found.append(Span(match.start(), match.end()))
    return found


def _is_its_arrow(body: str, assignment: Span, span: Span) -> bool:
    """Whether an operator is the arrow of a nonblocking assignment."""
    match = NONBLOCKING.match(body, assignment.start)
    return span.of(body) == "<=" and match is not None and span.start == _arrow(match)


def _arrow(match: re.Match) -> int:
    after = match.string[match.end(1) :]
    return match.end(1) + len(after) - len(after.lstrip())


def _expression_start(body: str, place: int) -> int:
    """Where the condition before a ? begins."""
    depth = 0
    for i in range(place - 1, -1, -1):
        letter = body[i]
        depth += (letter in ")]}") - (letter in "([{")
        before, after = body[i - 1 : i], body[i + 1 : i + 2]
        is_assignment = letter == "=" and before not in "=!>" and after != "="
        if before == "<" and letter == "=" and depth == 0:
            is_assignment = True
        if depth < 0 or (depth == 0 and (letter in ",;?:" or is_assignment)):
            return i + 1
    return 0
