/* What the neurons of a population do in one step: add the bias, compare, reset, send. */
#ifndef SPIKING_NEURONS_H
#define SPIKING_NEURONS_H

#include "spiking_spikes.h"

/* Numbers that a population has, one for each of `period` neurons and over again, or one for all;
 * no biases: a null pointer. */
typedef struct {
    const int32_t *biases;
    uint32_t one_bias;
    const int32_t *thresholds;
    uint32_t one_threshold;
    uint32_t period;
    uint32_t to_zero;
} SpikingNeurons;

/* One neuron: v += bias; s = 1 where v >= h; then v -= h, or 0. Returns where the list ends. */
SPIKING_INLINE uint16_t *spiking_fire_one(
    int32_t *v, SpikingNeurons of, uint32_t at, uint32_t shift, uint32_t neuron, uint16_t *spikes)
{
    int32_t h = (int32_t)((uint32_t)of.thresholds[of.one_threshold ? 0 : at] << shift);
    int32_t potential = *v;
    if (of.biases) {
        potential += of.biases[of.one_bias ? 0 : at];
    }
    if (potential >= h) {
        potential = of.to_zero ? 0 : potential - h;
        *spikes++ = (uint16_t)neuron;
    }
    *v = potential;
    return spikes;
}

/* All neurons, one after the other. Returns the number of spikes, listed in `spikes`. */
SPIKING_INLINE uint32_t spiking_fire(
    int32_t *v, uint32_t neurons, SpikingNeurons of, uint32_t shift, uint16_t *spikes)
{
    uint16_t *end = spikes;
    for (uint32_t first = 0; first < neurons; first += of.period) {
        for (uint32_t at = 0; at < of.period; at++) {
            end = spiking_fire_one(v + first + at, of, at, shift, first + at, end);
        }
    }
    return (uint32_t)(end - spikes);
}

/* The same, four neurons at a time, so that loads follow each other. */
SPIKING_INLINE uint32_t spiking_fire_fours(
    int32_t *v, uint32_t neurons, SpikingNeurons of, uint32_t shift, uint16_t *spikes)
{
    uint16_t *end = spikes;
    for (uint32_t first = 0; first < neurons; first += of.period) {
        uint32_t at = 0;
        for (; at + 4u <= of.period; at += 4u) {
            end = spiking_fire_one(v + first + at, of, at, shift, first + at, end);
            end = spiking_fire_one(v + first + at + 1u, of, at + 1u, shift, first + at + 1u, end);
            end = spiking_fire_one(v + first + at + 2u, of, at + 2u, shift, first + at + 2u, end);
            end = spiking_fire_one(v + first + at + 3u, of, at + 3u, shift, first + at + 3u, end);
        }
        for (; at < of.period; at++) {
            end = spiking_fire_one(v + first + at, of, at, shift, first + at, end);
        }
    }
    return (uint32_t)(end - spikes);
}

/* A read-out adds its bias. */
SPIKING_INLINE void spiking_rest(int32_t *v, uint32_t neurons, SpikingNeurons of)
{
    for (uint32_t first = 0; first < neurons; first += of.period) {
        for (uint32_t at = 0; at < of.period; at++) {
            v[first + at] += of.biases[of.one_bias ? 0 : at];
        }
    }
}

#endif
