"""Targets that run whole trained networks."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from ...simulation.simulator import check_tools
from ..trained_networks import trained
from ..whole_network import verify_network
from .target import Job, Request, Row, Target

RATE_STEPS, RADIX_STEPS = 32, 4
SMALL, LARGE = "mlp-64-48-10", ("mlp-784-48-10", "mlp-784-128-10")
LARGE_SAMPLES = 20


class Networks(Target):
    """Whole networks in one code: digits on every test image, the large ones on fewer."""

    against = "golden model, stalls as seen at each link; an engine"
    code: str

    def check_tools(self) -> None:
        """Raise MissingToolError where a program is missing; takes no time."""
        check_tools()

    def jobs(self, request: Request) -> Sequence[Job]:
        """A job per network, the longest first."""
        found = [
            partial(network_rows, self.code, name, LARGE_SAMPLES, "verilator", request)
            for name in reversed(LARGE)
        ]
        return [*found, partial(network_rows, self.code, SMALL, None, "verilator", request)]


class Radix(Networks):
    """Networks in the radix code."""

    name = code = "radix"
    does = "digits 64-48-10 on every test image, 784-48-10 and 784-128-10 on 20, in radix"


class Rate(Networks):
    """Networks in the rate code."""

    name = code = "rate"
    does = "the same networks in the rate code"


def network_rows(
    code: str,
    name: str,
    samples: int | None,
    simulator: str = "verilator",
    request: Request | None = None,
) -> list[Row]:
    """A whole network on the RTL; a row per population.

    Parameters
    ----------
    code : ``rate`` or ``radix``
    name : of the network
    samples : images; None for all
    simulator : ``verilator`` (default) or ``icarus``
    request : engine and data, default those of a Request
    """
    request = request or Request()
    options, steps = {}, RATE_STEPS
    if code == "radix":
        options = {
            "code": "radix",
            "steps": RADIX_STEPS,
            "input_code": "bitplane",
        }
        steps = None  # the network has them

    network, x = trained(name, request.data_dir, **options)
    checked = verify_network(
        network,
        x[:samples],
        steps,
        engine=request.engine,
        simulator=simulator,
        alone=True,  # others run beside it
    )

    rows = []
    for row in checked:
        images = f"{row['samples']} images"
        rows.append({"what": f"{name}, {code}, {images}: {row['population']}", **row})
    return rows
