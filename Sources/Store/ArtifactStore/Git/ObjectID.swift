internal import Core

/// The name of a git object: the SHA-1 of its kind, size and bytes; 20 bytes, written as 40 lower-case hexadecimal
/// digits.
package struct ObjectID: Hashable, Sendable, Comparable {
  /// The number of bytes of a name.
  static let byteCount = 20

  private let words: (UInt64, UInt64, UInt32)

  /// The name of 20 raw bytes; `nil` when there are not 20.
  package init?(bytes: some Collection<UInt8>) {
    guard bytes.count == Self.byteCount else { return nil }
    self = Array(bytes).withUnsafeBytes { ObjectID(raw: $0) }
  }

  /// The name of 40 hexadecimal digits; `nil` when the text is anything else.
  package init?(hexadecimal text: String) {
    guard let bytes = [UInt8](hexadecimal: text) else { return nil }
    self.init(bytes: bytes)
  }

  /// - Parameter raw: at least 20 bytes; the first 20 count.
  init(raw: UnsafeRawBufferPointer) {
    words = (
      raw.loadUnaligned(fromByteOffset: 0, as: UInt64.self), raw.loadUnaligned(fromByteOffset: 8, as: UInt64.self),
      raw.loadUnaligned(fromByteOffset: 16, as: UInt32.self)
    )
  }

  /// The 20 raw bytes.
  package var bytes: [UInt8] { withBytes { Array($0) } }

  /// 40 lower-case hexadecimal digits.
  package var hexadecimal: String { bytes.hexadecimal }

  /// The first raw byte, by which the first table of a pack's index counts.
  var firstByte: UInt8 { withBytes { $0[0] } }

  func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    try withUnsafeBytes(of: words) { try body(UnsafeRawBufferPointer(rebasing: $0[0..<Self.byteCount])) }
  }

  package static func == (left: ObjectID, right: ObjectID) -> Bool { left.words == right.words }

  /// True when `left` comes first in the order of the bytes, in which pack indexes are sorted.
  package static func < (left: ObjectID, right: ObjectID) -> Bool {
    if left.words.0 != right.words.0 { return left.words.0.byteSwapped < right.words.0.byteSwapped }
    if left.words.1 != right.words.1 { return left.words.1.byteSwapped < right.words.1.byteSwapped }
    return left.words.2.byteSwapped < right.words.2.byteSwapped
  }

  package func hash(into hasher: inout Hasher) { hasher.combine(words.0) }
}

extension ObjectID: CustomStringConvertible {
  package var description: String { hexadecimal }
}

extension ObjectID: Codable {
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let identifier = ObjectID(hexadecimal: text) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "a git object's name has 40 hexadecimal digits, this is “\(text)”")
    }
    self = identifier
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(hexadecimal)
  }
}
