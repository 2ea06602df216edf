internal import CTorch
package import Core

/// A model's trainable tensors under their names.
package struct Parameters {
  /// The names, in the order in which the parameters were added.
  package private(set) var names: [String] = []
  private var tensors: [String: Tensor] = [:]

  /// No parameters.
  package init() {}

  /// Adds a parameter under a new name. It requires its gradient from then on.
  @discardableResult
  package mutating func add(_ name: String, _ tensor: Tensor) throws(OperationError) -> Tensor {
    precondition(tensors[name] == nil, "a parameter's name is used once: \(name)")
    names.append(name)
    tensors[name] = try tensor.requiringGradient()
    return tensor
  }

  /// The parameter of a name.
  /// - Throws: ``OperationError`` when no parameter has it.
  package subscript(_ name: String) -> Tensor {
    get throws(OperationError) {
      guard let tensor = tensors[name] else {
        throw OperationError(operation: "look up a parameter", subject: name, cause: "the model has none of that name")
      }
      return tensor
    }
  }

  /// All parameters, in the order in which they were added.
  package var all: [(name: String, tensor: Tensor)] { names.compactMap { name in tensors[name].map { (name, $0) } } }

  /// The number of elements of all parameters together.
  package var count: Int { all.reduce(0) { $0 + $1.tensor.count } }

  /// Removes the gradients of all parameters.
  package func clearGradients() throws(OperationError) { for (_, tensor) in all { try tensor.clearGradient() } }
}
