import ArtifactTypes
import Core
import Datasets
import Foundation
import Imaging
import TestSupport
import Testing

@Suite struct WebDatasetTests {
  private func pictures(_ count: Int) throws -> PictureSet {
    let writer = try PictureSetWriter(folder: temporaryFolder(), count: count, width: 4, height: 4)
    for number in 0..<count {
      try writer.write(id: "pic/\(number).x é", pixels: (0..<64).map { UInt8($0 % 4 == 3 ? 255 : number * 16 + $0) })
    }
    return try writer.finish()
  }

  private func pairs(_ count: Int, pictures: Int) throws -> Pairs {
    let writer = try PairsWriter(path: temporaryFolder() + "/pairs.jsonl")
    for number in 0..<count {
      try writer.write(
        Pair(
          id: "p.\(number)/ü", image: "pic/\(number % pictures).x é",
          texts: [PairText("text “\(number)”", field: "alt", language: "en", confidence: 0.5)], group: "g"))
    }
    return try writer.finish()
  }

  /// A folder with the shards that a stage wrote.
  private func folder(_ files: WebDatasetFiles) throws -> String {
    let root = try temporaryFolder()
    for file in files.content.files { try write(try file.bytes(), to: "\(root)/\(file.name)") }
    return root
  }

  @Test(arguments: [1, 3, 5, 100]) func `Reading what was written gives the same pairs and pictures`(_ size: Int)
    async throws
  {
    let pictures = try pictures(4)
    let pairs = try pairs(5, pictures: 4)
    let notes = NoteList()
    let files = try await WriteWebDataset(pairs: pairs, pictures: pictures, shardSize: size).run(notes.context())
    #expect(files.content.files.count == (5 + size - 1) / size)
    let root = try folder(files)
    #expect(try await ReadWebDataset(folder: root).run(notes.context()).all() == pairs.all())
    let again = try await RenderWebDataset(folder: root, size: 4).run(notes.context())
    #expect(again.content.digest == pictures.content.digest)
    #expect(notes.all.isEmpty)
  }

  @Test func `Equal inputs give equal shards on any number of threads, and tar reads them`() async throws {
    let pictures = try pictures(4)
    let pairs = try pairs(40, pictures: 5)
    let notes = NoteList()
    let one = try await WriteWebDataset(pairs: pairs, pictures: pictures, shardSize: 7).run(notes.context(threads: 1))
    let four = try await WriteWebDataset(pairs: pairs, pictures: pictures, shardSize: 7).run(
      NoteList().context(threads: 4))
    #expect(one.content.digest == four.content.digest)
    #expect(notes.all.count == 1 && notes.all[0].hasPrefix("8 pairs have no picture, for instance p.4/ü"))
    let root = try folder(one)
    try shell("tar tvf 00000.tar --utc > list && tar xf 00000.tar", in: root)
    let list = String(decoding: try read(root + "/list"), as: UTF8.self).split(separator: "\n")
    #expect(list.count == 12)
    #expect(list.allSatisfy { $0.hasPrefix("-rw-r--r-- 0/0") && $0.contains("1970-01-01 00:00") })
    #expect(String(decoding: try read(root + "/000000002.json"), as: UTF8.self).contains(#""id":"p.2/ü""#))
    #expect(try read(root + "/000000002.png").starts(with: [0x89, 0x50, 0x4E, 0x47]))
  }

  @Test func `Shards of other tools give captions from JSON or text, under the samples' keys`() async throws {
    let root = try temporaryFolder()
    try FileManager.default.createDirectory(atPath: root + "/d", withIntermediateDirectories: true)
    let files = [
      "d/a.jpg": "no picture", "d/a.json": #"{"caption":"from JSON","url":"u","width":3}"#, "d/a.txt": "from text",
      "d/b.seg.png": "x", "d/b.txt": " a cat\n", "d/c.json": #"{"key":"c"}"#, "d/c.txt": "beside JSON",
      "d/d.json": #"{"id":"own","image":"picture","texts":[{"text":"t","field":"f"}]}"#, "d/e.json": "{",
      "d/f.cls": "7",
      "d/g.json": #"{"text":"of text"}"#, "d/h.txt": "\n", "d/README": "no key",
    ]
    for (name, text) in files { try write(Array(text.utf8), to: "\(root)/\(name)") }
    try shell("tar c --sort=name -f s.tar d/* && gzip s.tar && rm -r d", in: root)
    let notes = NoteList()
    var stage = ReadWebDataset(folder: root)
    #expect(
      try await stage.run(notes.context()).all() == [
        Pair(id: "d/a", image: "d/a", texts: [PairText("from JSON", field: "caption")]),
        Pair(id: "d/b", image: "d/b", texts: [PairText("a cat", field: "caption")]),
        Pair(id: "d/c", image: "d/c", texts: [PairText("beside JSON", field: "caption")]),
        Pair(id: "own", image: "picture", texts: [PairText("t", field: "f")]),
        Pair(id: "d/g", image: "d/g", texts: [PairText("of text", field: "text")]),
      ])
    #expect(
      notes.all.count == 3 && notes.all.contains { $0.hasPrefix("1 records are no JSON, for instance s.tar.gz:5") })
    stage.keysAreLocal = true
    #expect(try await stage.run(NoteList().context()).all().map(\.id) == ["s/d/a", "s/d/b", "s/d/c", "own", "s/d/g"])
  }

  @Test func `Pictures that are broken or not wanted are left out`() async throws {
    let pictures = try pictures(3)
    let pairs = try pairs(3, pictures: 3)
    let root = try folder(await WriteWebDataset(pairs: pairs, pictures: pictures).run(NoteList().context()))
    try shell("tar xf 00000.tar && echo broken > 000000001.png && rm 00000.tar && tar cf 1.tar 0*", in: root)
    let notes = NoteList()
    #expect(try await RenderWebDataset(folder: root, size: 4).run(notes.context()).ids() == ["pic/0.x é", "pic/2.x é"])
    #expect(notes.all.count == 1 && notes.all[0].hasPrefix("1 pictures cannot be decoded, for instance 1.tar:2"))
    let some = try pairs.filterPairs(into: temporaryFolder() + "/p") { $0.id == "p.2/ü" }
    #expect(
      try await RenderWebDataset(folder: root, pairs: some, size: 4).run(NoteList().context()).ids() == ["pic/2.x é"])
  }

  @Test func `Keys end at a name's first dot (webdataset issues 237 and 288, datasets 7150 and 7732)`() async throws {
    let root = try temporaryFolder()
    // The keys that webdataset 1.0.2 gives: a.b/c, x, d.e.f/g (twice), up, plain.
    let names = [
      "a.b/c.txt", "x.y.txt", "x.txt", "d.e.f/g.TXT", "d.e.f/g.JPG", "up.Json", "__meta__/m.txt", ".hidden.txt",
      "plain.txt", "noending",
    ]
    for name in names + ["q.r/s.txt"] {
      let folder = (root + "/t/" + name).split(separator: "/").dropLast().joined(separator: "/")
      try FileManager.default.createDirectory(atPath: "/" + folder, withIntermediateDirectories: true)
      let text = name == "up.Json" ? #"{"caption":"up"}"# : name
      try write(Array(text.utf8), to: "\(root)/t/\(name)")
    }
    let members = names.joined(separator: " ")
    try shell("cd t && tar cf ../s.TAR \(members) && tar cf ../z.tar ./q.r && rm -r ../t", in: root)
    let pairs = try await ReadWebDataset(folder: root).run(NoteList().context()).all()
    #expect(pairs.map(\.id) == ["a.b/c", "x", "d.e.f/g", "up", "plain", "q.r/s"])
    #expect(pairs.map(\.texts[0].text) == ["a.b/c.txt", "x.txt", "d.e.f/g.TXT", "up", "plain.txt", "q.r/s.txt"])
  }

  @Test func `A name with several dots, and a file that is there twice, are named`() async throws {
    let pictures = try pictures(3)
    let pairs = try pairs(3, pictures: 3)
    let root = try folder(await WriteWebDataset(pairs: pairs, pictures: pictures).run(NoteList().context()))
    try shell(
      """
      tar xf 00000.tar && rm 00000.tar && rm *.json && mv 000000000.png a.001.png && mv 000000001.png b.png \
      && cp b.png c.png && cp b.png c.PNG && tar cf 1.tar a.001.png b.png c.png c.PNG && rm *.png *.PNG
      """, in: root)
    let notes = NoteList()
    #expect(try await RenderWebDataset(folder: root, size: 4).run(notes.context()).ids() == ["b"])
    #expect(
      notes.all.contains {
        $0.contains("a name with several dots, of which the first ends the sample's key") && $0.contains("a.001.png")
      })
    #expect(notes.all.contains { $0.contains("samples have two files of one ending") && $0.contains("1.tar:3") })
    let encoded = try EncodedPictures(InputFolder(root), keysAreLocal: false)
    #expect(encoded.ids == ["b"])
  }

  @Test func `A shard that ends early is an error, or noted when that is allowed`() async throws {
    let root = try folder(
      await WriteWebDataset(pairs: pairs(9, pictures: 3), pictures: pictures(3)).run(NoteList().context()))
    try write(try read(root + "/00000.tar").dropLast(1024 + 700), to: root + "/00000.tar")
    let notes = NoteList()
    let error = await #expect(throws: OperationError.self) {
      try await ReadWebDataset(folder: root).run(notes.context())
    }
    #expect(error?.endsEarly == true)
    var stage = ReadWebDataset(folder: root)
    stage.allowsEarlyEnd = true
    #expect(try await stage.run(notes.context()).count() == 8)
    #expect(notes.all.count == 1 && notes.all[0].contains("ends early"))
    var render = RenderWebDataset(folder: root, size: 4)
    await #expect(throws: OperationError.self) { try await render.run(NoteList().context()) }
    render.allowsEarlyEnd = true
    #expect(try await render.run(NoteList().context()).ids().count == 3)
  }
}
