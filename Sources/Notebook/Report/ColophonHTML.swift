internal import Charts
internal import Core
internal import Notebook
internal import TextFormatting

/// The section at the end of a page that says how the report was made.
struct ColophonHTML {
  let document: NotebookDocument
  let record: RunRecord
  let context: ReportContext
  let ledger: StageLedger
  let lines: LineMap

  /// The whole section.
  var html: HTML {
    """
    <section class="colophon" id="colophon">
    <p class="ornament" aria-hidden="true">❦</p>
    <h2>Colophon</h2>
    <p class="lede">This report is the output of running <code>\(record.notebook)</code>: \(ledger.sentence).</p>
    \(identity)\(stages)\(environment)\(commands)</section>

    """
  }

  private var identity: HTML {
    var html: HTML = #"<dl class="facts">"#
    if let digest = context.notebookDigest { html += Self.fact("Notebook", Self.digest(digest.hexadecimal)) }
    if let commit = context.commit { html += Self.fact("Commit of the outputs", Self.digest(commit)) }
    for entry in context.values(of: document).entries {
      html += entry.isSeed ? "<dt>Seed</dt>" : "<dt>Parameter <code>\(entry.name)</code></dt>"
      html += #"<dd dir="auto">\#(entry.shownValue)"#
      if entry.isChanged {
        html += #" <span class="set">(set for this run; the notebook says \#(entry.shownDocumentValue))</span>"#
      }
      html += "</dd>"
    }
    html += "</dl>\n"
    return html
  }

  // MARK: Parts

  private static func fact(_ name: HTML, _ value: HTML) -> HTML { "<dt>\(name)</dt><dd>\(value)</dd>" }

  /// A digest in full.
  private static func digest(_ hexadecimal: String) -> HTML { #"<code class="digest">\#(hexadecimal)</code>"# }

  /// A digest by its first characters; a pointer that rests on it shows all.
  private static func short(_ digest: Digest, title: String = "") -> HTML {
    #"<code title="\#(title)\#(digest.hexadecimal)">\#(digest.short)</code>"#
  }

  private static func table(_ names: [String], rows: HTML) -> HTML {
    var head = HTML()
    for name in names { head += "<th>\(name)</th>" }
    return """
      <div class="scroll" tabindex="0"><table class="inputs"><thead><tr>\(head)</tr></thead>\
      <tbody>\(rows)</tbody></table></div>

      """
  }

  // MARK: Stages

  private var stages: HTML {
    guard !ledger.calls.isEmpty else { return "" }
    var html: HTML = "<h3>Stages</h3>\n"
    if let figure = StageDiagram.figure(ledger) {
      html += """
        <figure class="drawing stages">\(SafeDrawing(figure).html)<figcaption>\
        A line leads down from a stage to one that reads its output. \
        Green: ran in this run; grey: came from the store; red: failed.</figcaption></figure>

        """
    }
    if ledger.isGrouped {
      for number in ledger.groups.indices { html += group(number) }
    } else {
      for index in ledger.calls.indices { html += call(index) }
    }
    return html
  }

  private func call(_ index: Int) -> HTML {
    let call = ledger.calls[index]
    var html = summary(of: call, anchor: ledger.anchor(index))

    if case .failed(let message) = call.state { html += #"<dt>Failed</dt><dd class="failed">\#(message)</dd>"# }
    var called = place(of: call)
    if let caller = ledger.callers[call.key], caller != index { called += ", by \(link(to: caller))" }
    html += Self.fact("Called", called)
    if !call.calls.isEmpty {
      var stages = HTML()
      for (position, input) in call.calls.enumerated() {
        if position > 0 { stages += ", " }
        stages += ledger.positions[input.key].map(link) ?? "\(input.stage)"
      }
      html += Self.fact("Called while it ran", stages)
    }
    if let reason = call.reason, !reason.isEmpty { html += Self.fact("Ran because", "\(reason)") }
    html += Self.fact(
      "Computed",
      """
      \(InstantText.text(call.computed)), in \(NumberText.duration(call.cost.seconds)) \
      (\(NumberText.duration(call.cost.cpuSeconds)) of processor time, \
      at most \(NumberText.bytes(call.cost.peakMemoryBytes)) of memory)
      """)

    // Digests in full, so that a reader can compare them with a lock.
    html += Self.fact("Key", Self.digest(call.key.hexadecimal))
    if let output = call.output {
      let digest = Self.digest(output.digest.hexadecimal)
      html += Self.fact("Output", "\(output.format), \(NumberText.bytes(output.byteCount))<br>\(digest)")
    }
    for code in call.components where code.kind == .code {
      let name: HTML = KeyComponent.codePath(code.name).map { "Code of \($0)" } ?? "Code"
      html += Self.fact(name, Self.digest(code.digest.hexadecimal))
    }

    if !call.cost.measurements.isEmpty {
      let texts = call.cost.measurements.map { "\($0.name) \(NumberText.quantity($0.value, unit: $0.unit))" }
      html += Self.fact("Measured", "\(texts.joined(separator: " · "))")
    }
    for note in call.cost.notes { html += #"<dt>Note</dt><dd dir="auto">\#(note)</dd>"# }
    let inputs = inputs(call.components.filter { $0.kind != .code && $0.kind != .stage }, of: index)
    html += "</dl>\n\(inputs)</details>\n"
    return html
  }

  /// The line that opens a call's details, and the beginning of these.
  private func summary(of call: StageOutcome, anchor: String) -> HTML {
    let artifact: HTML = call.artifact == call.stage ? "" : #" <span class="artifact">\#(call.artifact)</span>"#
    let size: HTML = call.output.map { "<span>\(NumberText.bytes($0.byteCount))</span> " } ?? ""
    return """
      <details class="call \(call.state.className)" id="\(anchor)"><summary>\
      <span class="what"><b>\(call.stage)</b>\(artifact)</span> \
      <span class="meta"><span class="state">\(call.state.word)</span> \
      <span>\(NumberText.duration(call.cost.seconds))</span> \
      \(size)\(Self.short(call.key, title: "key "))</span></summary>
      <dl class="facts">
      """
  }

  /// A link to a call, under the name of its output.
  private func link(to call: Int) -> HTML {
    ##"<a href="#\##(ledger.anchor(call))">\##(ledger.calls[call].artifact)</a>"##
  }

  private func place(of call: StageOutcome) -> HTML {
    let cell = call.place.cell
    let line = lines.locate(.cell(cell), line: call.place.line)
    let suffix = line.map { ", line \($0.line)" } ?? ""
    return ##"<a href="#cell-\##(cell)">cell \##(cell)</a>\##(suffix)"##
  }

  private func inputs(_ components: [KeyComponent], of index: Int) -> HTML {
    guard !components.isEmpty else { return "" }
    var rows = HTML()
    for component in components {
      var maker = HTML()
      if component.kind == .artifact, let call = ledger.makers[component.digest], call < index {
        maker = ##" <a href="#\##(ledger.anchor(call))">from \##(ledger.calls[call].stage)</a>"##
      }
      rows += """
        <tr><td>\(component.name)</td><td>\(component.kind.rawValue)</td>\
        <td dir="auto">\(component.display)\(maker)</td><td>\(Self.short(component.digest))</td></tr>

        """
    }
    return Self.table(["Input", "Kind", "Value", "Digest"], rows: rows)
  }

  // MARK: Many calls

  /// The most calls of a group whose keys are listed; the lock file has all.
  private static let listedCalls = 12

  private func group(_ number: Int) -> HTML {
    let group = ledger.groups[number]
    let className = group.failed > 0 ? "failed" : group.ran > 0 ? "ran" : "cached"
    let sentence = StageLedger.sentence(
      total: group.calls.count, ran: group.ran, cached: group.cached, failed: group.failed)
    var html: HTML = """
      <details class="call \(className)" id="stage-\(number + 1)"><summary>\
      <span class="what"><b>\(group.stage)</b></span> \
      <span class="meta"><span class="state">\(sentence)</span> <span>\(NumberText.duration(group.seconds))</span> \
      <span>\(NumberText.bytes(group.byteCount))</span></span></summary>
      <dl class="facts"><dt>Computing</dt><dd>\(NumberText.duration(group.seconds)) in all, \
      \(NumberText.duration(group.cpuSeconds)) of processor time, \
      at most \(NumberText.bytes(group.peakMemoryBytes)) of memory</dd>
      """
    for code in group.codes.sorted().prefix(4) { html += Self.fact("Code", Self.digest(code.hexadecimal)) }
    html += "</dl>\n"

    // A run can have a hundred thousand calls: a page must stay small enough to open.
    let listed = listed(group)
    var rows = HTML()
    for index in listed { rows += row(ledger.calls[index]) }
    html += Self.table(["Output", "State", "Time", "Key", "Output digest"], rows: rows)
    if group.calls.count > listed.count {
      html += """
        <p class="quiet">\(NumberText.integer(group.calls.count - listed.count)) more: \
        their keys are in <code>lock.json</code> beside this report.</p>
        """
    }
    html += "</details>\n"
    return html
  }

  private func row(_ call: StageOutcome) -> HTML {
    let state = if case .failed(let message) = call.state { "failed: \(message)" } else { call.state.word }
    let output = call.output.map { Self.short($0.digest) } ?? ""
    return """
      <tr><td dir="auto">\(call.artifact)</td><td>\(state)</td>\
      <td class="n">\(NumberText.duration(call.cost.seconds))</td>\
      <td>\(Self.short(call.key))</td><td>\(output)</td></tr>

      """
  }

  /// The positions of failed calls, then of those that took longest.
  private func listed(_ group: StageLedger.Group) -> [Int] {
    func rank(_ index: Int) -> (Int, Double, Int) {
      let call = ledger.calls[index]
      if case .failed = call.state { return (0, 0, index) }
      return (1, -call.cost.seconds, index)
    }
    return Array(group.calls.map(rank).sorted { $0 < $1 }.prefix(Self.listedCalls).map(\.2))
  }

  // MARK: Environment and commands

  private var environment: HTML {
    guard !record.environment.isEmpty else { return "" }
    var html: HTML = """
      <h3>Environment</h3>
      <dl class="facts">
      """
    for (name, value) in record.environment.sorted(by: { $0.key < $1.key }) {
      html += Self.fact("\(name)", "\(value)")
    }
    html += "</dl>\n"
    return html
  }

  private var commands: HTML {
    guard !context.commands.isEmpty else { return "" }
    var html: HTML = """
      <h3>Do it again</h3>
      <dl class="commands">
      """
    for command in context.commands {
      html += Self.fact("\(command.purpose)", #"<pre tabindex="0"><code>\#(command.line)</code></pre>"#)
    }
    html += "</dl>\n"
    return html
  }
}
