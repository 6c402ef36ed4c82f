// The event engine: for each spike, add its weights to what it reaches.
//
// A network is a list of layers and of connections between them, all numbers made by Python
// (layers.py, patches.py). A sample runs through all steps on one thread, in a state of its own.
// Sums of one step (`drive`) are as narrow as their worst case, potentials as theirs.

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <memory>
#include <thread>
#include <vector>

#ifdef __AVX512BW__
#include <immintrin.h>
#endif

namespace {

// As in layers.py.
enum Rule { FIRES = 0, RETRACTS = 1, LARGEST = 2, INTEGRATES = 3, GIVEN = 4, SILENT = 5 };
enum Form { RUNS = 0, ROWS = 1, SINGLE = 2 };
enum Drive { NOWHERE = 0, TO_BIAS = 1, TO_START = 2, TIMES_TO_BIAS = 3, TIMES_TO_START = 4 };

constexpr int VECTOR = 64;  // bytes
constexpr int TILE = 8;     // vectors of sums that are kept in registers

}  // namespace

extern "C" {

// One population; arrays of `bits` are as wide as its potentials. Mirrored by layers.Layer.
struct Layer {
  int32_t size, rule, bits, drive_bits;
  int32_t zero, is_input, has_bias, counted;
  int32_t levels, driven, column, columns;
  int64_t largest;
  const void *start, *bias, *threshold;
  const int64_t *gains;     // (steps,)
  const uint8_t *open;      // (steps,)
  const int8_t *events;     // (samples of a call, steps, size)
  int64_t *spikes;          // (samples, steps)
  int64_t *outputs;         // (samples, steps, columns), from this read-out's first column
  int64_t *saturations;     // (samples,)
  int8_t *raster;           // (rasters, steps, size)
};

// One connection; mirrored by layers.Arrow. A pre neuron has the runs of its position: neighbours
// in the post population with neighbours in the weights, both moved on by its channel.
struct Connection {
  int32_t pre, post, form, compares;
  const int32_t *position, *channel;              // (pre size,); position -1: no synapse
  const int64_t *first;                           // (positions + 1,)
  const int32_t *run_post, *run_weight, *run_length;
  const int32_t *channel_post;                    // (channels,)
  const int64_t *channel_weight;
  const void *weights;                            // as wide as the drive of the post layer
  int64_t row;                                    // of ROWS, in weights, a multiple of a vector
  int64_t fan[2];                                 // operations of a spike, or -1: as in `fans`
  const int64_t *fans[2];                         // (pre size,)
  int64_t *operations[2];                         // (samples, steps)
  const int64_t *row_first;                       // windows of a max pool; null: counts only rise
  const int32_t *row_pre;
};

struct Network {
  int32_t layers, connections, steps, streaming;
  int64_t samples_in_all, rasters, inputs;
  const Layer *layer;
  const Connection *connection;
};
}

namespace {

struct Aligned {
  std::unique_ptr<char[]> block;
  char *at = nullptr;
  void make(size_t bytes) {
    bytes += 4 * VECTOR;
    block.reset(new char[bytes]());
    auto address = reinterpret_cast<uintptr_t>(block.get());
    at = block.get() + (VECTOR - address % VECTOR);
  }
  template <class T> T *as() const { return reinterpret_cast<T *>(at); }
};

// A layer while a sample runs.
struct State {
  Aligned v, bias, drive, fired, count, largest, list;
  const void *bias_now = nullptr;
  const int8_t *s = nullptr;  // what fired in this step
  int32_t spikes = 0;
  bool has_bias = false;
  int64_t held = 0;
};

// Sums of one step

template <class D, int N>
void add_tile(const D *weights, int64_t row, const int32_t *list, int spikes, D *drive) {
  typedef D Lane __attribute__((vector_size(VECTOR), aligned(sizeof(D))));
  constexpr int LANES = VECTOR / sizeof(D);
  Lane sum[N];
  for (int i = 0; i < N; i++) sum[i] = *reinterpret_cast<const Lane *>(drive + i * LANES);
  for (int k = 0; k < spikes; k++) {
    const int32_t j = list[k];
    if (__builtin_expect(j >= 0, 1)) {
      const D *w = weights + j * row;
      for (int i = 0; i < N; i++) sum[i] += *reinterpret_cast<const Lane *>(w + i * LANES);
    } else {
      const D *w = weights + ~j * row;
      for (int i = 0; i < N; i++) sum[i] -= *reinterpret_cast<const Lane *>(w + i * LANES);
    }
  }
  for (int i = 0; i < N; i++) *reinterpret_cast<Lane *>(drive + i * LANES) = sum[i];
}

template <class D>
void add_rows(const Connection &c, const State &pre, D *drive) {
  constexpr int LANES = VECTOR / sizeof(D);
  const D *weights = static_cast<const D *>(c.weights);
  const int32_t *list = pre.list.as<int32_t>();
  const int vectors = static_cast<int>(c.row / LANES);
  for (int at = 0; at < vectors; at += TILE) {
    const D *w = weights + at * LANES;
    D *d = drive + at * LANES;
    switch (std::min(TILE, vectors - at)) {
      case 1: add_tile<D, 1>(w, c.row, list, pre.spikes, d); break;
      case 2: add_tile<D, 2>(w, c.row, list, pre.spikes, d); break;
      case 3: add_tile<D, 3>(w, c.row, list, pre.spikes, d); break;
      case 4: add_tile<D, 4>(w, c.row, list, pre.spikes, d); break;
      case 5: add_tile<D, 5>(w, c.row, list, pre.spikes, d); break;
      case 6: add_tile<D, 6>(w, c.row, list, pre.spikes, d); break;
      case 7: add_tile<D, 7>(w, c.row, list, pre.spikes, d); break;
      default: add_tile<D, 8>(w, c.row, list, pre.spikes, d); break;
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
  constexpr int LANES = VECTOR / sizeof(D);
  static const struct Mask {
    D number[2 * LANES] = {};
    Mask() { std::fill(number, number + LANES, D(-1)); }
  } mask;

  Lane sum[N] = {};
  for (int k = 0; k < group.adds; k++) {
    const D *w = static_cast<const D *>(group.weights[k]) + offset;
    for (int i = 0; i < N; i++) sum[i] += *reinterpret_cast<const Lane *>(w + i * LANES);
  }
  for (int k = 0; k < group.takes; k++) {
    const D *w = static_cast<const D *>(group.weights[Group::MOST - 1 - k]) + offset;
    for (int i = 0; i < N; i++) sum[i] -= *reinterpret_cast<const Lane *>(w + i * LANES);
  }
  sum[N - 1] &= *reinterpret_cast<const Lane *>(mask.number + LANES - last);
  for (int i = 0; i < N; i++) *reinterpret_cast<Lane *>(drive + i * LANES) += sum[i];
}

template <class D>
void add_runs(const Connection &c, const Group &group, int32_t position, int32_t post, D *drive) {
  constexpr int LANES = VECTOR / sizeof(D);
  for (int64_t r = c.first[position]; r < c.first[position + 1]; r++) {
    D *to = drive + post + c.run_post[r];
    int64_t from = c.run_weight[r];
    for (int left = c.run_length[r]; left > 0; left -= TILE * LANES) {
      const int vectors = std::min(TILE, (left + LANES - 1) / LANES);
      const int last = std::min(LANES, left - (vectors - 1) * LANES);
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
      to += TILE * LANES;
      from += TILE * LANES;
    }
  }
}

template <class D>
void add_singles(const Connection &c, const State &pre, D *drive) {
  const D *weights = static_cast<const D *>(c.weights);
  const int32_t *list = pre.list.as<int32_t>();
  for (int k = 0; k < pre.spikes; k++) {
    const bool negative = list[k] < 0;
    const int32_t j = negative ? ~list[k] : list[k], p = c.position[j];
    if (p < 0) continue;
    const int32_t channel = c.channel[j];
    const D w = weights[c.channel_weight[channel] + c.run_weight[p]];
    drive[c.channel_post[channel] + c.run_post[p]] += negative ? -w : w;
  }
}

template <class D>
void add(const Connection &c, const State &pre, D *drive) {
  if (c.form == ROWS) return add_rows<D>(c, pre, drive);
  if (c.form == SINGLE) return add_singles<D>(c, pre, drive);

  // Neurons of one position follow each other in the list.
  const D *weights = static_cast<const D *>(c.weights);
  const int32_t *list = pre.list.as<int32_t>();
  for (int k = 0; k < pre.spikes;) {
    Group group;
    int32_t position = -1, post = -1;
    for (; k < pre.spikes && group.adds + group.takes < Group::MOST; k++) {
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

// Σ w x of an analog input, once.
template <class V, class D>
void multiply(const Connection &c, const int64_t *pixels, int size, V *to) {
  const D *weights = static_cast<const D *>(c.weights);
  for (int j = 0; j < size; j++) {
    const int32_t p = c.position[j];
    if (!pixels[j] || p < 0) continue;
    const V x = static_cast<V>(pixels[j]);
    const int32_t channel = c.channel[j];
    for (int64_t r = c.first[p]; r < c.first[p + 1]; r++) {
      V *__restrict t = to + c.channel_post[channel] + c.run_post[r];
      const D *__restrict w = weights + c.channel_weight[channel] + c.run_weight[r];
      const int length = c.run_length[r];
      for (int k = 0; k < length; k++) t[k] += static_cast<V>(x * static_cast<V>(w[k]));
    }
  }
}

// Potentials

template <class V, class D>
void integrate(int n, V *__restrict v, D *__restrict drive, V gain) {
  for (int i = 0; i < n; i++) {
    v[i] += static_cast<V>(gain * static_cast<V>(drive[i]));
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

// `integrate`, `add_bias` and `fire` with a reset by subtraction in one pass.
template <class V, class D>
void whole_step(int n, V *__restrict v, D *__restrict drive, V gain, const V *__restrict bias,
                const V *__restrict threshold, V worth, int8_t *__restrict s) {
  for (int i = 0; i < n; i++) {
    const V h = static_cast<V>(threshold[i] * worth);
    const V x = static_cast<V>(v[i] + static_cast<V>(gain * static_cast<V>(drive[i])) + bias[i]);
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

class Run {
 public:
  explicit Run(const Network &network) : net(network), state(network.layers) {
    incoming.resize(net.layers);
    outgoing.resize(net.layers);
    for (int i = 0; i < net.connections; i++) {
      incoming[net.connection[i].post].push_back(&net.connection[i]);
      outgoing[net.connection[i].pre].push_back(&net.connection[i]);
    }
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
    if (post.drive_bits == 16) multiply<V, int16_t>(c, own, n, v);
    else if (post.drive_bits == 32) multiply<V, int32_t>(c, own, n, v);
    else multiply<V, int64_t>(c, own, n, v);
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
      add<D>(*c, pre, drive);
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
    if (net.streaming) heard(i, found);

    now.spikes = 0;
    if (l.open[t]) {
      const int64_t *count = now.count.as<int64_t>();
      int8_t *s = now.fired.as<int8_t>();
      for (int k = 0; k < l.size; k++) s[k] = found[k] > count[k];
      now.spikes = listed(s, l.size, now.list.as<int32_t>(), false);
    }

    // In exact codes it hears the step before.
    if (!net.streaming) heard(i, found);
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

// Run samples `first` to `first + samples` on `threads` threads; `inputs` are theirs.
extern "C" int run(const Network *network, int64_t first, int64_t samples, const int64_t *inputs,
                   int threads) {
  std::atomic<int64_t> next{0};
  std::atomic<int> failed{0};
  auto work = [&] {
    try {
      Run one(*network);
      for (int64_t i; (i = next.fetch_add(1)) < samples;)
        one.sample(first + i, inputs + i * network->inputs, i);
    } catch (...) {
      failed = 1;
    }
  };
  std::vector<std::thread> helpers;
  for (int i = 1; i < threads; i++) {
    try {
      helpers.emplace_back(work);
    } catch (...) {
      break;  // no thread to be had: the others do its share
    }
  }
  work();
  for (auto &helper : helpers) helper.join();
  return failed;
}
