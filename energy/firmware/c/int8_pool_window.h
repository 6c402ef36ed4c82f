/* The part of a pool's window that lies on its input. */
#ifndef INT8_POOL_WINDOW_H
#define INT8_POOL_WINDOW_H

#include "int8_kernels.h"

typedef struct {
    const int8_t *first;    /* channel 0 of its first pixel */
    int32_t rows;
    int32_t columns;
} Seen;

static inline Seen int8_seen(const Int8Pool *layer, const int8_t *input, int32_t y, int32_t x)
{
    const Int8Window *window = &layer->window;
    int32_t row = y * window->row_stride - window->rows_before;
    int32_t column = x * window->column_stride - window->columns_before;
    int32_t row_end = row + window->rows;
    int32_t column_end = column + window->columns;

    if (row < 0)
        row = 0;
    if (column < 0)
        column = 0;
    if (row_end > layer->input.rows)
        row_end = layer->input.rows;
    if (column_end > layer->input.columns)
        column_end = layer->input.columns;

    Seen seen = {
        input + (row * layer->input.columns + column) * layer->input.channels,
        row_end - row,
        column_end - column,
    };
    return seen;
}

#endif
