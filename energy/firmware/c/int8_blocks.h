/* Products of weights with columns, the inner loops of dense and conv.
 *
 * A column holds the inputs of one output position as int16, filled up to a multiple of 4.
 * Weights lie in blocks of 4 outputs: 4 bytes of output 0 (taps 0, 2, 1, 3), 4 of output 1, …,
 * then the next 4 taps. In that order, even bytes of a word meet the first word of a column.
 * Missing taps and outputs have weights of 0.
 */
#ifndef INT8_BLOCKS_H
#define INT8_BLOCKS_H

#include "int8_pairs.h"
#include "int8_requantise.h"

enum { BLOCK = 4 };

static inline int32_t int8_whole_blocks(int32_t taps)
{
    return (taps + BLOCK - 1) / BLOCK * BLOCK;
}

/* Four outputs of one column; returns the weights of the next block. */
static inline const uint32_t *int8_four_by_one(const uint32_t *weights, const int16_t *column,
                                               int32_t taps, int32_t sums[BLOCK])
{
    const uint32_t *x = (const uint32_t *)column;
    const uint32_t *end = x + taps / 2;
    int32_t a = 0, b = 0, c = 0, d = 0;

    while (x < end) {
#ifdef INT8_PAIRS
        uint32_t first = x[0], second = x[1];
        uint32_t wa = weights[0], wb = weights[1], wc = weights[2], wd = weights[3];

        a = int8_multiply_pairs(int8_even(wa), first, a);
        b = int8_multiply_pairs(int8_even(wb), first, b);
        c = int8_multiply_pairs(int8_even(wc), first, c);
        d = int8_multiply_pairs(int8_even(wd), first, d);
        a = int8_multiply_pairs(int8_odd(wa), second, a);
        b = int8_multiply_pairs(int8_odd(wb), second, b);
        c = int8_multiply_pairs(int8_odd(wc), second, c);
        d = int8_multiply_pairs(int8_odd(wd), second, d);
#else
        int32_t x0 = (int16_t)x[0], x1 = (int32_t)x[0] >> 16;
        int32_t x2 = (int16_t)x[1], x3 = (int32_t)x[1] >> 16;
        uint32_t w;

        w = weights[0];
        a += (int8_t)w * x0 + (int8_t)(w >> 8) * x2;
        a += (int8_t)(w >> 16) * x1 + ((int32_t)w >> 24) * x3;
        w = weights[1];
        b += (int8_t)w * x0 + (int8_t)(w >> 8) * x2;
        b += (int8_t)(w >> 16) * x1 + ((int32_t)w >> 24) * x3;
        w = weights[2];
        c += (int8_t)w * x0 + (int8_t)(w >> 8) * x2;
        c += (int8_t)(w >> 16) * x1 + ((int32_t)w >> 24) * x3;
        w = weights[3];
        d += (int8_t)w * x0 + (int8_t)(w >> 8) * x2;
        d += (int8_t)(w >> 16) * x1 + ((int32_t)w >> 24) * x3;
#endif
        weights += BLOCK;
        x += 2;
    }
    sums[0] = a;
    sums[1] = b;
    sums[2] = c;
    sums[3] = d;
    return weights;
}

#ifdef INT8_PAIRS
/* Two outputs of two columns, which lie one behind the other: fewer loads per product. */
static inline void int8_two_by_two(const uint32_t *weights, const int16_t *columns, int32_t taps,
                                   int32_t first[2], int32_t second[2])
{
    const uint32_t *x = (const uint32_t *)columns;
    const uint32_t *y = (const uint32_t *)(columns + taps);
    const uint32_t *end = y;
    int32_t ax = 0, ay = 0, bx = 0, by = 0;

    while (x < end) {
        uint32_t wa = weights[0], wb = weights[1];
        uint32_t x0 = x[0], x1 = x[1], y0 = y[0], y1 = y[1];

        uint32_t even = int8_even(wa), odd = int8_odd(wa);
        ax = int8_multiply_pairs(even, x0, ax);
        ay = int8_multiply_pairs(even, y0, ay);
        ax = int8_multiply_pairs(odd, x1, ax);
        ay = int8_multiply_pairs(odd, y1, ay);

        even = int8_even(wb), odd = int8_odd(wb);
        bx = int8_multiply_pairs(even, x0, bx);
        by = int8_multiply_pairs(even, y0, by);
        bx = int8_multiply_pairs(odd, x1, bx);
        by = int8_multiply_pairs(odd, y1, by);

        weights += BLOCK;
        x += 2;
        y += 2;
    }
    first[0] = ax;
    first[1] = bx;
    second[0] = ay;
    second[1] = by;
}
#endif

/* int8 to int16. */
static inline int16_t *int8_widen(int16_t *to, const int8_t *from, int32_t count)
{
#ifdef INT8_PAIRS
    for (; count >= 4; count -= 4, from += 4, to += 4) {
        uint32_t word = int8_load_word(from);
        uint32_t even = int8_even(word), odd = int8_odd(word);
        int8_store_word(to, int8_low_halves(even, odd));
        int8_store_word(to + 2, int8_high_halves(even, odd));
    }
#endif
    for (; count > 0; count--)
        *to++ = *from++;
    return to;
}

static inline int8_t int8_finished(int32_t sum, const Int8Scale *scale, int32_t low, int32_t high)
{
    int32_t value = int8_upper_word(sum, scale->multiplier, scale->start) >> scale->shift;
    return int8_clamp(value, low, high);
}

/* The outputs of one block of channels, of which `count` exist. */
static inline void int8_finish(const int32_t sums[BLOCK], const Int8Scale *scales, int32_t count,
                               int32_t low, int32_t high, int8_t *restrict output)
{
    output[0] = int8_finished(sums[0], &scales[0], low, high);
    if (count > 1)
        output[1] = int8_finished(sums[1], &scales[1], low, high);
    if (count > 2)
        output[2] = int8_finished(sums[2], &scales[2], low, high);
    if (count > 3)
        output[3] = int8_finished(sums[3], &scales[3], low, high);
}

#endif
