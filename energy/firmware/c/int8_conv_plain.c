#include "int8_requantise.h"

/* The sum of one output; taps outside of the input count as zero. */
static int32_t summed(const Int8Conv *layer, const int8_t *input, const int8_t *weights,
                      int32_t row, int32_t column)
{
    const Int8Window *window = &layer->window;
    int32_t channels = layer->input.channels;
    int32_t sum = 0;

    for (int32_t r = 0; r < window->rows; r++) {
        int32_t y = row + r * window->row_dilation;

        for (int32_t c = 0; c < window->columns; c++) {
            int32_t x = column + c * window->column_dilation;
            int32_t inside = y >= 0 && y < layer->input.rows && x >= 0 && x < layer->input.columns;

            if (inside) {
                const int8_t *pixel = input + (y * layer->input.columns + x) * channels;
                for (int32_t i = 0; i < channels; i++)
                    sum += weights[i] * (pixel[i] - layer->input_zero);
            }
            weights += channels;
        }
    }
    return sum;
}

void int8_conv_plain(const Int8Conv *layer, const int8_t *input, int8_t *output)
{
    const Int8Window *window = &layer->window;
    int32_t taps = window->rows * window->columns * layer->input.channels;

    for (int32_t y = 0; y < layer->output.rows; y++) {
        int32_t row = y * window->row_stride - window->rows_before;

        for (int32_t x = 0; x < layer->output.columns; x++) {
            int32_t column = x * window->column_stride - window->columns_before;

            for (int32_t o = 0; o < layer->output.channels; o++) {
                const Int8Channel *channel = &layer->channels[o];
                const int8_t *weights = layer->weights + o * taps;
                int32_t sum = summed(layer, input, weights, row, column) + channel->bias;

                int32_t value = int8_requantise(sum, channel) + layer->output_zero;
                *output++ = int8_clamp(value, layer->low, layer->high);
            }
        }
    }
}
