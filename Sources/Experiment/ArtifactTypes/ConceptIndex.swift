public import Core
internal import FileFormats

/// The metadata of each group of languages, compiled for matching: it is mapped into memory, not parsed.
///
/// `groups.json` names the groups; `en.index` has one group's entries in a layout that the matcher documents. Made by
/// `IndexConcepts`.
public struct ConceptIndex: FileArtifact {
  public static var format: String { "concept-index/1" }

  /// The group of texts whose language has no metadata.
  public static let other = "other"
  /// The only group when all languages' metadata is merged into one.
  public static let all = "all"

  /// Which metadata a text is matched with.
  public enum Grouping: String, Codable, Sendable {
    /// That of the text's own language. Source: MetaCLIP 2, §3.2.
    case byLanguage
    /// All languages' in one. Source: MetaCLIP 2, Table 2.
    case merged
  }

  /// Languages whose entries are united, because identification reports them as one.
  public struct Group: Codable, Hashable, Sendable {
    /// `zh` for `zh`, `zh_Hant`, `zh_yue`; `other` or `all`.
    public var code: String
    /// The codes of the metadata's languages in it, in order.
    public var languages: [String]
    /// How many distinct entries it has.
    public var entries: Int

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

  public let content: ArtifactContent
  public let grouping: Grouping
  /// In the order of their codes.
  public let groups: [Group]
  private let positions: [String: Int]

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

  /// The position in ``groups`` of the group that a text in a language belongs to; `nil` when there is none.
  public func position(of language: String?) -> Int? {
    switch grouping {
    case .merged: groups.isEmpty ? nil : 0
    case .byLanguage: language.flatMap { positions[Self.prefix($0)] } ?? positions[Self.other]
    }
  }

  /// The file of a group in ``groups``.
  package func file(at position: Int) throws -> ContentFile {
    let name = Self.fileName(groups[position].code)
    guard let file = content[name] else {
      throw OperationError(operation: "open a concept index", subject: name, cause: "the file is not there")
    }
    return file
  }

  /// Languages and entries of each group, most entries first.
  public func summary() -> Table {
    Table(
      columns: [.init("group"), .init("languages"), .init("entries")],
      rows: groups.sorted { ($1.entries, $0.code) < ($0.entries, $1.code) }.map {
        [.text($0.code), .text($0.languages.joined(separator: ", ")), .integer($0.entries)]
      })
  }

  /// What groups languages: the part of a code before the first `_`. Source: MetaCLIP 2, reference code of the alignment.
  package static func prefix(_ language: String) -> String { String(language.prefix { $0 != "_" }) }

  private static func fileName(_ group: String) -> String { group + ".index" }

  /// Puts the files of an index together.
  /// - Parameters:
  ///   - groups: each with its compiled entries.
  ///   - folder: where they are written, such as ``StageContext/scratch``.
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
  public var presentation: Presentation { .table(summary()) }
}
