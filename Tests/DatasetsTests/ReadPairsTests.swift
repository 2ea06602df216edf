import ArtifactTypes
import Core
import Datasets
import Foundation
import Imaging
import TestSupport
import Testing

/// The notes of a stage, guarded by a lock.
final class NoteList: @unchecked Sendable {
  private let lock = NSLock()
  private var texts: [String] = []
  var all: [String] { lock.withLock { texts } }
  func add(_ text: String) { lock.withLock { texts.append(text) } }

  func context(threads: Int = 2) throws -> StageContext {
    StageContext(scratch: try temporaryFolder(), threads: threads) { if case .note(let text) = $0 { self.add(text) } }
  }
}

func record(_ id: String, _ text: String = "a dog", image: String = "i") -> String {
  #"{"id":"\#(id)","image":"\#(image)","texts":[{"text":"\#(text)","field":"alt","language":"en"}]}"#
}

@Suite struct ReadPairsTests {
  private func folder(_ files: [String: String]) throws -> String {
    let root = try temporaryFolder()
    for (name, text) in files { try write(Array(text.utf8), to: "\(root)/\(name)") }
    return root
  }

  private func ids(_ pairs: Pairs) throws -> [String] { try pairs.all().map(\.id) }

  @Test func `Plain and packed files are read in the order of their names, a shard each`() async throws {
    let names = ["a", "b", "c", "d", "e"]
    let root = try folder(
      Dictionary(uniqueKeysWithValues: names.map { ("\($0).jsonl", record("\($0)1") + "\n" + record("\($0)2")) }))
    try shell("gzip b.jsonl && bzip2 c.jsonl && zstd -q --rm d.jsonl && xz e.jsonl && echo no > x.txt", in: root)
    let notes = NoteList()
    let pairs = try await ReadPairs(folder: root).run(notes.context())
    #expect(try ids(pairs) == names.flatMap { ["\($0)1", "\($0)2"] })
    #expect(pairs.content.files.map(\.name) == (0..<5).map { "pairs-0000\($0).jsonl" })
    #expect(notes.all.isEmpty)
    let one = try await ReadPairs(file: InputFile(root + "/b.jsonl.gz")).run(notes.context())
    #expect(try ids(one) == ["b1", "b2"] && one.content.files.map(\.name) == ["pairs.jsonl"])
  }

  @Test func `Spaces, other fields, nulls, empty lines and a byte order mark do no harm`() async throws {
    let text =
      "\u{FEFF}{ \"texts\" : [ {\"language\":null, \"field\":null,\"text\":\"x\",\"n\":[1]} ], "
      + "\"image\":\"i\",\"id\":\"1\",\"group\":null,\"w\":{\"a\":2}}\r\n\n  \r\n"
    let notes = NoteList()
    let pairs = try await ReadPairs(folder: folder(["a.jsonl": text])).run(notes.context())
    #expect(try pairs.all() == [Pair(id: "1", image: "i", texts: [PairText("x", field: "")])])
    #expect(notes.all.isEmpty)
  }

  @Test func `Broken records are left out, counted by kind and named by file and line`() async throws {
    let good = record("good")
    let lines = [
      record("1"), String(good.dropLast()), good + ",", good.replacing(#","image""#, with: #" "image""#),
      good.replacing("a dog", with: #"a \q dog"#), good.replacing("a dog", with: "a \u{1} dog"), "[]", "7",
      good.replacing(#""good""#, with: "12"), good.replacing(#""a dog""#, with: "null"),
      #"{"image":"i","texts":[{"text":"x"}]}"#,
      #"{"id":"","image":"i","texts":[{"text":"x"}]}"#, #"{"id":"x","texts":[{"text":"x"}]}"#,
      #"{"id":"x","image":"i"}"#,
      #"{"id":"x","image":"i","texts":[]}"#, #"{"id":"x","image":"i","texts":[{"text":" \t\u00a0"}]}"#,
      #"{"id":"x","image":"i","texts":[{"field":"alt"}]}"#, #"{"id":"x","image":"i","texts":"none"}"#,
      record("1", "again"),
      record("2"), #"{"id":"3","image":"i","texts":[{"text":"x"},{"text":""}]}"#, record("4", #"\ud800"#), "nonsense",
    ]
    let root = try folder([:])
    try write(
      Array(lines.joined(separator: "\n").utf8) + [10] + Array(record("5", "caf").dropLast(30).utf8) + [0xE9]
        + Array(record("5").suffix(30).utf8) + [10], to: root + "/a.jsonl")
    let notes = NoteList()
    let pairs = try await ReadPairs(folder: root).run(notes.context())
    #expect(try ids(pairs) == ["1", "2", "3"])
    let counts = notes.all.map { String($0.prefix { $0 != "," }) }
    #expect(
      Set(counts) == [
        "1 pairs have an id that was there before", "1 records have only empty texts", "1 records have empty texts",
        "2 records have no “id”", "1 records have no “image”", "2 records have no “texts”",
        "6 records have values of another type", "6 records are no JSON", "2 records are no UTF-8",
      ])
    let broken = try #require(notes.all.first { $0.contains("no JSON") })
    for line in [2, 3, 4, 5, 6] { #expect(broken.contains("a.jsonl:\(line) (")) }
    #expect(!broken.contains("a.jsonl:23"))
    #expect(notes.all.contains { $0.contains("there before") && $0.contains("a.jsonl:19") })
    #expect(notes.all.contains { $0.contains("UTF-8") && $0.contains("a.jsonl:22") && $0.contains("a.jsonl:24") })
  }

  @Test func `A line that is too long is left out`() async throws {
    let long = record("long", String(repeating: "x", count: (16 << 20) + 1))
    let notes = NoteList()
    let pairs = try await ReadPairs(folder: folder(["a.jsonl": "\(record("1"))\n\(long)\n\(record("2"))\n"])).run(
      notes.context())
    #expect(try ids(pairs) == ["1", "2"])
    #expect(notes.all == ["1 lines are longer than 16 MiB, for instance a.jsonl:2"])
  }

  @Test func `Of equal ids the first in the order of files and lines stays, on any number of threads`() async throws {
    var random = FixedRandom(17)
    var files: [String: String] = [:]
    var seen: Set<String> = []
    var expected: [String] = []
    var doubles = 0
    for file in 0..<12 {
      let lines = (0..<500).map { line in record("\(Int.random(in: 0..<3000, using: &random))", "\(file) \(line)") }
      files["\(10 + file).jsonl"] = lines.joined(separator: "\n") + "\n"
    }
    for (_, text) in files.sorted(by: { $0.key < $1.key }) {
      for line in text.split(separator: "\n") {
        let id = String(line.dropFirst(7).prefix { $0 != "\"" })
        if seen.insert(id).inserted { expected.append(String(line)) } else { doubles += 1 }
      }
    }
    let root = try folder(files)
    var digests: Set<Digest> = []
    for threads in [1, 2, 5] {
      let notes = NoteList()
      let pairs = try await ReadPairs(folder: root).run(notes.context(threads: threads))
      digests.insert(pairs.content.digest)
      let lines = try pairs.content.files.flatMap {
        String(decoding: try $0.bytes(), as: UTF8.self).split(separator: "\n")
      }
      #expect(lines.map(String.init) == expected)
      #expect(notes.all.count == 1 && notes.all[0].hasPrefix("\(doubles) pairs have an id that was there before"))
    }
    #expect(digests.count == 1)
  }

  @Test func `Doubles are found in little memory as in much`() throws {
    var random = FixedRandom(19)
    let ids = (0..<20_000).map { _ in "id \(Int.random(in: 0..<15_000, using: &random))" }
    var seen: Set<String> = []
    let expected = ids.enumerated().compactMap { seen.insert($1).inserted ? nil : $0 }
    for memoryLimit in [1 << 14, 1 << 24] {
      let scratch = try temporaryFolder()
      let sorters = (0..<3).map { _ in PairIDs(folder: scratch, memoryLimit: memoryLimit) }
      for (position, id) in ids.enumerated() {
        try sorters[position % 3].add(
          id, PairIDs.Place(file: position / 7000, index: position % 7000, number: position + 1))
      }
      var found: [PairIDs.Place] = []
      try PairIDs.forEachDuplicate(in: sorters, folder: scratch, memoryLimit: memoryLimit) { found.append($0) }
      #expect(found == expected.map { PairIDs.Place(file: $0 / 7000, index: $0 % 7000, number: $0 + 1) })
    }
  }

  @Test(arguments: ["gz", "bz2", "zst", "xz", ""])
  func `A file that ends early is an error, or noted when that is allowed`(_ ending: String) async throws {
    let root = try folder([
      "a.jsonl": (0..<20_000).map { record("\($0)", "\($0 &* 2_654_435_761 % 99_991)") + "\n" }.joined()
    ])
    if let tool = CompressedFileTests.tools[ending] { try shell("\(tool) a.jsonl && rm a.jsonl", in: root) }
    let name = ending.isEmpty ? "a.jsonl" : "a.jsonl.\(ending)"
    let whole = try read("\(root)/\(name)")
    try write(whole.prefix(whole.count * 9 / 10 + 3), to: "\(root)/\(name)")
    try write(Array(record("last").utf8), to: root + "/b.jsonl")
    let notes = NoteList()
    let error = await #expect(throws: OperationError.self) { try await ReadPairs(folder: root).run(notes.context()) }
    #expect(error?.endsEarly == true && error?.description.contains(name) == true)
    var stage = ReadPairs(folder: root)
    stage.allowsEarlyEnd = true
    let found = try await ids(stage.run(notes.context()))
    // bzip2 unpacks 900 kB at once.
    #expect(found.count > (ending == "bz2" ? 1 : 10_000) && found.last == "last" && found.count < 20_000)
    #expect(found.dropLast() == (0..<found.count - 1).map { "\($0)" }[...])
    #expect(notes.all.count == 1 && notes.all[0].contains("ends early"))
  }

  @Test func `When nothing can be used, that is an error which says why`() async throws {
    let error = await #expect(throws: OperationError.self) {
      try await ReadPairs(folder: folder(["a.jsonl": "x\ny\n"])).run(NoteList().context())
    }
    #expect(error?.cause.contains("2 records are no JSON") ?? false)
    await #expect(throws: OperationError.self) {
      try await ReadPairs(folder: folder(["a.jsonl": ""])).run(NoteList().context())
    }
  }

  /// Every line is either there or counted, and those that nobody touched are there.
  @Test(arguments: 0..<8) func `Random damage is counted line by line`(_ seed: Int) async throws {
    var random = FixedRandom(UInt64(seed + 100))
    let lines = (0..<300).map { record("id\($0)", "text é \($0)") }
    var bytes = Array(lines.joined(separator: "\n").utf8) + [10]
    let whole = bytes
    for _ in 0..<60 {
      bytes[Int.random(in: 0..<bytes.count - 1, using: &random)] = UInt8.random(in: 0...255, using: &random)
    }
    let root = try folder([:])
    try write(bytes, to: root + "/a.jsonl")
    let notes = NoteList()
    let pairs = try await ReadPairs(folder: root).run(notes.context()).all()
    let damaged = bytes.split(separator: 10, omittingEmptySubsequences: false).dropLast()
    let texts = notes.all.filter { $0.contains("which were left out") }
    let counted = notes.all.filter { !texts.contains($0) }.reduce(0) { $0 + (Int($1.prefix { $0.isNumber }) ?? 0) }
    let blank = damaged.count { $0.allSatisfy { $0 == 32 || $0 == 9 || $0 == 13 } }
    #expect(pairs.count + counted + blank == damaged.count)
    let intact = Set(whole.split(separator: 10)).intersection(damaged)
    let found = Set(pairs.map(\.id))
    for line in intact {
      #expect(found.contains(String(decoding: line.dropFirst(7).prefix { $0 != 34 }, as: UTF8.self)))
    }
    #expect(intact.count > 200 && counted > 0)
  }
}

@Suite struct WritePairsTests {
  private func pairs(_ count: Int) throws -> Pairs {
    let writer = try PairsWriter(path: temporaryFolder() + "/pairs.jsonl")
    for number in 0..<count {
      try writer.write(
        Pair(
          id: "p\(number)", image: "i\(number / 2)",
          texts: [
            PairText(
              "dog “\(number)” \n\u{1}", field: "alt", language: number % 3 == 0 ? nil : "zh_Hant", confidence: 0.25)
          ],
          group: number % 2 == 0 ? "g" : nil))
    }
    return try writer.finish()
  }

  @Test(arguments: PairCompression.allCases, [1, 7, 100, 101, 1000])
  func `Reading what was written gives the same pairs`(_ compression: PairCompression, _ size: Int) async throws {
    let pairs = try pairs(100)
    let files = try await WritePairs(pairs, compression: compression, shardSize: size).run(
      NoteList().context(threads: 3))
    #expect(files.content.files.count == (100 + size - 1) / size)
    let again = try await ReadPairs(files: files).run(NoteList().context())
    #expect(try again.all() == pairs.all())
  }

  @Test(arguments: PairCompression.allCases)
  func `Equal pairs give equal files on any number of threads, and others can unpack them`(
    _ compression: PairCompression
  )
    async throws
  {
    let pairs = try pairs(5000)
    let one = try await WritePairs(pairs, compression: compression, shardSize: 900).run(NoteList().context(threads: 1))
    let context = try NoteList().context(threads: 4)
    let four = try await WritePairs(pairs, compression: compression, shardSize: 900).run(context)
    #expect(one.content.digest == four.content.digest)
    let tool = [PairCompression.none: "cat", .gzip: "gzip -dc", .zstd: "zstd -dc"][compression] ?? ""
    try shell("\(tool) pairs-0* > all.jsonl", in: context.scratch)
    #expect(try read(context.scratch + "/all.jsonl") == pairs.content.files[0].bytes())
  }

  @Test func `No time stands in a gzip header`() async throws {
    let files = try await WritePairs(pairs(3)).run(NoteList().context())
    #expect(files.content.files[0].name == "pairs-00000.jsonl.gz")
    #expect(try files.content.files[0].bytes()[4..<8].allSatisfy { $0 == 0 })
  }

  @Test func `No pairs give one empty file, and a size of nothing is an error`() async throws {
    let empty = try pairs(0)
    #expect(try await WritePairs(empty, compression: .none).run(NoteList().context()).content.byteCount == 0)
    await #expect(throws: OperationError.self) { try await WritePairs(empty, shardSize: 0).run(NoteList().context()) }
  }
}
