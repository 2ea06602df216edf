internal import CTorch
package import Core

// The layers of a transformer. Tokens are packed: a batch of sequences of any lengths is one matrix `[tokens, width]`.

extension Tensor {
  /// x · weightᵀ + bias, multiplied in the element type `type`.
  /// - Parameters:
  ///   - weight: `[out, in]` for x `[rows, in]`.
  ///   - bias: `[out]`.
  /// - Returns: `[rows, out]` of `type`.
  package func linear(_ weight: Tensor, _ bias: Tensor? = nil, in type: ElementType = .float32) throws(OperationError)
    -> Tensor
  {
    try Torch.tensor("linear", [self, weight] + (bias.map { [$0] } ?? [])) {
      $0.linear(handle, weight.handle, bias?.handle, type.rawValue, $1)
    }
  }

  /// The rows of this table `[count, width]` with the given int64 ids `[n]` → `[n, width]`.
  package func embedding(_ ids: Tensor) throws(OperationError) -> Tensor {
    try Torch.tensor("embedding", [self, ids]) { $0.embedding(handle, ids.handle, $1) }
  }

  /// (x − mean) / √(variance + ε) · weight + bias of each row of x `[rows, width]`.
  /// - Returns: `[rows, width]` of `type`.
  package func layerNorm(
    _ weight: Tensor, _ bias: Tensor, epsilon: Double = 1e-5, as type: ElementType = .float32
  ) throws(OperationError) -> Tensor {
    try Torch.tensor("layerNorm", [self, weight, bias]) {
      $0.layer_norm(handle, nil, weight.handle, bias.handle, epsilon, type.rawValue, nil, $1)
    }
  }

  /// The residual sum x + delta and its ``layerNorm(_:_:epsilon:as:)``, in one pass.
  /// - Parameter delta: `[rows, width]` of `type`.
  /// - Returns: the sum, of x's type, and the normalised rows, of `type`.
  package func addThenLayerNorm(
    _ delta: Tensor, _ weight: Tensor, bias: Tensor, epsilon: Double = 1e-5, as type: ElementType = .float32
  ) throws(OperationError) -> (sum: Tensor, normalized: Tensor) {
    var sum: OpaquePointer?
    let normalized = try Torch.tensor("addThenLayerNorm", [self, delta, weight, bias]) {
      $0.layer_norm(handle, delta.handle, weight.handle, bias.handle, epsilon, type.rawValue, &sum, $1)
    }
    guard let sum else {
      throw OperationError(operation: "addThenLayerNorm", subject: description, cause: "there is no sum")
    }
    return (Tensor(owning: sum, sharing: normalized), normalized)
  }

  /// Attention inside each packed sequence: this tensor `[tokens, 3 · width]` holds queries, keys and values.
  /// - Parameters:
  ///   - offsets: int64 `[sequences + 1]`; sequence i has the tokens `offsets[i] ..< offsets[i + 1]`.
  ///   - heads: the number of heads, a divisor of the width.
  ///   - causal: true when a token sees only itself and those before it.
  /// - Returns: `[tokens, width]`.
  package func attention(offsets: Tensor, heads: Int, causal: Bool) throws(OperationError) -> Tensor {
    try Torch.tensor("attention", [self, offsets], details: "\(heads) heads") {
      $0.attention(handle, offsets.handle, Int64(heads), causal, $1)
    }
  }

  /// Rows of length 1: x / ‖x‖.
  package func normalized() throws(OperationError) -> Tensor {
    try self / ((self * self).sum(-1, keep: true) + 1e-12).squareRoot()
  }

  /// The mean over rows of −log softmax(x)[target].
  /// - Parameter targets: int64 `[rows]` for x `[rows, classes]`.
  /// - Throws: ``OperationError`` when there is not one target for each row, or a target is not a class.
  package func crossEntropy(_ targets: Tensor) throws(OperationError) -> Tensor {
    let (rows, shape) = (shape, targets.shape)
    guard rows.count == 2, shape.count == 1, rows[0] == shape[0] else {
      throw OperationError(
        operation: "crossEntropy", subject: "\(self), \(targets)",
        cause: """
          there are \(targets.count) targets for \(rows.first ?? 0) rows: \
          each row [rows, classes] needs one, as [rows]
          """)
    }
    return try -logSoftmax(-1).gathered(1, targets.reshaped(-1, 1)).mean()
  }
}
