package import Core

/// The tensors of a safetensors file, read and checked before any element is.
///
/// Source of the format and of its rules: the safetensors library's documentation (`FORMAT`): the elements follow one
/// another without gap or overlap after a JSON header of at most 100 MB.
package struct SafetensorsHeader: Sendable {
  /// The type, shape and position of one tensor.
  package struct Place: Sendable {
    /// The type of its elements.
    package let type: StoredType
    /// The sizes of its dimensions; empty for a single number.
    package let shape: [Int]
    /// Its bytes in the file.
    package let range: Range<Int>
  }

  /// The tensors by their names.
  package private(set) var places: [String: Place] = [:]
  /// The header's further texts, under `__metadata__`.
  package let metadata: [String: String]
  /// The file's name, for errors.
  package let subject: String

  /// The longest header that the format allows, in bytes.
  private static let limit: UInt64 = 100_000_000

  /// - Parameters:
  ///   - bytes: the whole file.
  ///   - subject: the file's name, for errors.
  /// - Throws: ``OperationError`` when the file is truncated, or a tensor's position, type and shape do not agree.
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
    let listing = UnsafeRawBufferPointer(rebasing: bytes[8..<start])
    let entries: [(name: String, entry: Entry)]
    do { (entries, metadata) = try Self.entries(listing) } catch { throw fault("the header is damaged: \(error)") }

    for (name, entry) in entries {
      let place: Place
      switch entry.place(in: start..<bytes.count) {
      case .success(let found): place = found
      case .failure(let wrong): throw fault("\(name) \(wrong.cause)")
      }
      if places.updateValue(place, forKey: name) != nil { throw fault("\(name) is there twice") }
    }

    // In the order of the elements each tensor must begin where the one before it ends.
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
    guard end == bytes.count else {
      throw fault("\(bytes.count - end) bytes after the last tensor belong to no tensor")
    }
  }

  /// A tensor's elements in row-major order, as float32.
  /// - Parameter bytes: the file that the header was read from.
  /// - Throws: ``OperationError`` when there is no such tensor, or its elements are not numbers of a type that is read.
  package func elements(of name: String, in bytes: UnsafeRawBufferPointer) throws(OperationError) -> [Float] {
    guard let place = places[name] else {
      throw OperationError(operation: "read safetensors", subject: subject, cause: "there is no tensor \(name)")
    }
    let part = UnsafeRawBufferPointer(rebasing: bytes[place.range])
    switch place.type {
    case .float32: return Self.convert(part) { (value: Float) in value }
    case .float64: return Self.convert(part) { (value: Double) in Float(value) }
    case .float16: return Self.convert(part) { (bits: UInt16) in Float(Float16(bitPattern: bits)) }
    case .bfloat16: return Self.convert(part) { (bits: UInt16) in Float(bitPattern: UInt32(bits) << 16) }
    default:
      throw OperationError(
        operation: "read safetensors", subject: subject,
        cause: "\(name) has the element type \(place.type.rawValue); float64, float32, float16 and bfloat16 are read")
    }
  }

  private static func convert<Stored: BitwiseCopyable>(
    _ bytes: UnsafeRawBufferPointer, _ value: (Stored) -> Float
  ) -> [Float] {
    let (size, count) = (MemoryLayout<Stored>.size, bytes.count / MemoryLayout<Stored>.size)
    return [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
      for index in 0..<count {
        let stored = bytes.loadUnaligned(fromByteOffset: index * size, as: Stored.self)
        buffer.initializeElement(at: index, to: value(stored))
      }
      initialized = count
    }
  }
}

extension SafetensorsHeader {
  /// A tensor as the header describes it.
  private struct Entry {
    var type = ""
    var shape: [Int] = []
    /// Two numbers, counted from the end of the header.
    var offsets: [Int] = []

    struct Wrong: Error { let cause: String }

    /// The tensor's position in the file, or the reason for which there is none.
    func place(in elements: Range<Int>) -> Result<Place, Wrong> {
      guard let stored = StoredType(rawValue: type) else {
        return .failure(Wrong(cause: "has the unknown element type \(type)"))
      }
      guard let needed = stored.byteCount(of: shape) else {
        return .failure(Wrong(cause: "has the impossible shape \(shape)"))
      }
      let (low, high) = (offsets[0], offsets[1])
      guard low <= high, high <= elements.count, high - low == needed else {
        return .failure(
          Wrong(
            cause: "(\(type) \(shape)) would be at \(low)..<\(high) of \(elements.count) bytes and needs \(needed)"))
      }
      let range = elements.lowerBound + low..<elements.lowerBound + high
      return .success(Place(type: stored, shape: shape, range: range))
    }
  }

  /// All tensors in the header's order, a name that comes twice included, and the further texts.
  private static func entries(
    _ header: UnsafeRawBufferPointer
  ) throws -> (tensors: [(name: String, entry: Entry)], metadata: [String: String]) {
    var tensors: [(name: String, entry: Entry)] = []
    var metadata: [String: String] = [:]
    var cursor = JSONCursor(header)
    try cursor.beginObject()
    while let key = try cursor.nextKey() {
      if case "__metadata__" = key {
        try cursor.beginObject()
        while let key = try cursor.nextKey() { metadata[key.text] = try cursor.string() }
      } else {
        tensors.append((key.text, try entry(key.text, &cursor)))
      }
    }
    try cursor.end()
    return (tensors, metadata)
  }

  private static func entry(_ name: String, _ cursor: inout JSONCursor) throws -> Entry {
    func numbers() throws -> [Int] {
      var numbers: [Int] = []
      try cursor.beginArray()
      while try cursor.nextElement() { numbers.append(try cursor.wholeNumber()) }
      return numbers
    }

    var entry = Entry()
    var seen: Set<String> = []
    try cursor.beginObject()
    while let key = try cursor.nextKey() {
      switch key {
      case "dtype": entry.type = try cursor.string()
      case "shape": entry.shape = try numbers()
      case "data_offsets": entry.offsets = try numbers()
      default: throw cursor.fault("\(name) has the unknown field \(key.text)", .shape)
      }
      guard seen.insert(key.text).inserted else {
        throw cursor.fault("\(name) has two fields \(key.text)", .shape)
      }
    }

    // Unknown and doubled fields are refused above, so that three fields are these three.
    guard seen.count == 3, entry.offsets.count == 2 else {
      throw cursor.fault("\(name) has no dtype, shape and data_offsets", .shape)
    }
    return entry
  }
}
