#include "int8_inside.h"
#include "int8_requantise.h"

/* The sum of output channel `o`, which sees input channel `i`; taps outside count as zero. */
static int32_t summed(const Int8Depthwise *layer, const int8_t *input, int32_t i, int32_t o,
                      int32_t row, int32_t column, Inside rows, Inside columns)
{
    const Int8Window *window = &layer->window;
    int32_t outputs = layer->output.channels, inputs = layer->input.channels;
    int32_t zero = layer->input_zero;
    int32_t sum = 0;

    for (int32_t r = rows.first; r < rows.end; r++) {
        int32_t y = row + r * window->row_dilation;

        for (int32_t c = columns.first; c < columns.end; c++) {
            int32_t x = column + c * window->column_dilation;
            int32_t weight = layer->weights[(r * window->columns + c) * outputs + o];
            sum += weight * (input[(y * layer->input.columns + x) * inputs + i] - zero);
        }
    }
    return sum;
}

void int8_depthwise_plain(const Int8Depthwise *layer, const int8_t *input, int8_t *restrict output)
{
    const Int8Window *window = &layer->window;

    for (int32_t y = 0; y < layer->output.rows; y++) {
        int32_t row = y * window->row_stride - window->rows_before;
        Inside rows = int8_inside(row, window->rows, window->row_dilation, layer->input.rows);

        for (int32_t x = 0; x < layer->output.columns; x++) {
            int32_t column = x * window->column_stride - window->columns_before;
            Inside columns = int8_inside(column, window->columns, window->column_dilation,
                                         layer->input.columns);
            const Int8Channel *channel = layer->channels;
            int32_t o = 0;

            for (int32_t i = 0; i < layer->input.channels; i++) {
                for (int32_t m = 0; m < layer->multiplier; m++, o++, channel++) {
                    int32_t sum = channel->bias
                                + summed(layer, input, i, o, row, column, rows, columns);

                    int32_t value = int8_requantise(sum, channel) + layer->output_zero;
                    *output++ = int8_clamp(value, layer->low, layer->high);
                }
            }
        }
    }
}
