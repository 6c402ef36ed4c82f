#include "int8_skipping.h"

void int8_dense_skipping(const Int8Dense *layer, const int8_t *input, int8_t *restrict output)
{
    Int8Active *active = (Int8Active *)(void *)layer->scratch;
    uint32_t row_bytes = (uint32_t)int8_whole_blocks(layer->outputs);
    Int8Active *end = int8_list(active, input, layer->inputs, layer->input_zero, 0, row_bytes);

    int8_of_listed(layer->weights, active, end, layer->scales, layer->outputs, layer->low,
                   layer->high, output);
}
