/// The templates of which a part is text, and those that stand for a bar of a table or link.
extension WikitextStructure {
  /// Leaves the text of a template that carries some.
  /// - Parameters:
  ///   - frame: the template's.
  ///   - text: the page.
  ///   - start: the position of the template's opening braces.
  ///   - close: the position of its closing braces.
  /// - Returns: false for a template that is left out, of which nothing is changed here.
  mutating func closeTemplate(_ frame: Frame, _ text: WikitextSource, from start: Int, to close: Int) -> Bool {
    let own = bars[frame.bars...]
    let nameEnd = own.first ?? close
    guard nameEnd - start < 2 * WikitextTemplates.longestName, spans.count - frame.span < Self.mostInnerSpans,
      let part = templates.part(text[text.trimmed(start + 2..<max(start + 2, nameEnd))])
    else { return false }

    let arguments = WikitextArguments(text, bars: own, end: close)
    let whole = start..<close + 2
    switch part {
    case .characters(let characters):
      drop(frame, from: start, to: close + 2)
      spans[frame.span].content = .text(characters)
      return true
    case .argument(let number, let names):
      guard let kept = arguments.range(number, named: names) else { return false }
      keep([kept], of: whole, in: frame)
    case .last:
      guard let kept = arguments.last else { return false }
      keep([kept], of: whole, in: frame)
    case .paragraph(let number, let names):
      guard let kept = arguments.range(number, named: names) else { return false }
      keep([kept], of: whole, in: frame, around: .text("\n"))
    case .quantity:
      let kept = [arguments.range(1), arguments.range(2)].compactMap { $0.map(text.trimmed) }
      guard !kept.isEmpty, kept.count == 1 || kept[0].upperBound < kept[1].lowerBound else { return false }
      keep(kept, of: whole, in: frame, between: .text(" "))
    }
    return true
  }

  /// Leaves parts of a range as text.
  /// - Parameters:
  ///   - kept: the parts, in order.
  ///   - whole: the range, of which all else is left out.
  ///   - frame: begins the range.
  ///   - separator: the text between two parts.
  ///   - ends: the text before and after them.
  private mutating func keep(
    _ kept: [Range<Int>], of whole: Range<Int>, in frame: Frame, between separator: Span.Content = .nothing,
    around ends: Span.Content = .nothing
  ) {
    let inner = spans[(frame.span + 1)...].filter { span in
      kept.contains { $0.lowerBound <= span.start && span.end <= $0.upperBound }
    }
    spans.removeSubrange((frame.span + 1)...)

    var position = whole.lowerBound
    for (number, range) in kept.enumerated() {
      let gap = Span(start: position, end: range.lowerBound, content: number == 0 ? ends : separator)
      if number == 0 { spans[frame.span] = gap } else { spans.append(gap) }
      spans += inner.filter { range.lowerBound <= $0.start && $0.end <= range.upperBound }
      position = range.upperBound
    }
    spans.append(Span(start: position, end: whole.upperBound, content: ends))
  }

  /// Takes a bar that is written as a template where it opens or closes a table, or divides a link: `{{{!}}`, `{{(!}}`,
  /// `{{!}}}`, `{{!)}}`, `[[a{{!}}b]]`.
  /// - Returns: the position after it; `nil` for anything else.
  mutating func writtenBar(_ text: WikitextSource, _ position: Int, braces: Int) -> Int? {
    let isTable = frames.last { $0.kind != .link }?.kind == .table
    if braces == 3 ? text.has("{{{!}}", at: position) : braces == 2 && text.has("{{(!}}", at: position),
      text.isAtLineStart(position, afterColons: true)
    {
      push(.table, position)
      return position + 6
    }
    guard braces == 2 else { return nil }
    if isTable, text.has("{{!}}}", at: position) || text.has("{{!)}}", at: position), text.isAtLineStart(position) {
      popAbove(.table)
      close(to: position + 6)
      return position + 6
    }
    if let frame = frames.last, frame.kind == .link, frame.pipe == nil, text.has("{{!}}", at: position) {
      frames[frames.count - 1].pipe = position
      frames[frames.count - 1].pipeEnd = position + 5
      return position + 5
    }
    return nil
  }
}
