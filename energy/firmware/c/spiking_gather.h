/* Gather: each output adds the weights of the inputs that spiked, its sums in registers.
 *
 * Output-stationary, four outputs to a word: sums of at most SPIKING_CHUNK int8 weights fit 16
 * bits, so that two of them share a register; only then they are added to the potentials, whose
 * width does not matter. Rows of weights are padded to whole words.
 *
 * With the DSP extension SXTAB16 adds two signed bytes to two sums. Without it the bytes are
 * stored plus 128 and added two at a time by masks; 128 for each spike is taken off at the end.
 */
#ifndef SPIKING_GATHER_H
#define SPIKING_GATHER_H

#include "spiking_windows.h"

#if defined(__ARM_FEATURE_DSP)
#include <arm_acle.h>

/* Adds bytes 0 and 2 of `word`, as signed numbers, to the two sums in `sums`. */
SPIKING_INLINE uint32_t spiking_add_even(uint32_t sums, uint32_t word)
{
    return (uint32_t)__sxtab16((int16x2_t)sums, (int8x4_t)word);
}

/* Adds bytes 1 and 3. */
SPIKING_INLINE uint32_t spiking_add_odd(uint32_t sums, uint32_t word)
{
    return (uint32_t)__sxtab16((int16x2_t)sums, (int8x4_t)((word >> 8) | (word << 24)));
}
#elif defined(SPIKING_SIGNED_WEIGHTS)
/* The same in plain C, for tests on a machine without these instructions. */
SPIKING_INLINE uint32_t spiking_add_even(uint32_t sums, uint32_t word)
{
    uint32_t low = (sums + (uint32_t)(int8_t)word) & 0xFFFFu;
    uint32_t high = ((sums >> 16) + (uint32_t)(int8_t)(word >> 16)) & 0xFFFFu;
    return low | high << 16;
}

SPIKING_INLINE uint32_t spiking_add_odd(uint32_t sums, uint32_t word)
{
    return spiking_add_even(sums, word >> 8);
}
#endif

#if defined(__ARM_FEATURE_DSP) || defined(SPIKING_SIGNED_WEIGHTS)
#define SPIKING_BIAS 0u /* what is added to a stored weight */

/* The sums of outputs 0 and 2, and of 1 and 3, of one word. */
typedef struct {
    uint32_t even;
    uint32_t odd;
} SpikingSums;

SPIKING_INLINE SpikingSums spiking_add_word(SpikingSums sums, uint32_t word)
{
    sums.even = spiking_add_even(sums.even, word);
    sums.odd = spiking_add_odd(sums.odd, word);
    return sums;
}

/* Adds the first `outputs` of four sums to the potentials. */
SPIKING_INLINE void spiking_add_sums(
    int32_t *v, SpikingSums sums, uint32_t outputs, uint32_t count, uint32_t shift)
{
    (void)count;
    v[0] += (int32_t)((uint32_t)(int32_t)(int16_t)sums.even << shift);
    if (outputs > 1u) {
        v[1] += (int32_t)((uint32_t)(int32_t)(int16_t)sums.odd << shift);
    }
    if (outputs > 2u) {
        v[2] += (int32_t)((uint32_t)((int32_t)sums.even >> 16) << shift);
    }
    if (outputs > 3u) {
        v[3] += (int32_t)((uint32_t)((int32_t)sums.odd >> 16) << shift);
    }
}
#else
#define SPIKING_BIAS 128u

/* `even` holds the sums of outputs 0 and 2; `odd` is s1 + 2^8 s2 + 2^16 s3, which fits 32 bits. */
typedef struct {
    uint32_t even;
    uint32_t odd;
} SpikingSums;

SPIKING_INLINE SpikingSums spiking_add_word(SpikingSums sums, uint32_t word)
{
    sums.odd += word >> 8;
    sums.even += word & 0x00FF00FFu;
    return sums;
}

SPIKING_INLINE void spiking_add_sums(
    int32_t *v, SpikingSums sums, uint32_t outputs, uint32_t count, uint32_t shift)
{
    uint32_t bias = count * SPIKING_BIAS;
    uint32_t odd = sums.odd - ((sums.even >> 16) << 8);
    v[0] += (int32_t)(((sums.even & 0xFFFFu) - bias) << shift);
    if (outputs > 1u) {
        v[1] += (int32_t)(((odd & 0xFFFFu) - bias) << shift);
    }
    if (outputs > 2u) {
        v[2] += (int32_t)(((sums.even >> 16) - bias) << shift);
    }
    if (outputs > 3u) {
        v[3] += (int32_t)(((odd >> 16) - bias) << shift);
    }
}
#endif

SPIKING_INLINE uint32_t spiking_word(const uint8_t *at)
{
    return *(const uint32_t *)(const void *)at;
}

/* Sums of four outputs: the words at `weights` + offset of each active input. */
#if defined(__ARM_ARCH_6M__)
/* By hand: a compiler keeps too much at once for eight registers. Two inputs at a time. */
SPIKING_INLINE SpikingSums spiking_sum_words(
    const uint8_t *weights, const uint32_t *active, uint32_t count)
{
    SpikingSums sums = {0, 0};
    uint32_t word, shifted;
    const uint32_t mask = 0x00FF00FFu;
    const uint32_t *end = active + count;
    if (count & 1u) {
        sums = spiking_add_word(sums, spiking_word(weights + *active++));
    }
    if (active == end) {
        return sums;
    }
    __asm__ volatile(
        "1:\n"
        "ldmia %[active]!, {%[word]}\n"
        "ldr %[word], [%[weights], %[word]]\n"
        "lsrs %[shifted], %[word], #8\n"
        "adds %[odd], %[odd], %[shifted]\n"
        "ands %[word], %[word], %[mask]\n"
        "adds %[even], %[even], %[word]\n"
        "ldmia %[active]!, {%[word]}\n"
        "ldr %[word], [%[weights], %[word]]\n"
        "lsrs %[shifted], %[word], #8\n"
        "adds %[odd], %[odd], %[shifted]\n"
        "ands %[word], %[word], %[mask]\n"
        "adds %[even], %[even], %[word]\n"
        "cmp %[active], %[end]\n"
        "bne 1b\n"
        : [active] "+l"(active), [even] "+l"(sums.even), [odd] "+l"(sums.odd),
          [word] "=&l"(word), [shifted] "=&l"(shifted)
        : [weights] "l"(weights), [mask] "l"(mask), [end] "h"(end)
        : "cc", "memory");
    return sums;
}
#else
SPIKING_INLINE SpikingSums spiking_sum_words(
    const uint8_t *weights, const uint32_t *active, uint32_t count)
{
    SpikingSums sums = {0, 0};
    const uint32_t *end = active + count;
    const uint32_t *end_of_fours = active + (count & ~3u);
    SPIKING_AS_WRITTEN
    while (active < end_of_fours) {
        sums = spiking_add_word(sums, spiking_word(weights + active[0]));
        sums = spiking_add_word(sums, spiking_word(weights + active[1]));
        sums = spiking_add_word(sums, spiking_word(weights + active[2]));
        sums = spiking_add_word(sums, spiking_word(weights + active[3]));
        active += 4;
    }
    SPIKING_AS_WRITTEN
    while (active < end) {
        sums = spiking_add_word(sums, spiking_word(weights + *active++));
    }
    return sums;
}
#endif

SPIKING_INLINE void spiking_gather_4(
    int32_t *v, const uint8_t *weights, const uint32_t *active, uint32_t count, uint32_t outputs,
    uint32_t shift)
{
    spiking_add_sums(v, spiking_sum_words(weights, active, count), outputs, count, shift);
}

#if defined(__ARM_FEATURE_DSP) || defined(SPIKING_SIGNED_WEIGHTS)
#define SPIKING_OUTPUTS 8u /* at once */

/* Eight outputs: two words of each active input; all sums stay in four registers.
 * Two inputs at a time, by hand: a compiler adds an instruction for each address. */
SPIKING_INLINE void spiking_gather_8(
    int32_t *v, const uint8_t *weights, const uint32_t *active, uint32_t count, uint32_t shift)
{
    SpikingSums first = {0, 0}, second = {0, 0};
    const uint8_t *beside = weights + 4;
    const uint32_t *end = active + count;
    if (count & 1u) {
        first = spiking_add_word(first, spiking_word(weights + *active));
        second = spiking_add_word(second, spiking_word(beside + *active++));
    }
    if (active < end) {
#if defined(__ARM_FEATURE_DSP)
        uint32_t a, b, c, d;
        __asm__ volatile(
            "1:\n"
            "ldrd %[b], %[d], [%[active]], #8\n"
            "ldr %[a], [%[weights], %[b]]\n"
            "ldr %[b], [%[beside], %[b]]\n"
            "ldr %[c], [%[weights], %[d]]\n"
            "ldr %[d], [%[beside], %[d]]\n"
            "sxtab16 %[even1], %[even1], %[a]\n"
            "sxtab16 %[odd1], %[odd1], %[a], ror #8\n"
            "sxtab16 %[even2], %[even2], %[b]\n"
            "sxtab16 %[odd2], %[odd2], %[b], ror #8\n"
            "sxtab16 %[even1], %[even1], %[c]\n"
            "sxtab16 %[odd1], %[odd1], %[c], ror #8\n"
            "sxtab16 %[even2], %[even2], %[d]\n"
            "sxtab16 %[odd2], %[odd2], %[d], ror #8\n"
            "cmp %[active], %[end]\n"
            "bne 1b\n"
            : [active] "+r"(active), [even1] "+r"(first.even), [odd1] "+r"(first.odd),
              [even2] "+r"(second.even), [odd2] "+r"(second.odd), [a] "=&r"(a), [b] "=&r"(b),
              [c] "=&r"(c), [d] "=&r"(d)
            : [weights] "r"(weights), [beside] "r"(beside), [end] "r"(end)
            : "cc", "memory");
#else
        for (; active < end; active++) {
            first = spiking_add_word(first, spiking_word(weights + *active));
            second = spiking_add_word(second, spiking_word(beside + *active));
        }
#endif
    }
    spiking_add_sums(v, first, 4, count, shift);
    spiking_add_sums(v + 4, second, 4, count, shift);
}
#else
#define SPIKING_OUTPUTS 4u
#endif

/* All outputs of one neuron position; at most SPIKING_CHUNK active inputs. */
SPIKING_INLINE void spiking_gather(
    int32_t *v, const uint8_t *weights, uint32_t outputs, const uint32_t *active, uint32_t count,
    uint32_t shift)
{
    uint32_t j = 0;
#if SPIKING_OUTPUTS == 8u
    for (; j + 8u <= outputs; j += 8u) {
        spiking_gather_8(v + j, weights + j, active, count, shift);
    }
#endif
    for (; j + 4u <= outputs; j += 4u) {
        spiking_gather_4(v + j, weights + j, active, count, 4, shift);
    }
    if (j < outputs) {
        spiking_gather_4(v + j, weights + j, active, count, outputs - j, shift);
    }
}

/* Dense; a row of weights is `row_bytes` long; `seen[i]` is the row of neuron i where neurons were
 * summed in front of the weights. */
SPIKING_INLINE void spiking_dense_gather(
    int32_t *v, const uint8_t *weights, uint32_t outputs, uint32_t row_bytes,
    const uint16_t *spikes, uint32_t count, const uint16_t *seen, uint32_t *active, uint32_t shift)
{
    while (count) {
        uint32_t now = count < SPIKING_CHUNK ? count : SPIKING_CHUNK;
        for (uint32_t k = 0; k < now; k++) {
            active[k] = (seen ? seen[spikes[k]] : spikes[k]) * row_bytes;
        }
        spiking_gather(v, weights, outputs, active, now, shift);
        spikes += now;
        count -= now;
    }
}

/* A window of a convolution: positions from `from` to `to` of the population along one axis, and
 * what is taken off the offsets of their weights. */
typedef struct {
    uint16_t from;
    uint16_t to;
    int32_t less;
} SpikingSpan;

/* A convolution: for each position of the output a list of the inputs that spiked in its window.
 *
 * Spikes come in ascending order, so those in one row of a window lie side by side: `first` says
 * where those of each position begin. `offsets` of a spike are those of its weights, as seen from
 * position 0 of the output. */
SPIKING_INLINE void spiking_window_gather(
    int32_t *v, const uint8_t *weights, uint32_t outputs, uint32_t row_bytes,
    const uint16_t *spikes, uint32_t count, SpikingShape shape, const int32_t *places,
    uint32_t pre_rows, uint32_t pre_columns, const SpikingSpan *rows, uint32_t post_rows,
    const SpikingSpan *columns, uint32_t post_columns, uint16_t *first, int32_t *offsets,
    uint32_t *active, uint32_t shift)
{
    uint32_t listed = 0, begun = 0;
    for (uint32_t k = 0; k < count; k++) {
        uint32_t position = spiking_position(shape, spikes[k]);
        uint32_t c = spikes[k] - position * shape.channels;
        int32_t place = places[position];
        if (place < 0) {
            continue;
        }
        while (begun <= position) {
            first[begun++] = (uint16_t)listed;
        }
        offsets[listed++] = place + (int32_t)(c * row_bytes);
    }
    while (begun <= pre_rows * pre_columns) {
        first[begun++] = (uint16_t)listed;
    }

    for (uint32_t y = 0; y < post_rows; y++) {
        /* No spike in these rows: nothing to add to this row of outputs. */
        const uint16_t *top = first + rows[y].from * pre_columns;
        if (top[0] == first[rows[y].to * pre_columns]) {
            v += post_columns * outputs;
            continue;
        }
        for (uint32_t x = 0; x < post_columns; x++, v += outputs) {
            int32_t less = rows[y].less + columns[x].less;
            const uint16_t *from = top + columns[x].from;
            const uint16_t *to = top + columns[x].to;
            uint32_t now = 0;
            for (uint32_t r = rows[y].from; r < rows[y].to; r++) {
                for (uint32_t k = *from; k < *to; k++) {
                    active[now++] = (uint32_t)(offsets[k] - less);
                    if (now == SPIKING_CHUNK) {
                        spiking_gather(v, weights, outputs, active, now, shift);
                        now = 0;
                    }
                }
                from += pre_columns;
                to += pre_columns;
            }
            if (now) {
                spiking_gather(v, weights, outputs, active, now, shift);
            }
        }
    }
}

#endif
