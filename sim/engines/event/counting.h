// How many neurons fire, and how many operations that makes.
#pragma once

#include <cstdint>
#include <cstring>

#if defined(__AVX512VNNI__) && defined(__AVX512BW__)
#include <immintrin.h>
#endif

#include "network.h"

namespace {

// Neurons of `n` that fire: spikes are -1, 0 or 1.
inline int32_t fired(const int8_t *s, int n) {
  int32_t spikes = 0;
  int i = 0;
#if defined(__AVX512VNNI__) && defined(__AVX512BW__)
  const __m512i none = _mm512_setzero_si512();
  for (; i + VECTOR <= n; i += VECTOR) {
    const __mmask64 these = _mm512_cmpneq_epi8_mask(_mm512_loadu_si512(s + i), none);
    spikes += __builtin_popcountll(these);
  }
#endif
  for (; i < n; i++) spikes += s[i] != 0;
  return spikes;
}

// Σ of `numbers` that are given byte by byte, least significant first, over neurons that fire.
inline int64_t sum_of_fired(const int8_t *s, const uint8_t *numbers, int bytes, int n) {
  int64_t sum = 0;
  for (int byte = 0; byte < bytes; byte++, numbers += n) {
    int64_t own = 0;
    int i = 0;
#if defined(__AVX512VNNI__) && defined(__AVX512BW__)
    __m512i sums = _mm512_setzero_si512();
    for (; i + VECTOR <= n; i += VECTOR) {
      const __m512i spikes = _mm512_abs_epi8(_mm512_loadu_si512(s + i));
      sums = _mm512_dpbusd_epi32(sums, _mm512_loadu_si512(numbers + i), spikes);
    }
    alignas(VECTOR) int32_t lanes[VECTOR / sizeof(int32_t)];
    _mm512_store_si512(lanes, sums);
    for (const int32_t lane : lanes) own += lane;
#endif
    for (; i < n; i++) own += s[i] ? numbers[i] : 0;
    sum += own << (8 * byte);
  }
  return sum;
}

// Write what one step of a population counts: spikes, and the operations of each connection.
inline int32_t count_step(const Layer &l, const Connection *const *outgoing, int connections,
                          const int8_t *s, int64_t at) {
  const int32_t spikes = fired(s, l.size);
  if (!spikes) return 0;
  l.spikes[at] = spikes;
  for (int i = 0; i < connections; i++) {
    const Connection &c = *outgoing[i];
    for (int ledger = 0; ledger < 2; ledger++) {
      int64_t &to = c.operations[ledger][at];
      if (c.fan[ledger] >= 0) to = c.fan[ledger] * spikes;
      else if (ledger && c.fans[1] == c.fans[0]) to = c.operations[0][at];
      else to = sum_of_fired(s, c.fans[ledger], c.fan_bytes, l.size);
    }
  }
  return spikes;
}

}  // namespace
