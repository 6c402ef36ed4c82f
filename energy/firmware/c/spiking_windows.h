/* Connections with a window, spike by spike: each spike reaches the positions that see it.
 *
 * Along each axis a table says, for the row (column) of a spike, which positions see it under which
 * tap: offsets of the target and of the weight. Strides, padding and dilation are in the tables.
 */
#ifndef SPIKING_WINDOWS_H
#define SPIKING_WINDOWS_H

#include "spiking_rows.h"

/* Where one position lies among the potentials, and the tap among the weights. */
typedef struct {
    uint32_t target;
    uint32_t weight;
} SpikingReach;

/* The reaches of the neurons at `at` are those from first[at] to first[at + 1]. */
typedef struct {
    const uint16_t *first;
    const SpikingReach *reach;
} SpikingAxis;

/* Row and column at which the weights see a position of the population; outside: no row. */
typedef struct {
    uint16_t row;
    uint16_t column;
} SpikingPlace;

#define SPIKING_NOWHERE 0xFFFFu

/* What one channel adds to the offsets. */
typedef struct {
    uint32_t target;
    uint32_t weight;
} SpikingChannel;

/* v[target] += gain w, `outputs` of them side by side for each position; without weights 1. */
SPIKING_INLINE void spiking_window_rows(
    int32_t *v, const int8_t *weights, uint32_t outputs, const uint16_t *spikes, uint32_t count,
    SpikingShape shape, const SpikingPlace *places, SpikingAxis rows, SpikingAxis columns,
    SpikingChannel channel, int32_t gain)
{
    for (uint32_t k = 0; k < count; k++) {
        uint32_t position = spiking_position(shape, spikes[k]);
        uint32_t c = spikes[k] - position * shape.channels;
        SpikingPlace place = places[position];
        if (place.row == SPIKING_NOWHERE) {
            continue;
        }

        uint32_t target = c * channel.target;
        uint32_t weight = c * channel.weight;
        for (uint32_t y = rows.first[place.row]; y < rows.first[place.row + 1u]; y++) {
            for (uint32_t x = columns.first[place.column]; x < columns.first[place.column + 1u];
                 x++) {
                int32_t *here = v + target + rows.reach[y].target + columns.reach[x].target;
                if (weights) {
                    const int8_t *row =
                        weights + weight + rows.reach[y].weight + columns.reach[x].weight;
                    spiking_row_add(here, row, outputs, gain);
                } else {
                    *here += gain;
                }
            }
        }
    }
}

/* Each neuron to its own; weights as wide as they have to be, one per channel or neuron. */
SPIKING_INLINE void spiking_identity(
    int32_t *v, const int32_t *weights, const uint16_t *spikes, uint32_t count,
    const uint16_t *seen, SpikingShape shape, int32_t gain)
{
    for (uint32_t k = 0; k < count; k++) {
        uint32_t i = seen ? seen[spikes[k]] : spikes[k];
        uint32_t c = i - spiking_position(shape, i) * shape.channels;
        v[i] += gain * weights[c];
    }
}

#endif
