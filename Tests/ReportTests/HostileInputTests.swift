import CMark
import Core
import Notebook
import Report
import Testing

/// Whatever a notebook or a run brings along, the page stays what its author's tool wrote.
@Suite struct HostileInputTests {
  static let attacks = [
    "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "'onmouseover='alert(1)",
    "</style><script>alert(1)</script>",
    "</svg><script>alert(1)</script>", "</pre></code></details><iframe src=//evil.example>", "<!--", "-->", "]]>",
    "&lt;script&gt;",
    "</title><script>alert(1)</script>", "[x](javascript:alert(1))", "`<b onclick=alert(1)>`",
    "\u{0}\u{1}\u{2028}<svg onload=alert(1)>",
    "| a | <script>alert(1)</script> |", "```\n<script>alert(1)</script>\n```",
  ]

  @Test(arguments: attacks)
  func `Text from a run never becomes markup`(attack: String) throws {
    let report = SampleRun.render(SampleRun.notebook, Self.record(attack), Self.context(attack))
    try Self.check(report, like: SampleRun.render(SampleRun.notebook, Self.record("plain"), Self.context("plain")))
  }

  @Test(arguments: attacks)
  func `Text of a notebook never becomes markup`(attack: String) throws {
    let oneLine = attack.split(whereSeparator: \.isNewline).joined(separator: " ").filter {
      $0 != "\u{0}" && $0 != "\u{1}"
    }
    let quoted = oneLine.replacing("'", with: "''")
    func source(_ text: String) -> String {
      """
      ---
      title: '\(text)'
      subtitle: '\(text)'
      authors: ['\(text)']
      date: '\(text)'
      abstract: '\(text)'
      description: '\(text)'
      ---

      # Heading \(text)

      Text \(text) text

      \(text)

      ```swift
      //| label: '\(text)'
      //| fig-cap: '\(text)'
      //| tbl-cap: '\(text)'
      //| fig-alt: '\(text)'
      // \(text)
      let x = "\(text)"
      ```

      """
    }
    let report = SampleRun.render(source(quoted), Self.record(attack))
    #expect(Self.forbidden(in: report.html) == [])
    #expect(Self.rawHTML(in: report.markdown) == [])
  }

  @Test(arguments: [
    "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java&#115;cript:alert(1)", "vbscript:x", "data:text/html,<script>",
    "file:///etc/passwd",
    "javascript&colon;alert(1)", "\u{1}javascript:alert(1)", "java&Tab;script:alert(1)",
  ])
  func `A link of a scheme that runs something loses its target`(target: String) {
    let record = RunRecord(
      notebook: "n.md", started: 0, seconds: 0, environment: [:], cells: [], inlines: [], stages: [])
    let report = SampleRun.render(
      "[a](<\(target)>) ![b](<\(target)>) [c][r] <\(target)>\n\n[r]: <\(target)>\n", record, ReportContext())
    for link in report.html.matches(of: #/(?:href|src)="([^"]*)"/#) {
      #expect(link.1.isEmpty || link.1.hasPrefix("#"), "\(link.1)")
    }
    #expect(!report.markdown.contains("](\(target)"))
  }

  @Test(arguments: [
    "<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"><rect/></svg>",
    "<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>",
    "<svg xmlns=\"http://www.w3.org/2000/svg\"><foreignObject><b/></foreignObject></svg>",
    "<svg xmlns=\"http://www.w3.org/2000/svg\"><a href=\"javascript:alert(1)\"><text>x</text></a></svg>",
    "<svg xmlns=\"http://www.w3.org/2000/svg\"><image href=\"http://evil.example/x.png\"/></svg>",
    "<svg xmlns=\"http://www.w3.org/2000/svg\"><style>*{background:url(http://evil.example)}</style></svg>",
    "<svg xmlns=\"http://www.w3.org/2000/svg\"><rect fill=\"url(http://evil.example)\"/></svg>",
    "<svg xmlns=\"http://www.w3.org/2000/svg\"><rect style=\"position:fixed\"/></svg>",
    "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"sidebar\"><rect/></svg>",
    "<svg xmlns=\"http://www.w3.org/2000/svg\" id=\"colophon\"><rect/></svg>",
    "<svg xmlns=\"http://www.w3.org/2000/svg\"><title><b>x</b></title></svg>",
    "<svg xmlns=\"http://www.w3.org/2000/svg\"><rect/></svg><script>alert(1)</script>",
    "<svg xmlns=\"http://www.w3.org/2000/svg\"><g></svg>", "<!DOCTYPE svg [<!ENTITY x \"y\">]><svg>&x;</svg>",
    "<svg xmlns=\"http://www.w3.org/2000/svg\"><![CDATA[<script>]]></svg>",
    "<svg xmlns=\"http://www.w3.org/2000/svg\"><svg/></svg>",
    "<svg xmlns=\"http://www.w3.org/2000/svg\"><rect width=\"1\" width=\"<\"/></svg>", "not a drawing", "", "<svg",
    #"<svg xmlns="http://www.w3.org/2000/svg"><!-- --></svg>"#,
    #"<svg xmlns="http://www.w3.org/2000/svg"></svg"#,
    #"<svg xmlns="http://www.w3.org/2000/svg"><?php ?></svg>"#,
    #"<svg xmlns="http://www.w3.org/2000/svg"><g x=1/></svg>"#,
    #"<svg xmlns="http://www.w3.org/2000/svg"><g x/></svg>"#,
    #"<svg xmlns="http://www.w3.org/2000/svg"><g / x="1"/></svg>"#,
    #"<svg xmlns="http://www.w3.org/2000/svg"><text>&#97;</text></svg>"#,
    #"<svg xmlns="http://www.w3.org/2000/svg"></svg><svg></svg>"#,
    #"x<svg xmlns="http://www.w3.org/2000/svg"></svg>"#,
  ])
  func `A drawing with anything unknown in it is shown as a picture`(svg: String) {
    var record = SampleRun.record
    record.cells[1].shown = [.figure(Figure(svg: svg, alternative: "\"><script>"))]
    record.stages = []
    let report = SampleRun.render(SampleRun.notebook, record)
    #expect(!report.html.contains("<svg"))
    #expect(report.html.contains("<img src=\"data:image/svg+xml;base64,"))
    #expect(Self.forbidden(in: report.html) == [])
    let file = report.files.first { $0.name.hasSuffix(".svg") }
    #expect(file.map { Self.forbidden(in: String(decoding: $0.bytes, as: UTF8.self)) } == [])
  }

  @Test func `A harmless drawing goes into the page, written anew`() {
    var record = SampleRun.record
    record.stages = []
    record.cells[1].shown = [
      .figure(
        Figure(
          svg:
            "<?xml version='1.0'?>\n<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'><text "
            + "x='1'>a &lt;b&gt; &amp; \u{5d0}</text></svg>",
          alternative: "text"))
    ]
    let html = SampleRun.render(SampleRun.notebook, record).html
    #expect(
      html.contains(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 9 9\"><text x=\"1\">a &lt;b&gt; "
          + "&amp; \u{5d0}</text></svg>"
      ))
  }

  // MARK: What is checked

  static func record(_ text: String) -> RunRecord {
    var record = SampleRun.record
    record.notebook = text
    record.environment = [text: text]
    record.cells[0].printed = text
    record.cells[0].shown = [
      .text(text),
      .table(Table(columns: [.init(text), .init("n")], rows: [[.text(text), 1], [.text(text), .text(text)]])),
      .figure(Figure(svg: SampleRun.drawing.svg, alternative: text)),
      .pictures([
        Picture(bytes: [1], mediaType: "image/png", caption: text), Picture(bytes: [1], mediaType: text, caption: text),
      ]
      ),
    ]
    record.cells[3].state = .failed(Diagnostic(.error, text, file: text, line: 49))
    record.inlines = [
      InlineOutcome(id: 1, text: text), InlineOutcome(id: 2, text: text),
      InlineOutcome(id: 3, text: nil, failure: text),
    ]
    var stage = SampleRun.stage(text, text, line: 2, output: "pairs", state: .failed(message: text), components: [])
    stage.reason = text
    stage.cost.notes = [text]
    stage.cost.measurements = [Measurement(name: text, value: 1, unit: text)]
    stage.components = [KeyComponent(name: text, kind: .parameter, digest: SampleRun.digest("x"), display: text)]
    stage.output?.format = text
    record.stages.append(stage)
    return record
  }

  static func context(_ text: String) -> ReportContext {
    var frontMatter = FrontMatter()
    frontMatter.parameters = [Parameter(name: "p", kind: .text, value: text, line: 1)]
    var values = ParameterValues(frontMatter)
    try? values.set(["p=new \(text)"], of: "n.md")
    return ReportContext(commands: [.init(purpose: text, line: text)], commit: text, parameters: values)
  }

  /// The page has the tags of a page with plain text, no more, and the Markdown no raw HTML.
  static func check(_ report: RenderedReport, like plain: RenderedReport) throws {
    #expect(tags(report.html) == tags(plain.html))
    #expect(forbidden(in: report.html) == [])
    #expect(rawHTML(in: report.markdown) == [])
  }

  /// The tags of a page in order, with the names of their attributes.
  static func tags(_ html: String) -> [String] {
    html.matches(of: #/<(\/?[a-zA-Z][a-zA-Z0-9]*)((?:\s+[a-zA-Z:-]+(?:="[^"]*")?)*)\s*\/?>/#).map { match in
      String(match.1) + match.2.matches(of: #/\s+([a-zA-Z:-]+)(?:="[^"]*")?/#).map { " " + $0.1 }.joined()
    }
  }

  /// Tags and attributes that no report has.
  static func forbidden(in html: String) -> [String] {
    tags(html).filter { tag in
      let words = tag.split(separator: " ")
      return ["script", "iframe", "object", "embed", "base", "form", "input"].contains(words.first?.lowercased() ?? "")
        || words.dropFirst().contains { $0.lowercased().hasPrefix("on") || $0 == "srcdoc" || $0 == "style" }
    }
  }

  /// What libcmark takes for raw HTML or for a link that runs something, except the harmless tags.
  static func rawHTML(in markdown: String) -> [String] {
    var markdown = markdown
    let document = markdown.withUTF8 { buffer in
      buffer.withMemoryRebound(to: CChar.self) { cmark_parse_document($0.baseAddress, $0.count, CMARK_OPT_DEFAULT) }
    }
    guard let document, let iterator = cmark_iter_new(document) else { return ["not parsed"] }
    defer {
      cmark_iter_free(iterator)
      cmark_node_free(document)
    }
    var found: [String] = []
    while true {
      let event = cmark_iter_next(iterator)
      guard event != CMARK_EVENT_DONE, let node = cmark_iter_get_node(iterator) else { return found }
      guard event == CMARK_EVENT_ENTER else { continue }
      switch cmark_node_get_type(node) {
      case CMARK_NODE_HTML_BLOCK, CMARK_NODE_HTML_INLINE:
        let literal = String(cString: cmark_node_get_literal(node))
        if !["<sub>", "</sub>"].contains(literal) { found.append(literal) }
      case CMARK_NODE_LINK, CMARK_NODE_IMAGE:
        let url = String(cString: cmark_node_get_url(node))
        if url.lowercased().contains("script") { found.append(url) }
      default: break
      }
    }
  }
}
