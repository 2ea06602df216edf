internal import Glibc

/// Removes `<…>` and `&lt;…&gt;` from text, each from its start to the nearest end in the same line.
///
/// Takes time in proportion to the text, however many starts have no end. Source: MetaCLIP 2, reference code of the n-gram counting.
struct TagRemoval {
  private var cleaned: [UInt8] = []

  private static let less = UInt8(ascii: "<")
  private static let greater = UInt8(ascii: ">")
  private static let ampersand = UInt8(ascii: "&")

  /// Calls `body` with the text without its tags.
  mutating func withCleaned(_ text: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) throws -> Void) rethrows {
    guard let start = text.baseAddress,
      memchr(start, Int32(Self.less), text.count) != nil || memchr(start, Int32(Self.ampersand), text.count) != nil
    else { return try body(text) }
    cleaned.removeAll(keepingCapacity: true)
    remove(from: text)
    try cleaned.withUnsafeBytes { try body($0) }
  }

  private mutating func remove(from text: UnsafeRawBufferPointer) {
    // What is known of the present line: where it ends, and whether no tag can end in it any more.
    var lineEnd = 0
    var hasNoGreater = false
    var hasNoEntity = false
    var kept = 0
    var index = 0
    while index < text.count {
      let byte = text[index]
      guard byte == Self.less || byte == Self.ampersand else {
        index += 1
        continue
      }
      if index >= lineEnd {
        lineEnd = Self.find(10, in: text, index..<text.count) ?? text.count
        (hasNoGreater, hasNoEntity) = (false, false)
      }
      var end: Int?
      if byte == Self.less {
        if !hasNoGreater { end = Self.find(Self.greater, in: text, index + 1..<lineEnd).map { $0 + 1 } }
        hasNoGreater = hasNoGreater || end == nil
      } else if Self.isEntity(text, index, UInt8(ascii: "l")), index + 4 <= lineEnd {
        if !hasNoEntity { end = Self.entityEnd(in: text, index + 4..<lineEnd) }
        hasNoEntity = hasNoEntity || end == nil
      }
      if let end {
        cleaned.append(contentsOf: text[kept..<index])
        kept = end
        index = end
      } else {
        index += 1
      }
    }
    cleaned.append(contentsOf: text[kept...])
  }

  /// The first place of a byte.
  private static func find(_ byte: UInt8, in text: UnsafeRawBufferPointer, _ range: Range<Int>) -> Int? {
    guard let start = text.baseAddress, !range.isEmpty else { return nil }
    return memchr(start + range.lowerBound, Int32(byte), range.count).map { UnsafeRawPointer($0) - start }
  }

  /// The place behind the first `&gt;`.
  private static func entityEnd(in text: UnsafeRawBufferPointer, _ range: Range<Int>) -> Int? {
    var index = range.lowerBound
    while let found = find(ampersand, in: text, index..<range.upperBound) {
      if isEntity(text, found, UInt8(ascii: "g")), found + 4 <= range.upperBound { return found + 4 }
      index = found + 1
    }
    return nil
  }

  /// Whether `&lt;` or `&gt;` stands at a place with an ampersand.
  private static func isEntity(_ text: UnsafeRawBufferPointer, _ index: Int, _ letter: UInt8) -> Bool {
    index + 4 <= text.count && text[index + 1] == letter && text[index + 2] == UInt8(ascii: "t")
      && text[index + 3] == UInt8(ascii: ";")
  }
}
