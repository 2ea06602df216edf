/// The bytes of an artifact: one file, or several under their names.
public struct ArtifactContent: Sendable, Hashable {
  /// The files in the order of their names' UTF-8 bytes; at least one.
  public let files: [ContentFile]

  /// For one file that file's SHA-256, for several the digest of their names, sizes and digests.
  public let digest: Digest

  /// A content of several files.
  /// - Parameter files: at least one, names distinct, in any order.
  public init(files: [ContentFile]) {
    precondition(!files.isEmpty, "an artifact has at least one file")
    self.files = files.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    digest =
      files.count == 1
      ? files[0].digest
      : CanonicalValue.list(
        self.files.map { .list([.text($0.name), .integer($0.byteCount), .digest($0.digest)]) }
      ).digest
  }

  /// A content of one file whose bytes are in memory.
  /// - Parameter name: the file's name with the extension of its format, for instance `metrics.json`.
  public init(bytes: [UInt8], name: String) {
    let file = ContentFile(
      name: name, digest: Digest(of: bytes), byteCount: Int64(bytes.count), location: .memory(bytes))
    self.init(files: [file])
  }

  /// The total size in bytes; `Int64.max` when the files claim more than that.
  public var byteCount: Int64 {
    files.reduce(0) {
      let (sum, overflows) = $0.addingReportingOverflow($1.byteCount)
      return overflows ? .max : sum
    }
  }

  /// The file of this name; `nil` when the artifact has no such file.
  public subscript(name: String) -> ContentFile? { files.first { $0.name == name } }

  /// The only file of an artifact that has one.
  /// - Throws: ``OperationError`` when there are several files.
  package var onlyFile: ContentFile {
    get throws {
      guard files.count == 1 else {
        throw OperationError(
          operation: "read the artifact as one file", subject: files.map(\.name).joined(separator: ", "),
          reason: "it has \(files.count) files", advice: "name the one to read")
      }
      return files[0]
    }
  }

  /// The path of the only file, written out of the store when it is not on disk yet.
  /// - Throws: ``OperationError`` when there are several files; the store's error when an object is missing or damaged.
  public func path() throws -> String { try onlyFile.path() }

  public static func == (left: ArtifactContent, right: ArtifactContent) -> Bool { left.digest == right.digest }

  public func hash(into hasher: inout Hasher) { hasher.combine(digest) }
}

/// One file of an artifact.
public struct ContentFile: Sendable, Hashable {
  /// The place where a file's bytes are now.
  public enum Location: Sendable {
    /// In memory.
    case memory([UInt8])
    /// A file on disk that no process writes to any more.
    case path(String)
    /// In a store, which writes the file out when it is asked for.
    case stored(any ContentSource)
  }

  /// A relative path without `.` and `..`, for instance `model.safetensors`.
  public let name: String
  /// The SHA-256 of the bytes.
  public let digest: Digest
  /// The size in bytes.
  public let byteCount: Int64
  /// The place of the bytes.
  public let location: Location

  /// A file with a known digest, which is not checked here.
  public init(name: String, digest: Digest, byteCount: Int64, location: Location) {
    self.name = name
    self.digest = digest
    self.byteCount = byteCount
    self.location = location
  }

  /// The path of a file on disk with these bytes.
  /// - Throws: ``OperationError`` for a file that was never on disk; the store's error when an object is missing or
  ///   damaged.
  public func path() throws -> String {
    switch location {
    case .path(let path): path
    case .stored(let source): try source.path(of: self)
    case .memory:
      throw OperationError(
        operation: "give the file a path", subject: name, reason: "its bytes are in memory",
        advice: "read them with `bytes()`")
    }
  }

  /// All bytes, checked against ``digest`` when they come from the store.
  /// - Throws: ``OperationError`` when the file cannot be read; the store's error when an object is missing or damaged.
  public func bytes() throws -> [UInt8] {
    switch location {
    case .memory(let bytes): bytes
    case .path(let path): try FileBytes.read(path)
    case .stored(let source): try source.bytes(of: self)
    }
  }

  public static func == (left: ContentFile, right: ContentFile) -> Bool {
    left.name == right.name && left.digest == right.digest
  }

  public func hash(into hasher: inout Hasher) { hasher.combine(digest) }
}

/// A provider of stored bytes: the artifact store.
public protocol ContentSource: Sendable {
  /// The path of a read-only file with exactly the file's bytes, checked against its digest.
  func path(of file: ContentFile) throws -> String
  /// The file's bytes, checked against its digest.
  func bytes(of file: ContentFile) throws -> [UInt8]
}
