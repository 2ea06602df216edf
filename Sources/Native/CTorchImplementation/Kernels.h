#pragma once

#include <cstdint>

namespace colophon {

/// The upper half of a float32.
struct BFloat16 {
  uint16_t bits;
};

/// The element types of a layer: `Wide` for what is kept, `Narrow` for what is multiplied.
enum class Types { float32, float32AndBFloat16, float64 };

struct LayerNormForward {
  int64_t rows, width;
  const void *x;       // Wide
  const void *delta;   // Narrow, or null
  const void *weight;  // Wide
  const void *bias;    // Wide
  double epsilon;
  void *sum;      // Wide, or null
  void *output;   // Narrow
  void *mean;     // Wide [rows]
  void *inverse;  // Wide [rows], 1 / standard deviation
};

struct LayerNormBackward {
  int64_t rows, width;
  const void *sum;             // Wide, x + delta
  const void *weight;          // Wide
  const void *mean;            // Wide
  const void *inverse;         // Wide
  const void *outputGradient;  // Narrow
  const void *sumGradient;     // Wide, or null
  void *xGradient;             // Wide
  void *deltaGradient;         // Narrow, or null
  void *weightGradient;        // Wide [width], added to
  void *biasGradient;          // Wide [width], added to
};

struct Attention {
  int64_t heads, headWidth;
  bool causal;
  const void *qkv;         // [tokens, 3 · heads · headWidth]
  const int64_t *offsets;  // [sequences + 1]
  void *output;            // [tokens, heads · headWidth]; null in the backward pass
  const void *outputGradient;
  void *qkvGradient;
};

struct AdamW {
  float learningRate, beta1, beta2, epsilon, decay, scale;
  // 1 − β^step
  float firstCorrection, secondCorrection;
};

/// The kernels, compiled for one instruction set. Ranges are rows, sequences or elements.
struct Kernels {
  const char *name;
  void (*layerNormForward)(Types, const LayerNormForward &, int64_t begin, int64_t end);
  void (*layerNormBackward)(Types, const LayerNormBackward &, int64_t begin, int64_t end);
  void (*attentionForward)(Types, const Attention &, int64_t begin, int64_t end);
  void (*attentionBackward)(Types, const Attention &, int64_t begin, int64_t end);
  void (*quickGeluForward)(Types, const void *x, void *y, int64_t begin, int64_t end);
  void (*quickGeluBackward)(Types, const void *x, const void *dy, void *dx, int64_t begin, int64_t end);
  /// Adds the columns' sums of rows begin ..< end to `sums` (Wide [width]).
  void (*columnSums)(Types, const void *x, int64_t width, void *sums, int64_t begin, int64_t end);
  void (*adamw)(const AdamW &, float *parameter, const float *gradient, float *first, float *second, int64_t begin, int64_t end);
  double (*sumOfSquares)(const float *x, int64_t begin, int64_t end);
};

extern const Kernels baselineKernels, avx2Kernels, avx512Kernels;

/// The kernels for the machine that this runs on.
const Kernels &kernels();

}  // namespace colophon
