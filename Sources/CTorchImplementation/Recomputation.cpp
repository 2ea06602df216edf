// Computations whose intermediate results are not kept: the backward pass makes them again. Source: Chen et al., 2016 (arXiv 1604.06174).

#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

#include "Guard.h"

namespace colophon {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

namespace {

/// The caller's computation, released with the last graph that may need it.
struct Computation : torch::CustomClassHolder {
  const ctorch_computation body;

  explicit Computation(const ctorch_computation &body) : body(body) {}
  ~Computation() override { body.release(body.context); }

  variable_list run(const variable_list &inputs) const {
    std::vector<ctorch_tensor *> handles;
    for (const at::Tensor &input : inputs) handles.push_back(own(input));
    variable_list outputs;
    char *message = nullptr;
    const auto take = [](void *sink, const ctorch_tensor *output) {
      static_cast<variable_list *>(sink)->push_back(output->value);
    };
    // The computation takes over the handles, also when it fails.
    if (!body.run(body.context, handles.data(), static_cast<int32_t>(handles.size()), &outputs, take, &message)) {
      const std::string reason = message ? message : "no reason was given";
      free(message);
      throw std::runtime_error(reason);
    }
    return outputs;
  }
};

struct Recomputed : public Function<Recomputed> {
  static variable_list forward(
      AutogradContext *context, const variable_list &inputs, const c10::intrusive_ptr<Computation> &computation) {
    context->save_for_backward(inputs);
    context->saved_data["computation"] = c10::IValue::make_capsule(computation);
    return computation->run(inputs);
  }

  static variable_list backward(AutogradContext *context, variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const auto computation = c10::static_intrusive_pointer_cast<Computation>(context->saved_data["computation"].toCapsule());
    variable_list inputs;
    for (size_t i = 0; i < saved.size(); i++) {
      at::Tensor copy = saved[i].detach();
      if (context->needs_input_grad(i)) copy.requires_grad_(true);
      inputs.push_back(copy);
    }
    variable_list outputs, wanted;
    {
      at::AutoGradMode recording(true);
      const variable_list again = computation->run(inputs);
      for (size_t i = 0; i < again.size(); i++) {
        if (!again[i].requires_grad() || !gradients[i].defined()) continue;
        outputs.push_back(again[i]);
        wanted.push_back(gradients[i]);
      }
    }
    // Adds to the gradients of the parameters as well.
    if (!outputs.empty()) torch::autograd::backward(outputs, wanted);
    variable_list result;
    for (size_t i = 0; i < inputs.size(); i++) result.push_back(inputs[i].grad());
    result.emplace_back();
    return result;
  }
};

}  // namespace

variable_list recomputed(const ctorch_computation &body, const variable_list &inputs) {
  return Recomputed::apply(inputs, c10::make_intrusive<Computation>(body));
}

}  // namespace colophon
