#define INT8_BEST
#include "int8_blocks.h"

void int8_dense_best(const Int8Dense *layer, const int8_t *input, int8_t *restrict output)
{
    const uint32_t *weights = (const uint32_t *)layer->weights;
    const Int8Scale *scales = layer->scales;
    int32_t low = layer->low, high = layer->high;
    int32_t taps = int8_whole_blocks(layer->inputs);
    int32_t sums[BLOCK];

    int8_widen(layer->scratch, input, layer->inputs);

    for (int32_t left = layer->outputs; left > 0; left -= BLOCK) {
        weights = int8_four_by_one(weights, layer->scratch, taps, sums);
        int32_t count = left < BLOCK ? left : BLOCK;
        int8_finish(sums, scales, count, low, high, output);
        scales += BLOCK;
        output += BLOCK;
    }
}
