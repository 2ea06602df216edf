/// A line that can open a fenced code block, without the marks of the lists and quotations that it is in.
struct FenceLine {
  /// Its backticks or tildes.
  let fence: String
  /// The column of the first of them, from 1, in UTF-8 bytes.
  let column: Int
  /// The text after the fence, without white space around it.
  let info: String

  /// `nil` for any other line. Whether a line that has the form of a fence is one, only the tree knows.
  init?(_ line: ArraySlice<UInt8>) {
    let rest = line.dropFirst(Self.containerMarks(line))
    guard let mark = rest.first, mark == UInt8(ascii: "`") || mark == UInt8(ascii: "~") else { return nil }
    let marks = rest.prefix { $0 == mark }
    let info = rest.dropFirst(marks.count)
    guard marks.count >= 3, mark == UInt8(ascii: "~") || !info.contains(mark) else { return nil }
    fence = String(decoding: marks, as: UTF8.self)
    column = rest.startIndex - line.startIndex + 1
    self.info = String(decoding: info, as: UTF8.self).trimming(while: \.isWhitespace)
  }

  /// True when the first word after the fence is `swift`, in any case and with or without braces around it.
  var namesSwift: Bool {
    let word = info.drop { " \t{.=".contains($0) }.prefix { !" \t,{}.;:#=".contains($0) }
    return word.lowercased() == "swift"
  }

  /// The number of bytes at the beginning of a line that are white space, `>` and marks of list items.
  private static func containerMarks(_ line: ArraySlice<UInt8>) -> Int {
    let isSpace = { (byte: UInt8) in byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
    var position = line.startIndex
    while position < line.endIndex {
      let byte = line[position]
      if isSpace(byte) || byte == UInt8(ascii: ">") {
        position += 1
        continue
      }

      // `-`, `+`, `*`, or up to nine digits with `.` or `)`: with white space after it.
      var end = position
      while end < line.endIndex, end - position < 9, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(line[end]) {
        end += 1
      }
      let endings = end > position ? ".)" : "-+*"
      guard end < line.endIndex, endings.utf8.contains(line[end]), end + 1 < line.endIndex, isSpace(line[end + 1])
      else { break }
      position = end + 2
    }
    return position - line.startIndex
  }
}

/// A fenced code block at its place in the source, at any depth of lists and quotations.
struct FencedBlock {
  /// The line that opens it.
  let opening: FenceLine
  /// Its lines in the body, from the opening to the closing fence; to the last line of code when it is never closed.
  let lines: ClosedRange<Int>
  /// False when the list item, the quotation or the text that it is in ends before it.
  let isClosed: Bool

  /// - Parameters:
  ///   - position: of a code block in the tree.
  ///   - body: the text that the tree was parsed from.
  /// - Returns: `nil` for indented code.
  init?(_ position: Int, of tree: MarkdownTree, in body: SourceText) {
    let node = tree.nodes[position]
    let start = node.lines.lowerBound
    guard case .codeBlock(let info, let literal) = node.kind, let opening = FenceLine(body.line(start)),
      info.isEmpty == opening.info.isEmpty
    else { return nil }

    // libcmark also gives the block the line on which the item or quotation around it ends. There something else
    // begins, or the line does not close a fence.
    let codeEnd = start + literal.utf8.count { $0 == UInt8(ascii: "\n") }
    let next = position + 1 < tree.nodes.count ? tree.nodes[position + 1].lines.lowerBound : nil
    isClosed =
      codeEnd < node.lines.upperBound && next != codeEnd + 1 && Self.closes(opening, body.line(codeEnd + 1))
    self.opening = opening
    lines = start...max(start, min(isClosed ? codeEnd + 1 : codeEnd, body.lineCount))
  }

  /// True for a line that ends with a fence for this block and has nothing before it but indentation and `>`.
  private static func closes(_ opening: FenceLine, _ line: ArraySlice<UInt8>) -> Bool {
    let isSpace = { (byte: UInt8) in byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
    var line = line
    while let last = line.last, isSpace(last) { line.removeLast() }
    let mark = opening.fence.utf8.first
    let count = line.reversed().prefix { $0 == mark }.count
    return count >= opening.fence.utf8.count
      && line.dropLast(count).allSatisfy { isSpace($0) || $0 == UInt8(ascii: ">") }
  }
}

extension String {
  /// The text without the characters at both ends that fulfil a condition.
  fileprivate func trimming(while condition: (Character) -> Bool) -> String {
    var text = self[...]
    while let first = text.first, condition(first) { text.removeFirst() }
    while let last = text.last, condition(last) { text.removeLast() }
    return String(text)
  }
}
