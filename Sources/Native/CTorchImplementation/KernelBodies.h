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

/// Columns that `multiply` computes at a time; its matrices have rows of a multiple of them.
constexpr int64_t lanes = 16;

inline int64_t padded(int64_t columns) { return (columns + lanes - 1) / lanes * lanes; }

/// C += A · B for some rows of C and so many columns of it, which stay in registers meanwhile.
template <int Rows, int Columns, class W>
inline void multiplyBlock(
    const W *a, int64_t down, int64_t across, const W *b, int64_t bStride, int64_t inner, W *c, int64_t cStride) {
  W sums[Rows][Columns];
  for (int row = 0; row < Rows; row++)
    for (int i = 0; i < Columns; i++) sums[row][i] = c[row * cStride + i];
  for (int64_t k = 0; k < inner; k++)
    for (int row = 0; row < Rows; row++) {
      const W factor = a[row * down + k * across];
      for (int i = 0; i < Columns; i++) sums[row][i] += factor * b[k * bStride + i];
    }
  for (int row = 0; row < Rows; row++)
    for (int i = 0; i < Columns; i++) c[row * cStride + i] = sums[row][i];
}

template <int Columns, class W>
inline void multiplyColumns(
    const W *a, int64_t down, int64_t across, const W *b, int64_t bStride, int64_t rows, int64_t inner, W *c, int64_t cStride) {
  int64_t row = 0;
  for (; row + 4 <= rows; row += 4)
    multiplyBlock<4, Columns>(a + row * down, down, across, b, bStride, inner, c + row * cStride, cStride);
  for (; row < rows; row++)
    multiplyBlock<1, Columns>(a + row * down, down, across, b, bStride, inner, c + row * cStride, cStride);
}

/// C [rows, columns] += A [rows, inner] · B [inner, columns], each sum in the order of `inner`. A's next row is `down` further, its next
/// column `across`; the rows of B and C are padded, and what is in their padding does not matter.
template <class W>
inline void multiply(
    const W *a, int64_t down, int64_t across, const W *b, int64_t bStride, int64_t rows, int64_t inner, int64_t columns, W *c,
    int64_t cStride) {
  int64_t column = 0;
  for (; column + 2 * lanes <= columns; column += 2 * lanes)
    multiplyColumns<2 * lanes>(a, down, across, b + column, bStride, rows, inner, c + column, cStride);
  for (; column < columns; column += lanes)
    multiplyColumns<lanes>(a, down, across, b + column, bStride, rows, inner, c + column, cStride);
}

/// Copies one head's rows of queries, keys or values into a matrix with rows of `toStride`.
template <class N, class W>
inline void unpack(const N *from, int64_t stride, int64_t rows, int64_t width, W *to, int64_t toStride) {
  for (int64_t t = 0; t < rows; t++)
    for (int64_t i = 0; i < width; i++) to[t * toStride + i] = load(from[t * stride + i]);
}

/// The same into columns.
template <class N, class W>
inline void unpackTransposed(const N *from, int64_t stride, int64_t rows, int64_t width, W *to, int64_t toStride) {
  for (int64_t t = 0; t < rows; t++)
    for (int64_t i = 0; i < width; i++) to[i * toStride + t] = load(from[t * stride + i]);
}

/// The largest of `count` numbers, at least one.
template <class W>
inline W maximum(const W *x, int64_t count) {
  W largest[lanes];
  for (int lane = 0; lane < lanes; lane++) largest[lane] = x[0];
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes)
    for (int lane = 0; lane < lanes; lane++) largest[lane] = x[i + lane] > largest[lane] ? x[i + lane] : largest[lane];
  for (int lane = 0; i + lane < count; lane++) largest[lane] = x[i + lane] > largest[lane] ? x[i + lane] : largest[lane];
  for (int lane = 1; lane < lanes; lane++) largest[0] = largest[lane] > largest[0] ? largest[lane] : largest[0];
  return largest[0];
}

/// Queries whose attention weights are in memory at a time.
constexpr int64_t queryBlock = 128;

/// One head of one sequence, as matrices, and what attention computes with them.
template <class N, class W>
struct Head {
  int64_t length = 0, width = 0, wide = 0, longer = 0;
  bool causal = false;
  W scale = 0;
  // Queries, keys and values [length, wide]; keys and values also as columns [width, longer].
  std::vector<W> q, k, v, keyColumns, valueColumns;
  // Of a block of queries: softmax(q · kᵀ / √d) [queryBlock, longer].
  std::vector<W> weights;

  void resize(const Attention &a, int64_t tokens) {
    length = tokens, width = a.headWidth, wide = padded(width), longer = padded(length), causal = a.causal;
    scale = W(1) / static_cast<W>(__builtin_sqrt(static_cast<double>(width)));
    q.resize(length * wide), k.resize(length * wide), v.resize(length * wide);
    keyColumns.resize(width * longer), valueColumns.resize(width * longer), weights.resize(queryBlock * longer);
  }

  void read(const N *qkv, int64_t model) {
    unpack(qkv, 3 * model, length, width, q.data(), wide);
    unpack(qkv + model, 3 * model, length, width, k.data(), wide);
    unpack(qkv + 2 * model, 3 * model, length, width, v.data(), wide);
    unpackTransposed(qkv + model, 3 * model, length, width, keyColumns.data(), longer);
  }

  /// How many keys the queries up to `end` see.
  int64_t keys(int64_t end) const { return causal ? end : length; }

  /// The attention weights of the queries begin ..< end; 0 for keys that a query does not see.
  void attend(int64_t begin, int64_t end) {
    std::fill(weights.begin(), weights.begin() + (end - begin) * longer, W(0));
    multiply(
        q.data() + begin * wide, wide, int64_t(1), keyColumns.data(), longer, end - begin, width, keys(end), weights.data(), longer);
    for (int64_t t = begin; t < end; t++) {
      W *row = weights.data() + (t - begin) * longer;
      const int64_t seen = causal ? t + 1 : length;
      for (int64_t s = 0; s < seen; s++) row[s] *= scale;
      const W largest = maximum(row, seen);
      for (int64_t s = 0; s < seen; s++) row[s] = exponential(row[s] - largest);
      const W factor = W(1) / total<W>(seen, [&](int64_t s) { return row[s]; });
      for (int64_t s = 0; s < seen; s++) row[s] *= factor;
      for (int64_t s = seen; s < longer; s++) row[s] = 0;
    }
  }
};

template <class N, class W>
void attentionForward(const Attention &a, int64_t begin, int64_t end) {
  const int64_t model = a.heads * a.headWidth;
  Head<N, W> head;
  std::vector<W> sums;
  for (int64_t sequence = begin; sequence < end; sequence++) {
    const int64_t start = a.offsets[sequence];
    head.resize(a, a.offsets[sequence + 1] - start);
    for (int64_t number = 0; number < a.heads; number++) {
      head.read(static_cast<const N *>(a.qkv) + start * 3 * model + number * head.width, model);
      N *output = static_cast<N *>(a.output) + start * model + number * head.width;
      for (int64_t first = 0; first < head.length; first += queryBlock) {
        const int64_t last = std::min(first + queryBlock, head.length);
        head.attend(first, last);
        sums.assign((last - first) * head.wide, W(0));
        multiply(
            head.weights.data(), head.longer, int64_t(1), head.v.data(), head.wide, last - first, head.keys(last), head.width,
            sums.data(), head.wide);
        for (int64_t t = first; t < last; t++)
          for (int64_t i = 0; i < head.width; i++) store(output + t * model + i, sums[(t - first) * head.wide + i]);
      }
    }
  }
}

template <class N, class W>
void attentionBackward(const Attention &a, int64_t begin, int64_t end) {
  const int64_t model = a.heads * a.headWidth;
  Head<N, W> head;
  std::vector<W> dy, dq, dk, dv, slopes;
  for (int64_t sequence = begin; sequence < end; sequence++) {
    const int64_t start = a.offsets[sequence];
    head.resize(a, a.offsets[sequence + 1] - start);
    const int64_t width = head.width, wide = head.wide, longer = head.longer, size = head.length * wide;
    dy.resize(size);
    for (int64_t number = 0; number < a.heads; number++) {
      const N *qkv = static_cast<const N *>(a.qkv) + start * 3 * model + number * width;
      head.read(qkv, model);
      unpackTransposed(qkv + 2 * model, 3 * model, head.length, width, head.valueColumns.data(), longer);
      unpack(static_cast<const N *>(a.outputGradient) + start * model + number * width, model, head.length, width, dy.data(), wide);
      dq.assign(size, W(0)), dk.assign(size, W(0)), dv.assign(size, W(0));
      for (int64_t first = 0; first < head.length; first += queryBlock) {
        const int64_t last = std::min(first + queryBlock, head.length), rows = last - first, keys = head.keys(last);
        const W *weights = head.weights.data(), *gradient = dy.data() + first * wide;
        head.attend(first, last);
        // The slope of each weight, then that of what the softmax was taken of.
        slopes.assign(rows * longer, W(0));
        multiply(gradient, wide, int64_t(1), head.valueColumns.data(), longer, rows, width, keys, slopes.data(), longer);
        for (int64_t t = 0; t < rows; t++) {
          const W *weight = weights + t * longer;
          W *slope = slopes.data() + t * longer;
          const W mean = total<W>(keys, [&](int64_t s) { return slope[s] * weight[s]; });
          for (int64_t s = 0; s < keys; s++) slope[s] = weight[s] * (slope[s] - mean) * head.scale;
        }
        multiply(slopes.data(), longer, int64_t(1), head.k.data(), wide, rows, keys, width, dq.data() + first * wide, wide);
        multiply(slopes.data(), int64_t(1), longer, head.q.data() + first * wide, wide, keys, rows, width, dk.data(), wide);
        multiply(weights, int64_t(1), longer, gradient, wide, keys, rows, width, dv.data(), wide);
      }
      N *result = static_cast<N *>(a.qkvGradient) + start * 3 * model + number * width;
      for (int64_t t = 0; t < head.length; t++)
        for (int64_t i = 0; i < width; i++) {
          store(result + t * 3 * model + i, dq[t * wide + i]);
          store(result + t * 3 * model + model + i, dk[t * wide + i]);
          store(result + t * 3 * model + 2 * model + i, dv[t * wide + i]);
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
