/// A file that a stage reads: hashed by its content, wherever it lies.
///
/// A relative path counts from the project's folder. The path itself is not part of a stage's key: a file that moves, unchanged,
/// reruns nothing.
public struct InputFile: Codable, Hashable, Sendable {
  public let path: String

  public init(_ path: String) { self.path = path }

  public init(from decoder: any Decoder) throws { path = try decoder.singleValueContainer().decode(String.self) }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(path)
  }
}

/// A folder whose files a stage reads: hashed by the files' relative paths and contents.
///
/// Sub-folders are included, hidden files are not. With ``suffixes``, only files whose name ends in one of them count.
public struct InputFolder: Codable, Hashable, Sendable {
  public let path: String

  /// Endings of the file names that count, such as `.xml`; empty for every file.
  public let suffixes: [String]

  public init(_ path: String, suffixes: [String] = []) {
    self.path = path
    self.suffixes = suffixes
  }
}
