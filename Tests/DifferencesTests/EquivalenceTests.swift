import Core
import Differences
import FileFormats
import Foundation
import Testing

@Suite struct EquivalenceTests {
  private func compare(
    _ old: ArtifactContent, _ new: ArtifactContent, _ format: String, tolerance: Double? = nil
  ) throws -> Equivalence {
    try Comparison.equivalence(recorded: old, fresh: new, format: format, tolerance: tolerance)
  }

  @Test func `The same bytes are identical`() throws {
    #expect(try compare(Sample.text("a.jsonl", "{}\n"), Sample.text("b.jsonl", "{}\n"), "pairs/1") == .identical)
  }

  struct Texts: Sendable {
    var format: String
    var name: String
    var old: String
    var new: String
    /// The first difference under the type's own tolerance; `nil` for equivalent.
    var first: String?
  }

  @Test(arguments: [
    Texts(
      format: "pairs/1", name: "pairs.jsonl", old: "{\"id\":\"a\"}\n{\"id\":\"b\",\"image\":\"x\"}\n",
      new: "{\"id\":\"a\"}\n{\"id\":\"b\",\"image\":\"y\"}\n", first: "line 2 (b): image: “x” → “y”"),
    Texts(
      format: "pairs/1", name: "pairs.jsonl", old: "{\"id\":\"a\"}\n{\"id\":\"b\"}\n", new: "{\"id\":\"a\"}\n",
      first: "line 2 (b) is gone"),
    Texts(
      format: "pairs/1", name: "pairs.jsonl", old: "{\"id\":\"a\"}\n", new: "{\"id\":\"a\"}\n\n{\"id\":\"c\"}",
      first: "line 3 (c) is new"),
    Texts(
      format: "pairs/1", name: "pairs.jsonl", old: "{\"texts\":[{\"text\":\"é\"},{\"text\":\"b\"}]}",
      new: "{\"texts\":[{\"text\":\"\\u00e9\"},{\"text\":\"c\"}]}", first: "line 1 (é): texts[1].text: “b” → “c”"),
    Texts(format: "pairs/1", name: "pairs.jsonl", old: "{\"a\": 1}", new: "{\"a\":1}", first: nil),
    Texts(
      format: "pairs/1", name: "pairs.jsonl", old: "{\"a\":1,\"b\":2}", new: "{\"b\":2,\"a\":1}",
      first: "line 1: field “a” → “b”"),
    Texts(
      format: "metadata/2", name: "en.jsonl", old: "{\"score\":0.5}", new: "{\"score\":0.5000001}",
      first: "line 1: score: 0.5 → 0.5000001"),
    Texts(format: "outcomes/1", name: "o.jsonl", old: "{\"score\":0.5}", new: "{\"score\":0.5000001}", first: nil),
    Texts(
      format: "outcomes/1", name: "o.jsonl", old: "{\"of\":1000000}", new: "{\"of\":1000001}",
      first: "line 1: of: 1000000 → 1000001"),
    Texts(
      format: "outcomes/1", name: "o.jsonl", old: "{\"of\":9007199254740993}", new: "{\"of\":9007199254740992}",
      first: "line 1: of: 9007199254740993 → 9007199254740992"),
    Texts(format: "json/Scores", name: "value.json", old: "{\"x\":\"NaN\"}", new: "{\"x\": \"NaN\"}", first: nil),
    Texts(
      format: "json/Scores", name: "value.json", old: "[1,[2]]", new: "[1,[2,3]]",
      first: "[1][0]: no further element → 3"),
    Texts(format: "json/Scores", name: "value.json", old: "[true]", new: "[null]", first: "true → null"),
    Texts(
      format: "concept-counts/1", name: "languages.csv", old: "language,texts\nen,5\n", new: "language,texts\nen,6\n",
      first: "row 1 (en): texts 5 → 6"),
    Texts(
      format: "near-duplicates/1", name: "d.csv", old: "pool,distance\n\"a,\"\"b\",1\n",
      new: "pool,distance\r\n\"a,\"\"b\",1\r\n",
      first: nil),
    Texts(
      format: "near-duplicates/1", name: "d.csv", old: "a\n007\n", new: "a\n7\n", first: "row 1 (007): a 007 → 7"),
    Texts(format: "languages/1", name: "ids.txt", old: "a\nb\n", new: "a\nc\n", first: "line 2: “b” → “c”"),
    Texts(
      format: "sentencepiece/1", name: "tokenizer.model", old: "abcd", new: "abxd", first: "byte 2 (4 → 4 bytes)"),
    Texts(format: "sentencepiece/1", name: "tokenizer.model", old: "abcd", new: "ab", first: "byte 2 (4 → 2 bytes)"),
  ])
  func `The first difference of written formats is told in words`(_ sample: Texts) throws {
    let found = try compare(Sample.text(sample.name, sample.old), Sample.text(sample.name, sample.new), sample.format)
    if let first = sample.first {
      #expect(found == .diverged(first: first))
    } else if case .equivalent(let largest, let tolerance) = found {
      #expect(largest <= tolerance)
    } else {
      Issue.record("\(found)")
    }
  }

  @Test func `An explicit tolerance holds for whole numbers too`() throws {
    let old = Sample.text("languages.csv", "language,texts\nen,1000\n")
    let new = Sample.text("languages.csv", "language,texts\nen,1010\n")
    guard case .equivalent(let largest, 0.02) = try compare(old, new, "concept-counts/1", tolerance: 0.02) else {
      Issue.record("not equivalent")
      return
    }
    #expect(abs(largest - 10.0 / 1010) < 1e-12)
    #expect(
      try compare(old, new, "concept-counts/1", tolerance: 0.005) == .diverged(first: "row 1 (en): texts 1000 → 1010"))
  }

  @Test(arguments: [-1, .nan, .infinity]) func `A tolerance is a number of at least zero`(tolerance: Double) throws {
    #expect(throws: OperationError.self) {
      try compare(Sample.text("a.json", "1"), Sample.text("a.json", "2"), "json/Int", tolerance: tolerance)
    }
  }

  @Test func `A table names row and column`() throws {
    func table(_ value: Double, _ low: Double) throws -> ArtifactContent {
      try Table(
        columns: [.init("language"), .init("top-1"), .init("n")],
        rows: [["de", 0.5, 3], ["en", .interval(value, low: low, high: 0.9), .empty]]
      ).makeContent()
    }
    #expect(
      try compare(table(0.812, 0.7), table(0.798, 0.7), "table/1")
        == .diverged(first: "row 2 (en): top-1 0.812 [0.7, 0.9] → 0.798 [0.7, 0.9]"))
    guard case .equivalent(let largest, 1e-5) = try compare(table(0.812, 0.7), table(0.812, 0.700001), "table/1") else {
      Issue.record("not equivalent")
      return
    }
    #expect(abs(largest - 1e-6) < 1e-9)
  }

  @Test func `Vectors are compared number by number`() throws {
    func vectors(_ values: [Float], ids: String = "a\nb\n") -> ArtifactContent {
      Sample.content(["embeddings.npy": Sample.npy(values, shape: [2, 2]), "ids.txt": Array(ids.utf8)])
    }
    let old = vectors([0.5, .nan, -1, 0])
    guard case .equivalent = try compare(old, vectors([0.500001, -.nan, -1, -0.0]), "embeddings/1") else {
      Issue.record("not equivalent")
      return
    }
    #expect(
      try compare(old, vectors([0.5, .nan, -1, 0.25]), "embeddings/1")
        == .diverged(first: "embeddings.npy: row 1 (b): element [1, 1] 0.0 → 0.25"))
    #expect(
      try compare(old, vectors([0.5, 1, -1, 0]), "embeddings/1")
        == .diverged(first: "embeddings.npy: row 0 (a): element [0, 1] nan → 1.0"))
    #expect(
      try compare(old, vectors([0.5, .nan, -1, 0], ids: "a\nc\n"), "embeddings/1")
        == .diverged(first: "ids.txt: line 2: “b” → “c”"))
    #expect(
      try compare(
        old, Sample.content(["embeddings.npy": Sample.npy([1, 2], shape: [2, 1]), "ids.txt": Array("a\nb\n".utf8)]),
        "embeddings/1")
        == .diverged(first: "embeddings.npy: <f4 [2, 2] → <f4 [2, 1]"))
  }

  @Test(arguments: [
    ("<f2", [UInt8]([0x00, 0x3C]), [UInt8]([0x00, 0xC0]), "1.0 → -2.0"),
    ("<f8", [0, 0, 0, 0, 0, 0, 0xF0, 0x3F], [0, 0, 0, 0, 0, 0, 0xE0, 0x3F], "1.0 → 0.5"),
    ("|u1", [200], [201], "200 → 201"), ("|i1", [255], [1], "-1 → 1"), ("<u2", [0, 1], [1, 1], "256 → 257"),
    ("<i4", [255, 255, 255, 255], [0, 0, 0, 0], "-1 → 0"), ("|b1", [0], [1], "false → true"),
    (
      "<u8", [255, 255, 255, 255, 255, 255, 255, 255], [254, 255, 255, 255, 255, 255, 255, 255],
      "18446744073709551615 → 18446744073709551614"
    ),
  ])
  func `Every element type is read`(type: String, old: [UInt8], new: [UInt8], words: String) throws {
    func array(_ bytes: [UInt8]) -> ArtifactContent {
      Sample.content(["a.npy": Sample.npy(type: type, shape: [1], elements: bytes)])
    }
    #expect(try compare(array(old), array(new), "embeddings/1") == .diverged(first: "element [0] \(words)"))
  }

  @Test func `Halves are read as IEEE 754 has them`() {
    for (bits, value) in [
      (0x0001, 0x1p-24), (0x03FF, 0x1p-14 - 0x1p-24), (0x0400, 0x1p-14), (0x3555, 0.333251953125), (0x7BFF, 65504),
      (0x7C00, .infinity),
      (0x8000, -0.0), (0xFC00, -.infinity),
    ] as [(UInt16, Float)] {
      #expect(StoredType.float(half: bits).bitPattern == value.bitPattern)
    }
    #expect(StoredType.float(half: 0x7E00).isNaN)
  }

  @Test func `Checkpoints are compared tensor by tensor`() throws {
    func model(_ bias: [Float], extra: Bool = false, shape: [Int] = [2]) -> ArtifactContent {
      Sample.content([
        "model.safetensors": Sample.safetensors(
          [("w", [1, 2], [1, 2]), ("b", shape, bias)] + (extra ? [("x", [0], [])] : [])),
        "config.json": Array("{\"width\":2}".utf8),
      ])
    }
    guard case .equivalent(let largest, 1e-5) = try compare(model([100, 0]), model([100.0005, 0]), "clip/1") else {
      Issue.record("not equivalent")
      return
    }
    #expect(largest > 1e-6)
    #expect(
      try compare(model([100, 0]), model([100.5, 0]), "clip/1")
        == .diverged(first: "model.safetensors: tensor b: element [0] 100.0 → 100.5"))
    #expect(
      try compare(model([1, 0]), model([1, 0], extra: true), "clip/1")
        == .diverged(first: "model.safetensors: tensor x is new"))
    #expect(
      try compare(model([1, 0], extra: true), model([1, 0]), "clip/1")
        == .diverged(first: "model.safetensors: tensor x is gone"))
    #expect(
      try compare(model([1, 0]), model([1, 0], shape: [2, 1]), "clip/1")
        == .diverged(first: "model.safetensors: tensor b: F32 [2] → F32 [2, 1]"))
  }

  @Test func `Files that are gone are named`() throws {
    let both = Sample.content(["a.txt": [1], "b.txt": [2]])
    #expect(try compare(both, Sample.content(["a.txt": [1]]), "x/1") == .diverged(first: "the file b.txt is gone"))
    #expect(try compare(Sample.content(["a.txt": [1]]), both, "x/1") == .diverged(first: "the file b.txt is new"))
  }

  @Test func `Closeness is symmetric and bounded`() {
    let numbers = [0, -0.0, 1, 1 + 1e-6, -1, 1e308, -1e308, 1e-300, .infinity, -.infinity, .nan, 123456, 123457]
    for tolerance in [0, 1e-5, 0.1, 2] {
      for a in numbers {
        for b in numbers {
          var first = Closeness(tolerance: tolerance, takesWholeNumbersExactly: false)
          var second = first
          let accepted = first.accepts(a, b)
          #expect(accepted == second.accepts(b, a))
          if a == b || (a.isNaN && b.isNaN) { #expect(accepted) }
          if a.isFinite != b.isFinite || a.isNaN != b.isNaN { #expect(!accepted) }
          if a.isFinite, b.isFinite, abs(a) < 1e300, abs(b) < 1e300 {
            #expect(accepted == (abs(a - b) <= tolerance * max(1, abs(a), abs(b))))
          }
        }
      }
    }
  }
}
