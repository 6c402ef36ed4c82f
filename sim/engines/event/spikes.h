// Sums of one step, driven by spikes: for each, add its weights to what it reaches.
//
// D is the width of the sums of one step, which their worst case fits.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#ifdef __AVX512BW__
#include <immintrin.h>
#endif

#include "network.h"

namespace {

constexpr int TILE = 8;  // vectors of sums that are kept in registers

// What fired: indices, and of a spike of -1 the complement.
struct Spikes {
  const int32_t *list;
  int count;
};

template <class D, int N>
void add_tile(const D *weights, int64_t row, const int32_t *list, int spikes, D *drive) {
  typedef D Lane __attribute__((vector_size(VECTOR), aligned(sizeof(D))));
  constexpr int WIDTH = VECTOR / sizeof(D);
  Lane sum[N];
  for (int i = 0; i < N; i++) sum[i] = *reinterpret_cast<const Lane *>(drive + i * WIDTH);
  for (int k = 0; k < spikes; k++) {
    const int32_t j = list[k];
    if (__builtin_expect(j >= 0, 1)) {
      const D *w = weights + j * row;
      for (int i = 0; i < N; i++) sum[i] += *reinterpret_cast<const Lane *>(w + i * WIDTH);
    } else {
      const D *w = weights + ~j * row;
      for (int i = 0; i < N; i++) sum[i] -= *reinterpret_cast<const Lane *>(w + i * WIDTH);
    }
  }
  for (int i = 0; i < N; i++) *reinterpret_cast<Lane *>(drive + i * WIDTH) = sum[i];
}

template <class D>
void add_rows(const Connection &c, const Spikes &pre, D *drive) {
  constexpr int WIDTH = VECTOR / sizeof(D);
  const D *weights = static_cast<const D *>(c.weights);
  const int32_t *list = pre.list;
  const int vectors = static_cast<int>(c.row / WIDTH);
  for (int at = 0; at < vectors; at += TILE) {
    const D *w = weights + at * WIDTH;
    D *d = drive + at * WIDTH;
    switch (std::min(TILE, vectors - at)) {
      case 1: add_tile<D, 1>(w, c.row, list, pre.count, d); break;
      case 2: add_tile<D, 2>(w, c.row, list, pre.count, d); break;
      case 3: add_tile<D, 3>(w, c.row, list, pre.count, d); break;
      case 4: add_tile<D, 4>(w, c.row, list, pre.count, d); break;
      case 5: add_tile<D, 5>(w, c.row, list, pre.count, d); break;
      case 6: add_tile<D, 6>(w, c.row, list, pre.count, d); break;
      case 7: add_tile<D, 7>(w, c.row, list, pre.count, d); break;
      default: add_tile<D, 8>(w, c.row, list, pre.count, d); break;
    }
  }
}

// Spikes of one position: `weights` of each, those that add before those that take away.
struct Group {
  static constexpr int MOST = 64;
  const void *weights[MOST];
  int adds = 0, takes = 0;
};

// Onto N vectors of sums, of whose last only `last` numbers count: the rest stays as it is.
template <class D, int N>
void add_run(const Group &group, int64_t offset, D *drive, int last) {
  typedef D Lane __attribute__((vector_size(VECTOR), aligned(sizeof(D))));
  constexpr int WIDTH = VECTOR / sizeof(D);
  static const struct Mask {
    D number[2 * WIDTH] = {};
    Mask() { std::fill(number, number + WIDTH, D(-1)); }
  } mask;

  Lane sum[N] = {};
  for (int k = 0; k < group.adds; k++) {
    const D *w = static_cast<const D *>(group.weights[k]) + offset;
    for (int i = 0; i < N; i++) sum[i] += *reinterpret_cast<const Lane *>(w + i * WIDTH);
  }
  for (int k = 0; k < group.takes; k++) {
    const D *w = static_cast<const D *>(group.weights[Group::MOST - 1 - k]) + offset;
    for (int i = 0; i < N; i++) sum[i] -= *reinterpret_cast<const Lane *>(w + i * WIDTH);
  }
  sum[N - 1] &= *reinterpret_cast<const Lane *>(mask.number + WIDTH - last);
  for (int i = 0; i < N; i++) *reinterpret_cast<Lane *>(drive + i * WIDTH) += sum[i];
}

template <class D>
void add_runs(const Connection &c, const Group &group, int32_t position, int32_t post, D *drive) {
  constexpr int WIDTH = VECTOR / sizeof(D);
  for (int64_t r = c.first[position]; r < c.first[position + 1]; r++) {
    D *to = drive + post + c.run_post[r];
    int64_t from = c.run_weight[r];
    for (int left = c.run_length[r]; left > 0; left -= TILE * WIDTH) {
      const int vectors = std::min(TILE, (left + WIDTH - 1) / WIDTH);
      const int last = std::min(WIDTH, left - (vectors - 1) * WIDTH);
      switch (vectors) {
        case 1: add_run<D, 1>(group, from, to, last); break;
        case 2: add_run<D, 2>(group, from, to, last); break;
        case 3: add_run<D, 3>(group, from, to, last); break;
        case 4: add_run<D, 4>(group, from, to, last); break;
        case 5: add_run<D, 5>(group, from, to, last); break;
        case 6: add_run<D, 6>(group, from, to, last); break;
        case 7: add_run<D, 7>(group, from, to, last); break;
        default: add_run<D, 8>(group, from, to, last); break;
      }
      to += TILE * WIDTH;
      from += TILE * WIDTH;
    }
  }
}

template <class D>
void add_singles(const Connection &c, const Spikes &pre, D *drive) {
  const D *weights = static_cast<const D *>(c.weights);
  const int32_t *list = pre.list;
  for (int k = 0; k < pre.count; k++) {
    const bool negative = list[k] < 0;
    const int32_t j = negative ? ~list[k] : list[k], p = c.position[j];
    if (p < 0) continue;
    const int32_t channel = c.channel[j];
    const D w = weights[c.channel_weight[channel] + c.run_weight[p]];
    drive[c.channel_post[channel] + c.run_post[p]] += negative ? -w : w;
  }
}

template <class D>
void add(const Connection &c, const Spikes &pre, D *drive) {
  if (c.form == ROWS) return add_rows<D>(c, pre, drive);
  if (c.form == SINGLE) return add_singles<D>(c, pre, drive);

  // Neurons of one position follow each other in the list.
  const D *weights = static_cast<const D *>(c.weights);
  const int32_t *list = pre.list;
  for (int k = 0; k < pre.count;) {
    Group group;
    int32_t position = -1, post = -1;
    for (; k < pre.count && group.adds + group.takes < Group::MOST; k++) {
      const bool negative = list[k] < 0;
      const int32_t j = negative ? ~list[k] : list[k], p = c.position[j];
      if (p < 0) continue;
      const int32_t channel = c.channel[j];
      if (position < 0) {
        position = p;
        post = c.channel_post[channel];
      } else if (p != position || c.channel_post[channel] != post) {
        break;
      }
      const int slot = negative ? Group::MOST - 1 - group.takes++ : group.adds++;
      group.weights[slot] = weights + c.channel_weight[channel];
    }
    if (position >= 0) add_runs<D>(c, group, position, post, drive);
  }
}

// Σ w x over all runs, for values that are no spikes.
template <class V, class D, class From>
void multiply(const Connection &c, const From *values, int size, V *to) {
  const D *weights = static_cast<const D *>(c.weights);
  for (int j = 0; j < size; j++) {
    const int32_t p = c.position[j];
    if (!values[j] || p < 0) continue;
    const V x = static_cast<V>(values[j]);
    const int32_t channel = c.channel[j];
    for (int64_t r = c.first[p]; r < c.first[p + 1]; r++) {
      V *__restrict t = to + c.channel_post[channel] + c.run_post[r];
      const D *__restrict w = weights + c.channel_weight[channel] + c.run_weight[r];
      const int length = c.run_length[r];
      for (int k = 0; k < length; k++) t[k] += static_cast<V>(x * static_cast<V>(w[k]));
    }
  }
}

// Indices of what fired; with `signs`, of a spike of −1 its complement.
int listed(const int8_t *s, int n, int32_t *list, bool signs) {
  int found = 0, i = 0;
#ifdef __AVX512BW__
  // Sixteen neurons at once, without a branch: a list has room for a vector more.
  __m512i index = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  const __m512i none = _mm512_setzero_si512();
  for (; i + 64 <= n; i += 64) {
    uint64_t fired = _mm512_cmpneq_epi8_mask(_mm512_loadu_si512(s + i), none);
    for (int part = 0; part < 4; part++, fired >>= 16) {
      const auto these = static_cast<__mmask16>(fired);
      _mm512_storeu_si512(list + found, _mm512_maskz_compress_epi32(these, index));
      found += __builtin_popcount(these);
      index = _mm512_add_epi32(index, _mm512_set1_epi32(16));
    }
  }
#endif
  for (; i + 8 <= n; i += 8) {
    uint64_t word;
    std::memcpy(&word, s + i, 8);
    while (word) {
      const int bit = __builtin_ctzll(word) & ~7;
      list[found++] = i + bit / 8;
      word &= ~(uint64_t(255) << bit);
    }
  }
  for (; i < n; i++)
    if (s[i]) list[found++] = i;
  if (signs)
    for (int k = 0; k < found; k++)
      if (s[list[k]] < 0) list[k] = ~list[k];
  return found;
}

}  // namespace
