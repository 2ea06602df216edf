import Core
import Differences
import Foundation
import TestSupport
import Testing

/// Pairs and lines beside a naive comparison, with memory for everything and for almost nothing.
@Suite struct JoinTests {
  private func line(_ id: Int, _ languages: [String], escaped: Bool) -> String {
    let texts = languages.enumerated().map {
      "{\"text\":\"t\\\"\($0.offset):\\\"language\\\":\\\"xx\\\"\",\"field\":\"alt\",\"language\":\"\($0.element)\"}"
    }
    // The same id, written as two writers would.
    let name = escaped ? "i\\u0064\(id)" : "id\(id)"
    return "{\"id\":\"\(name)\",\"image\":\"p\(id)\",\"texts\":[\(texts.joined(separator: ","))]}"
  }

  @Test(arguments: [1 << 16, 96 << 20], [UInt64(1), 2, 3])
  func `Pairs are kept, dropped and new as a naive comparison has it`(memory: Int, seed: UInt64) throws {
    var random = SplitMix64(seed)
    let languages = ["en", "de", "zh_Hant", "a-very-long-code"]
    var old: [Int: [String]] = [:]
    var new: [Int: [String]] = [:]
    for id in 0..<3000 {
      let some = (0..<Int.random(in: 1...3, using: &random)).map { _ in languages.randomElement(using: &random) ?? "" }
      if Bool.random(using: &random) || id % 3 == 0 { old[id] = some }
      if Bool.random(using: &random) || id % 3 == 0 { new[id] = id % 7 == 0 ? some + ["en"] : some }
    }
    func content(_ pairs: [Int: [String]], escaped: Bool) -> ArtifactContent {
      let lines = pairs.keys.shuffled(using: &random).map { line($0, pairs[$0] ?? [], escaped: escaped && $0 % 5 == 0) }
      let middle = lines.count / 2
      return Sample.content([
        "pairs-00000.jsonl": Array((lines[..<middle].joined(separator: "\n") + "\n").utf8),
        "pairs-00001.jsonl": Array(lines[middle...].joined(separator: "\n").utf8),
      ])
    }
    let limits = DifferenceLimits(rows: 7, memory: memory, scratch: temporaryRoot.path)
    let found = try DifferenceTests.difference(
      content(old, escaped: false), content(new, escaped: true), "pairs/1", limits: limits)
    func count(_ name: String) -> Int? { found.counts.first { $0.name == name }?.value }
    let kept = Set(old.keys).intersection(new.keys)
    #expect(count("pairs kept") == kept.count)
    #expect(count("pairs dropped") == old.count - kept.count)
    #expect(count("pairs new") == new.count - kept.count)
    #expect(count("texts before") == old.values.reduce(0) { $0 + $1.count })
    #expect(count("texts after") == new.values.reduce(0) { $0 + $1.count })
    for language in languages {
      let before = old.values.joined().count { $0 == language }
      let after = new.values.joined().count { $0 == language }
      let row = try #require(found.row("Texts by language", language))
      #expect(row[1] == "\(before)".grouped && row[2] == "\(after)".grouped)
      let dropped = old.filter { !kept.contains($0.key) }.values.joined().count { $0 == language }
      #expect(row[5] == "\(dropped)".grouped)
    }
    #expect(found.section("Dropped texts").count == 7)
  }

  @Test func `What is shown does not depend on memory`() throws {
    let old = Sample.text("pairs.jsonl", (0..<5000).map { line($0, ["en"], escaped: false) }.joined(separator: "\n"))
    let new = Sample.text(
      "pairs.jsonl",
      (0..<6000).filter { $0 % 4 != 1 }.map { line($0, [$0 % 10 == 0 ? "de" : "en"], escaped: false) }.joined(
        separator: "\n"))
    let folder = temporaryRoot.path
    let small = try DifferenceTests.difference(
      old, new, "pairs/1", limits: DifferenceLimits(rows: 9, memory: 1 << 16, scratch: folder))
    let large = try DifferenceTests.difference(old, new, "pairs/1", limits: DifferenceLimits(rows: 9, scratch: folder))
    #expect(small == large)
  }

  @Test func `Lines that are all the same are joined one by one`() throws {
    let old = Sample.text("a.jsonl", String(repeating: "{\"x\":1}\n", count: 300_000))
    let new = Sample.text("a.jsonl", String(repeating: "{\"x\":1}\n", count: 300_002))
    let found = try DifferenceTests.difference(old, new, "file/jsonl")
    #expect(found.headline == "2 new, 300,000 the same")
  }

  @Test func `A folder that is not there is an error`() throws {
    let text = (0..<5000).map { line($0, ["en"], escaped: false) }.joined(separator: "\n")
    #expect(throws: OperationError.self) {
      try DifferenceTests.difference(
        Sample.text("pairs.jsonl", text), Sample.text("pairs.jsonl", text + "\n{\"id\":\"z\"}"), "pairs/1",
        limits: DifferenceLimits(memory: 1 << 16, scratch: "/nowhere"))
    }
  }

  @Test(arguments: UInt64(1)...40)
  func `The fewest lines that make one text of another are found`(seed: UInt64) throws {
    var random = SplitMix64(seed)
    let size = Int.random(in: 0...30, using: &random)
    let old = (0..<size).map { _ in "\(Int.random(in: 0...6, using: &random))" }
    let new = (0..<Int.random(in: 0...30, using: &random)).map { _ in "\(Int.random(in: 0...6, using: &random))" }
    let found = try DifferenceTests.difference(
      Sample.text("a.txt", old.map { $0 + "\n" }.joined()), Sample.text("a.txt", new.map { $0 + "\n" }.joined()),
      "file/txt",
      limits: DifferenceLimits(rows: 1000))
    guard old != new else { return }
    // The longest common subsequence, by the book.
    var table = Array(repeating: Array(repeating: 0, count: new.count + 1), count: old.count + 1)
    for i in old.indices.reversed() {
      for j in new.indices.reversed() {
        table[i][j] = old[i] == new[j] ? table[i + 1][j + 1] + 1 : max(table[i + 1][j], table[i][j + 1])
      }
    }
    let common = table[0][0]
    #expect(found.counts.first { $0.name == "lines gone" }?.value == old.count - common)
    #expect(found.counts.first { $0.name == "lines new" }?.value == new.count - common)
    let shown = found.section("Lines").compactMap(\.first)
    #expect(shown.filter { $0.mark == .gone }.count == old.count - common)
    #expect(shown.filter { $0.mark == .added }.count == new.count - common)
  }
}

extension String {
  /// With commas between thousands; four digits stay together.
  var grouped: String { count > 4 ? commas : self }
  private var commas: String { count > 3 ? String(dropLast(3)).commas + "," + suffix(3) : self }
}
