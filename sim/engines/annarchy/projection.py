"""A projection of ours, in the place that ANNarchy has for them (SpecificProjection).

ANNarchy's own matrices store one index and one weight per synapse, and add synapse by synapse. A
convolution has the same weights at every position, and neighbours in one map are neighbours in the
next: what a spike adds is a few runs of weights to as many runs of neurons, which the compiler
turns into vector instructions. When a spike is delivered, to which neurons, and what it does there
is as with ANNarchy's own; and the code knows no size, so that one compiled simulator serves all
networks.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from .arrows import Arrows


@dataclass(frozen=True)
class Effect:
    """What a spike does to the neurons that it reaches, in C++.

    Parameters
    ----------
    prepare : str, once per spike of `fired`.
    add : str, what is added to a neuron, at place `k` of a run.
    per_run : str, once per run, which begins at neuron `post`.
    """

    add: str
    prepare: str = ""
    per_run: str = ""


UNWEIGHTED = Effect("weight[k]")
WEIGHTED = Effect("weight[k] * value", "const {real} value = pop{pre}->value[fired];")
RISING = Effect(
    "own > their[k] ? {real}(1) : {real}(0)",
    "const {real} own = pop{pre}->n[fired];",
    "const {real}* __restrict__ their = pop{post}->n.data() + post;",
)

C_TYPES = {np.float32: "float", np.float64: "double"}

DATA = """
    std::vector<int> first, branches, runs, ranges;
    std::vector<{real}> weights;
    int first_pre = 0, last_pre = -1;
"""

DELIVER = """
        if (_transmission && pop{post}->_active) {{
            // Spikes are in the order of their neurons.
            {real}* const target = pop{post}->g_{target}.data();
            const std::vector<int>& spiked = pop{pre}->spiked;
            const auto place_of = [&spiked](int neuron) {{
                return std::lower_bound(spiked.begin(), spiked.end(), neuron);
            }};
            for (size_t k = 0; k < ranges.size(); k += 3)
                target[ranges[k + 2]] += place_of(ranges[k + 1]) - place_of(ranges[k]);

            const auto after = place_of(last_pre + 1);
            for (auto spike = place_of(first_pre); spike < after; ++spike) {{
                const int fired = *spike;
                {prepare}
                const int* branch = branches.data() + 4 * first[fired];
                const int* const end = branches.data() + 4 * first[fired + 1];
                for (; branch < end; branch += 4) {{
                    if (branch[0] < 0) {{
                        const int k = 0, post = branch[2];
                        {real}* __restrict__ sum = target + post;
                        const {real}* __restrict__ weight = weights.data() + branch[3];
                        {per_run}
                        sum[k] += {add};
                        continue;
                    }}
                    const int* run = runs.data() + 3 * branch[0];
                    const int* const last = runs.data() + 3 * branch[1];
                    for (; run < last; run += 3) {{
                        const int post = branch[2] + run[0];
                        const int length = run[2];
                        {real}* __restrict__ sum = target + post;
                        const {real}* __restrict__ weight = weights.data() + branch[3] + run[1];
                        {per_run}
                        for (int k = 0; k < length; k++)
                            sum[k] += {add};
                    }}
                }}
            }}
        }}
"""

WRAPPER = """
    nanobind::class_<ProjStruct{id}>(m, "proj{id}_wrapper")
        .def(nanobind::init<>())
        .def_rw("_transmission", &ProjStruct{id}::_transmission)
        .def_rw("_axon_transmission", &ProjStruct{id}::_axon_transmission)
        .def_rw("_update", &ProjStruct{id}::_update)
        .def_rw("_plasticity", &ProjStruct{id}::_plasticity)
        .def_rw("first_pre", &ProjStruct{id}::first_pre)
        .def_rw("last_pre", &ProjStruct{id}::last_pre)
        .def("load", [](ProjStruct{id}& self, nanobind::bytes first, nanobind::bytes branches,
                        nanobind::bytes runs, nanobind::bytes weights,
                        nanobind::bytes ranges) {{
            auto copy = [](auto& to, nanobind::bytes& from) {{
                to.resize(from.size() / sizeof(to[0]));
                memcpy(to.data(), from.c_str(), from.size());
            }};
            copy(self.first, first);
            copy(self.branches, branches);
            copy(self.runs, runs);
            copy(self.weights, weights);
            copy(self.ranges, ranges);
        }})
        .def("size_in_bytes", &ProjStruct{id}::size_in_bytes)
        .def("clear", &ProjStruct{id}::clear);
"""

SIZE = """
        size_in_bytes += sizeof(int) * (first.size() + branches.size());
        size_in_bytes += sizeof(int) * (runs.size() + ranges.size());
        size_in_bytes += sizeof({real}) * weights.size();
"""

CLEAR = """
        first.clear();
        branches.clear();
        runs.clear();
        ranges.clear();
        weights.clear();
"""

PROJECTION_CODE = (DATA, DELIVER, WRAPPER, SIZE, CLEAR, UNWEIGHTED, WEIGHTED, RISING)


def projection(
    network, pre, post, target: str, arrows: Arrows, effect: Effect, real: type[np.floating]
):
    """An ANNarchy projection with the synapses of `arrows`; `real` is what ANNarchy computes in."""
    from ANNarchy import Synapse
    from ANNarchy.intern.SpecificProjection import SpecificProjection

    class ArrowProjection(SpecificProjection):
        """See the module."""

        def _generate(self):
            names = {
                "id": self.id,
                "real": C_TYPES[real],
                "pre": pre.id,
                "post": post.id,
                "target": target,
            }
            for field in fields(effect):
                names[field.name] = getattr(effect, field.name).format(**names)

            self._specific_template.update(
                declare_connectivity_matrix=DATA.format(**names),
                access_connectivity_matrix="",
                declare_parameters_variables="",
                access_parameters_variables="",
                init_parameters_variables=("", "", ""),
                psp_prefix="",
                psp_code=DELIVER.format(**names),
                wrapper=WRAPPER.format(**names),
                size_in_bytes=SIZE.format(**names),
                clear_container=CLEAR,
                monitor_class="",
                monitor_export="",
                monitor_wrapper="",
            )

        def _connect(self, module):
            """Called by ANNarchy when the simulator is compiled."""
            self.cyInstance = getattr(module, f"proj{self.id}_wrapper")()
            self.cyInstance.load(
                arrows.first.tobytes(),
                arrows.branches.tobytes(),
                arrows.runs.tobytes(),
                arrows.weights.astype(real).tobytes(),
                arrows.ranges.tobytes(),
            )
            connected = np.flatnonzero(np.diff(arrows.first))
            if connected.size:
                self.cyInstance.first_pre = int(connected[0])
                self.cyInstance.last_pre = int(connected[-1])
            return True

    synapse = Synapse(parameters="", equations="", pre_spike="g_target += w")
    made = ArrowProjection(pre, post, target, synapse, net_id=network.id)
    made._saveable = False
    made._store_connectivity(made._connect, (), 0.0, "csr", "pre_to_post")
    return made
