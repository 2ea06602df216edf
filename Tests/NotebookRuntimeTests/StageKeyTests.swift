import ArtifactStore
import Core
import NotebookRuntime
import Testing

@Suite struct StageKeyTests {
  struct Blob: FileArtifact {
    static var format: String { "blob/1" }
    let content: ArtifactContent
    init(content: ArtifactContent) { self.content = content }
    init(_ text: String) { content = ArtifactContent(bytes: Array(text.utf8), name: "blob") }
  }

  struct Sample: Stage {
    var blob = Blob("one")
    var parts: [Blob] = [Blob("a"), Blob("b")]
    var limit = 5
    var label: String?
    var file = InputFile("words.txt")

    func run(_ context: StageContext) async throws -> Int { limit }
  }

  /// Digests that a test sets, instead of a disk's.
  struct Digests: StageInputs.FileDigests {
    var text = "words"
    func digest(of file: InputFile) -> Digest { Digest(of: text) }
    func digest(of folder: InputFolder) -> Digest { Digest(of: text) }
  }

  static let library = Digest(of: "library")

  func key(_ stage: Sample, _ digests: Digests = Digests(), library: Digest = library, builtIn: Bool = false) throws
    -> StageKey
  {
    StageKey(
      of: Sample.self, inputs: try StageInputs(of: stage, digests: digests), libraryCode: library, isBuiltIn: builtIn)
  }

  @Test(arguments: [
    Sample(blob: Blob("two")), Sample(parts: [Blob("b"), Blob("a")]), Sample(parts: [Blob("a")]), Sample(limit: 6),
    Sample(label: ""), Sample(label: "x"),
  ])
  func `A change of any input changes the key`(changed: Sample) throws {
    #expect(try key(changed).digest != key(Sample()).digest)
  }

  @Test func `The store computes the same key from the components of a record`() throws {
    let key = try key(Sample())
    #expect(StageRecord.key(of: key.components) == key.digest)
    let file = StoredFile(
      name: "value.json", digest: Digest(of: "5"), byteCount: 1,
      object: try #require(ObjectID(hexadecimal: String(repeating: "a", count: 40))), chunked: false)
    let output = StoredContent(format: Int.format, digest: file.digest, files: [file])
    let record = StageRecord(
      key: key.digest, stage: Sample.name, components: key.components, output: output, started: 0)
    #expect(record.fault == nil)
  }

  @Test func `Equal inputs give equal keys`() throws {
    #expect(try key(Sample()).digest == key(Sample()).digest)
  }

  @Test func `A file counts by its content and not by its path`() throws {
    #expect(try key(Sample(file: InputFile("moved.txt"))).digest == key(Sample()).digest)
    #expect(try key(Sample(), Digests(text: "other")).digest != key(Sample()).digest)
  }

  @Test func `The library counts only for a notebook's stages`() throws {
    let other = Digest(of: "other library")
    #expect(try key(Sample(), library: other).digest != key(Sample()).digest)
  }

  @Test func `Every component is named`() throws {
    let names = try key(Sample()).components.map(\.name)
    #expect(names == ["stage", "code", "library", "blob", "file", "limit", "parts", "parts[0]", "parts[1]"])
  }

  @Test func `A change is reported with the old and the new value`() throws {
    let before = try key(Sample()).components
    let changes = KeyChange.between(before, try key(Sample(limit: 6)).components)
    #expect(changes.map(\.summary) == ["limit 5 → 6"])
    #expect(KeyChange.between(before, before).isEmpty)
    let labelled = KeyChange.between(before, try key(Sample(label: "x")).components)
    #expect(labelled.map(\.summary) == ["label is new"])
  }
}
