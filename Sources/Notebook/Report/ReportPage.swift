internal import Core
internal import Notebook

/// Puts a page together: contents, title, prose and cells, colophon.
struct ReportPage {
  let document: NotebookDocument
  let record: RunRecord
  let context: ReportContext
  let prose: ProseTree
  let outputs: NumberedOutputs
  let ledger: StageLedger

  var html: HTML {
    let front = document.frontMatter
    let language =
      front.language.flatMap { tag in tag.allSatisfy { $0.isLetter || $0.isNumber || $0 == "-" } ? tag : nil } ?? "en"
    var html: HTML = """
      <!DOCTYPE html>
      <html lang="\(language)">
      <head>
      <meta charset="utf-8">
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <meta name="generator" content="Colophon">
      <title>\(title)</title>

      """
    if let description = front.description { html += "<meta name=\"description\" content=\"\(description)\">\n" }
    html += "<style>\(HTML(safe: ReportStyle.sheet))</style>\n</head>\n<body id=\"top\">\n"
    html += contents
    html += "<main>\n"
    html += titleBlock
    html += body
    html +=
      ColophonHTML(document: document, record: record, context: context, ledger: ledger, lines: LineMap(document)).html
    html += "</main>\n</body>\n</html>\n"
    return html
  }

  private var title: String { document.frontMatter.title ?? prose.title ?? record.notebook }

  // MARK: Contents

  private var contents: HTML {
    var list: HTML = "<ul>"
    for piece in prose.body(frontMatterTitle: document.frontMatter.title) {
      guard case .heading(let heading, _, _) = piece, heading.level <= 3 else { continue }
      list +=
        "<li class=\"level-\(heading.level)\"><a href=\"#\(heading.anchor)\" dir=\"auto\">\(heading.title)</a></li>\n"
    }
    list += "<li class=\"level-2\"><a href=\"#colophon\">Colophon</a></li></ul>"
    return """
      <nav class="sidebar" aria-label="Contents"><a class="home" href="#top" dir="auto">\(title)</a>\(list)</nav>
      <details class="contents"><summary>Contents</summary><nav aria-label="Contents">\(list)</nav></details>

      """
  }

  // MARK: Title

  private var titleBlock: HTML {
    let front = document.frontMatter
    var html: HTML = "<header class=\"title\">\n<h1 dir=\"auto\">\(title)</h1>\n"
    if let subtitle = front.subtitle { html += "<p class=\"subtitle\" dir=\"auto\">\(subtitle)</p>\n" }
    if !front.authors.isEmpty {
      html += "<p class=\"authors\" dir=\"auto\">\(front.authors.joined(separator: ", "))</p>\n"
    }
    if let date = front.date { html += "<p class=\"date\">\(date)</p>\n" }
    if let abstract = front.abstract {
      html += "<div class=\"abstract\" dir=\"auto\">\n"
      for piece in ProseTree.aside(abstract, of: document.body, pictures: context.pictures).pieces {
        if case .prose(let text, _) = piece { html += text }
      }
      html += "</div>\n"
    }
    html += settings
    html += status
    html += "</header>\n"
    return html
  }

  /// What a reader should know before reading on: that this is not the notebook's own run.
  private var settings: HTML {
    let changed = context.values(of: document).changed
    guard !changed.isEmpty else { return "" }
    var html: HTML = "<p class=\"status\" role=\"status\"><b>This run has values of its own:</b>"
    for (position, entry) in changed.enumerated() {
      html += position == 0 ? " " : ", "
      html +=
        "<code>\(entry.name)</code> is <bdi>\(entry.shownValue)</bdi> instead of <bdi>\(entry.shownDocumentValue)</bdi>"
    }
    html += ".</p>\n"
    return html
  }

  /// What a reader should know before reading on: that something is missing.
  private var status: HTML {
    let summary = RunSummary(record)
    guard !summary.isComplete else { return "" }
    var html: HTML = "<p class=\"status\" role=\"status\"><b>This run is not complete.</b> \(summary.sentence).<br>"
    for (cell, line) in summary.failures.prefix(10) { html += " <a href=\"#cell-\(cell)\">Error on line \(line)</a>" }
    html += "</p>\n"
    return html
  }

  // MARK: Body

  private var body: HTML {
    let cells = Dictionary(document.cells.map { ($0.id, $0) }) { first, _ in first }
    let outcomes = Dictionary(record.cells.map { ($0.id, $0) }) { first, _ in first }
    let names = cells.mapValues(\.name)
    var html = HTML()
    for piece in prose.body(frontMatterTitle: document.frontMatter.title) {
      switch piece {
      case .heading(let heading, let content, _):
        // The page's title is the only first-level heading.
        let level: HTML = ["h2", "h2", "h3", "h4", "h5", "h6"][min(max(heading.level, 1), 6) - 1]
        html +=
          "<\(level) id=\"\(heading.anchor)\" dir=\"auto\">\(content) <a class=\"here\" href=\"#\(heading.anchor)\" aria-label=\"Link to this section\">¶</a></\(level)>\n"
      case .prose(let content, _): html += "<div class=\"prose\" dir=\"auto\">\(content)</div>\n"
      case .cell(let id):
        guard let cell = cells[id] else { continue }
        html +=
          CellHTML(
            cell: cell, outcome: outcomes[id], outputs: outputs.cells[id] ?? [], ledger: ledger, names: names,
            file: document.file
          ).html
      }
    }
    return html
  }
}

/// How the cells of a run ended, counted.
struct RunSummary: Sendable {
  private(set) var done = 0
  private(set) var skipped = 0
  private(set) var notReached = 0
  /// The cells that failed, with the notebook's lines.
  private(set) var failures: [(cell: Int, line: Int)] = []
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

  var isComplete: Bool { failures.isEmpty && skipped == 0 && notReached == 0 && missingValues == 0 }

  /// `Of 7 cells 4 ran, 1 failed, 2 wait for another`.
  var sentence: String {
    let total = done + failures.count + skipped + notReached
    let parts = [
      "\(done) ran", failures.isEmpty ? nil : "\(failures.count) failed",
      skipped == 0 ? nil : "\(skipped) wait\(skipped == 1 ? "s" : "") for another",
      notReached == 0 ? nil : "\(notReached) \(notReached == 1 ? "was" : "were") not reached",
      missingValues == 0
        ? nil
        : "\(missingValues) value\(missingValues == 1 ? "" : "s") in the text \(missingValues == 1 ? "is" : "are") missing",
    ].compactMap(\.self)
    return "Of \(total) cell\(total == 1 ? "" : "s") " + parts.joined(separator: ", ")
  }
}
