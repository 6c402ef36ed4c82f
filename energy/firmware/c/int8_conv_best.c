#define INT8_BEST
#include "int8_blocks.h"

/* Copies the window of one output position; taps outside of the input hold its zero point. */
static void fill_column(const Int8Conv *layer, const int8_t *input, int32_t row, int32_t column,
                        int16_t *to)
{
    const Int8Window *window = &layer->window;
    int32_t channels = layer->input.channels;
    int32_t width = layer->input.columns;
    int32_t whole = window->column_dilation == 1 && column >= 0
                 && column + window->columns <= width;

    for (int32_t r = 0; r < window->rows; r++) {
        int32_t y = row + r * window->row_dilation;
        int32_t row_inside = y >= 0 && y < layer->input.rows;
        const int8_t *from = input + (y * width + column) * channels;

        if (whole && row_inside) {
            to = int8_widen(to, from, window->columns * channels);
            continue;
        }
        for (int32_t c = 0; c < window->columns; c++) {
            int32_t step = c * window->column_dilation;
            int32_t x = column + step;

            if (row_inside && x >= 0 && x < width) {
                to = int8_widen(to, from + step * channels, channels);
            } else {
                for (int32_t i = 0; i < channels; i++)
                    *to++ = (int16_t)layer->input_zero;
            }
        }
    }
}

/* All outputs of one column. */
static void one_column(const Int8Conv *layer, const int16_t *column, int32_t taps,
                       int8_t *restrict output)
{
    const uint32_t *weights = (const uint32_t *)layer->weights;
    int32_t sums[BLOCK];

    for (int32_t o = 0; o < layer->output.channels; o += BLOCK) {
        int32_t left = layer->output.channels - o;
        weights = int8_four_by_one(weights, column, taps, sums);
        int8_finish(sums, layer->scales + o, left < BLOCK ? left : BLOCK, layer->low, layer->high,
                    output + o);
    }
}

#ifdef INT8_PAIRS
/* All outputs of two columns. */
static void two_columns(const Int8Conv *layer, const int16_t *columns, int32_t taps,
                        int8_t *restrict output)
{
    const uint32_t *weights = (const uint32_t *)layer->weights;
    const Int8Scale *scales = layer->scales;
    int32_t outputs = layer->output.channels;
    int32_t low = layer->low, high = layer->high;
    int32_t first[2], second[2];

    for (int32_t o = 0; o < outputs; o += 2) {
        int8_two_by_two(weights, columns, taps, first, second);
        output[o] = int8_finished(first[0], &scales[o], low, high);
        output[outputs + o] = int8_finished(second[0], &scales[o], low, high);
        if (o + 1 < outputs) {
            output[o + 1] = int8_finished(first[1], &scales[o + 1], low, high);
            output[outputs + o + 1] = int8_finished(second[1], &scales[o + 1], low, high);
        }
        weights += o % BLOCK == 0 ? 2 : taps - 2;
    }
}
#endif

void int8_conv_best(const Int8Conv *layer, const int8_t *input, int8_t *restrict output)
{
    const Int8Window *window = &layer->window;
    int32_t taps = int8_whole_blocks(window->rows * window->columns * layer->input.channels);
    int32_t waiting = 0;    /* columns that are filled */

    for (int32_t y = 0; y < layer->output.rows; y++) {
        int32_t row = y * window->row_stride - window->rows_before;

        for (int32_t x = 0; x < layer->output.columns; x++) {
            int32_t column = x * window->column_stride - window->columns_before;
            fill_column(layer, input, row, column, layer->scratch + waiting * taps);
#ifdef INT8_PAIRS
            if (++waiting == 2) {
                two_columns(layer, layer->scratch, taps, output);
                output += 2 * layer->output.channels;
                waiting = 0;
            }
#else
            one_column(layer, layer->scratch, taps, output);
            output += layer->output.channels;
#endif
        }
    }
    if (waiting)
        one_column(layer, layer->scratch, taps, output);
}
