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
  /// The notebook, as its diagnostics name it.
  let file: String

  /// The most lines of printed text that are shown before the fold.
  static let visibleLines = 40
  /// The longest printed text of a cell that a report has, in UTF-8 bytes.
  static let maximumPrinted = 200_000

  /// The cell's whole section.
  var html: HTML {
    """
    <section class="cell" id="cell-\(cell.id)">
    \(code)\(calls)<div class="out">
    \(results)\(ending)</div>
    </section>

    """
  }

  private var hasFailed: Bool { if case .failed = outcome?.state { true } else { false } }

  // MARK: Code

  /// The code, folded when the cell says so; a cell that failed shows its code even where it is meant to be hidden.
  private var code: HTML {
    guard cell.options.echo || hasFailed, !cell.source.allSatisfy(\.isWhitespace) else { return "" }
    let isOpen = !cell.options.foldsCode && cell.options.echo
    let label: HTML = cell.options.label.map { "\($0) · " } ?? ""
    return """
      <details class="code"\(isOpen ? " open" : "")><summary>\
      \(label)lines \(cell.lines.lowerBound)–\(cell.lines.upperBound)</summary>\
      <pre tabindex="0"><code>\(SwiftHighlighter.highlight(Self.trimmed(cell.source)))</code></pre></details>

      """
  }

  // MARK: Stage calls

  private var calls: HTML {
    guard let indices = ledger.byCell[cell.id], !indices.isEmpty else { return "" }
    let isGrouped = indices.count > Self.individualCalls || ledger.isGrouped
    return """
      <aside class="calls" aria-label="Stage calls of this cell">
      \(isGrouped ? stages(of: indices) : singleCalls(indices))</aside>

      """
  }

  /// The most calls of a cell that are listed one by one.
  private static let individualCalls = 8
  /// The most stages of a cell that are listed.
  private static let listedStages = 12

  private func singleCalls(_ indices: [Int]) -> HTML {
    var html = HTML()
    for index in indices {
      let call = ledger.calls[index]
      html += """
        <a class="call-note \(call.state.className)" href="#\(ledger.anchor(index))"><b>\(call.stage)</b> \
        <span>\(call.state.word) · \(NumberText.duration(call.cost.seconds))</span></a>

        """
    }
    return html
  }

  /// The calls counted by their stage, in the order in which the stages first come up.
  private func stages(of indices: [Int]) -> HTML {
    var groups: [(anchor: String, stage: String, calls: [Int])] = []
    for index in indices {
      let stage = ledger.calls[index].stage
      if let known = groups.firstIndex(where: { $0.stage == stage }) {
        groups[known].calls.append(index)
      } else {
        groups.append((ledger.anchor(index), stage, [index]))
      }
    }

    // A stage with a failed call shows as failed, one with a call that ran as ran.
    var html = HTML()
    for group in groups.prefix(Self.listedStages) {
      let states = group.calls.map { ledger.calls[$0].state }
      let ran = states.count { $0 == .ran }
      let cached = states.count { $0 == .cached }
      let sentence = StageLedger.sentence(
        total: states.count, ran: ran, cached: cached, failed: states.count - ran - cached)
      let className = states.count > ran + cached ? "failed" : ran > 0 ? "ran" : "cached"
      html += """
        <a class="call-note \(className)" href="#\(group.anchor)"><b>\(group.stage)</b> <span>\(sentence)</span></a>

        """
    }
    let rest = groups.count - Self.listedStages
    if rest > 0 { html += ##"<a class="call-note" href="#colophon">\##(rest) more stages</a>\##n"## }
    return html
  }

  // MARK: Results

  private var results: HTML {
    var html = HTML()
    guard cell.options.output || hasFailed else { return html }
    if let printed = outcome?.printed, !printed.isEmpty { html += Self.printed(printed) }
    for output in outputs { html += Self.output(output) }
    return html
  }

  static func printed(_ text: String) -> HTML {
    let (shown, omitted) = limited(text)

    // A fold that hides a few lines costs the reader more than it saves.
    let lines = shown.split(separator: "\n", omittingEmptySubsequences: false)
    var html = HTML()
    if lines.count > visibleLines + 10 {
      let first = lines.prefix(visibleLines).joined(separator: "\n")
      let rest = lines.dropFirst(visibleLines).joined(separator: "\n")
      html += """
        <pre class="printed" dir="auto" tabindex="0">\(first)</pre>
        <details class="more"><summary>\(NumberText.integer(lines.count - visibleLines)) more lines</summary>\
        <pre class="printed" dir="auto" tabindex="0">\(rest)</pre></details>

        """
    } else {
      html += #"<pre class="printed" dir="auto" tabindex="0">\#(shown)</pre>\#n"#
    }

    if omitted > 0 {
      html += #"<p class="quiet">\#(NumberText.bytes(Int64(omitted))) of printed text are left out here.</p>\#n"#
    }
    return html
  }

  /// The beginning of a text, at most ``maximumPrinted`` bytes, without blank lines at both ends, and the number of
  /// bytes that are left out.
  static func limited(_ text: String) -> (shown: String, omitted: Int) {
    guard text.utf8.count > maximumPrinted else { return (trimmed(text), 0) }
    // Bytes of a character that the cut divides are dropped with it.
    var cut = text.utf8.index(text.utf8.startIndex, offsetBy: maximumPrinted)
    while cut > text.startIndex, cut.samePosition(in: text.unicodeScalars) == nil {
      cut = text.utf8.index(before: cut)
    }
    let shown = String(text[..<cut])
    return (trimmed(shown), text.utf8.count - shown.utf8.count)
  }

  /// A text without line breaks at both ends.
  static func trimmed(_ text: String) -> String {
    var text = text[...]
    while let last = text.last, last.isNewline { text.removeLast() }
    while let first = text.first, first.isNewline { text.removeFirst() }
    return String(text)
  }

  private static func output(_ output: CellOutput) -> HTML {
    switch output {
    case .text(let text):
      return #"<pre class="shown" dir="auto" tabindex="0">\#(limited(text).shown)</pre>\#n"#
    case .table(let table, let caption):
      return #"<div class="table">\#(Self.caption(caption))\#(TableHTML(table: table).html)</div>\#n"#
    case .figure(let drawing, _, let caption, _):
      let text: HTML =
        caption.map { #"<figcaption dir="auto"><b>\#($0.number).</b> \#($0.text)</figcaption>"# } ?? ""
      return #"<figure class="drawing">\#(drawing.html)\#(text)</figure>\#n"#
    case .pictures(let pictures, let caption, _):
      return #"<div class="gallery">\#(PictureHTML.grid(pictures))\#(Self.caption(caption))</div>\#n"#
    }
  }

  private static func caption(_ caption: CellOutput.Caption?) -> HTML {
    caption.map { #"<p class="caption" dir="auto"><b>\#($0.number).</b> \#($0.text)</p>\#n"# } ?? ""
  }

  // MARK: Ending

  private var ending: HTML {
    switch outcome?.state {
    case .done: return ""
    case .failed(let diagnostic):
      let line: HTML = line(diagnostic).map { #"<pre tabindex="0">\#($0)</pre>"# } ?? ""
      return """
        <div class="failure" role="alert"><p class="where">\(diagnostic.file), line \(diagnostic.line)</p>\
        \(line)<pre class="message" dir="auto">\(diagnostic.message)</pre></div>

        """
    case .skipped(let other):
      let name = names[other] ?? "cell \(other)"
      return Self.skipped(##"Not run: it waits for <a href="#cell-\##(other)">\##(name)</a>."##)
    case .notReached: return Self.skipped("Not reached: the run ended before this cell.")
    case .notEvaluated: return Self.skipped("Shown only: this cell is not part of the program.")
    case nil: return Self.skipped("Not part of this run.")
    }
  }

  private static func skipped(_ sentence: HTML) -> HTML { #"<p class="skipped">\#(sentence)</p>\#n"# }

  /// The line of code that a diagnostic points at.
  private func line(_ diagnostic: Diagnostic) -> String? {
    guard diagnostic.file == file else { return nil }
    let lines = cell.code.split(separator: "\n", omittingEmptySubsequences: false)
    let index = diagnostic.line - cell.lines.lowerBound - 1
    guard lines.indices.contains(index), !lines[index].isEmpty else { return nil }
    return lines[index].trimmingPrefix(while: \.isWhitespace).description
  }
}
