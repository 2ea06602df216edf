internal import Core

/// The places of a notebook that look like cells or computed values and are not, each with what to write instead.
///
/// A first word other than `swift` in any spelling makes a block that is shown and never reported; so does a fence
/// around the fence, a comment, or `<pre>`.
struct CellLookalikes {
  /// A place in the body.
  struct Finding {
    var severity = Diagnostic.Severity.warning
    var message: String
    var line: Int
    var column: Int
  }

  /// The findings, block by block.
  private(set) var findings: [Finding] = []

  private let tree: MarkdownTree
  private let body: SourceText
  /// For each block, by its first line, the offset at which the search for its next code span begins.
  private var searchStarts: [Int: Int] = [:]

  /// - Parameter tree: of the body.
  init(_ tree: MarkdownTree, _ body: SourceText) {
    self.tree = tree
    self.body = body
    for (position, node) in tree.nodes.enumerated() {
      switch node.kind {
      case .codeBlock(let info, _):
        if let block = FencedBlock(position, of: tree, in: body) {
          if block.opening.namesSwift, !Self.cellInfos.contains(info) { append(block) }
        } else {
          let message = """
            this cell is indented by four columns or more, so that it is shown as text: indent it by at most three
            """
          appendFences(in: node.lines, message)
        }
      case .htmlBlock(let literal) where !Self.isShownOnPurpose(literal):
        appendFences(
          in: node.lines,
          "this cell is inside HTML, where Markdown is not read: put a blank line before it, and one after it")
      case .paragraph:
        let message = """
          this cell is indented by four columns or more, so that it belongs to the sentence above: put a blank line \
          before it and indent it by at most three
          """
        appendFences(in: node.lines, message, severity: .error)
      case .code(let literal) where Self.looksComputed(literal): append(span: literal, in: node.lines)
      default: break
      }
    }
  }

  /// The info strings of cells.
  static let cellInfos: Set<String> = ["swift", "{swift}"]

  private mutating func append(_ block: FencedBlock) {
    var finding = Finding(
      message: """
        this block is shown and not run: a cell begins with “\(block.opening.fence)swift” and nothing after it, its \
        options are lines “//| key: value”; code that is only shown has the line “//| eval: false”
        """, line: block.lines.lowerBound, column: block.opening.column)
    if block.opening.info.hasPrefix("{swift") {
      finding.severity = .error
      finding.message = "cell options go on lines “//| key: value” at the top of the cell: write “{swift}” here"
    }
    findings.append(finding)
  }

  /// Reports each line that would open a cell if it were a fence.
  private mutating func appendFences(
    in lines: ClosedRange<Int>, _ message: String, severity: Diagnostic.Severity = .warning
  ) {
    for number in lines {
      guard let fence = FenceLine(body.line(number)), fence.namesSwift else { continue }
      findings.append(Finding(severity: severity, message: message, line: number, column: fence.column))
    }
  }

  /// True for HTML whose text is shown unchanged, or not at all.
  private static func isShownOnPurpose(_ html: String) -> Bool {
    let start = html.drop { $0.isWhitespace }.prefix(9).lowercased()
    return ["<!", "<?", "<pre", "<script", "<style", "<textarea"].contains { start.hasPrefix($0) }
  }

  // MARK: Code spans

  /// True for a code span that is meant to be computed and is not an inline expression.
  private static func looksComputed(_ literal: String) -> Bool {
    let text = literal.drop { $0.isWhitespace }
    let isMoved = text.startIndex > literal.startIndex
    for word in ["swift", "{swift}"] where text.hasPrefix(word) {
      let rest = text.dropFirst(word.count)
      guard let first = rest.first, first.isWhitespace, !rest.allSatisfy(\.isWhitespace) else { return false }
      return isMoved || first != " " || word != "swift"
    }
    return false
  }

  private mutating func append(span literal: String, in lines: ClosedRange<Int>) {
    let message = """
      this code is shown and not computed: a value in a sentence is written “`swift EXPRESSION`”, with nothing before \
      “swift” and a space after it
      """
    // libcmark's columns of code spans are not reliable. A span over several lines is reported at its block.
    let range = body.range(of: lines.clamped(to: 1...max(1, body.lineCount)))
    let text = Array(literal.utf8)
    var offset = searchStarts[lines.lowerBound] ?? range.lowerBound
    while offset + text.count <= range.upperBound {
      if body.bytes[offset] == text.first, body.bytes[offset..<offset + text.count].elementsEqual(text) {
        searchStarts[lines.lowerBound] = offset + text.count
        let place = body.position(of: offset)
        findings.append(Finding(message: message, line: place.line, column: place.column))
        return
      }
      offset += 1
    }
    findings.append(Finding(message: message, line: lines.lowerBound, column: 1))
  }
}
