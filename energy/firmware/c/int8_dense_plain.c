#include "int8_requantise.h"

void int8_dense_plain(const Int8Dense *layer, const int8_t *input, int8_t *restrict output)
{
    const int8_t *weights = layer->weights;

    for (int32_t o = 0; o < layer->outputs; o++) {
        const Int8Channel *channel = &layer->channels[o];
        int32_t sum = channel->bias;

        for (int32_t i = 0; i < layer->inputs; i++)
            sum += weights[i] * (input[i] - layer->input_zero);

        int32_t value = int8_requantise(sum, channel) + layer->output_zero;
        output[o] = int8_clamp(value, layer->low, layer->high);
        weights += layer->inputs;
    }
}
