#pragma once

#include <stdbool.h>
#include <stdint.h>

// Tensors over libtorch, behind plain C.
//
// Every function that can fail has an `error` parameter last: on failure it returns NULL or false and stores a message there,
// which the caller gives to `release_error`. Every `ctorch_tensor *` that is returned belongs to the caller, who gives it to
// `release`. Arguments are borrowed for the call. Shapes are `int64_t` counts, outermost first. Negative dimensions count from the end.

#ifdef __cplusplus
extern "C" {
#endif

#pragma clang assume_nonnull begin

typedef struct ctorch_tensor ctorch_tensor;

typedef char *_Nullable *_Nonnull ctorch_error;

enum ctorch_type {
  CTORCH_FLOAT32 = 0,
  CTORCH_FLOAT64 = 1,
  CTORCH_BFLOAT16 = 2,
  CTORCH_INT64 = 3,
  CTORCH_UINT8 = 4,
  CTORCH_BOOL = 5,
};

enum ctorch_unary {
  CTORCH_NEGATE = 0,
  CTORCH_EXP = 1,
  CTORCH_LOG = 2,
  CTORCH_SQRT = 3,
  CTORCH_ABS = 4,
  CTORCH_GELU = 5,
  CTORCH_QUICK_GELU = 6,
  CTORCH_DETACH = 7,
  CTORCH_CONTIGUOUS = 8,
};

enum ctorch_binary {
  CTORCH_ADD = 0,
  CTORCH_SUBTRACT = 1,
  CTORCH_MULTIPLY = 2,
  CTORCH_DIVIDE = 3,
  CTORCH_MATMUL = 4,
  CTORCH_EQUAL = 5,
  CTORCH_LOGADDEXP = 6,
};

enum ctorch_reduction {
  CTORCH_SUM = 0,
  CTORCH_MEAN = 1,
  CTORCH_MAXIMUM = 2,
  CTORCH_LOGSUMEXP = 3,
};

// One optimiser step over all parameters, each contiguous float32 with a gradient of its shape.
struct ctorch_adamw {
  double learning_rate, beta1, beta2, epsilon, weight_decay;
  // The largest norm that the gradient of all parameters together may have; 0: not limited.
  double maximum_norm;
  // 1 in the first step.
  int64_t step;
};

// A part of a computation that can be run again: it gives the same each time.
struct ctorch_block {
  void *_Nonnull state;
  // The block takes ownership of the inputs and gives the outputs away. On failure it returns false and stores a message from `malloc`.
  bool (*_Nonnull run)(
      void *_Nonnull state, ctorch_tensor *_Nonnull const *_Nullable inputs, int32_t input_count,
      ctorch_tensor *_Nullable *_Nonnull outputs, int32_t output_count, ctorch_error error);
  // Called once, when the block will not be run again.
  void (*_Nonnull release)(void *_Nonnull state);
};

struct ctorch_api {
  const char *_Nonnull (*_Nonnull version)(void);
  void (*_Nonnull set_threads)(int32_t count);
  int32_t (*_Nonnull threads)(void);
  void (*_Nonnull release)(ctorch_tensor *tensor);
  void (*_Nonnull release_error)(char *message);

  // Copies the bytes.
  ctorch_tensor *_Nullable (*_Nonnull from_bytes)(
      const void *_Nullable bytes, int32_t type, const int64_t *_Nullable shape, int32_t rank, ctorch_error error);
  // Of the elements where they lie, float32, which stay there longer than the tensor and all that are views of it.
  ctorch_tensor *_Nullable (*_Nonnull borrow)(const float *floats, const int64_t *_Nullable shape, int32_t rank, ctorch_error error);
  // Copies all elements, in row-major order and as elements of the given type, to a buffer that holds them.
  bool (*_Nonnull to_bytes)(const ctorch_tensor *tensor, int32_t type, void *_Nullable destination, ctorch_error error);
  // The elements themselves, in row-major order, as long as the tensor lives; NULL when they lie in another order.
  const void *_Nullable (*_Nonnull data)(const ctorch_tensor *tensor);
  int32_t (*_Nonnull rank)(const ctorch_tensor *tensor);
  int64_t (*_Nonnull size)(const ctorch_tensor *tensor, int32_t dimension);
  // -1 for a type that is not in `ctorch_type`.
  int32_t (*_Nonnull type)(const ctorch_tensor *tensor);

  ctorch_tensor *_Nullable (*_Nonnull full)(
      const int64_t *_Nullable shape, int32_t rank, double value, int32_t type, ctorch_error error);
  ctorch_tensor *_Nullable (*_Nonnull cast)(const ctorch_tensor *tensor, int32_t type, ctorch_error error);
  ctorch_tensor *_Nullable (*_Nonnull unary)(int32_t operation, const ctorch_tensor *tensor, ctorch_error error);
  ctorch_tensor *_Nullable (*_Nonnull binary)(
      int32_t operation, const ctorch_tensor *left, const ctorch_tensor *right, ctorch_error error);
  ctorch_tensor *_Nullable (*_Nonnull scalar)(int32_t operation, const ctorch_tensor *left, double right, ctorch_error error);
  // Without dimensions: over all.
  ctorch_tensor *_Nullable (*_Nonnull reduce)(
      int32_t operation, const ctorch_tensor *tensor, const int64_t *_Nullable dimensions, int32_t count, bool keep,
      ctorch_error error);
  ctorch_tensor *_Nullable (*_Nonnull softmax)(const ctorch_tensor *tensor, int64_t dimension, bool logarithm, ctorch_error error);

  ctorch_tensor *_Nullable (*_Nonnull reshape)(
      const ctorch_tensor *tensor, const int64_t *_Nullable shape, int32_t rank, ctorch_error error);
  ctorch_tensor *_Nullable (*_Nonnull expand)(
      const ctorch_tensor *tensor, const int64_t *_Nullable shape, int32_t rank, ctorch_error error);
  ctorch_tensor *_Nullable (*_Nonnull permute)(
      const ctorch_tensor *tensor, const int64_t *_Nullable dimensions, int32_t count, ctorch_error error);
  ctorch_tensor *_Nullable (*_Nonnull narrow)(
      const ctorch_tensor *tensor, int64_t dimension, int64_t start, int64_t length, ctorch_error error);
  ctorch_tensor *_Nullable (*_Nonnull concatenate)(
      const ctorch_tensor *_Nonnull const *_Nonnull tensors, int32_t count, int64_t dimension, ctorch_error error);
  // `index` is int64 [k]: rows of the dimension.
  ctorch_tensor *_Nullable (*_Nonnull index_select)(
      const ctorch_tensor *tensor, int64_t dimension, const ctorch_tensor *index, ctorch_error error);
  // `index` is int64 of the tensor's rank: one element of the dimension for each of its own.
  ctorch_tensor *_Nullable (*_Nonnull gather)(
      const ctorch_tensor *tensor, int64_t dimension, const ctorch_tensor *index, ctorch_error error);
  // `mask` is bool: where it is true the result is `value`.
  ctorch_tensor *_Nullable (*_Nonnull masked_fill)(
      const ctorch_tensor *tensor, const ctorch_tensor *mask, double value, ctorch_error error);

  // x [rows, in] · weight [out, in]ᵀ + bias [out], multiplied in `type`, which is the result's type; the gradients of weight
  // and bias have their types.
  ctorch_tensor *_Nullable (*_Nonnull linear)(
      const ctorch_tensor *x, const ctorch_tensor *weight, const ctorch_tensor *_Nullable bias, int32_t type,
      ctorch_error error);
  // Rows of table [count, width] for int64 ids [n].
  ctorch_tensor *_Nullable (*_Nonnull embedding)(const ctorch_tensor *table, const ctorch_tensor *ids, ctorch_error error);
  // Normalises the rows of x + delta [rows, width] and stores the sum, when it is wanted. The result has the given type; delta has
  // that type too. x, weight and bias are float32, or all float64.
  ctorch_tensor *_Nullable (*_Nonnull layer_norm)(
      const ctorch_tensor *x, const ctorch_tensor *_Nullable delta, const ctorch_tensor *weight, const ctorch_tensor *bias,
      double epsilon, int32_t type, ctorch_tensor *_Nullable *_Nullable sum, ctorch_error error);
  // Attention inside each of the packed sequences: qkv [tokens, 3 · width] holds queries, keys and values, each `heads` wide;
  // sequence i has the tokens offsets[i] ..< offsets[i + 1] (int64 [sequences + 1]). Result [tokens, width].
  ctorch_tensor *_Nullable (*_Nonnull attention)(
      const ctorch_tensor *qkv, const ctorch_tensor *offsets, int64_t heads, bool causal, ctorch_error error);

  bool (*_Nonnull set_requires_gradient)(const ctorch_tensor *tensor, bool value, ctorch_error error);
  // NULL without an error: no gradient was computed.
  ctorch_tensor *_Nullable (*_Nonnull gradient)(const ctorch_tensor *tensor);
  void (*_Nonnull clear_gradient)(const ctorch_tensor *tensor);
  bool (*_Nonnull backward)(const ctorch_tensor *tensor, ctorch_error error);
  // Another handle of the same tensor.
  ctorch_tensor *_Nonnull (*_Nonnull share)(const ctorch_tensor *tensor);
  // Runs the block without recording it; where operations are recorded, `backward` runs it again, for the gradients of the inputs and of
  // what the block uses besides. Takes ownership of the block's state, also on failure.
  bool (*_Nonnull checkpoint)(
      struct ctorch_block block, const ctorch_tensor *_Nonnull const *_Nullable inputs, int32_t input_count,
      ctorch_tensor *_Nullable *_Nonnull outputs, int32_t output_count, ctorch_error error);
  // Whether operations are recorded from now on, on this thread; returns what held before.
  bool (*_Nonnull set_recording)(bool value);

  // Limits all elements, in place and unrecorded.
  bool (*_Nonnull clamp)(const ctorch_tensor *tensor, double low, double high, ctorch_error error);
  // `first` and `second` are the moments, of the parameters' shapes; `decays[i]` says whether weight decay applies. A parameter without
  // a gradient is left as it is. Stores the gradient's norm before limiting.
  bool (*_Nonnull adamw)(
      const struct ctorch_adamw *settings, const ctorch_tensor *_Nonnull const *_Nonnull parameters,
      const ctorch_tensor *_Nonnull const *_Nonnull first, const ctorch_tensor *_Nonnull const *_Nonnull second,
      const bool *decays, int32_t count, double *norm, ctorch_error error);
};

// The version of libtorch that this package was built against, for instance `1.13.0`. Costs nothing: libtorch is not loaded.
const char *ctorch_built_version(void);

// Exported by libColophonTorch.so alone.
typedef const struct ctorch_api *_Nonnull (*ctorch_api_table_function)(void);

#pragma clang assume_nonnull end

#ifdef __cplusplus
}
#endif
