internal import Charts
internal import Core
internal import Notebook
internal import TextFormatting

/// A cell in a page: code, stage calls, what it printed and showed, and how it ended.
struct CellHTML {
  let cell: Cell
  let outcome: CellOutcome?
  let outputs: [CellOutput]
  let ledger: StageLedger
  /// Names of the notebook's cells, by number.
  let names: [Int: String]
  let file: String

  /// So many lines of printed text are shown before the fold.
  static let visibleLines = 40
  /// So much printed text, in UTF-8 bytes, a report holds of a cell.
  static let maximumPrinted = 200_000

  var html: HTML {
    var html: HTML = "<section class=\"cell\" id=\"cell-\(cell.id)\">\n"
    html += code
    html += calls
    html += "<div class=\"out\">\n"
    if cell.options.output || hasFailed {
      if let printed = outcome?.printed, !printed.isEmpty { html += Self.printed(printed) }
      for output in outputs { html += Self.output(output) }
    }
    html += ending
    html += "</div>\n</section>\n"
    return html
  }

  private var hasFailed: Bool { if case .failed = outcome?.state { true } else { false } }

  // MARK: Code

  /// The code, folded when the cell says so; a cell that failed shows its code even where it is meant to be hidden.
  private var code: HTML {
    guard cell.options.echo || hasFailed, !cell.source.allSatisfy(\.isWhitespace) else { return "" }
    let isOpen = !cell.options.foldsCode && cell.options.echo
    var html: HTML = isOpen ? "<details class=\"code\" open><summary>" : "<details class=\"code\"><summary>"
    if let label = cell.options.label { html += "\(label) · " }
    html += "lines \(cell.lines.lowerBound)–\(cell.lines.upperBound)</summary><pre tabindex=\"0\"><code>"
    html += SwiftHighlighter.highlight(Self.trimmed(cell.source))
    html += "</code></pre></details>\n"
    return html
  }

  // MARK: Stage calls

  private var calls: HTML {
    guard let indices = ledger.byCell[cell.id], !indices.isEmpty else { return "" }
    var html: HTML = "<aside class=\"calls\" aria-label=\"Stage calls of this cell\">\n"
    if indices.count <= 8, !ledger.isGrouped {
      for index in indices {
        let call = ledger.calls[index]
        html += "<a class=\"call-note \(call.state.className)\" href=\"#\(ledger.anchor(index))\"><b>\(call.stage)</b> "
        html += "<span>\(call.state.word) · \(NumberText.duration(call.seconds))</span></a>\n"
      }
    } else {
      var groups: [(anchor: String, stage: String, calls: [Int])] = []
      for index in indices {
        let stage = ledger.calls[index].stage
        if let known = groups.firstIndex(where: { $0.stage == stage }) {
          groups[known].calls.append(index)
        } else {
          groups.append((ledger.anchor(index), stage, [index]))
        }
      }
      for group in groups.prefix(12) {
        let states = group.calls.map { ledger.calls[$0].state }
        let ran = states.count { $0 == .ran }
        let cached = states.count { $0 == .cached }
        let sentence = StageLedger.sentence(
          total: states.count, ran: ran, cached: cached, failed: states.count - ran - cached)
        let className = states.count > ran + cached ? "failed" : ran > 0 ? "ran" : "cached"
        html +=
          "<a class=\"call-note \(className)\" href=\"#\(group.anchor)\"><b>\(group.stage)</b> <span>\(sentence)</span></a>\n"
      }
      if groups.count > 12 {
        html += "<a class=\"call-note\" href=\"#colophon\">\(groups.count - 12) more stages</a>\n"
      }
    }
    html += "</aside>\n"
    return html
  }

  // MARK: Results

  static func printed(_ text: String) -> HTML {
    let (shown, omitted) = limited(text)
    let lines = shown.split(separator: "\n", omittingEmptySubsequences: false)
    var html = HTML()
    if lines.count > visibleLines + 10 {
      html +=
        "<pre class=\"printed\" dir=\"auto\" tabindex=\"0\">\(lines.prefix(visibleLines).joined(separator: "\n"))</pre>\n"
      html += "<details class=\"more\"><summary>\(NumberText.integer(lines.count - visibleLines)) more lines</summary>"
      html +=
        "<pre class=\"printed\" dir=\"auto\" tabindex=\"0\">\(lines.dropFirst(visibleLines).joined(separator: "\n"))</pre></details>\n"
    } else {
      html += "<pre class=\"printed\" dir=\"auto\" tabindex=\"0\">\(shown)</pre>\n"
    }
    if omitted > 0 {
      html += "<p class=\"quiet\">\(NumberText.bytes(Int64(omitted))) of printed text are left out here.</p>\n"
    }
    return html
  }

  /// The beginning of a text that a report has room for, without blank ends, and how many bytes are left out.
  static func limited(_ text: String) -> (shown: String, omitted: Int) {
    guard text.utf8.count > maximumPrinted else { return (trimmed(text), 0) }
    // Bytes of a character that the cut divides are dropped with it.
    var cut = text.utf8.index(text.utf8.startIndex, offsetBy: maximumPrinted)
    while cut > text.startIndex, cut.samePosition(in: text.unicodeScalars) == nil { cut = text.utf8.index(before: cut) }
    let shown = String(text[..<cut])
    return (trimmed(shown), text.utf8.count - shown.utf8.count)
  }

  static func trimmed(_ text: String) -> String {
    var text = text[...]
    while let last = text.last, last.isNewline { text.removeLast() }
    while let first = text.first, first.isNewline { text.removeFirst() }
    return String(text)
  }

  private static func output(_ output: CellOutput) -> HTML {
    switch output {
    case .text(let text):
      return "<pre class=\"shown\" dir=\"auto\" tabindex=\"0\">\(limited(text).shown)</pre>\n"
    case .table(let table, let caption):
      return "<div class=\"table\">\(Self.caption(caption))\(TableHTML(table: table).html)</div>\n"
    case .figure(let drawing, _, let caption, _):
      let drawing = drawing.html
      guard let caption else { return "<figure class=\"drawing\">\(drawing)</figure>\n" }
      return
        "<figure class=\"drawing\">\(drawing)<figcaption dir=\"auto\"><b>\(caption.number).</b> \(caption.text)</figcaption></figure>\n"
    case .pictures(let pictures, let caption, _):
      return "<div class=\"gallery\">\(PictureHTML.grid(pictures))\(Self.caption(caption))</div>\n"
    }
  }

  private static func caption(_ caption: CellOutput.Caption?) -> HTML {
    caption.map { "<p class=\"caption\" dir=\"auto\"><b>\($0.number).</b> \($0.text)</p>\n" } ?? ""
  }

  // MARK: How it ended

  private var ending: HTML {
    switch outcome?.state {
    case .done: return ""
    case .failed(let diagnostic):
      var html: HTML =
        "<div class=\"failure\" role=\"alert\"><p class=\"where\">\(diagnostic.file), line \(diagnostic.line)</p>"
      if let line = line(diagnostic) { html += "<pre tabindex=\"0\">\(line)</pre>" }
      html += "<pre class=\"message\" dir=\"auto\">\(diagnostic.message)</pre></div>\n"
      return html
    case .skipped(let other):
      return
        "<p class=\"skipped\">Not run: it waits for <a href=\"#cell-\(other)\">\(names[other] ?? "cell \(other)")</a>.</p>\n"
    case .notReached: return "<p class=\"skipped\">Not reached: the run ended before this cell.</p>\n"
    case .notEvaluated: return "<p class=\"skipped\">Shown only: this cell is not part of the program.</p>\n"
    case nil: return "<p class=\"skipped\">Not part of this run.</p>\n"
    }
  }

  /// The line of code that a diagnostic points at.
  private func line(_ diagnostic: Diagnostic) -> String? {
    guard diagnostic.file == file else { return nil }
    let lines = cell.code.split(separator: "\n", omittingEmptySubsequences: false)
    let index = diagnostic.line - cell.lines.lowerBound - 1
    guard lines.indices.contains(index), !lines[index].isEmpty else { return nil }
    return lines[index].trimmingPrefix(while: \.isWhitespace).description
  }
}
