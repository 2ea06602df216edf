import ArtifactTypes
import Core
import Counting
import Curation
import FileFormats
import Foundation
import TestSupport
import Testing

@Suite struct PairsTests {
  private let awkward = [
    "plain", "“quoted” \"quotes\" \\ back", "tab\tline\nreturn\r", "null\u{0} bell\u{7}", "😀 é e\u{301} \u{2028}", "",
    "{}[],:",
  ]

  @Test func `Pairs come back as they were written, whatever is in their texts`() throws {
    let pairs = awkward.enumerated().map { number, text in
      Pair(
        id: "p\(number)", image: text.isEmpty ? "i" : text,
        texts: [PairText(text, field: "alt"), PairText(text, field: "f", language: "zh_Hant", confidence: 0.1962)],
        group: number == 0 ? nil : text)
    }
    let writer = try PairsWriter(path: temporaryFolder() + "/pairs.jsonl")
    for pair in pairs { try writer.write(pair) }
    let written = try writer.finish()
    #expect(try written.all() == pairs)
    #expect(try written.count() == pairs.count)
    #expect(
      try Pairs(content: ArtifactContent(bytes: written.content.files[0].bytes(), name: "pairs.jsonl")).all() == pairs)
  }

  @Test func `Equal pairs give equal bytes, which are JSON that others can read`() throws {
    let writer = try PairsWriter(path: temporaryFolder() + "/pairs.jsonl")
    try writer.write(
      Pair(id: "1", image: "2", texts: [PairText("a \"b\"\u{1}", field: "alt", language: "en")], group: "g"))
    let bytes = try writer.finish().content.files[0].bytes()
    #expect(
      String(decoding: bytes, as: UTF8.self) == #"{"id":"1","image":"2","group":"g","texts":[{"text":"a \"b\"\u0001","#
        + #""field":"alt","language":"en"}]}"# + "\n")
    #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(bytes)) }
  }

  @Test func `JSON of others is read too: spaces, other orders, escapes, unknown fields`() throws {
    let line =
      #" { "more" : {"a":[1,-2.5e3,true,null,"\""]} , "texts":[ {"language":"en", "#
      + #""text":"\ud83d\ude00\u00e9\/" } ],"image":"i","id":"x"} "#
    let pairs = try Pairs(content: ArtifactContent(bytes: Array((line + "\n\n").utf8), name: "pairs.jsonl"))
    #expect(try pairs.all() == [Pair(id: "x", image: "i", texts: [PairText("😀é/", field: "", language: "en")])])
  }

  @Test(arguments: [
    #"{"id":"1"}"#, #"{"id":"1","image":"2","texts":[{}]}"#, #"{"id":"1","image":"2","texts":["#, "[]",
    #"{"id":"1","image":"2","texts":[]} x"#, #"{"id":"\ud83d","image":"2","texts":[]}"#, #"{"id":1,"image":"2"}"#,
  ])
  func `A damaged line is an error that names the line`(_ damaged: String) throws {
    let good = #"{"id":"1","image":"2","texts":[]}"#
    let pairs = try Pairs(content: ArtifactContent(bytes: Array("\(good)\n\(damaged)\n".utf8), name: "pairs.jsonl"))
    let error = #expect(throws: OperationError.self) { try pairs.all() }
    #expect(error?.description.contains("line 2") ?? false)
  }

  @Test func `Pieces of a file end with lines and lie side by side`() throws {
    let bytes = MappedBytes(Array((0..<500).map { "line \($0)\n" }.joined().utf8) + Array("last".utf8))
    let pieces = bytes.pieces(size: 100)
    #expect(pieces.count > 20)
    #expect(pieces.first?.lowerBound == 0 && pieces.last?.upperBound == bytes.bytes.count)
    #expect(
      zip(pieces, pieces.dropFirst()).allSatisfy {
        $0.upperBound == $1.lowerBound && bytes.bytes[$1.lowerBound - 1] == 10
      })
    var lines: [String] = []
    for piece in pieces { bytes.forEachLine(in: piece) { lines.append(String(decoding: $0, as: UTF8.self)) } }
    #expect(lines.count == 501 && lines[7] == "line 7" && lines[500] == "last")
  }

  @Test func `Filtering by text drops pairs that have none left`() throws {
    let folder = try temporaryFolder()
    let writer = try PairsWriter(path: folder + "/a.jsonl")
    try writer.write(Pair(id: "1", image: "1", texts: [PairText("one", field: "f"), PairText("one two", field: "f")]))
    try writer.write(Pair(id: "2", image: "2", texts: [PairText("one", field: "f")]))
    let long = try writer.finish().filter(into: folder + "/b.jsonl") { $0.wordCount >= 2 }
    #expect(try long.all() == [Pair(id: "1", image: "1", texts: [PairText("one two", field: "f")])])
  }
}

@Suite struct OtherArtifactTests {
  @Test func `Pictures come back byte for byte, from a file that NumPy reads`() throws {
    let folder = try temporaryFolder()
    let writer = try PictureSetWriter(folder: folder, count: 2, width: 3, height: 2)
    let pixels = (0..<2).map { picture in (0..<24).map { UInt8($0 + 100 * picture) } }
    try writer.write(id: "a", pixels: pixels[0])
    try writer.write(id: "b/c", pixels: pixels[1])
    let set = try writer.finish()
    let pictures = try PictureSet(content: set.content).open()
    #expect(pictures.ids == ["a", "b/c"] && pictures.width == 3 && pictures.height == 2)
    #expect(pictures.position(of: "b/c").map(pictures.pixels) == pixels[1])
    #expect(pictures.position(of: "c") == nil)
    let bytes = try #require(try set.content["pixels.npy"]?.bytes())
    #expect(bytes.count == 128 + 48)
    #expect(
      String(decoding: bytes[10..<127], as: UTF8.self).hasPrefix(
        "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 2, 3, 4,), }"))
  }

  @Test func `A set with fewer pictures than announced, or two of one id, is not written`() throws {
    let short = try PictureSetWriter(folder: temporaryFolder(), count: 2, width: 1, height: 1)
    try short.write(id: "a", pixels: [1, 2, 3, 4])
    #expect(throws: OperationError.self) { try short.finish() }
    try short.write(id: "a", pixels: [1, 2, 3, 4])
    #expect(throws: OperationError.self) { try short.finish() }
  }

  @Test func `Metadata keeps order, marks and scores of each language`() throws {
    let writer = ConceptMetadataWriter(folder: try temporaryFolder())
    let entries = [
      Concept("0", source: .digits), Concept("狗\"", source: .lexicon),
      Concept("a b", source: .bigram, score: 3.9068905956085187),
      Concept("a", source: .unigram, score: 12),
    ]
    try writer.write(entries, of: "zh_Hant")
    try writer.write([], of: "en")
    let metadata = try writer.finish()
    #expect(metadata.languages == ["en", "zh_Hant"])
    #expect(try metadata.entries(of: "zh_Hant") == entries)
    #expect(try metadata.entries(of: "de").isEmpty)
    #expect(try metadata.summary()[column: "entries"] == [0, 4])
  }

  @Test func `Counts of entries that no text matches are zeros of the distribution`() throws {
    let counts = try ConceptCounts.write(
      [(.init(code: "en", entries: 4, texts: 9, matchedTexts: 7), [.init("a", count: 7), .init("b", count: 2)])],
      folder: temporaryFolder())
    #expect(try ConceptCounts(content: counts.content).distribution(of: "en") == [0, 0, 2, 7])
    #expect(try counts.counts(of: "en") == [.init("a", count: 7), .init("b", count: 2)])
  }

  @Test func `A table of texts tells composed from decomposed letters and grows`() {
    var table = TextTable()
    for number in 0..<1000 { #expect(table.insert("text \(number)").isNew) }
    #expect(table.insert("é").isNew && table.insert("e\u{301}").isNew && !table.insert("é").isNew)
    #expect(table.count == 1002 && table[17] == "text 17" && table[1001] == "e\u{301}")
    #expect(Array("text 999".utf8).withUnsafeBytes { table.find($0) } == 999)
    #expect(Array("text".utf8).withUnsafeBytes { table.find($0) } == nil)
  }

  @Test func `Work on several threads gives results in order, and the first error`() async throws {
    let squares = try await concurrentMap(count: 100, threads: 4) { $0 * $0 }
    #expect(squares == (0..<100).map { $0 * $0 })
    struct Odd: Error {}
    await #expect(throws: Odd.self) {
      _ = try await concurrentMap(count: 10, threads: 3) { if $0 == 7 { throw Odd() } }
    }
  }

  @Test func `A code that is not there takes the name of the one it comes from`() {
    let languages = Languages([
      Language(code: "zh", name: "Chinese", script: "Hans"), Language(code: "ar", name: "Arabic", script: "Arab"),
    ])
    #expect(languages["zh_Hant_HK"]?.name == "Chinese")
    #expect(languages["ar"]?.isRightToLeft ?? false)
    #expect(languages["xx"] == nil && languages.name("xx") == "xx")
  }
}
