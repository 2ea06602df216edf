internal import Glibc

/// Finds what of a page's wikitext is no text: comments, templates, tables, dropped elements, pictures and categories, and the
/// brackets and targets of links.
///
/// One pass with a stack, so that the time is linear in the text, whatever brackets are left open. An opening that nothing closes is
/// text. Source: MediaWiki, “Manual:Preprocessor” for the precedence of braces, links and extension tags.
struct WikitextStructure {
  /// A range that is left out, or taken as it stands.
  struct Span {
    var start: Int
    var end: Int
    var isVerbatim = false
  }

  private enum Kind {
    case braces, link, table, element, variant
  }

  /// What has been opened and not closed.
  private struct Frame {
    var kind: Kind
    var start: Int
    /// The position among ``spans`` of the span that begins here.
    var span: Int
    /// Of braces: how many are still open.
    var braces = 0
    /// Of a link: where its first `|` stands.
    var pipe = -1
    /// Of a link: how many single brackets are open in it.
    var brackets = 0
  }

  /// In the order of their starts; an empty one means nothing, and one may lie within an earlier one.
  private(set) var spans: [Span] = []
  private var frames: [Frame] = []
  private var openBraces = 0
  private var openTables = 0
  private var openElements = 0
  private var neverClosed: Set<String> = []

  private static let special: [Bool] = (0..<256).map { "{}[]<|".utf8.contains(UInt8($0)) }

  /// Finds the spans of a text.
  mutating func scan(_ text: WikitextSource, _ namespaces: WikipediaNamespaces) {
    spans.removeAll(keepingCapacity: true)
    frames.removeAll(keepingCapacity: true)
    neverClosed.removeAll()
    (openBraces, openTables, openElements) = (0, 0, 0)
    Self.special.withUnsafeBufferPointer { special in
      var position = 0
      while true {
        while position < text.count, !special[Int(text[position])] { position += 1 }
        guard position < text.count else { break }
        switch text[position] {
        case UInt8(ascii: "{"): position = openBrace(text, position)
        case UInt8(ascii: "}"): position = closeBrace(text, position)
        case UInt8(ascii: "["): position = openBracket(text, position)
        case UInt8(ascii: "]"): position = closeBracket(text, position, namespaces)
        case UInt8(ascii: "|"): position = pipe(text, position)
        default: position = angle(text, position)
        }
      }
    }
    leaveOpen(text, namespaces)
  }

  // MARK: Braces

  private mutating func openBrace(_ text: WikitextSource, _ position: Int) -> Int {
    let count = text.run(at: position)
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
        popAbove(.braces)
        let last = frames.count - 1
        let matched = min(3, count, frames[last].braces)
        frames[last].braces -= matched
        drop(frames[last], from: frames[last].start + frames[last].braces, to: position + matched)
        if frames[last].braces < 2 { pop() }
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

  /// `-{zh-hans:计算机; zh-hant:電腦}-`: the first variant stays; of `-{flags|…}-` the text, unless the flags hide it.
  private mutating func closeVariant(_ text: WikitextSource, _ close: Int) {
    guard let frame = frames.popLast() else { return }
    var start = frame.start + 2
    // Rules are short; a longer one is taken whole, so that nested ones cost no more than their length.
    guard close - start < 4096 else { return drop(frame, from: frame.start, to: close + 2) }
    if let bar = text.find(UInt8(ascii: "|"), from: start, to: min(close, start + 64)) {
      if text[start..<bar].contains(where: { "HTD-".utf8.contains($0) }),
        !text[start..<bar].contains(where: { $0 >= 97 })
      {
        return drop(frame, from: frame.start, to: close + 2)
      }
      start = bar + 1
    }
    var end = close
    if let content = Self.afterVariant(text, start..<close) {
      start = content
      var next = start
      while let semicolon = text.find(UInt8(ascii: ";"), from: next, to: close) {
        if text.trimmed(semicolon + 1..<close).isEmpty || Self.afterVariant(text, semicolon + 1..<close) != nil {
          end = semicolon
          break
        }
        next = semicolon + 1
      }
    }
    while let last = spans.last, last.start >= end, spans.count > frame.span + 1 { spans.removeLast() }
    spans[frame.span].end = start
    spans.append(Span(start: end, end: close + 2))
  }

  /// Behind the colon of `zh-hans:` or `text=>zh-hans:`; `nil` where there is none.
  private static func afterVariant(_ text: WikitextSource, _ range: Range<Int>) -> Int? {
    guard
      let colon = text.find(
        UInt8(ascii: ":"), from: range.lowerBound, to: min(range.upperBound, range.lowerBound + 256))
    else {
      return nil
    }
    var start = range.lowerBound
    if let arrow = text.find(UInt8(ascii: ">"), from: start, to: colon), arrow > start,
      text[arrow - 1] == UInt8(ascii: "=")
    {
      start = arrow + 1
    }
    let code = text.trimmed(start..<colon)
    let isCode = (2...12).contains(code.count) && text[code].allSatisfy { $0 == UInt8(ascii: "-") || $0 &- 97 < 26 }
    return isCode ? colon + 1 : nil
  }

  // MARK: Links and tables

  private mutating func openBracket(_ text: WikitextSource, _ position: Int) -> Int {
    let count = text.run(at: position)
    if count > 1 {
      // A link's target holds no link: the outer brackets are text.
      if let frame = frames.last, frame.kind == .link, frame.pipe < 0 { pop() }
      push(.link, position + count - 2)
    } else if let frame = frames.last, frame.kind == .link {
      frames[frames.count - 1].brackets += 1
    }
    return position + count
  }

  private mutating func closeBracket(_ text: WikitextSource, _ position: Int, _ namespaces: WikipediaNamespaces) -> Int
  {
    var position = position
    var count = text.run(at: position)
    while count > 0, let frame = frames.last, frame.kind == .link {
      if count != 2, frame.brackets > 0 {
        frames[frames.count - 1].brackets -= 1
        position += 1
        count -= 1
      } else if count > 1 {
        closeLink(text, position, namespaces)
        position += 2
        count -= 2
      } else {
        break
      }
    }
    return position + count
  }

  private mutating func closeLink(_ text: WikitextSource, _ close: Int, _ namespaces: WikipediaNamespaces) {
    guard let frame = frames.popLast() else { return }
    let target = text.trimmed(frame.start + 2..<(frame.pipe < 0 ? close : frame.pipe))
    // No title is that long: it has at most 255 bytes.
    guard target.count < 2048 else { return }
    if namespaces.drops(text[target]) { return drop(frame, from: frame.start, to: close + 2) }
    guard text.find(10, from: target.lowerBound, to: target.upperBound) == nil else { return }
    if frame.pipe < 0 || text.trimmed(frame.pipe + 1..<close).isEmpty {
      let isColon = !target.isEmpty && text[target.lowerBound] == UInt8(ascii: ":")
      spans[frame.span].end = target.lowerBound + (isColon ? 1 : 0)
      spans.append(Span(start: frame.pipe < 0 ? close : frame.pipe, end: close + 2))
    } else {
      spans[frame.span].end = frame.pipe + 1
      spans.append(Span(start: close, end: close + 2))
    }
  }

  private mutating func pipe(_ text: WikitextSource, _ position: Int) -> Int {
    if let frame = frames.last, frame.kind == .link, frame.pipe < 0 { frames[frames.count - 1].pipe = position }
    guard openTables > 0, text[position + 1] == UInt8(ascii: "}"), text.isAtLineStart(position) else {
      return position + 1
    }
    if text[position + 2] == UInt8(ascii: "}") {
      // `|}}` ends a template, unless a table is what is open.
      var top = frames.count - 1
      while top >= 0, frames[top].kind == .link { top -= 1 }
      guard top >= 0, frames[top].kind == .table else { return position + 1 }
    }
    popAbove(.table)
    close(to: position + 2)
    return position + 2
  }

  // MARK: Angle brackets

  private mutating func angle(_ text: WikitextSource, _ position: Int) -> Int {
    if text.has("<!--", at: position) {
      var end = position + 4
      while let next = text.find(UInt8(ascii: ">"), from: end, to: text.count) {
        end = next + 1
        if next >= position + 6, text[next - 1] == UInt8(ascii: "-"), text[next - 2] == UInt8(ascii: "-") {
          spans.append(Span(start: position, end: end))
          return end
        }
      }
      spans.append(Span(start: position, end: text.count))
      return text.count
    }
    guard let tag = WikitextTag(text, at: position) else { return position + 1 }
    switch tag.treatment {
    case .block, .inline: return position + 1
    case .table:
      if tag.isClosing {
        if openElements > 0 {
          popAbove(.element)
          close(to: tag.end)
        }
      } else if !tag.isEmpty {
        push(.element, position)
      }
      return tag.end
    case .dropped, .verbatim:
      guard !tag.isClosing, !tag.isEmpty else {
        spans.append(Span(start: position, end: tag.end))
        return tag.end
      }
      guard !neverClosed.contains(tag.name), let closing = tag.closing(in: text) else {
        // As MediaWiki does, search once: what follows is text.
        neverClosed.insert(tag.name)
        spans.append(Span(start: position, end: tag.end))
        return tag.end
      }
      if tag.treatment == .verbatim {
        spans.append(Span(start: position, end: tag.end))
        spans.append(Span(start: tag.end, end: closing.lowerBound, isVerbatim: true))
        spans.append(Span(start: closing.lowerBound, end: closing.upperBound))
      } else {
        spans.append(Span(start: position, end: closing.upperBound))
      }
      return closing.upperBound
    }
  }

  // MARK: The stack

  private mutating func push(_ kind: Kind, _ start: Int) {
    frames.append(Frame(kind: kind, start: start, span: spans.count))
    spans.append(Span(start: start, end: start))
    count(kind, 1)
  }

  private mutating func pop() {
    if let frame = frames.popLast() { count(frame.kind, -1) }
  }

  private mutating func count(_ kind: Kind, _ change: Int) {
    switch kind {
    case .braces: openBraces += change
    case .table: openTables += change
    case .element: openElements += change
    case .link, .variant: break
    }
  }

  /// Gives up what was opened after the last frame of a kind, which there is.
  private mutating func popAbove(_ kind: Kind) {
    while let frame = frames.last, frame.kind != kind { pop() }
  }

  /// Drops all that the last frame spans.
  private mutating func close(to end: Int) {
    guard let frame = frames.last else { return }
    drop(frame, from: frame.start, to: end)
    pop()
  }

  /// Drops a range that begins in a frame; what lies within it needs no spans of its own.
  private mutating func drop(_ frame: Frame, from start: Int, to end: Int) {
    spans.removeSubrange((frame.span + 1)...)
    spans[frame.span] = Span(start: start, end: end)
  }

  /// At the end: a picture, a category or a table that nothing closes goes up to the end of its line.
  private mutating func leaveOpen(_ text: WikitextSource, _ namespaces: WikipediaNamespaces) {
    var end = 0
    for frame in frames where frame.start >= end {
      switch frame.kind {
      case .table: break
      case .link:
        guard frame.pipe >= 0, namespaces.drops(text[text.trimmed(frame.start + 2..<frame.pipe)]) else { continue }
      case .braces, .element, .variant: continue
      }
      end = text.lineEnd(from: frame.start)
      spans[frame.span].end = end
    }
  }
}
