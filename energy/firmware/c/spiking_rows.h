/* Row add: each spike adds its row of weights to the potentials, v[j] += gain w[j]; plain C.
 *
 * The gain is 1 but under radix, where a spike is worth twice the one after it.
 */
#ifndef SPIKING_ROWS_H
#define SPIKING_ROWS_H

#include "spiking_spikes.h"

SPIKING_INLINE void spiking_row_add(int32_t *v, const int8_t *row, uint32_t outputs, int32_t gain)
{
    for (uint32_t j = 0; j < outputs; j++) {
        v[j] += gain * row[j];
    }
}

/* Dense; `seen[i]` is the row of neuron i where neurons were summed in front of the weights. */
SPIKING_INLINE void spiking_dense_rows(
    int32_t *v, const int8_t *weights, uint32_t outputs, const uint16_t *spikes, uint32_t count,
    const uint16_t *seen, int32_t gain)
{
    for (uint32_t k = 0; k < count; k++) {
        uint32_t row = seen ? seen[spikes[k]] : spikes[k];
        spiking_row_add(v, weights + row * outputs, outputs, gain);
    }
}

#endif
