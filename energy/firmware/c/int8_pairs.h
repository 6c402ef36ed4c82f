/* Four bytes of a word at once: the SIMD instructions of cores with the DSP extension.
 *
 * Defines INT8_PAIRS where a core has them.
 */
#ifndef INT8_PAIRS_H
#define INT8_PAIRS_H

#include <stdint.h>

static inline uint32_t int8_load_word(const void *from)
{
    uint32_t word;
    __builtin_memcpy(&word, from, sizeof word);
    return word;
}

static inline void int8_store_word(void *to, uint32_t word)
{
    __builtin_memcpy(to, &word, sizeof word);
}

#if defined(__ARM_FEATURE_DSP)
#define INT8_PAIRS
#include <arm_acle.h>

/* Bytes 0 and 2, and bytes 1 and 3, as two int16. GCC 12 has no __ror; both make one of this. */
static inline uint32_t int8_even(uint32_t word) { return (uint32_t)__sxtb16(word); }
static inline uint32_t int8_odd(uint32_t word)
{
    return (uint32_t)__sxtb16((word >> 8) | (word << 24));
}

/* sum + a.low * b.low + a.high * b.high */
static inline int32_t int8_multiply_pairs(uint32_t a, uint32_t b, int32_t sum)
{
    return __smlad((int16x2_t)a, (int16x2_t)b, sum);
}

static inline uint32_t int8_add_pairs(uint32_t a, uint32_t b)
{
    return (uint32_t)__sadd16((int16x2_t)a, (int16x2_t)b);
}

/* The larger of each of four bytes. */
static inline uint32_t int8_larger_bytes(uint32_t a, uint32_t b)
{
    __ssub8((int8x4_t)a, (int8x4_t)b);
    return __sel(a, b);
}

#endif

/* Low halves of a and b as one word, and high halves. */
static inline uint32_t int8_low_halves(uint32_t a, uint32_t b)
{
    return (a & 0xffff) | b << 16;
}

static inline uint32_t int8_high_halves(uint32_t a, uint32_t b)
{
    return a >> 16 | (b & 0xffff0000);
}

#endif
