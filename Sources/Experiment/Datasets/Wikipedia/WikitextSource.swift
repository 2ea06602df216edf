internal import Glibc

/// A page's wikitext as UTF-8, with at least ``padding`` zero bytes after it, so that looking ahead needs no bounds.
struct WikitextSource {
  /// The number of zero bytes after the text.
  static let padding = 16

  let base: UnsafePointer<UInt8>
  let count: Int

  subscript(position: Int) -> UInt8 { base[position] }

  subscript(range: Range<Int>) -> UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(start: base + range.lowerBound, count: range.count)
  }

  /// The next position of a byte before `end`; `nil` when it is not there.
  func find(_ byte: UInt8, from start: Int, to end: Int) -> Int? {
    guard start < end else { return nil }
    return memchr(base + start, Int32(byte), end - start).map { UnsafeRawPointer($0) - UnsafeRawPointer(base) }
  }

  /// True when a text is at a position.
  func has(_ text: StaticString, at position: Int) -> Bool {
    position + text.utf8CodeUnitCount <= count && memcmp(base + position, text.utf8Start, text.utf8CodeUnitCount) == 0
  }

  /// The number of times that the byte at `position` is repeated there, itself included.
  func run(at position: Int) -> Int {
    let byte = base[position]
    var end = position + 1
    while end < count, base[end] == byte { end += 1 }
    return end - position
  }

  /// The end of a position's line: its line feed, or the end of the text.
  func lineEnd(from position: Int) -> Int { find(.lineFeed, from: position, to: count) ?? count }

  /// True when only spaces, tabs and, where they may indent, colons are between the line's start and a position.
  func isAtLineStart(_ position: Int, afterColons: Bool = false) -> Bool {
    var before = position - 1
    while before >= 0, base[before].isSpaceOrTab || (afterColons && base[before] == UInt8(ascii: ":")) {
      before -= 1
    }
    return before < 0 || base[before] == .lineFeed
  }

  /// A range without the white space at its ends.
  func trimmed(_ range: Range<Int>) -> Range<Int> {
    var (start, end) = (range.lowerBound, range.upperBound)
    while start < end, base[start].isSpaceOrControl { start += 1 }
    while end > start, base[end - 1].isSpaceOrControl { end -= 1 }
    return start..<end
  }

  /// True when the page begins with `#REDIRECT`. In other languages it begins with another word; the dump marks those.
  var isRedirect: Bool {
    let start = trimmed(0..<min(count, 64)).lowerBound
    let word = "#redirect".utf8
    return start + word.count <= count
      && zip(word, start..<count).allSatisfy { $0 == ($1 == start ? self[$1] : self[$1].lowercasedASCII) }
  }
}
