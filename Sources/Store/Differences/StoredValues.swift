internal import FileFormats

extension StoredType {
  /// True for whole numbers and truth values.
  var isWhole: Bool {
    switch self {
    case .float64, .float32, .float16, .bfloat16, .float8E4M3, .float8E5M2: false
    default: true
    }
  }

  /// The element at an index as a number; whole numbers beyond 2^53 are rounded.
  @inline(__always)
  func value(_ bytes: UnsafeRawBufferPointer, at index: Int) -> Double {
    switch self {
    case .float64: Double(bitPattern: load(bytes, index))
    case .float32: Double(Float(bitPattern: load(bytes, index)))
    case .float16: Double(Self.float(half: load(bytes, index)))
    case .bfloat16: Double(Float(bitPattern: UInt32(load(bytes, index) as UInt16) << 16))
    case .float8E5M2: Double(Self.float(half: UInt16(load(bytes, index) as UInt8) << 8))
    case .float8E4M3: Self.value(e4m3: load(bytes, index))
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

  /// The element at an index as text.
  func text(_ bytes: UnsafeRawBufferPointer, at index: Int) -> String {
    switch self {
    case .uint64: "\(load(bytes, index) as UInt64)"
    case .int64: "\(load(bytes, index) as Int64)"
    case .float32: "\(Float(bitPattern: load(bytes, index)))"
    case .boolean: load(bytes, index) as UInt8 == 0 ? "false" : "true"
    default: isWhole ? "\(Int(value(bytes, at: index)))" : "\(value(bytes, at: index))"
    }
  }

  /// True when the elements at an index are close.
  @inline(__always)
  func isClose(_ bytes: Sides<UnsafeRawBufferPointer>, at index: Int, _ closeness: inout Closeness) -> Bool {
    let (a, b) = (bytes.old, bytes.new)
    return switch self {
    case .int64: closeness.accepts(load(a, index) as Int64, load(b, index))
    case .uint64: closeness.accepts(load(a, index) as UInt64, load(b, index))
    default:
      isWhole
        ? closeness.accepts(Int(value(a, at: index)), Int(value(b, at: index)))
        : closeness.accepts(value(a, at: index), value(b, at: index))
    }
  }

  @inline(__always)
  private func load<Value: FixedWidthInteger & BitwiseCopyable>(
    _ bytes: UnsafeRawBufferPointer, _ index: Int
  ) -> Value {
    Value(littleEndian: bytes.loadUnaligned(fromByteOffset: index * MemoryLayout<Value>.size, as: Value.self))
  }

  /// A number of 8 bits with 4 of exponent and no infinity. Source: Micikevicius et al., FP8 Formats for Deep Learning,
  /// 2022.
  private static func value(e4m3 bits: UInt8) -> Double {
    let (exponent, fraction) = (Int(bits >> 3 & 15), Double(bits & 7))
    if bits & 0x7F == 0x7F { return .nan }
    let magnitude =
      exponent == 0 ? fraction * 0x1p-9 : Double(sign: .plus, exponent: exponent - 10, significand: 8 + fraction)
    return bits & 0x80 == 0 ? magnitude : -magnitude
  }
}
