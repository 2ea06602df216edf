internal import Core
internal import Notebook
internal import TextFormatting

/// The page of a report: contents, title, prose and cells, colophon.
struct ReportPage {
  let document: NotebookDocument
  let record: RunRecord
  let context: ReportContext
  let prose: RenderedProse
  let outputs: NumberedOutputs
  let ledger: StageLedger

  /// The whole page.
  var html: HTML {
    let description: HTML =
      document.frontMatter.description.map { #"<meta name="description" content="\#($0)">\#n"# } ?? ""
    let colophon = ColophonHTML(
      document: document, record: record, context: context, ledger: ledger, lines: LineMap(document))
    return """
      <!DOCTYPE html>
      <html lang="\(language)">
      <head>
      <meta charset="utf-8">
      <meta http-equiv="Content-Security-Policy" content="\
      default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <meta name="generator" content="Colophon">
      <title>\(title)</title>
      \(description)<style>\(HTML(safe: ReportStyle.sheet))</style>
      </head>
      <body id="top">
      \(contents)<main>
      \(titleBlock)\(body)\(colophon.html)</main>
      </body>
      </html>

      """
  }

  /// The language of the prose; English where the front matter gives none, or none that can be in an attribute.
  private var language: String {
    let tag = document.frontMatter.language ?? "en"
    return tag.allSatisfy { $0.isLetter || $0.isNumber || $0 == "-" } ? tag : "en"
  }

  private var title: String { document.frontMatter.title ?? prose.title ?? record.notebook }

  // MARK: Contents

  private var contents: HTML {
    var list: HTML = "<ul>"
    for piece in prose.body(frontMatterTitle: document.frontMatter.title) {
      guard case .heading(let heading, _, _) = piece, heading.level <= 3 else { continue }
      list += """
        <li class="level-\(heading.level)"><a href="#\(heading.anchor)" dir="auto">\(heading.title)</a></li>

        """
    }
    list += ##"<li class="level-2"><a href="#colophon">Colophon</a></li></ul>"##
    return """
      <nav class="sidebar" aria-label="Contents"><a class="home" href="#top" dir="auto">\(title)</a>\(list)</nav>
      <details class="contents"><summary>Contents</summary><nav aria-label="Contents">\(list)</nav></details>

      """
  }

  // MARK: Title

  private var titleBlock: HTML {
    let front = document.frontMatter
    var html: HTML = """
      <header class="title">
      <h1 dir="auto">\(title)</h1>

      """
    if let subtitle = front.subtitle { html += #"<p class="subtitle" dir="auto">\#(subtitle)</p>\#n"# }
    if !front.authors.isEmpty {
      html += #"<p class="authors" dir="auto">\#(front.authors.joined(separator: ", "))</p>\#n"#
    }
    if let date = front.date { html += #"<p class="date">\#(date)</p>\#n"# }

    if let abstract = document.abstract {
      html += #"<div class="abstract" dir="auto">\#n"#
      for piece in RenderedProse(abstract, pictures: context.pictures).pieces {
        if case .prose(let text, _) = piece { html += text }
      }
      html += "</div>\n"
    }
    html += "\(settings)\(status)\(note)</header>\n"
    return html
  }

  /// A notice that the run has other values than the notebook; empty when it has not.
  private var settings: HTML {
    let changed = context.values(of: document).changed
    guard !changed.isEmpty else { return "" }
    var html: HTML = #"<p class="status" role="status"><b>This run has values of its own:</b>"#
    for (position, entry) in changed.enumerated() {
      html += """
        \(position == 0 ? " " : ", ")<code>\(entry.name)</code> is <bdi>\(entry.shownValue)</bdi> \
        instead of <bdi>\(entry.shownDocumentValue)</bdi>
        """
    }
    html += ".</p>\n"
    return html
  }

  /// A notice that cells or values are missing; empty when none is.
  private var status: HTML {
    let summary = RunSummary(record)
    guard !summary.isComplete else { return "" }
    var html: HTML = """
      <p class="status" role="status"><b>This run is not complete.</b> \(summary.sentence).<br>
      """
    for (cell, line) in summary.failures.prefix(10) {
      html += ##" <a href="#cell-\##(cell)">Error on line \##(line)</a>"##
    }
    html += "</p>\n"
    return html
  }

  /// A notice about the run itself; empty when there is none.
  private var note: HTML {
    guard let note = record.note else { return "" }
    return """
      <p class="status" role="status">In this run, <bdi>\(note)</bdi>.</p>

      """
  }

  // MARK: Body

  private var body: HTML {
    let cells = Dictionary(document.cells.map { ($0.id, $0) }) { first, _ in first }
    let outcomes = Dictionary(record.cells.map { ($0.id, $0) }) { first, _ in first }
    let names = cells.mapValues(\.name)
    func section(_ id: Int) -> HTML {
      guard let cell = cells[id] else { return HTML() }
      return CellHTML(
        cell: cell, outcome: outcomes[id], outputs: outputs.cells[id] ?? [], ledger: ledger, names: names,
        file: document.file
      ).html
    }

    var html = HTML()
    for piece in prose.body(frontMatterTitle: document.frontMatter.title) {
      switch piece {
      case .heading(let heading, let content, _):
        // The page's title is the only first-level heading.
        let level: HTML = ["h2", "h2", "h3", "h4", "h5", "h6"][min(max(heading.level, 1), 6) - 1]
        html += """
          <\(level) id="\(heading.anchor)" dir="auto">\(content) \
          <a class="here" href="#\(heading.anchor)" aria-label="Link to this section">¶</a></\(level)>

          """
      case .prose(let content, _): html += #"<div class="prose" dir="auto">\#(content)</div>\#n"#
      case .cell(let id): html += section(id)
      case .container(let fragments):
        html += #"<div class="prose" dir="auto">"#
        for fragment in fragments {
          switch fragment {
          case .prose(let content, _): html += content
          case .cell(let id, _): html += section(id)
          }
        }
        html += "</div>\n"
      }
    }
    return html
  }
}

/// The counts of a run's cells by their end.
struct RunSummary: Sendable {
  private(set) var done = 0
  /// Cells that depend on one that failed.
  private(set) var skipped = 0
  private(set) var notReached = 0
  /// The cells that failed, with the notebook's lines.
  private(set) var failures: [(cell: Int, line: Int)] = []
  /// The number of inline expressions without a value.
  private(set) var missingValues = 0

  init(_ record: RunRecord) {
    for cell in record.cells {
      switch cell.state {
      case .done: done += 1
      case .failed(let diagnostic): failures.append((cell.id, diagnostic.line))
      case .skipped: skipped += 1
      case .notReached: notReached += 1
      case .notEvaluated: break
      }
    }
    missingValues = record.inlines.count { $0.text == nil }
  }

  /// True when every cell ran and every inline expression has a value.
  var isComplete: Bool { failures.isEmpty && skipped == 0 && notReached == 0 && missingValues == 0 }

  /// `Of 7 cells 4 ran, 1 failed, 2 wait for another`.
  var sentence: String {
    let total = done + failures.count + skipped + notReached
    var parts = ["\(done) ran"]
    if !failures.isEmpty { parts.append("\(failures.count) failed") }
    if skipped > 0 { parts.append("\(skipped) \(skipped == 1 ? "waits" : "wait") for another") }
    if notReached > 0 { parts.append("\(notReached) \(notReached == 1 ? "was" : "were") not reached") }
    if missingValues > 0 {
      let clause = missingValues == 1 ? "value in the text is" : "values in the text are"
      parts.append("\(missingValues) \(clause) missing")
    }
    return "Of \(NumberText.count(total, "cell")) " + parts.joined(separator: ", ")
  }
}
