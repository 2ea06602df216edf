/// A file that a stage reads, hashed by its content wherever it is.
///
/// The path itself is not part of a stage's key: a file that moves without a change reruns nothing.
public struct InputFile: Codable, Hashable, Sendable {
  /// The path, absolute or relative to the project's folder.
  public let path: String

  /// A file that need not exist before the stage runs.
  /// - Parameter path: absolute or relative to the project's folder.
  public init(_ path: String) { self.path = path }

  public init(from decoder: any Decoder) throws { path = try decoder.singleValueContainer().decode(String.self) }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(path)
  }
}

/// A folder whose files a stage reads, hashed by the files' relative paths and contents.
///
/// Subfolders are included, hidden files are not. With ``suffixes``, only files whose name ends in one of them count,
/// in small or capital letters.
public struct InputFolder: Codable, Hashable, Sendable {
  /// The path, absolute or relative to the project's folder.
  public let path: String

  /// The endings of the file names that count, such as `.xml`; empty for every file.
  public let suffixes: [String]

  /// A folder that need not exist before the stage runs.
  /// - Parameters:
  ///   - path: absolute or relative to the project's folder.
  ///   - suffixes: the endings of the file names that count; every file unless given.
  public init(_ path: String, suffixes: [String] = []) {
    self.path = path
    self.suffixes = suffixes
  }
}

extension InputFolder {
  /// True for the name of a file that has one of the ``suffixes``.
  package func counts(_ name: String) -> Bool { suffixes.isEmpty || suffixes.contains { name.hasEnding($0) } }
}

extension String {
  /// True for a file name with an ending such as `.jpg`, in small or capital letters.
  package func hasEnding(_ suffix: String) -> Bool {
    hasSuffix(suffix) || lowercased().hasSuffix(suffix.lowercased())
  }
}
