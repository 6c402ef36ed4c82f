#define INT8_BEST
#include "int8_requantise.h"

/* An input has 256 values: a table says what each is in the common scale. */
void int8_add_best(const Int8Add *layer, const int8_t *a, const int8_t *b, int8_t *restrict output)
{
    const int32_t *first = layer->first_scaled + 128;
    const int32_t *second = layer->second_scaled + 128;
    const Int8Channel channel = layer->sum;

    for (int32_t i = 0; i < layer->elements; i++) {
        int32_t value = int8_requantise_away(first[a[i]] + second[b[i]], &channel) + channel.bias;
        output[i] = int8_clamp(value, layer->low, layer->high);
    }
}
