#pragma once

#include <cstdint>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/// The two inner loops of resampling, plain and for processors with AVX2. Both give the same numbers: they are whole, and none overflows.
namespace resampling {

/// Kernel weights have so many binary places, and rows between the two passes so many below a byte's.
constexpr int weightBits = 14;
constexpr int middleBits = 6;

/// Loops may read and write so many numbers beyond the end of a row of the middle, and read so many bytes beyond the source.
constexpr int slack = 32;

/// The weighted sum of rows: `middle[i] = Σ weights[tap] · lines[tap][i]`, for an even number of taps.
inline void sumRowsPlainly(const uint8_t *const *lines, const int16_t *weights, int taps, int length, int16_t *middle) {
  for (int i = 0; i < length; i++) {
    int32_t sum = 1 << (weightBits - middleBits - 1);
    for (int tap = 0; tap < taps; tap++) sum += static_cast<int32_t>(weights[tap]) * lines[tap][i];
    middle[i] = static_cast<int16_t>(sum >> (weightBits - middleBits));
  }
}

/// The weighted sum of pixels of three numbers, brought to bytes; an even number of taps.
inline void sumPixelsPlainly(const int16_t *from, const int16_t *weights, int taps, uint8_t *pixel) {
  for (int channel = 0; channel < 3; channel++) {
    int32_t sum = 1 << (weightBits + middleBits - 1);
    for (int tap = 0; tap < taps; tap++) sum += static_cast<int32_t>(weights[tap]) * from[tap * 3 + channel];
    const int value = sum >> (weightBits + middleBits);
    pixel[channel] = static_cast<uint8_t>(value < 0 ? 0 : value > 255 ? 255 : value);
  }
}

#if defined(__x86_64__)

__attribute__((target("avx2"))) inline void sumRowsAVX2(
  const uint8_t *const *lines, const int16_t *weights, int taps, int length, int16_t *middle) {
  const __m256i zero = _mm256_setzero_si256();
  const __m256i half = _mm256_set1_epi32(1 << (weightBits - middleBits - 1));
  for (int i = 0; i < length; i += 32) {
    __m256i a = half, b = half, c = half, d = half;
    for (int tap = 0; tap < taps; tap += 2) {
      int32_t pair;
      __builtin_memcpy(&pair, weights + tap, sizeof pair);
      const __m256i weight = _mm256_set1_epi32(pair);
      const __m256i upper = _mm256_loadu_si256(reinterpret_cast<const __m256i *>(lines[tap] + i));
      const __m256i lower = _mm256_loadu_si256(reinterpret_cast<const __m256i *>(lines[tap + 1] + i));
      const __m256i low = _mm256_unpacklo_epi8(upper, lower), high = _mm256_unpackhi_epi8(upper, lower);
      a = _mm256_add_epi32(a, _mm256_madd_epi16(_mm256_unpacklo_epi8(low, zero), weight));
      b = _mm256_add_epi32(b, _mm256_madd_epi16(_mm256_unpackhi_epi8(low, zero), weight));
      c = _mm256_add_epi32(c, _mm256_madd_epi16(_mm256_unpacklo_epi8(high, zero), weight));
      d = _mm256_add_epi32(d, _mm256_madd_epi16(_mm256_unpackhi_epi8(high, zero), weight));
    }
    constexpr int shift = weightBits - middleBits;
    const __m256i low = _mm256_packs_epi32(_mm256_srai_epi32(a, shift), _mm256_srai_epi32(b, shift));
    const __m256i high = _mm256_packs_epi32(_mm256_srai_epi32(c, shift), _mm256_srai_epi32(d, shift));
    _mm256_storeu_si256(reinterpret_cast<__m256i *>(middle + i), _mm256_permute2x128_si256(low, high, 0x20));
    _mm256_storeu_si256(reinterpret_cast<__m256i *>(middle + i + 16), _mm256_permute2x128_si256(low, high, 0x31));
  }
}

__attribute__((target("avx2"))) inline void sumPixelsAVX2(
  const int16_t *from, const int16_t *weights, int taps, uint8_t *pixel) {
  // Two pixels r g b r g b become r r g g b b 0 0.
  const __m128i order = _mm_setr_epi8(0, 1, 6, 7, 2, 3, 8, 9, 4, 5, 10, 11, -1, -1, -1, -1);
  __m128i sum = _mm_set1_epi32(1 << (weightBits + middleBits - 1));
  for (int tap = 0; tap < taps; tap += 2) {
    int32_t pair;
    __builtin_memcpy(&pair, weights + tap, sizeof pair);
    const __m128i two = _mm_loadu_si128(reinterpret_cast<const __m128i *>(from + tap * 3));
    sum = _mm_add_epi32(sum, _mm_madd_epi16(_mm_shuffle_epi8(two, order), _mm_set1_epi32(pair)));
  }
  sum = _mm_srai_epi32(sum, weightBits + middleBits);
  const int32_t bytes = _mm_cvtsi128_si32(_mm_packus_epi16(_mm_packs_epi32(sum, sum), sum));
  __builtin_memcpy(pixel, &bytes, 3);
}

#endif

}  // namespace resampling
