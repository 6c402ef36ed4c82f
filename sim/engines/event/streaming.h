// Streaming codes: a sample runs through all steps, a few steps of each population at a time.
//
// A population hears only those before it, so that a block of its steps can be done at once: a
// product then reads its weights once for all of them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "counting.h"
#include "memory.h"
#include "network.h"
#include "potentials.h"
#include "products.h"
#include "spikes.h"

namespace {

constexpr int STEPS = TOGETHER;  // of a block

// A population while a sample runs.
struct State {
  Aligned v, bias, drive, fired, lists, count, largest;
  const void *bias_now = nullptr;
  bool has_bias = false;
  int64_t held = 0;

  // By step of the block.
  const int8_t *s[STEPS] = {};
  int32_t spikes[STEPS] = {};
  bool listed[STEPS] = {};
};

// The samples of one thread, one after the other.
class Streaming {
 public:
  explicit Streaming(const Network &network) : net(network), state(network.layers) {
    incoming.resize(net.layers);
    outgoing.resize(net.layers);
    heard.resize(net.connections);
    int64_t widest = 0;
    for (int i = 0; i < net.connections; i++) {
      const Connection &c = net.connection[i];
      incoming[c.post].push_back(&c);
      outgoing[c.pre].push_back(&c);
      multipliers.emplace_back(c, STEPS);
      if (c.compares) heard[i].make(net.layer[c.pre].size * sizeof(int64_t));
      widest = std::max<int64_t>(widest, net.layer[c.post].size);
    }
    sums.make(STEPS * widest * sizeof(int64_t));

    for (int i = 0; i < net.layers; i++) {
      const Layer &l = net.layer[i];
      const size_t n = l.size;
      state[i].v.make(n * l.bits / 8);
      state[i].bias.make(n * l.bits / 8);
      state[i].drive.make(STEPS * n * l.drive_bits / 8);
      state[i].fired.make(STEPS * n);
      state[i].lists.make(STEPS * listable(l) * sizeof(int32_t));
      state[i].count.make(l.counted ? n * sizeof(int64_t) : 0);
      state[i].largest.make(l.rule == LARGEST ? n * sizeof(int64_t) : 0);
    }
  }

  // Sample `number` of all, the `within`th of this call.
  void sample(int64_t number, const int64_t *pixels, int64_t within) {
    for (int i = 0; i < net.layers; i++) begin(i);
    for (int i = 0; i < net.connections; i++)
      if (net.connection[i].compares)
        std::memset(heard[i].at, 0, net.layer[net.connection[i].pre].size * sizeof(int64_t));
    for (int i = 0; i < net.layers; i++) given(i, pixels);

    for (int first = 0; first < net.steps; first += STEPS) {
      const int steps = std::min(STEPS, net.steps - first);
      for (int i = 0; i < net.layers; i++) block(i, first, steps, number, within);
    }
    for (int i = 0; i < net.layers; i++)
      if (net.layer[i].saturations) net.layer[i].saturations[number] = state[i].held;
  }

 private:
  const Network &net;
  std::vector<State> state;
  std::vector<std::vector<const Connection *>> incoming, outgoing;
  std::vector<Multiplier> multipliers;  // by connection
  std::vector<Aligned> heard;           // of max pools: what each pre neuron has sent
  Aligned sums;                         // of a product, or of spikes that are worth more than 1

  int number_of(const Connection &c) const { return static_cast<int>(&c - net.connection); }

  static int64_t listable(const Layer &l) { return l.size + VECTOR / sizeof(int32_t); }

  // Before the first step

  void begin(int i) {
    const Layer &l = net.layer[i];
    State &now = state[i];
    std::memcpy(now.v.at, l.start, size_t(l.size) * l.bits / 8);
    now.bias_now = l.bias;
    now.has_bias = l.has_bias;
    now.held = 0;
    if (l.counted) std::memset(now.count.at, 0, l.size * sizeof(int64_t));
    if (l.rule == LARGEST) std::memset(now.largest.at, 0, l.size * sizeof(int64_t));
  }

  // A bias of its own for this sample.
  void *own_bias(int i) {
    const Layer &l = net.layer[i];
    State &now = state[i];
    if (now.bias_now != now.bias.at) {
      std::memcpy(now.bias.at, l.bias, size_t(l.size) * l.bits / 8);
      now.bias_now = now.bias.at;
      now.has_bias = true;
    }
    return now.bias.at;
  }

  void given(int i, const int64_t *pixels) {
    const Layer &l = net.layer[i];
    const int64_t *own = pixels + l.column;
    if (l.driven == TO_BIAS || l.driven == TO_START) {
      void *to = l.driven == TO_BIAS ? own_bias(i) : state[i].v.at;
      if (l.bits == 16) add_pixels<int16_t>(own, l.size, to);
      else if (l.bits == 32) add_pixels<int32_t>(own, l.size, to);
      else add_pixels<int64_t>(own, l.size, to);
    } else if (l.driven != NOWHERE) {
      for (const Connection *c : outgoing[i]) {
        void *to = l.driven == TIMES_TO_BIAS ? own_bias(c->post) : state[c->post].v.at;
        const int bits = net.layer[c->post].bits;
        if (bits == 16) add_product_of_pixels<int16_t>(*c, own, to);
        else if (bits == 32) add_product_of_pixels<int32_t>(*c, own, to);
        else add_product_of_pixels<int64_t>(*c, own, to);
      }
    }
  }

  template <class V> void add_pixels(const int64_t *pixels, int n, void *to) {
    for (int k = 0; k < n; k++) static_cast<V *>(to)[k] += static_cast<V>(pixels[k]);
  }

  template <class V>
  void add_product_of_pixels(const Connection &c, const int64_t *pixels, void *to) {
    const Layer &pre = net.layer[c.pre], &post = net.layer[c.post];
    V *v = static_cast<V *>(to);
    if (c.product.means != BY_RUNS) {
      const int32_t *found = product(c, pixels, 0, 1);
      for (int k = 0; k < post.size; k++) v[k] += static_cast<V>(found[k]);
    } else if (post.drive_bits == 16) {
      multiply<V, int16_t>(c, pixels, pre.size, v);
    } else if (post.drive_bits == 32) {
      multiply<V, int32_t>(c, pixels, pre.size, v);
    } else {
      multiply<V, int64_t>(c, pixels, pre.size, v);
    }
  }

  // (count, post size) sums of a product.
  template <class From>
  const int32_t *product(const Connection &c, const From *values, int64_t apart, int count) {
    const int size = net.layer[c.post].size;
    int32_t *found = sums.as<int32_t>();
    std::memset(found, 0, int64_t(count) * size * sizeof(int32_t));
    multipliers[number_of(c)].add(values, apart, count, found, size);
    return found;
  }

  // A block of steps

  void block(int i, int first, int steps, int64_t number, int64_t within) {
    const Layer &l = net.layer[i];
    State &now = state[i];
    std::memset(now.listed, 0, sizeof now.listed);
    std::memset(now.spikes, 0, sizeof now.spikes);
    for (int b = 0; b < steps; b++) {
      now.s[b] = now.fired.as<int8_t>() + int64_t(b) * l.size;
      if (l.rule == GIVEN) now.s[b] = l.events + (within * net.steps + first + b) * l.size;
    }

    if (l.rule == SILENT) return;
    if (l.rule == GIVEN) {
      for (int b = 0; b < steps; b++) record(i, first + b, b, number);
    } else if (l.rule == LARGEST) {
      for (int b = 0; b < steps; b++) largest(i, first + b, b, number);
    } else if (l.bits == 16) {
      by_drive<int16_t>(i, first, steps, number);
    } else if (l.bits == 32) {
      by_drive<int32_t>(i, first, steps, number);
    } else {
      by_drive<int64_t>(i, first, steps, number);
    }
  }

  template <class V> void by_drive(int i, int first, int steps, int64_t number) {
    const int bits = net.layer[i].drive_bits;
    if (bits == 16) integrated<V, int16_t>(i, first, steps, number);
    else if (bits == 32) integrated<V, int32_t>(i, first, steps, number);
    else integrated<V, int64_t>(i, first, steps, number);
  }

  template <class V, class D> void integrated(int i, int first, int steps, int64_t number) {
    const Layer &l = net.layer[i];
    State &now = state[i];
    const int n = l.size;
    D *drive = now.drive.as<D>();
    bool arrived[STEPS] = {};
    for (const Connection *c : incoming[i]) arrive<D>(*c, first, steps, drive, arrived);

    V *v = now.v.as<V>();
    const V *bias = static_cast<const V *>(now.bias_now);
    const V *threshold = static_cast<const V *>(l.threshold);
    for (int b = 0; b < steps; b++, drive += n) {
      const int t = first + b;
      const bool open = l.open[t], biased = now.has_bias && (open || !l.is_input);
      int8_t *s = now.fired.as<int8_t>() + int64_t(b) * n;
      const V worth = static_cast<V>(l.gains[t]);
      const bool fires = l.rule == FIRES && open;

      if (fires && arrived[b] && biased && worth == 1 && !l.zero && !l.largest) {
        whole_step<V, D>(n, v, drive, bias, threshold, s);
      } else {
        if (arrived[b]) integrate<V, D>(n, v, drive);
        if (biased) add_bias<V>(n, v, bias);
        if (l.largest) now.held += hold<V>(n, v, l.largest);
        if (l.rule == RETRACTS)
          retract<V>(n, v, threshold, now.count.as<int64_t>(), l.levels, s);
        else if (fires && l.zero)
          fire<V, true>(n, v, threshold, worth, s);
        else if (fires)
          fire<V, false>(n, v, threshold, worth, s);
      }
      if (fires || l.rule == RETRACTS) record(i, t, b, number);
      if (l.rule == RETRACTS) add_to_count(i, b, now.count.as<int64_t>(), l.gains[t]);
      if (l.outputs) {
        int64_t *to = l.outputs + (number * net.steps + t) * l.columns;
        for (int k = 0; k < n; k++) to[k] = v[k];
      }
    }
  }

  // Sums of a block that arrive by a connection, each spike times its worth.
  template <class D>
  void arrive(const Connection &c, int first, int steps, D *drive, bool *arrived) {
    const Layer &pre = net.layer[c.pre];
    const int n = net.layer[c.post].size;
    State &from = state[c.pre];
    int64_t spikes = 0;
    for (int b = 0; b < steps; b++) spikes += from.spikes[b];
    if (!spikes) return;

    // Where there is one position, steps share the weights.
    const bool shared = c.product.positions == 1 && spikes > c.most * steps && pre.rule != SILENT;
    const int32_t *found = nullptr;
    if (shared) found = product(c, from.s[0], pre.size, steps);

    for (int b = 0; b < steps; b++) {
      if (!from.spikes[b]) continue;
      const D worth = static_cast<D>(pre.gains[first + b]);
      D *to = drive + int64_t(b) * n;
      arrived[b] = true;
      if (shared || from.spikes[b] > c.most) {
        const int32_t *own = shared ? found + int64_t(b) * n : product(c, from.s[b], 0, 1);
        add_times<D>(n, own, worth, to);
      } else if (worth == 1) {
        add<D>(c, list(c.pre, b), to);
      } else {
        D *own = sums.as<D>();
        std::memset(own, 0, n * sizeof(D));
        add<D>(c, list(c.pre, b), own);
        add_times<D>(n, own, worth, to);
      }
    }
  }

  // What fired at a step of the block; made when it is first asked for.
  Spikes list(int i, int b) {
    State &now = state[i];
    int32_t *own = now.lists.as<int32_t>() + b * listable(net.layer[i]);
    if (!now.listed[b]) listed(now.s[b], net.layer[i].size, own, net.signs);
    now.listed[b] = true;
    return {own, now.spikes[b]};
  }

  void add_to_count(int i, int b, int64_t *count, int64_t worth) {
    const Spikes fired = list(i, b);
    for (int k = 0; k < fired.count; k++) {
      const int32_t j = fired.list[k];
      count[j < 0 ? ~j : j] += j < 0 ? -worth : worth;
    }
  }

  // A max pool: its largest counts follow the spikes of what it hears where counts only rise.
  void largest(int i, int t, int b, int64_t number) {
    const Layer &l = net.layer[i];
    State &now = state[i];
    int64_t *found = now.largest.as<int64_t>(), *count = now.count.as<int64_t>();
    bool fell = false;
    for (const Connection *c : incoming[i]) fell = fell || c->row_first;
    if (fell) std::memset(found, 0, l.size * sizeof(int64_t));
    for (const Connection *c : incoming[i]) hear(*c, t, b, found);

    if (!l.open[t]) return;
    int8_t *s = now.fired.as<int8_t>() + int64_t(b) * l.size;
    for (int k = 0; k < l.size; k++) s[k] = found[k] > count[k];
    record(i, t, b, number);
    add_to_count(i, b, count, l.gains[t]);
  }

  void hear(const Connection &c, int t, int b, int64_t *found) {
    int64_t *count = heard[number_of(c)].as<int64_t>();
    const Layer &post = net.layer[c.post];
    add_to_count(c.pre, b, count, net.layer[c.pre].gains[t]);
    if (c.row_first) {
      for (int k = 0; k < post.size; k++)
        for (int64_t r = c.row_first[k]; r < c.row_first[k + 1]; r++)
          found[k] = std::max(found[k], count[c.row_pre[r]]);
      return;
    }

    const Spikes fired = list(c.pre, b);
    for (int k = 0; k < fired.count; k++) {
      const int32_t j = fired.list[k], p = c.position[j];
      if (p < 0) continue;
      const int32_t to = c.channel_post[c.channel[j]];
      for (int64_t r = c.first[p]; r < c.first[p + 1]; r++)
        for (int m = 0; m < c.run_length[r]; m++) {
          int64_t &most = found[to + c.run_post[r] + m];
          most = std::max(most, count[j]);
        }
    }
  }

  void record(int i, int t, int b, int64_t number) {
    const Layer &l = net.layer[i];
    const int64_t at = number * net.steps + t;
    const int8_t *s = state[i].s[b];
    const auto &to = outgoing[i];
    state[i].spikes[b] = count_step(l, to.data(), static_cast<int>(to.size()), s, at);
    if (l.raster && number < net.rasters) std::memcpy(l.raster + at * l.size, s, l.size);
  }
};

}  // namespace
