internal import Charts
internal import Core
internal import Notebook
internal import TextFormatting

/// The report as CommonMark with pipe tables; figures and pictures are files beside it.
struct ReportMarkdown {
  let document: NotebookDocument
  let record: RunRecord
  let context: ReportContext
  let prose: RenderedProse
  let outputs: NumberedOutputs
  let ledger: StageLedger

  /// The whole report.
  var text: String {
    var text = head
    let cells = Dictionary(document.cells.map { ($0.id, $0) }) { first, _ in first }
    let outcomes = Dictionary(record.cells.map { ($0.id, $0) }) { first, _ in first }
    let names = cells.mapValues(\.name)
    func section(_ id: Int) -> String { cells[id].map { cell($0, outcomes[id], names: names) } ?? "" }

    for piece in prose.body(frontMatterTitle: document.frontMatter.title) {
      switch piece {
      case .heading(_, _, let markdown), .prose(_, let markdown): text += markdown + "\n"
      case .cell(let id): text += section(id)
      case .container(let fragments):
        for fragment in fragments {
          switch fragment {
          case .prose(_, let markdown): text += markdown
          case .cell(let id, let indentation): text += Self.nested(section(id), number: id, indentation: indentation)
          }
        }
        text += "\n"
      }
    }
    text += MarkdownColophon(document: document, record: record, context: context, ledger: ledger).text
    return text
  }

  private var head: String {
    let front = document.frontMatter
    var text = "# \(MarkdownText.inline(front.title ?? prose.title ?? record.notebook))\n\n"
    if let subtitle = front.subtitle { text += "*\(MarkdownText.inline(subtitle))*\n\n" }
    let byline =
      (front.authors.isEmpty ? [] : [front.authors.joined(separator: ", ")]) + (front.date.map { [$0] } ?? [])
    if !byline.isEmpty { text += MarkdownText.inline(byline.joined(separator: " · "), startsLine: true) + "\n\n" }
    if let abstract = document.abstract {
      let parts = RenderedProse(abstract, pictures: context.pictures).pieces.compactMap { piece in
        if case .prose(_, let markdown) = piece { Self.quoted(markdown) } else { nil }
      }
      text += parts.joined(separator: ">\n") + "\n"
    }

    let changed = context.values(of: document).changed.map { entry in
      let value = MarkdownText.inline(entry.shownValue)
      return "\(MarkdownText.code(entry.name)) is \(value) instead of \(MarkdownText.inline(entry.shownDocumentValue))"
    }
    if !changed.isEmpty { text += "> **This run has values of its own:** \(changed.joined(separator: ", ")).\n\n" }
    let summary = RunSummary(record)
    if !summary.isComplete { text += "> **This run is not complete.** \(summary.sentence).\n\n" }
    if let note = record.note { text += "> In this run, \(MarkdownText.inline(note)).\n\n" }
    return text
  }

  /// A block quote of Markdown.
  static func quoted(_ markdown: String) -> String {
    markdown.split(separator: "\n", omittingEmptySubsequences: false).dropLast(markdown.hasSuffix("\n") ? 1 : 0)
      .map { $0.isEmpty ? ">\n" : "> \($0)\n" }.joined()
  }

  /// The Markdown of a cell inside lists and quotations, whose first line begins where the cell does.
  private static func nested(_ markdown: String, number: Int, indentation: String) -> String {
    // Without a block in it, an item would end at a blank line.
    let text = markdown.isEmpty ? "<!-- cell \(number) -->" : CellHTML.trimmed(markdown)
    let blank = indentation.last == " " ? String(indentation.reversed().drop { $0 == " " }.reversed()) : indentation
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    return lines.enumerated().map { row, line in
      "\(row == 0 ? "" : line.isEmpty ? blank : indentation)\(line)\n"
    }
    .joined()
  }

  // MARK: Cells

  private func cell(_ cell: Cell, _ outcome: CellOutcome?, names: [Int: String]) -> String {
    var text = ""
    // A cell that failed shows its code and output even where these are meant to be hidden.
    let hasFailed = if case .failed = outcome?.state { true } else { false }
    let code = CellHTML.trimmed(cell.source)
    if cell.options.echo || hasFailed, !code.isEmpty { text += MarkdownText.fenced(code, info: "swift") + "\n" }

    if cell.options.output || hasFailed {
      if let printed = outcome?.printed, !printed.isEmpty {
        let (shown, omitted) = CellHTML.limited(printed)
        text += MarkdownText.fenced(shown, info: "text") + "\n"
        if omitted > 0 { text += "*\(NumberText.bytes(Int64(omitted))) of printed text are left out here.*\n\n" }
      }
      for output in outputs.cells[cell.id] ?? [] { text += Self.output(output) }
    }

    switch outcome?.state {
    case .done: break
    case .failed(let diagnostic):
      text += "> **\(MarkdownText.inline(diagnostic.file)), line \(diagnostic.line)**\n>\n"
      text += Self.quoted(MarkdownText.fenced(CellHTML.trimmed(diagnostic.message), info: "text")) + "\n"
    case .skipped(let other):
      text += "*Not run: it waits for \(MarkdownText.inline(names[other] ?? "cell \(other)")).*\n\n"
    case .notReached: text += "*Not reached: the run ended before this cell.*\n\n"
    case .notEvaluated: text += "*Shown only: this cell is not part of the program.*\n\n"
    case nil: text += "*Not part of this run.*\n\n"
    }
    return text
  }

  private static func output(_ output: CellOutput) -> String {
    switch output {
    case .text(let text): return MarkdownText.fenced(CellHTML.limited(text).shown, info: "text") + "\n"
    case .table(let table, let caption): return Self.caption(caption) + self.table(table) + "\n"
    case .figure(_, let alternative, let caption, let file):
      return MarkdownText.image(alternative, file) + "\n\n" + Self.caption(caption)
    case .pictures(let pictures, let caption, let files):
      return Self.pictures(pictures, files) + Self.caption(caption)
    }
  }

  /// Pictures in tables of four columns, each over its caption.
  private static func pictures(_ pictures: [Picture], _ files: [String?]) -> String {
    var text = ""
    let shown = zip(pictures, files).compactMap { picture, file in file.map { (picture, $0) } }
    for start in stride(from: 0, to: shown.count, by: 4) {
      let row = shown[start..<min(start + 4, shown.count)]
      text += "| " + row.map { MarkdownText.image($0.0.caption, $0.1) }.joined(separator: " | ") + " |\n"
      text += "|" + String(repeating: " :-: |", count: row.count) + "\n"
      text += "| " + row.map { MarkdownText.inline($0.0.caption) }.joined(separator: " | ") + " |\n\n"
    }

    let hidden = pictures.count - shown.count
    if hidden > 0 {
      text += "*\(NumberText.count(hidden, "picture")) of another type than PNG, JPEG or WebP are not shown.*\n\n"
    }
    return text
  }

  private static func caption(_ caption: CellOutput.Caption?) -> String {
    caption.map { "**\($0.number).** \(MarkdownText.inline($0.text))\n\n" } ?? ""
  }

  /// A pipe table; numbers at the right.
  static func table(_ table: Table) -> String {
    guard !table.columns.isEmpty else { return "" }
    var text = "| " + table.columns.map { MarkdownText.inline($0.name) }.joined(separator: " | ") + " |\n|"
    let view = TableHTML(table: table)
    for position in table.columns.indices { text += view.isNumeric(position) ? " --: |" : " :-- |" }
    text += "\n"
    for row in table.rows.prefix(TableHTML.maximumRows) {
      text += "|"
      for (column, cell) in zip(table.columns, row) { text += " \(MarkdownText.inline(column.text(of: cell))) |" }
      text += "\n"
    }
    let omitted = table.rows.count - TableHTML.maximumRows
    return omitted > 0 ? text + "\n*\(NumberText.integer(omitted)) rows are left out here.*\n" : text
  }
}

/// The section at the end that says how the report was made, in Markdown.
struct MarkdownColophon {
  let document: NotebookDocument
  let record: RunRecord
  let context: ReportContext
  let ledger: StageLedger

  /// The whole section.
  var text: String {
    var text = """
      ---

      ## Colophon

      This report is the output of running \(MarkdownText.code(record.notebook)): \(ledger.sentence).


      """
    text += Self.rows(["", ""], facts)
    if !ledger.calls.isEmpty { text += "### Stages\n\n" + (ledger.isGrouped ? groups : calls) }
    if !context.commands.isEmpty {
      text += "### Do it again\n\n"
      for command in context.commands {
        let purpose = MarkdownText.inline(command.purpose, startsLine: true)
        text += "\(purpose):\n\n\(MarkdownText.fenced(command.line, info: "sh"))\n"
      }
    }
    return text
  }

  /// Names with their values: digests, parameters, environment.
  private var facts: [[String]] {
    var facts: [[String]] = []
    if let digest = context.notebookDigest { facts.append(["Notebook", MarkdownText.code(digest.hexadecimal)]) }
    if let commit = context.commit { facts.append(["Commit of the outputs", MarkdownText.code(commit)]) }
    for entry in context.values(of: document).entries {
      let note =
        entry.isChanged ? " (set for this run; the notebook says \(MarkdownText.inline(entry.shownDocumentValue)))" : ""
      facts.append([
        entry.isSeed ? "Seed" : "Parameter \(MarkdownText.code(entry.name))",
        MarkdownText.inline(entry.shownValue) + note,
      ])
    }
    for (name, value) in record.environment.sorted(by: { $0.key < $1.key }) {
      facts.append([MarkdownText.inline(name), MarkdownText.inline(value)])
    }
    return facts
  }

  private var calls: String {
    let rows = ledger.calls.map { call in
      [
        MarkdownText.inline(call.stage), MarkdownText.inline(call.artifact), state(call),
        NumberText.duration(call.cost.seconds),
        InstantText.text(call.computed), call.output.map { NumberText.bytes($0.byteCount) } ?? "",
        MarkdownText.code(call.key.short),
        call.output.map { MarkdownText.code($0.digest.short) } ?? "",
      ]
    }
    var text = Self.rows(["Stage", "Output", "State", "Time", "Computed", "Size", "Key", "Output digest"], rows)
    let callers = ledger.calls.filter { !$0.calls.isEmpty }
    for call in callers {
      let names = call.calls.map { input in
        MarkdownText.inline(ledger.positions[input.key].map { ledger.calls[$0].artifact } ?? input.stage)
      }
      text += "- **\(MarkdownText.inline(call.artifact))** called while it ran: \(names.joined(separator: ", "))\n"
    }
    if !callers.isEmpty { text += "\n" }
    let notes = ledger.calls.flatMap { call in call.cost.notes.map { (call.stage, $0) } }
    if !notes.isEmpty {
      for (stage, note) in notes { text += "- **\(MarkdownText.inline(stage))**: \(MarkdownText.inline(note))\n" }
      text += "\n"
    }
    return text
  }

  private func state(_ call: StageOutcome) -> String {
    if case .failed(let message) = call.state { return "failed: \(MarkdownText.inline(message))" }
    if let reason = call.reason, !reason.isEmpty { return "\(call.state.word) (\(MarkdownText.inline(reason)))" }
    return call.state.word
  }

  private var groups: String {
    Self.rows(
      ["Stage", "Calls", "Time", "Size"],
      ledger.groups.map { group in
        [
          MarkdownText.inline(group.stage),
          StageLedger.sentence(total: group.calls.count, ran: group.ran, cached: group.cached, failed: group.failed),
          NumberText.duration(group.seconds), NumberText.bytes(group.byteCount),
        ]
      })
  }

  private static func rows(_ names: [String], _ rows: [[String]]) -> String {
    guard !rows.isEmpty else { return "" }
    var text = "| " + names.joined(separator: " | ") + " |\n|" + String(repeating: " :-- |", count: names.count) + "\n"
    for row in rows { text += "| " + row.joined(separator: " | ") + " |\n" }
    return text + "\n"
  }
}
