// A network as Python lays it out (layers.py, patches.py, products.py): all numbers are data.
#pragma once

#include <cstdint>

constexpr int VECTOR = 64;  // bytes

// As in layers.py.
enum Rule { FIRES = 0, RETRACTS = 1, LARGEST = 2, INTEGRATES = 3, GIVEN = 4, SILENT = 5 };
enum Drive { NOWHERE = 0, TO_BIAS = 1, TO_START = 2, TIMES_TO_BIAS = 3, TIMES_TO_START = 4 };

// As in patches.py.
enum Form { RUNS = 0, ROWS = 1, SINGLE = 2 };

// As in products.py.
enum Means { BY_RUNS = 0, DOT8 = 1, DOT16 = 2, CHANNELS = 3, MAXIMUM = 4, EACH = 5 };

extern "C" {

// One population; arrays of `bits` are as wide as its potentials. Mirrored by layers.Layer.
struct Layer {
  int32_t size, rule, bits, drive_bits;
  int32_t zero, is_input, has_bias, counted;
  int32_t levels, driven, column, columns;
  int32_t opens, length, doubles;       // the window: first step, steps; whether worth halves
  int32_t held_back;                    // planes that are not sent
  int32_t least, pad;                   // the least value that is sent beside 0
  int64_t largest;
  const void *start, *bias, *threshold;
  const float *inverse;     // (size,) 1/threshold
  const int64_t *gains;     // (steps,)
  const uint8_t *open;      // (steps,)
  const int8_t *events;     // (samples of a call, steps, size)
  int64_t *spikes;          // (samples, steps)
  int64_t *outputs;         // (samples, steps, columns), from this read-out's first column
  int64_t *saturations;     // (samples,)
  int8_t *raster;           // (rasters, steps, size)
};

// A connection as a product. Values of the pre population are copied onto a canvas, whose borders
// are zeros; each post position reads the same segments of it, from a base of its own.
struct Product {
  int32_t means, canvas, adds, copies;             // adds: windows are summed while they are copied
  const int32_t *copy_from, *copy_to, *copy_length;  // (copies,) runs of values
  int32_t positions, channels, segments, chunks;   // channels: values of a post position
  const int32_t *base;                             // (positions,)
  const int32_t *offset;                           // (segments,)
  int32_t groups, inside, outside, pad;            // of channels: values in and out of each
  const void *weights;
};

// One connection; mirrored by layers.Arrow. A pre neuron has the runs of its position: neighbours
// in the post population with neighbours in the weights, both moved on by its channel.
struct Connection {
  int32_t pre, post, form, compares;
  const int32_t *position, *channel;               // (pre size,); position -1: no synapse
  const int64_t *first;                            // (positions + 1,)
  const int32_t *run_post, *run_weight, *run_length;
  const int32_t *channel_post;                     // (channels,)
  const int64_t *channel_weight;
  const void *weights;                             // as wide as the drive of the post layer
  int64_t row;                                     // of ROWS, in weights: a multiple of a vector
  int64_t most;                                    // spikes of a step, above which it is a product
  int64_t fan_bytes;
  int64_t fan[2];                                  // operations of a spike, or -1: as in `fans`
  const uint8_t *fans[2];                          // (fan_bytes, pre size), least significant first
  int64_t *operations[2];                          // (samples, steps)
  const int64_t *row_first;                        // windows of a max pool; null: counts only rise
  const int32_t *row_pre;
  Product product;
};

struct Network {
  int32_t layers, connections, steps, streaming;
  int32_t signs, pad;                              // whether a spike may be -1
  int64_t samples, rasters, inputs;
  const Layer *layer;
  const Connection *connection;
};
}
