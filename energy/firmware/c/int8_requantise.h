/* From int32 sums to int8, rounded twice: after the multiplication, and after the shift.
 *
 * The second time, halves go up, as in TensorFlow Lite's own kernels without a delegate. With
 * INT8_HALVES_AWAY, they go away from zero, as in its reference kernels and in CMSIS-NN; about one
 * output in a thousand is another by one.
 */
#ifndef INT8_REQUANTISE_H
#define INT8_REQUANTISE_H

#include "int8_kernels.h"

/* a * b / 2^31, rounded to the nearest, halves up. */
static inline int32_t int8_high_product(int32_t a, int32_t b)
{
    return (int32_t)(((int64_t)a * b + (1 << 30)) >> 31);
}

/* x / 2^bits, rounded to the nearest, halves up. */
static inline int32_t int8_shift_up(int32_t x, int32_t bits)
{
    return (x + (int32_t)((1u << bits) >> 1)) >> bits;
}

/* x / 2^bits, rounded to the nearest, halves away from zero. */
static inline int32_t int8_shift_away(int32_t x, int32_t bits)
{
    return bits ? int8_shift_up(x + (x >> 31), bits) : x;
}

static inline int32_t int8_scaled(int32_t sum, const Int8Channel *channel)
{
    int32_t shifted = (int32_t)((uint32_t)sum << channel->left);
    return int8_high_product(shifted, channel->multiplier);
}

/* The sum of a channel with weights, in units of its output. */
static inline int32_t int8_requantise(int32_t sum, const Int8Channel *channel)
{
#ifdef INT8_HALVES_AWAY
    return int8_shift_away(int8_scaled(sum, channel), channel->right);
#else
    return int8_shift_up(int8_scaled(sum, channel), channel->right);
#endif
}

/* The same of an addition, in which halves always go away from zero. */
static inline int32_t int8_requantise_away(int32_t sum, const Int8Channel *channel)
{
    return int8_shift_away(int8_scaled(sum, channel), channel->right);
}

/* (a * b + start) / 2^32, rounded down. */
static inline int32_t int8_upper_word(int32_t a, int32_t b, int64_t start)
{
#ifdef __ARM_ARCH_6M__
    /* A Cortex-M0+ multiplies 32 bits into 32: products of halves, with their carries. */
    uint32_t a_low = a & 0xffff, b_low = b & 0xffff;
    int32_t a_high = a >> 16, b_high = b >> 16;
    uint32_t lowest = a_low * b_low;
    int32_t middle = a_high * (int32_t)b_low + (int32_t)(lowest >> 16);
    int32_t lower = (int32_t)a_low * b_high + (middle & 0xffff);
    int32_t upper = a_high * b_high + (middle >> 16) + (lower >> 16);
    uint32_t rest = (uint32_t)lower << 16 | (lowest & 0xffff);
    uint32_t with_start = rest + (uint32_t)start;
    return upper + (int32_t)(start >> 32) + (with_start < rest);
#else
    return (int32_t)(((int64_t)a * b + start) >> 32);
#endif
}

static inline int8_t int8_clamp(int32_t x, int32_t low, int32_t high)
{
    if (x < low)
        x = low;
    if (x > high)
        x = high;
    return (int8_t)x;
}

#endif
