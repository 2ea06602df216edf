internal import CTorch
package import Core

/// A model's trainable tensors under their names.
package struct Parameters {
  /// In the order in which they were added.
  package private(set) var names: [String] = []
  private var tensors: [String: Tensor] = [:]

  package init() {}

  /// Adds a parameter, which requires its gradient from now on. The name is new.
  @discardableResult
  package mutating func add(_ name: String, _ tensor: Tensor) throws(OperationError) -> Tensor {
    precondition(tensors[name] == nil, "a parameter's name is used once: \(name)")
    names.append(name)
    tensors[name] = try tensor.requiringGradient()
    return tensor
  }

  /// - Throws: ``OperationError`` when there is no parameter of that name.
  package subscript(_ name: String) -> Tensor {
    get throws(OperationError) {
      guard let tensor = tensors[name] else {
        throw OperationError(operation: "look up a parameter", subject: name, cause: "the model has none of that name")
      }
      return tensor
    }
  }

  /// All parameters in order.
  package var all: [(name: String, tensor: Tensor)] { names.compactMap { name in tensors[name].map { (name, $0) } } }

  /// How many numbers there are in all.
  package var count: Int { all.reduce(0) { $0 + $1.tensor.count } }

  package func clearGradients() throws(OperationError) { for (_, tensor) in all { try tensor.clearGradient() } }
}
