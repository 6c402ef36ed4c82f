#include "int8_inside.h"
#include "int8_skipping.h"

/* For each position a list of the inputs in its window that are not zero. */
void int8_conv_skipping(const Int8Conv *layer, const int8_t *input, int8_t *restrict output)
{
    const Int8Window *window = &layer->window;
    Int8Active *active = (Int8Active *)(void *)layer->scratch;
    int32_t channels = layer->input.channels, outputs = layer->output.channels;
    uint32_t row_bytes = (uint32_t)int8_whole_blocks(outputs);

    for (int32_t y = 0; y < layer->output.rows; y++) {
        int32_t row = y * window->row_stride - window->rows_before;
        Inside rows = int8_inside(row, window->rows, window->row_dilation, layer->input.rows);

        for (int32_t x = 0; x < layer->output.columns; x++) {
            int32_t column = x * window->column_stride - window->columns_before;
            Inside columns = int8_inside(column, window->columns, window->column_dilation,
                                         layer->input.columns);
            /* Taps that lie side by side, on the input as among the weights. */
            int32_t together = window->column_dilation == 1 ? columns.end - columns.first : 1;
            Int8Active *end = active;

            for (int32_t r = rows.first; r < rows.end; r++) {
                int32_t above = (row + r * window->row_dilation) * layer->input.columns;

                for (int32_t c = columns.first; c < columns.end; c += together) {
                    int32_t at = above + column + c * window->column_dilation;
                    int32_t tap = (r * window->columns + c) * channels;
                    end = int8_list(end, input + at * channels, together * channels,
                                    layer->input_zero, (uint32_t)tap * row_bytes, row_bytes);
                }
            }
            int8_of_listed(layer->weights, active, end, layer->scales, outputs, layer->low,
                           layer->high, output);
            output += outputs;
        }
    }
}
