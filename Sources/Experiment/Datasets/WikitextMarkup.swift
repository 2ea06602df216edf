internal import Glibc

/// A page's wikitext as UTF-8, with at least ``padding`` zero bytes behind it, so that looking ahead needs no bounds.
struct WikitextSource {
  /// How many zero bytes follow the text.
  static let padding = 16

  let base: UnsafePointer<UInt8>
  let count: Int

  subscript(position: Int) -> UInt8 { base[position] }

  subscript(range: Range<Int>) -> UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(start: base + range.lowerBound, count: range.count)
  }

  /// Where a byte is next found, before `end`.
  func find(_ byte: UInt8, from start: Int, to end: Int) -> Int? {
    guard start < end else { return nil }
    return memchr(base + start, Int32(byte), end - start).map { UnsafeRawPointer($0) - UnsafeRawPointer(base) }
  }

  /// Whether this text is found here.
  func has(_ text: StaticString, at position: Int) -> Bool {
    position + text.utf8CodeUnitCount <= count && memcmp(base + position, text.utf8Start, text.utf8CodeUnitCount) == 0
  }

  /// How many times the byte at `position` is repeated there.
  func run(at position: Int) -> Int {
    let byte = base[position]
    var end = position + 1
    while end < count, base[end] == byte { end += 1 }
    return end - position
  }

  /// Where the line of a position ends: at its line feed, or at the end of the text.
  func lineEnd(from position: Int) -> Int { find(10, from: position, to: count) ?? count }

  /// Whether only spaces, tabs and, where they may indent, colons stand between the line's start and a position.
  func isAtLineStart(_ position: Int, afterColons: Bool = false) -> Bool {
    var before = position - 1
    while before >= 0, base[before] == 32 || base[before] == 9 || (afterColons && base[before] == UInt8(ascii: ":")) {
      before -= 1
    }
    return before < 0 || base[before] == 10
  }

  /// A range without the white space at its ends.
  func trimmed(_ range: Range<Int>) -> Range<Int> {
    var (start, end) = (range.lowerBound, range.upperBound)
    while start < end, base[start] <= 32 { start += 1 }
    while end > start, base[end - 1] <= 32 { end -= 1 }
    return start..<end
  }
}

/// A tag that MediaWiki knows: of HTML or of one of its extensions.
///
/// Everything else between angle brackets is text. Source: MediaWiki's manual, “Help:HTML in wikitext” and “Help:Extension tags”.
struct WikitextTag {
  /// What becomes of an element.
  enum Treatment {
    /// It goes with all that is in it, which is no wikitext.
    case dropped
    /// Its content is text as it stands.
    case verbatim
    /// It goes with all that is in it, and others of its kind may be in it.
    case table
    /// Its tags go, and a line ends there.
    case block
    /// Its tags go.
    case inline
  }

  let name: String
  let treatment: Treatment
  /// Whether it is `</…>`.
  let isClosing: Bool
  /// Whether it is `<…/>`.
  let isEmpty: Bool
  /// Where it ends: behind `>`.
  let end: Int

  private static let treatments: [String: Treatment] = {
    var found: [String: Treatment] = ["nowiki": .verbatim, "table": .table]
    let lists: [(Treatment, String)] = [
      (
        .dropped,
        """
        ref references math chem ce gallery timeline source syntaxhighlight hiero score imagemap inputbox graph chart mapframe maplink
        templatedata templatestyles style script categorytree charinsert dynamicpagelist rss indicator includeonly pre quiz svg
        """
      ),
      (
        .block,
        """
        br hr p div center blockquote poem ul ol li dl dt dd tr td th thead tbody tfoot caption h1 h2 h3 h4 h5 h6 figure figcaption
        """
      ),
      (
        .inline,
        """
        a abbr b bdi bdo big cite code col colgroup data del dfn em font i img ins kbd mark noinclude onlyinclude q rb rp rt rtc ruby s
        samp section small span strike strong sub sup time tt u var wbr phonos langconvert
        """
      ),
    ]
    for (treatment, names) in lists {
      for name in names.split(whereSeparator: \.isWhitespace) { found[String(name)] = treatment }
    }
    return found
  }()

  /// Reads a tag.
  /// - Parameter position: of its `<`.
  /// - Returns: `nil` for what is no tag, or one that nobody knows.
  init?(_ text: WikitextSource, at position: Int) {
    isClosing = text[position + 1] == UInt8(ascii: "/")
    let start = position + (isClosing ? 2 : 1)
    guard let (name, nameEnd) = Self.name(text, at: start), let treatment = Self.treatments[name] else { return nil }
    var end = nameEnd
    // What would be an attribute with a `<` in it is a tag that nobody has closed.
    while end < text.count, text[end] != UInt8(ascii: ">"), text[end] != UInt8(ascii: "<") { end += 1 }
    guard end < text.count, text[end] == UInt8(ascii: ">") else { return nil }
    self.name = name
    self.treatment = treatment
    isEmpty = text[end - 1] == UInt8(ascii: "/")
    self.end = end + 1
  }

  /// A tag's name in lower case and where it ends; `nil` for what cannot be one.
  private static func name(_ text: WikitextSource, at start: Int) -> (String, end: Int)? {
    var end = start
    while end - start < 16,
      (text[end] | 0x20) &- UInt8(ascii: "a") < 26 || (end > start && text[end] &- UInt8(ascii: "0") < 10)
    {
      end += 1
    }
    guard end > start, end - start < 16 else { return nil }
    switch text[end] {
    case 9, 10, 13, 32, UInt8(ascii: "/"), UInt8(ascii: ">"): break
    default: return nil
    }
    let name = String(unsafeUninitializedCapacity: end - start) { buffer in
      for index in start..<end {
        buffer.initializeElement(at: index - start, to: text[index] | (text[index] >= 65 ? 0x20 : 0))
      }
      return end - start
    }
    return (name, end)
  }

  /// Where the tag that closes this one stands.
  func closing(in text: WikitextSource) -> Range<Int>? {
    var position = end
    while let start = text.find(UInt8(ascii: "<"), from: position, to: text.count) {
      position = start + 1
      guard text[position] == UInt8(ascii: "/"), let (name, nameEnd) = Self.name(text, at: start + 2), name == self.name
      else {
        continue
      }
      var end = nameEnd
      while end < text.count, text[end] <= 32 { end += 1 }
      if end < text.count, text[end] == UInt8(ascii: ">") { return start..<end + 1 }
    }
    return nil
  }
}
