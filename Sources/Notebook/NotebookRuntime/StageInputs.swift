package import Core

/// The stored properties of a stage, each with its part of the key.
package struct StageInputs {
  /// A source of digests of files and folders on disk.
  package protocol FileDigests: Sendable {
    /// The SHA-256 of the file's bytes.
    func digest(of file: InputFile) throws -> Digest
    /// The digest of the relative paths and contents of the folder's files.
    func digest(of folder: InputFolder) throws -> Digest
  }

  /// The components of the key, in the order of the properties' names, those of one property in the order of their
  /// places in it.
  package private(set) var components: [KeyComponent] = []

  /// The files on disk that the stage reads, each once.
  package private(set) var files: [InputFile] = []
  /// The folders on disk that the stage reads, each once.
  package private(set) var folders: [InputFolder] = []
  /// The contents of the artifacts in files, wherever in a property they are.
  package private(set) var contents: [ArtifactContent] = []
  /// The stages that are held in properties, with their paths.
  package private(set) var stages: [(path: String, type: any Stage.Type)] = []

  /// The inputs of a stage, found through its `encode(to:)`.
  ///
  /// An artifact, file or folder is a component of its own, by the digest of its content, wherever in a property it is:
  /// `runs[3]`, `classification.checkpoint`. The component with the property's own name has everything else in the
  /// property, and the places of the inputs. It is left out when the property itself is the input.
  /// - Throws: the errors of `digests` for files that cannot be hashed; ``OperationError``, which names the property,
  ///   for one that cannot be encoded.
  package init<S: Stage>(of stage: S, digests: some FileDigests) throws {
    let capture = PropertyCapture()
    do {
      try stage.encode(to: PropertyEncoder(capture: capture))
    } catch {
      throw Self.failure(EncodingFault(error), S.name)
    }

    // A stage that encodes itself in its own way has one property, which is all of it.
    let properties = capture.isOpaque ? [(name: "inputs", value: stage)] : capture.values
    var seen = Seen()
    for (name, value) in properties.sorted(by: { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }) {
      do {
        var (structure, inputs) = try CanonicalEncoder.structure(of: value) { try Self.digest(of: $0, digests) }
        if capture.isOpaque, case .stage = inputs.first?.value { inputs.removeFirst() }
        add(name, structure, inputs, to: &seen)
      } catch let fault as EncodingFault {
        throw Self.failure(fault, capture.isOpaque ? S.name : "\(S.name).\(name)")
      }
    }
  }

  private static func failure(_ fault: EncodingFault, _ subject: String) -> OperationError {
    OperationError(
      operation: "count the property in the stage's key", subject: subject + fault.path, cause: fault.reason)
  }

  private static func digest(of input: NestedInput.Value, _ digests: some FileDigests) throws -> Digest {
    switch input {
    case .artifact(let artifact): try artifact.makeContent().digest
    case .file(let file): try digests.digest(of: file)
    case .folder(let folder): try digests.digest(of: folder)
    case .stage: CanonicalValue.null.digest
    }
  }

  /// The names, files and folders that were added.
  private struct Seen {
    var names: Set<String> = []
    var files: Set<InputFile> = []
    var folders: Set<InputFolder> = []

    /// The name, with a number when it was taken: a property's own name may look like a path in another one.
    mutating func unique(_ name: String) -> String {
      var unique = name
      var number = 1
      while !names.insert(unique).inserted {
        number += 1
        unique = "\(name)#\(number)"
      }
      return unique
    }
  }

  /// Adds the components of one property.
  private mutating func add(
    _ name: String, _ structure: CanonicalValue, _ inputs: [NestedInput], to seen: inout Seen
  ) {
    // The structure of a property that is an input says nothing that the input does not.
    if case .input = structure {
    } else {
      let display = Self.shortened(structure.json)
      components.append(
        .init(name: seen.unique(name), kind: .parameter, digest: structure.digest, display: display))
    }

    for input in inputs {
      let path = name + input.path
      func append(_ kind: KeyComponent.Kind, _ display: String) {
        guard let digest = input.digest else { return }
        components.append(.init(name: seen.unique(path), kind: kind, digest: digest, display: display))
      }
      switch input.value {
      case .artifact(let artifact):
        append(.artifact, type(of: artifact).format)
        if let artifact = artifact as? any FileArtifact { contents.append(artifact.content) }
      case .file(let file):
        append(.file, file.path)
        if seen.files.insert(file).inserted { files.append(file) }
      case .folder(let folder):
        append(.folder, folder.path)
        if seen.folders.insert(folder).inserted { folders.append(folder) }
      case .stage(let stage): stages.append((path, type(of: stage)))
      }
    }
  }

  private static func shortened(_ text: String) -> String { text.count <= 120 ? text : "\(text.prefix(117))…" }

  /// The digests by which a stage's output, whole or in parts, counts in the keys of stages that take it.
  ///
  /// A list or dictionary of plain values counts by value. A number, a text or a truth value leaves no trace: equal
  /// ones occur everywhere.
  static func traces(of output: some Artifact) -> Set<Digest> {
    let parts = try? CanonicalEncoder.structure(of: output) { input in
      guard case .artifact(let artifact) = input else { return CanonicalValue.null.digest }
      return try artifact.makeContent().digest
    }
    guard let (structure, inputs) = parts else { return [] }

    var traces: Set<Digest> = []
    for input in inputs {
      if case .artifact = input.value, let digest = input.digest { traces.insert(digest) }
    }
    // Empty lists are as common as numbers are; a structure with places of inputs says nothing about them.
    switch structure {
    case .list(let members) where inputs.isEmpty && !members.isEmpty: traces.insert(structure.digest)
    case .record(let fields) where inputs.isEmpty && !fields.isEmpty: traces.insert(structure.digest)
    default: break
    }
    return traces
  }
}

/// The properties as the stage's `encode(to:)` passes them.
private final class PropertyCapture {
  var values: [(name: String, value: any Encodable)] = []
  /// True when the stage encodes itself in its own way, so that its properties have no names.
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

  // Without these, the standard library would say that an encoder does not know the type.
  mutating func encode(_ value: Int128, forKey key: Key) throws { capture.values.append((key.stringValue, value)) }
  mutating func encode(_ value: UInt128, forKey key: Key) throws { capture.values.append((key.stringValue, value)) }

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
  mutating func encode(_ value: Int128) throws { count += 1 }
  mutating func encode(_ value: UInt128) throws { count += 1 }

  mutating func nestedContainer<Nested: CodingKey>(keyedBy keyType: Nested.Type) -> KeyedEncodingContainer<Nested> {
    KeyedEncodingContainer(PropertyContainer<Nested>(capture: PropertyCapture()))
  }

  mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { OpaqueContainer() }
  mutating func superEncoder() -> any Encoder { PropertyEncoder(capture: PropertyCapture()) }
}
