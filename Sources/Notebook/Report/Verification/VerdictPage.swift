internal import Charts
internal import Core
internal import TextFormatting

/// A verdict as one HTML page that loads nothing and runs nothing; everything in it is treated as hostile.
package struct VerdictPage: Sendable {
  private let verdict: Verdict

  /// The page of a verdict.
  package init(_ verdict: Verdict) { self.verdict = verdict }

  /// The whole page.
  package var html: String {
    let html: HTML = """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta http-equiv="Content-Security-Policy" content="\
      default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <title>Verdict on \(verdict.notebook)</title>
      <style>\(HTML(safe: ReportStyle.sheet + Self.style))</style>
      </head>
      <body id="top">
      <main>
      <header class="title"><h1 dir="auto">\(verdict.notebook)</h1>\
      <p class="verdict \(verdict.isGood ? "good" : "bad")">\(verdict.headline)</p></header>
      \(summary)\(divergence)\(table)\(findings)\(environment)</main>
      </body>
      </html>

      """
    return html.string
  }

  private static let style = """
    :root{--measure:98ch}
    body{display:block}main{width:auto;max-width:var(--measure);margin:0 auto}
    .verdict{font-size:1.4rem;font-variant-caps:small-caps;letter-spacing:.04em}
    .good{color:var(--ran)}.bad{color:var(--failed)}
    pre{white-space:pre-wrap;overflow-wrap:anywhere}

    """

  private var summary: HTML {
    let how: HTML =
      verdict.isSandboxed
      ? "in a sandbox: no network, a read-only system, only declared inputs visible"
      : #"<b class="bad">without a sandbox</b>: reads and network were not watched"#
    let stages = verdict.executed == 1 ? "stage was" : "stages were"
    var html: HTML = """
      <p>\(verdict.executed) \(stages) executed again \(how), in \(NumberText.duration(verdict.seconds))
      """
    if verdict.isSample { html += "; all other outputs were taken as recorded" }
    html += ". "
    let counts = Verdict.Outcome.allCases.filter { verdict.count($0) > 0 }
    html += "\(counts.map { "\(verdict.count($0)) \($0.rawValue)" }.joined(separator: ", "))."
    if let agreeing = verdict.agreeingProse {
      html += " \(NumberText.count(agreeing, "block")) of prose with computed values "
      html += "\(agreeing == 1 ? "agrees" : "agree") with the report."
    }
    return html + "</p>\n"
  }

  private var divergence: HTML {
    guard let first = verdict.firstDivergence else { return "" }
    var html: HTML = "<h2>First divergence</h2>\n<p><bdi>\(first.artifact)</bdi>\(Verdict.clause(first))</p>\n"
    if let detail = first.detail { html += "<pre><code>\(detail)</code></pre>\n" }
    if let detail = first.onRecordedInputsDetail { html += "<p>On the recorded inputs: <bdi>\(detail)</bdi></p>\n" }
    return html
  }

  private var table: HTML {
    var html: HTML = """
      <h2>Outputs</h2>
      <div class="scroll"><table><thead><tr><th>Output</th><th>Line</th><th>Verdict</th><th>On recorded inputs</th>\
      <th>Recorded</th><th>Now</th><th class="n">Time, then → now</th></tr></thead><tbody>

      """
    for stage in verdict.stages {
      let kind: HTML = stage.outcome.isGood ? "good" : "bad"
      let before = stage.recordedSeconds.map { NumberText.duration($0) } ?? "–"
      html += """
        <tr><td><bdi>\(stage.artifact)</bdi></td><td>\(stage.line.map { String($0) } ?? "–")</td>\
        <td class="\(kind)">\(stage.outcome.rawValue)</td><td>\(stage.onRecordedInputs?.rawValue ?? "–")</td>\
        <td><code>\(stage.recorded?.digest.short ?? "–")</code></td>\
        <td><code>\(stage.fresh?.digest.short ?? "–")</code></td>\
        <td class="n">\(before) → \(NumberText.duration(stage.seconds))</td></tr>

        """
    }
    return html + "</tbody></table></div>\n"
  }

  private var findings: HTML {
    guard !verdict.findings.isEmpty else { return "" }
    var html: HTML = "<h2>Findings</h2>\n<ul>\n"
    let sentences = verdict.sentences
    for sentence in sentences.prefix(500) { html += "<li>\(sentence)</li>\n" }
    if sentences.count > 500 { html += "<li>and \(sentences.count - 500) more</li>\n" }
    return html + "</ul>\n"
  }

  private var environment: HTML {
    var html: HTML = "<h2>Environment</h2>\n<ul>\n"
    for (name, value) in verdict.environment.sorted(by: { $0.key < $1.key }) { html += "<li>\(name): \(value)</li>\n" }
    html += "</ul>\n"
    guard !verdict.environmentChanges.isEmpty else { return html }
    html += "<p>Different from the record:</p>\n<ul>\n"
    for change in verdict.environmentChanges {
      html += "<li>\(change.name): \(change.recorded ?? "unknown") → \(change.now ?? "unknown")</li>\n"
    }
    return html + "</ul>\n"
  }
}

private func + (left: HTML, right: HTML) -> HTML {
  var sum = left
  sum += right
  return sum
}
