// Layers that are one node of the gradient graph each. Rows are packed: a batch of sequences of different lengths has no padding.

#include <torch/csrc/autograd/custom_function.h>

#include "Guard.h"
#include "Kernels.h"
#include "Parallel.h"

namespace colophon {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;
using Tensors = variable_list;

namespace {

void requireCPU(const at::Tensor &tensor, const char *what) { require(tensor.device().is_cpu(), what); }

Types types(at::ScalarType wide, at::ScalarType narrow) {
  if (wide == at::kFloat && narrow == at::kFloat) return Types::float32;
  if (wide == at::kFloat && narrow == at::kBFloat16) return Types::float32AndBFloat16;
  require(wide == at::kDouble && narrow == at::kDouble, "the layer takes float32, float32 with bfloat16, or float64");
  return Types::float64;
}

Types types(at::ScalarType type) { return types(type == at::kDouble ? at::kDouble : at::kFloat, type); }

at::ScalarType wide(at::ScalarType type) { return type == at::kDouble ? at::kDouble : at::kFloat; }

/// An absent argument: libtorch's functions take defined tensors alone.
at::Tensor given(const at::Tensor &tensor) { return tensor.defined() ? tensor : at::empty({0}); }

bool present(const at::Tensor &tensor) { return tensor.numel() > 0 || tensor.dim() != 1; }

/// Rows per partial sum: fixed, so that sums over rows do not depend on the thread count.
constexpr int64_t block = 256;

/// Σ over rows, in blocks: `add(begin, end, i)` adds rows begin ..< end to row i of each partial sum.
template <class Add>
void blocks(int64_t rows, const Add &add) {
  parallel((rows + block - 1) / block, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) add(i * block, std::min(rows, (i + 1) * block), i);
  });
}

struct Linear : public Function<Linear> {
  static at::Tensor forward(
      AutogradContext *context, const at::Tensor &x, const at::Tensor &weight, const at::Tensor &bias, int64_t type) {
    const auto narrow = static_cast<at::ScalarType>(type);
    const at::Tensor input = x.to(narrow), matrix = weight.to(narrow);
    context->save_for_backward({input, matrix});
    context->saved_data["x"] = static_cast<int64_t>(x.scalar_type());
    context->saved_data["weight"] = static_cast<int64_t>(weight.scalar_type());
    context->saved_data["bias"] = present(bias);
    return present(bias) ? at::addmm(bias.to(narrow), input, matrix.t()) : at::mm(input, matrix.t());
  }

  static Tensors backward(AutogradContext *context, Tensors gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor gradient = gradients[0].contiguous();
    const auto type = [&](const char *name) { return static_cast<at::ScalarType>(context->saved_data[name].toInt()); };
    at::Tensor x, weight, bias;
    if (context->needs_input_grad(0)) x = at::mm(gradient, saved[1]).to(type("x"));
    if (context->needs_input_grad(1)) weight = at::mm(gradient.t(), saved[0]).to(type("weight"));
    if (context->saved_data["bias"].toBool()) {
      const int64_t rows = gradient.size(0), width = gradient.size(1);
      const auto sums = at::zeros({(rows + block - 1) / block, width}, wide(gradient.scalar_type()));
      const Types kind = types(gradient.scalar_type());
      blocks(rows, [&](int64_t begin, int64_t end, int64_t i) {
        kernels().columnSums(
            kind, gradient.data_ptr(), width, static_cast<char *>(sums.data_ptr()) + i * width * sums.element_size(),
            begin, end);
      });
      bias = sums.sum(0).to(type("weight"));
    }
    return {x, weight, bias, at::Tensor()};
  }
};

struct LayerNorm : public Function<LayerNorm> {
  static Tensors forward(
      AutogradContext *context, const at::Tensor &x, const at::Tensor &delta, const at::Tensor &weight,
      const at::Tensor &bias, double epsilon, int64_t type) {
    const auto narrow = static_cast<at::ScalarType>(type);
    const Types kind = types(x.scalar_type(), narrow);
    const int64_t rows = x.size(0), width = x.size(1);
    const bool hasDelta = present(delta);
    const at::Tensor input = x.contiguous();
    const at::Tensor more = delta.contiguous();
    const at::Tensor sum = hasDelta ? at::empty_like(input) : input;
    const at::Tensor output = at::empty({rows, width}, input.options().dtype(narrow));
    const at::Tensor mean = at::empty({rows}, input.options()), inverse = at::empty({rows}, input.options());
    const LayerNormForward arguments{
        rows, width, input.data_ptr(), hasDelta ? more.data_ptr() : nullptr, weight.data_ptr(), bias.data_ptr(),
        epsilon, hasDelta ? sum.data_ptr() : nullptr, output.data_ptr(), mean.data_ptr(), inverse.data_ptr()};
    parallel(rows, 64, [&](int64_t begin, int64_t end) { kernels().layerNormForward(kind, arguments, begin, end); });
    context->save_for_backward({sum, weight, mean, inverse});
    context->saved_data["kind"] = static_cast<int64_t>(kind);
    context->saved_data["narrow"] = type;
    context->saved_data["delta"] = hasDelta;
    if (!hasDelta) return {output};
    return {output, sum};
  }

  static Tensors backward(AutogradContext *context, Tensors gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor &sum = saved[0];
    const int64_t rows = sum.size(0), width = sum.size(1), count = (rows + block - 1) / block;
    const bool hasDelta = context->saved_data["delta"].toBool();
    const auto narrow = static_cast<at::ScalarType>(context->saved_data["narrow"].toInt());
    const auto kind = static_cast<Types>(context->saved_data["kind"].toInt());
    const at::Tensor outputGradient =
        gradients[0].defined() ? gradients[0].contiguous() : at::zeros({rows, width}, sum.options().dtype(narrow));
    const at::Tensor sumGradient =
        hasDelta && gradients[1].defined() ? gradients[1].contiguous() : at::Tensor();
    const at::Tensor xGradient = at::empty_like(sum);
    const at::Tensor deltaGradient = hasDelta ? at::empty({rows, width}, sum.options().dtype(narrow)) : at::Tensor();
    const at::Tensor weights = at::zeros({count, width}, sum.options()), biases = at::zeros_like(weights);
    LayerNormBackward arguments{
        rows, width, sum.data_ptr(), saved[1].data_ptr(), saved[2].data_ptr(), saved[3].data_ptr(),
        outputGradient.data_ptr(), sumGradient.defined() ? sumGradient.data_ptr() : nullptr, xGradient.data_ptr(),
        hasDelta ? deltaGradient.data_ptr() : nullptr, nullptr, nullptr};
    blocks(rows, [&](int64_t begin, int64_t end, int64_t i) {
      LayerNormBackward own = arguments;
      own.weightGradient = static_cast<char *>(weights.data_ptr()) + i * width * weights.element_size();
      own.biasGradient = static_cast<char *>(biases.data_ptr()) + i * width * biases.element_size();
      kernels().layerNormBackward(kind, own, begin, end);
    });
    return {xGradient, deltaGradient, weights.sum(0), biases.sum(0), at::Tensor(), at::Tensor()};
  }
};

struct PackedAttention : public Function<PackedAttention> {
  static at::Tensor forward(
      AutogradContext *context, const at::Tensor &qkv, const at::Tensor &offsets, int64_t heads, bool causal) {
    const at::Tensor input = qkv.contiguous();
    const int64_t width = input.size(1) / 3;
    const at::Tensor output = at::empty({input.size(0), width}, input.options());
    context->save_for_backward({input, offsets});
    context->saved_data["heads"] = heads;
    context->saved_data["causal"] = causal;
    const Attention arguments{
        heads, width / heads, causal, input.data_ptr(), offsets.data_ptr<int64_t>(), output.data_ptr(), nullptr, nullptr};
    const Types kind = types(input.scalar_type());
    parallel(offsets.size(0) - 1, 4, [&](int64_t begin, int64_t end) {
      kernels().attentionForward(kind, arguments, begin, end);
    });
    return output;
  }

  static Tensors backward(AutogradContext *context, Tensors gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor &input = saved[0], &offsets = saved[1];
    const at::Tensor gradient = gradients[0].contiguous(), result = at::empty_like(input);
    const int64_t heads = context->saved_data["heads"].toInt(), width = input.size(1) / 3;
    const Attention arguments{
        heads, width / heads, context->saved_data["causal"].toBool(), input.data_ptr(), offsets.data_ptr<int64_t>(),
        nullptr, gradient.data_ptr(), result.data_ptr()};
    const Types kind = types(input.scalar_type());
    parallel(offsets.size(0) - 1, 4, [&](int64_t begin, int64_t end) {
      kernels().attentionBackward(kind, arguments, begin, end);
    });
    return {result, at::Tensor(), at::Tensor(), at::Tensor()};
  }
};

struct QuickGelu : public Function<QuickGelu> {
  static at::Tensor forward(AutogradContext *context, const at::Tensor &x) {
    const at::Tensor input = x.contiguous(), output = at::empty_like(input);
    context->save_for_backward({input});
    const Types kind = types(input.scalar_type());
    parallel(input.numel(), 1 << 14, [&](int64_t begin, int64_t end) {
      kernels().quickGeluForward(kind, input.data_ptr(), output.data_ptr(), begin, end);
    });
    return output;
  }

  static Tensors backward(AutogradContext *context, Tensors gradients) {
    const at::Tensor input = context->get_saved_variables()[0];
    const at::Tensor gradient = gradients[0].contiguous(), result = at::empty_like(input);
    const Types kind = types(input.scalar_type());
    parallel(input.numel(), 1 << 14, [&](int64_t begin, int64_t end) {
      kernels().quickGeluBackward(kind, input.data_ptr(), gradient.data_ptr(), result.data_ptr(), begin, end);
    });
    return {result};
  }
};

}  // namespace

at::Tensor linear(const at::Tensor &x, const at::Tensor &weight, const at::Tensor &bias, at::ScalarType type) {
  require(x.dim() == 2 && weight.dim() == 2 && x.size(1) == weight.size(1), "x is [rows, in] and weight [out, in]");
  require(!bias.defined() || (bias.dim() == 1 && bias.size(0) == weight.size(0)), "bias is [out]");
  requireCPU(x, "linear runs on the CPU");
  return Linear::apply(x, weight, given(bias), static_cast<int64_t>(type));
}

std::vector<at::Tensor> layerNorm(
    const at::Tensor &x, const at::Tensor &delta, const at::Tensor &weight, const at::Tensor &bias, double epsilon,
    at::ScalarType type) {
  require(x.dim() == 2, "x is [rows, width]");
  require(!delta.defined() || (delta.sizes() == x.sizes() && delta.scalar_type() == type), "delta has x's shape and the result's type");
  for (const at::Tensor &tensor : {weight, bias})
    require(
        tensor.dim() == 1 && tensor.size(0) == x.size(1) && tensor.scalar_type() == x.scalar_type() && tensor.is_contiguous(),
        "weight and bias are [width], of x's type");
  types(x.scalar_type(), type);
  requireCPU(x, "layer normalisation runs on the CPU");
  return LayerNorm::apply(x, given(delta), weight, bias, epsilon, static_cast<int64_t>(type));
}

at::Tensor attention(const at::Tensor &qkv, const at::Tensor &offsets, int64_t heads, bool causal) {
  require(qkv.dim() == 2 && heads > 0 && qkv.size(1) % (3 * heads) == 0, "qkv is [tokens, 3 · heads · head width]");
  require(
      offsets.dim() == 1 && offsets.size(0) >= 1 && offsets.scalar_type() == at::kLong && offsets.is_contiguous(),
      "offsets are int64 [sequences + 1]");
  const int64_t *bounds = offsets.data_ptr<int64_t>(), last = offsets.size(0) - 1;
  require(bounds[0] == 0 && bounds[last] == qkv.size(0), "offsets start at 0 and end at the number of tokens");
  for (int64_t i = 0; i < last; i++) require(bounds[i] <= bounds[i + 1], "offsets ascend");
  types(qkv.scalar_type());
  requireCPU(qkv, "attention runs on the CPU");
  return PackedAttention::apply(qkv, offsets, heads, causal);
}

at::Tensor quickGelu(const at::Tensor &x) {
  types(x.scalar_type());
  requireCPU(x, "the activation runs on the CPU");
  return QuickGelu::apply(x);
}

}  // namespace colophon
