internal import Crypto
public import Foundation

/// A SHA-256 digest: 32 bytes, written as 64 lower-case hexadecimal digits, as `sha256sum` prints it.
public struct Digest: Hashable, Sendable, Comparable {
  private let words: (UInt64, UInt64, UInt64, UInt64)

  /// The digest of these bytes.
  public init(of bytes: some DataProtocol) {
    self = Digest(SHA256.hash(data: bytes))
  }

  /// The digest of the text's UTF-8 bytes.
  public init(of text: String) {
    var text = text
    self = text.withUTF8 { Digest(SHA256.hash(data: UnsafeRawBufferPointer($0))) }
  }

  init(_ digest: SHA256Digest) {
    words = digest.withUnsafeBytes { $0.loadUnaligned(as: (UInt64, UInt64, UInt64, UInt64).self) }
  }

  /// A digest from its 32 raw bytes; `nil` when there are not 32.
  public init?(bytes: some Collection<UInt8>) {
    guard bytes.count == 32 else { return nil }
    words = Array(bytes).withUnsafeBytes { $0.loadUnaligned(as: (UInt64, UInt64, UInt64, UInt64).self) }
  }

  /// A digest from its 64 hexadecimal digits; `nil` when the text is anything else.
  public init?(hexadecimal text: String) {
    guard let bytes = [UInt8](hexadecimal: text) else { return nil }
    self.init(bytes: bytes)
  }

  /// The 32 raw bytes.
  public var bytes: [UInt8] { withUnsafeBytes(of: words) { Array($0) } }

  /// 64 lower-case hexadecimal digits.
  public var hexadecimal: String { bytes.hexadecimal }

  /// The first 12 hexadecimal digits, for people to read.
  public var short: String { String(hexadecimal.prefix(12)) }

  public static func == (left: Digest, right: Digest) -> Bool { left.words == right.words }

  /// The order of the bytes, which is also that of the hexadecimal digits.
  public static func < (left: Digest, right: Digest) -> Bool { left.bytes.lexicographicallyPrecedes(right.bytes) }

  public func hash(into hasher: inout Hasher) { hasher.combine(words.0) }
}

extension Digest: CustomStringConvertible {
  public var description: String { hexadecimal }
}

extension Digest: Codable {
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let digest = Digest(hexadecimal: text) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "a SHA-256 digest has 64 hexadecimal digits, this is “\(text)”")
    }
    self = digest
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(hexadecimal)
  }
}

/// A digest under construction, for content that arrives in pieces.
public struct DigestBuilder: Sendable {
  private var state = SHA256()

  /// A builder that has seen no bytes.
  public init() {}

  /// Adds bytes to those that the digest is of.
  public mutating func update(_ bytes: some DataProtocol) { state.update(data: bytes) }

  /// Adds bytes to those that the digest is of.
  public mutating func update(_ bytes: UnsafeRawBufferPointer) { state.update(bufferPointer: bytes) }

  /// The digest of all bytes so far; more may follow.
  public var digest: Digest { Digest(state.finalize()) }
}

extension [UInt8] {
  /// Bytes from pairs of hexadecimal digits, upper or lower case; `nil` for an odd count or another character.
  package init?(hexadecimal text: String) {
    let digits = text.utf8
    guard digits.count.isMultiple(of: 2) else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(digits.count / 2)

    // The first digit of a pair waits here for the second.
    var high: UInt8?
    for digit in digits {
      let value: UInt8
      switch digit {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = digit - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): value = digit - UInt8(ascii: "a") + 10
      case UInt8(ascii: "A")...UInt8(ascii: "F"): value = digit - UInt8(ascii: "A") + 10
      default: return nil
      }
      if let first = high {
        bytes.append(first << 4 | value)
        high = nil
      } else {
        high = value
      }
    }
    self = bytes
  }

  /// Two lower-case hexadecimal digits a byte.
  package var hexadecimal: String {
    String(unsafeUninitializedCapacity: count * 2) { buffer in
      var position = 0
      for byte in self {
        for nibble in [byte >> 4, byte & 15] {
          buffer[position] = nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10
          position += 1
        }
      }
      return position
    }
  }
}
