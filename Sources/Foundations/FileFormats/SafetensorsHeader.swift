package import Core

/// What a safetensors file says of its tensors: read and checked before any element is.
///
/// Source of the format and of its rules: the safetensors library's documentation (`FORMAT`): the elements lie without gap or overlap
/// behind a JSON header of at most 100 MB.
package struct SafetensorsHeader: Sendable {
  /// The element types of the format.
  package enum StoredType: String, Sendable {
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
    case bool = "BOOL"

    /// Bytes of one element.
    package var byteCount: Int {
      switch self {
      case .float64, .int64, .uint64: 8
      case .float32, .int32, .uint32: 4
      case .float16, .bfloat16, .int16, .uint16: 2
      case .float8E4M3, .float8E5M2, .int8, .uint8, .bool: 1
      }
    }
  }

  /// One tensor's place.
  package struct Place: Sendable {
    package let type: StoredType
    package let shape: [Int]
    /// Its bytes in the file.
    package let range: Range<Int>
  }

  package private(set) var places: [String: Place] = [:]
  /// The file's name, for errors.
  package let subject: String

  /// The longest header that the format allows.
  private static let limit: UInt64 = 100_000_000

  /// - Parameters:
  ///   - bytes: the whole file.
  ///   - subject: the file's name, for errors.
  /// - Throws: ``OperationError`` when the file is truncated, or a tensor's place, type and shape do not fit together.
  package init(_ bytes: UnsafeRawBufferPointer, subject: String) throws(OperationError) {
    self.subject = subject
    func fault(_ cause: String) -> OperationError {
      OperationError(operation: "read safetensors", subject: subject, cause: cause)
    }
    guard bytes.count >= 8 else {
      throw fault("the file has \(bytes.count) bytes, fewer than the 8 of the header's length")
    }
    let length = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
    guard length <= UInt64(bytes.count - 8), length <= Self.limit else {
      throw fault(
        "the header would be \(length) bytes long, the file has \(bytes.count): it is truncated or of another format")
    }
    let start = 8 + Int(length)
    var parser = SafetensorsHeaderParser(UnsafeRawBufferPointer(rebasing: bytes[8..<start]), subject: subject)
    for (name, found) in try parser.tensors() {
      guard let type = StoredType(rawValue: found.type) else {
        throw fault("\(name) has the unknown element type \(found.type)")
      }
      var byteCount = type.byteCount
      for dimension in found.shape {
        let (product, overflow) = byteCount.multipliedReportingOverflow(by: dimension)
        if overflow { throw fault("\(name) has the impossible shape \(found.shape)") }
        byteCount = product
      }
      let (low, high) = (found.offsets[0], found.offsets[1])
      guard low <= high, high <= bytes.count - start, high - low == byteCount else {
        throw fault(
          "\(name), \(found.type) \(found.shape), would lie at \(low)..<\(high) of \(bytes.count - start) bytes and needs "
            + "\(byteCount)")
      }
      let place = Place(type: type, shape: found.shape, range: (start + low)..<(start + high))
      if places.updateValue(place, forKey: name) != nil { throw fault("\(name) is there twice") }
    }
    var end = start
    let order = places.sorted {
      ($0.value.range.lowerBound, $0.value.range.upperBound) < ($1.value.range.lowerBound, $1.value.range.upperBound)
    }
    for (name, place) in order {
      guard place.range.lowerBound == end else {
        let what = place.range.lowerBound < end ? "overlaps the one before it" : "leaves a gap before it"
        throw fault("\(name) \(what), at byte \(place.range.lowerBound - start) of the elements")
      }
      end = place.range.upperBound
    }
    guard end == bytes.count else { throw fault("\(bytes.count - end) bytes behind the last tensor belong to none") }
  }

  /// A tensor's elements in row-major order, as float32.
  /// - Parameter bytes: the file that the header was read from.
  /// - Throws: ``OperationError`` when there is no such tensor or its elements are no floating-point numbers.
  package func elements(of name: String, in bytes: UnsafeRawBufferPointer) throws(OperationError) -> [Float] {
    guard let place = places[name] else {
      throw OperationError(operation: "read safetensors", subject: subject, cause: "there is no tensor \(name)")
    }
    let part = UnsafeRawBufferPointer(rebasing: bytes[place.range])
    switch place.type {
    case .float32: return Self.convert(part, Float.self) { $0 }
    case .float64: return Self.convert(part, Double.self) { Float($0) }
    case .float16: return Self.convert(part, UInt16.self) { Float(Float16(bitPattern: $0)) }
    case .bfloat16: return Self.convert(part, UInt16.self) { Float(bitPattern: UInt32($0) << 16) }
    default:
      throw OperationError(
        operation: "read safetensors", subject: subject,
        cause: "\(name) has the element type \(place.type.rawValue); float64, float32, float16 and bfloat16 are read")
    }
  }

  private static func convert<Stored: BitwiseCopyable>(
    _ bytes: UnsafeRawBufferPointer, _ type: Stored.Type, _ value: (Stored) -> Float
  ) -> [Float] {
    let (size, count) = (MemoryLayout<Stored>.size, bytes.count / MemoryLayout<Stored>.size)
    return [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
      for index in 0..<count {
        buffer.initializeElement(at: index, to: value(bytes.loadUnaligned(fromByteOffset: index * size, as: type)))
      }
      initialized = count
    }
  }
}
