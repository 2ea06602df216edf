import Charts
import Core
import Notebook
import Report
import Testing

@Suite struct ReportContentTests {
  let report = SampleRun.render()

  @Test func `Values stand in the prose, marked, with what computed them`() {
    #expect(report.html.contains("title=\"Computed: kept — line 13\" dir=\"auto\">2</span>"))
    #expect(report.html.contains(">13 032</span>"))
    #expect(
      report.html.contains(
        "<span class=\"value missing\" title=\"broken — line 28: broken threw: no such "
          + "file\" dir=\"auto\">no value</span>"
      ))
    #expect(report.markdown.contains("a value: 2 pairs of 13 032."))
  }

  @Test func `Parameters are listed, and those of this run alone marked beside the document's values`() throws {
    let text = SampleRun.notebook.replacing(
      "seed: 7", with: "seed: 7\nparameters:\n  sample: 0\n  rate: 0.5\n  name: a|b")
    let own = SampleRun.render(text)
    #expect(own.html.contains("<dt>Parameter <code>sample</code></dt><dd dir=\"auto\">0</dd>"))
    #expect(own.markdown.contains("| Seed | 7 |\n| Parameter `sample` | 0 |\n| Parameter `rate` | 0.5 |\n"))
    #expect(!own.html.contains("values of its own") && !own.markdown.contains("values of its own"))
    let (document, _) = NotebookDocument.parse(text: Array(text.utf8), file: "small.md")
    var values = ParameterValues(document.frontMatter)
    try values.set(["sample=150", "name=<c>", "seed=8", "rate=0.5"], of: "small.md")
    let set = SampleRun.render(text, SampleRun.record, ReportContext(parameters: values))
    #expect(
      set.html.contains(
        "<dt>Seed</dt><dd dir=\"auto\">8 <span class=\"set\">(set for this run; the notebook says 7)</span></dd>"))
    #expect(set.html.contains("<dd dir=\"auto\">0.5</dd>"))
    #expect(
      set.html.contains(
        "<code>name</code> is <bdi>&quot;&lt;c&gt;&quot;</bdi> instead of <bdi>&quot;a|b&quot;</bdi>.</p>"))
    #expect(set.markdown.contains("| Parameter `sample` | 150 (set for this run; the notebook says 0) |"))
    #expect(
      set.markdown.contains(
        "> **This run has values of its own:** `seed` is 8 instead of 7, `sample` is 150 instead of "
          + "0, `name` is \"&lt;c&gt;\" instead of \"a\\|b\".\n"
      ))
  }

  @Test func `An error stands where it happened, with its line of code`() {
    #expect(report.html.contains("small.md, line 49"))
    #expect(report.html.contains("<pre tabindex=\"0\">let ratio = try divide(1, by: 0)</pre>"))
    #expect(report.html.contains("it waits for <a href=\"#cell-4\">cell 4</a>"))
    #expect(report.html.contains("Of 5 cells 3 ran, 1 failed, 1 waits for another, 1 value in the text is missing"))
  }

  @Test func `A link defined in another block is known everywhere`() {
    #expect(report.html.contains("<a href=\"https://example.org/paper\" title=\"The paper\">link</a>"))
    #expect(report.html.contains("See <a href=\"https://example.org/paper\" title=\"The paper\">the paper</a>."))
  }

  @Test func `The title is said once`() {
    #expect(report.html.matches(of: #/<h1[ >]/#).count == 1)
    #expect(!report.html.contains("id=\"a-small-experiment\""))
  }

  @Test func `A hidden cell shows its result without its code`() {
    #expect(!report.html.contains("<code>pictures"))
    #expect(report.html.contains("data:image/png;base64,iVA="))
    #expect(report.html.contains("<b>Figure\u{a0}2.</b> Kept pictures: 保留"))
  }

  @Test func `The colophon links an input to the stage that made it`() {
    #expect(report.html.contains("pairs/1 <a href=\"#call-1\">from ReadPairs</a>"))
    #expect(report.html.contains("2 stage calls: 1 ran, 1 came from the store"))
    #expect(report.html.contains("2023-11-14 21:56:40 UTC"))
    #expect(report.html.contains(SampleRun.digest("key long").hexadecimal))
  }

  @Test func `Every link within the page leads somewhere, and no name is given twice`() {
    let names = report.html.matches(of: #/ id="([^"]*)"/#).map { String($0.1) }
    #expect(Set(names).count == names.count)
    for link in report.html.matches(of: #/href="#([^"]*)"/#) { #expect(names.contains(String(link.1)), "#\(link.1)") }
  }

  @Test func `The page loads nothing`() {
    #expect(report.html.contains("default-src 'none'; style-src 'unsafe-inline'; img-src data:;"))
    #expect(!report.html.contains("<script") && !report.html.contains("<link") && !report.html.contains("@import"))
    #expect(report.html.matches(of: #/src="(?!data:)/#).isEmpty && report.html.matches(of: #/url\(/#).isEmpty)
  }

  @Test func `A long table is folded and keeps every row`() {
    var table = Table(columns: [.init("n")])
    for number in 1...100 { table.append([.integer(number)]) }
    var record = SampleRun.record
    record.cells[0].shown = [.table(table)]
    let html = SampleRun.render(SampleRun.notebook, record).html
    #expect(html.contains("<summary>70 more rows</summary>"))
    for number in 1...100 { #expect(html.contains("<td class=\"n\">\(number)</td>")) }
  }

  @Test func `Ten thousand stage calls still make a small page`() {
    var record = SampleRun.record
    record.stages = (0..<10_000).map { index in
      SampleRun.stage(
        "Stage\(index % 7)", "artifact-\(index)", cell: index % 6 + 1, line: 2, output: "output \(index)",
        state: index == 77 ? .failed(message: "out of memory") : index % 3 == 0 ? .ran : .cached,
        components: index < 7
          ? []
          : [KeyComponent(name: "in", kind: .artifact, digest: SampleRun.digest("output \(index - 1)"), display: "")])
    }
    let report = SampleRun.render(SampleRun.notebook, record)
    #expect(report.html.utf8.count < 150_000)
    #expect(report.html.contains("10,000 stage calls: 3334 ran, 6665 came from the store, 1 failed"))
    #expect(report.html.contains("failed: out of memory"))
    #expect(report.html.contains("href=\"#stage-1\"") && report.html.contains("id=\"stage-7\""))
  }

  @Test func `A notebook without cells or front matter makes a page`() {
    let record = RunRecord(
      notebook: "empty.md", started: 0, seconds: 0, environment: [:], cells: [], inlines: [], stages: [])
    let report = SampleRun.render("Only *prose*.\n", record, ReportContext())
    #expect(report.html.contains("<p>Only <em>prose</em>.</p>") && report.html.contains("<title>empty.md</title>"))
    #expect(report.markdown.hasPrefix("# empty.md\n\nOnly *prose*.\n"))
  }

  @Test func `A chart goes into the page itself, without its style sheet`() throws {
    var record = SampleRun.record
    let figure = try Chart(SampleRun.table).bars(category: "language", value: "top-1", title: "Accuracy & more")
    record.cells[1].shown = [.figure(figure)]
    let report = SampleRun.render(SampleRun.notebook, record)
    #expect(report.html.contains("class=\"k-chart\"") && report.html.contains("Accuracy &amp; more"))
    #expect(report.html.matches(of: #/<style>/#).count == 1)
    #expect(report.files.first?.bytes == Array(figure.svg.utf8))
  }

  @Test func `Pictures of the prose come along`() {
    let context = ReportContext(pictures: ["a.png": Picture(bytes: [1, 2, 3], mediaType: "image/png", caption: "")])
    let record = RunRecord(
      notebook: "n.md", started: 0, seconds: 0, environment: [:], cells: [], inlines: [], stages: [])
    let report = SampleRun.render(
      "![A cat](a.png) and ![a dog ![in](x.png) sun](https://example.org/b.png)\n", record, context)
    #expect(report.html.contains("<img src=\"data:image/png;base64,AQID\" alt=\"A cat\">"))
    #expect(report.html.contains("picture: a dog in sun</span>"))
    #expect(report.files.map(\.name) == ["figures/prose-1.png"])
    #expect(report.markdown.contains("![A cat](figures/prose-1.png)"))
  }
}
