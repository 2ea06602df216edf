import Core
import NotebookRuntime
import Testing

/// The inputs of a stage that are inside its properties.
@Suite struct StageInputsTests {
  typealias Blob = StageKeyTests.Blob
  typealias Digests = StageKeyTests.Digests

  /// A property that is an artifact or a folder.
  enum Source: Codable {
    case blob(Blob)
    case folder(InputFolder, limit: Int)
  }

  struct Reader: Stage {
    var source: Source
    func run(_ context: StageContext) async throws -> Int { 0 }
  }

  struct Many: Stage {
    var limits = [1, 2]
    var files: [String: InputFile] = ["b.txt": InputFile("b"), "a": InputFile("a")]
    var blobs: [Blob?] = [Blob("x"), nil, Blob("x")]
    var reader = Reader(source: .blob(Blob("y")))
    func run(_ context: StageContext) async throws -> Int { 0 }
  }

  @Test func `The inputs inside properties are components, and inputs of the stage`() throws {
    let inputs = try StageInputs(of: Many(), digests: Digests())
    #expect(
      inputs.components.map { "\($0.name) \($0.kind.rawValue) \($0.display)" } == [
        "blobs parameter […,null,…]", "blobs[0] artifact blob/1", "blobs[2] artifact blob/1",
        #"files parameter {"a":…,"b.txt":…}"#, "files[a] file a", "files[b.txt] file b", "limits parameter [1,2]",
        #"reader parameter {"source":{"blob":{"_0":…}}}"#, "reader.source.blob artifact blob/1",
      ])
    #expect(inputs.files.map(\.path) == ["a", "b"] && inputs.folders.isEmpty)
    #expect(inputs.contents == [Blob("x").content, Blob("x").content, Blob("y").content])
    #expect(inputs.stages.map(\.path) == ["reader"])
  }

  @Test func `A property that is an input has one component, and one without inputs that of its value`() throws {
    let blob = Blob("one")
    let components = try StageInputs(of: StageKeyTests.Sample(blob: blob), digests: Digests()).components
    #expect(components.map(\.name) == ["blob", "file", "limit", "parts", "parts[0]", "parts[1]"])
    #expect(components.map(\.kind) == [.artifact, .file, .parameter, .parameter, .artifact, .artifact])
    #expect(components[0].digest == blob.content.digest && components[1].digest == Digest(of: "words"))
    #expect(components[2].digest == CanonicalValue.integer(5).digest && components[2].display == "5")
    // Keys of before, which must stay.
    let many = try StageInputs(of: Many(), digests: Digests()).components
    #expect(many.first { $0.name == "limits" }?.digest == CanonicalValue.list([.integer(1), .integer(2)]).digest)
  }

  @Test func `The payload of an enum is a component`() throws {
    let folder = InputFolder("shards")
    let reader = Reader(source: .folder(folder, limit: 3))
    let inputs = try StageInputs(of: reader, digests: Digests())
    #expect(inputs.components.map(\.name) == ["source", "source.folder._0"])
    #expect(inputs.components.map(\.kind) == [.parameter, .folder])
    #expect(inputs.folders == [folder] && inputs.contents.isEmpty)
    let changed = try StageInputs(of: reader, digests: Digests(text: "other"))
    #expect(KeyChange.between(inputs.components, changed.components).map(\.summary) == ["folder shards changed"])
  }

  /// A stage that calls any other one.
  struct Twice<Inner: Stage>: Stage {
    var inner: Inner
    func run(_ context: StageContext) async throws -> Int { 0 }
  }

  struct Drawing: Stage {
    static var codeDigest: Digest? { Digest(of: "drawing") }
    static var environment: [EnvironmentFacet] { [EnvironmentFacet("fonts") { "Noto" }] }
    var size = 3
    func run(_ context: StageContext) async throws -> Int { 0 }
  }

  @Test func `A stage in a property counts by its code and its facets`() throws {
    let stage = Twice(inner: Twice(inner: Drawing()))
    let key = StageKey(
      of: type(of: stage), inputs: try StageInputs(of: stage, digests: Digests()), libraryCode: StageKeyTests.library,
      isBuiltIn: true)
    #expect(
      key.components.map(\.name) == [
        "stage", "code", "inner.code", "inner.inner.code", "inner", "inner.inner.fonts",
      ])
    #expect(key.components[3].digest == Digest(of: "drawing") && key.components[2].digest == StageKeyTests.library)
    var changed = key.components
    changed[3].digest = Digest(of: "another drawing")
    #expect(KeyChange.between(key.components, changed).map(\.summary) == ["the code of inner.inner changed"])
  }

  /// A stage that is encoded as a list.
  struct Listed: Stage {
    var blobs: [Blob]
    init(blobs: [Blob]) { self.blobs = blobs }
    init(from decoder: any Decoder) throws { blobs = try [Blob](from: decoder) }
    func encode(to encoder: any Encoder) throws { try blobs.encode(to: encoder) }
    func run(_ context: StageContext) async throws -> Int { 0 }
  }

  @Test func `A stage that encodes itself in its own way has one property`() throws {
    let inputs = try StageInputs(of: Listed(blobs: [Blob("a"), Blob("b")]), digests: Digests())
    #expect(inputs.components.map(\.name) == ["inputs", "inputs[0]", "inputs[1]"])
    #expect(inputs.stages.isEmpty && inputs.contents.count == 2)
  }

  struct Tricky: Stage {
    enum CodingKeys: String, CodingKey {
      case plain = "a[0]"
      case list = "a"
    }
    var plain = Blob("x")
    var list = [Blob("y")]
    func run(_ context: StageContext) async throws -> Int { 0 }
  }

  @Test func `Names that look alike are kept apart`() throws {
    let inputs = try StageInputs(of: Tricky(), digests: Digests())
    #expect(inputs.components.map(\.name) == ["a", "a[0]", "a[0]#2"])
    let swapped = try StageInputs(of: Tricky(plain: Blob("y"), list: [Blob("x")]), digests: Digests())
    #expect(swapped.components != inputs.components)
  }

  struct Wide: Stage {
    var limits: [String: Int128] = ["en": 1]
    func run(_ context: StageContext) async throws -> Int { 0 }
  }

  struct Plain128: Stage {
    var limit: UInt128 = 1
    func run(_ context: StageContext) async throws -> Int { 0 }
  }

  struct Closed: Stage {
    struct Box: Codable {
      func encode(to encoder: any Encoder) throws { throw CancellationError() }
    }
    var box = Box()
    func run(_ context: StageContext) async throws -> Int { 0 }
  }

  @Test func `A property that cannot be encoded is named, with what to use`() throws {
    let operation = "cannot count the property in the stage's key"
    let wide = try #require(throws: OperationError.self) { try StageInputs(of: Wide(), digests: Digests()) }
    #expect(
      "\(wide)"
        == "\(operation) (Wide.limits[en]): Int128 has no form in a key; use Int, UInt64, or its digits as a String")
    let plain = try #require(throws: OperationError.self) { try StageInputs(of: Plain128(), digests: Digests()) }
    #expect("\(plain)".hasPrefix("\(operation) (Plain128.limit): UInt128 has no form in a key"))
    let closed = try #require(throws: OperationError.self) { try StageInputs(of: Closed(), digests: Digests()) }
    #expect("\(closed)".hasPrefix("\(operation) (Closed.box): its encode(to:) failed"))
  }
}
