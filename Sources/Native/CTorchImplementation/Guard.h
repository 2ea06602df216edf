#pragma once

#include <ATen/ATen.h>

#include <cstring>
#include <exception>
#include <new>
#include <string>
#include <vector>

#include "CTorch.h"

struct ctorch_tensor {
  at::Tensor value;
};

namespace colophon {

/// What an exception says, without the C++ stack trace that libtorch appends. `free` frees it.
inline char *message(const char *text) {
  std::string line(text);
  for (const char *start : {"\nException raised from", "\nframe #"}) {
    const auto trace = line.find(start);
    if (trace != std::string::npos) line.resize(trace);
  }
  // libtorch's allocator names its own source file and a system call's number. Source: c10/core/impl/alloc_cpu.cpp.
  const std::string tried = "you tried to allocate ";
  const auto place = line.find(tried);
  if (place != std::string::npos) {
    const auto digits = line.find_first_not_of("0123456789", place + tried.size());
    const auto bytes = line.substr(place + tried.size(), digits == std::string::npos ? digits : digits - place - tried.size());
    line = "there is not enough memory: a tensor of " + bytes +
           " bytes, the result or one on the way to it, could not be allocated; compute fewer rows at a time";
  }
  return strdup(line.c_str());
}

/// The one place where C++ exceptions end: `body` runs, and what it throws becomes an error message.
template <class Body, class Result>
Result guarded(ctorch_error error, Result failure, const Body &body) {
  try {
    return body();
  } catch (const std::bad_alloc &) {
    *error = message("there is not enough memory for the operation's own lists; end other programs, or compute fewer rows at a time");
  } catch (const std::exception &exception) {
    *error = message(exception.what());
  } catch (...) {
    *error = message("an error of an unknown kind");
  }
  return failure;
}

inline ctorch_tensor *own(at::Tensor value) { return new ctorch_tensor{std::move(value)}; }

/// Runs `body`, which returns a tensor.
template <class Body>
ctorch_tensor *made(ctorch_error error, const Body &body) {
  return guarded(error, static_cast<ctorch_tensor *>(nullptr), [&] { return own(body()); });
}

inline at::IntArrayRef list(const int64_t *values, int32_t count) {
  return at::IntArrayRef(values, static_cast<size_t>(count));
}

at::ScalarType scalarType(int32_t type);

/// Checks a programmer's assumption about the arguments.
inline void require(bool holds, const char *what) {
  if (!holds) throw std::invalid_argument(what);
}

// The layers, each with its own gradient (Layers.cpp).
at::Tensor linear(const at::Tensor &x, const at::Tensor &weight, const at::Tensor &bias, at::ScalarType type);
std::vector<at::Tensor> layerNorm(
    const at::Tensor &x, const at::Tensor &delta, const at::Tensor &weight, const at::Tensor &bias, double epsilon,
    at::ScalarType type);
at::Tensor attention(const at::Tensor &qkv, const at::Tensor &offsets, int64_t heads, bool causal);
at::Tensor quickGelu(const at::Tensor &x);

/// Runs the block, and again in the backward pass (Checkpoint.cpp); takes ownership of its state.
std::vector<at::Tensor> checkpoint(const ctorch_block &block, const std::vector<at::Tensor> &inputs, int32_t outputs);

/// One AdamW step (Optimizer.cpp); returns the gradient's norm.
double adamw(
    const ctorch_adamw &settings, const std::vector<at::Tensor> &parameters, const std::vector<at::Tensor> &first,
    const std::vector<at::Tensor> &second, const bool *decays);

}  // namespace colophon
