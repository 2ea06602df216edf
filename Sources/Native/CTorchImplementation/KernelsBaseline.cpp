// The kernels for every x86-64 and every other processor.

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "Kernels.h"

namespace colophon {
#include "KernelBodies.h"
COLOPHON_KERNELS(baselineKernels, "baseline")

const Kernels &kernels() {
  static const Kernels *const chosen = [] {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl"))
      return &avx512Kernels;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return &avx2Kernels;
#endif
    return &baselineKernels;
  }();
  return *chosen;
}
}  // namespace colophon
