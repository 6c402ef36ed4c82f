// Exact codes: one pass over the values that populations transmit, then the spikes that carry them.
//
// q = clip(floor(Σ w q + v₀) / θ, 0, levels); in a code that doubles, the spikes are the bits of q,
// most significant first; else there is one in each of the first q steps.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <vector>

#include "counting.h"
#include "memory.h"
#include "network.h"
#include "potentials.h"
#include "products.h"
#include "spikes.h"

namespace {

constexpr int AT_ONCE = TOGETHER;  // samples of a block, and steps of a read-out

// floor(v / θ), held within 0 and `levels`; `inverse` is 1/θ, so that it is one off at most.
inline void transmitted(int n, const int32_t *__restrict v, const int32_t *__restrict threshold,
                        const float *__restrict inverse, int32_t levels, int32_t *__restrict q) {
  const float most = static_cast<float>(levels + 1);
  for (int i = 0; i < n; i++) {
    const float about = std::min(static_cast<float>(v[i]) * inverse[i], most);
    int32_t found = static_cast<int32_t>(std::max(about, 0.0f));
    const int32_t rest = v[i] - found * threshold[i];
    found += rest >= threshold[i];
    found -= rest < 0;
    q[i] = std::min(std::max(found, 0), levels);
  }
}

// Hold back what the gates of a layer do not let pass.
inline void gated(const Layer &l, int32_t *q) {
  if (l.least <= 1) return;
  const int32_t planes = ~((int32_t(1) << l.held_back) - 1);
  for (int i = 0; i < l.size; i++) q[i] = q[i] < l.least ? 0 : q[i] & planes;
}

inline void transmitted(int n, const int64_t *v, const int64_t *threshold, const float *,
                        int32_t levels, int32_t *q) {
  for (int i = 0; i < n; i++) {
    const int64_t found = v[i] < 0 ? 0 : v[i] / threshold[i];
    q[i] = static_cast<int32_t>(std::min<int64_t>(found, levels));
  }
}

// The samples of one thread, a block at a time.
class Exact {
 public:
  explicit Exact(const Network &network) : net(network), value(net.layers), train(net.layers) {
    incoming.resize(net.layers);
    outgoing.resize(net.layers);
    for (int i = 0; i < net.connections; i++) {
      const Connection &c = net.connection[i];
      incoming[c.post].push_back(&c);
      outgoing[c.pre].push_back(&c);
      multipliers.emplace_back(c, AT_ONCE);
    }

    int64_t widest = 0;
    for (int i = 0; i < net.layers; i++) {
      const Layer &l = net.layer[i];
      widest = std::max<int64_t>(widest, l.size);
      value[i].make(size_t(AT_ONCE) * l.size * sizeof(int32_t));
      if (integrates(l)) train[i].make(size_t(l.length) * l.size);
    }
    potential.make(size_t(AT_ONCE) * widest * sizeof(int64_t));
    planes.make(size_t(AT_ONCE) * widest * sizeof(int32_t));
    sums.make(size_t(AT_ONCE) * widest * sizeof(int64_t));
    fired_now.make(widest);
  }

  // Most samples of a block: one where a read-out hears the spikes of an input that integrates,
  // which are kept of one sample only.
  int at_once() const {
    for (int i = 0; i < net.connections; i++) {
      const Layer &pre = net.layer[net.connection[i].pre];
      const bool heard = net.layer[net.connection[i].post].rule == INTEGRATES;
      if (heard && integrates(pre)) return 1;
    }
    return AT_ONCE;
  }

  // Samples `number` to `number + count`, whose pixels are given.
  void block(int64_t number, int count, const int64_t *pixels) {
    for (int i = 0; i < net.layers; i++) {
      const Layer &l = net.layer[i];
      if (l.rule == SILENT) continue;
      if (l.is_input) input(i, number, count, pixels);
      else if (l.rule == LARGEST) maximum(i, number, count);
      else if (l.bits == 32) summed<int32_t>(i, number, count, pixels);
      else summed<int64_t>(i, number, count, pixels);
    }
  }

 private:
  const Network &net;
  std::vector<Aligned> value;  // of each population, what its neurons transmit: (block, size)
  std::vector<Aligned> train;  // of inputs that integrate: (steps, size) spikes
  std::vector<std::vector<const Connection *>> incoming, outgoing;
  std::vector<Multiplier> multipliers;  // by connection
  Aligned potential, planes, sums, fired_now;
  std::vector<int64_t> change;

  static bool integrates(const Layer &l) { return l.is_input && l.driven == TO_BIAS; }

  Multiplier &multiplier(const Connection &c) { return multipliers[&c - net.connection]; }

  int32_t *values(int i, int k) { return value[i].as<int32_t>() + int64_t(k) * net.layer[i].size; }

  // Populations

  void input(int i, int64_t number, int count, const int64_t *pixels) {
    const Layer &l = net.layer[i];
    for (int k = 0; k < count; k++) {
      const int64_t *own = pixels + k * net.inputs + l.column;
      int32_t *q = values(i, k);
      if (!integrates(l)) {
        const int64_t most = (int64_t(1) << (l.length + l.held_back)) - 1;
        for (int j = 0; j < l.size; j++)
          q[j] = static_cast<int32_t>(std::min(std::max<int64_t>(own[j], 0), most));
        gated(l, q);
      } else if (l.bits == 32) {
        integrate_pixels<int32_t>(i, own, q);
      } else {
        integrate_pixels<int64_t>(i, own, q);
      }
      record(i, number + k, q);
    }
  }

  // The spikes of an input that adds its pixel at each step, and how many there are.
  template <class V> void integrate_pixels(int i, const int64_t *pixels, int32_t *q) {
    const Layer &l = net.layer[i];
    V *v = potential.as<V>();
    std::memcpy(v, l.start, l.size * sizeof(V));
    std::memset(q, 0, l.size * sizeof(int32_t));
    for (int t = 0; t < l.length; t++) {
      int8_t *s = train[i].as<int8_t>() + int64_t(t) * l.size;
      for (int j = 0; j < l.size; j++) v[j] += static_cast<V>(pixels[j]);
      fire<V, false>(l.size, v, static_cast<const V *>(l.threshold), 1, s);
      for (int j = 0; j < l.size; j++) q[j] += s[j];
    }
  }

  void maximum(int i, int64_t number, int count) {
    const Layer &l = net.layer[i];
    for (int k = 0; k < count; k++) {
      int32_t *q = values(i, k);
      std::memset(q, 0, l.size * sizeof(int32_t));
      for (const Connection *c : incoming[i]) {
        const int32_t *heard = values(c->pre, k);
        if (c->product.means == MAXIMUM) multiplier(*c).add(heard, 0, 1, q, 0);
        else largest_of_runs(*c, heard, net.layer[c->pre].size, q);
      }
      record(i, number + k, q);
    }
  }

  void largest_of_runs(const Connection &c, const int32_t *heard, int size, int32_t *q) {
    for (int j = 0; j < size; j++) {
      const int32_t p = c.position[j];
      if (!heard[j] || p < 0) continue;
      for (int64_t r = c.first[p]; r < c.first[p + 1]; r++) {
        int32_t *to = q + c.channel_post[c.channel[j]] + c.run_post[r];
        for (int m = 0; m < c.run_length[r]; m++) to[m] = std::max(to[m], heard[j]);
      }
    }
  }

  // A population that adds up: to what it transmits, or (a read-out) step by step.
  template <class V> void summed(int i, int64_t number, int count, const int64_t *pixels) {
    const Layer &l = net.layer[i];
    V *v = potential.as<V>();
    for (int k = 0; k < count; k++) std::memcpy(v + int64_t(k) * l.size, l.start, l.size * sizeof(V));

    for (const Connection *c : incoming[i]) {
      const Layer &pre = net.layer[c->pre];
      if (pre.rule == SILENT) add(*c, pixels + pre.column, net.inputs, count, v);
      else if (l.rule == FIRES) add(*c, values(c->pre, 0), pre.size, count, v);
    }

    for (int k = 0; k < count; k++) {
      V *own = v + int64_t(k) * l.size;
      if (l.rule == INTEGRATES) {
        read_out(i, number + k, k, own);
        continue;
      }
      const V *threshold = static_cast<const V *>(l.threshold);
      transmitted(l.size, own, threshold, l.inverse, l.levels, values(i, k));
      gated(l, values(i, k));
      record(i, number + k, values(i, k));
    }
  }

  // Add Σ w q of `count` vectors to potentials.
  template <class V, class From>
  void add(const Connection &c, const From *from, int64_t apart, int count, V *v) {
    const Layer &post = net.layer[c.post];
    if constexpr (std::is_same<V, int32_t>::value)
      if (c.product.means != BY_RUNS) return multiplier(c).add(from, apart, count, v, post.size);

    const int size = net.layer[c.pre].size;
    for (int k = 0; k < count; k++) {
      V *own = v + int64_t(k) * post.size;
      if (post.drive_bits == 16) multiply<V, int16_t>(c, from + k * apart, size, own);
      else if (post.drive_bits == 32) multiply<V, int32_t>(c, from + k * apart, size, own);
      else multiply<V, int64_t>(c, from + k * apart, size, own);
    }
  }

  // The potential of a read-out after every step.
  template <class V> void read_out(int i, int64_t number, int k, const V *start) {
    const Layer &l = net.layer[i];
    change.assign(int64_t(net.steps) * l.size, 0);
    for (const Connection *c : incoming[i]) {
      const Layer &pre = net.layer[c->pre];
      if (pre.rule == SILENT) continue;
      for (int first = 0; first < pre.length; first += AT_ONCE) {
        const int steps = std::min(AT_ONCE, pre.length - first);
        int32_t *plane = planes.as<int32_t>();
        for (int j = 0; j < steps; j++)
          spikes_at(c->pre, first + j, values(c->pre, k), plane + int64_t(j) * pre.size);
        V *sum = sums.as<V>();
        std::memset(sum, 0, int64_t(steps) * l.size * sizeof(V));
        add(*c, plane, pre.size, steps, sum);
        for (int j = 0; j < steps; j++) {
          const int t = pre.opens + first + j;
          for (int m = 0; m < l.size; m++)
            change[int64_t(t) * l.size + m] += pre.gains[t] * int64_t(sum[j * l.size + m]);
        }
      }
    }

    for (int m = 0; m < l.size; m++) {
      int64_t v = start[m];
      for (int t = 0; t < net.steps; t++) {
        v += change[int64_t(t) * l.size + m];
        l.outputs[(number * net.steps + t) * l.columns + m] = v;
      }
    }
  }

  // Spikes that carry a value

  // Which neurons fire at a step of their window, 0 or 1.
  template <class S> void spikes_at(int i, int step, const int32_t *__restrict q, S *__restrict s) {
    const Layer &l = net.layer[i];
    if (integrates(l)) {
      const int8_t *fired = train[i].as<int8_t>() + int64_t(step) * l.size;
      for (int j = 0; j < l.size; j++) s[j] = fired[j];
    } else if (l.doubles) {
      const int shift = l.length + l.held_back - 1 - step;
      for (int j = 0; j < l.size; j++) s[j] = static_cast<S>((q[j] >> shift) & 1);
    } else {
      for (int j = 0; j < l.size; j++) s[j] = q[j] > step;
    }
  }

  void record(int i, int64_t number, const int32_t *q) {
    const Layer &l = net.layer[i];
    const auto &to = outgoing[i];
    for (int step = 0; step < l.length; step++) {
      int8_t *s = fired_now.as<int8_t>();
      spikes_at(i, step, q, s);
      const int64_t at = number * net.steps + l.opens + step;
      count_step(l, to.data(), static_cast<int>(to.size()), s, at);
      if (l.raster && number < net.rasters) std::memcpy(l.raster + at * l.size, s, l.size);
    }
  }
};

}  // namespace
