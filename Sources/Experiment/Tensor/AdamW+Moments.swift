package import Core

// The optimiser's state, for a training that continues in another process.

extension AdamW {
  /// The running means of the gradients and of their squares, in the order of the parameters and with their shapes.
  package var moments: (first: [Tensor], second: [Tensor]) { (first, second) }

  /// Continues from an earlier state.
  /// - Parameters:
  ///   - first: the means of the gradients, from ``moments``, contiguous float32.
  ///   - second: the means of the squared gradients, from ``moments``, contiguous float32.
  ///   - steps: the number of steps before that state.
  /// - Throws: ``OperationError`` when a shape is not that of its parameter; nothing is changed.
  package mutating func restore(first: [Tensor], second: [Tensor], steps: Int) throws(OperationError) {
    for moments in [first, second] where moments.map(\.shape) != parameters.map(\.shape) {
      throw OperationError(
        operation: "restore AdamW", subject: "\(moments.count) moments",
        cause: "they do not have the shapes of the \(parameters.count) parameters")
    }
    self.first = first
    self.second = second
    self.steps = steps
  }
}
