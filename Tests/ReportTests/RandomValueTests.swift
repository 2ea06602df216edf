import Core
import Notebook
import Report
import TestSupport
import Testing

/// Tables, drawings and pictures of any content in a report.
@Suite struct RandomValueTests {
  private static let texts = [
    "", "a", "שלום (1)", "\u{202E}x", "\u{0}\u{1b}[31m", "a\nb\r\n", "|`*", "<script>&\"'", "👩‍👩‍👧", "\u{FFFF}",
    String(repeating: "W ", count: 2000),
  ]
  private static let pieces = [
    "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 1e999 -5\">", "</svg>", "<g>", "<text>", "&amp;",
    "<rect x=\"", "<", "\"", "<!--", "]]>", "<![CDATA[", "viewBox=\"0 0 ", "99999999999999999999", "-", ".", " ",
    "url(", "<title>", "\u{0}", "é",
  ]

  @Test(.timeLimit(.minutes(10))) func `Any table, drawing and picture is shown, and none becomes markup`() {
    var generator = SplitMix64(7)
    func below(_ limit: Int) -> Int { Int(generator.next() % UInt64(limit)) }
    func text() -> String { Self.texts[below(Self.texts.count)] }
    func number() -> Double {
      [0, -0.0, 1e308, -1e308, .leastNonzeroMagnitude, .nan, .infinity, Double(bitPattern: generator.next())][below(8)]
    }
    func cell() -> Table.Cell {
      switch below(5) {
      case 0: .text(text())
      case 1: .integer([0, .max, .min][below(3)])
      case 2: .interval(number(), low: number(), high: number())
      case 3: .empty
      default: .number(number())
      }
    }

    for _ in 0..<40 {
      let count = below(5)
      let styles: [Table.Column.Style] = [.plain, .decimals(below(60) - 5), .percent(below(60) - 5)]
      let table = Table(
        columns: (0..<count).map { _ in .init(text(), style: styles[below(3)]) },
        rows: (0..<below(60)).map { _ in (0..<count).map { _ in cell() } })
      let svg = (0..<below(30)).map { _ in Self.pieces[below(Self.pieces.count)] }.joined()
      let pictures = (0..<below(6)).map { _ in
        Picture(
          bytes: generator.bytes(16), mediaType: ["image/png", "IMAGE/JPEG", "", "text/html\""][below(4)],
          caption: text())
      }
      let shown: [Presentation] = [
        .table(table), .figure(Figure(svg: svg, alternative: text())), .pictures(pictures), .blocks([.text(text())]),
      ]

      let source = "```swift\n1\n```\n"
      let record = RunRecord(
        notebook: "small.md", started: 1, seconds: 1, environment: [:],
        cells: [CellOutcome(id: 1, state: .done, shown: shown, seconds: 1)], inlines: [], stages: [])
      let report = SampleRun.render(source, record)
      #expect(!report.html.contains("<script>&") && !report.markdown.isEmpty)
    }
  }
}
