#include "int8_requantise.h"

enum { FRACTION_BITS = 20 };

void int8_add_plain(const Int8Add *layer, const int8_t *a, const int8_t *b, int8_t *restrict output)
{
    for (int32_t i = 0; i < layer->elements; i++) {
        int32_t first = (a[i] - layer->first_zero) * (1 << FRACTION_BITS);
        int32_t second = (b[i] - layer->second_zero) * (1 << FRACTION_BITS);
        int32_t sum = int8_requantise_away(first, &layer->first)
                    + int8_requantise_away(second, &layer->second);

        int32_t value = int8_requantise_away(sum, &layer->sum) + layer->sum.bias;
        output[i] = int8_clamp(value, layer->low, layer->high);
    }
}
