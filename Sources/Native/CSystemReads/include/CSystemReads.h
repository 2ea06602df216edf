#pragma once
#include <stdint.h>

/// What a program asked the system for that is another one at every run, or on another machine.
enum csystemreads_kind {
  /// The time of day.
  CSYSTEMREADS_CLOCK = 1,
  /// Random numbers of the system.
  CSYSTEMREADS_RANDOM = 2,
  /// An environment variable; the detail is its name.
  CSYSTEMREADS_VARIABLE = 3,
  /// The machine's name.
  CSYSTEMREADS_HOST = 4,
  /// The number of the process.
  CSYSTEMREADS_PROCESS = 5,
};

/// Calls `observer` from now on for what the program's own code asks for, on the asking thread and before it has the
/// answer. Not for what libraries ask for by themselves. What the observer asks for itself is not observed.
void csystemreads_observe(void (*observer)(int32_t kind, const char *detail));
