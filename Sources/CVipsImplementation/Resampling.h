#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

/// Bicubic resampling with antialiasing: where a picture is shrunk, the kernel grows with the step between two target pixels.
///
/// Whole numbers alone, so that every machine gives the same bytes. Kernel: Keys, 1981, with a = −1/2 (Catmull and Rom).
namespace resampling {

/// Kernel weights have so many binary places, and rows between the two passes so many below a byte's.
constexpr int weightBits = 14;
constexpr int middleBits = 6;

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
    size_t weights;
  };

  std::vector<Span> spans;
  std::vector<int16_t> weights;

  /// - start, length: the part, in source pixels.
  /// - available: how many source pixels there are.
  /// - size: how many target pixels.
  /// - out: whether source pixels outside the part count.
  Axis(double start, double length, int available, int size, bool out) {
    const double step = length / size;
    const double stretch = std::fmax(step, 1.0);
    int lowest = out ? 0 : static_cast<int>(std::floor(start + 1e-6));
    int highest = out ? available : static_cast<int>(std::ceil(start + length - 1e-6));
    lowest = lowest < 0 ? 0 : lowest > available - 1 ? available - 1 : lowest;
    highest = highest > available ? available : highest <= lowest ? lowest + 1 : highest;
    std::vector<double> exact;
    for (int target = 0; target < size; target++) {
      const double centre = start + (target + 0.5) * step;
      int first = static_cast<int>(std::floor(centre - 2 * stretch + 0.5));
      int end = static_cast<int>(std::floor(centre + 2 * stretch + 0.5));
      first = first < lowest ? lowest : first >= highest ? highest - 1 : first;
      end = end > highest ? highest : end <= first ? first + 1 : end;
      exact.clear();
      double sum = 0;
      for (int i = first; i < end; i++) {
        exact.push_back(cubic((i + 0.5 - centre) / stretch));
        sum += exact.back();
      }
      if (sum == 0) {
        exact[0] = 1;
        sum = 1;
      }
      // What rounding leaves over goes to the largest weight: an even colour stays what it is.
      spans.push_back({first, end - first, weights.size()});
      int rest = 1 << weightBits;
      size_t largest = 0;
      for (size_t i = 0; i < exact.size(); i++) {
        const int weight = static_cast<int>(std::lround(exact[i] / sum * (1 << weightBits)));
        weights.push_back(static_cast<int16_t>(weight));
        rest -= weight;
        if (exact[i] > exact[largest]) largest = i;
      }
      weights[spans.back().weights + largest] = static_cast<int16_t>(weights[spans.back().weights + largest] + rest);
    }
  }
};

/// Resamples rows of `width` pixels of three bytes into `columns` × `rows` target pixels.
inline void resample(const uint8_t *source, int width, const Axis &columns, const Axis &rows, uint8_t *pixels) {
  // Down first, along whole rows; across then only on the rows that are left. Source columns that nothing needs are passed over.
  int lowest = width, highest = 0;
  for (const auto &span : columns.spans) {
    if (span.first < lowest) lowest = span.first;
    if (span.first + span.count > highest) highest = span.first + span.count;
  }
  const size_t length = static_cast<size_t>(highest - lowest) * 3;
  std::vector<int32_t> sums(length);
  // A fourth number a pixel, always 0, so that a pixel is one vector.
  std::vector<int16_t> middle(static_cast<size_t>(highest - lowest) * 4);
  const int size = static_cast<int>(columns.spans.size());
  for (const auto &row : rows.spans) {
    for (size_t i = 0; i < length; i++) sums[i] = 1 << (weightBits - middleBits - 1);
    for (int tap = 0; tap < row.count; tap++) {
      const int16_t weight = rows.weights[row.weights + tap];
      const uint8_t *line = source + (static_cast<size_t>(row.first + tap) * width + lowest) * 3;
      int32_t *sum = sums.data();
      for (size_t i = 0; i < length; i++) sum[i] += static_cast<int32_t>(weight) * static_cast<int16_t>(line[i]);
    }
    for (size_t i = 0; i < length / 3; i++)
      for (int channel = 0; channel < 3; channel++)
        middle[i * 4 + channel] = static_cast<int16_t>(sums[i * 3 + channel] >> (weightBits - middleBits));
    for (int x = 0; x < size; x++) {
      const auto &span = columns.spans[x];
      const int16_t *weights = columns.weights.data() + span.weights;
      const int16_t *from = middle.data() + static_cast<size_t>(span.first - lowest) * 4;
      int32_t sum[4] = {};
      for (int tap = 0; tap < span.count; tap++)
        for (int channel = 0; channel < 4; channel++) sum[channel] += static_cast<int32_t>(weights[tap]) * from[tap * 4 + channel];
      for (int channel = 0; channel < 3; channel++) {
        const int value = (sum[channel] + (1 << (weightBits + middleBits - 1))) >> (weightBits + middleBits);
        *pixels++ = static_cast<uint8_t>(value < 0 ? 0 : value > 255 ? 255 : value);
      }
    }
  }
}

}  // namespace resampling
