internal import Charts
internal import Core
internal import Notebook
internal import TextFormatting

/// The page at the end that says how the report was made.
struct ColophonHTML {
  let document: NotebookDocument
  let record: RunRecord
  let context: ReportContext
  let ledger: StageLedger
  let lines: LineMap

  var html: HTML {
    var html: HTML =
      "<section class=\"colophon\" id=\"colophon\">\n<p class=\"ornament\" aria-hidden=\"true\">❦</p>\n<h2>Colophon</h2>\n"
    html +=
      "<p class=\"lede\">This report is the output of running <code>\(record.notebook)</code>: \(ledger.sentence).</p>\n"
    html += identity
    if !ledger.calls.isEmpty {
      html += "<h3>Stages</h3>\n"
      if let figure = StageDiagram.figure(ledger) {
        html +=
          "<figure class=\"drawing stages\">\(SafeDrawing(figure).html)<figcaption>A line leads down from a stage to one that reads its "
        html += "output. Green: ran in this run; grey: came from the store; red: failed.</figcaption></figure>\n"
      }
      if ledger.isGrouped { html += groups } else { for index in ledger.calls.indices { html += call(index) } }
    }
    html += surroundings
    html += commands
    html += "</section>\n"
    return html
  }

  private var identity: HTML {
    var html: HTML = "<dl class=\"facts\">"
    if let digest = context.notebookDigest {
      html += "<dt>Notebook</dt><dd><code class=\"digest\">\(digest.hexadecimal)</code></dd>"
    }
    if let commit = context.commit {
      html += "<dt>Commit of the outputs</dt><dd><code class=\"digest\">\(commit)</code></dd>"
    }
    for entry in context.values(of: document).entries {
      html += entry.isSeed ? "<dt>Seed</dt>" : "<dt>Parameter <code>\(entry.name)</code></dt>"
      html += "<dd dir=\"auto\">\(entry.shownValue)"
      if entry.isChanged {
        html += " <span class=\"set\">(set for this run; the notebook says \(entry.shownDocumentValue))</span>"
      }
      html += "</dd>"
    }
    html += "</dl>\n"
    return html
  }

  // MARK: One call

  private func call(_ index: Int) -> HTML {
    let call = ledger.calls[index]
    let anchor = ledger.anchor(index)
    var html: HTML =
      "<details class=\"call \(call.state.className)\" id=\"\(anchor)\"><summary><span class=\"what\"><b>\(call.stage)</b>"
    if call.artifact != call.stage { html += " <span class=\"artifact\">\(call.artifact)</span>" }
    html +=
      "</span> <span class=\"meta\"><span class=\"state\">\(call.state.word)</span> <span>\(NumberText.duration(call.seconds))</span> "
    if let output = call.output { html += "<span>\(NumberText.bytes(output.byteCount))</span> " }
    html +=
      "<code title=\"key \(call.key.hexadecimal)\">\(call.key.short)</code></span></summary>\n<dl class=\"facts\">"
    if case .failed(let message) = call.state { html += "<dt>Failed</dt><dd class=\"failed\">\(message)</dd>" }
    html += "<dt>Called</dt><dd><a href=\"#cell-\(call.place.cell)\">cell \(call.place.cell)</a>"
    if let place = lines.locate(.cell(call.place.cell), line: call.place.line) { html += ", line \(place.line)" }
    html += "</dd>"
    if let reason = call.reason, !reason.isEmpty { html += "<dt>Ran because</dt><dd>\(reason)</dd>" }
    html += "<dt>Computed</dt><dd>\(InstantText.text(call.computed)), in \(NumberText.duration(call.seconds))"
    html +=
      " (\(NumberText.duration(call.cpuSeconds)) of processor time, at most \(NumberText.bytes(call.peakMemoryBytes)) of memory)</dd>"
    html += "<dt>Key</dt><dd><code class=\"digest\">\(call.key.hexadecimal)</code></dd>"
    if let output = call.output {
      html += "<dt>Output</dt><dd>\(output.format), \(NumberText.bytes(output.byteCount))"
      html += "<br><code class=\"digest\">\(output.digest.hexadecimal)</code></dd>"
    }
    for code in call.components where code.kind == .code {
      html += "<dt>Code</dt><dd><code class=\"digest\">\(code.digest.hexadecimal)</code></dd>"
    }
    if !call.measurements.isEmpty {
      let texts = call.measurements.map {
        "\($0.name) \(NumberText.plain($0.value))\($0.unit.isEmpty ? "" : " " + $0.unit)"
      }
      html += "<dt>Measured</dt><dd>\(texts.joined(separator: " · "))</dd>"
    }
    for note in call.notes { html += "<dt>Note</dt><dd dir=\"auto\">\(note)</dd>" }
    html += "</dl>\n\(inputs(call.components.filter { $0.kind != .code && $0.kind != .stage }, of: index))</details>\n"
    return html
  }

  private func inputs(_ components: [KeyComponent], of index: Int) -> HTML {
    guard !components.isEmpty else { return "" }
    var html: HTML =
      "<div class=\"scroll\" tabindex=\"0\"><table class=\"inputs\"><thead><tr><th>Input</th><th>Kind</th><th>Value</th><th>Digest</th></tr></thead><tbody>"
    for component in components {
      html += "<tr><td>\(component.name)</td><td>\(component.kind.rawValue)</td><td dir=\"auto\">\(component.display)"
      if component.kind == .artifact, let maker = ledger.makers[component.digest], maker < index {
        html += " <a href=\"#\(ledger.anchor(maker))\">from \(ledger.calls[maker].stage)</a>"
      }
      html += "</td><td><code title=\"\(component.digest.hexadecimal)\">\(component.digest.short)</code></td></tr>\n"
    }
    html += "</tbody></table></div>\n"
    return html
  }

  // MARK: Many calls

  /// Of so many calls a group names the keys; the lock file has all.
  private static let listedCalls = 12

  private var groups: HTML {
    var html = HTML()
    for (number, group) in ledger.groups.enumerated() {
      let className = group.failed > 0 ? "failed" : group.ran > 0 ? "ran" : "cached"
      let sentence = StageLedger.sentence(
        total: group.calls.count, ran: group.ran, cached: group.cached, failed: group.failed)
      html +=
        "<details class=\"call \(className)\" id=\"stage-\(number + 1)\"><summary><span class=\"what\"><b>\(group.stage)</b></span> "
      html +=
        "<span class=\"meta\"><span class=\"state\">\(sentence)</span> <span>\(NumberText.duration(group.seconds))</span> "
      html += "<span>\(NumberText.bytes(group.byteCount))</span></span></summary>\n<dl class=\"facts\">"
      html +=
        "<dt>Computing</dt><dd>\(NumberText.duration(group.seconds)) in all, \(NumberText.duration(group.cpuSeconds)) of processor "
      html += "time, at most \(NumberText.bytes(group.peakMemoryBytes)) of memory</dd>"
      for code in group.codes.sorted().prefix(4) {
        html += "<dt>Code</dt><dd><code class=\"digest\">\(code.hexadecimal)</code></dd>"
      }
      html += "</dl>\n"
      let listed = listed(group)
      html +=
        "<div class=\"scroll\" tabindex=\"0\"><table class=\"inputs\"><thead><tr><th>Output</th><th>State</th><th>Time</th><th>Key</th><th>Output digest</th></tr></thead><tbody>"
      for index in listed {
        let call = ledger.calls[index]
        html += "<tr><td dir=\"auto\">\(call.artifact)</td><td>"
        if case .failed(let message) = call.state { html += "failed: \(message)" } else { html += "\(call.state.word)" }
        html +=
          "</td><td class=\"n\">\(NumberText.duration(call.seconds))</td><td><code title=\"\(call.key.hexadecimal)\">\(call.key.short)</code></td><td>"
        if let output = call.output {
          html += "<code title=\"\(output.digest.hexadecimal)\">\(output.digest.short)</code>"
        }
        html += "</td></tr>\n"
      }
      html += "</tbody></table></div>\n"
      if group.calls.count > listed.count {
        html +=
          "<p class=\"quiet\">\(NumberText.integer(group.calls.count - listed.count)) more: their keys are in <code>lock.json</code> beside this report.</p>"
      }
      html += "</details>\n"
    }
    return html
  }

  /// Failed calls first, then those that took longest.
  private func listed(_ group: StageLedger.Group) -> [Int] {
    func rank(_ index: Int) -> (Int, Double, Int) {
      let call = ledger.calls[index]
      if case .failed = call.state { return (0, 0, index) }
      return (1, -call.seconds, index)
    }
    return Array(group.calls.map(rank).sorted { $0 < $1 }.prefix(Self.listedCalls).map(\.2))
  }

  // MARK: Surroundings

  private var surroundings: HTML {
    guard !record.environment.isEmpty else { return "" }
    var html: HTML = "<h3>Surroundings</h3>\n<dl class=\"facts\">"
    for (name, value) in record.environment.sorted(by: { $0.key < $1.key }) {
      html += "<dt>\(name)</dt><dd>\(value)</dd>"
    }
    html += "</dl>\n"
    return html
  }

  private var commands: HTML {
    guard !context.commands.isEmpty else { return "" }
    var html: HTML = "<h3>Do it again</h3>\n<dl class=\"commands\">"
    for command in context.commands {
      html += "<dt>\(command.purpose)</dt><dd><pre tabindex=\"0\"><code>\(command.line)</code></pre></dd>"
    }
    html += "</dl>\n"
    return html
  }
}
