/// A tag that MediaWiki knows: of HTML or of one of its extensions.
///
/// Everything else between angle brackets is text. Source: MediaWiki's manual, “Help:HTML in wikitext” and
/// “Help:Extension tags”.
struct WikitextTag {
  /// The way that an element is converted.
  enum Treatment {
    /// It is left out with its content, which is not wikitext.
    case dropped
    /// Its content is text without markup.
    case verbatim
    /// It is left out with its content, in which others of its kind may be.
    case table
    /// Its tags are left out, and a line ends there.
    case block
    /// Its tags are left out.
    case inline
  }

  let name: String
  let treatment: Treatment
  /// True for `</…>`.
  let isClosing: Bool
  /// True for `<…/>`.
  let isEmpty: Bool
  /// The position after its `>`.
  let end: Int

  /// No name is as long as this.
  private static let nameLimit = 16

  private static let treatments: [String: Treatment] = {
    var found: [String: Treatment] = ["nowiki": .verbatim, "table": .table]
    for (treatment, names) in [(Treatment.dropped, droppedNames), (.block, blockNames), (.inline, inlineNames)] {
      for name in names.split(whereSeparator: \.isWhitespace) { found[String(name)] = treatment }
    }
    return found
  }()

  private static let droppedNames = """
    ref references math chem ce gallery timeline source syntaxhighlight hiero score imagemap inputbox graph
    chart mapframe maplink templatedata templatestyles style script categorytree charinsert dynamicpagelist
    rss indicator includeonly pre quiz svg
    """
  private static let blockNames = """
    br hr p div center blockquote poem ul ol li dl dt dd tr td th thead tbody tfoot caption h1 h2 h3 h4 h5 h6
    figure figcaption
    """
  private static let inlineNames = """
    a abbr b bdi bdo big cite code col colgroup data del dfn em font i img ins kbd mark noinclude onlyinclude q
    rb rp rt rtc ruby s samp section small span strike strong sub sup time tt u var wbr phonos langconvert
    """

  /// Reads a tag.
  /// - Parameter position: of its `<`.
  /// - Returns: `nil` for what is not a tag, or not a known one.
  init?(_ text: WikitextSource, at position: Int) {
    isClosing = text[position + 1] == UInt8(ascii: "/")
    let start = position + (isClosing ? 2 : 1)
    guard let (name, nameEnd) = Self.name(text, at: start), let treatment = Self.treatments[name] else { return nil }
    var end = nameEnd
    // A `<` where an attribute would be says that the tag is never closed.
    while end < text.count, text[end] != UInt8(ascii: ">"), text[end] != UInt8(ascii: "<") { end += 1 }
    guard end < text.count, text[end] == UInt8(ascii: ">") else { return nil }
    self.name = name
    self.treatment = treatment
    isEmpty = text[end - 1] == UInt8(ascii: "/")
    self.end = end + 1
  }

  /// A tag's name in lower case and the position after it; `nil` for what cannot be a name.
  private static func name(_ text: WikitextSource, at start: Int) -> (String, end: Int)? {
    var end = start
    while end - start < nameLimit, text[end].isASCIILetter || (end > start && text[end].isASCIIDigit) { end += 1 }
    guard end > start, end - start < nameLimit, endsName(text[end]) else { return nil }

    let name = String(unsafeUninitializedCapacity: end - start) { buffer in
      for index in start..<end {
        let byte = text[index]
        buffer.initializeElement(at: index - start, to: byte.isASCIIDigit ? byte : byte.lowercasedASCII)
      }
      return end - start
    }
    return (name, end)
  }

  private static func endsName(_ byte: UInt8) -> Bool {
    switch byte {
    case .tab, .lineFeed, .carriageReturn, .space, UInt8(ascii: "/"), UInt8(ascii: ">"): true
    default: false
    }
  }

  /// The range of the tag that closes this one; `nil` when none does.
  func closing(in text: WikitextSource) -> Range<Int>? {
    var position = end
    while let start = text.find(UInt8(ascii: "<"), from: position, to: text.count) {
      position = start + 1
      guard text[position] == UInt8(ascii: "/"), let (name, nameEnd) = Self.name(text, at: start + 2),
        name == self.name
      else { continue }
      var end = nameEnd
      while end < text.count, text[end].isSpaceOrControl { end += 1 }
      if end < text.count, text[end] == UInt8(ascii: ">") { return start..<end + 1 }
    }
    return nil
  }
}
