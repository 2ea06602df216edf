#include <cmath>

#include "Guard.h"
#include "Kernels.h"
#include "Parallel.h"

namespace colophon {

namespace {
/// Elements that one thread takes at a time; the norm is summed piece by piece, so it does not depend on the thread count.
constexpr int64_t piece = 1 << 15;

struct Part {
  float *parameter, *first, *second;
  const float *gradient;
  int64_t begin, end;
  bool decays;
};
}  // namespace

double adamw(
    const ctorch_adamw &settings, const std::vector<at::Tensor> &parameters, const std::vector<at::Tensor> &first,
    const std::vector<at::Tensor> &second, const bool *decays) {
  std::vector<Part> parts;
  std::vector<at::Tensor> gradients;
  for (size_t i = 0; i < parameters.size(); i++) {
    const at::Tensor &parameter = parameters[i];
    if (!parameter.grad().defined()) continue;
    gradients.push_back(parameter.grad().contiguous());
    for (const at::Tensor &tensor : {parameter, first[i], second[i], gradients.back()}) {
      require(
          tensor.scalar_type() == at::kFloat && tensor.is_contiguous() && tensor.numel() == parameter.numel() &&
              tensor.device().is_cpu(),
          "AdamW takes contiguous float32 parameters, moments and gradients of one shape, on the CPU");
    }
    for (int64_t begin = 0; begin < parameter.numel(); begin += piece) {
      parts.push_back(
          {parameter.data_ptr<float>(), first[i].data_ptr<float>(), second[i].data_ptr<float>(),
           gradients.back().data_ptr<float>(), begin, std::min(begin + piece, parameter.numel()), decays[i]});
    }
  }
  const Kernels &k = kernels();
  const int64_t count = static_cast<int64_t>(parts.size());
  std::vector<double> squares(parts.size());
  parallel(count, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) squares[i] = k.sumOfSquares(parts[i].gradient, parts[i].begin, parts[i].end);
  });
  double norm = 0;
  for (double square : squares) norm += square;
  norm = std::sqrt(norm);
  const bool limited = settings.maximum_norm > 0 && norm > settings.maximum_norm;
  AdamW step{};
  step.learningRate = static_cast<float>(settings.learning_rate);
  step.beta1 = static_cast<float>(settings.beta1);
  step.beta2 = static_cast<float>(settings.beta2);
  step.epsilon = static_cast<float>(settings.epsilon);
  step.scale = limited ? static_cast<float>(settings.maximum_norm / norm) : 1.0f;
  step.firstCorrection = static_cast<float>(1 - std::pow(settings.beta1, static_cast<double>(settings.step)));
  step.secondCorrection = static_cast<float>(1 - std::pow(settings.beta2, static_cast<double>(settings.step)));
  parallel(count, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      const Part &part = parts[i];
      AdamW own = step;
      own.decay = part.decays ? static_cast<float>(settings.weight_decay) : 0.0f;
      k.adamw(own, part.parameter, part.gradient, part.first, part.second, part.begin, part.end);
    }
  });
  return norm;
}

}  // namespace colophon
