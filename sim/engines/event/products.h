// Products: the sums of all post neurons at once, zeros and all.
//
// Values are 8 or 16 bits wide, sums 32: what Python has proved to be enough. Four (or two)
// neighbouring values are multiplied and added at once, for sixteen post neurons.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#if defined(__AVX512VNNI__) && defined(__AVX512F__)
#include <immintrin.h>
#endif

#include "memory.h"
#include "network.h"

namespace {

constexpr int LANES = VECTOR / sizeof(int32_t);
constexpr int BLOCKS = 4;  // vectors of sums of one position …
constexpr int TOGETHER = 6;  // … and positions, that are kept in registers

typedef int32_t Sums __attribute__((vector_size(VECTOR), aligned(sizeof(int32_t))));

// Add to the first `count` numbers of a vector; those after them stay as they are.
inline void add_first(int32_t *to, Sums sums, int count) {
  static const struct Mask {
    int32_t number[2 * LANES] = {};
    Mask() { std::fill(number, number + LANES, -1); }
  } mask;
  sums &= *reinterpret_cast<const Sums *>(mask.number + LANES - count);
  *reinterpret_cast<Sums *>(to) += sums;
}

// Unsigned values and signed weights of 8 bits.
struct Dot8 {
  typedef uint8_t Value;
  static constexpr int VALUES = 4;  // that are multiplied at once

  static inline Sums add(Sums sums, int32_t values, Sums weights) {
#if defined(__AVX512VNNI__) && defined(__AVX512F__)
    return Sums(_mm512_dpbusd_epi32(__m512i(sums), _mm512_set1_epi32(values), __m512i(weights)));
#else
    Value x[VALUES];
    int8_t w[VECTOR];
    std::memcpy(x, &values, sizeof x);
    std::memcpy(w, &weights, sizeof w);
    for (int i = 0; i < LANES; i++)
      for (int k = 0; k < VALUES; k++) sums[i] += x[k] * w[VALUES * i + k];
    return sums;
#endif
  }
};

// Signed values and weights of 16 bits.
struct Dot16 {
  typedef int16_t Value;
  static constexpr int VALUES = 2;

  static inline Sums add(Sums sums, int32_t values, Sums weights) {
#if defined(__AVX512VNNI__) && defined(__AVX512F__)
    return Sums(_mm512_dpwssd_epi32(__m512i(sums), _mm512_set1_epi32(values), __m512i(weights)));
#else
    Value x[VALUES], w[VECTOR / sizeof(Value)];
    std::memcpy(x, &values, sizeof x);
    std::memcpy(w, &weights, sizeof w);
    for (int i = 0; i < LANES; i++)
      for (int k = 0; k < VALUES; k++) sums[i] += x[k] * w[VALUES * i + k];
    return sums;
#endif
  }
};

// `positions` of x onto `blocks` vectors of sums each, of whose last `last` numbers count.
template <class Dot, int blocks, int positions>
void tile(const Product &p, const typename Dot::Value *const *x, const Sums *weights,
          int32_t *const *to, int last) {
  Sums sums[positions][blocks] = {};
  for (int s = 0; s < p.segments; s++) {
    const int offset = p.offset[s];
    for (int k = 0; k < p.chunks; k++, weights += blocks)
      for (int m = 0; m < positions; m++) {
        int32_t values;
        std::memcpy(&values, x[m] + offset + k * Dot::VALUES, sizeof values);
        for (int b = 0; b < blocks; b++) sums[m][b] = Dot::add(sums[m][b], values, weights[b]);
      }
  }

  for (int m = 0; m < positions; m++) {
    for (int b = 0; b < blocks - 1; b++)
      *reinterpret_cast<Sums *>(to[m] + b * LANES) += sums[m][b];
    add_first(to[m] + (blocks - 1) * LANES, sums[m][blocks - 1], last);
  }
}

// All `count` positions, as many at once as registers hold.
template <class Dot, int blocks>
void tiles(const Product &p, const typename Dot::Value *const *x, int count, const Sums *weights,
           int32_t *const *to, int last) {
  int at = 0;
  for (; at + TOGETHER <= count; at += TOGETHER)
    tile<Dot, blocks, TOGETHER>(p, x + at, weights, to + at, last);
  for (; at + 2 <= count; at += 2) tile<Dot, blocks, 2>(p, x + at, weights, to + at, last);
  if (at < count) tile<Dot, blocks, 1>(p, x + at, weights, to + at, last);
}

// Σ w x of `count` positions, of all groups of channels.
template <class Dot>
void dots(const Product &p, const typename Dot::Value **x, int count, int32_t **to) {
  const Sums *weights = static_cast<const Sums *>(p.weights);
  for (int g = 0; g < p.groups; g++) {
    for (int out = 0; out < p.outside; out += BLOCKS * LANES) {
      const int left = p.outside - out;
      const int blocks = std::min(BLOCKS, (left + LANES - 1) / LANES);
      const int last = std::min(LANES, left - (blocks - 1) * LANES);
      switch (blocks) {
        case 1: tiles<Dot, 1>(p, x, count, weights, to, last); break;
        case 2: tiles<Dot, 2>(p, x, count, weights, to, last); break;
        case 3: tiles<Dot, 3>(p, x, count, weights, to, last); break;
        default: tiles<Dot, 4>(p, x, count, weights, to, last); break;
      }
      weights += int64_t(p.segments) * p.chunks * blocks;
      const int done = std::min(left, BLOCKS * LANES);
      for (int m = 0; m < count; m++) to[m] += done;
    }
    for (int m = 0; m < count; m++) x[m] += p.inside;
  }
}

// Each channel by itself: Σ w x, or the largest x >= 0.
template <bool MAXIMAL>
void by_channel(const Product &p, const int32_t *canvas, int32_t *to) {
  const int32_t *weights = static_cast<const int32_t *>(p.weights);
  for (int position = 0; position < p.positions; position++, to += p.channels) {
    const int32_t *from = canvas + p.base[position];
    for (int c = 0; c < p.channels; c += LANES) {
      Sums sums = {};
      for (int s = 0; s < p.segments; s++) {
        const Sums x = *reinterpret_cast<const Sums *>(from + p.offset[s] + c);
        const Sums w = *reinterpret_cast<const Sums *>(weights + s * p.channels + c);
        if (MAXIMAL) sums = sums > x ? sums : x;
        else sums += w * x;
      }
      add_first(to + c, sums, std::min(LANES, p.channels - c));
    }
  }
}

// Products of one connection on one thread.
class Multiplier {
 public:
  // `count`: most vectors of values that are multiplied at once.
  Multiplier(const Connection &connection, int count) : p(connection.product) {
    const int vectors = p.positions == 1 ? count : 1;
    const size_t bytes = p.means == DOT8 ? 1 : p.means == DOT16 ? 2 : 4;
    apart = p.canvas + VECTOR;
    if (p.means != BY_RUNS && p.means != EACH) canvas.make(size_t(vectors) * apart * bytes);
    const int most = std::max(vectors, p.positions);
    x.resize(most);
    to.resize(most);
  }

  // Add to `sums` of `count` vectors of `values`; both lie as far apart as is said.
  template <class From>
  void add(const From *values, int64_t values_apart, int count, int32_t *sums, int64_t sums_apart) {
    switch (p.means) {
      case DOT8: return multiply<Dot8>(values, values_apart, count, sums, sums_apart);
      case DOT16: return multiply<Dot16>(values, values_apart, count, sums, sums_apart);
      case EACH: {
        const int32_t *w = static_cast<const int32_t *>(p.weights);
        for (int k = 0; k < count; k++)
          each(values + k * values_apart, w, sums + k * sums_apart);
        return;
      }
      default:
        for (int k = 0; k < count; k++) {
          int32_t *on = canvas.as<int32_t>();
          place(values + k * values_apart, on);
          if (p.means == MAXIMUM) by_channel<true>(p, on, sums + k * sums_apart);
          else by_channel<false>(p, on, sums + k * sums_apart);
        }
    }
  }

 private:
  const Product &p;
  Aligned canvas;
  int64_t apart = 0;
  std::vector<const void *> x;
  std::vector<int32_t *> to;

  template <class Dot, class From>
  void multiply(const From *values, int64_t values_apart, int count, int32_t *sums,
                int64_t sums_apart) {
    typedef typename Dot::Value Value;
    Value *on = canvas.as<Value>();
    auto **from = reinterpret_cast<const Value **>(x.data());

    // Vectors share the weights where there is but one position.
    if (p.positions == 1) {
      for (int k = 0; k < count; k++) {
        place(values + k * values_apart, on + k * apart);
        from[k] = on + k * apart + p.base[0];
        to[k] = sums + k * sums_apart;
      }
      return dots<Dot>(p, from, count, to.data());
    }

    for (int k = 0; k < count; k++) {
      place(values + k * values_apart, on);
      for (int m = 0; m < p.positions; m++) {
        from[m] = on + p.base[m];
        to[m] = sums + k * sums_apart + int64_t(m) * p.channels;
      }
      dots<Dot>(p, from, p.positions, to.data());
    }
  }

  template <class From> void each(const From *values, const int32_t *w, int32_t *sums) {
    for (int i = 0; i < p.canvas; i++) sums[i] += w[i] * static_cast<int32_t>(values[i]);
  }

  // Copy values to where post positions read them.
  template <class From, class Value> void place(const From *__restrict values, Value *__restrict on) {
    if (p.adds) std::memset(on, 0, p.canvas * sizeof(Value));
    for (int r = 0; r < p.copies; r++) {
      const From *__restrict from = values + p.copy_from[r];
      Value *__restrict onto = on + p.copy_to[r];
      const int length = p.copy_length[r];
      if (p.adds)
        for (int i = 0; i < length; i++) onto[i] += static_cast<Value>(from[i]);
      else
        for (int i = 0; i < length; i++) onto[i] = static_cast<Value>(from[i]);
    }
  }
};

}  // namespace
