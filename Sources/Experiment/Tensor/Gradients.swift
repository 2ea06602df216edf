internal import CTorch
package import Core

extension Tensor {
  /// Makes the tensor a leaf of the gradient graph, for which ``backward()`` computes a gradient.
  @discardableResult
  package func requiringGradient() throws(OperationError) -> Tensor {
    try Torch.perform("requiringGradient", [self]) { $0.set_requires_gradient(handle, true, $1) }
    return self
  }

  /// Adds the gradients of this scalar to every tensor that it depends on and that requires them.
  package func backward() throws(OperationError) { try Torch.perform("backward", [self]) { $0.backward(handle, $1) } }

  /// The sum of the gradients that ``backward()`` has computed; `nil` before.
  package var gradient: Tensor? {
    get throws(OperationError) {
      let table = try Torch.table()
      return table.gradient(handle).map { Tensor(owning: $0, sharing: self) }
    }
  }

  /// Removes the gradient.
  package func clearGradient() throws(OperationError) { try Torch.table().clear_gradient(handle) }

  /// Limits every element to the range, in place and outside the gradient graph.
  package func clamp(to range: ClosedRange<Double>) throws(OperationError) {
    try Torch.perform("clamp", [self]) { $0.clamp(handle, range.lowerBound, range.upperBound, $1) }
  }
}
