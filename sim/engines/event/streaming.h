// Streaming codes: a sample runs through all steps, populations in order.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "memory.h"
#include "network.h"
#include "potentials.h"
#include "products.h"
#include "spikes.h"

namespace {

// A layer while a sample runs.
struct State {
  Aligned v, bias, drive, fired, count, largest, list;
  const void *bias_now = nullptr;
  const int8_t *s = nullptr;  // what fired in this step
  int32_t spikes = 0;
  bool has_bias = false;
  int64_t held = 0;
};

// The samples of one thread, one after the other.
class Streaming {
 public:
  explicit Streaming(const Network &network) : net(network), state(network.layers) {
    incoming.resize(net.layers);
    outgoing.resize(net.layers);
    int widest = 0;
    for (int i = 0; i < net.connections; i++) {
      const Connection &c = net.connection[i];
      incoming[c.post].push_back(&c);
      outgoing[c.pre].push_back(&c);
      multipliers.emplace_back(c, 1);
      widest = std::max(widest, net.layer[c.post].size);
    }
    sums.make(widest * sizeof(int32_t));
    for (int i = 0; i < net.layers; i++) {
      const Layer &l = net.layer[i];
      const size_t n = l.size;
      state[i].v.make(n * l.bits / 8);
      state[i].bias.make(n * l.bits / 8);
      state[i].drive.make(n * l.drive_bits / 8);
      state[i].fired.make(n);
      state[i].list.make(n * sizeof(int32_t));
      state[i].count.make(l.counted ? n * sizeof(int64_t) : 0);
      state[i].largest.make(l.rule == LARGEST ? n * sizeof(int64_t) : 0);
    }
  }

  void sample(int64_t number, const int64_t *pixels, int64_t within) {
    for (int i = 0; i < net.layers; i++) begin(i);
    for (int i = 0; i < net.layers; i++) given(i, pixels);
    for (int t = 0; t < net.steps; t++)
      for (int i = 0; i < net.layers; i++) {
        step(i, t, within);
        record(i, t, number);
      }
    for (int i = 0; i < net.layers; i++)
      if (net.layer[i].saturations) net.layer[i].saturations[number] = state[i].held;
  }

 private:
  const Network &net;
  std::vector<State> state;
  std::vector<std::vector<const Connection *>> incoming, outgoing;
  std::vector<Multiplier> multipliers;  // by connection
  Aligned sums;                         // of a product

  Multiplier &multiplier(const Connection &c) { return multipliers[&c - net.connection]; }

  void begin(int i) {
    const Layer &l = net.layer[i];
    State &now = state[i];
    std::memcpy(now.v.at, l.start, size_t(l.size) * l.bits / 8);
    now.bias_now = l.bias;
    now.has_bias = l.has_bias;
    now.held = 0;
    now.spikes = 0;
    now.s = now.fired.as<int8_t>();
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

  template <class V> void add_pixels(const int64_t *pixels, int n, void *to) {
    for (int k = 0; k < n; k++) static_cast<V *>(to)[k] += static_cast<V>(pixels[k]);
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
        const Layer &post = net.layer[c->post];
        void *to = l.driven == TIMES_TO_BIAS ? own_bias(c->post) : state[c->post].v.at;
        if (post.bits == 16) multiplied<int16_t>(*c, post, own, l.size, to);
        else if (post.bits == 32) multiplied<int32_t>(*c, post, own, l.size, to);
        else multiplied<int64_t>(*c, post, own, l.size, to);
      }
    }
  }

  template <class V>
  void multiplied(const Connection &c, const Layer &post, const int64_t *own, int n, void *to) {
    V *v = static_cast<V *>(to);
    if (c.product.means != BY_RUNS) return add_product(c, post, own, v);
    if (post.drive_bits == 16) multiply<V, int16_t>(c, own, n, v);
    else if (post.drive_bits == 32) multiply<V, int32_t>(c, own, n, v);
    else multiply<V, int64_t>(c, own, n, v);
  }

  // Add the product of a connection with `values` to `to`.
  template <class T, class From>
  void add_product(const Connection &c, const Layer &post, const From *values, T *to) {
    int32_t *own = sums.as<int32_t>();
    std::memset(own, 0, post.size * sizeof(int32_t));
    multiplier(c).add(values, 0, 1, own, 0);
    for (int k = 0; k < post.size; k++) to[k] += static_cast<T>(own[k]);
  }

  void step(int i, int t, int64_t within) {
    const Layer &l = net.layer[i];
    State &now = state[i];
    switch (l.rule) {
      case SILENT: break;
      case GIVEN:
        now.s = l.events + (within * net.steps + t) * l.size;
        now.spikes = listed(now.s, l.size, now.list.as<int32_t>(), true);
        break;
      case LARGEST: largest(i, t); break;
      default:
        if (l.bits == 16) by_drive<int16_t>(i, t);
        else if (l.bits == 32) by_drive<int32_t>(i, t);
        else by_drive<int64_t>(i, t);
    }
    if (l.counted)
      for (int k = 0; k < now.spikes; k++) {
        const int32_t j = now.list.as<int32_t>()[k];
        now.count.as<int64_t>()[j < 0 ? ~j : j] += j < 0 ? -l.gains[t] : l.gains[t];
      }
  }

  template <class V> void by_drive(int i, int t) {
    const int bits = net.layer[i].drive_bits;
    if (bits == 16) integrated<V, int16_t>(i, t);
    else if (bits == 32) integrated<V, int32_t>(i, t);
    else integrated<V, int64_t>(i, t);
  }

  template <class V, class D> void integrated(int i, int t) {
    const Layer &l = net.layer[i];
    State &now = state[i];
    V *v = now.v.as<V>();
    D *drive = now.drive.as<D>();
    const int n = l.size;

    // What arrives; sums of connections whose spikes have other worths are taken one by one.
    bool arrived = false;
    V gain = 1;
    for (const Connection *c : incoming[i]) {
      const State &pre = state[c->pre];
      if (!pre.spikes) continue;
      const V worth = static_cast<V>(net.layer[c->pre].gains[t]);
      if (arrived && worth != gain) integrate<V, D>(n, v, drive, gain);
      gain = worth;
      arrived = true;
      if (pre.spikes > c->most) add_product(*c, l, pre.s, drive);
      else add<D>(*c, {pre.list.as<int32_t>(), pre.spikes}, drive);
    }

    const bool open = l.open[t], biased = now.has_bias && (open || !l.is_input);
    const V *bias = static_cast<const V *>(now.bias_now);
    const V *threshold = static_cast<const V *>(l.threshold);
    int8_t *s = now.fired.as<int8_t>();
    const V worth = static_cast<V>(l.gains[t]);
    const bool fires = l.rule == FIRES && open;

    if (fires && arrived && biased && !l.zero && !l.largest) {
      whole_step<V, D>(n, v, drive, gain, bias, threshold, worth, s);
    } else {
      if (arrived) integrate<V, D>(n, v, drive, gain);
      if (biased) add_bias<V>(n, v, bias);
      if (l.largest) now.held += hold<V>(n, v, l.largest);
      if (l.rule == RETRACTS)
        retract<V>(n, v, threshold, now.count.as<int64_t>(), l.levels, s);
      else if (fires && l.zero)
        fire<V, true>(n, v, threshold, worth, s);
      else if (fires)
        fire<V, false>(n, v, threshold, worth, s);
    }
    const bool spiking = fires || l.rule == RETRACTS;
    now.spikes = spiking ? listed(s, n, now.list.as<int32_t>(), l.rule == RETRACTS) : 0;
  }

  // A max pool: its largest counts follow the spikes of what it hears where counts only rise.
  void largest(int i, int t) {
    const Layer &l = net.layer[i];
    State &now = state[i];
    int64_t *found = now.largest.as<int64_t>();
    heard(i, found);

    now.spikes = 0;
    if (!l.open[t]) return;
    const int64_t *count = now.count.as<int64_t>();
    int8_t *s = now.fired.as<int8_t>();
    for (int k = 0; k < l.size; k++) s[k] = found[k] > count[k];
    now.spikes = listed(s, l.size, now.list.as<int32_t>(), false);
  }

  void heard(int i, int64_t *found) {
    const int n = net.layer[i].size;
    bool fell = false;
    for (const Connection *c : incoming[i]) fell = fell || c->row_first;
    if (fell) std::memset(found, 0, n * sizeof(int64_t));

    for (const Connection *c : incoming[i]) {
      const State &pre = state[c->pre];
      const int64_t *count = pre.count.as<int64_t>();
      if (c->row_first) {
        for (int k = 0; k < n; k++)
          for (int64_t r = c->row_first[k]; r < c->row_first[k + 1]; r++)
            found[k] = std::max(found[k], count[c->row_pre[r]]);
        continue;
      }
      const int32_t *list = pre.list.as<int32_t>();
      for (int k = 0; k < pre.spikes; k++) {
        const int32_t j = list[k], p = c->position[j];
        if (p < 0) continue;
        const int32_t post = c->channel_post[c->channel[j]];
        for (int64_t r = c->first[p]; r < c->first[p + 1]; r++)
          for (int m = 0; m < c->run_length[r]; m++) {
            int64_t &most = found[post + c->run_post[r] + m];
            most = std::max(most, count[j]);
          }
      }
    }
  }

  void record(int i, int t, int64_t number) {
    const Layer &l = net.layer[i];
    const State &now = state[i];
    const int64_t at = number * net.steps + t;
    if (l.outputs) {
      int64_t *to = l.outputs + at * l.columns;
      for (int k = 0; k < l.size; k++)
        to[k] = l.bits == 16   ? now.v.as<int16_t>()[k]
                : l.bits == 32 ? now.v.as<int32_t>()[k]
                               : now.v.as<int64_t>()[k];
    }
    if (!now.spikes) return;

    l.spikes[at] = now.spikes;
    const int32_t *list = now.list.as<int32_t>();
    for (const Connection *c : outgoing[i])
      for (int ledger = 0; ledger < 2; ledger++) {
        int64_t sum = c->fan[ledger] * now.spikes;
        if (c->fan[ledger] < 0) {
          sum = 0;
          for (int k = 0; k < now.spikes; k++)
            sum += c->fans[ledger][list[k] < 0 ? ~list[k] : list[k]];
        }
        c->operations[ledger][at] = sum;
      }
    if (l.raster && number < net.rasters)
      std::memcpy(l.raster + at * l.size, now.s, l.size);
  }
};

}  // namespace
