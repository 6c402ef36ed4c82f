#include "int8_requantise.h"

/* The sum of output channel `o`, which sees input channel `i`; taps outside count as zero. */
static int32_t summed(const Int8Depthwise *layer, const int8_t *input, int32_t i, int32_t o,
                      int32_t row, int32_t column)
{
    const Int8Window *window = &layer->window;
    const int8_t *weights = layer->weights + o;
    int32_t sum = 0;

    for (int32_t r = 0; r < window->rows; r++) {
        int32_t y = row + r * window->row_dilation;

        for (int32_t c = 0; c < window->columns; c++) {
            int32_t x = column + c * window->column_dilation;
            int32_t inside = y >= 0 && y < layer->input.rows && x >= 0 && x < layer->input.columns;

            if (inside) {
                int32_t pixel = (y * layer->input.columns + x) * layer->input.channels;
                sum += *weights * (input[pixel + i] - layer->input_zero);
            }
            weights += layer->output.channels;
        }
    }
    return sum;
}

void int8_depthwise_plain(const Int8Depthwise *layer, const int8_t *input, int8_t *restrict output)
{
    const Int8Window *window = &layer->window;

    for (int32_t y = 0; y < layer->output.rows; y++) {
        int32_t row = y * window->row_stride - window->rows_before;

        for (int32_t x = 0; x < layer->output.columns; x++) {
            int32_t column = x * window->column_stride - window->columns_before;
            const Int8Channel *channel = layer->channels;
            int32_t o = 0;

            for (int32_t i = 0; i < layer->input.channels; i++) {
                for (int32_t m = 0; m < layer->multiplier; m++, o++, channel++) {
                    int32_t sum = summed(layer, input, i, o, row, column) + channel->bias;

                    int32_t value = int8_requantise(sum, channel) + layer->output_zero;
                    *output++ = int8_clamp(value, layer->low, layer->high);
                }
            }
        }
    }
}
