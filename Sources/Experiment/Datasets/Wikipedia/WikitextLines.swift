internal import Glibc

/// Takes a page's text line by line and keeps the lines that are plain text.
///
/// No more bytes come out than wikitext went in, so that the caller can give memory for all.
struct WikitextLines {
  private let out: UnsafeMutablePointer<UInt8>
  private let options: WikitextOptions
  /// The end of what is kept and of the present line after it.
  private var end = 0
  /// The start of the present line.
  private var start = 0
  private var quotes = Quotes()
  /// Titles of sections that have no text yet, each with its line feed.
  private var headings: [(level: Int, text: [UInt8])] = []

  /// True when something was left out of the line: then spaces and brackets around the gap are tidied.
  var hasGap = false
  /// True when the line begins with text that was never markup.
  var beginsVerbatim = false

  /// The runs of `'` on a line that stand for italic and bold letters.
  private struct Quotes {
    var italics = 0
    var bolds = 0
    /// The first positions in the output of a run of three: after a space, a word of one letter, a longer word.
    var afterSpace: Int?
    var afterLetter: Int?
    var afterWord: Int?
  }

  /// The levels of sections, `=` to `======`.
  private static let deepestLevel = 6
  /// The hyphens of a horizontal line, at least.
  private static let ruleLength = 4

  /// - Parameter out: memory for as many bytes as the wikitext has, and ``WikitextSource/padding`` more.
  init(_ out: UnsafeMutablePointer<UInt8>, _ options: WikitextOptions) {
    self.out = out
    self.options = options
  }

  /// True while nothing is on the line.
  var isAtStart: Bool { end == start }

  /// True when the line begins as a heading does.
  var isHeading: Bool { end > start && out[start] == UInt8(ascii: "=") && !beginsVerbatim }

  /// The whole text, without the last line feed.
  var text: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: out, count: max(0, end - 1)) }

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

  // MARK: Quotation marks

  /// Takes a run of `'`, of which two are italic, three bold, five both, and any others stay.
  ///
  /// Source: MediaWiki, “Help:Formatting”; the balancing of ``balance()`` as its parser does it.
  mutating func quote(_ count: Int) {
    guard count > 1 else { return append(UInt8(ascii: "'")) }
    let marks = count > 5 ? 5 : count == 4 ? 3 : count
    for _ in marks..<count { append(UInt8(ascii: "'")) }
    if marks != 3 { quotes.italics += 1 }
    if marks != 2 { quotes.bolds += 1 }
    if marks == 3 { noteBold() }
  }

  /// Remembers a run of three, in which the first may turn out to be an apostrophe.
  private mutating func noteBold() {
    if end > start, out[end - 1] == .space {
      if quotes.afterSpace == nil { quotes.afterSpace = end }
    } else if end - start > 1, out[end - 2] == .space {
      if quotes.afterLetter == nil { quotes.afterLetter = end }
    } else if quotes.afterWord == nil {
      quotes.afterWord = end
    }
  }

  /// Makes an apostrophe of the first of three `'` when italics and bold are both odd: `l'''amour''`.
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

  // MARK: The end of a line

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

    // A line from which something was left out may hold nothing but punctuation.
    if hasGap {
      end = WikitextGaps.tidy(out, start..<end)
      trim()
      if !WikitextGaps.hasWords(out, start..<end) { end = start }
    }
    guard end > start else { return }

    flushHeadings()
    append(.lineFeed)
  }

  /// Removes the markup at the line's start.
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
      let count = run(of: UInt8(ascii: "-"))
      if count >= Self.ruleLength { remove(count) }
      return end > start

    // Rows and cells of a table that a template has opened, and its end.
    case UInt8(ascii: "|"):
      guard end - start > 1, out[start + 1] == UInt8(ascii: "}") else { return false }
      remove(2)
      return end > start
    case UInt8(ascii: "{"): return end - start < 2 || out[start + 1] != UInt8(ascii: "|")
    default: return true
    }
  }

  /// Sets the title of a section aside until text follows.
  /// - Returns: `false` when the line is not a heading after all.
  private mutating func takeHeading() -> Bool {
    let mark = UInt8(ascii: "=")
    var trail = 0
    while end - trail > start, out[end - trail - 1] == mark { trail += 1 }
    let level = min(run(of: mark), trail, Self.deepestLevel)
    guard level > 0, end - start > 2 * level else { return level > 0 }

    // A new section of the same or a higher level ends those before it, and they had no text.
    while let last = headings.last, last.level >= level { headings.removeLast() }
    end -= level
    remove(level)
    if hasGap { end = WikitextGaps.tidy(out, start..<end) }
    trim()
    if options.sectionTitles, end > start {
      headings.append((level, Array(UnsafeBufferPointer(start: out + start, count: end - start)) + [.lineFeed]))
    }
    return true
  }

  /// Puts the titles that wait for text before the line.
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

  /// The number of times that a mark is repeated at the line's start.
  private func run(of mark: UInt8) -> Int {
    var count = 0
    while start + count < end, out[start + count] == mark { count += 1 }
    return count
  }

  /// Removes bytes and the white space after them from the line's start.
  private mutating func remove(_ count: Int) {
    var first = start + count
    while first < end, out[first].isSpaceOrControl { first += 1 }
    memmove(out + start, out + first, end - first)
    end -= first - start
  }

  private mutating func trim() {
    while end > start, out[end - 1].isSpaceOrControl { end -= 1 }
    if end > start, out[start].isSpaceOrControl { remove(0) }
  }
}
