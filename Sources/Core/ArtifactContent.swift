/// The bytes of an artifact: one file, or several under their names.
public struct ArtifactContent: Sendable, Hashable {
  /// The files in the order of their names' UTF-8 bytes; at least one.
  public let files: [ContentFile]

  /// For one file that file's SHA-256, for several the digest of their names, sizes and digests.
  public let digest: Digest

  /// - Parameter files: at least one, names distinct.
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

  /// One file's bytes in memory.
  /// - Parameter name: the file's name with the extension of its format, for instance `metrics.json`.
  public init(bytes: [UInt8], name: String) {
    self.init(files: [
      ContentFile(name: name, digest: Digest(of: bytes), byteCount: Int64(bytes.count), location: .memory(bytes))
    ]
    )
  }

  /// Total size in bytes; the largest number that there is when the files claim more.
  public var byteCount: Int64 {
    files.reduce(0) {
      let (sum, overflows) = $0.addingReportingOverflow($1.byteCount)
      return overflows ? .max : sum
    }
  }

  public subscript(name: String) -> ContentFile? { files.first { $0.name == name } }

  /// The path of the only file, brought out of the store when it is not on disk yet.
  /// - Throws: ``ContentError`` when there are several files; what the store throws when an object is missing or damaged.
  public func path() throws -> String {
    guard files.count == 1 else { throw ContentError.severalFiles(files.map(\.name)) }
    return try files[0].path()
  }

  public static func == (left: ArtifactContent, right: ArtifactContent) -> Bool { left.digest == right.digest }

  public func hash(into hasher: inout Hasher) { hasher.combine(digest) }
}

/// One file of an artifact.
public struct ContentFile: Sendable, Hashable {
  /// Where the bytes are now.
  public enum Location: Sendable {
    /// In memory.
    case memory([UInt8])
    /// A file on disk that nobody writes to any more.
    case path(String)
    /// In a store, which brings it out when asked.
    case stored(any ContentSource)
  }

  /// A relative path without `.` and `..`, for instance `model.safetensors`.
  public let name: String
  /// SHA-256 of the bytes.
  public let digest: Digest
  public let byteCount: Int64
  public let location: Location

  public init(name: String, digest: Digest, byteCount: Int64, location: Location) {
    self.name = name
    self.digest = digest
    self.byteCount = byteCount
    self.location = location
  }

  /// The path of a file with these bytes.
  /// - Throws: ``ContentError/inMemory(_:)`` for a file that was never on disk; what the store throws.
  public func path() throws -> String {
    switch location {
    case .path(let path): path
    case .stored(let source): try source.path(of: self)
    case .memory: throw ContentError.inMemory(name)
    }
  }

  /// All bytes, checked against ``digest`` when they come from the store.
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

/// What brings stored bytes out: the artifact store.
public protocol ContentSource: Sendable {
  /// A read-only file with exactly the file's bytes, checked against its digest.
  func path(of file: ContentFile) throws -> String
  /// The file's bytes, checked against its digest.
  func bytes(of file: ContentFile) throws -> [UInt8]
}

/// Content that was asked for in a way it does not have.
public enum ContentError: Error, CustomStringConvertible, Sendable {
  case severalFiles([String])
  case inMemory(String)
  case notThatFormat(expected: String, found: String)
  case noSource(String)
  case unreadable(path: String, reason: String)

  public var description: String {
    switch self {
    case .severalFiles(let names):
      "the artifact has \(names.count) files (\(names.joined(separator: ", "))): name the one to read"
    case .inMemory(let name): "\(name) is in memory and has no path: read its bytes"
    case .notThatFormat(let expected, let found): "expected an artifact of the format \(expected), found \(found)"
    case .noSource(let name): "\(name) cannot be decoded outside a run: no store is attached to the decoder"
    case .unreadable(let path, let reason): "cannot read \(path): \(reason)"
    }
  }
}
