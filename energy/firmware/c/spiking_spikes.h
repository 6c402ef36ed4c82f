/* Spikes of a population at one step, as a list of neuron numbers in ascending order.
 *
 * Everything is inlined with sizes that the network writes as constants, so that the compiler
 * makes one loop of its own for each layer.
 */
#ifndef SPIKING_SPIKES_H
#define SPIKING_SPIKES_H

#include <stdint.h>

#define SPIKING_INLINE static inline __attribute__((always_inline))

/* Before a loop that is unrolled already. */
#if defined(__clang__)
#define SPIKING_AS_WRITTEN _Pragma("clang loop unroll(disable)")
#else
#define SPIKING_AS_WRITTEN
#endif

/* Most spikes that are gathered at once: sums of so many int8 weights fit 16 bits. */
#define SPIKING_CHUNK 256u

/* How a neuron number becomes a position and a channel: position = (number * factor) >> shift. */
typedef struct {
    uint32_t channels;
    uint32_t factor;
    uint32_t shift;
} SpikingShape;

SPIKING_INLINE uint32_t spiking_position(SpikingShape shape, uint32_t neuron)
{
    if (shape.channels == 1u) {
        return neuron;
    }
    return (neuron * shape.factor) >> shape.shift;
}

#endif
