internal import Glibc

/// Takes a page's text line by line and keeps what belongs into plain text.
///
/// Never more bytes come out than wikitext went in, so that the caller can give room for all.
struct WikitextLines {
  private let out: UnsafeMutablePointer<UInt8>
  private let options: WikitextOptions
  private(set) var end = 0
  private var start = 0
  private var quotes = Quotes()
  private var headings: [(level: Int, text: [UInt8])] = []

  /// Whether something was left out of the line: then spaces and brackets around the gap are tidied.
  var hasGap = false
  /// Whether the line begins with text that was never markup.
  var beginsVerbatim = false

  /// The quotation marks of a line that stand for italic and bold letters.
  private struct Quotes {
    var italics = 0
    var bolds = 0
    /// Where in the output three of them were: behind a space, behind a word of one letter, behind a longer word.
    var afterSpace: Int?
    var afterLetter: Int?
    var afterWord: Int?
  }

  /// - Parameter out: room for as many bytes as the wikitext has, and ``WikitextSource/padding`` more.
  init(_ out: UnsafeMutablePointer<UInt8>, _ options: WikitextOptions) {
    self.out = out
    self.options = options
  }

  /// Whether nothing is on the line yet.
  var isAtStart: Bool { end == start }

  /// Whether the line begins as a heading does.
  var isHeading: Bool { end > start && out[start] == UInt8(ascii: "=") && !beginsVerbatim }

  mutating func append(_ bytes: UnsafeBufferPointer<UInt8>) {
    if let base = bytes.baseAddress { memcpy(out + end, base, bytes.count) }
    end += bytes.count
  }

  mutating func append(_ byte: UInt8) {
    out[end] = byte
    end += 1
  }

  mutating func append(_ scalar: Unicode.Scalar) {
    for byte in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter { append(byte) }
  }

  /// A run of `'`, of which two are italic, three bold, five both, and any others stay.
  ///
  /// Source: MediaWiki, “Help:Formatting”; the balancing of ``balance()`` as its parser does it.
  mutating func quote(_ count: Int) {
    guard count > 1 else { return append(UInt8(ascii: "'")) }
    let marks = count > 5 ? 5 : count == 4 ? 3 : count
    for _ in marks..<count { append(UInt8(ascii: "'")) }
    if marks != 3 { quotes.italics += 1 }
    guard marks != 2 else { return }
    quotes.bolds += 1
    guard marks == 3 else { return }
    if end > start, out[end - 1] == 32 {
      if quotes.afterSpace == nil { quotes.afterSpace = end }
    } else if end - start > 1, out[end - 2] == 32 {
      if quotes.afterLetter == nil { quotes.afterLetter = end }
    } else if quotes.afterWord == nil {
      quotes.afterWord = end
    }
  }

  /// Where italics and bold are both odd, one run of three was an apostrophe and two: `l'''amour''`.
  private mutating func balance() {
    if quotes.italics % 2 == 1, quotes.bolds % 2 == 1,
      let position = quotes.afterLetter ?? quotes.afterWord ?? quotes.afterSpace, position <= end
    {
      memmove(out + position + 1, out + position, end - position)
      out[position] = UInt8(ascii: "'")
      end += 1
    }
    quotes = Quotes()
  }

  /// Ends the line and keeps it, or not.
  mutating func endLine() {
    balance()
    defer {
      start = end
      hasGap = false
      beginsVerbatim = false
    }
    trim()
    guard end > start else { return }
    if !beginsVerbatim, !takesMarkup() {
      end = start
      return
    }
    if hasGap {
      end = WikitextGaps.tidy(out, start..<end)
      trim()
      if !WikitextGaps.hasWords(out, start..<end) { end = start }
    }
    guard end > start else { return }
    flushHeadings()
    append(10)
  }

  /// Without the last line feed: the whole text.
  var text: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: out, count: max(0, end - 1)) }

  /// Takes the markup at a line's start away.
  /// - Returns: whether the line stays.
  private mutating func takesMarkup() -> Bool {
    switch out[start] {
    case UInt8(ascii: "="): return !takeHeading()
    case UInt8(ascii: "*"), UInt8(ascii: "#"), UInt8(ascii: ":"), UInt8(ascii: ";"):
      var first = start
      while first < end, "*#:; \t".utf8.contains(out[first]) { first += 1 }
      remove(first - start)
      return options.lists && end > start
    case UInt8(ascii: "-"):
      var first = start
      while first < end, out[first] == UInt8(ascii: "-") { first += 1 }
      if first - start >= 4 { remove(first - start) }
      return end > start
    case UInt8(ascii: "|"):
      // Rows and cells of a table that a template has opened.
      guard end - start > 1, out[start + 1] == UInt8(ascii: "}") else { return false }
      remove(2)
      return end > start
    case UInt8(ascii: "{"): return end - start < 2 || out[start + 1] != UInt8(ascii: "|")
    default: return true
    }
  }

  /// Sets the title of a section aside until text follows.
  private mutating func takeHeading() -> Bool {
    var level = 0
    while start + level < end, out[start + level] == UInt8(ascii: "=") { level += 1 }
    var trail = 0
    while end - trail > start, out[end - trail - 1] == UInt8(ascii: "=") { trail += 1 }
    level = min(level, trail, 6)
    guard level > 0, end - start > 2 * level else { return level > 0 }
    while let last = headings.last, last.level >= level { headings.removeLast() }
    end -= level
    remove(level)
    if hasGap { end = WikitextGaps.tidy(out, start..<end) }
    trim()
    if options.sectionTitles, end > start {
      headings.append((level, Array(UnsafeBufferPointer(start: out + start, count: end - start)) + [10]))
    }
    return true
  }

  private mutating func flushHeadings() {
    guard !headings.isEmpty else { return }
    let added = headings.reduce(0) { $0 + $1.text.count }
    memmove(out + start + added, out + start, end - start)
    end += added
    for heading in headings {
      heading.text.withUnsafeBufferPointer { bytes in
        if let base = bytes.baseAddress { memcpy(out + start, base, bytes.count) }
        start += bytes.count
      }
    }
    headings.removeAll(keepingCapacity: true)
  }

  /// Takes bytes and the white space after them from the line's start.
  private mutating func remove(_ count: Int) {
    var first = start + count
    while first < end, out[first] <= 32 { first += 1 }
    memmove(out + start, out + first, end - first)
    end -= first - start
  }

  private mutating func trim() {
    while end > start, out[end - 1] <= 32 { end -= 1 }
    if end > start, out[start] <= 32 { remove(0) }
  }
}
