internal import Core
internal import FileFormats
internal import Imaging

/// The bytes of a dump as UTF-8: UTF-16 is told by its byte order mark and transcoded on the way.
final class WikipediaBytes {
  private enum Encoding {
    case unknown, utf8
    case utf16(isLittleEndian: Bool)
  }

  private let file: CompressedFile
  private let allowsEarlyEnd: Bool
  private var encoding = Encoding.unknown
  private var raw: [UInt8] = []
  /// How many bytes of `raw` have been used.
  private var used = 0
  private var isAtEnd = false

  /// Why the file ended before its format said so, where that is allowed.
  private(set) var earlyEnd: String?

  /// - Parameter allowsEarlyEnd: whether a file whose packing ends too early ends there.
  init(path: String, allowsEarlyEnd: Bool) throws {
    file = try CompressedFile(path: path)
    self.allowsEarlyEnd = allowsEarlyEnd
  }

  /// How many of the packed bytes have been used.
  var packedPosition: Int64 { file.packedPosition }

  /// The next bytes; 0 at the end.
  /// - Parameter buffer: of at least 16 bytes.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    switch encoding {
    case .utf8: return try unpack(into: buffer)
    case .utf16(let isLittleEndian): return try transcode(into: buffer, isLittleEndian)
    case .unknown:
      let count = try unpack(into: buffer)
      switch (count > 1 ? buffer[0] : 0, count > 1 ? buffer[1] : 0) {
      case (0xFF, 0xFE), (0xFE, 0xFF):
        encoding = .utf16(isLittleEndian: buffer[0] == 0xFF)
        raw = Array(buffer[2..<count])
        return try read(into: buffer)
      default:
        encoding = .utf8
        return count
      }
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

  /// Two bytes become at most three.
  private func transcode(into buffer: UnsafeMutableRawBufferPointer, _ isLittleEndian: Bool) throws -> Int {
    while raw.count - used < 4, !isAtEnd {
      raw.removeFirst(used)
      used = 0
      let old = raw.count
      raw.append(contentsOf: repeatElement(0, count: 1 << 16))
      let added = try raw.withUnsafeMutableBytes {
        try unpack(into: UnsafeMutableRawBufferPointer(rebasing: $0[old...]))
      }
      raw.removeLast((1 << 16) - added)
      isAtEnd = added == 0
    }
    var filled = 0
    raw.withUnsafeBytes { raw in
      func unit(_ position: Int) -> UInt16 {
        let (first, second) = (UInt16(raw[position]), UInt16(raw[position + 1]))
        return isLittleEndian ? first | second << 8 : second | first << 8
      }
      while filled + 4 <= buffer.count, raw.count - used >= 2 {
        let lead = unit(used)
        var scalar = Unicode.Scalar(lead)
        var count = 2
        if UTF16.isLeadSurrogate(lead) {
          guard raw.count - used >= 4 else {
            // The other half is still to come, unless the text ends here.
            if isAtEnd { used = raw.count }
            return
          }
          let trail = unit(used + 2)
          if UTF16.isTrailSurrogate(trail) {
            scalar = Unicode.Scalar(0x10000 + (UInt32(lead) - 0xD800) << 10 + UInt32(trail) - 0xDC00)
            count = 4
          }
        }
        for byte in UTF8.encode(scalar ?? "\u{FFFD}") ?? UTF8.encodedReplacementCharacter {
          buffer[filled] = byte
          filled += 1
        }
        used += count
      }
    }
    return filled
  }
}
