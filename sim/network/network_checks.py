"""The laws of a SpikingNetwork: one function each, in the order in which they are checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...errors import SpikewattError
from .connection import Connection
from .population import Population

if TYPE_CHECKING:
    from typing import Protocol

    from .codes import Code
    from .input_codes import InputCode

    class Network(Protocol):
        """What the laws read of a network."""

        @property
        def populations(self) -> tuple[Population, ...]: ...
        @property
        def connections(self) -> tuple[Connection, ...]: ...
        @property
        def inputs(self) -> tuple[Population, ...]: ...
        @property
        def code(self) -> Code: ...
        @property
        def input_code(self) -> InputCode: ...
        @property
        def weight_bits(self) -> int: ...
        def population(self, name: str) -> Population: ...
        def incoming(self, name: str) -> list[Connection]: ...


def check(network: Network) -> None:
    """Raise SpikewattError for the first law that `network` breaks."""
    unique_population_names(network)
    input_code_drives(network)
    inputs_first_and_a_readout(network)
    unique_connection_names(network)

    for p in network.populations:
        max_pool_has_no_numbers(p)
        inputs_have_no_bias(p)

    for p in network.populations:
        if p.kind.is_input:
            inputs_are_alike(network, p)
        elif network.code.exact:
            exact_code_leaves_no_choice(network, p)
        if p.gated:
            gates_fit_the_code(network, p)

    for c in network.connections:
        leads_forward(network, c)
        shapes_meet(network, c)
        weights_are_narrow(network, c)

    fed = {c.post for c in network.connections}
    for p in network.populations:
        levels_are_transmitted(network, p)
        is_fed(p, fed)


# Names and order


def unique_population_names(network: Network) -> None:
    """A name is a key."""
    names = [p.name for p in network.populations]
    if len(set(names)) != len(names):
        law = "names are unique"
        raise SpikewattError("SpikingNetwork.populations", law, names)


def unique_connection_names(network: Network) -> None:
    """Several connections between two populations are numbered."""
    names = [c.name for c in network.connections]
    if len(set(names)) != len(names):
        law = "have different names; set branch"
        raise SpikewattError("SpikingNetwork.connections", law, names)


def input_code_drives(network: Network) -> None:
    """The events of an encoder are a rate."""
    code, input_code = network.code, network.input_code
    if input_code.encoded and not input_code.drives(code):
        law = f"{input_code} drives a streaming rate"
        got = f"code {code}"
        raise SpikewattError("SpikingNetwork.input_code", law, got, "code 'rate'")


def inputs_first_and_a_readout(network: Network) -> None:
    """Inputs come first; without a read-out there is no answer."""
    are_inputs = [p.kind.is_input for p in network.populations]
    count = sum(are_inputs)
    inputs_first = count > 0 and all(are_inputs[:count])
    has_readout = any(p.kind.is_readout for p in network.populations)

    if not inputs_first or not has_readout:
        kinds = [p.kind.name for p in network.populations]
        law = "begin with the inputs and hold a readout"
        raise SpikewattError("SpikingNetwork.populations", law, kinds)


# Populations


def max_pool_has_no_numbers(p: Population) -> None:
    """A max pool compares counts, and has nothing of its own to add."""
    if not p.kind.compares:
        return
    adds = p.initial_potential.any() or p.bias.any()
    if adds or (p.threshold != 1).any():
        law = "a max pool has threshold 1, no bias and starts at 0"
        raise SpikewattError(f"Population {p.name!r}", law)


def inputs_have_no_bias(p: Population) -> None:
    """The pixel takes its place."""
    if p.kind.is_input and p.bias.any():
        law = "is 0 for an input, whose bias is the pixel"
        largest = int(p.bias.max())
        raise SpikewattError(f"Population {p.name!r}.bias", law, largest)


def inputs_are_alike(network: Network, p: Population) -> None:
    """All inputs turn a pixel into the same spikes."""
    code = network.input_code
    start = p.initial_potential
    where = f"Population {p.name!r}"
    law = f"inputs are alike: under {code} "

    # One threshold: that of the first input, or (of bits) 1.
    largest = int(network.inputs[0].threshold.max())
    one = p.threshold.ndim == 0
    if one and not code.doubles:
        one = int(p.threshold) == largest
    if not one or p.reset != "subtract":
        law += "one threshold for all, reset by subtraction"
        raise SpikewattError(f"{where}.threshold", law, p.threshold.shape)

    if not code.integrates and start.any():
        law += "they start at 0"
        raise SpikewattError(f"{where}.initial_potential", law, int(start.max()), 0)

    if code.integrates:
        below = (start < p.threshold).all()
        if start.min() < 0 or not below:
            law += "they start below the threshold"
            raise SpikewattError(f"{where}.initial_potential", law, int(start.max()))

    if code.doubles and (p.threshold != 1).any():
        law += "it is 1"
        raise SpikewattError(f"{where}.threshold", law, int(p.threshold.max()), 1)


def exact_code_leaves_no_choice(network: Network, p: Population) -> None:
    """An exact code adds the bias once, subtracts what it sends, and has its own numbers of
    levels.
    """
    code = network.code
    where = f"Population {p.name!r}"
    if p.bias.any():
        law = f"{code} adds the bias once, as initial potential"
        raise SpikewattError(f"{where}.bias", law, int(p.bias.max()), 0)
    if p.reset != "subtract":
        law = f"{code} subtracts what it sends"
        raise SpikewattError(f"{where}.reset", law, p.reset, "subtract")

    limited = p.levels > 0 and not p.kind.is_readout
    if code.doubles and limited and not code.transmits(p.levels):
        law = f"{code} transmits 2^K - 1 levels"
        raise SpikewattError(f"{where}.levels", law, p.levels, "1, 3, 7, 15, …")


def gates_fit_the_code(network: Network, p: Population) -> None:
    """Planes and late wakers exist where the bits of a value are sent one after the other."""
    where = f"Population {p.name!r}"
    by_bits = network.input_code.doubles if p.kind.is_input else network.code.doubles
    if not by_bits or not network.code.exact or not p.kind.fires:
        law = "gates are for populations that send the bits of a value, as under radix"
        got = f"{p.kind} under {network.code}, input code {network.input_code}"
        raise SpikewattError(where, law, got, "no planes, no wakes_within")

    bits = p.levels.bit_length()
    if p.planes > bits:
        law = "a value has no more planes than bits"
        raise SpikewattError(f"{where}.planes", law, p.planes, f"0..{bits}")

    waits = p.wakes_within > 0
    if waits and (p.kind.is_input or p.kind.compares):
        law = "is for integrate_and_fire"
        raise SpikewattError(f"{where}.wakes_within", law, p.kind, 0)
    if waits and p.wakes_within >= (p.planes or bits):
        law = "is less than the planes that are sent"
        raise SpikewattError(
            f"{where}.wakes_within", law, p.wakes_within, f"0..{(p.planes or bits) - 1}"
        )


def levels_are_transmitted(network: Network, p: Population) -> None:
    """Where a code is limited, a population transmits something."""
    code = network.code
    if code.limited and p.kind.fires and p.levels < 1:
        law = f"is at least 1 under {code}"
        raise SpikewattError(f"Population {p.name!r}.levels", law, p.levels)


def is_fed(p: Population, fed: set[str]) -> None:
    """What nothing feeds never speaks."""
    if not p.kind.is_input and p.name not in fed:
        law = "has at least one incoming connection"
        raise SpikewattError(f"Population {p.name!r}", law, "none")


# Connections


def leads_forward(network: Network, c: Connection) -> None:
    """From an earlier population to a later one."""
    names = [p.name for p in network.populations]
    known = c.pre in names and c.post in names
    if not known or names.index(c.pre) >= names.index(c.post):
        law = "goes from an earlier population to a later one"
        order = ", ".join(names)
        raise SpikewattError(f"Connection {c.name!r}", law, c.name, order)


def shapes_meet(network: Network, c: Connection) -> None:
    """What a connection yields is what its post population takes."""
    where = f"Connection {c.name!r}"
    pre = network.population(c.pre)
    post = network.population(c.post)
    if c.kind.compares != post.kind.compares:
        law = "max_pool connections and populations go together"
        raise SpikewattError(where, law, f"{c.kind} into {post.kind}")

    expected = c.post_shape(pre.shape)
    if expected != post.shape:
        law = "the shape it produces is that of its post population"
        raise SpikewattError(where, law, expected, post.shape)

    if c.kind.compares:
        max_pool_repeats(network, where, pre, post)
    if pre.kind.is_readout:
        law = "a readout feeds nothing"
        raise SpikewattError(where, law, pre.name)


def weights_are_narrow(network: Network, c: Connection) -> None:
    """Weights have the network's width, in two's complement.

    An identity synapse carries a ratio of units, and is as wide as it has to be.
    """
    if c.weights is None or not c.kind.narrow:
        return
    bits = network.weight_bits
    limit = 2 ** (bits - 1) - 1
    lowest, highest = int(c.weights.min()), int(c.weights.max())
    if lowest < -limit - 1 or highest > limit:
        law = f"weights have {bits} bits"
        got = max(lowest, highest, key=abs)
        raise SpikewattError(f"Connection {c.name!r}", law, got, f"{-limit - 1}..{limit}")


def max_pool_repeats(network: Network, where: str, pre: Population, post: Population) -> None:
    """A max pool compares spikes of its own code; in an exact code it repeats one population."""
    code, input_code = network.code, network.input_code
    if pre.kind.is_input and not input_code.speaks(code):
        law = "a max pool compares spikes of its own code"
        got = f"an {input_code} input under {code}"
        allowed = "a ReLU in front; rate with if, radix with bitplane"
        raise SpikewattError(where, law, got, allowed)

    if not code.exact:
        return
    sources = network.incoming(post.name)
    same = (post.levels, post.planes) == (pre.levels, pre.planes)
    if len(sources) > 1 or not same:
        law = "a max pool repeats one population"
        got = f"levels {post.levels} of {pre.levels}, planes {post.planes} of {pre.planes}"
        raise SpikewattError(where, law, got, "one source, its levels and planes")
