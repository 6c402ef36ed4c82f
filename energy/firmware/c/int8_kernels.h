/* Layers of an int8 network, computed as TensorFlow Lite's reference kernels compute them.
 *
 * Activations are int8, sums int32. Each kernel has two qualities with equal results:
 * `_plain` is what the definition says, written down; `_best` is written for the core.
 * Dense and conv have a third, `_skipping`: inputs of zero are not multiplied.
 */
#ifndef INT8_KERNELS_H
#define INT8_KERNELS_H

#include <stdint.h>

/* From the sum of one output channel to its output:
 * real scale = multiplier / 2^31 * 2^left / 2^right. */
typedef struct {
    int32_t bias;
    int32_t multiplier;
    uint8_t left;
    uint8_t right;
} Int8Channel;

/* The same for `_best`: (sum * multiplier + start) / 2^32 / 2^shift, each rounded down.
 * Bias, both roundings and both zero points are part of `start`. */
typedef struct {
    int64_t start;
    int32_t multiplier;
    int32_t shift;
} Int8Scale;

typedef struct {
    int32_t rows;
    int32_t columns;
    int32_t channels;
} Int8Shape;

/* Where a window lies on its input. */
typedef struct {
    int32_t rows;
    int32_t columns;
    int32_t row_stride;
    int32_t column_stride;
    int32_t row_dilation;
    int32_t column_dilation;
    int32_t rows_before;    /* of padding */
    int32_t columns_before;
} Int8Window;

typedef struct {
    int32_t inputs;
    int32_t outputs;
    int32_t input_zero;
    int32_t output_zero;
    int32_t low;
    int32_t high;
    const int8_t *weights;  /* plain: (outputs, inputs); best: blocks, see int8_blocks.h;
                             * skipping: (inputs, outputs), see int8_skipping.h */
    const Int8Channel *channels;    /* plain */
    const Int8Scale *scales;        /* best, skipping */
    int16_t *scratch;       /* best: one column; skipping: a list of inputs */
} Int8Dense;

typedef struct {
    Int8Shape input;
    Int8Shape output;
    Int8Window window;
    int32_t input_zero;
    int32_t output_zero;
    int32_t low;
    int32_t high;
    const int8_t *weights;  /* plain: (outputs, rows, columns, inputs); best: blocks;
                             * skipping: (rows, columns, inputs, outputs) */
    const Int8Channel *channels;    /* plain */
    const Int8Scale *scales;        /* best, skipping */
    int16_t *scratch;       /* best: two columns; skipping: a list of inputs */
} Int8Conv;

typedef struct {
    Int8Shape input;
    Int8Shape output;
    Int8Window window;
    int32_t multiplier;     /* outputs per input channel; best: 1 */
    int32_t input_zero;
    int32_t output_zero;
    int32_t low;
    int32_t high;
    const int8_t *weights;  /* plain: (rows, columns, outputs); best: see int8_depthwise_best.c */
    const Int8Channel *channels;    /* plain */
    const Int8Scale *scales;        /* best */
    int32_t *scratch;       /* best: offsets of taps, and one patch */
} Int8Depthwise;

typedef struct {
    Int8Shape input;
    Int8Shape output;
    Int8Window window;
    int32_t low;
    int32_t high;
    uint32_t reciprocal;    /* best, average: 2^24 / taps of a whole window, rounded up */
} Int8Pool;

/* Both inputs are brought to a common scale of 2^-20 first. */
typedef struct {
    int32_t elements;
    int32_t first_zero;
    int32_t second_zero;
    Int8Channel first;
    Int8Channel second;
    Int8Channel sum;        /* its bias is the zero point of the output */
    int32_t low;
    int32_t high;
    const int32_t *first_scaled;   /* best: of each of the 256 values */
    const int32_t *second_scaled;
} Int8Add;

typedef struct {
    int32_t elements;
    int32_t entries;        /* of the table: differences that are further below give 0 */
    const int32_t *exponentials;   /* exp(-d * scale) * 2^31 for d = 0, 1, … below the largest */
} Int8Softmax;

void int8_dense_plain(const Int8Dense *layer, const int8_t *input, int8_t *restrict output);
void int8_dense_best(const Int8Dense *layer, const int8_t *input, int8_t *restrict output);
void int8_dense_skipping(const Int8Dense *layer, const int8_t *input, int8_t *restrict output);
void int8_conv_plain(const Int8Conv *layer, const int8_t *input, int8_t *restrict output);
void int8_conv_best(const Int8Conv *layer, const int8_t *input, int8_t *restrict output);
void int8_conv_skipping(const Int8Conv *layer, const int8_t *input, int8_t *restrict output);
void int8_depthwise_plain(const Int8Depthwise *layer, const int8_t *input, int8_t *restrict output);
void int8_depthwise_best(const Int8Depthwise *layer, const int8_t *input, int8_t *restrict output);
void int8_average_pool_plain(const Int8Pool *layer, const int8_t *input, int8_t *restrict output);
void int8_average_pool_best(const Int8Pool *layer, const int8_t *input, int8_t *restrict output);
void int8_max_pool_plain(const Int8Pool *layer, const int8_t *input, int8_t *restrict output);
void int8_max_pool_best(const Int8Pool *layer, const int8_t *input, int8_t *restrict output);
void int8_add_plain(const Int8Add *layer, const int8_t *a, const int8_t *b, int8_t *restrict output);
void int8_add_best(const Int8Add *layer, const int8_t *a, const int8_t *b, int8_t *restrict output);
void int8_softmax(const Int8Softmax *layer, const int8_t *input, int8_t *restrict output);

#endif
