#include "int8_inside.h"
#include "int8_requantise.h"

/* The sum of one output; taps outside of the input count as zero. */
static int32_t summed(const Int8Conv *layer, const int8_t *input, const int8_t *weights,
                      int32_t row, int32_t column, Inside rows, Inside columns)
{
    const Int8Window *window = &layer->window;
    int32_t channels = layer->input.channels;
    int32_t zero = layer->input_zero;
    int32_t sum = 0;

    /* Taps that lie side by side, on the input as among the weights. */
    int32_t together = window->column_dilation == 1 ? columns.end - columns.first : 1;

    for (int32_t r = rows.first; r < rows.end; r++) {
        int32_t y = row + r * window->row_dilation;

        for (int32_t c = columns.first; c < columns.end; c += together) {
            int32_t x = column + c * window->column_dilation;
            const int8_t *pixel = input + (y * layer->input.columns + x) * channels;
            const int8_t *weight = weights + (r * window->columns + c) * channels;

            for (int32_t i = 0; i < together * channels; i++)
                sum += weight[i] * (pixel[i] - zero);
        }
    }
    return sum;
}

void int8_conv_plain(const Int8Conv *layer, const int8_t *input, int8_t *restrict output)
{
    const Int8Window *window = &layer->window;
    int32_t taps = window->rows * window->columns * layer->input.channels;

    for (int32_t y = 0; y < layer->output.rows; y++) {
        int32_t row = y * window->row_stride - window->rows_before;
        Inside rows = int8_inside(row, window->rows, window->row_dilation, layer->input.rows);

        for (int32_t x = 0; x < layer->output.columns; x++) {
            int32_t column = x * window->column_stride - window->columns_before;
            Inside columns =
                int8_inside(column, window->columns, window->column_dilation,
                            layer->input.columns);

            for (int32_t o = 0; o < layer->output.channels; o++) {
                const Int8Channel *channel = &layer->channels[o];
                const int8_t *weights = layer->weights + o * taps;
                int32_t sum = channel->bias
                            + summed(layer, input, weights, row, column, rows, columns);

                int32_t value = int8_requantise(sum, channel) + layer->output_zero;
                *output++ = int8_clamp(value, layer->low, layer->high);
            }
        }
    }
}
