package import Core

// The optimiser's state, for a training that goes on in another process.

extension AdamW {
  /// The running means of the gradients and of their squares, in the order of the parameters and of their shapes.
  package var moments: (first: [Tensor], second: [Tensor]) { (first, second) }

  /// Goes on from an earlier state.
  /// - Parameters:
  ///   - first, second: what ``moments`` gave, contiguous float32.
  ///   - steps: how many steps had been made.
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
