/// Finds the columns of code spans in the source, which libcmark does not report reliably.
///
/// Each code span of the tree is matched, in order, with a pair of equal backtick runs around the same text. To
/// prove the match, the source with marks in the place of the spans is parsed: a pair that turns out to be
/// something else, such as an attribute of raw HTML, is excluded, and the search repeated.
struct InlineLocator {
  /// A code span of the tree.
  struct CodeSpan {
    /// Its position in ``MarkdownTree/nodes``.
    var node: Int
    var literal: String
    /// The lines of the paragraph or heading that it is in.
    var lines: ClosedRange<Int>
    /// True inside a block quote, whose `>` may be inside a span of several lines.
    var isQuoted: Bool

    /// True for an inline expression: `swift ` with something after it.
    var isExpression: Bool { literal.hasPrefix("swift ") && !literal.dropFirst(6).allSatisfy { $0 == " " } }
  }

  /// Every code span in the order of the text.
  let spans: [CodeSpan]
  private let body: [UInt8]
  private let lines: SourceText
  private var excluded: Set<Int> = []

  /// - Parameter tree: the parsed text.
  init(_ text: SourceText, _ tree: MarkdownTree) {
    lines = text
    body = text.bytes
    spans = Self.codeSpans(of: tree)
  }

  private static func codeSpans(of tree: MarkdownTree) -> [CodeSpan] {
    var spans: [CodeSpan] = []
    // The position after the outermost quote that is open.
    var quoteEnd = 0
    for (position, node) in tree.nodes.enumerated() {
      switch node.kind {
      case .blockQuote: quoteEnd = max(quoteEnd, node.end)
      case .code(let literal):
        spans.append(CodeSpan(node: position, literal: literal, lines: node.lines, isQuoted: position < quoteEnd))
      default: break
      }
    }
    return spans
  }

  /// The byte range, backticks included, of each expression that could be found, by its position in ``spans``.
  mutating func ranges() -> [Int: Range<Int>] {
    guard spans.contains(where: \.isExpression) else { return [:] }
    var found: [Int: Range<Int>] = [:]
    // A bound for hostile text: each pass parses the whole source.
    for _ in 0..<16 {
      found = match().filter { spans[$0.key].isExpression }
      guard let wrong = firstWrong(found) else { return found }
      guard let range = found[wrong] else { break }
      excluded.insert(range.lowerBound)
    }
    return found
  }

  /// Matches every code span with the first pair of backtick runs that fits, after the span before it.
  private func match() -> [Int: Range<Int>] {
    var found: [Int: Range<Int>] = [:]
    var position = 0
    for (index, span) in spans.enumerated() {
      let leaf = lines.range(of: span.lines.clamped(to: 1...max(1, lines.lineCount)))
      position = max(position, leaf.lowerBound)

      // A run of backticks that is never closed, or is around another text, is not this span.
      var candidate = position
      while let (start, count) = nextRun(from: candidate, to: leaf.upperBound) {
        candidate = start + count
        guard !excluded.contains(start), let end = closing(count, from: candidate, to: leaf.upperBound) else {
          continue
        }
        if Self.squeezed(body[candidate..<end]) == Self.squeezed(Array(span.literal.utf8)[...]) {
          found[index] = start..<end + count
          position = end + count
          break
        }
      }
    }
    return found
  }

  /// The next run of backticks whose first is not escaped.
  private func nextRun(from: Int, to end: Int) -> (start: Int, count: Int)? {
    var position = from
    while position < end {
      if body[position] == UInt8(ascii: "\\") {
        position += 2
      } else if body[position] == UInt8(ascii: "`") {
        return (position, runLength(at: position, to: end))
      } else {
        position += 1
      }
    }
    return nil
  }

  /// The beginning of the next run of exactly this many backticks.
  private func closing(_ count: Int, from: Int, to end: Int) -> Int? {
    var position = from
    while position < end {
      guard body[position] == UInt8(ascii: "`") else {
        position += 1
        continue
      }
      let length = runLength(at: position, to: end)
      if length == count { return position }
      position += length
    }
    return nil
  }

  private func runLength(at start: Int, to end: Int) -> Int {
    var position = start
    while position < end, body[position] == UInt8(ascii: "`") { position += 1 }
    return position - start
  }

  /// The bytes without those that line breaks and containers put into a span.
  private static func squeezed(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    bytes.filter { byte in !" \t\n>".utf8.contains(byte) }
  }

  /// The first span that a parse with marks in the found places does not show as its mark.
  private func firstWrong(_ found: [Int: Range<Int>]) -> Int? {
    var marked: [UInt8] = []
    var position = 0
    for (index, range) in found.sorted(by: { $0.key < $1.key }) {
      marked += body[position..<range.lowerBound]
      marked += Array("`\(Self.mark(index))`".utf8)
      position = range.upperBound
    }
    marked += body[position...]
    let spansNow = Self.codeSpans(of: MarkdownTree(parsing: marked))
    for (index, span) in spans.enumerated() where span.isExpression {
      guard found[index] != nil, index < spansNow.count, spansNow[index].literal == Self.mark(index) else {
        return index
      }
    }
    return nil
  }

  private static func mark(_ index: Int) -> String { "\u{E000}\(index)\u{E001}" }

  /// The expression of a span with the place of each of its pieces, lines counted from 1 in the source.
  func expression(in range: Range<Int>, isQuoted: Bool) -> (text: String, segments: [InlineExpression.Segment]) {
    let count = runLength(at: range.lowerBound, to: range.upperBound)
    var offsets = Array(range.lowerBound + count..<range.upperBound - count)
    // Continuation lines: leading white space and, in a quote, its marks are not part of the text.
    var kept: [Int] = []
    var isLineStart = false
    for offset in offsets {
      let byte = body[offset]
      if isLineStart, byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || isQuoted && byte == UInt8(ascii: ">") {
        continue
      }
      isLineStart = byte == UInt8(ascii: "\n")
      kept.append(offset)
    }

    let isSpace = { (offset: Int) in body[offset] == UInt8(ascii: " ") || body[offset] == UInt8(ascii: "\n") }
    offsets = Array(kept.drop(while: isSpace).dropFirst("swift".utf8.count).drop(while: isSpace))
    while let last = offsets.last, isSpace(last) { offsets.removeLast() }

    // A segment begins wherever bytes of the source were left out, and on each line.
    var segments: [InlineExpression.Segment] = []
    var previous = Int.min
    for (index, offset) in offsets.enumerated() {
      if offset != previous + 1 || body[previous] == UInt8(ascii: "\n") {
        let place = lines.position(of: offset)
        segments.append(.init(offset: index, line: place.line, column: place.column))
      }
      previous = offset
    }
    let bytes = offsets.map { body[$0] == UInt8(ascii: "\n") ? UInt8(ascii: " ") : body[$0] }
    return (String(decoding: bytes, as: UTF8.self), segments)
  }
}
