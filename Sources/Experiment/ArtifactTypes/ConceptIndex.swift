public import Core
internal import FileFormats

/// The metadata of each group of languages, compiled for matching: it is mapped into memory, not parsed.
///
/// `groups.json` names the groups; `en.index` has the entries of one group in a layout that the matcher documents.
/// `IndexConcepts` makes it.
public struct ConceptIndex: FileArtifact {
  /// The format of the files, with its version.
  public static var format: String { "concept-index/1" }

  /// The group of texts whose language has no metadata.
  public static let other = "other"
  /// The only group when all languages' metadata is merged into one.
  public static let all = "all"

  /// The choice of the metadata that a text is matched with.
  public enum Grouping: String, Codable, Sendable {
    /// The metadata of the text's own language. Source: MetaCLIP 2, §3.2.
    case byLanguage
    /// The metadata of all languages in one. Source: MetaCLIP 2, Table 2.
    case merged
  }

  /// Languages whose entries are united, because identification reports them as one.
  public struct Group: Codable, Hashable, Sendable {
    /// The common part of the languages' codes, `zh` for `zh`, `zh_Hant` and `zh_yue`; `other` or `all`.
    public var code: String
    /// The codes of its languages in the metadata, in order.
    public var languages: [String]
    /// The number of its distinct entries.
    public var entries: Int

    /// A group with these values.
    public init(code: String, languages: [String], entries: Int) {
      self.code = code
      self.languages = languages
      self.entries = entries
    }
  }

  private struct Description: Codable {
    var grouping: Grouping
    var groups: [Group]
  }

  /// The artifact's files.
  public let content: ArtifactContent
  /// The choice of the metadata that a text is matched with.
  public let grouping: Grouping
  /// The groups in the order of their codes.
  public let groups: [Group]
  private let positions: [String: Int]

  /// Opens an index.
  /// - Throws: ``OperationError`` when a file is missing or damaged.
  public init(content: ArtifactContent) throws {
    guard let file = content["groups.json"] else {
      throw OperationError(operation: "open a concept index", subject: "groups.json", cause: "the file is not there")
    }
    let description = try ArtifactJSON.decode(Description.self, from: file, operation: "open a concept index")
    self.content = content
    grouping = description.grouping
    groups = description.groups
    positions = Dictionary(groups.enumerated().map { ($1.code, $0) }, uniquingKeysWith: { first, _ in first })
    for group in groups where content[Self.fileName(group.code)] == nil {
      throw OperationError(
        operation: "open a concept index", subject: Self.fileName(group.code),
        cause: "groups.json names it, but it is not there")
    }
  }

  /// The position in ``groups`` of the group of a language, or of the unknown one; `nil` when there is none.
  public func position(of language: String?) -> Int? {
    switch grouping {
    case .merged: groups.isEmpty ? nil : 0
    case .byLanguage: language.flatMap { positions[Self.prefix($0)] } ?? positions[Self.other]
    }
  }

  /// The file with the entries of a group.
  /// - Parameter position: a position in ``groups``.
  package func file(at position: Int) throws -> ContentFile {
    let name = Self.fileName(groups[position].code)
    guard let file = content[name] else {
      throw OperationError(operation: "open a concept index", subject: name, cause: "the file is not there")
    }
    return file
  }

  /// A row for each group, most entries first: the group, its languages, the number of entries.
  public func summary() -> Table {
    Table(
      columns: [.init("group"), .init("languages"), .init("entries")],
      rows: groups.sorted { ($1.entries, $0.code) < ($0.entries, $1.code) }.map {
        [.text($0.code), .text($0.languages.joined(separator: ", ")), .integer($0.entries)]
      })
  }

  /// The part of a code before the first `_`, which languages of one group have in common.
  ///
  /// Source: MetaCLIP 2, reference code of the alignment.
  package static func prefix(_ language: String) -> String { String(language.prefix { $0 != "_" }) }

  private static func fileName(_ group: String) -> String { group + ".index" }

  /// Writes the files of an index.
  /// - Parameters:
  ///   - grouping: the choice of the metadata that a text is matched with.
  ///   - groups: the groups, each with its compiled entries.
  ///   - folder: the folder that the files are written to, such as ``StageContext/scratch``.
  package static func write(
    _ grouping: Grouping, _ groups: [(group: Group, compiled: [UInt8])], folder: String
  ) throws -> ConceptIndex {
    let sorted = groups.sorted { $0.group.code.precedes($1.group.code) }
    var files = try sorted.map { group, compiled in
      let name = fileName(group.code)
      let file = try ArtifactFileWriter(path: folder + "/" + name, name: name)
      try file.write(compiled)
      return try file.finish()
    }
    files.append(
      try ArtifactJSON.file(Description(grouping: grouping, groups: sorted.map(\.group)), name: "groups.json"))
    return try ConceptIndex(content: ArtifactContent(files: files))
  }
}

extension ConceptIndex: Presentable {
  /// The groups, as a table.
  public var presentation: Presentation { .table(summary()) }
}
