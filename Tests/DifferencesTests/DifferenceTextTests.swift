import Core
import Differences
import Foundation
import Testing

/// Differences in a terminal.
@Suite struct DifferenceTextTests {
  private func sample() throws -> ArtifactDifference {
    try DifferenceTests.difference(
      Sample.text("a.csv", "name,score\n猫猫猫,1\n\u{1B}[31mred\u{202E},2\nplain,3\n"),
      Sample.text("a.csv", "name,score\n猫猫猫,2\n\u{1B}[31mred\u{202E},4\nplain,3.5\n"), "file/csv")
  }

  @Test func `Contents cannot move the cursor or turn the text`() throws {
    let text = DifferenceText(try sample(), width: 100, hasColour: false).text
    #expect(!text.unicodeScalars.contains { $0.value == 0x1B || $0.value == 0x202E })
    #expect(text.contains("␛[31mred�"))
  }

  @Test func `Colours come only when they are asked for`() throws {
    let colourful = DifferenceText(try sample(), width: 100, hasColour: true).text
    #expect(colourful.contains("\u{1B}[32m") && colourful.contains("\u{1B}[0m"))
    let plain = colourful.replacing(#/\u{1B}\[[0-9;]*m/#, with: "")
    #expect(plain == DifferenceText(try sample(), width: 100, hasColour: false).text)
  }

  @Test(arguments: [40, 60, 100])
  func `Columns stand below each other, also after wide letters, and lines are no wider than the terminal`(width: Int)
    throws
  {
    let lines = DifferenceText(try sample(), width: width, hasColour: false).text.split(separator: "\n").map(
      String.init)
    func columns(_ line: String) -> Int {
      line.unicodeScalars.reduce(0) { $0 + ((0x4E00...0x9FFF).contains($1.value) ? 2 : 1) }
    }
    let start = try #require(lines.firstIndex { $0.contains("Changed cells") })
    for line in lines[start...] { #expect(columns(line) <= width, "\(line)") }
    guard width == 100 else { return }
    let rows = lines[(start + 2)...].filter { $0.contains("score") }
    #expect(rows.count == 3)
    let places = Set(
      rows.compactMap { row in row.firstRange(of: "score").map { columns(String(row[..<$0.lowerBound])) } })
    #expect(places.count == 1)
  }

  @Test func `The listing of an artifact has a line for each part`() throws {
    let table = try Table(
      columns: [.init("k"), .init("v")], rows: [["a", 1], ["b", .interval(0.5, low: 0.25, high: 0.75)]]
    )
    .makeContent()
    #expect(try Comparison.listing(of: table, format: "table/1") == ["k | v", "a | 1", "b | 0.5000 [0.2500, 0.7500]"])
    let value = Sample.text("value.json", #"{"a":[1,{"b":"x"}],"c":{}}"#)
    #expect(try Comparison.listing(of: value, format: "json/X") == ["a[0] 1", "a[1].b “x”", "c {}"])
    let model = Sample.content(["m.safetensors": Sample.safetensors([("w", [2], [1, 2])]), "x.bin": [1]])
    let lines = try Comparison.listing(of: model, format: "clip/1")
    #expect(lines[0].hasPrefix("m.safetensors: w: F32 [2], SHA-256 ") && lines[1].hasPrefix("x.bin: 1 bytes, SHA-256 "))
    #expect(try Comparison.listing(of: value, format: "json/X", limit: 2).count == 3)
  }

  @Test func `A difference comes back from JSON`() throws {
    let found = try sample()
    #expect(try JSONDecoder().decode(ArtifactDifference.self, from: JSONEncoder().encode(found)) == found)
  }
}
