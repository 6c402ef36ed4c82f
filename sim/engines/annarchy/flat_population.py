"""ANNarchy's population, and what a worker needs between two samples.

Equations, spikes and recording are ANNarchy's. Added are, in the place that ANNarchy has for them
(SpecificPopulation), the start of a sample without a list of Python numbers per variable, and the
few numbers that a sample sets.
"""

from __future__ import annotations

import numpy as np

from .neurons import Model
from .projection import C_TYPES

DATA = """
    std::vector<int> places, fired;
    std::vector<short> flags;
"""

RESET = """
        {state} = initial;
        {reset_gain}
        flags.resize(size);
        fired.resize(size + 16);
        for (auto* zeroed : {{{zeroed}}})
            std::fill(zeroed->begin(), zeroed->end(), 0.0);
"""

ACCESS = """
    void give(std::vector<{real}>& variable, const char* bytes) {{
        const {real}* given = reinterpret_cast<const {real}*>(bytes);
        for (size_t k = 0; k < places.size(); k++)
            variable[places[k]] = given[k];
    }}
"""

# No branch: where a neuron in ten fires, a processor foresees none of them. One that can press
# sixteen numbers together does so.
GATHER = """
        if (_active) {{
            const int neurons = size;
            short* const hits = flags.data();
            for (int i = 0; i < neurons; i++)
                hits[i] = ({condition}) ? 1 : 0;

            int* const out = fired.data();
            int count = 0, i = 0;
        #if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512VL__)
            const __m512i lanes =
                _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
            for (; i + 16 <= neurons; i += 16) {{
                const __m256i sixteen = _mm256_loadu_si256((const __m256i*)(hits + i));
                const __mmask16 mask = _mm256_test_epi16_mask(sixteen, sixteen);
                const __m512i ranks = _mm512_add_epi32(lanes, _mm512_set1_epi32(i));
                _mm512_storeu_si512(out + count, _mm512_maskz_compress_epi32(mask, ranks));
                count += __builtin_popcount(mask);
            }}
        #endif
            for (; i < neurons; i++) {{
                out[count] = i;
                count += hits[i];
            }}
            spiked.assign(out, out + count);
        }}
"""

WRAPPER = """
    nanobind::class_<PopStruct{id}>(m, "pop{id}_wrapper")
        .def(nanobind::init<int, int>())
        .def_rw("size", &PopStruct{id}::size)
        .def_rw("max_delay", &PopStruct{id}::max_delay)
        {attributes}
        .def_rw("places", &PopStruct{id}::places)
        .def("give_bias", [](PopStruct{id}& self, nanobind::bytes given) {{
            self.give(self.bias, given.c_str());
        }})
        .def("give_start", [](PopStruct{id}& self, nanobind::bytes given) {{
            self.give(self.{state}, given.c_str());
        }})
        .def("compute_firing_rate", &PopStruct{id}::compute_firing_rate)
        .def("activate", &PopStruct{id}::set_active)
        .def("reset", &PopStruct{id}::reset)
        .def("size_in_bytes", &PopStruct{id}::size_in_bytes)
        .def("clear", &PopStruct{id}::clear);
"""

POPULATION_CODE = (DATA, RESET, ACCESS, GATHER, WRAPPER)


def population(network, size: int, model: Model, real: type[np.floating]):
    """An ANNarchy population of `size` neurons; `real` is what ANNarchy computes in."""
    from ANNarchy import Neuron
    from ANNarchy.intern.SpecificPopulation import SpecificPopulation

    class FlatPopulation(SpecificPopulation):
        """See the module."""

        def _generate(self):
            attributes = self.attributes
            condition = self.neuron_type.description["spike"]["spike_cond"]
            sums = [f"g_{target}" for target in sorted(set(self.targets))]
            zeroed = [name for name in ("n", "lost") if name in attributes] + sums
            names = {
                "id": self.id,
                "real": C_TYPES[real],
                "state": "v" if "v" in attributes else "c",
                "condition": condition % {"local_index": "[i]", "global_index": ""},
                "zeroed": ", ".join(f"&{name}" for name in zeroed),
                "reset_gain": "gain = first_gain;" if "gain" in attributes else "",
                "attributes": "\n        ".join(
                    f'.def_rw("{name}", &PopStruct{self.id}::{name})' for name in attributes
                ),
            }
            self._specific_template.update(
                declare_additional=DATA,
                access_additional=ACCESS.format(**names),
                reset_additional=RESET.format(**names),
                test_spike_cond=GATHER.format(**names),
                wrapper=WRAPPER.format(**names),
            )

    neuron = Neuron(**model.arguments)
    return FlatPopulation(geometry=size, neuron=neuron, net_id=network.id)
