/* Products of weights with the inputs that are not zero, the inner loops of dense and conv.
 *
 * Inputs that differ from their zero point are listed first, each with what it is and where its
 * row of weights begins: one weight for each output, filled up to a multiple of 4. Then four
 * outputs at a time add weight times input of all that are listed, their sums in registers.
 */
#ifndef INT8_SKIPPING_H
#define INT8_SKIPPING_H

#define INT8_BEST
#include "int8_blocks.h"

typedef struct {
    uint32_t offset;    /* of its row, in bytes */
    int32_t value;
} Int8Active;

/* Lists those of `count` inputs side by side that are not zero; returns where the list ends. */
static inline Int8Active *int8_list(Int8Active *to, const int8_t *from, int32_t count,
                                    int32_t zero, uint32_t offset, uint32_t row_bytes)
{
    const int8_t *end = from + count;

    while (from < end) {
        int32_t value = *from++ - zero;
        if (value) {
            to->offset = offset;
            to->value = value;
            to++;
        }
        offset += row_bytes;
    }
    return to;
}

/* INT8_SKIPPING_IN_C leaves the inner loop to the compiler. */
#if defined(INT8_PAIRS) && !defined(INT8_SKIPPING_IN_C)
#define INT8_ONE_INPUT                            \
    "ldrd %[w], %[x], [%[active]], #8\n"          \
    "ldr %[w], [%[weights], %[w]]\n"              \
    "sxtb16 %[part], %[w]\n"                      \
    "smlabb %[a], %[part], %[x], %[a]\n"          \
    "smlatb %[c], %[part], %[x], %[c]\n"          \
    "sxtb16 %[w], %[w], ror #8\n"                 \
    "smlabb %[b], %[w], %[x], %[b]\n"             \
    "smlatb %[d], %[w], %[x], %[d]\n"
#endif

/* Four outputs, whose weights are the words at `weights` + offset of each listed input. */
INT8_ALONE static void int8_four_of_listed(const int8_t *weights, const Int8Active *active,
                                           const Int8Active *end, int32_t sums[BLOCK])
{
    int32_t a = 0, b = 0, c = 0, d = 0;
#if defined(INT8_ONE_INPUT)
    uint32_t w, x, part;
    const Int8Active *fours = active + ((end - active) & ~3);
    if (active < fours) {
        __asm__ volatile(
            "1:\n" INT8_ONE_INPUT INT8_ONE_INPUT INT8_ONE_INPUT INT8_ONE_INPUT
            "cmp %[active], %[end]\n"
            "bne 1b\n"
            : [a] "+r"(a), [b] "+r"(b), [c] "+r"(c), [d] "+r"(d), [active] "+r"(active),
              [w] "=&r"(w), [x] "=&r"(x), [part] "=&r"(part)
            : [weights] "r"(weights), [end] "r"(fours)
            : "cc", "memory");
    }
    if (active < end) {
        __asm__ volatile(
            "1:\n" INT8_ONE_INPUT
            "cmp %[active], %[end]\n"
            "bne 1b\n"
            : [a] "+r"(a), [b] "+r"(b), [c] "+r"(c), [d] "+r"(d), [active] "+r"(active),
              [w] "=&r"(w), [x] "=&r"(x), [part] "=&r"(part)
            : [weights] "r"(weights), [end] "r"(end)
            : "cc", "memory");
    }
#elif defined(__ARM_ARCH_6M__) && !defined(INT8_SKIPPING_IN_C)
    int32_t w, x, part;
    if (active < end) {
        __asm__ volatile(
            "1:\n"
            "ldm %[active]!, {%[w]}\n"
            "ldm %[active]!, {%[x]}\n"
            "ldr %[w], [%[weights], %[w]]\n"
            "sxtb %[part], %[w]\n"
            "muls %[part], %[x], %[part]\n"
            "add %[a], %[part]\n"
            "lsls %[part], %[w], #16\n"
            "asrs %[part], %[part], #24\n"
            "muls %[part], %[x], %[part]\n"
            "add %[b], %[part]\n"
            "lsls %[part], %[w], #8\n"
            "asrs %[part], %[part], #24\n"
            "muls %[part], %[x], %[part]\n"
            "add %[c], %[part]\n"
            "asrs %[w], %[w], #24\n"
            "muls %[w], %[x], %[w]\n"
            "add %[d], %[w]\n"
            "cmp %[active], %[end]\n"
            "bne 1b\n"
            : [a] "+h"(a), [b] "+h"(b), [c] "+h"(c), [d] "+h"(d), [active] "+l"(active),
              [w] "=&l"(w), [x] "=&l"(x), [part] "=&l"(part)
            : [weights] "l"(weights), [end] "h"(end)
            : "cc", "memory");
    }
#else
    for (; active < end; active++) {
        const int8_t *row = weights + active->offset;
        a += row[0] * active->value;
        b += row[1] * active->value;
        c += row[2] * active->value;
        d += row[3] * active->value;
    }
#endif
    sums[0] = a;
    sums[1] = b;
    sums[2] = c;
    sums[3] = d;
}

/* All outputs of one list. */
static inline void int8_of_listed(const int8_t *weights, const Int8Active *active,
                                  const Int8Active *end, const Int8Scale *scales, int32_t outputs,
                                  int32_t low, int32_t high, int8_t *restrict output)
{
    int32_t sums[BLOCK];

    for (int32_t o = 0; o < outputs; o += BLOCK) {
        int32_t left = outputs - o;
        int8_four_of_listed(weights + o, active, end, sums);
        int8_finish(sums, scales + o, left < BLOCK ? left : BLOCK, low, high, output + o);
    }
}

#endif
