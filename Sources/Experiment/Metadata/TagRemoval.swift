internal import Glibc

/// Removes `<…>` and `&lt;…&gt;` from text, each from its start to the nearest end in the same line.
///
/// Takes time in proportion to the text, however many starts have no end. Source: MetaCLIP 2, reference code of the
/// n-gram counting.
struct TagRemoval {
  private var cleaned: [UInt8] = []

  private static let less = UInt8(ascii: "<")
  private static let greater = UInt8(ascii: ">")
  private static let ampersand = UInt8(ascii: "&")
  private static let lineFeed = UInt8(ascii: "\n")

  /// The bytes of `&lt;` and of `&gt;`.
  private static let entitySize = 4

  /// Calls `body` with the text without its tags.
  mutating func withCleaned(
    _ text: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) throws -> Void
  ) rethrows {
    guard let start = text.baseAddress,
      memchr(start, Int32(Self.less), text.count) != nil || memchr(start, Int32(Self.ampersand), text.count) != nil
    else { return try body(text) }
    cleaned.removeAll(keepingCapacity: true)
    remove(from: text)
    try cleaned.withUnsafeBytes { try body($0) }
  }

  /// The line that is read: its end, and whether ends of tags are left in it. They are searched for once in a line,
  /// which keeps the time linear.
  private struct Line {
    var end = 0
    var mayHaveGreater = true
    var mayHaveEntity = true
  }

  private mutating func remove(from text: UnsafeRawBufferPointer) {
    var line = Line()
    var kept = 0
    var index = 0
    while index < text.count {
      guard text[index] == Self.less || text[index] == Self.ampersand else {
        index += 1
        continue
      }
      // A tag ends in the line in which it begins, or not at all.
      if index >= line.end {
        line = Line(end: Self.find(Self.lineFeed, in: text, index..<text.count) ?? text.count)
      }

      if let end = Self.tagEnd(in: text, from: index, line: &line) {
        cleaned.append(contentsOf: text[kept..<index])
        kept = end
        index = end
      } else {
        index += 1
      }
    }
    cleaned.append(contentsOf: text[kept...])
  }

  /// The position after the tag that begins at an index; `nil` when none begins or ends there.
  private static func tagEnd(in text: UnsafeRawBufferPointer, from index: Int, line: inout Line) -> Int? {
    var end: Int?
    if text[index] == less {
      if line.mayHaveGreater { end = find(greater, in: text, index + 1..<line.end).map { $0 + 1 } }
      line.mayHaveGreater = end != nil
    } else if isEntity(text, index, letter: UInt8(ascii: "l")), index + entitySize <= line.end {
      if line.mayHaveEntity { end = entityEnd(in: text, index + entitySize..<line.end) }
      line.mayHaveEntity = end != nil
    }
    return end
  }

  /// The first position of a byte; `nil` when it is not in the range.
  private static func find(_ byte: UInt8, in text: UnsafeRawBufferPointer, _ range: Range<Int>) -> Int? {
    guard let start = text.baseAddress, !range.isEmpty else { return nil }
    return memchr(start + range.lowerBound, Int32(byte), range.count).map { UnsafeRawPointer($0) - start }
  }

  /// The position after the first `&gt;`; `nil` when none is in the range.
  private static func entityEnd(in text: UnsafeRawBufferPointer, _ range: Range<Int>) -> Int? {
    var index = range.lowerBound
    while let found = find(ampersand, in: text, index..<range.upperBound) {
      if isEntity(text, found, letter: UInt8(ascii: "g")), found + entitySize <= range.upperBound {
        return found + entitySize
      }
      index = found + 1
    }
    return nil
  }

  /// True when `&lt;` or `&gt;`, by its first letter, is at the index of an ampersand.
  private static func isEntity(_ text: UnsafeRawBufferPointer, _ index: Int, letter: UInt8) -> Bool {
    index + entitySize <= text.count && text[index + 1] == letter && text[index + 2] == UInt8(ascii: "t")
      && text[index + 3] == UInt8(ascii: ";")
  }
}
