/// Finds the parts of a page's wikitext that are not text: comments, templates, tables, dropped elements, pictures and
/// categories, and the brackets and targets of links.
///
/// One pass with a stack: the time is linear in the text, whatever brackets are left open. An opening that nothing
/// closes is text. Source: MediaWiki, “Manual:Preprocessor” for the precedence of braces, links and extension tags.
struct WikitextStructure {
  /// A range that is left out, taken unchanged, or replaced.
  struct Span {
    /// The text that a range leaves.
    enum Content {
      case nothing, verbatim
      case text(StaticString)
    }

    var start: Int
    var end: Int
    var content = Content.nothing
  }

  enum Kind {
    case braces, link, table, element, variant
  }

  /// Something that has been opened and not closed.
  struct Frame {
    var kind: Kind
    var start: Int
    /// The position among ``spans`` of the span that begins here.
    var span: Int
    /// Of braces: how many are still open.
    var braces = 0
    /// Of braces: the number of ``bars`` before them.
    var bars = 0
    /// Of a link: the position of its first `|`.
    var pipe: Int?
    /// Of a link: the position after it, which is further where `{{!}}` is written for it.
    var pipeEnd = 0
    /// Of a link: how many single brackets are open in it.
    var brackets = 0
  }

  /// In the order of their starts. An empty one has no meaning, and one may be within an earlier one.
  var spans: [Span] = []
  var frames: [Frame] = []
  /// The positions of the bars in the templates that are open, those of the innermost one last.
  private(set) var bars: [Int] = []
  let templates: WikitextTemplates
  private var openBraces = 0
  private var openTables = 0
  private var openElements = 0
  /// Names of tags that have been searched for a closing tag and have none.
  private var neverClosed: Set<String> = []

  /// The bytes at which there is something to do.
  private static let special: [Bool] = (0..<256).map { "{}[]<|".utf8.contains(UInt8($0)) }

  /// The braces on one side of a parameter, `{{{name}}}`: no more than these belong together.
  private static let mostBraces = 3
  /// The bytes of a link's target, at most; a title has 255.
  private static let longestTarget = 2048
  /// The bytes of a rule of variants. A longer one is left out as a whole, so that nested ones cost no more than
  /// their length.
  private static let longestVariant = 4096
  /// The bytes before the `|` and before the `:` of a rule of variants.
  private static let longestVariantFlags = 64
  private static let longestVariantCode = 256

  /// The spans within a template that carries text, at most; so that nested ones cost no more than their length, one
  /// with more is left out.
  static let mostInnerSpans = 300

  init(_ templates: WikitextTemplates) { self.templates = templates }

  /// Finds the spans of a text.
  mutating func scan(_ text: WikitextSource, _ namespaces: WikipediaNamespaces) {
    spans.removeAll(keepingCapacity: true)
    frames.removeAll(keepingCapacity: true)
    bars.removeAll(keepingCapacity: true)
    neverClosed.removeAll()
    (openBraces, openTables, openElements) = (0, 0, 0)

    // Most bytes are not special: a table passes them fastest.
    Self.special.withUnsafeBufferPointer { special in
      var position = 0
      while true {
        while position < text.count, !special[Int(text[position])] { position += 1 }
        guard position < text.count else { break }
        switch text[position] {
        case UInt8(ascii: "{"): position = openBrace(text, position)
        case UInt8(ascii: "}"): position = closeBrace(text, position)
        case UInt8(ascii: "["): position = openBracket(text, position)
        case UInt8(ascii: "]"): position = closeBracket(text, position, namespaces: namespaces)
        case UInt8(ascii: "|"): position = pipe(text, position)
        default: position = angle(text, position)
        }
      }
    }
    dropUnclosed(text, namespaces)
  }

  // The methods below take the position of a special byte and return the position at which to continue.

  // MARK: Braces

  private mutating func openBrace(_ text: WikitextSource, _ position: Int) -> Int {
    let count = text.run(at: position)
    if let end = writtenBar(text, position, braces: count) { return end }
    if count > 1 {
      push(.braces, position)
      frames[frames.count - 1].braces = count
    } else if text[position + 1] == UInt8(ascii: "|"), text.isAtLineStart(position, afterColons: true) {
      push(.table, position)
      return position + 2
    } else if position > 0, text[position - 1] == UInt8(ascii: "-") {
      push(.variant, position - 1)
    }
    return position + count
  }

  private mutating func closeBrace(_ text: WikitextSource, _ position: Int) -> Int {
    var position = position
    var count = text.run(at: position)
    while count > 0 {
      if count > 1, openBraces > 0 {
        let matched = closeBraces(count, at: position, text)
        position += matched
        count -= matched
      } else if count == 1, frames.last?.kind == .variant, text[position + 1] == UInt8(ascii: "-") {
        closeVariant(text, position)
        return position + 2
      } else {
        return position + count
      }
    }
    return position
  }

  /// Closes a template or parameter with some of the braces at a position.
  /// - Returns: how many of them were used.
  private mutating func closeBraces(_ count: Int, at position: Int, _ text: WikitextSource) -> Int {
    popAbove(.braces)
    let last = frames.count - 1
    let matched = min(Self.mostBraces, count, frames[last].braces)
    frames[last].braces -= matched
    let start = frames[last].start + frames[last].braces
    if matched > 2 || !closeTemplate(frames[last], text, from: start, to: position) {
      drop(frames[last], from: start, to: position + matched)
    }
    bars.removeLast(bars.count - frames[last].bars)
    if frames[last].braces < 2 { pop() }
    return matched
  }

  /// `-{zh-hans:计算机; zh-hant:電腦}-`: the first variant stays; of `-{flags|…}-` the text, unless the flags hide it.
  private mutating func closeVariant(_ text: WikitextSource, _ close: Int) {
    guard let frame = frames.popLast() else { return }
    var start = frame.start + 2
    guard close - start < Self.longestVariant else { return drop(frame, from: frame.start, to: close + 2) }

    let flagsEnd = min(close, start + Self.longestVariantFlags)
    if let bar = text.find(UInt8(ascii: "|"), from: start, to: flagsEnd) {
      if Self.hidesText(text[start..<bar]) { return drop(frame, from: frame.start, to: close + 2) }
      start = bar + 1
    }

    var end = close
    if let content = Self.afterVariantCode(text, start..<close) {
      start = content
      end = Self.variantEnd(text, content..<close)
    }

    // The spans of the other variants are within what is left out.
    while let last = spans.last, last.start >= end, spans.count > frame.span + 1 { spans.removeLast() }
    spans[frame.span].end = start
    spans.append(Span(start: end, end: close + 2))
  }

  /// True for flags that define a rule or title and show nothing: hidden, title, description, removal. They are
  /// capitals; with small letters in them the bytes are codes of variants.
  private static func hidesText(_ flags: UnsafeBufferPointer<UInt8>) -> Bool {
    flags.contains { "HTD-".utf8.contains($0) } && !flags.contains { $0 >= UInt8(ascii: "a") }
  }

  /// The semicolon that ends the first variant: the last one, or one before another code.
  private static func variantEnd(_ text: WikitextSource, _ range: Range<Int>) -> Int {
    var next = range.lowerBound
    while let semicolon = text.find(UInt8(ascii: ";"), from: next, to: range.upperBound) {
      let rest = semicolon + 1..<range.upperBound
      if text.trimmed(rest).isEmpty || afterVariantCode(text, rest) != nil { return semicolon }
      next = semicolon + 1
    }
    return range.upperBound
  }

  /// The position after the colon of `zh-hans:` or `text=>zh-hans:`; `nil` where there is no code.
  private static func afterVariantCode(_ text: WikitextSource, _ range: Range<Int>) -> Int? {
    let codeEnd = min(range.upperBound, range.lowerBound + longestVariantCode)
    guard let colon = text.find(UInt8(ascii: ":"), from: range.lowerBound, to: codeEnd) else { return nil }
    var start = range.lowerBound
    if let arrow = text.find(UInt8(ascii: ">"), from: start, to: colon), arrow > start,
      text[arrow - 1] == UInt8(ascii: "=")
    {
      start = arrow + 1
    }
    let code = text.trimmed(start..<colon)
    let isCode =
      (2...12).contains(code.count) && text[code].allSatisfy { $0 == UInt8(ascii: "-") || $0.isASCIILowercase }
    return isCode ? colon + 1 : nil
  }

  // MARK: Links and tables

  private mutating func openBracket(_ text: WikitextSource, _ position: Int) -> Int {
    let count = text.run(at: position)
    if count > 1 {
      // A link's target holds no link: the outer brackets are text.
      if let frame = frames.last, frame.kind == .link, frame.pipe == nil { pop() }
      push(.link, position + count - 2)
    } else if frames.last?.kind == .link {
      frames[frames.count - 1].brackets += 1
    }
    return position + count
  }

  private mutating func closeBracket(
    _ text: WikitextSource, _ position: Int, namespaces: WikipediaNamespaces
  ) -> Int {
    var position = position
    var count = text.run(at: position)

    // Two brackets close a link; a third one, or a single one, closes a bracket in the label.
    while count > 0, let frame = frames.last, frame.kind == .link {
      if count != 2, frame.brackets > 0 {
        frames[frames.count - 1].brackets -= 1
        position += 1
        count -= 1
      } else if count > 1 {
        closeLink(text, position, namespaces: namespaces)
        position += 2
        count -= 2
      } else {
        break
      }
    }
    return position + count
  }

  /// Leaves the label of a link, or its target where it has none; drops a picture or category.
  private mutating func closeLink(_ text: WikitextSource, _ close: Int, namespaces: WikipediaNamespaces) {
    guard let frame = frames.popLast() else { return }
    let target = text.trimmed(frame.start + 2..<(frame.pipe ?? close))
    guard target.count < Self.longestTarget else { return }
    if namespaces.drops(text[target]) { return drop(frame, from: frame.start, to: close + 2) }
    guard text.find(.lineFeed, from: target.lowerBound, to: target.upperBound) == nil else { return }

    if frame.pipe != nil, !text.trimmed(frame.pipeEnd..<close).isEmpty {
      spans[frame.span].end = frame.pipeEnd
      spans.append(Span(start: close, end: close + 2))
    } else {
      // A colon before the target only says that a picture or category is linked to, not shown.
      let isColon = !target.isEmpty && text[target.lowerBound] == UInt8(ascii: ":")
      spans[frame.span].end = target.lowerBound + (isColon ? 1 : 0)
      spans.append(Span(start: frame.pipe ?? close, end: close + 2))
    }
  }

  private mutating func pipe(_ text: WikitextSource, _ position: Int) -> Int {
    if let frame = frames.last {
      if frame.kind == .link, frame.pipe == nil {
        frames[frames.count - 1].pipe = position
        frames[frames.count - 1].pipeEnd = position + 1
      } else if frame.kind == .braces {
        bars.append(position)
      }
    }
    guard openTables > 0, text[position + 1] == UInt8(ascii: "}"), text.isAtLineStart(position) else {
      return position + 1
    }
    // `|}}` ends a template, unless a table was opened after it.
    if text[position + 2] == UInt8(ascii: "}"), frames.last(where: { $0.kind != .link })?.kind != .table {
      return position + 1
    }
    popAbove(.table)
    close(to: position + 2)
    return position + 2
  }

  // MARK: Angle brackets

  private mutating func angle(_ text: WikitextSource, _ position: Int) -> Int {
    if text.has("<!--", at: position) { return comment(text, position) }
    guard let tag = WikitextTag(text, at: position) else { return position + 1 }
    switch tag.treatment {
    case .block, .inline: return position + 1
    case .table:
      if tag.isClosing {
        closeElement(to: tag.end)
      } else if !tag.isEmpty {
        push(.element, position)
      }
      return tag.end
    case .dropped, .verbatim: return element(text, tag, from: position)
    }
  }

  /// Drops a comment; one that is not closed goes up to the end of the text.
  private mutating func comment(_ text: WikitextSource, _ position: Int) -> Int {
    let content = position + "<!--".utf8.count
    var end = content
    while let next = text.find(UInt8(ascii: ">"), from: end, to: text.count) {
      end = next + 1
      let isClosed = next >= content + 2 && text.has("--", at: next - 2)
      if isClosed {
        spans.append(Span(start: position, end: end))
        return end
      }
    }
    spans.append(Span(start: position, end: text.count))
    return text.count
  }

  /// Drops an element whose content is not wikitext, or its tags where the content is text.
  private mutating func element(_ text: WikitextSource, _ tag: WikitextTag, from position: Int) -> Int {
    guard !tag.isClosing, !tag.isEmpty, let closing = closing(of: tag, in: text) else {
      spans.append(Span(start: position, end: tag.end))
      return tag.end
    }
    if tag.treatment == .verbatim {
      spans.append(Span(start: position, end: tag.end))
      spans.append(Span(start: tag.end, end: closing.lowerBound, content: .verbatim))
      spans.append(Span(start: closing.lowerBound, end: closing.upperBound))
    } else {
      spans.append(Span(start: position, end: closing.upperBound))
    }
    return closing.upperBound
  }

  /// The range of a closing tag. As MediaWiki does, a kind of tag without one is searched for once, so that time
  /// stays linear.
  private mutating func closing(of tag: WikitextTag, in text: WikitextSource) -> Range<Int>? {
    guard !neverClosed.contains(tag.name) else { return nil }
    let closing = tag.closing(in: text)
    if closing == nil { neverClosed.insert(tag.name) }
    return closing
  }

  /// Drops the innermost table of HTML that is open, with all that is in it.
  private mutating func closeElement(to end: Int) {
    guard openElements > 0 else { return }
    popAbove(.element)
    close(to: end)
  }

  // MARK: The stack

  mutating func push(_ kind: Kind, _ start: Int) {
    frames.append(Frame(kind: kind, start: start, span: spans.count, bars: bars.count))
    spans.append(Span(start: start, end: start))
    count(kind, 1)
  }

  private mutating func pop() {
    guard let frame = frames.popLast() else { return }
    if frame.kind == .braces { bars.removeLast(bars.count - frame.bars) }
    count(frame.kind, -1)
  }

  private mutating func count(_ kind: Kind, _ change: Int) {
    switch kind {
    case .braces: openBraces += change
    case .table: openTables += change
    case .element: openElements += change
    case .link, .variant: break
    }
  }

  /// Removes the frames that were opened after the last one of a kind, which there is: what opened them is text.
  mutating func popAbove(_ kind: Kind) {
    while let frame = frames.last, frame.kind != kind { pop() }
  }

  /// Drops all that the last frame spans.
  mutating func close(to end: Int) {
    guard let frame = frames.last else { return }
    drop(frame, from: frame.start, to: end)
    pop()
  }

  /// Drops a range that begins in a frame; the spans within it are not needed any more.
  mutating func drop(_ frame: Frame, from start: Int, to end: Int) {
    spans.removeSubrange((frame.span + 1)...)
    spans[frame.span] = Span(start: start, end: end)
  }

  /// Drops, at the end, the line of a picture, category or table that nothing closes.
  private mutating func dropUnclosed(_ text: WikitextSource, _ namespaces: WikipediaNamespaces) {
    var end = 0
    for frame in frames where frame.start >= end {
      switch frame.kind {
      case .table: break
      case .link:
        guard let pipe = frame.pipe, namespaces.drops(text[text.trimmed(frame.start + 2..<pipe)]) else { continue }
      case .braces, .element, .variant: continue
      }
      end = text.lineEnd(from: frame.start)
      spans[frame.span].end = end
    }
  }
}
