"""Int8 kernel libraries by family, version and mode, and every way in which they are written."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import inf

from ...errors import SpikewattError

Version = tuple[int, ...]
NEVER = (inf,)
MODES = ("max-performance", "min-ram")  # of HALE; every other library has one mode, ""


@dataclass(frozen=True)
class Family:
    """The versions of one library, which have much in common.

    Parameters
    ----------
    name : str
    spellings : tuple of str
        Beginnings by which it is known, as of `_plain`.
    versions : tuple of Version, default ((),)
        Those that were measured, in order of time; () where the rows state none.
    modes : tuple of str, default ()
        Measured modes beside the default, of the newest version.
    after : str, default ""
        The family whose kernels it calls: it counts as a later version of that one.
    interprets : bool, default False
        Whether it reads the network at run time, layer by layer; else the network is compiled.
    prunes_from : tuple, default NEVER
        The first version that does not compute channels whose weights are all zero. That a
        library does so is inferred: the rows of VWW fit with its live MACs only.
    """

    name: str
    spellings: tuple[str, ...]
    versions: tuple[Version, ...] = ((),)
    modes: tuple[str, ...] = ()
    after: str = ""
    interprets: bool = False
    prunes_from: tuple[float, ...] = NEVER


ST = ("x-cube-ai", "xcubeai", "stm32cube.ai", "stm32cube-ai", "stm32cubeai", "vendor-optimised")
TFLM = ("tflm", "tensorflow-lite-micro", "tensorflow-lite-for-microcontrollers", "tflite-micro")
FAMILIES = (
    Family("tflm-cmsis-nn", ("tflm-cmsis-nn",), after="cmsis-nn", interprets=True),
    Family(
        "tflm-reference",
        ("tflm-reference-kernels", "tflm-reference", "reference"),
        interprets=True,
    ),
    Family("cmsis-nn", ("microtvm-cmsis-nn", "tvm-cmsis-nn", "cmsis-nn")),
    Family("tvm", ("microtvm-native", "microtvm", "tvm-native", "tvm")),
    Family("tflm", TFLM, ((2, 3, 1),), interprets=True),
    Family("x-cube-ai", ST, ((7, 1), (7, 3), (8, 0), (9, 0), (10, 2)), prunes_from=(8, 1)),
    Family("hale", ("bosch-hale", "hale"), ((1, 0), (1, 0, 175)), MODES),
    Family(
        "plumerai",
        ("plumerai-inference-engine", "plumerai"),
        ((2022,), (2023, 5)),
        prunes_from=(2023,),
    ),
    Family("onnc", ("onnc",), prunes_from=()),
)
BY_NAME = {family.name: family for family in FAMILIES}
# How rows of 2022 write it, and these alone: the later ones state their version.
UNDATED = {"plumerai-inference-engine": "plumerai-2022"}
NEXT = r"(?=$|-|v|\d)"  # what may follow the name of a family
VERSION = re.compile(r"(?:version-|v-?)?(\d+(?:\.\d+){0,3})(?=-|$)")


@dataclass(frozen=True)
class Library:
    """An int8 kernel library; its text is its name, ``x-cube-ai-7.3``.

    Parameters
    ----------
    family : str
    version : Version
        () where none is known.
    mode : str
        One of MODES, or "" for the default.

    Examples
    --------
    >>> named("X-CUBE-AI v8.0.0").prunes, named("X-CUBE-AI 8.1").prunes
    (False, True)
    """

    family: str
    version: Version = ()
    mode: str = ""

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return "-".join(filter(None, (self.family, self.version_text, self.mode)))

    @property
    def prunes(self) -> bool:
        """Whether channels whose weights are all zero are not computed."""
        version = self.version or self.nearest.version
        return version >= BY_NAME[self.family].prunes_from

    @property
    def interprets(self) -> bool:
        """Whether it reads the network at run time; else the network is compiled.

        >>> named("TFLM").interprets, named("TVM").interprets
        (True, False)
        """
        return BY_NAME[self.family].interprets

    @property
    def kin(self) -> str:
        """The family whose kernels it runs."""
        return BY_NAME[self.family].after or self.family

    @property
    def steps(self) -> int:
        """Versions since the first one of its kin."""
        found = BY_NAME[self.family]
        return found.versions.index(self.version) + bool(found.after)

    @property
    def version_text(self) -> str:
        digits = [str(part) for part in self.version]
        if self.family == "plumerai" and len(digits) > 1:  # year and month
            digits[1] = digits[1].zfill(2)
        return ".".join(digits)

    @property
    def nearest(self) -> Library:
        """The nearest of all versions that rows state.

        >>> str(named("X-CUBE-AI 8.1").nearest), str(named("hale").nearest)
        ('x-cube-ai-8.0', 'hale-1.0.175')
        """
        return self.nearest_of(measured_versions(self.family))

    def nearest_of(self, known: Sequence[Library]) -> Library:
        """The one of `known` to go by: of its mode if any is, the newest if it has no version.

        Parameters
        ----------
        known : sequence of Library
            Of its family, at least one, in order of time.
        """
        same_mode = [library for library in known if library.mode == self.mode]
        known = same_mode or [library for library in known if not library.mode] or known
        if not self.version:
            return known[-1]
        wanted = _position(self.version)
        return min(known, key=lambda library: abs(_position(library.version) - wanted))


def measured_versions(family: str) -> list[Library]:
    """Those of a family that rows state, in order of time; the default mode first."""
    found = BY_NAME[family]
    default = [Library(family, version) for version in found.versions]
    return default + [Library(family, found.versions[-1], mode) for mode in found.modes]


def all_libraries() -> list[Library]:
    """Every version that rows state, family by family."""
    return [library for family in FAMILIES for library in measured_versions(family.name)]


def named(library: str | Library) -> Library:
    """The library that a text names.

    Parameters
    ----------
    library : str
        In any case, with spaces, ``_``, ``+``, ``-`` or none of them, as measured rows write it:
        ``"X-CUBE-AI v10.2"``, ``"STM32Cube.AI 9"``, ``"microTVM+CMSIS-NN"``, ``"HALE min_ram"``,
        ``"TFLM"``; or by its kind: ``vendor-optimised`` (ST's), ``reference`` (TensorFlow Lite
        Micro's plain kernels). A version that no row states is a library, too, whose `nearest` one
        is known.

    Raises
    ------
    SpikewattError
        No such library, or a version that cannot be read.

    Examples
    --------
    >>> str(named("STM32Cube.AI 9")), str(named("Plumerai Inference Engine 2023.05"))
    ('x-cube-ai-9.0', 'plumerai-2023.05')
    """
    return library if isinstance(library, Library) else _named(str(library))


@lru_cache(maxsize=512)  # a few texts stand in many rows
def _named(library: str) -> Library:
    """As `named`."""
    plain = _plain(library)
    plain = UNDATED.get(plain, plain)
    for family in FAMILIES:
        for spelling in family.spellings:
            found = re.match(spelling.replace(".", r"\.").replace("-", "-?") + NEXT, plain)
            if found:
                rest = plain[found.end() :].strip("-")
                return _measured_if_any(_read(library, family, rest))
    raise SpikewattError(
        "library",
        "must be a kernel library with known cycle counts",
        repr(str(library)),
        ", ".join((*map(str, all_libraries()), "or another version of these")),
    )


def _plain(text: str) -> str:
    """Lower case, one ``-`` for each gap.

    >>> _plain(" Bosch HALE_version 1.0 "), _plain("TFLM+CMSIS-NN")
    ('bosch-hale-version-1.0', 'tflm-cmsis-nn')
    """
    spaced = re.sub(r"[\s_+()-]+", "-", str(text).strip().lower()).strip("-")
    return spaced.replace("optimized", "optimised").removesuffix("-stock")


def _read(text: str, family: Family, rest: str) -> Library:
    """Version and mode in what follows the name of a family."""
    found = VERSION.match(rest)
    version = tuple(int(part) for part in found[1].split(".")) if found else ()
    mode = (rest[found.end() :] if found else rest).strip("-")
    if mode in ("", "default"):
        mode = ""
    if (mode and mode not in family.modes) or any(part > 99_999 for part in version):
        raise SpikewattError(
            "library",
            f"{family.name} has a version and a mode",
            repr(str(text)),
            ", ".join(map(str, measured_versions(family.name))),
        )
    return Library(family.name, version, mode)


def _measured_if_any(library: Library) -> Library:
    """The measured library that `library` is, zeros at the end of its version or not."""
    for known in measured_versions(library.family):
        own, given = _stripped(known.version), _stripped(library.version)
        if own == given and library.version and known.mode == library.mode:
            return known
    one_version = len(BY_NAME[library.family].versions) == 1
    if not library.version and (library.mode or one_version):
        return library.nearest
    return library


def _stripped(version: Version) -> Version:
    """`version` without zeros at its end."""
    while len(version) > 1 and version[-1] == 0:
        version = version[:-1]
    return version


def _position(version: Version) -> float:
    """A version on a line, major numbers one apart.

    >>> _position((8, 1))
    8.1
    """
    major, minor, *rest = (*version, 0, 0)[:3]
    return major + min(minor, 9.9) / 10 + min(sum(rest), 999) / 1e5
