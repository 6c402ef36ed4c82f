// The event engine: samples of a network on threads.
//
// All numbers of a network are made by Python (layers.py, patches.py, products.py); what differs
// between networks is data. Each thread has a state of its own. Streaming codes run step by step,
// driven by spikes (streaming.h, spikes.h); exact codes in one pass over values (exact.h,
// products.h).

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

#include "exact.h"
#include "measuring.h"
#include "network.h"
#include "streaming.h"

namespace {

// Samples `first` onwards, which threads take from `next` until there are none.
void work(const Network &network, int64_t first, int64_t samples, const int64_t *inputs,
          std::atomic<int64_t> &next) {
  if (network.streaming) {
    Streaming one(network);
    for (int64_t i; (i = next.fetch_add(1)) < samples;)
      one.sample(first + i, inputs + i * network.inputs, i);
    return;
  }
  Exact one(network);
  const int64_t block = one.at_once();
  for (int64_t i; (i = next.fetch_add(block)) < samples;) {
    const int count = static_cast<int>(std::min(block, samples - i));
    one.block(first + i, count, inputs + i * network.inputs);
  }
}

}  // namespace

// Run samples `first` to `first + samples` on `threads` threads; `inputs` are theirs.
extern "C" int run(const Network *network, int64_t first, int64_t samples, const int64_t *inputs,
                   int threads) {
  std::atomic<int64_t> next{0};
  std::atomic<int> failed{0};
  auto share = [&] {
    try {
      work(*network, first, samples, inputs, next);
    } catch (...) {
      failed = 1;
    }
  };

  std::vector<std::thread> helpers;
  for (int i = 1; i < threads; i++) {
    try {
      helpers.emplace_back(share);
    } catch (...) {
      break;  // no thread to be had: the others do its share
    }
  }
  share();
  for (auto &helper : helpers) helper.join();
  return failed;
}

// Seconds that `spikes` of a connection take in one step, or (with none) its product; the shortest
// of `times`.
extern "C" double measured(const Network *network, int connection, int spikes, int times) {
  const Connection &c = network->connection[connection];
  const int bits = network->layer[c.post].drive_bits;
  if (!spikes) return seconds_of_product(*network, c, times);
  if (bits == 16) return seconds_of_spikes<int16_t>(*network, c, spikes, times);
  if (bits == 32) return seconds_of_spikes<int32_t>(*network, c, spikes, times);
  return seconds_of_spikes<int64_t>(*network, c, spikes, times);
}
