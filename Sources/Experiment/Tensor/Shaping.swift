internal import CTorch
package import Core

// Views, selections and concatenation.

extension Tensor {
  /// The same elements under another shape that holds as many; one size may be -1, which is computed.
  package func reshaped(_ shape: Int...) throws(OperationError) -> Tensor { try reshaped(to: shape) }

  /// The same elements under another shape that holds as many; one size may be -1, which is computed.
  package func reshaped(to shape: [Int]) throws(OperationError) -> Tensor {
    try Torch.tensor("reshape", [self], details: "shape \(shape)") {
      $0.reshape(handle, shape.map(Int64.init), Int32(shape.count), $1)
    }
  }

  /// Repeats dimensions of size 1 (and new ones in front) without copying.
  package func expanded(to shape: [Int]) throws(OperationError) -> Tensor {
    try Torch.tensor("expand", [self], details: "shape \(shape)") {
      $0.expand(handle, shape.map(Int64.init), Int32(shape.count), $1)
    }
  }

  /// The dimensions in another order.
  package func permuted(_ dimensions: Int...) throws(OperationError) -> Tensor {
    try Torch.tensor("permute", [self], details: "dimensions \(dimensions)") {
      $0.permute(handle, dimensions.map(Int64.init), Int32(dimensions.count), $1)
    }
  }

  /// The transposed matrix `[n, m]` → `[m, n]`.
  package func transposed() throws(OperationError) -> Tensor { try permuted(1, 0) }

  /// A range of a dimension.
  /// - Throws: ``OperationError`` when the dimension is not there, or the range leaves it.
  package func slice(_ dimension: Int, _ range: Range<Int>) throws(OperationError) -> Tensor {
    let shape = shape
    let place = dimension < 0 ? dimension + shape.count : dimension
    // libtorch would count places below 0 from the end.
    if shape.indices.contains(place),
      range.lowerBound < 0 || range.upperBound < range.lowerBound || range.upperBound > shape[place]
    {
      throw OperationError(
        operation: "slice", subject: "\(self), dimension \(dimension), \(range)",
        cause: "the dimension has the places 0..<\(shape[place]): a range ascends within them")
    }
    return try Torch.tensor("slice", [self], details: "dimension \(dimension), \(range)") {
      $0.narrow(handle, Int64(dimension), Int64(range.lowerBound), Int64(range.count), $1)
    }
  }

  /// Joined along a dimension; the other sizes are equal.
  package static func concatenate(_ tensors: [Tensor], _ dimension: Int = 0) throws(OperationError) -> Tensor {
    try Torch.tensor("concatenate", tensors) {
      $0.concatenate(tensors.map { $0.handle }, Int32(tensors.count), Int64(dimension), $1)
    }
  }

  /// The chosen places of a dimension.
  /// - Parameter index: int64 `[k]`.
  package func selecting(_ index: Tensor, _ dimension: Int = 0) throws(OperationError) -> Tensor {
    try Torch.tensor("select", [self, index]) { $0.index_select(handle, Int64(dimension), index.handle, $1) }
  }

  /// One element of a dimension for each element of `index`, which is int64 of the same rank.
  package func gathered(_ dimension: Int, _ index: Tensor) throws(OperationError) -> Tensor {
    try Torch.tensor("gather", [self, index]) { $0.gather(handle, Int64(dimension), index.handle, $1) }
  }

  /// `value` where `mask` (bool, broadcast) is true.
  /// - Throws: ``OperationError`` when the mask is not bool, or its shape does not fit.
  package func filled(where mask: Tensor, with value: Double) throws(OperationError) -> Tensor {
    guard mask.elementType == .bool else {
      throw OperationError(
        operation: "fill", subject: "\(self), \(mask)",
        cause: """
          the mask is \(mask.elementType.map { "\($0)" } ?? "of an unknown type") instead of bool: \
          compare with equals first
          """)
    }
    return try Torch.tensor("fill", [self, mask]) { $0.masked_fill(handle, mask.handle, value, $1) }
  }
}
