/// The type of a tensor's elements, as safetensors and `.npy` name it; stored in little-endian order.
package enum ElementType: String, Sendable, CaseIterable {
  case float64 = "F64"
  case float32 = "F32"
  case float16 = "F16"
  case bfloat16 = "BF16"
  case int64 = "I64"
  case int32 = "I32"
  case int16 = "I16"
  case int8 = "I8"
  case uint64 = "U64"
  case uint32 = "U32"
  case uint16 = "U16"
  case uint8 = "U8"
  case boolean = "BOOL"

  /// `nil` for a type that NumPy has and this does not, such as text, and for big-endian numbers.
  init?(numpy name: String) {
    switch name {
    case "<f8": self = .float64
    case "<f4": self = .float32
    case "<f2": self = .float16
    case "<i8": self = .int64
    case "<i4": self = .int32
    case "<i2": self = .int16
    case "|i1", "<i1": self = .int8
    case "<u8": self = .uint64
    case "<u4": self = .uint32
    case "<u2": self = .uint16
    case "|u1", "<u1": self = .uint8
    case "|b1": self = .boolean
    default: return nil
    }
  }

  /// Bytes of an element.
  var size: Int {
    switch self {
    case .float64, .int64, .uint64: 8
    case .float32, .int32, .uint32: 4
    case .float16, .bfloat16, .int16, .uint16: 2
    case .int8, .uint8, .boolean: 1
    }
  }

  var isWhole: Bool {
    switch self {
    case .float64, .float32, .float16, .bfloat16: false
    default: true
    }
  }

  /// The element at an index as a number; whole numbers beyond 2^53 are rounded.
  @inline(__always)
  func value(_ bytes: UnsafeRawBufferPointer, _ index: Int) -> Double {
    switch self {
    case .float64: Double(bitPattern: load(bytes, index))
    case .float32: Double(Float(bitPattern: load(bytes, index)))
    case .float16: Double(Self.float(half: load(bytes, index)))
    case .bfloat16: Double(Float(bitPattern: UInt32(load(bytes, index) as UInt16) << 16))
    case .int64: Double(load(bytes, index) as Int64)
    case .int32: Double(load(bytes, index) as Int32)
    case .int16: Double(load(bytes, index) as Int16)
    case .int8: Double(load(bytes, index) as Int8)
    case .uint64: Double(load(bytes, index) as UInt64)
    case .uint32: Double(load(bytes, index) as UInt32)
    case .uint16: Double(load(bytes, index) as UInt16)
    case .uint8, .boolean: Double(load(bytes, index) as UInt8)
    }
  }

  /// The element at an index in words.
  func text(_ bytes: UnsafeRawBufferPointer, _ index: Int) -> String {
    switch self {
    case .uint64: "\(load(bytes, index) as UInt64)"
    case .int64: "\(load(bytes, index) as Int64)"
    case .float32: "\(Float(bitPattern: load(bytes, index)))"
    case .boolean: load(bytes, index) as UInt8 == 0 ? "false" : "true"
    default: isWhole ? "\(Int(value(bytes, index)))" : "\(value(bytes, index))"
    }
  }

  /// Whether elements are close.
  @inline(__always)
  func accepts(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer, _ index: Int, _ closeness: inout Closeness)
    -> Bool
  {
    switch self {
    case .int64: closeness.accepts(load(a, index) as Int64, load(b, index))
    case .uint64: closeness.accepts(load(a, index) as UInt64, load(b, index))
    case .float64, .float32, .float16, .bfloat16: closeness.accepts(value(a, index), value(b, index))
    default: closeness.accepts(Int(value(a, index)), Int(value(b, index)))
    }
  }

  @inline(__always)
  private func load<Value: FixedWidthInteger & BitwiseCopyable>(_ bytes: UnsafeRawBufferPointer, _ index: Int) -> Value
  {
    Value(littleEndian: bytes.loadUnaligned(fromByteOffset: index * MemoryLayout<Value>.size, as: Value.self))
  }

  /// A number of 16 bits. Source: IEEE 754, binary16; `Float16` is not on every processor that we build for.
  package static func float(half bits: UInt16) -> Float {
    let sign = UInt32(bits & 0x8000) << 16
    let exponent = UInt32(bits >> 10) & 31
    let fraction = UInt32(bits & 0x3FF)
    switch exponent {
    case 0:
      let value = Float(fraction) * 0x1p-24
      return sign == 0 ? value : -value
    case 31: return Float(bitPattern: sign | 0x7F80_0000 | fraction << 13)
    default: return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
    }
  }
}

/// Numbers in a row-major box, somewhere in a file.
struct TensorSpan {
  var name: String
  /// As the file names the element type.
  var typeName: String
  /// `nil` where the type is none that is known here: its bytes are compared as they are.
  var type: ElementType?
  var shape: [Int]
  /// The bytes' place in the file.
  var range: Range<Int>

  /// How many elements there are.
  var count: Int { shape.reduce(1, *) }

  /// The shape in words: `[3, 4]`.
  var shapeText: String { "[\(shape.map(String.init).joined(separator: ", "))]" }

  /// The indices of an element: `[0, 17]`.
  func indices(of element: Int) -> String {
    var rest = element
    var indices: [Int] = []
    for size in shape.reversed() where size > 0 {
      indices.append(rest % size)
      rest /= size
    }
    return "[\(indices.reversed().map(String.init).joined(separator: ", "))]"
  }

  /// How many elements a shape has; `nil` when that is too many for an integer, or a size is negative.
  static func count(_ shape: [Int]) -> Int? {
    var count = 1
    for size in shape {
      guard size >= 0 else { return nil }
      let (product, overflow) = count.multipliedReportingOverflow(by: size)
      guard !overflow else { return nil }
      count = product
    }
    return count
  }
}
