"""The C of one spiking network: constants, memory, a function for each layer, and `infer`."""

from __future__ import annotations

import numpy as np

from ....sim.engines.schedule import Schedule
from ....sim.network.connection import Connection
from ....sim.network.neurons import FiringRule, Silent, Zero
from ....sim.network.population import Population
from ....sim.network.spiking_network import SpikingNetwork
from .c_text import array, identifier
from .layers import Arrow, Kernel, kernel
from .loops import LOOPS, Loop

INCLUDED = ("spiking_gather.h", "spiking_neurons.h")


class Writer:
    """Writes the C of one network."""

    def __init__(self, network: SpikingNetwork, plan: Schedule, loop: Loop):
        self.network = network
        self.plan = plan
        self.loop = loop
        self.numbers = {p.name: n for n, p in enumerate(network.populations)}
        self.arrows = [self._arrow(n, c) for n, c in enumerate(network.connections)]
        self.kernels: dict[int, Kernel] = {a.number: kernel(a) for a in self.arrows}
        self.inputs = sum(p.size for p in network.inputs)
        self.outputs = sum(p.size for p in network.readouts)

    def _arrow(self, number: int, connection: Connection) -> Arrow:
        """A connection; what is multiplied instead of gathered is added row by row."""
        pre = self.network.population(connection.pre)
        post = self.network.population(connection.post)
        analog = isinstance(self.network.rule(pre), Silent)
        return Arrow(number, connection, pre, post, LOOPS["plain"] if analog else self.loop)

    def header(self) -> str:
        """Sizes and what `infer` reads and writes."""
        network = self.network
        names = "\n".join(f" *   {n}: {p.name}" for n, p in enumerate(network.populations))
        return f"""/* {network.name}: {network.code} code, input {network.input_code}, \
{self.plan.steps} steps; {self.loop.title}.
 *
 * Populations, in the order of network_spikes:
{names}
 */
#ifndef NETWORK_H
#define NETWORK_H

#include <stdint.h>

#define NETWORK_INPUTS {self.inputs}
#define NETWORK_OUTPUTS {self.outputs}
#define NETWORK_POPULATIONS {len(network.populations)}
#define NETWORK_STEPS {self.plan.steps}

extern int32_t network_input[NETWORK_INPUTS];        /* integer levels */
extern int32_t network_output[NETWORK_OUTPUTS];      /* potentials of the read-outs */
extern uint32_t network_spikes[NETWORK_POPULATIONS]; /* of one inference */

void infer(void);

#endif
"""

    def source(self) -> str:
        """Constants, memory, one function per connection and population, and `infer`."""
        includes = "\n".join(f'#include "{name}"' for name in ("network.h", *INCLUDED))
        parts = [
            f"{includes}\n",
            "#define LAYER static __attribute__((noinline)) void\n",
            f"int32_t network_input[{self.inputs}];",
            f"int32_t network_output[{self.outputs}];",
            f"uint32_t network_spikes[{len(self.numbers)}];\n",
            self._scratch(),
            *(self._memory(p) for p in self.network.populations),
            *(self._connect(a) for a in self.arrows),
            *(self._update(p) for p in self.network.populations),
            self._start(),
            self._infer(),
        ]
        return "\n".join(part for part in parts if part)

    # Memory

    def _scratch(self) -> str:
        """Lists that live while one connection runs, as long as the longest."""
        needed: dict[str, tuple[str, int]] = {}
        for one in self.kernels.values():
            for name, (kind, size) in one.scratch.items():
                needed[name] = (kind, max(size, needed.get(name, (kind, 0))[1]))
        return "".join(f"static {kind} {name}[{size}];\n" for name, (kind, size) in needed.items())

    def _memory(self, p: Population) -> str:
        """Potentials, spikes, and the constants of a population."""
        number = self.numbers[p.name]
        if not self.network.rule(p).integrates:
            return ""
        lines = [f"/* {p.name} */", f"static int32_t v_{number}[{p.size}];"]
        if p.kind.fires:
            lines += [
                f"static uint16_t spikes_{number}[{p.size}];",
                f"static uint32_t count_{number};",
            ]
            lines.append(array(f"thresholds_{number}", self._numbers(p, "threshold")))
        if self._hears_analog(p) and self.network.code.bias_each_step:
            lines.append(f"static int32_t drive_{number}[{p.size}];")
        if p.bias.any():
            lines.append(array(f"biases_{number}", self._numbers(p, "bias")))
        if p.initial_potential.any():
            lines.append(array(f"initial_{number}", self._numbers(p, "initial_potential")))
        return "\n".join(lines)

    def _numbers(self, p: Population, field: str) -> np.ndarray:
        """One for all, or one for each of `_period` neurons."""
        values = p.per_neuron(field)
        if (values == values[0]).all():
            values = values[:1]
        else:
            values = values[: self._period(p)]
        return values.astype(np.int32)

    def _period(self, p: Population) -> int:
        """After how many neurons the numbers of a population begin again."""
        channels = p.shape[-1]
        if self._drive(p):
            return p.size
        for field in ("threshold", "bias", "initial_potential"):
            values = p.per_neuron(field).reshape(-1, channels)
            if (values != values[0]).any():
                return p.size
        return channels

    def _hears_analog(self, p: Population) -> bool:
        into = self.network.incoming(p.name)
        return any(isinstance(self._rule_of(c.pre), Silent) for c in into)

    def _rule_of(self, name: str) -> FiringRule:
        return self.network.rule(self.network.population(name))

    def _drive(self, p: Population) -> str:
        """What holds, in RAM, what each neuron of `p` adds at every step; nothing: constants."""
        if p.kind.is_input:
            return self._pixels(p) if self.network.input_code.integrates else ""
        analog = self._hears_analog(p) and self.network.code.bias_each_step
        return f"drive_{self.numbers[p.name]}" if analog else ""

    def _pixels(self, p: Population) -> str:
        first = 0
        for other in self.network.inputs:
            if other.name == p.name:
                break
            first += other.size
        return f"(network_input + {first})"

    # Functions

    def _is_analog(self, arrow: Arrow) -> bool:
        return isinstance(self.network.rule(arrow.pre), Silent)

    def _connect(self, arrow: Arrow) -> str:
        """A connection: what the spikes of one step, or the pixels, add."""
        done = self.kernels[arrow.number]
        pre, post = self.numbers[arrow.pre.name], self.numbers[arrow.post.name]
        name = f"connect_{identifier(arrow.pre.name)}_{identifier(arrow.post.name)}_{arrow.number}"
        head = f"\n/* {arrow.connection.name}: {arrow.connection.kind} */\n{done.tables}"
        if self._is_analog(arrow):
            return head + self._analog(arrow, done, name)

        doubles = self._doubles(arrow.pre)
        worth = "0u" if arrow.gathers else "1"
        if doubles:
            worth = "shift" if arrow.gathers else "(int32_t)(1u << shift)"
        call = done.called(v=f"v_{post}", spikes=f"spikes_{pre}", count=f"count_{pre}", worth=worth)
        takes = "uint32_t shift" if doubles else "void"
        return f"{head}LAYER {name}({takes})\n{{\n    {call}\n}}\n"

    def _analog(self, arrow: Arrow, done: Kernel, name: str) -> str:
        """Each pixel once, as a spike that is worth its value."""
        post = self.numbers[arrow.post.name]
        v = self._drive(arrow.post) or f"v_{post}"
        call = done.called(v=v, spikes="&pixel", count="1u", worth="worth")
        return f"""LAYER {name}(void)
{{
    for (uint32_t i = 0; i < {arrow.pre.size}u; i++) {{
        const uint16_t pixel = (uint16_t)i;
        const int32_t worth = {self._pixels(arrow.pre)}[i];
        if (worth) {{
            {call}
        }}
    }}
}}
"""

    def _doubles(self, p: Population) -> bool:
        """Whether a spike of `p` is worth more at one step than at another."""
        window = self.plan.windows[p.name]
        return any(gain != 1 for gain in window.gains)

    def _update(self, p: Population) -> str:
        """A population: what its neurons do in a step."""
        number, rule = self.numbers[p.name], self.network.rule(p)
        if isinstance(rule, Silent):
            return ""
        biases = self._drive(p) or (f"biases_{number}" if p.bias.any() else "")
        one_bias = not self._drive(p) and p.bias.any() and len(self._numbers(p, "bias")) == 1
        one_threshold = not p.kind.fires or len(self._numbers(p, "threshold")) == 1
        numbers = (
            f"(SpikingNeurons){{{biases or '0'}, {int(one_bias)}u, "
            f"{f'thresholds_{number}' if p.kind.fires else '0'}, {int(one_threshold)}u, "
            f"{self._period(p)}u, {int(isinstance(p.reset, Zero))}u}}"
        )
        name = identifier(p.name)
        if not p.kind.fires:
            if not biases:
                return ""
            return (
                f"LAYER update_{name}_{number}(void)\n{{\n"
                f"    spiking_rest(v_{number}, {p.size}u, {numbers});\n}}\n"
            )
        doubles = self._doubles(p)
        fire = "spiking_fire_fours" if self.loop.fours else "spiking_fire"
        return f"""LAYER update_{name}_{number}({"uint32_t shift" if doubles else "void"})
{{
    count_{number} = {fire}(
        v_{number}, {p.size}u, {numbers}, {"shift" if doubles else "0u"}, spikes_{number});
    network_spikes[{number}] += count_{number};
}}
"""

    def _start(self) -> str:
        """What holds before the first step; then the pixels where they are used."""
        lines = []
        for p in self.network.populations:
            number = self.numbers[p.name]
            lines.append(f"    network_spikes[{number}] = 0;")
            if not self.network.rule(p).integrates:
                continue
            if p.kind.fires:
                lines.append(f"    count_{number} = 0;")
            if p.kind.is_input and self.network.input_code.doubles:
                value = f"{self._pixels(p)}[i]"
            else:
                value = self._constant(p, "initial_potential", f"initial_{number}")
            lines.append(self._each(p, f"v_{number}[i] = {value};"))
            if self._drive(p).startswith("drive"):
                value = self._constant(p, "bias", f"biases_{number}")
                lines.append(self._each(p, f"drive_{number}[i] = {value};"))
        body = "\n".join(lines)
        return f"LAYER start(void)\n{{\n{body}\n}}\n"

    def _constant(self, p: Population, field: str, name: str) -> str:
        if not getattr(p, field).any():
            return "0"
        values = self._numbers(p, field)
        if len(values) == 1:
            return f"{name}[0]"
        return f"{name}[i]" if len(values) == p.size else f"{name}[i % {len(values)}u]"

    def _each(self, p: Population, statement: str) -> str:
        return f"    for (uint32_t i = 0; i < {p.size}u; i++) {{\n        {statement}\n    }}"

    def _infer(self) -> str:
        """All steps; each population hears those before it in the same step."""
        analog = [self._call(a) for a in self.arrows if self._is_analog(a)]
        steps = []
        for p in self.network.populations:
            steps += self._step(p)
        copies, first = [], 0
        for p in self.network.readouts:
            number = self.numbers[p.name]
            copies.append(self._each(p, f"network_output[{first} + i] = v_{number}[i];"))
            first += p.size
        return "\n".join(
            [
                "void infer(void)",
                "{",
                "    start();",
                *(f"    {line}" for line in analog),
                "    for (uint32_t t = 0; t < NETWORK_STEPS; t++) {",
                *(f"        {line}" for line in steps),
                "    }",
                *copies,
                "}",
                "",
            ]
        )

    def _step(self, p: Population) -> list[str]:
        """One step of a population: what it hears, and what it does."""
        lines = []
        for arrow in self.arrows:
            if arrow.post.name == p.name and not self._is_analog(arrow):
                number = self.numbers[arrow.pre.name]
                lines.append(f"if (count_{number}) {{")
                lines.append(f"    {self._call(arrow)}")
                lines.append("}")
        number = self.numbers[p.name]
        update = f"update_{identifier(p.name)}_{number}"
        if isinstance(self.network.rule(p), Silent):
            return []
        if not p.kind.fires:
            return [*lines, f"{update}();"] if p.bias.any() or self._drive(p) else lines

        window = self.plan.windows[p.name]
        doubles = self._place(p) if self._doubles(p) else ""
        if (window.start, window.stop) == (0, self.plan.steps):
            return [*lines, f"{update}({doubles});"]
        from_start = f"t >= {window.start}u && " if window.start else ""
        return [
            *lines,
            f"if ({from_start}t < {window.stop}u) {{",
            f"    {update}({doubles});",
            "} else {",
            f"    count_{number} = 0;",
            "}",
        ]

    def _call(self, arrow: Arrow) -> str:
        name = f"connect_{identifier(arrow.pre.name)}_{identifier(arrow.post.name)}_{arrow.number}"
        if self._is_analog(arrow) or not self._doubles(arrow.pre):
            return f"{name}();"
        return f"{name}({self._place(arrow.pre)});"

    def _place(self, p: Population) -> str:
        """Which bit of its value `p` sends at step t, 0 the last."""
        window = self.plan.windows[p.name]
        return f"{window.stop - 1 + window.doublings}u - t"
