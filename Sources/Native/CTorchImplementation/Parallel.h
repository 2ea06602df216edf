#pragma once

#include <ATen/Parallel.h>

#include <algorithm>
#include <cstdint>

// The entry points of GNU OpenMP, which libtorch brings: our loops run in its threads, so that the two never compete. Without
// them the loops run in the calling thread.
extern "C" {
__attribute__((weak)) void GOMP_parallel(void (*body)(void *), void *data, unsigned threads, unsigned flags);
__attribute__((weak)) int omp_get_thread_num(void);
__attribute__((weak)) int omp_get_num_threads(void);
}

namespace colophon {

/// Calls `body(begin, end)` for parts of `0 ..< count`, at least `grain` long. `body` must not throw.
template <class Body>
void parallel(int64_t count, int64_t grain, const Body &body) {
  const int64_t parts = std::min<int64_t>(at::get_num_threads(), (count + grain - 1) / std::max<int64_t>(grain, 1));
  if (parts <= 1 || !GOMP_parallel || !omp_get_thread_num || !omp_get_num_threads || at::in_parallel_region()) {
    if (count > 0) body(int64_t{0}, count);
    return;
  }
  struct Work {
    const Body *body;
    int64_t count;
  } work{&body, count};
  GOMP_parallel(
      [](void *data) {
        const Work &work = *static_cast<Work *>(data);
        const int64_t threads = omp_get_num_threads(), part = omp_get_thread_num();
        const int64_t length = (work.count + threads - 1) / threads;
        const int64_t begin = part * length, end = std::min(work.count, begin + length);
        if (begin < end) (*work.body)(begin, end);
      },
      &work, static_cast<unsigned>(parts), 0);
}

}  // namespace colophon
