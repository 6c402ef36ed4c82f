// One step of all neurons of a population: add what arrives, hold it, fire.
//
// V is the width of potentials, D that of the sums of one step.
#pragma once

#include <algorithm>
#include <cstdint>

namespace {

template <class D, class From>
void add_times(int n, const From *__restrict sums, D worth, D *__restrict drive) {
  if (worth == 1)
    for (int i = 0; i < n; i++) drive[i] += static_cast<D>(sums[i]);
  else
    for (int i = 0; i < n; i++) drive[i] += static_cast<D>(worth * static_cast<D>(sums[i]));
}

template <class V, class D>
void integrate(int n, V *__restrict v, D *__restrict drive) {
  for (int i = 0; i < n; i++) {
    v[i] += static_cast<V>(drive[i]);
    drive[i] = 0;
  }
}

template <class V>
void add_bias(int n, V *__restrict v, const V *__restrict bias) {
  for (int i = 0; i < n; i++) v[i] += bias[i];
}

template <class V>
int64_t hold(int n, V *__restrict v, int64_t largest) {
  int64_t held = 0;
  for (int i = 0; i < n; i++) {
    const int64_t x = v[i];
    const int64_t within = std::min(std::max(x, -largest - 1), largest);
    held += within != x;
    v[i] = static_cast<V>(within);
  }
  return held;
}

template <class V, bool ZERO>
void fire(int n, V *__restrict v, const V *__restrict threshold, V gain, int8_t *__restrict s) {
  for (int i = 0; i < n; i++) {
    const V h = static_cast<V>(threshold[i] * gain), x = v[i];
    const bool fires = x >= h;
    v[i] = fires ? (ZERO ? V(0) : static_cast<V>(x - h)) : x;
    s[i] = fires;
  }
}

// `integrate`, `add_bias` and `fire` with a reset by subtraction in one pass, a spike worth 1.
template <class V, class D>
void whole_step(int n, V *__restrict v, D *__restrict drive, const V *__restrict bias,
                const V *__restrict threshold, int8_t *__restrict s) {
  for (int i = 0; i < n; i++) {
    const V h = threshold[i];
    const V x = static_cast<V>(v[i] + static_cast<V>(drive[i]) + bias[i]);
    drive[i] = 0;
    const bool fires = x >= h;
    v[i] = fires ? static_cast<V>(x - h) : x;
    s[i] = fires;
  }
}

template <class V>
void retract(int n, V *v, const V *threshold, const int64_t *count, int levels, int8_t *s) {
  for (int i = 0; i < n; i++) {
    const int up = v[i] >= threshold[i] && count[i] < levels;
    const int down = v[i] < 0 && count[i] > 0;
    s[i] = static_cast<int8_t>(up - down);
    v[i] = static_cast<V>(v[i] - threshold[i] * s[i]);
  }
}

}  // namespace
