// A block whose activations are not kept, but computed again in the backward pass. Source: Chen et al. 2016 (arXiv 1604.06174).

#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

#include <stdexcept>

#include "Guard.h"

namespace colophon {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using Tensors = torch::autograd::variable_list;

namespace {

/// Owns the caller's block as long as the graph may run it.
struct Block : torch::CustomClassHolder {
  Block(const ctorch_block &block, int32_t outputs) : block(block), outputs(outputs) {}
  Block(const Block &) = delete;
  Block &operator=(const Block &) = delete;
  ~Block() override { block.release(block.state); }

  Tensors operator()(const Tensors &inputs) const {
    std::vector<ctorch_tensor *> given, found(static_cast<size_t>(outputs), nullptr);
    given.reserve(inputs.size());
    for (const at::Tensor &input : inputs) given.push_back(own(input));
    char *text = nullptr;
    const bool succeeded =
        block.run(block.state, given.data(), static_cast<int32_t>(given.size()), found.data(), outputs, &text);
    Tensors results;
    for (ctorch_tensor *output : found) {
      if (output) results.push_back(output->value);
      delete output;
    }
    const std::string cause(text ? text : "the block gave no reason");
    free(text);
    if (!succeeded) throw std::runtime_error(cause);
    require(results.size() == found.size(), "the block gave too few tensors");
    return results;
  }

  const ctorch_block block;
  const int32_t outputs;
};

using Shared = c10::intrusive_ptr<Block>;

struct Checkpoint : public Function<Checkpoint> {
  /// `anchor` requires its gradient, so that the block is a node of the graph even where it alone uses parameters.
  static Tensors forward(AutogradContext *context, const at::Tensor &anchor, at::TensorList inputs, Shared block) {
    (void)anchor;
    const Tensors given = inputs.vec();
    Tensors outputs = (*block)(given);
    for (size_t i = 0; i < outputs.size(); i++) {
      require(outputs[i].is_floating_point(), "a block gives tensors of floating-point numbers");
      // A tensor that is in the graph already, or comes twice, cannot become this node's output.
      bool taken = outputs[i].requires_grad();
      for (size_t j = 0; j < i; j++) taken = taken || outputs[i].is_same(outputs[j]);
      if (taken) outputs[i] = outputs[i].clone();
    }
    context->set_materialize_grads(false);
    context->save_for_backward(given);
    context->saved_data["block"] = c10::IValue::make_capsule(block);
    return outputs;
  }

  static Tensors backward(AutogradContext *context, Tensors gradients) {
    const auto capsule = context->saved_data["block"].toCapsule();
    const Block &block = static_cast<const Block &>(*capsule);
    Tensors inputs;
    size_t edge = 1;
    for (const at::Tensor &input : context->get_saved_variables()) {
      at::Tensor leaf = input.detach();
      if (context->needs_input_grad(edge++)) leaf.requires_grad_(true);
      inputs.push_back(leaf);
    }
    {
      const c10::AutoGradMode recording(true);
      const Tensors outputs = block(inputs);
      Tensors roots, slopes;
      for (size_t i = 0; i < outputs.size(); i++) {
        if (!outputs[i].requires_grad() || !gradients[i].defined()) continue;
        require(outputs[i].sizes() == gradients[i].sizes(), "the block gave another shape when it was run again");
        roots.push_back(outputs[i]);
        slopes.push_back(gradients[i]);
      }
      if (!roots.empty()) torch::autograd::backward(roots, slopes);
    }
    Tensors results{at::Tensor()};
    for (const at::Tensor &input : inputs) results.push_back(input.grad());
    results.push_back(at::Tensor());
    return results;
  }
};

}  // namespace

std::vector<at::Tensor> checkpoint(const ctorch_block &block, const std::vector<at::Tensor> &inputs, int32_t outputs) {
  const Shared shared = c10::make_intrusive<Block>(block, outputs);
  if (!c10::GradMode::is_enabled()) return (*shared)(inputs);
  return Checkpoint::apply(at::empty({0}).requires_grad_(true), at::TensorList(inputs), shared);
}

}  // namespace colophon
