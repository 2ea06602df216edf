import Core
import Differences
import Foundation
import Testing

/// Differences of every format.
@Suite struct DifferenceTests {
  static func difference(
    _ old: ArtifactContent, _ new: ArtifactContent, _ format: String, limits: DifferenceLimits = DifferenceLimits()
  ) throws -> ArtifactDifference {
    try Comparison.difference(of: old, new: new, format: format, name: "Thing", limits: limits)
  }

  private func difference(_ old: ArtifactContent, _ new: ArtifactContent, _ format: String) throws -> ArtifactDifference
  {
    try Self.difference(old, new, format)
  }

  @Test func `The same content has no difference`() throws {
    let found = try difference(Sample.text("a.json", "1"), Sample.text("b.json", "1"), "json/Int")
    #expect(found.isIdentical && found.headline == "no difference" && found.sections.isEmpty)
  }

  @Test func `The difference of metadata lists entries by language`() throws {
    func entries(_ lines: [(String, String, Double?)]) -> [UInt8] {
      Array(
        lines.map { text, source, score in
          "{\"entry\":\"\(text)\",\"source\":\"\(source)\"\(score.map { ",\"score\":\($0)" } ?? "")}\n"
        }.joined().utf8)
    }
    let old = Sample.content([
      "en.jsonl": entries([("dog", "w", nil), ("cat", "u", 3), ("new york", "b", 8.5), ("old", "t", 1)]),
      "de.jsonl": entries([("hund", "w", nil)]),
      "languages.csv": Array("language,entries\n".utf8),
    ])
    let new = Sample.content([
      "en.jsonl": entries([("cat", "w", nil), ("dog", "w", nil), ("new york", "b", 8.25), ("neu\\\"e", "u", 2)]),
      "de.jsonl": entries([("hund", "w", nil)]), "fr.jsonl": entries([("chien", "w", nil)]),
      "languages.csv": Array("language,entries\n".utf8),
    ])
    let found = try difference(old, new, "metadata/2")
    #expect(
      found.headline == "2 entries added, 1 gone, 1 from another source, 1 with another score, in 2 of 3 languages")
    #expect(found.row("By language", "en") == ["en", "4", "4", "1", "1", "1", "1"])
    #expect(found.row("By language", "fr") == ["fr", "0", "1", "1", "0", "0", "0"])
    #expect(found.row("Entries from another source", "en") == ["en", "cat", "unigram", "lexicon"])
    #expect(found.row("Entries added", "en") == ["en", "1", "neu\"e (unigram)"])
    #expect(found.row("Entries gone", "en") == ["en", "1", "old (title)"])
  }

  @Test func `The difference of counts lists the largest movers`() throws {
    let old = Sample.text(
      "en.jsonl", "{\"text\":\"a\",\"count\":10}\n{\"text\":\"b\",\"count\":5}\n{\"text\":\"c\",\"count\":1}\n")
    let new = Sample.text(
      "en.jsonl", "{\"text\":\"a\",\"count\":11}\n{\"text\":\"b\",\"count\": 50 }\n{\"text\":\"d\",\"count\":2}\n")
    let found = try difference(old, new, "concept-counts/1")
    #expect(found.headline == "2 counts changed, 1 texts added, 1 gone, in 1 of 1 language")
    #expect(
      found.section("Largest movers").map { $0.map(\.text) } == [
        ["en", "b", "5", "50", "×10"], ["en", "d", "", "2", "new"], ["en", "a", "10", "11", "+10\u{a0}%"],
        ["en", "c", "1", "", "gone"],
      ])
    #expect(found.row("By language", "en")?[3...5] == ["16", "63", "+294\u{a0}%"])
  }

  @Test func `The difference of thresholds lists languages`() throws {
    func thresholds(_ p: Double, _ languages: String) -> ArtifactContent {
      Sample.text("value.json", "{\"anchor\":\"en\",\"languages\":{\(languages)},\"p\":\(p)}")
    }
    let old = thresholds(
      0.06, "\"de\":{\"matches\":10,\"t\":20,\"tailShare\":0.5},\"en\":{\"matches\":100,\"t\":170,\"tailShare\":0.06}")
    let new = thresholds(
      0.07, "\"de\":{\"matches\":10,\"t\":25,\"tailShare\":0.5},\"fr\":{\"matches\":9,\"t\":2,\"tailShare\":null}")
    let found = try difference(old, new, "thresholds/1")
    #expect(found.headline == "1 language changed, 1 new, 1 gone; p 0.06000 → 0.07000")
    #expect(found.row("By language", "de")?[0...3] == ["de", "20", "25", "+25\u{a0}%"])
    #expect(throws: OperationError.self) { try difference(old, Sample.text("value.json", "{\"p\":1}"), "thresholds/1") }
  }

  @Test func `Tables are joined by their keys and know intervals`() throws {
    func table(_ rows: [[Table.Cell]]) throws -> ArtifactContent {
      try Table(columns: [.init("language"), .init("top-1", style: .percent(1)), .init("n")], rows: rows).makeContent()
    }
    let old = try table([
      ["de", .interval(0.5, low: 0.4, high: 0.6), 100], ["en", .interval(0.8, low: 0.7, high: 0.9), 100],
      ["fr", 0.1, 5],
    ])
    let new = try table([
      ["en", .interval(0.95, low: 0.9, high: 0.99), 100], ["de", .interval(0.55, low: 0.4, high: 0.6), 120],
      ["it", 0.2, 5],
    ])
    let found = try difference(old, new, "table/1")
    #expect(found.headline == "2 rows changed, 1 new, 1 gone; 1 of 2 numbers outside the old interval")
    let cells = found.section("Changed cells")
    #expect(
      cells.map { [$0[0].text, $0[1].text, $0[4].text, $0[5].text] } == [
        ["en", "top-1", "+19\u{a0}%", "outside"], ["de", "top-1", "+10\u{a0}%", "inside"],
        ["de", "n", "+20\u{a0}%", ""],
      ])
    #expect(cells[0][5].mark == .outside)
    #expect(
      found.section("Rows new and gone").map { $0.map(\.text) } == [
        ["gone", "fr", "10\u{a0}%", "5"], ["new", "it", "20\u{a0}%", "5"],
      ])
  }

  @Test func `Comma separated values know intervals of their columns`() throws {
    let old = Sample.text(
      "a.csv",
      "model,accuracy,accuracy_low,accuracy_high,share\nbig,0.8,0.7,0.9,12.3 [11.0; 13.9]\n\"a,"
        + "\"\"b\"\"\nc\",0.5,0.4,0.6,\"50 [40, 60]\"\n"
    )
    let new = Sample.text(
      "a.csv",
      "model,accuracy,accuracy_low,accuracy_high,share\nbig,0.95,0.7,0.9,12.3 [11.0; 13.9]\n\"a,"
        + "\"\"b\"\"\nc\",0.5,0.4,0.6,\"65 [40, 60]\"\n"
    )
    let found = try difference(old, new, "file/csv")
    #expect(found.headline == "2 rows changed; 2 of 2 numbers outside the old interval")
    #expect(found.section("Changed cells").map { $0[0].text } == ["big", "a,\"b\"\nc"])
  }

  @Test(arguments: ["1e-300", "-1e-300", "1e308", "-1e308", "0", "1e-320", "0.0001", "nan", "inf", "5e15"])
  func `Numbers of any size have words for their change`(old: String) throws {
    for new in ["-1", "1", "1e308", "-1e308", "0", "-inf", "nan", "9007199254740993"] where new != old {
      let found = try difference(
        Sample.text("a.csv", "k,v\nx,\(old)\n"), Sample.text("a.csv", "k,v\nx,\(new)\n"), "file/csv")
      #expect(found.section("Changed cells").first.map { [$0[2].text, $0[3].text] } == [old, new])
    }
  }

  @Test func `Rows may be shorter than the header`() throws {
    let found = try difference(
      Sample.text("a.csv", "k,v,low,high\nx,1\ny\n"), Sample.text("a.csv", "k,v,low,high\nx,2\ny,1,0,3\n"), "file/csv")
    #expect(found.headline == "2 rows changed")
  }

  @Test func `A quotation mark within a cell is a character`() throws {
    let found = try difference(
      Sample.text("a.csv", "disk,price\n5\" floppy,1\n3.5\" floppy,2\n"),
      Sample.text("a.csv", "disk,price\n5\" floppy,1\n3.5\" floppy,3\n"), "file/csv")
    #expect(found.section("Changed cells").map { $0[0].text } == ["3.5\" floppy"])
  }

  @Test func `Columns that come and go are named`() throws {
    let found = try difference(
      Sample.text("a.csv", "k,a,b\nx,1,2\n"), Sample.text("a.csv", "k,b,c\nx,2,3\n"), "file/csv")
    #expect(found.section("Columns").map { $0[0].text } == ["+ c", "− a"])
    #expect(found.section("Changed cells").map { [$0[1].text, $0[2].text, $0[3].text] } == [["a", "1", ""]])
    let tables = try difference(
      Table(columns: [.init("k"), .init("a")], rows: [["x", 1]]).makeContent(),
      Table(columns: [.init("b"), .init("k")], rows: [[2, "x"]]).makeContent(), "table/1")
    #expect(tables.section("Columns").map { $0[0].text } == ["+ b", "− a"])
    #expect(tables.headline == "1 row changed")
  }

  @Test func `Checkpoints are compared tensor by tensor`() throws {
    let old = Sample.content([
      "model.safetensors": Sample.safetensors([
        ("a", [9], [Float](repeating: 1, count: 9)), ("b", [2], [3, 4]), ("c", [1], [0]), ("d", [1], [1]),
      ]),
      "config.json": Array("{\"width\":1}".utf8),
    ])
    let new = Sample.content([
      "model.safetensors": Sample.safetensors([
        ("a", [9], [Float](repeating: 1, count: 9)), ("b", [2], [-3, -4]), ("c", [1, 1], [0]), ("e", [1], [.nan]),
      ]),
      "config.json": Array("{\"width\":2}".utf8),
    ])
    let found = try difference(old, new, "clip/1")
    #expect(found.row("model.safetensors: Tensors", "b") == ["b", "F32 [2]", "8", "2", "−1", ""])
    #expect(found.row("model.safetensors: Tensors", "c")?[1] == "F32 [1] → F32 [1, 1]")
    #expect(found.row("model.safetensors: Tensors", "d")?[2] == "gone")
    #expect(found.row("model.safetensors: Tensors", "e")?[2] == "new")
    #expect(found.row("config.json: Values", "width") == ["width", "1", "2", "+100\u{a0}%"])
    #expect(found.counts.contains(.init("model.safetensors: tensors the same", 1)))
  }

  @Test(arguments: [1, 7, 8, 9, 1000, (1 << 20) + 13])
  func `Statistics of many numbers are those of a naive sum`(count: Int) throws {
    var generator = SystemRandomNumberGenerator()
    let old = (0..<count).map { _ in Float.random(in: -2...2, using: &generator) }
    let new = old.enumerated().map {
      $0.offset == count / 2 ? $0.element + 0.5 : $0.element + ($0.offset % 3 == 0 ? 0.125 : 0)
    }
    let found = try difference(
      Sample.content(["a.safetensors": Sample.safetensors([("w", [count], old)])]),
      Sample.content(["a.safetensors": Sample.safetensors([("w", [count], new)])]), "file/safetensors")
    let (x, y) = (old.map(Double.init), new.map(Double.init))
    let squares = zip(x, y).reduce(0) { $0 + ($1.1 - $1.0) * ($1.1 - $1.0) }
    let relative = (squares / x.reduce(0) { $0 + $1 * $1 }).squareRoot()
    let row = try #require(found.row("Tensors", "w"))
    let shown = try #require(Double(row[3].replacing(",", with: "")))
    #expect(abs(shown - relative) <= relative * 6e-4)
  }

  @Test func `Vectors are joined by their IDs`() throws {
    func vectors(_ ids: [String], _ values: [Float]) -> ArtifactContent {
      Sample.content([
        "embeddings.npy": Sample.npy(values, shape: [ids.count, 2]),
        "ids.txt": Array((ids.joined(separator: "\n") + "\n").utf8),
      ])
    }
    let found = try difference(
      vectors(["a", "b", "c"], [1, 0, 0, 1, 1, 1]), vectors(["c", "a", "d"], [1, 1, 0, 1, 5, 5]), "embeddings/1")
    #expect(found.headline == "1 row changed, 1 new, 1 gone, 1 the same; mean cosine 0.5000")
    #expect(found.row("Farthest rows", "a") == ["a", "0", "1"])
    #expect(throws: OperationError.self) {
      try difference(vectors(["a", "b"], [1, 0, 0, 1]), vectors(["a"], [1, 0, 0, 1]), "embeddings/1")
    }
  }

  @Test func `The difference of outcomes lists wins and losses`() throws {
    func outcomes(_ places: [Int]) -> ArtifactContent {
      Sample.text(
        "outcomes.jsonl",
        places.enumerated().map {
          "{\"task\":\"classification\",\"language\":\"de\",\"item\":\"i\($0.offset)\","
            + "\"picture\":\"p\",\"place\":\($0.element),\"of\":9}\n"
        }.joined())
    }
    let found = try difference(outcomes([0, 3, 0, 5]), outcomes([0, 0, 7, 4]), "outcomes/1")
    #expect(found.headline == "3 items at another place, 1 of them won, 1 lost")
    #expect(
      found.row("Right at the first place", "classification") == [
        "classification", "de", "4", "50\u{a0}%", "50\u{a0}%", "1", "1",
      ])
    #expect(found.section("Largest movers").first?.map(\.text) == ["classification", "de", "i2", "0", "7"])
  }

  @Test func `Pictures are compared pixel by pixel`() throws {
    func pictures(_ ids: [String], _ pixels: [UInt8]) -> ArtifactContent {
      Sample.content([
        "pixels.npy": Sample.npy(type: "|u1", shape: [ids.count, 1, 2, 4], elements: pixels),
        "ids.txt": Array((ids.joined(separator: "\n") + "\n").utf8),
      ])
    }
    let old = pictures(["a", "b"], [0, 0, 0, 255, 9, 9, 9, 255, 1, 1, 1, 1, 1, 1, 1, 1])
    let new = pictures(["b", "a"], [1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 255, 9, 200, 9, 255])
    let found = try difference(old, new, "pictures/1")
    #expect(found.headline == "1 picture changed, 1 the same")
    #expect(found.row("Changed pictures", "a") == ["a", "1", "50\u{a0}%", "191"])
    let pair = try #require(found.pictures.first)
    let bytes = try #require(pair.difference.flatMap { Data(base64Encoded: $0.base64) })
    #expect(Array(bytes.prefix(8)) == [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] && pair.old != pair.new)
    #expect(throws: OperationError.self) {
      try difference(
        old, Sample.content(["pixels.npy": Sample.npy([1], shape: [1, 1, 1, 1]), "ids.txt": Array("a\n".utf8)]),
        "pictures/1")
    }
  }

  @Test func `Drawings are shown side by side`() throws {
    let found = try difference(
      Sample.text("a.svg", "<svg><path d=\"1\"/></svg>"), Sample.text("a.svg", "<svg><path d=\"2\"/></svg>"), "file/svg"
    )
    #expect(found.headline == "1 element new, 1 gone")
    #expect(found.pictures.first?.old?.mediaType == "image/svg+xml")
  }

  @Test func `JSON is compared by its structure`() throws {
    let old = #"{"a":{"b":[1,2,{"id":"x"}]},"list":[{"id":"p","v":1},{"id":"q","v":2}],"gone":null}"#
    let new = #"{"a":{"b":[1,3]},"list":[{"id":"q","v":4},{"id":"p","v":1}],"new":"\u00e9"}"#
    let found = try difference(Sample.text("v.json", old), Sample.text("v.json", new), "json/X")
    #expect(found.headline == "2 values changed, 1 new, 2 gone")
    #expect(found.row("Values", "list[q].v") == ["list[q].v", "2", "4", "+100\u{a0}%"])
    #expect(found.row("Values", "new") == ["new", "", "“é”", ""])
  }

  @Test func `Archives are compared by their members`() throws {
    func tar(_ members: [(String, String)]) -> [UInt8] {
      members.flatMap { name, text -> [UInt8] in
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, _ at: Int) {
          for (index, byte) in text.utf8.enumerated() { header[at + index] = byte }
        }
        put(name, 0)
        put("0000644\0", 100)
        put(String(text.utf8.count, radix: 8), 124)
        put("ustar\u{0}00", 257)
        put("        ", 148)
        let sum = String(header.reduce(0) { $0 + Int($1) }, radix: 8)
        put(String(repeating: "0", count: 6 - sum.count) + sum + "\0 ", 148)
        return header + Array(text.utf8) + [UInt8](repeating: 0, count: (512 - text.utf8.count % 512) % 512)
      } + [UInt8](repeating: 0, count: 1024)
    }
    let old = Sample.content(["0.tar": tar([("a.png", "1"), ("b.png", "2"), ("c.png", "3")])])
    let new = Sample.content(["0.tar": tar([("a.png", "1"), ("b.png", "22"), ("d.png", "4")])])
    let found = try difference(old, new, "webdataset/1")
    #expect(found.headline == "1 member changed, 1 new, 1 gone, 1 the same")
    #expect(found.row("Members", "changed") == ["changed", "b.png", "1", "2"])
    let cut = Sample.content(["0.tar": Array(tar([("a.png", String(repeating: "x", count: 600))]).prefix(1000))])
    #expect(throws: OperationError.self) { try difference(old, cut, "webdataset/1") }
  }

  @Test func `Files of any other kind are compared as bytes`() throws {
    let found = try difference(
      Sample.text("tokenizer.model", "abcd"), Sample.text("tokenizer.model", "abXd"), "sentencepiece/1")
    #expect(found.headline == "other bytes from byte 2 on, 4\u{a0}B → 4\u{a0}B")
  }

  @Test(arguments: HostileInputTests.written + HostileInputTests.arrays + HostileInputTests.tensors)
  func `What is not of its format is an error here too`(_ sample: HostileInputTests.Broken) throws {
    // Of pairs without ids even the good ones are none.
    let format = ["embeddings/1": "file/npy", "pairs/1": "file/jsonl"][sample.format] ?? sample.format
    for (old, new) in [(sample.good, sample.bad), (sample.bad, sample.good)] {
      #expect(throws: OperationError.self) {
        try difference(Sample.content([sample.name: old]), Sample.content([sample.name: new]), format)
      }
    }
  }

  /// Every word is an entry of its language; words of other languages than English and German are none.
  private final class Words: EntryMatching {
    private var numbers: [String: UInt64] = [:]
    private var names: [(String, String)] = []

    func forEachEntry(in text: String, language: String, _ body: (UInt64) -> Void) {
      guard language == "en" || language == "de" else { return }
      for word in Set(text.split(separator: " ")).sorted() {
        let name = "\(language) \(word)"
        if numbers[name] == nil {
          numbers[name] = UInt64(names.count)
          names.append((language, String(word)))
        }
        body(numbers[name] ?? 0)
      }
    }

    func entry(_ number: UInt64) -> (language: String, text: String) { names[Int(number)] }
  }

  @Test func `Curated pairs are listed by entry`() throws {
    func pair(_ id: String, _ texts: [(String, String)]) -> String {
      let texts = texts.map { "{\"text\":\"\($0)\",\"field\":\"name\",\"language\":\"\($1)\"}" }.joined(separator: ",")
      return "{\"id\":\"\(id)\",\"image\":\"\(id)\",\"texts\":[\(texts)]}\n"
    }
    let old = Sample.text(
      "a.jsonl",
      pair("1", [("red dog", "en"), ("roter hund", "de")]) + pair("2", [("red cat", "en")])
        + pair("3", [("same", "en")]))
    let new = Sample.text(
      "a.jsonl",
      pair("1", [("red dog", "en")]) + pair("3", [("same", "en")]) + pair("4", [("a cat", "en"), ("chat", "fr")]))
    let found = try Comparison.difference(of: old, new: new, format: "pairs/1", name: "Thing", entries: Words())
    let section = try #require(found.sections.first { $0.title == "Texts by entry" })
    let rows = section.rows.map { $0.map(\.text) }
    // “cat” goes with one text and comes with another; “red” stays in the one that was kept.
    #expect(rows.first == ["en", "cat", "1", "1", "0", "red cat"])
    #expect(
      Set(rows.dropFirst().map { $0.prefix(5).joined(separator: " ") }) == [
        "de roter 1 0 −1", "de hund 1 0 −1", "en red 1 0 −1", "en a 0 1 +1",
      ])
    #expect(section.note == "1 changed text without an entry")
    let plain = try Comparison.difference(of: old, new: new, format: "pairs/1", name: "Thing")
    #expect(!plain.sections.contains { $0.title == "Texts by entry" })
  }
}

extension ArtifactDifference {
  /// The rows of a section; none when it is not there.
  func section(_ title: String) -> [[Cell]] { sections.first { $0.title == title }?.rows ?? [] }

  /// The texts of the row that begins with a word.
  func row(_ title: String, _ first: String) -> [String]? {
    section(title).first { $0.first?.text == first }?.map(\.text)
  }
}
