#define INT8_BEST
#include "int8_pairs.h"
#include "int8_pool_window.h"
#include "int8_requantise.h"

/* sum / taps, rounded to the nearest, halves away from zero. */
static inline int32_t mean_of(const Int8Pool *layer, int32_t sum, int32_t taps)
{
    uint32_t size = (uint32_t)(sum < 0 ? -sum : sum) + (uint32_t)taps / 2;
    int32_t whole = layer->window.rows * layer->window.columns;
    uint32_t mean = taps == whole ? size * layer->reciprocal >> 24 : size / (uint32_t)taps;
    return sum < 0 ? -(int32_t)mean : (int32_t)mean;
}

#ifdef INT8_PAIRS
/* Means of four channels, whose sums fit int16: at most 255 taps. */
static inline void four_means(const Int8Pool *layer, const Seen *seen, const int8_t *from,
                              int8_t *output)
{
    int32_t channels = layer->input.channels, taps = seen->rows * seen->columns;
    uint32_t even = 0, odd = 0;

    for (int32_t r = 0; r < seen->rows; r++) {
        const int8_t *pixel = from + r * layer->input.columns * channels;
        for (int32_t c = 0; c < seen->columns; c++, pixel += channels) {
            uint32_t word = int8_load_word(pixel);
            even = int8_add_pairs(even, int8_even(word));
            odd = int8_add_pairs(odd, int8_odd(word));
        }
    }
    int32_t sums[4] = {(int16_t)even, (int16_t)odd, (int32_t)even >> 16, (int32_t)odd >> 16};
    for (int32_t i = 0; i < 4; i++)
        output[i] = int8_clamp(mean_of(layer, sums[i], taps), layer->low, layer->high);
}

static inline void four_largest(const Int8Pool *layer, const Seen *seen, const int8_t *from,
                                int8_t *output)
{
    int32_t channels = layer->input.channels;
    uint32_t largest = 0x80808080;

    for (int32_t r = 0; r < seen->rows; r++) {
        const int8_t *pixel = from + r * layer->input.columns * channels;
        for (int32_t c = 0; c < seen->columns; c++, pixel += channels)
            largest = int8_larger_bytes(int8_load_word(pixel), largest);
    }
    for (int32_t i = 0; i < 4; i++)
        output[i] = int8_clamp((int8_t)(largest >> 8 * i), layer->low, layer->high);
}
#endif

static inline int32_t one_sum(const Int8Pool *layer, const Seen *seen, const int8_t *from)
{
    int32_t channels = layer->input.channels, sum = 0;

    for (int32_t r = 0; r < seen->rows; r++) {
        const int8_t *pixel = from + r * layer->input.columns * channels;
        for (int32_t c = 0; c < seen->columns; c++, pixel += channels)
            sum += *pixel;
    }
    return sum;
}

static inline int32_t one_largest(const Int8Pool *layer, const Seen *seen, const int8_t *from)
{
    int32_t channels = layer->input.channels, largest = -128;

    for (int32_t r = 0; r < seen->rows; r++) {
        const int8_t *pixel = from + r * layer->input.columns * channels;
        for (int32_t c = 0; c < seen->columns; c++, pixel += channels)
            if (*pixel > largest)
                largest = *pixel;
    }
    return largest;
}

void int8_average_pool_best(const Int8Pool *pool, const int8_t *input, int8_t *restrict output)
{
    const Int8Pool copy = *pool, *layer = &copy;    /* which no output can change */
    int32_t channels = layer->input.channels;

    for (int32_t y = 0; y < layer->output.rows; y++) {
        for (int32_t x = 0; x < layer->output.columns; x++, output += channels) {
            Seen seen = int8_seen(layer, input, y, x);
            int32_t taps = seen.rows * seen.columns, i = 0;
#ifdef INT8_PAIRS
            for (; i + 4 <= channels && taps <= 255; i += 4)
                four_means(layer, &seen, seen.first + i, output + i);
#endif
            for (; i < channels; i++) {
                int32_t mean = mean_of(layer, one_sum(layer, &seen, seen.first + i), taps);
                output[i] = int8_clamp(mean, layer->low, layer->high);
            }
        }
    }
}

void int8_max_pool_best(const Int8Pool *pool, const int8_t *input, int8_t *restrict output)
{
    const Int8Pool copy = *pool, *layer = &copy;
    int32_t channels = layer->input.channels;

    for (int32_t y = 0; y < layer->output.rows; y++) {
        for (int32_t x = 0; x < layer->output.columns; x++, output += channels) {
            Seen seen = int8_seen(layer, input, y, x);
            int32_t i = 0;
#ifdef INT8_PAIRS
            for (; i + 4 <= channels; i += 4)
                four_largest(layer, &seen, seen.first + i, output + i);
#endif
            for (; i < channels; i++) {
                int32_t largest = one_largest(layer, &seen, seen.first + i);
                output[i] = int8_clamp(largest, layer->low, layer->high);
            }
        }
    }
}
