package import Core

/// The stored properties of a stage, each with what it contributes to the key.
package struct StageInputs {
  /// Resolves the content of files and folders on disk.
  package protocol FileDigests: Sendable {
    func digest(of file: InputFile) throws -> Digest
    func digest(of folder: InputFolder) throws -> Digest
  }

  /// In the order of the properties' names.
  package let components: [KeyComponent]

  /// Files and folders that the stage reads, to be looked at again after it ran.
  package let files: [InputFile]
  package let folders: [InputFolder]
  /// The contents of the properties that are artifacts in files.
  package let contents: [ArtifactContent]

  /// - Throws: what `digests` throws for a file that cannot be hashed, and what a property's own `encode(to:)` throws.
  package init(of stage: some Stage, digests: some FileDigests) throws {
    let capture = PropertyCapture()
    try stage.encode(to: PropertyEncoder(capture: capture))
    let encoder = CanonicalEncoder(
      fileDigest: { try digests.digest(of: $0) }, folderDigest: { try digests.digest(of: $0) })
    var components: [KeyComponent] = []
    var files: [InputFile] = []
    var folders: [InputFolder] = []
    var contents: [ArtifactContent] = []
    func add(_ name: String, _ value: any Encodable) throws {
      switch value {
      case let file as InputFile:
        files.append(file)
        components.append(.init(name: name, kind: .file, digest: try digests.digest(of: file), display: file.path))
      case let folder as InputFolder:
        folders.append(folder)
        components.append(
          .init(name: name, kind: .folder, digest: try digests.digest(of: folder), display: folder.path))
      case let artifact as any FileArtifact:
        contents.append(artifact.content)
        components.append(Self.component(name, artifact, digest: artifact.content.digest))
      case let members as [any FileArtifact]:
        components.append(Self.count(name, members.count))
        for (position, member) in members.enumerated() { try add("\(name)[\(position)]", member) }
      case let members as [InputFile]:
        components.append(Self.count(name, members.count))
        for (position, member) in members.enumerated() { try add("\(name)[\(position)]", member) }
      case let members as [String: any FileArtifact]:
        components.append(Self.count(name, members.count))
        for (key, member) in members.sorted(by: { $0.key < $1.key }) { try add("\(name)[\(key)]", member) }
      default:
        let canonical = try encoder.value(of: value)
        if let artifact = value as? any Artifact, !(value is any PlainValue) {
          components.append(Self.component(name, artifact, digest: try artifact.makeContent().digest))
        } else {
          components.append(
            .init(name: name, kind: .parameter, digest: canonical.digest, display: Self.shortened(canonical.json)))
        }
      }
    }
    if capture.isOpaque {
      try add("inputs", stage)
    } else {
      for (name, value) in capture.values { try add(name, value) }
    }
    self.components = components.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    self.files = files
    self.folders = folders
    self.contents = contents
  }

  private static func component(_ name: String, _ artifact: any Artifact, digest: Digest) -> KeyComponent {
    .init(name: name, kind: .artifact, digest: digest, display: type(of: artifact).format)
  }

  private static func count(_ name: String, _ count: Int) -> KeyComponent {
    .init(
      name: "\(name).count", kind: .parameter, digest: CanonicalValue.integer(Int64(count)).digest,
      display: String(count))
  }

  private static func shortened(_ text: String) -> String { text.count <= 120 ? text : String(text.prefix(117)) + "…" }
}

/// Values that count as parameters although a stage may return them.
private protocol PlainValue {}
extension Int: PlainValue {}
extension Double: PlainValue {}
extension Bool: PlainValue {}
extension String: PlainValue {}
extension Array: PlainValue {}
extension Dictionary: PlainValue {}
extension Optional: PlainValue {}

/// The properties as the stage's `encode(to:)` hands them over.
private final class PropertyCapture {
  var values: [(name: String, value: any Encodable)] = []
  /// The stage encodes itself in a way of its own: its properties cannot be told apart.
  var isOpaque = false
}

private struct PropertyEncoder: Encoder {
  let capture: PropertyCapture
  let codingPath: [any CodingKey] = []
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    KeyedEncodingContainer(PropertyContainer(capture: capture))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    capture.isOpaque = true
    return OpaqueContainer()
  }

  func singleValueContainer() -> any SingleValueEncodingContainer {
    capture.isOpaque = true
    return OpaqueContainer()
  }
}

private struct PropertyContainer<Key: CodingKey>: KeyedEncodingContainerProtocol {
  let capture: PropertyCapture
  let codingPath: [any CodingKey] = []

  mutating func encodeNil(forKey key: Key) throws {}

  mutating func encode<T: Encodable>(_ value: T, forKey key: Key) throws {
    capture.values.append((key.stringValue, value))
  }

  mutating func nestedContainer<Nested: CodingKey>(
    keyedBy keyType: Nested.Type, forKey key: Key
  ) -> KeyedEncodingContainer<Nested> {
    capture.isOpaque = true
    return KeyedEncodingContainer(PropertyContainer<Nested>(capture: PropertyCapture()))
  }

  mutating func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
    capture.isOpaque = true
    return OpaqueContainer()
  }

  mutating func superEncoder() -> any Encoder {
    capture.isOpaque = true
    return PropertyEncoder(capture: PropertyCapture())
  }

  mutating func superEncoder(forKey key: Key) -> any Encoder { superEncoder() }
}

/// Takes whatever comes: the stage is encoded again as a whole.
private struct OpaqueContainer: UnkeyedEncodingContainer, SingleValueEncodingContainer {
  let codingPath: [any CodingKey] = []
  var count = 0

  mutating func encodeNil() throws {}
  mutating func encode<T: Encodable>(_ value: T) throws { count += 1 }

  mutating func nestedContainer<Nested: CodingKey>(keyedBy keyType: Nested.Type) -> KeyedEncodingContainer<Nested> {
    KeyedEncodingContainer(PropertyContainer<Nested>(capture: PropertyCapture()))
  }

  mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { OpaqueContainer() }
  mutating func superEncoder() -> any Encoder { PropertyEncoder(capture: PropertyCapture()) }
}
