import Foundation
import Report
import Testing

/// Compares whole reports with the files in `Snapshots`. `COLOPHON_RECORD_SNAPSHOTS=1 swift test` writes them anew.
@Suite struct SnapshotTests {
  @Test(arguments: ["small.html", "small.md"])
  func `A report is the recorded one`(name: String) throws {
    let report = SampleRun.render()
    let text = name.hasSuffix(".html") ? report.html : report.markdown
    let url = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Snapshots/\(name)")
    if ProcessInfo.processInfo.environment["COLOPHON_RECORD_SNAPSHOTS"] != nil {
      try text.write(to: url, atomically: true, encoding: .utf8)
    }
    let expected = try String(contentsOf: url, encoding: .utf8)
    let difference = zip(
      text.split(separator: "\n", omittingEmptySubsequences: false),
      expected.split(separator: "\n", omittingEmptySubsequences: false)
    )
    .first { $0 != $1 }
    #expect(text == expected, "first difference: \(difference.map { "“\($0)” for “\($1)”" } ?? "one is longer")")
  }

  @Test func `Equal runs give equal bytes`() {
    let (first, second) = (SampleRun.render(), SampleRun.render())
    #expect(first.html == second.html && first.markdown == second.markdown && first.files == second.files)
  }

  @Test func `Figures and pictures lie beside the Markdown under the names that it uses`() {
    let report = SampleRun.render()
    #expect(report.files.map(\.name) == ["figures/fig-score.svg", "figures/cell-3.png", "figures/cell-3.jpg"])
    for file in report.files { #expect(report.markdown.contains("](\(file.name))")) }
  }
}
