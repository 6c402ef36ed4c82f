// What a connection costs on this machine: driven by spikes, and as a product.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <vector>

#include "memory.h"
#include "network.h"
#include "products.h"
#include "spikes.h"
#include "streaming.h"

namespace {

// The shortest of `times` runs of `work`, in seconds.
template <class Work> double shortest(int times, Work work) {
  typedef std::chrono::steady_clock Clock;
  double seconds = 1e9;
  for (int i = 0; i < times; i++) {
    const auto start = Clock::now();
    work();
    const std::chrono::duration<double> took = Clock::now() - start;
    seconds = std::min(seconds, took.count());
  }
  return seconds;
}

template <class D>
double seconds_of_spikes(const Network &network, const Connection &c, int spikes, int times) {
  const int size = network.layer[c.pre].size;
  std::vector<int32_t> list(spikes);
  for (int k = 0; k < spikes; k++) list[k] = static_cast<int32_t>(int64_t(k) * size / spikes);
  Aligned drive;
  drive.make(network.layer[c.post].size * sizeof(D));
  return shortest(times, [&] { add<D>(c, {list.data(), spikes}, drive.as<D>()); });
}

// Of one step, where several share the weights.
inline double seconds_of_product(const Network &network, const Connection &c, int times) {
  const Layer &pre = network.layer[c.pre], &post = network.layer[c.post];
  const int steps = c.product.positions == 1 ? STEPS : 1;
  Multiplier multiplier(c, steps);
  std::vector<int8_t> s(int64_t(steps) * pre.size, 1);
  Aligned sums;
  sums.make(int64_t(steps) * post.size * sizeof(int32_t));
  const auto work = [&] {
    multiplier.add(s.data(), pre.size, steps, sums.as<int32_t>(), post.size);
  };
  return shortest(times, work) / steps;
}

}  // namespace
