/* Four channels at once, two taps at once; channels are a multiple of 4, the multiplier is 1.
 *
 * Weights lie by groups of 4 channels and pairs of taps, two words for each pair: channels 0 and 1
 * of the first tap, then of the second; the same of channels 2 and 3. A missing tap weighs 0.
 */
#define INT8_BEST
#include "int8_blocks.h"

typedef struct {
    int32_t pairs;      /* of taps */
    int32_t *inside;    /* offset of each tap, in bytes, where the window lies on the input */
    int32_t *of_patch;  /* the same in a patch */
    int8_t *patch;      /* a window with its padding */
} Taps;

/* Where the taps of a window lie. */
static Taps taps_of(const Int8Depthwise *layer)
{
    const Int8Window *window = &layer->window;
    int32_t channels = layer->input.channels;
    int32_t count = window->rows * window->columns;
    int32_t pairs = (count + 1) / 2;
    int32_t *inside = layer->scratch, *of_patch = inside + 2 * pairs;
    int32_t tap = 0;

    for (int32_t r = 0; r < window->rows; r++)
        for (int32_t c = 0; c < window->columns; c++, tap++) {
            int32_t pixels = r * window->row_dilation * layer->input.columns;
            inside[tap] = (pixels + c * window->column_dilation) * channels;
            of_patch[tap] = tap * channels;
        }
    if (count % 2) {
        inside[count] = inside[count - 1];
        of_patch[count] = of_patch[count - 1];
    }

    Taps taps = {pairs, inside, of_patch, (int8_t *)(of_patch + 2 * pairs)};
    return taps;
}

static void fill_patch(const Int8Depthwise *layer, const int8_t *input, int32_t row,
                       int32_t column, int8_t *patch)
{
    const Int8Window *window = &layer->window;
    int32_t channels = layer->input.channels;
    uint32_t *to = (uint32_t *)patch;

    for (int32_t r = 0; r < window->rows; r++) {
        int32_t y = row + r * window->row_dilation;

        for (int32_t c = 0; c < window->columns; c++) {
            int32_t x = column + c * window->column_dilation;
            int32_t inside = y >= 0 && y < layer->input.rows && x >= 0 && x < layer->input.columns;
            const uint32_t *from =
                (const uint32_t *)(input + (y * layer->input.columns + x) * channels);
            uint32_t zeros = (uint32_t)(uint8_t)layer->input_zero * 0x01010101;

            if (inside) {
                for (int32_t i = 0; i < channels / 4; i++)
                    *to++ = *from++;
            } else {
                for (int32_t i = 0; i < channels / 4; i++)
                    *to++ = zeros;
            }
        }
    }
}

/* Four channels of one position; returns the weights of the next four. */
INT8_ALONE static const uint32_t *four_channels(const uint32_t *weights, const int8_t *input,
                                                const int32_t *offsets, int32_t pairs,
                                                int32_t sums[BLOCK])
{
    int32_t a = 0, b = 0, c = 0, d = 0;
#ifdef INT8_PAIRS
    uint32_t first, second, w, x, part;
    __asm__ volatile(
        "1:\n"
        "ldrd %[first], %[second], [%[offsets]], #8\n"
        "ldr %[first], [%[input], %[first]]\n"
        "ldr %[second], [%[input], %[second]]\n"
        "ldr %[w], [%[weights]], #4\n"
        "pkhbt %[x], %[first], %[second], lsl #16\n"
        "pkhtb %[first], %[second], %[first], asr #16\n"
        "sxtb16 %[second], %[w]\n"
        "sxtb16 %[part], %[x]\n"
        "smlad %[a], %[second], %[part], %[a]\n"
        "sxtb16 %[w], %[w], ror #8\n"
        "sxtb16 %[x], %[x], ror #8\n"
        "smlad %[b], %[w], %[x], %[b]\n"
        "ldr %[w], [%[weights]], #4\n"
        "sxtb16 %[part], %[first]\n"
        "sxtb16 %[second], %[w]\n"
        "smlad %[c], %[second], %[part], %[c]\n"
        "sxtb16 %[w], %[w], ror #8\n"
        "sxtb16 %[first], %[first], ror #8\n"
        "smlad %[d], %[w], %[first], %[d]\n"
        "subs %[pairs], %[pairs], #1\n"
        "bgt 1b\n"
        : [a] "+r"(a), [b] "+r"(b), [c] "+r"(c), [d] "+r"(d), [weights] "+r"(weights),
          [offsets] "+r"(offsets), [pairs] "+r"(pairs), [first] "=&r"(first),
          [second] "=&r"(second), [w] "=&r"(w), [x] "=&r"(x), [part] "=&r"(part)
        : [input] "r"(input)
        : "cc", "memory");
#else
    for (; pairs > 0; pairs--) {
        uint32_t first = *(const uint32_t *)(input + offsets[0]);
        uint32_t second = *(const uint32_t *)(input + offsets[1]);
        uint32_t lower = weights[0], upper = weights[1];

        a += (int8_t)lower * (int8_t)first + (int8_t)(lower >> 16) * (int8_t)second;
        b += (int8_t)(lower >> 8) * (int8_t)(first >> 8)
           + ((int32_t)lower >> 24) * (int8_t)(second >> 8);
        c += (int8_t)upper * (int8_t)(first >> 16) + (int8_t)(upper >> 16) * (int8_t)(second >> 16);
        d += (int8_t)(upper >> 8) * ((int32_t)first >> 24)
           + ((int32_t)upper >> 24) * ((int32_t)second >> 24);
        weights += 2;
        offsets += 2;
    }
#endif
    sums[0] = a;
    sums[1] = b;
    sums[2] = c;
    sums[3] = d;
    return weights;
}

void int8_depthwise_best(const Int8Depthwise *layer, const int8_t *input, int8_t *restrict output)
{
    const Int8Window *window = &layer->window;
    int32_t channels = layer->input.channels;
    int32_t last_row = layer->input.rows - (window->rows - 1) * window->row_dilation - 1;
    int32_t last_column =
        layer->input.columns - (window->columns - 1) * window->column_dilation - 1;
    Taps taps = taps_of(layer);
    int32_t low = layer->low, high = layer->high;
    int32_t sums[BLOCK];

    for (int32_t y = 0; y < layer->output.rows; y++) {
        int32_t row = y * window->row_stride - window->rows_before;

        for (int32_t x = 0; x < layer->output.columns; x++) {
            int32_t column = x * window->column_stride - window->columns_before;
            const int8_t *from = input + (row * layer->input.columns + column) * channels;
            const int32_t *offsets = taps.inside;

            if (row < 0 || row > last_row || column < 0 || column > last_column) {
                fill_patch(layer, input, row, column, taps.patch);
                from = taps.patch;
                offsets = taps.of_patch;
            }

            const uint32_t *weights = (const uint32_t *)layer->weights;
            for (int32_t i = 0; i < channels; i += BLOCK) {
                weights = four_channels(weights, from + i, offsets, taps.pairs, sums);
                int8_finish(sums, layer->scales + i, BLOCK, low, high, output);
                output += BLOCK;
            }
        }
    }
}
