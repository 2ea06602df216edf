internal import CTorch
package import Core

/// The type of a tensor's elements. The numbers are those of the C interface.
package enum ElementType: Int32, Sendable, CaseIterable {
  case float32 = 0
  case float64 = 1
  case bfloat16 = 2
  case int64 = 3
  case uint8 = 4
  case bool = 5

  /// The size of one element in bytes.
  package var byteCount: Int {
    switch self {
    case .float32: 4
    case .float64, .int64: 8
    case .bfloat16: 2
    case .uint8, .bool: 1
    }
  }
}

/// A Swift type that tensors are made from and read into.
package protocol TensorElement: BitwiseCopyable {
  /// The type of the elements of a tensor that is made from such values.
  static var elementType: ElementType { get }
}

extension Float: TensorElement {
  /// `float32`.
  package static var elementType: ElementType { .float32 }
}

extension Double: TensorElement {
  /// `float64`.
  package static var elementType: ElementType { .float64 }
}

extension Int64: TensorElement {
  /// `int64`.
  package static var elementType: ElementType { .int64 }
}

extension UInt8: TensorElement {
  /// `uint8`.
  package static var elementType: ElementType { .uint8 }
}

/// An n-dimensional array that libtorch computes with, and a node of the gradient graph.
///
/// Operations never change a tensor. They throw ``OperationError``, which names the operation and the operands' shapes.
/// Negative dimensions count from the end. A tensor stays on the thread that made it.
package final class Tensor: CustomStringConvertible {
  let handle: OpaquePointer
  private let table: UnsafePointer<ctorch_api>

  /// Takes ownership of the handle.
  init(owning handle: OpaquePointer, of table: UnsafePointer<ctorch_api>) {
    self.handle = handle
    self.table = table
  }

  /// Takes ownership of the handle, which comes from the library of another tensor.
  init(owning handle: OpaquePointer, sharing other: Tensor) {
    self.handle = handle
    table = other.table
  }

  deinit { table.pointee.release(handle) }

  /// The sizes, outermost first; empty for a scalar.
  package var shape: [Int] {
    (0..<table.pointee.rank(handle)).map { Int(table.pointee.size(handle, $0)) }
  }

  /// The number of elements.
  package var count: Int { shape.reduce(1, *) }

  /// The type of the elements; `nil` for one that only libtorch knows.
  package var elementType: ElementType? { ElementType(rawValue: table.pointee.type(handle)) }

  package var description: String {
    "\(elementType.map { "\($0)" } ?? "unknown")[\(shape.map(String.init).joined(separator: ", "))]"
  }

  /// A tensor with the elements in row-major order.
  /// - Parameter elements: as many as the shape holds.
  /// - Throws: ``OperationError`` when the shape holds another number, or has a negative size.
  package static func from<Element: TensorElement>(_ elements: [Element], shape: [Int]) throws(OperationError) -> Tensor
  {
    let held = held(by: shape)
    guard elements.count == held else {
      throw OperationError(
        operation: "make a tensor", subject: "\(elements.count) elements",
        cause: held.map { "the shape \(shape) holds \($0)" }
          ?? "the shape \(shape) has a negative size, or holds more elements than can be counted")
    }
    return try Torch.tensor("from", [], details: "shape \(shape)") { table, error in
      elements.withUnsafeBytes {
        table.from_bytes($0.baseAddress, Element.elementType.rawValue, shape.map(Int64.init), Int32(shape.count), error)
      }
    }
  }

  /// Calls `body` with a tensor of the elements, which are not copied.
  ///
  /// The tensor and its views are valid only during the call; tensors computed from them stay valid.
  /// - Parameter elements: as many as the shape holds, at least one.
  package static func withBorrowed<Result>(
    _ elements: [Float], shape: [Int], _ body: (Tensor) throws -> Result
  ) throws -> Result {
    guard !elements.isEmpty, elements.count == held(by: shape) else { return try body(.from(elements, shape: shape)) }
    return try elements.withUnsafeBufferPointer { elements in
      guard let start = elements.baseAddress else { preconditionFailure("an array with elements has an address") }
      return try body(
        Torch.tensor("borrow", [], details: "shape \(shape)") {
          $0.borrow(start, shape.map(Int64.init), Int32(shape.count), $1)
        })
    }
  }

  /// The number of elements that a shape holds; `nil` when a size is negative, or they are too many to count.
  private static func held(by shape: [Int]) -> Int? {
    guard shape.allSatisfy({ $0 >= 0 }) else { return nil }
    var held = 1
    for size in shape {
      let (product, overflows) = held.multipliedReportingOverflow(by: size)
      // An empty dimension after a huge one makes the whole empty.
      if overflows { return shape.contains(0) ? 0 : nil }
      held = product
    }
    return held
  }

  /// A vector with the elements.
  package static func from<Element: TensorElement>(_ elements: [Element]) throws(OperationError) -> Tensor {
    try from(elements, shape: [elements.count])
  }

  /// A tensor with the same value everywhere.
  package static func full(_ shape: [Int], _ value: Double, type: ElementType = .float32) throws(OperationError)
    -> Tensor
  {
    try Torch.tensor("full", [], details: "shape \(shape)") {
      $0.full(shape.map(Int64.init), Int32(shape.count), value, type.rawValue, $1)
    }
  }

  /// A tensor of zeros.
  package static func zeros(_ shape: [Int], _ type: ElementType = .float32) throws(OperationError) -> Tensor {
    try full(shape, 0, type: type)
  }

  /// All elements in row-major order, converted when they are of another type.
  package func elements<Element: TensorElement>(as type: Element.Type = Element.self) throws(OperationError)
    -> [Element]
  {
    let count = count
    var failure: OperationError?
    let result = [Element](unsafeUninitializedCapacity: count) { buffer, initialized in
      do throws(OperationError) {
        try Torch.perform("elements", [self]) {
          $0.to_bytes(handle, Element.elementType.rawValue, buffer.baseAddress, $1)
        }
        initialized = count
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return result
  }

  /// Calls `body` with the elements in row-major order, valid during the call. They are copied only when the tensor has
  /// another order or type.
  package func withElements<Result>(_ body: (UnsafeBufferPointer<Float>) throws -> Result) throws -> Result {
    guard elementType == .float32, let start = table.pointee.data(handle) else {
      return try elements(as: Float.self).withUnsafeBufferPointer(body)
    }
    return try withExtendedLifetime(self) {
      try body(UnsafeBufferPointer(start: start.assumingMemoryBound(to: Float.self), count: count))
    }
  }

  /// The only element.
  package func item() throws(OperationError) -> Double {
    let elements = try elements(as: Double.self)
    guard elements.count == 1 else {
      throw OperationError(
        operation: "read the only element", subject: description, cause: "it has \(elements.count) elements")
    }
    return elements[0]
  }
}
