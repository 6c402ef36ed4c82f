/* Shares of classes: exponentials from a table, one reciprocal by Newton's method.
 *
 * A number "Qn" has n bits before its point and 31 - n after it.
 */
#include "int8_requantise.h"

/* x / 2^bits, rounded to the nearest; x may be the largest int32, 0 <= x, 1 <= bits. */
static int32_t rounded(int32_t x, int32_t bits)
{
    return ((x >> (bits - 1)) + 1) >> 1;
}

/* 4 * x, held at the ends of int32. */
static int32_t times_4(int32_t x)
{
    if (x > INT32_MAX / 4)
        return INT32_MAX;
    if (x < INT32_MIN / 4)
        return INT32_MIN;
    return x * 4;
}

/* 1 / (1 + x) in Q0 of x in Q0, 0 <= x < 1. */
static int32_t reciprocal_of_one_plus(int32_t x)
{
    const int32_t one = 1 << 29;                /* Q2 */
    const int32_t start = 1515870810;           /* 48/17 in Q2 */
    const int32_t slope = -1010580540;          /* -32/17 in Q2 */
    int32_t half = (int32_t)(((int64_t)x + INT32_MAX + 1) / 2);
    int32_t found = start + int8_high_product(half, slope);

    for (int32_t i = 0; i < 3; i++) {
        int32_t error = one - int8_high_product(half, found);
        found += times_4(int8_high_product(found, error));
    }
    return found > INT32_MAX / 2 ? INT32_MAX : found * 2;
}

void int8_softmax(const Int8Softmax *layer, const int8_t *input, int8_t *restrict output)
{
    int32_t largest = -128;
    for (int32_t i = 0; i < layer->elements; i++)
        if (input[i] > largest)
            largest = input[i];

    int32_t sum = 0;                            /* Q12 */
    for (int32_t i = 0; i < layer->elements; i++) {
        int32_t below = largest - input[i];
        if (below < layer->entries)
            sum += rounded(layer->exponentials[below], 12);
    }

    int32_t zeros = 0;                          /* at least 1: the largest adds one in Q12 */
    while (!(((uint32_t)sum << zeros) >> 31))
        zeros++;
    uint32_t fraction = ((uint32_t)sum << zeros) - ((uint32_t)1 << 31);
    int32_t scale = reciprocal_of_one_plus((int32_t)fraction);

    for (int32_t i = 0; i < layer->elements; i++) {
        int32_t below = largest - input[i];
        int32_t share = 0;
        if (below < layer->entries) {
            int32_t product = int8_high_product(scale, layer->exponentials[below]);
            share = rounded(product, 12 - zeros + 31 - 8);
        }
        output[i] = int8_clamp(share - 128, -128, 127);
    }
}
