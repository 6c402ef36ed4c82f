#include "int8_pool_window.h"
#include "int8_requantise.h"

void int8_average_pool_plain(const Int8Pool *layer, const int8_t *input, int8_t *restrict output)
{
    int32_t channels = layer->input.channels;

    for (int32_t y = 0; y < layer->output.rows; y++) {
        for (int32_t x = 0; x < layer->output.columns; x++) {
            Seen seen = int8_seen(layer, input, y, x);
            int32_t taps = seen.rows * seen.columns;

            for (int32_t i = 0; i < channels; i++) {
                int32_t sum = 0;
                for (int32_t r = 0; r < seen.rows; r++)
                    for (int32_t c = 0; c < seen.columns; c++)
                        sum += seen.first[(r * layer->input.columns + c) * channels + i];

                int32_t half = taps / 2;
                int32_t mean = (sum > 0 ? sum + half : sum - half) / taps;
                *output++ = int8_clamp(mean, layer->low, layer->high);
            }
        }
    }
}

void int8_max_pool_plain(const Int8Pool *layer, const int8_t *input, int8_t *restrict output)
{
    int32_t channels = layer->input.channels;

    for (int32_t y = 0; y < layer->output.rows; y++) {
        for (int32_t x = 0; x < layer->output.columns; x++) {
            Seen seen = int8_seen(layer, input, y, x);

            for (int32_t i = 0; i < channels; i++) {
                int32_t largest = -128;
                for (int32_t r = 0; r < seen.rows; r++)
                    for (int32_t c = 0; c < seen.columns; c++) {
                        int32_t value = seen.first[(r * layer->input.columns + c) * channels + i];
                        if (value > largest)
                            largest = value;
                    }
                *output++ = int8_clamp(largest, layer->low, layer->high);
            }
        }
    }
}
