import Core
import Testing

@Suite struct NestedInputTests {
  struct Blob: FileArtifact, Hashable {
    static var format: String { "blob/1" }
    let content: ArtifactContent
    init(content: ArtifactContent) { self.content = content }
    init(_ text: String) { content = ArtifactContent(bytes: Array(text.utf8), name: "blob") }
  }

  struct Scores: Artifact { var accuracy = 0.5 }

  /// An artifact that a cell puts together from others.
  struct Pack: Artifact {
    var scores = Scores()
    var words = InputFile("words.txt")
  }

  struct Inner: Codable {
    var blob: Blob
    var limit = 5
  }

  enum Source: Codable {
    case blob(Blob)
    case pair(Blob, Blob)
    case folder(InputFolder, limit: Int)
    case nothing
  }

  struct Count: Stage {
    var blob: Blob
    var minimum = 1
    func run(_ context: StageContext) async throws -> Int { 0 }
  }

  enum Language: String, Codable, Hashable { case en, de }

  static func structure(_ value: any Encodable) throws -> (json: String, paths: [String]) {
    let (structure, inputs) = try CanonicalEncoder.structure(of: value) { input in
      switch input {
      case .artifact(let artifact): try artifact.makeContent().digest
      case .file(let file): Digest(of: file.path)
      case .folder(let folder): Digest(of: folder.path)
      case .stage: Digest(of: "")
      }
    }
    return (structure.json, inputs.map(\.path))
  }

  @Test(
    arguments: [
      (Blob("a"), "…", [""]),
      (Scores(), "…", [""]),
      (InputFile("a"), "…", [""]),
      (Optional(Blob("a")), "…", [""]),
      (Optional<Blob>.none, "null", []),
      ([Blob("a"), Blob("b")], "[…,…]", ["[0]", "[1]"]),
      ([[InputFile("a")], []], "[[…],[]]", ["[0][0]"]),
      ([Blob("a"), nil], "[…,null]", ["[0]"]),
      (["en": Scores(), "de": Scores()], #"{"de":…,"en":…}"#, ["[de]", "[en]"]),
      ([10: Blob("a"), 9: Blob("b"), -1: Blob("c")], "[[9,…],[10,…],[-1,…]]", ["[-1]", "[9]", "[10]"]),
      ([Language.en: Blob("a")], #"[["en",…]]"#, ["[en]"]),
      (
        ["a]b": Blob("a"), "a.b": Blob("b"), "": Blob("c")], #"{"":…,"a.b":…,"a]b":…}"#,
        [#"[""]"#, "[a.b]", #"["a]b"]"#]
      ),
      ([InputFile("a"): Blob("b")], "[[…,…]]", ["[0].key", "[0].value"]),
      (Set([InputFile("a"), InputFile("b")]), "[…,…]", ["[0]", "[1]"]),
      (Inner(blob: Blob("a")), #"{"blob":…,"limit":5}"#, [".blob"]),
      (["x": [Inner(blob: Blob("a"))]], #"{"x":[{"blob":…,"limit":5}]}"#, ["[x][0].blob"]),
      (Source.blob(Blob("a")), #"{"blob":{"_0":…}}"#, [".blob"]),
      (Source.pair(Blob("a"), Blob("b")), #"{"pair":{"_0":…,"_1":…}}"#, [".pair._0", ".pair._1"]),
      (Source.folder(InputFolder("f"), limit: 3), #"{"folder":{"_0":…,"limit":3}}"#, [".folder._0"]),
      (Source.nothing, #"{"nothing":{}}"#, []),
      (Count(blob: Blob("a")), #"{"blob":…,"minimum":1}"#, ["", ".blob"]),
      ([Count(blob: Blob("a"))], #"[{"blob":…,"minimum":1}]"#, ["[0]", "[0].blob"]),
      (Pack(), "…", ["", ".scores", ".words"]), ([1, 2], "[1,2]", []), ("text", #""text""#, []),
    ] as [(any Encodable & Sendable, String, [String])])
  func `Inputs are found wherever they are, and have a path`(
    value: any Encodable & Sendable, json: String, paths: [String]
  ) throws {
    let found = try Self.structure(value)
    #expect(found.json == json)
    #expect(found.paths == paths)
  }

  @Test func `The members of a set are in the order of their content`() throws {
    let blobs = (0..<20).map { Blob("\($0)") }
    func digests(_ set: Set<Blob>) throws -> [Digest?] {
      try CanonicalEncoder.structure(of: set) { input in
        guard case .artifact(let artifact) = input else { return Digest(of: "") }
        return try artifact.makeContent().digest
      }.inputs.map(\.digest)
    }
    #expect(try digests(Set(blobs)) == blobs.map(\.content.digest).sorted())
    var another = Set<Blob>(minimumCapacity: 500)
    for blob in blobs.reversed() { another.insert(blob) }
    #expect(try digests(another) == digests(Set(blobs)))
  }

  @Test func `No value is encoded like the place of an input`() throws {
    let place = CanonicalValue.list([.input("file")])
    let values: [CanonicalValue] = [
      .text("file"), .text("…"), .record([.init("input", .text("file"))]), .list([.text("file")]), .null,
    ]
    for value in values { #expect(CanonicalValue.list([value]).bytes != place.bytes) }
    let counts: [[UInt8]] = [1, 4].map { [$0, 0, 0, 0, 0, 0, 0, 0] }
    #expect(place.bytes == Array("l".utf8) + counts[0] + Array("p".utf8) + counts[1] + Array("file".utf8))
  }

  struct Wide: Codable {
    var counts: [Int128] = [1]
    var limit: UInt128 = 2
  }

  struct Broken: Encodable {
    struct Refusal: Error, CustomStringConvertible { var description: String { "it is closed" } }
    func encode(to encoder: any Encoder) throws { throw Refusal() }
  }

  @Test func `A type without a canonical form is named with its place`() throws {
    let wide = try #require(throws: EncodingFault.self) { try Self.structure(["a": Wide()]) }
    #expect(wide.path == "[a].counts[0]")
    #expect(wide.reason == "Int128 has no form in a key; use Int, UInt64, or its digits as a String")
    let limit = try #require(throws: EncodingFault.self) { try Self.structure(Wide(counts: [])) }
    #expect(limit.path == ".limit" && limit.reason.contains("UInt128"))
    let error = try #require(throws: OperationError.self) { try CanonicalEncoder().value(of: Int128(1)) }
    #expect("\(error)".hasPrefix("cannot encode a value in canonical form (Int128): Int128 has no form in a key"))
  }

  @Test func `A value that cannot encode itself is named with its place`() throws {
    let fault = try #require(throws: EncodingFault.self) { try Self.structure([[Broken()]]) }
    #expect(fault.path == "[0][0]" && fault.reason.contains("“it is closed”"))
    #expect(throws: Broken.Refusal.self) { try CanonicalEncoder().value(of: Broken()) }
  }

  @Test func `An error of the digests of inputs is passed on`() {
    struct Gone: Error {}
    #expect(throws: Gone.self) {
      try CanonicalEncoder.structure(of: ["a": [InputFile("a")]]) { _ in throw Gone() }
    }
  }
}
