// The kernels for processors with avx2, fma, avx512f, avx512bw, avx512dq, avx512vl.

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "Kernels.h"

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma,avx512f,avx512bw,avx512dq,avx512vl"))), apply_to = function)
namespace colophon {
#include "KernelBodies.h"
COLOPHON_KERNELS(avx512Kernels, "avx512")
}  // namespace colophon
#pragma clang attribute pop
#endif
