// The kernels' bodies, included once for each instruction set: see Kernels.h for what they compute. No pragma once.
// Every sum has a fixed order, so that the result depends on the instruction set alone.

namespace {

template <class T>
struct Accumulated {
  using type = float;
};
template <>
struct Accumulated<double> {
  using type = double;
};

inline float load(float x) { return x; }
inline double load(double x) { return x; }
inline float load(BFloat16 x) {
  const uint32_t bits = static_cast<uint32_t>(x.bits) << 16;
  float value;
  memcpy(&value, &bits, 4);
  return value;
}

inline void store(float *p, float x) { *p = x; }
inline void store(double *p, double x) { *p = x; }
inline void store(BFloat16 *p, float x) {
  uint32_t bits;
  memcpy(&bits, &x, 4);
  const uint32_t rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16;
  // Not a number stays one.
  p->bits = static_cast<uint16_t>((bits & 0x7FFFFFFF) > 0x7F800000 ? 0x7FC0 : rounded);
}

/// eˣ within 2e-7: 2^n · p(r), p the Taylor polynomial of degree 7 on |r| ≤ ln 2 / 2. A vector loop, unlike the C library's.
inline float exponential(float x) {
  x = x < -87.0f ? -87.0f : (x > 88.0f ? 88.0f : x);
  const float n = __builtin_floorf(x * 1.44269504f + 0.5f);
  const float r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  float p = 1.0f / 5040;
  p = p * r + 1.0f / 720;
  p = p * r + 1.0f / 120;
  p = p * r + 1.0f / 24;
  p = p * r + 1.0f / 6;
  p = p * r + 0.5f;
  p = p * r + 1.0f;
  p = p * r + 1.0f;
  const uint32_t bits = static_cast<uint32_t>(static_cast<int32_t>(n) + 127) << 23;
  float power;
  memcpy(&power, &bits, 4);
  return p * power;
}
inline double exponential(double x) { return __builtin_exp(x); }

/// Σ f(i) for i in 0 ..< count, in sixteen interleaved sums.
template <class T, class Term>
inline T total(int64_t count, const Term &term) {
  T lanes[16] = {};
  int64_t i = 0;
  for (; i + 16 <= count; i += 16)
    for (int lane = 0; lane < 16; lane++) lanes[lane] += term(i + lane);
  for (int lane = 0; i + lane < count; lane++) lanes[lane] += term(i + lane);
  for (int step = 8; step > 0; step /= 2)
    for (int lane = 0; lane < step; lane++) lanes[lane] += lanes[lane + step];
  return lanes[0];
}

template <class W, class N>
void layerNormForward(const LayerNormForward &a, int64_t begin, int64_t end) {
  const int64_t width = a.width;
  const W *weight = static_cast<const W *>(a.weight), *bias = static_cast<const W *>(a.bias);
  for (int64_t row = begin; row < end; row++) {
    const W *x = static_cast<const W *>(a.x) + row * width;
    if (a.delta) {
      const N *delta = static_cast<const N *>(a.delta) + row * width;
      W *sum = static_cast<W *>(a.sum) + row * width;
      for (int64_t i = 0; i < width; i++) sum[i] = x[i] + static_cast<W>(load(delta[i]));
      x = sum;
    }
    const W mean = total<W>(width, [&](int64_t i) { return x[i]; }) / width;
    const W variance = total<W>(width, [&](int64_t i) { return (x[i] - mean) * (x[i] - mean); }) / width;
    const W inverse = W(1) / static_cast<W>(__builtin_sqrt(variance + static_cast<W>(a.epsilon)));
    static_cast<W *>(a.mean)[row] = mean;
    static_cast<W *>(a.inverse)[row] = inverse;
    N *y = static_cast<N *>(a.output) + row * width;
    for (int64_t i = 0; i < width; i++) store(y + i, (x[i] - mean) * inverse * weight[i] + bias[i]);
  }
}

template <class W, class N>
void layerNormBackward(const LayerNormBackward &a, int64_t begin, int64_t end) {
  const int64_t width = a.width;
  const W *weight = static_cast<const W *>(a.weight);
  W *weightGradient = static_cast<W *>(a.weightGradient), *biasGradient = static_cast<W *>(a.biasGradient);
  for (int64_t row = begin; row < end; row++) {
    const W *x = static_cast<const W *>(a.sum) + row * width;
    const N *dy = static_cast<const N *>(a.outputGradient) + row * width;
    const W *more = a.sumGradient ? static_cast<const W *>(a.sumGradient) + row * width : nullptr;
    W *dx = static_cast<W *>(a.xGradient) + row * width;
    const W mean = static_cast<const W *>(a.mean)[row], inverse = static_cast<const W *>(a.inverse)[row];
    const W first = total<W>(width, [&](int64_t i) { return load(dy[i]) * weight[i]; }) / width;
    const W second =
        total<W>(width, [&](int64_t i) { return load(dy[i]) * weight[i] * (x[i] - mean) * inverse; }) / width;
    for (int64_t i = 0; i < width; i++) {
      const W normal = (x[i] - mean) * inverse, d = load(dy[i]);
      dx[i] = (d * weight[i] - first - normal * second) * inverse;
      weightGradient[i] += d * normal;
      biasGradient[i] += d;
    }
    if (more)
      for (int64_t i = 0; i < width; i++) dx[i] += more[i];
    if (a.deltaGradient) {
      N *delta = static_cast<N *>(a.deltaGradient) + row * width;
      for (int64_t i = 0; i < width; i++) store(delta + i, dx[i]);
    }
  }
}

/// Copies one head's rows of queries, keys or values into a dense block.
template <class N, class W>
inline void unpack(const N *from, int64_t stride, int64_t rows, int64_t width, W *to) {
  for (int64_t t = 0; t < rows; t++)
    for (int64_t i = 0; i < width; i++) to[t * width + i] = load(from[t * stride + i]);
}

/// The attention weights of one query, softmax(q · kᵀ / √d), over the first `keys` keys.
template <class W>
inline void attentionWeights(const W *q, const W *k, int64_t keys, int64_t width, W scale, W *weights) {
  W largest = -__builtin_inf();
  for (int64_t s = 0; s < keys; s++) {
    const W *key = k + s * width;
    weights[s] = total<W>(width, [&](int64_t i) { return q[i] * key[i]; }) * scale;
    largest = weights[s] > largest ? weights[s] : largest;
  }
  W sum = 0;
  for (int64_t s = 0; s < keys; s++) weights[s] = exponential(weights[s] - largest);
  for (int64_t s = 0; s < keys; s++) sum += weights[s];
  for (int64_t s = 0; s < keys; s++) weights[s] /= sum;
}

template <class N, class W>
void attentionForward(const Attention &a, int64_t begin, int64_t end) {
  const int64_t width = a.headWidth, model = a.heads * width;
  const W scale = W(1) / static_cast<W>(__builtin_sqrt(static_cast<double>(width)));
  std::vector<W> q, k, v, weights, sum(width);
  for (int64_t sequence = begin; sequence < end; sequence++) {
    const int64_t start = a.offsets[sequence], length = a.offsets[sequence + 1] - start;
    q.resize(length * width), k.resize(length * width), v.resize(length * width), weights.resize(length);
    for (int64_t head = 0; head < a.heads; head++) {
      const N *qkv = static_cast<const N *>(a.qkv) + start * 3 * model + head * width;
      unpack(qkv, 3 * model, length, width, q.data());
      unpack(qkv + model, 3 * model, length, width, k.data());
      unpack(qkv + 2 * model, 3 * model, length, width, v.data());
      N *output = static_cast<N *>(a.output) + start * model + head * width;
      for (int64_t t = 0; t < length; t++) {
        const int64_t keys = a.causal ? t + 1 : length;
        attentionWeights(q.data() + t * width, k.data(), keys, width, scale, weights.data());
        for (int64_t i = 0; i < width; i++) sum[i] = 0;
        for (int64_t s = 0; s < keys; s++)
          for (int64_t i = 0; i < width; i++) sum[i] += weights[s] * v[s * width + i];
        for (int64_t i = 0; i < width; i++) store(output + t * model + i, sum[i]);
      }
    }
  }
}

template <class N, class W>
void attentionBackward(const Attention &a, int64_t begin, int64_t end) {
  const int64_t width = a.headWidth, model = a.heads * width;
  const W scale = W(1) / static_cast<W>(__builtin_sqrt(static_cast<double>(width)));
  std::vector<W> q, k, v, dy, dq, dk, dv, weights, slopes;
  for (int64_t sequence = begin; sequence < end; sequence++) {
    const int64_t start = a.offsets[sequence], length = a.offsets[sequence + 1] - start, size = length * width;
    q.resize(size), k.resize(size), v.resize(size), dy.resize(size), weights.resize(length), slopes.resize(length);
    for (int64_t head = 0; head < a.heads; head++) {
      const N *qkv = static_cast<const N *>(a.qkv) + start * 3 * model + head * width;
      unpack(qkv, 3 * model, length, width, q.data());
      unpack(qkv + model, 3 * model, length, width, k.data());
      unpack(qkv + 2 * model, 3 * model, length, width, v.data());
      unpack(static_cast<const N *>(a.outputGradient) + start * model + head * width, model, length, width, dy.data());
      dq.assign(size, W(0)), dk.assign(size, W(0)), dv.assign(size, W(0));
      for (int64_t t = 0; t < length; t++) {
        const int64_t keys = a.causal ? t + 1 : length;
        const W *query = q.data() + t * width, *gradient = dy.data() + t * width;
        attentionWeights(query, k.data(), keys, width, scale, weights.data());
        W mean = 0;
        for (int64_t s = 0; s < keys; s++) {
          const W *value = v.data() + s * width;
          slopes[s] = total<W>(width, [&](int64_t i) { return gradient[i] * value[i]; });
          mean += slopes[s] * weights[s];
        }
        for (int64_t s = 0; s < keys; s++) {
          const W weight = weights[s], slope = weight * (slopes[s] - mean) * scale;
          const W *key = k.data() + s * width;
          W *keyGradient = dk.data() + s * width, *valueGradient = dv.data() + s * width, *own = dq.data() + t * width;
          for (int64_t i = 0; i < width; i++) {
            own[i] += slope * key[i];
            keyGradient[i] += slope * query[i];
            valueGradient[i] += weight * gradient[i];
          }
        }
      }
      N *result = static_cast<N *>(a.qkvGradient) + start * 3 * model + head * width;
      for (int64_t t = 0; t < length; t++)
        for (int64_t i = 0; i < width; i++) {
          store(result + t * 3 * model + i, dq[t * width + i]);
          store(result + t * 3 * model + model + i, dk[t * width + i]);
          store(result + t * 3 * model + 2 * model + i, dv[t * width + i]);
        }
    }
  }
}

template <class N>
void quickGeluForward(const N *x, N *y, int64_t begin, int64_t end) {
  using W = typename Accumulated<N>::type;
  for (int64_t i = begin; i < end; i++) {
    const W value = load(x[i]);
    store(y + i, value / (W(1) + exponential(W(-1.702) * value)));
  }
}

template <class N>
void quickGeluBackward(const N *x, const N *dy, N *dx, int64_t begin, int64_t end) {
  using W = typename Accumulated<N>::type;
  for (int64_t i = begin; i < end; i++) {
    const W value = load(x[i]), sigmoid = W(1) / (W(1) + exponential(W(-1.702) * value));
    store(dx + i, load(dy[i]) * sigmoid * (W(1) + W(1.702) * value * (W(1) - sigmoid)));
  }
}

template <class N, class W>
void columnSums(const N *x, int64_t width, W *sums, int64_t begin, int64_t end) {
  for (int64_t row = begin; row < end; row++)
    for (int64_t i = 0; i < width; i++) sums[i] += load(x[row * width + i]);
}

void adamw(
    const AdamW &a, float *parameter, const float *gradient, float *first, float *second, int64_t begin, int64_t end) {
  const float rate = a.learningRate / a.firstCorrection, root = 1.0f / __builtin_sqrtf(a.secondCorrection);
  const float keep = 1.0f - a.learningRate * a.decay;
  for (int64_t i = begin; i < end; i++) {
    const float g = gradient[i] * a.scale;
    const float m = a.beta1 * first[i] + (1.0f - a.beta1) * g;
    const float v = a.beta2 * second[i] + (1.0f - a.beta2) * g * g;
    first[i] = m;
    second[i] = v;
    parameter[i] = parameter[i] * keep - rate * m / (__builtin_sqrtf(v) * root + a.epsilon);
  }
}

double sumOfSquares(const float *x, int64_t begin, int64_t end) {
  return total<double>(end - begin, [&](int64_t i) { return static_cast<double>(x[begin + i]) * x[begin + i]; });
}

}  // namespace

// A template function for the given types.
#define COLOPHON_DISPATCH(call32, call16, call64) \
  switch (types) {                                \
    case Types::float32: return call32;           \
    case Types::float32AndBFloat16: return call16; \
    case Types::float64: return call64;           \
  }

#define COLOPHON_KERNELS(variable, label)                                                                           \
  const Kernels variable{                                                                                           \
      label,                                                                                                        \
      [](Types types, const LayerNormForward &a, int64_t begin, int64_t end) {                                      \
        COLOPHON_DISPATCH(                                                                                          \
            (layerNormForward<float, float>(a, begin, end)), (layerNormForward<float, BFloat16>(a, begin, end)),    \
            (layerNormForward<double, double>(a, begin, end)))                                                      \
      },                                                                                                            \
      [](Types types, const LayerNormBackward &a, int64_t begin, int64_t end) {                                     \
        COLOPHON_DISPATCH(                                                                                          \
            (layerNormBackward<float, float>(a, begin, end)), (layerNormBackward<float, BFloat16>(a, begin, end)),  \
            (layerNormBackward<double, double>(a, begin, end)))                                                     \
      },                                                                                                            \
      [](Types types, const Attention &a, int64_t begin, int64_t end) {                                             \
        COLOPHON_DISPATCH(                                                                                          \
            (attentionForward<float, float>(a, begin, end)), (attentionForward<BFloat16, float>(a, begin, end)),    \
            (attentionForward<double, double>(a, begin, end)))                                                      \
      },                                                                                                            \
      [](Types types, const Attention &a, int64_t begin, int64_t end) {                                             \
        COLOPHON_DISPATCH(                                                                                          \
            (attentionBackward<float, float>(a, begin, end)), (attentionBackward<BFloat16, float>(a, begin, end)),  \
            (attentionBackward<double, double>(a, begin, end)))                                                     \
      },                                                                                                            \
      [](Types types, const void *x, void *y, int64_t begin, int64_t end) {                                         \
        COLOPHON_DISPATCH(                                                                                          \
            quickGeluForward(static_cast<const float *>(x), static_cast<float *>(y), begin, end),                   \
            quickGeluForward(static_cast<const BFloat16 *>(x), static_cast<BFloat16 *>(y), begin, end),             \
            quickGeluForward(static_cast<const double *>(x), static_cast<double *>(y), begin, end))                 \
      },                                                                                                            \
      [](Types types, const void *x, const void *dy, void *dx, int64_t begin, int64_t end) {                        \
        COLOPHON_DISPATCH(                                                                                          \
            quickGeluBackward(                                                                                      \
                static_cast<const float *>(x), static_cast<const float *>(dy), static_cast<float *>(dx), begin,     \
                end),                                                                                               \
            quickGeluBackward(                                                                                      \
                static_cast<const BFloat16 *>(x), static_cast<const BFloat16 *>(dy), static_cast<BFloat16 *>(dx),   \
                begin, end),                                                                                        \
            quickGeluBackward(                                                                                      \
                static_cast<const double *>(x), static_cast<const double *>(dy), static_cast<double *>(dx), begin,  \
                end))                                                                                               \
      },                                                                                                            \
      [](Types types, const void *x, int64_t width, void *sums, int64_t begin, int64_t end) {                       \
        COLOPHON_DISPATCH(                                                                                          \
            columnSums(static_cast<const float *>(x), width, static_cast<float *>(sums), begin, end),               \
            columnSums(static_cast<const BFloat16 *>(x), width, static_cast<float *>(sums), begin, end),            \
            columnSums(static_cast<const double *>(x), width, static_cast<double *>(sums), begin, end))             \
      },                                                                                                            \
      adamw,                                                                                                        \
      sumOfSquares,                                                                                                 \
  };
