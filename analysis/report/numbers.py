"""How a number becomes text: SI prefixes, what is counted, and the plain cell of a table."""

from __future__ import annotations

from numbers import Integral, Real

PREFIXES = {
    9: "G",
    6: "M",
    3: "k",
    0: "",
    -3: "m",
    -6: "µ",
    -9: "n",
    -12: "p",
    -15: "f",
}
BINARY = ("B", "KiB", "MiB", "GiB")
ALMOST = 0.9995  # of a power of ten: what three digits would round up to it


def count_of(count: int, one: str, many: str) -> str:
    """A number of things, in the words that go with it.

    Examples
    --------
    >>> count_of(1, "line is", "lines are"), count_of(2_500, "line is", "lines are")
    ('1 line is', '2,500 lines are')
    """
    return f"{count:,} {one if count == 1 else many}"


def with_prefix(value: float, unit: str) -> str:
    """Three digits with an SI prefix.

    Parameters
    ----------
    value : float
        Value in `unit`.
    unit : str
        SI unit without a prefix; "" for a plain number.

    Examples
    --------
    >>> with_prefix(3.27e-09, "J")
    '3.27 nJ'
    >>> with_prefix(999.7, "s")
    '1.00 ks'
    """
    for exponent, prefix in PREFIXES.items():
        size = 10.0**exponent
        if abs(value) >= ALMOST * size:
            number = f"{value / size:#.3g}"
            digits = number.rstrip(".")
            return f"{digits} {prefix}{unit}"

    return f"{value:.3g} {unit}"


def binary(size_bytes: float) -> str:
    """A size of memory, in powers of 1024 and with three digits.

    Examples
    --------
    >>> binary(69632), binary(300), binary(1.5 * 1024**2)
    ('68.0 KiB', '300 B', '1.50 MiB')
    """
    exponent = 0
    while size_bytes >= 1000 * 1024**exponent and exponent < len(BINARY) - 1:
        exponent += 1

    if exponent == 0:
        return f"{size_bytes:.0f} B"
    number = f"{size_bytes / 1024**exponent:#.3g}"
    digits = number.rstrip(".")
    return f"{digits} {BINARY[exponent]}"


def percent(share: float) -> str:
    """A share in percent, one digit after the point.

    Examples
    --------
    >>> percent(0.123)
    '12.3 %'
    """
    return f"{share * 100:.1f} %"


def in_percent(share: float) -> str:
    """A share in per cent, with two decimals, for a column that says the unit.

    >>> in_percent(0.98765)
    '98.77'
    """
    return f"{100 * share:.2f}"


def percent_range(low: float, high: float) -> str:
    """Both ends of a range of shares, in per cent; nothing where there is none.

    >>> percent_range(0.5, 0.625), percent_range(float("nan"), 1.0)
    ('50.00 to 62.50', '')
    """
    return "" if is_missing(low) else f"{in_percent(low)} to {in_percent(high)}"


def three_digits(value: float) -> str:
    """A number with three digits.

    Examples
    --------
    >>> three_digits(2.71828)
    '2.72'
    """
    return f"{value:.3g}"


def is_missing(value: object) -> bool:
    """Whether a cell holds no value: None, or a float that is not a number.

    Examples
    --------
    >>> is_missing(float("nan")), is_missing(""), is_missing(0)
    (True, False, False)
    """
    return value is None or value != value


def cell(value: object) -> str:
    """A value as a table shows it that says nothing else: four digits, or thousands in groups.

    Examples
    --------
    >>> cell(12345.6), cell(0.123456), cell(12345), cell(True), cell(float("nan"))
    ('12,346', '0.1235', '12,345', 'yes', '')
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Integral):
        return f"{int(value):,}"
    if not isinstance(value, Real):
        return "" if value is None else str(value)

    number = float(value)
    if is_missing(number):
        return ""
    if abs(number) >= 1000:
        return f"{number:,.0f}"
    return f"{number:.4g}"
