// The table of functions: each wraps one call of libtorch or of ours in the guard.

#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>
#include <malloc.h>

#include "CTorchImplementation.h"
#include "Guard.h"

#if __has_include(<torch/version.h>)
#include <torch/version.h>
#else
#include <torch/csrc/api/include/torch/version.h>
#endif

namespace colophon {

at::ScalarType scalarType(int32_t type) {
  switch (type) {
    case CTORCH_FLOAT32: return at::kFloat;
    case CTORCH_FLOAT64: return at::kDouble;
    case CTORCH_BFLOAT16: return at::kBFloat16;
    case CTORCH_INT64: return at::kLong;
    case CTORCH_UINT8: return at::kByte;
    case CTORCH_BOOL: return at::kBool;
    default: throw std::invalid_argument("there is no such element type");
  }
}

namespace {

at::Tensor optional(const ctorch_tensor *tensor) { return tensor ? tensor->value : at::Tensor(); }

std::vector<at::Tensor> tensors(const ctorch_tensor *const *list, int32_t count) {
  std::vector<at::Tensor> result;
  result.reserve(static_cast<size_t>(count));
  for (int32_t i = 0; i < count; i++) result.push_back(list[i]->value);
  return result;
}

ctorch_tensor *fromBytes(const void *bytes, int32_t type, const int64_t *shape, int32_t rank, ctorch_error error) {
  return made(error, [&] {
    at::Tensor result = at::empty(list(shape, rank), scalarType(type));
    if (result.numel() > 0) memcpy(result.data_ptr(), bytes, result.nbytes());
    return result;
  });
}

bool toBytes(const ctorch_tensor *tensor, int32_t type, void *destination, ctorch_error error) {
  return guarded(error, false, [&] {
    const at::Tensor source = tensor->value.detach().to(at::kCPU, scalarType(type)).contiguous();
    if (source.numel() > 0) memcpy(destination, source.data_ptr(), source.nbytes());
    return true;
  });
}

int32_t elementType(const ctorch_tensor *tensor) {
  switch (tensor->value.scalar_type()) {
    case at::kFloat: return CTORCH_FLOAT32;
    case at::kDouble: return CTORCH_FLOAT64;
    case at::kBFloat16: return CTORCH_BFLOAT16;
    case at::kLong: return CTORCH_INT64;
    case at::kByte: return CTORCH_UINT8;
    case at::kBool: return CTORCH_BOOL;
    default: return -1;
  }
}

ctorch_tensor *unary(int32_t operation, const ctorch_tensor *tensor, ctorch_error error) {
  return made(error, [&]() -> at::Tensor {
    const at::Tensor &x = tensor->value;
    switch (operation) {
      case CTORCH_NEGATE: return at::neg(x);
      case CTORCH_EXP: return at::exp(x);
      case CTORCH_LOG: return at::log(x);
      case CTORCH_SQRT: return at::sqrt(x);
      case CTORCH_ABS: return at::abs(x);
      case CTORCH_GELU: return at::gelu(x);
      case CTORCH_QUICK_GELU: return quickGelu(x);
      case CTORCH_DETACH: return x.detach();
      case CTORCH_CONTIGUOUS: return x.contiguous();
      default: throw std::invalid_argument("there is no such operation");
    }
  });
}

ctorch_tensor *binary(int32_t operation, const ctorch_tensor *left, const ctorch_tensor *right, ctorch_error error) {
  return made(error, [&]() -> at::Tensor {
    const at::Tensor &a = left->value, &b = right->value;
    switch (operation) {
      case CTORCH_ADD: return at::add(a, b);
      case CTORCH_SUBTRACT: return at::sub(a, b);
      case CTORCH_MULTIPLY: return at::mul(a, b);
      case CTORCH_DIVIDE: return at::div(a, b);
      case CTORCH_MATMUL: return at::matmul(a, b);
      case CTORCH_EQUAL: return at::eq(a, b);
      case CTORCH_LOGADDEXP: return at::logaddexp(a, b);
      default: throw std::invalid_argument("there is no such operation");
    }
  });
}

ctorch_tensor *scalar(int32_t operation, const ctorch_tensor *left, double right, ctorch_error error) {
  return made(error, [&]() -> at::Tensor {
    switch (operation) {
      case CTORCH_ADD: return at::add(left->value, right);
      case CTORCH_SUBTRACT: return at::sub(left->value, right);
      case CTORCH_MULTIPLY: return at::mul(left->value, right);
      case CTORCH_DIVIDE: return at::div(left->value, right);
      case CTORCH_EQUAL: return at::eq(left->value, right);
      default: throw std::invalid_argument("there is no such operation with a number");
    }
  });
}

ctorch_tensor *reduce(
    int32_t operation, const ctorch_tensor *tensor, const int64_t *dimensions, int32_t count, bool keep,
    ctorch_error error) {
  return made(error, [&]() -> at::Tensor {
    const at::Tensor &x = tensor->value;
    std::vector<int64_t> over(dimensions, dimensions + count);
    if (over.empty())
      for (int64_t i = 0; i < x.dim(); i++) over.push_back(i);
    switch (operation) {
      case CTORCH_SUM: return at::sum(x, over, keep);
      case CTORCH_MEAN: return at::mean(x, over, keep);
      case CTORCH_MAXIMUM: return at::amax(x, over, keep);
      case CTORCH_LOGSUMEXP: return at::logsumexp(x, over, keep);
      default: throw std::invalid_argument("there is no such reduction");
    }
  });
}

ctorch_tensor *normalizedLayer(
    const ctorch_tensor *x, const ctorch_tensor *delta, const ctorch_tensor *weight, const ctorch_tensor *bias,
    double epsilon, int32_t type, ctorch_tensor **sum, ctorch_error error) {
  return made(error, [&] {
    auto results = layerNorm(x->value, optional(delta), weight->value, bias->value, epsilon, scalarType(type));
    if (sum && delta) *sum = own(results[1]);
    return results[0];
  });
}

bool optimize(
    const ctorch_adamw *settings, const ctorch_tensor *const *parameters, const ctorch_tensor *const *first,
    const ctorch_tensor *const *second, const bool *decays, int32_t count, double *norm, ctorch_error error) {
  return guarded(error, false, [&] {
    *norm = adamw(*settings, tensors(parameters, count), tensors(first, count), tensors(second, count), decays);
    return true;
  });
}

bool checkpointed(
    ctorch_block block, const ctorch_tensor *const *inputs, int32_t inputCount, ctorch_tensor **outputs,
    int32_t outputCount, ctorch_error error) {
  return guarded(error, false, [&] {
    auto results = checkpoint(block, tensors(inputs, inputCount), outputCount);
    for (size_t i = 0; i < results.size(); i++) outputs[i] = own(std::move(results[i]));
    return true;
  });
}

const ctorch_api table{
    .version = [] { return TORCH_VERSION; },
    .set_threads = [](int32_t count) { at::set_num_threads(count); },
    .threads = []() -> int32_t { return at::get_num_threads(); },
    .release = [](ctorch_tensor *tensor) { delete tensor; },
    .release_error = [](char *text) { free(text); },
    .from_bytes = fromBytes,
    .borrow =
        [](const float *floats, const int64_t *shape, int32_t rank, ctorch_error error) {
          return made(error, [&] { return at::from_blob(const_cast<float *>(floats), list(shape, rank)); });
        },
    .to_bytes = toBytes,
    .data = [](const ctorch_tensor *tensor) -> const void * {
      return tensor->value.is_contiguous() ? tensor->value.data_ptr() : nullptr;
    },
    .rank = [](const ctorch_tensor *tensor) { return static_cast<int32_t>(tensor->value.dim()); },
    .size = [](const ctorch_tensor *tensor, int32_t dimension) { return tensor->value.sizes()[dimension]; },
    .type = elementType,
    .full =
        [](const int64_t *shape, int32_t rank, double value, int32_t type, ctorch_error error) {
          return made(error, [&] { return at::full(list(shape, rank), value, scalarType(type)); });
        },
    .cast =
        [](const ctorch_tensor *tensor, int32_t type, ctorch_error error) {
          return made(error, [&] { return tensor->value.to(scalarType(type)); });
        },
    .unary = unary,
    .binary = binary,
    .scalar = scalar,
    .reduce = reduce,
    .softmax =
        [](const ctorch_tensor *tensor, int64_t dimension, bool logarithm, ctorch_error error) {
          return made(error, [&] {
            return logarithm ? at::log_softmax(tensor->value, dimension) : at::softmax(tensor->value, dimension);
          });
        },
    .reshape =
        [](const ctorch_tensor *tensor, const int64_t *shape, int32_t rank, ctorch_error error) {
          return made(error, [&] { return tensor->value.reshape(list(shape, rank)); });
        },
    .expand =
        [](const ctorch_tensor *tensor, const int64_t *shape, int32_t rank, ctorch_error error) {
          return made(error, [&] { return tensor->value.expand(list(shape, rank)); });
        },
    .permute =
        [](const ctorch_tensor *tensor, const int64_t *dimensions, int32_t count, ctorch_error error) {
          return made(error, [&] { return tensor->value.permute(list(dimensions, count)); });
        },
    .narrow =
        [](const ctorch_tensor *tensor, int64_t dimension, int64_t start, int64_t length, ctorch_error error) {
          return made(error, [&] { return tensor->value.narrow(dimension, start, length); });
        },
    .concatenate =
        [](const ctorch_tensor *const *list, int32_t count, int64_t dimension, ctorch_error error) {
          return made(error, [&] { return at::cat(tensors(list, count), dimension); });
        },
    .index_select =
        [](const ctorch_tensor *tensor, int64_t dimension, const ctorch_tensor *index, ctorch_error error) {
          return made(error, [&] { return at::index_select(tensor->value, dimension, index->value); });
        },
    .gather =
        [](const ctorch_tensor *tensor, int64_t dimension, const ctorch_tensor *index, ctorch_error error) {
          return made(error, [&] { return at::gather(tensor->value, dimension, index->value); });
        },
    .masked_fill =
        [](const ctorch_tensor *tensor, const ctorch_tensor *mask, double value, ctorch_error error) {
          return made(error, [&] { return at::masked_fill(tensor->value, mask->value, value); });
        },
    .linear =
        [](const ctorch_tensor *x, const ctorch_tensor *weight, const ctorch_tensor *bias, int32_t type, ctorch_error error) {
          return made(error, [&] { return linear(x->value, weight->value, optional(bias), scalarType(type)); });
        },
    .embedding =
        [](const ctorch_tensor *rows, const ctorch_tensor *ids, ctorch_error error) {
          return made(error, [&] { return at::embedding(rows->value, ids->value); });
        },
    .layer_norm = normalizedLayer,
    .attention =
        [](const ctorch_tensor *qkv, const ctorch_tensor *offsets, int64_t heads, bool causal, ctorch_error error) {
          return made(error, [&] { return attention(qkv->value, offsets->value, heads, causal); });
        },
    .set_requires_gradient =
        [](const ctorch_tensor *tensor, bool value, ctorch_error error) {
          return guarded(error, false, [&] {
            tensor->value.requires_grad_(value);
            return true;
          });
        },
    .gradient = [](const ctorch_tensor *tensor) -> ctorch_tensor * {
      return tensor->value.grad().defined() ? own(tensor->value.grad()) : nullptr;
    },
    .clear_gradient = [](const ctorch_tensor *tensor) { tensor->value.mutable_grad() = at::Tensor(); },
    .backward =
        [](const ctorch_tensor *tensor, ctorch_error error) {
          return guarded(error, false, [&] {
            tensor->value.backward();
            return true;
          });
        },
    .share = [](const ctorch_tensor *tensor) { return own(tensor->value); },
    .checkpoint = checkpointed,
    .set_recording =
        [](bool value) {
          const bool before = c10::GradMode::is_enabled();
          c10::GradMode::set_enabled(value);
          return before;
        },
    .clamp =
        [](const ctorch_tensor *tensor, double low, double high, ctorch_error error) {
          return guarded(error, false, [&] {
            c10::NoGradGuard unrecorded;
            at::Tensor value = tensor->value;
            at::clamp_(value, low, high);
            return true;
          });
        },
    .adamw = optimize,
};

}  // namespace
}  // namespace colophon

const struct ctorch_api *ctorch_api_table(void) {
  // Keep freed memory in the process: a training step frees and takes the same large blocks again and again, and giving them
  // back to the system each time costs a fifth of the step in page faults.
  static const bool tuned = [] {
    mallopt(M_MMAP_MAX, 0);
    mallopt(M_TRIM_THRESHOLD, -1);
    return true;
  }();
  (void)tuned;
  return &colophon::table;
}
