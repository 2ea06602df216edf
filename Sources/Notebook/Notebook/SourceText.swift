internal import Core

/// A notebook's text as bytes with its lines: no byte order mark, every line ended by one line feed.
struct SourceText: Sendable {
  /// UTF-8, without a byte order mark, with `\n` for `\r\n` and `\r`.
  let bytes: [UInt8]
  /// The offset of each line's first byte. A text that ends with a line feed has no empty last line.
  let lineStarts: [Int]

  /// The number of lines.
  var lineCount: Int { lineStarts.count }

  /// The text of a file, whatever its line ends and with or without a byte order mark.
  ///
  /// - Throws: a ``Diagnostic`` at the first byte that is not UTF-8.
  init(fileBytes: [UInt8], file: String) throws(Diagnostic) {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(fileBytes.count)
    var position = fileBytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    while position < fileBytes.count {
      let byte = fileBytes[position]
      position += 1
      if byte == UInt8(ascii: "\r") {
        bytes.append(UInt8(ascii: "\n"))
        if position < fileBytes.count, fileBytes[position] == UInt8(ascii: "\n") { position += 1 }
      } else {
        bytes.append(byte)
      }
    }

    // Checked at the end, since the place of a fault is counted in normalised lines.
    self.init(normalized: bytes)
    if let bad = Self.firstInvalidByte(in: bytes) {
      let (line, column) = self.position(of: bad)
      let value = [bytes[bad]].hexadecimal
      throw Diagnostic(
        .error, "byte 0x\(value) is not UTF-8: save the notebook with UTF-8 encoding", file: file, line: line,
        column: column)
    }
  }

  /// - Parameter bytes: text without a byte order mark, with `\n` line ends.
  init(normalized bytes: [UInt8]) {
    self.bytes = bytes
    var starts = bytes.isEmpty ? [] : [0]
    for (offset, byte) in bytes.enumerated() where byte == UInt8(ascii: "\n") && offset + 1 < bytes.count {
      starts.append(offset + 1)
    }
    lineStarts = starts
  }

  /// The bytes of a line, from 1, without its line feed; empty beyond the end.
  func line(_ number: Int) -> ArraySlice<UInt8> {
    guard number >= 1, number <= lineCount else { return [] }
    let start = lineStarts[number - 1]
    var end = number < lineCount ? lineStarts[number] : bytes.count
    if end > start, bytes[end - 1] == UInt8(ascii: "\n") { end -= 1 }
    return bytes[start..<end]
  }

  /// The byte range of these lines, with their line feeds.
  func range(of lines: ClosedRange<Int>) -> Range<Int> {
    let end = lines.upperBound < lineCount ? lineStarts[lines.upperBound] : bytes.count
    return lineStarts[lines.lowerBound - 1]..<end
  }

  /// Line and column, both from 1, of a byte.
  func position(of offset: Int) -> (line: Int, column: Int) {
    var low = 0
    var high = lineStarts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if lineStarts[middle] <= offset { low = middle } else { high = middle }
    }
    return (low + 1, offset - (lineStarts.isEmpty ? 0 : lineStarts[low]) + 1)
  }

  /// The text of a byte range.
  func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

  private static func firstInvalidByte(in bytes: [UInt8]) -> Int? {
    guard String(validating: bytes, as: UTF8.self) == nil else { return nil }
    var decoder = UTF8()
    var iterator = CountingIterator(bytes: bytes)
    while true {
      let start = iterator.position
      switch decoder.decode(&iterator) {
      case .scalarValue(let scalar): iterator.position = start + UTF8.width(scalar)
      case .emptyInput: return nil
      case .error: return start
      }
      decoder = UTF8()
    }
  }

  private struct CountingIterator: IteratorProtocol {
    let bytes: [UInt8]
    var position = 0

    mutating func next() -> UInt8? {
      guard position < bytes.count else { return nil }
      defer { position += 1 }
      return bytes[position]
    }
  }
}

extension ArraySlice<UInt8> {
  /// True when there is nothing but spaces and tabs.
  var isBlank: Bool { allSatisfy { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") } }
}
