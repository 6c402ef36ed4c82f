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

/* An inner loop is a function of its own: it has all registers. */
#define INT8_ALONE __attribute__((noinline, unused))

/* A loop over `taps`, 4 in each of two equal halves; an odd number of them begins in the middle.
 * Compilers keep sums in memory here, for want of one register: hence assembly. */
#define INT8_TWICE(half)          \
    "tst %[taps], #4\n"           \
    "beq 1f\n"                    \
    "adds %[taps], %[taps], #4\n" \
    "b 2f\n"                      \
    "1:\n" half                   \
    "2:\n" half                   \
    "subs %[taps], %[taps], #8\n" \
    "bgt 1b\n"

static inline int32_t int8_whole_blocks(int32_t taps)
{
    return (taps + BLOCK - 1) / BLOCK * BLOCK;
}

/* Four products of a Cortex-M0+, which multiplies one at a time: bytes of a word, in their order
 * taps 0, 2, 1, 3, are brought to int32 first. */
#define INT8_FOUR_TAPS(sum)         \
    "ldm %[weights]!, {%[w]}\n"     \
    "sxtb %[part], %[w]\n"          \
    "muls %[part], %[x0], %[part]\n" \
    "add " sum ", %[part]\n"        \
    "lsls %[part], %[w], #16\n"     \
    "asrs %[part], %[part], #24\n"  \
    "muls %[part], %[x2], %[part]\n" \
    "add " sum ", %[part]\n"        \
    "lsls %[part], %[w], #8\n"      \
    "asrs %[part], %[part], #24\n"  \
    "muls %[part], %[x1], %[part]\n" \
    "add " sum ", %[part]\n"        \
    "asrs %[w], %[w], #24\n"        \
    "muls %[w], %[x3], %[w]\n"      \
    "add " sum ", %[w]\n"

/* Four outputs of one column; returns the weights of the next block. */
INT8_ALONE static const uint32_t *int8_four_by_one(const uint32_t *weights, const int16_t *column,
                                                   int32_t taps, int32_t sums[BLOCK])
{
    int32_t a = 0, b = 0, c = 0, d = 0;
#if defined(INT8_PAIRS)
    uint32_t even, odd, w, v, part;
    __asm__ volatile(
        INT8_TWICE(
            "ldrd %[even], %[odd], [%[x]], #8\n"
            "ldrd %[w], %[v], [%[weights]], #8\n"
            "sxtb16 %[part], %[w]\n"
            "smlad %[a], %[part], %[even], %[a]\n"
            "sxtb16 %[w], %[w], ror #8\n"
            "smlad %[a], %[w], %[odd], %[a]\n"
            "sxtb16 %[part], %[v]\n"
            "smlad %[b], %[part], %[even], %[b]\n"
            "sxtb16 %[v], %[v], ror #8\n"
            "smlad %[b], %[v], %[odd], %[b]\n"
            "ldrd %[w], %[v], [%[weights]], #8\n"
            "sxtb16 %[part], %[w]\n"
            "smlad %[c], %[part], %[even], %[c]\n"
            "sxtb16 %[w], %[w], ror #8\n"
            "smlad %[c], %[w], %[odd], %[c]\n"
            "sxtb16 %[part], %[v]\n"
            "smlad %[d], %[part], %[even], %[d]\n"
            "sxtb16 %[v], %[v], ror #8\n"
            "smlad %[d], %[v], %[odd], %[d]\n")
        : [a] "+r"(a), [b] "+r"(b), [c] "+r"(c), [d] "+r"(d), [x] "+r"(column),
          [weights] "+r"(weights), [taps] "+r"(taps), [even] "=&r"(even), [odd] "=&r"(odd),
          [w] "=&r"(w), [v] "=&r"(v), [part] "=&r"(part)
        :
        : "cc", "memory");
#elif defined(__ARM_ARCH_6M__)
    const int16_t *end = column + taps;
    int32_t x0, x1, x2, x3, w, part;
    __asm__ volatile(
        "1:\n"
        "ldm %[column]!, {%[x1]}\n"
        "ldm %[column]!, {%[x3]}\n"
        "sxth %[x0], %[x1]\n"
        "asrs %[x1], %[x1], #16\n"
        "sxth %[x2], %[x3]\n"
        "asrs %[x3], %[x3], #16\n"
        INT8_FOUR_TAPS("%[a]")
        INT8_FOUR_TAPS("%[b]")
        INT8_FOUR_TAPS("%[c]")
        INT8_FOUR_TAPS("%[d]")
        "cmp %[column], %[end]\n"
        "blo 1b\n"
        : [a] "+h"(a), [b] "+h"(b), [c] "+h"(c), [d] "+h"(d), [column] "+l"(column),
          [weights] "+l"(weights), [x0] "=&l"(x0), [x1] "=&l"(x1), [x2] "=&l"(x2),
          [x3] "=&l"(x3), [w] "=&l"(w), [part] "=&l"(part)
        : [end] "h"(end)
        : "cc", "memory");
#else
    const uint32_t *x = (const uint32_t *)column;

    for (; taps > 0; taps -= BLOCK) {
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
        weights += BLOCK;
        x += 2;
    }
#endif
    sums[0] = a;
    sums[1] = b;
    sums[2] = c;
    sums[3] = d;
    return weights;
}

#ifdef INT8_PAIRS
/* Two outputs of two columns, which lie one behind the other: fewer loads per product. */
INT8_ALONE static void int8_two_by_two(const uint32_t *weights, const int16_t *columns,
                                       int32_t taps, int32_t first[2], int32_t second[2])
{
    const int16_t *next = columns + taps;
    int32_t ax = 0, ay = 0, bx = 0, by = 0;
    uint32_t x, y, w, v, part;

    __asm__ volatile(
        INT8_TWICE(
            "ldr %[x], [%[columns]], #4\n"
            "ldr %[y], [%[next]], #4\n"
            "ldr %[w], [%[weights]], #4\n"
            "ldr %[v], [%[weights]], #12\n"
            "sxtb16 %[part], %[w]\n"
            "smlad %[ax], %[part], %[x], %[ax]\n"
            "smlad %[ay], %[part], %[y], %[ay]\n"
            "sxtb16 %[part], %[v]\n"
            "smlad %[bx], %[part], %[x], %[bx]\n"
            "smlad %[by], %[part], %[y], %[by]\n"
            "ldr %[x], [%[columns]], #4\n"
            "ldr %[y], [%[next]], #4\n"
            "sxtb16 %[w], %[w], ror #8\n"
            "smlad %[ax], %[w], %[x], %[ax]\n"
            "smlad %[ay], %[w], %[y], %[ay]\n"
            "sxtb16 %[v], %[v], ror #8\n"
            "smlad %[bx], %[v], %[x], %[bx]\n"
            "smlad %[by], %[v], %[y], %[by]\n")
        : [ax] "+r"(ax), [ay] "+r"(ay), [bx] "+r"(bx), [by] "+r"(by), [columns] "+r"(columns),
          [next] "+r"(next), [weights] "+r"(weights), [taps] "+r"(taps), [x] "=&r"(x),
          [y] "=&r"(y), [w] "=&r"(w), [v] "=&r"(v), [part] "=&r"(part)
        :
        : "cc", "memory");

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
