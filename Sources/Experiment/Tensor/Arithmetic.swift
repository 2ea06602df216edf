internal import CTorch
package import Core

// Elementwise operations and products. Shapes broadcast from their last dimensions; operations throw when these do not
// fit.

extension Tensor {
  /// The sums of the elements.
  package static func + (left: Tensor, right: Tensor) throws(OperationError) -> Tensor {
    try left.binary("+", CTORCH_ADD, by: right)
  }

  /// The differences of the elements.
  package static func - (left: Tensor, right: Tensor) throws(OperationError) -> Tensor {
    try left.binary("-", CTORCH_SUBTRACT, by: right)
  }

  /// The products of the elements.
  package static func * (left: Tensor, right: Tensor) throws(OperationError) -> Tensor {
    try left.binary("*", CTORCH_MULTIPLY, by: right)
  }

  /// The quotients of the elements.
  package static func / (left: Tensor, right: Tensor) throws(OperationError) -> Tensor {
    try left.binary("/", CTORCH_DIVIDE, by: right)
  }

  /// The elements plus a number.
  package static func + (left: Tensor, right: Double) throws(OperationError) -> Tensor {
    try left.scalar("+", CTORCH_ADD, by: right)
  }

  /// The elements minus a number.
  package static func - (left: Tensor, right: Double) throws(OperationError) -> Tensor {
    try left.scalar("-", CTORCH_SUBTRACT, by: right)
  }

  /// The elements times a number.
  package static func * (left: Tensor, right: Double) throws(OperationError) -> Tensor {
    try left.scalar("*", CTORCH_MULTIPLY, by: right)
  }

  /// The elements divided by a number.
  package static func / (left: Tensor, right: Double) throws(OperationError) -> Tensor {
    try left.scalar("/", CTORCH_DIVIDE, by: right)
  }

  /// The elements with the other sign.
  package static prefix func - (tensor: Tensor) throws(OperationError) -> Tensor {
    try tensor.unary("negate", CTORCH_NEGATE)
  }

  /// The matrix product `[…, n, k] · […, k, m]` → `[…, n, m]`.
  package func matmul(_ right: Tensor) throws(OperationError) -> Tensor {
    try binary("matmul", CTORCH_MATMUL, by: right)
  }

  /// True for each pair of equal elements, as `bool`.
  package func equals(_ right: Tensor) throws(OperationError) -> Tensor {
    try binary("equals", CTORCH_EQUAL, by: right)
  }

  /// log(eˣ + eʸ) without overflow.
  package func logAddExp(_ right: Tensor) throws(OperationError) -> Tensor {
    try binary("logAddExp", CTORCH_LOGADDEXP, by: right)
  }

  /// eˣ of each element.
  package func exp() throws(OperationError) -> Tensor { try unary("exp", CTORCH_EXP) }
  /// The natural logarithm of each element.
  package func log() throws(OperationError) -> Tensor { try unary("log", CTORCH_LOG) }
  /// The square root of each element.
  package func squareRoot() throws(OperationError) -> Tensor { try unary("squareRoot", CTORCH_SQRT) }
  /// The absolute value of each element.
  package func magnitude() throws(OperationError) -> Tensor { try unary("magnitude", CTORCH_ABS) }

  /// x · Φ(x), Φ the normal distribution.
  package func gelu() throws(OperationError) -> Tensor { try unary("gelu", CTORCH_GELU) }

  /// x · σ(1.702 x).
  package func quickGelu() throws(OperationError) -> Tensor { try unary("quickGelu", CTORCH_QUICK_GELU) }

  /// The same elements outside the gradient graph.
  package func detached() throws(OperationError) -> Tensor { try unary("detached", CTORCH_DETACH) }

  /// The elements converted to a type. Gradients flow back in the present type.
  package func cast(_ type: ElementType) throws(OperationError) -> Tensor {
    if elementType == type { return self }
    return try Torch.tensor("cast", [self]) { $0.cast(handle, type.rawValue, $1) }
  }

  /// The sum over the given dimensions, over all without any; with `keep` they stay, with size 1.
  package func sum(_ dimensions: Int..., keep: Bool = false) throws(OperationError) -> Tensor {
    try reduce("sum", CTORCH_SUM, over: dimensions, keep: keep)
  }

  /// The mean over the given dimensions, over all without any; with `keep` they stay, with size 1.
  package func mean(_ dimensions: Int..., keep: Bool = false) throws(OperationError) -> Tensor {
    try reduce("mean", CTORCH_MEAN, over: dimensions, keep: keep)
  }

  /// The maximum over the given dimensions, over all without any; with `keep` they stay, with size 1.
  package func maximum(_ dimensions: Int..., keep: Bool = false) throws(OperationError) -> Tensor {
    try reduce("maximum", CTORCH_MAXIMUM, over: dimensions, keep: keep)
  }

  /// log Σ eˣ over the given dimensions, without overflow.
  package func logSumExp(_ dimensions: Int..., keep: Bool = false) throws(OperationError) -> Tensor {
    try reduce("logSumExp", CTORCH_LOGSUMEXP, over: dimensions, keep: keep)
  }

  /// eˣ / Σ eˣ along a dimension.
  package func softmax(_ dimension: Int) throws(OperationError) -> Tensor {
    try Torch.tensor("softmax", [self]) { $0.softmax(handle, Int64(dimension), false, $1) }
  }

  /// log of ``softmax(_:)`` without underflow.
  package func logSoftmax(_ dimension: Int) throws(OperationError) -> Tensor {
    try Torch.tensor("logSoftmax", [self]) { $0.softmax(handle, Int64(dimension), true, $1) }
  }

  private func unary(_ name: String, _ operation: ctorch_unary) throws(OperationError) -> Tensor {
    try Torch.tensor(name, [self]) { $0.unary(Int32(operation.rawValue), handle, $1) }
  }

  private func binary(_ name: String, _ operation: ctorch_binary, by right: Tensor) throws(OperationError) -> Tensor {
    try Torch.tensor(name, [self, right]) { $0.binary(Int32(operation.rawValue), handle, right.handle, $1) }
  }

  private func scalar(_ name: String, _ operation: ctorch_binary, by right: Double) throws(OperationError) -> Tensor {
    try Torch.tensor(name, [self]) { $0.scalar(Int32(operation.rawValue), handle, right, $1) }
  }

  private func reduce(
    _ name: String, _ operation: ctorch_reduction, over dimensions: [Int], keep: Bool
  ) throws(OperationError) -> Tensor {
    try Torch.tensor(name, [self], details: "dimensions \(dimensions)") {
      $0.reduce(Int32(operation.rawValue), handle, dimensions.map(Int64.init), Int32(dimensions.count), keep, $1)
    }
  }
}
