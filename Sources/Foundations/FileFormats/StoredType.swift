/// The type of a tensor's elements, named as safetensors names it; stored in little-endian order.
package enum StoredType: String, Sendable, CaseIterable {
  case float64 = "F64"
  case float32 = "F32"
  case float16 = "F16"
  case bfloat16 = "BF16"
  case float8E4M3 = "F8_E4M3"
  case float8E5M2 = "F8_E5M2"
  case int64 = "I64"
  case int32 = "I32"
  case int16 = "I16"
  case int8 = "I8"
  case uint64 = "U64"
  case uint32 = "U32"
  case uint16 = "U16"
  case uint8 = "U8"
  case boolean = "BOOL"

  /// A type by NumPy's name, such as `<f4`; `nil` for a type that is not one of these, such as text, and for
  /// big-endian numbers.
  package init?(numpy name: String) {
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

  /// The number of bytes of one element.
  package var byteCount: Int {
    switch self {
    case .float64, .int64, .uint64: 8
    case .float32, .int32, .uint32: 4
    case .float16, .bfloat16, .int16, .uint16: 2
    case .float8E4M3, .float8E5M2, .int8, .uint8, .boolean: 1
    }
  }

  /// The number of bytes of a tensor of this shape; `nil` when a size is negative or an `Int` cannot hold the product.
  package func byteCount(of shape: [Int]) -> Int? {
    Self.elementCount(of: shape).flatMap { count in
      let (product, overflow) = count.multipliedReportingOverflow(by: byteCount)
      return overflow ? nil : product
    }
  }

  /// The number of elements of a tensor; `nil` when a size is negative or an `Int` cannot hold the product.
  package static func elementCount(of shape: [Int]) -> Int? {
    var count = 1
    for size in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: size)
      guard size >= 0, !overflow else { return nil }
      count = product
    }
    return count
  }

  /// The value of a number of 16 bits. Source: IEEE 754, binary16; `Float16` is not on every processor that this is
  /// built for.
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
