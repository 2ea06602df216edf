#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "ResamplingLoops.h"

/// Bicubic resampling with antialiasing: where a picture is shrunk, the kernel grows with the step between two target pixels.
///
/// Whole numbers alone, so that every machine gives the same bytes. Kernel: Keys, 1981, with a = −1/2 (Catmull and Rom).
namespace resampling {

inline double cubic(double x) {
  x = std::fabs(x);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  if (x < 2) return ((-0.5 * x + 2.5) * x - 4) * x + 2;
  return 0;
}

/// Which source pixels make each target pixel along one axis, and with what weights.
class Axis {
 public:
  struct Span {
    int first;
    int count;
    /// Where the weights begin; behind an odd number of them stands a zero.
    size_t weights;
    /// The count, rounded up to even.
    int taps() const { return count + count % 2; }
  };

  std::vector<Span> spans;
  std::vector<int16_t> weights;
  /// The source pixels that are needed: from `first` up to `end`.
  int first, end;

  /// - start, length: the part, in source pixels.
  /// - available: how many source pixels there are.
  /// - size: how many target pixels.
  /// - out: whether source pixels outside the part count.
  Axis(double start, double length, int available, int size, bool out) : first(available), end(0) {
    const double step = length / size;
    const double stretch = std::fmax(step, 1.0);
    int lowest = out ? 0 : static_cast<int>(std::floor(start + 1e-6));
    int highest = out ? available : static_cast<int>(std::ceil(start + length - 1e-6));
    lowest = lowest < 0 ? 0 : lowest > available - 1 ? available - 1 : lowest;
    highest = highest > available ? available : highest <= lowest ? lowest + 1 : highest;
    std::vector<double> exact;
    for (int target = 0; target < size; target++) {
      const double centre = start + (target + 0.5) * step;
      int from = static_cast<int>(std::floor(centre - 2 * stretch + 0.5));
      int to = static_cast<int>(std::floor(centre + 2 * stretch + 0.5));
      from = from < lowest ? lowest : from >= highest ? highest - 1 : from;
      to = to > highest ? highest : to <= from ? from + 1 : to;
      exact.clear();
      double sum = 0;
      for (int i = from; i < to; i++) {
        exact.push_back(cubic((i + 0.5 - centre) / stretch));
        sum += exact.back();
      }
      if (sum == 0) {
        exact[0] = 1;
        sum = 1;
      }
      // What rounding leaves over goes to the largest weight: an even colour stays what it is.
      spans.push_back({from, to - from, weights.size()});
      int rest = 1 << weightBits;
      size_t largest = 0;
      for (size_t i = 0; i < exact.size(); i++) {
        const int weight = static_cast<int>(std::lround(exact[i] / sum * (1 << weightBits)));
        weights.push_back(static_cast<int16_t>(weight));
        rest -= weight;
        if (exact[i] > exact[largest]) largest = i;
      }
      int16_t &corrected = weights[spans.back().weights + largest];
      corrected = static_cast<int16_t>(corrected + rest);
      if (exact.size() % 2 == 1) weights.push_back(0);
      first = from < first ? from : first;
      end = to > end ? to : end;
    }
  }
};

/// Pixels of a part of a picture, three bytes each, and where the part lies in it.
struct Source {
  /// Behind the last pixel `slack` bytes may be read.
  const uint8_t *pixels;
  int left, top;
  /// Bytes from one row to the next.
  size_t stride;
};

/// Resamples a picture into `columns` × `rows` target pixels of three bytes.
inline void resample(const Source &source, const Axis &columns, const Axis &rows, uint8_t *pixels) {
  // Down first, along whole rows; across then only on the rows that are left. Source columns that nothing needs are passed over.
  const int length = (columns.end - columns.first) * 3;
  std::vector<int16_t> middle(static_cast<size_t>(length) + 2 * slack);
  std::vector<const uint8_t *> lines;
  auto sumRows = sumRowsPlainly;
  auto sumPixels = sumPixelsPlainly;
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) {
    sumRows = sumRowsAVX2;
    sumPixels = sumPixelsAVX2;
  }
#endif
  for (const auto &row : rows.spans) {
    lines.clear();
    for (int tap = 0; tap < row.count; tap++)
      lines.push_back(
        source.pixels + static_cast<size_t>(row.first + tap - source.top) * source.stride +
        static_cast<size_t>(columns.first - source.left) * 3);
    // The weight of an additional one is 0.
    if (row.count % 2 == 1) lines.push_back(lines.back());
    sumRows(lines.data(), rows.weights.data() + row.weights, row.taps(), length, middle.data());
    for (const auto &span : columns.spans) {
      sumPixels(middle.data() + (span.first - columns.first) * 3, columns.weights.data() + span.weights, span.taps(), pixels);
      pixels += 3;
    }
  }
}

}  // namespace resampling
