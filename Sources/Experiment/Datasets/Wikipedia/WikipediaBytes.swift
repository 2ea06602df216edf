internal import Core
internal import FileFormats
internal import Imaging

/// The bytes of a dump as UTF-8. UTF-16 is recognised by its byte order mark and converted while it is read.
final class WikipediaBytes {
  private enum Encoding {
    case unknown, utf8
    case utf16(isLittleEndian: Bool)
  }

  private let file: CompressedFile
  private let allowsEarlyEnd: Bool
  private var encoding = Encoding.unknown
  /// Bytes of UTF-16 that have been unpacked.
  private var raw: [UInt8] = []
  /// The number of bytes of ``raw`` that have been converted.
  private var used = 0
  private var isAtEnd = false

  /// The reason why the file ended before its format said so, where that is allowed.
  private(set) var earlyEnd: String?

  /// U+FEFF in the two orders of UTF-16's bytes.
  private static let littleEndianMark: [UInt8] = [0xFF, 0xFE]
  private static let bigEndianMark: [UInt8] = [0xFE, 0xFF]

  /// The bytes of a character at most, in UTF-8 as in UTF-16.
  private static let longestCharacter = 4
  /// The bytes that are unpacked at once before they are converted.
  private static let pieceSize = 1 << 16

  /// - Parameters:
  ///   - path: a dump, compressed or not.
  ///   - allowsEarlyEnd: whether a compressed file that is cut off ends there; otherwise it is an error.
  init(path: String, allowsEarlyEnd: Bool) throws {
    file = try CompressedFile(path: path)
    self.allowsEarlyEnd = allowsEarlyEnd
  }

  /// The number of compressed bytes that have been used.
  var compressedPosition: Int64 { file.compressedPosition }

  /// Reads the next bytes.
  /// - Parameter buffer: of at least 16 bytes.
  /// - Returns: how many bytes of the buffer were filled; 0 at the end.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    switch encoding {
    case .utf8: return try unpack(into: buffer)
    case .utf16(let isLittleEndian): return try convert(into: buffer, isLittleEndian: isLittleEndian)
    case .unknown:
      let count = try unpack(into: buffer)
      let start = buffer[..<min(count, Self.littleEndianMark.count)]
      let isLittleEndian = start.elementsEqual(Self.littleEndianMark)
      guard isLittleEndian || start.elementsEqual(Self.bigEndianMark) else {
        encoding = .utf8
        return count
      }
      encoding = .utf16(isLittleEndian: isLittleEndian)
      raw = Array(buffer[start.count..<count])
      return try read(into: buffer)
    }
  }

  private func unpack(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    do {
      return try file.read(into: buffer)
    } catch let error as OperationError where allowsEarlyEnd && error.endsEarly {
      earlyEnd = error.cause
      return 0
    }
  }

  private func convert(into buffer: UnsafeMutableRawBufferPointer, isLittleEndian: Bool) throws -> Int {
    while raw.count - used < Self.longestCharacter, !isAtEnd { try unpackMore() }

    var filled = 0
    raw.withUnsafeBytes { raw in
      while filled + Self.longestCharacter <= buffer.count, raw.count - used >= 2 {
        let rest = UnsafeRawBufferPointer(rebasing: raw[used...])
        guard let (scalar, count) = Self.firstCharacter(of: rest, isLittleEndian: isLittleEndian) else {
          // The other half is still to come, unless the text ends here.
          if isAtEnd { used = raw.count }
          return
        }
        for byte in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter {
          buffer[filled] = byte
          filled += 1
        }
        used += count
      }
    }
    return filled
  }

  /// Unpacks another piece of UTF-16 and forgets the bytes that have been converted.
  private func unpackMore() throws {
    raw.removeFirst(used)
    used = 0
    let old = raw.count
    raw.append(contentsOf: repeatElement(0, count: Self.pieceSize))
    let added = try raw.withUnsafeMutableBytes {
      try unpack(into: UnsafeMutableRawBufferPointer(rebasing: $0[old...]))
    }
    raw.removeLast(Self.pieceSize - added)
    isAtEnd = added == 0
  }

  /// The character that bytes of UTF-16 begin with and how many bytes it takes. Half of a surrogate pair becomes
  /// U+FFFD.
  /// - Returns: `nil` for the first half of a pair whose second half is not among the bytes.
  private static func firstCharacter(
    of bytes: UnsafeRawBufferPointer, isLittleEndian: Bool
  ) -> (scalar: Unicode.Scalar, count: Int)? {
    func unit(_ offset: Int) -> UInt16 {
      let (first, second) = (UInt16(bytes[offset]), UInt16(bytes[offset + 1]))
      return isLittleEndian ? first | second << 8 : second | first << 8
    }

    let lead = unit(0)
    guard UTF16.isLeadSurrogate(lead) else { return (Unicode.Scalar(lead) ?? "\u{FFFD}", 2) }
    guard bytes.count >= 4 else { return nil }
    let trail = unit(2)
    guard UTF16.isTrailSurrogate(trail) else { return ("\u{FFFD}", 2) }
    let pair = String(decoding: [lead, trail], as: UTF16.self)
    return (pair.unicodeScalars.first ?? "\u{FFFD}", 4)
  }
}
