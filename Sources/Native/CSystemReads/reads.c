// Stands before the C library: this library is loaded before it, so that every other library and the program itself
// find these functions first. Each passes on to the C library's own.
#define _GNU_SOURCE
#include "CSystemReads.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

// MARK: The program's own code

/// The memory of a loaded file that holds code or data.
struct range {
  uintptr_t begin, end;
};

enum { MOST_RANGES = 64, MOST_FRAMES = 24 };

/// The program's own memory.
static struct range program;
/// The memory of the libraries through which Swift code reads the clock and draws: they ask for their caller.
static struct range transparent[MOST_RANGES];
static int transparent_count;
/// The memory of libFoundation.so: its own clocks (run loops, processes, timers) say nothing about a result, but a file
/// that it opens is its caller's.
static struct range foundation;
static _Atomic(void (*)(int32_t, const char *)) observer;
static __thread int inside;

static int is_in(const struct range *range, uintptr_t address) {
  return address >= range->begin && address < range->end;
}

static int is_transparent(uintptr_t address, int is_file) {
  if (is_file && is_in(&foundation, address)) return 1;
  for (int i = 0; i < transparent_count; i++) {
    if (is_in(&transparent[i], address)) return 1;
  }
  return 0;
}

static const char *last_name(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

static int is_transparent_name(const char *name) {
  return strncmp(name, "libswift", 8) == 0 || strncmp(name, "libFoundationEssentials.", 24) == 0;
}

static int take_range(struct dl_phdr_info *info, size_t size, void *first) {
  (void)size;
  struct range range = {UINTPTR_MAX, 0};
  for (int i = 0; i < info->dlpi_phnum; i++) {
    if (info->dlpi_phdr[i].p_type != PT_LOAD) continue;
    uintptr_t begin = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
    uintptr_t end = begin + info->dlpi_phdr[i].p_memsz;
    if (begin < range.begin) range.begin = begin;
    if (end > range.end) range.end = end;
  }
  // The program itself is the first that the loader names.
  if (*(int *)first) {
    *(int *)first = 0;
    program = range;
  } else if (strncmp(last_name(info->dlpi_name), "libFoundation.", 14) == 0) {
    foundation = range;
  } else if (is_transparent_name(last_name(info->dlpi_name)) && transparent_count < MOST_RANGES) {
    transparent[transparent_count++] = range;
  }
  return 0;
}

void csystemreads_observe(void (*new_observer)(int32_t, const char *)) {
  if (transparent_count == 0) {
    int first = 1;
    dl_iterate_phdr(take_range, &first);
  }
  atomic_store(&observer, new_observer);
}

/// True when the program's own code asks: directly, or through libraries that ask for it. Their frames are followed by
/// the frame pointers, which Swift code keeps.
///
/// `frame` is the frame of the function that was called, with `address` as its return address, and `most` the number of
/// libraries' frames that may be between it and the program's.
static int is_asked_by_program(uintptr_t address, uintptr_t *frame, int most, int is_file) {
  uintptr_t *low = frame;
  for (int depth = 0; depth <= most; depth++) {
    if (is_in(&program, address)) return 1;
    if (!is_transparent(address, is_file)) return 0;
    // A frame of the same stack is above the one before, and near it; without frame pointers anything may be there.
    uintptr_t *next = (uintptr_t *)frame[0];
    if (next <= frame || (uintptr_t)next % sizeof(uintptr_t) != 0 || next - low > 1 << 15) return 0;
    frame = next;
    address = frame[1];
  }
  return 0;
}

static void observe(int32_t kind, const char *detail, int is_file, void *address, void *frame) {
  void (*function)(int32_t, const char *) = atomic_load_explicit(&observer, memory_order_acquire);
  if (!function || inside) return;
  // Foundation reads variables for its own settings, and names temporary files by the process.
  int most = kind == CSYSTEMREADS_VARIABLE ? 0 : kind == CSYSTEMREADS_PROCESS ? 2 : MOST_FRAMES;
  if (!is_asked_by_program((uintptr_t)address, frame, most, is_file)) return;
  int error = errno;
  inside = 1;
  function(kind, detail);
  inside = 0;
  errno = error;
}

#define OBSERVE(kind, detail) observe(kind, detail, 0, __builtin_return_address(0), __builtin_frame_address(0))

/// The C library's function of the same name.
#define NEXT(name)                                                                                                     \
  ({                                                                                                                   \
    static _Atomic(__typeof__(&name)) found;                                                                           \
    __typeof__(&name) function = atomic_load_explicit(&found, memory_order_relaxed);                                   \
    if (!function) {                                                                                                   \
      function = (__typeof__(&name))dlsym(RTLD_NEXT, #name);                                                           \
      atomic_store_explicit(&found, function, memory_order_relaxed);                                                   \
    }                                                                                                                  \
    function;                                                                                                          \
  })

// MARK: Clocks

int clock_gettime(clockid_t clock, struct timespec *time) {
  // The other clocks count from the start of the machine: they measure durations.
  if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE || clock == CLOCK_TAI) OBSERVE(CSYSTEMREADS_CLOCK, 0);
  return NEXT(clock_gettime)(clock, time);
}

int gettimeofday(struct timeval *restrict time, void *restrict zone) {
  OBSERVE(CSYSTEMREADS_CLOCK, 0);
  return NEXT(gettimeofday)(time, zone);
}

time_t time(time_t *result) {
  OBSERVE(CSYSTEMREADS_CLOCK, 0);
  return NEXT(time)(result);
}

int timespec_get(struct timespec *time, int base) {
  OBSERVE(CSYSTEMREADS_CLOCK, 0);
  return NEXT(timespec_get)(time, base);
}

// MARK: Random numbers

ssize_t getrandom(void *bytes, size_t count, unsigned flags) {
  OBSERVE(CSYSTEMREADS_RANDOM, 0);
  return NEXT(getrandom)(bytes, count, flags);
}

int getentropy(void *bytes, size_t count) {
  OBSERVE(CSYSTEMREADS_RANDOM, 0);
  return NEXT(getentropy)(bytes, count);
}

#if __GLIBC_PREREQ(2, 36)
uint32_t arc4random(void) {
  OBSERVE(CSYSTEMREADS_RANDOM, 0);
  return NEXT(arc4random)();
}

void arc4random_buf(void *bytes, size_t count) {
  OBSERVE(CSYSTEMREADS_RANDOM, 0);
  NEXT(arc4random_buf)(bytes, count);
}

uint32_t arc4random_uniform(uint32_t bound) {
  OBSERVE(CSYSTEMREADS_RANDOM, 0);
  return NEXT(arc4random_uniform)(bound);
}
#endif

/// Swift's runtime asks the kernel itself, by the number of the call.
long syscall(long number, ...) {
  va_list list;
  va_start(list, number);
  long a = va_arg(list, long), b = va_arg(list, long), c = va_arg(list, long);
  long d = va_arg(list, long), e = va_arg(list, long), f = va_arg(list, long);
  va_end(list);
  if (number == SYS_getrandom) OBSERVE(CSYSTEMREADS_RANDOM, 0);
  return NEXT(syscall)(number, a, b, c, d, e, f);
}

/// Reports the files that give random numbers.
#define OBSERVE_PATH(path)                                                                                             \
  do {                                                                                                                 \
    if ((path) && strncmp(path, "/dev/", 5) == 0                                                                       \
        && (strcmp((path) + 5, "urandom") == 0 || strcmp((path) + 5, "random") == 0))                                  \
      observe(CSYSTEMREADS_RANDOM, 0, 1, __builtin_return_address(0), __builtin_frame_address(0));                     \
  } while (0)

/// The permissions of a new file; only there is a third argument.
#define MODE(flags, last)                                                                                              \
  ({                                                                                                                   \
    mode_t mode = 0;                                                                                                   \
    if ((flags) & (O_CREAT | __O_TMPFILE)) {                                                                           \
      va_list list;                                                                                                    \
      va_start(list, last);                                                                                            \
      mode = va_arg(list, mode_t);                                                                                     \
      va_end(list);                                                                                                    \
    }                                                                                                                  \
    mode;                                                                                                              \
  })

int open(const char *path, int flags, ...) {
  mode_t mode = MODE(flags, flags);
  OBSERVE_PATH(path);
  return NEXT(open)(path, flags, mode);
}

int open64(const char *path, int flags, ...) {
  mode_t mode = MODE(flags, flags);
  OBSERVE_PATH(path);
  return NEXT(open64)(path, flags, mode);
}

int openat(int folder, const char *path, int flags, ...) {
  mode_t mode = MODE(flags, flags);
  OBSERVE_PATH(path);
  return NEXT(openat)(folder, path, flags, mode);
}

FILE *fopen(const char *restrict path, const char *restrict mode) {
  OBSERVE_PATH(path);
  return NEXT(fopen)(path, mode);
}

FILE *fopen64(const char *restrict path, const char *restrict mode) {
  OBSERVE_PATH(path);
  return NEXT(fopen64)(path, mode);
}

// MARK: The machine and the process

char *getenv(const char *name) {
  OBSERVE(CSYSTEMREADS_VARIABLE, name);
  return NEXT(getenv)(name);
}

char *secure_getenv(const char *name) {
  OBSERVE(CSYSTEMREADS_VARIABLE, name);
  return NEXT(secure_getenv)(name);
}

int gethostname(char *name, size_t size) {
  OBSERVE(CSYSTEMREADS_HOST, 0);
  return NEXT(gethostname)(name, size);
}

int uname(struct utsname *names) {
  OBSERVE(CSYSTEMREADS_HOST, 0);
  return NEXT(uname)(names);
}

pid_t getpid(void) {
  OBSERVE(CSYSTEMREADS_PROCESS, 0);
  return NEXT(getpid)();
}
