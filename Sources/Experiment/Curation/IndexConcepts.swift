public import ArtifactTypes
public import Core
internal import Counting

/// Compiles metadata for matching, its languages grouped as language identification reports them.
///
/// A code with `_` joins the group of the code before it (`zh_Hant`, `zh_yue` → `zh`). Languages that identification
/// never reports, and texts in a language without metadata, go to `other`. A group's entries are united and numbered
/// in the order of their bytes. Source: MetaCLIP 2, §3.2 and reference code of the alignment.
public struct IndexConcepts: Stage {
  /// The entries by language.
  public var metadata: ConceptMetadata
  /// The codes that the texts' languages may have, such as ``LanguageIdentifier/languages``, when every text's
  /// language was identified: other languages' entries go to `other`. `nil` when the texts' sources name their
  /// languages.
  public var reportedLanguages: [String]?
  /// The rule by which a text is matched with the metadata of a group.
  public var grouping = ConceptIndex.Grouping.byLanguage
  /// The languages of the metadata that are indexed; all when `nil`.
  public var languages: [String]?

  /// A stage that indexes metadata.
  public init(
    metadata: ConceptMetadata, reportedLanguages: [String]? = nil, grouping: ConceptIndex.Grouping = .byLanguage,
    languages: [String]? = nil
  ) {
    self.metadata = metadata
    self.reportedLanguages = reportedLanguages
    self.grouping = grouping
    self.languages = languages
  }

  /// The digest of this module's sources.
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

  /// Compiles the groups, on all threads.
  /// - Throws: ``OperationError`` when the metadata has none of a language, or a group has too many entries.
  public func run(_ context: StageContext) async throws -> ConceptIndex {
    let known = Set(metadata.languages)
    if let missing = languages?.first(where: { !known.contains($0) }) {
      throw OperationError(
        operation: "index concepts", subject: missing,
        cause: "the metadata has no such language; it has \(metadata.languages.joined(separator: ", "))")
    }

    let chosen = languages.map { chosen in metadata.languages.filter { chosen.contains($0) } } ?? metadata.languages
    let groups = members(chosen).sorted { $0.key.precedes($1.key) }
    let source = metadata
    let compiled = try await concurrentMap(
      count: groups.count, threads: context.threads, progress: { context.progress($0, of: groups.count, "groups") },
      { position in
        var builder = MatcherBuilder()
        for language in groups[position].value {
          for entry in try source.entries(of: language) { builder.add(entry.text) }
        }
        return try builder.compile()
      })

    let entries = compiled.reduce(0) { $0 + $1.entries }
    context.measure("entries", Double(entries))
    return try ConceptIndex.write(
      grouping,
      zip(groups, compiled).map { group, compiled in
        (ConceptIndex.Group(code: group.key, languages: group.value, entries: compiled.entries), compiled.bytes)
      }, folder: context.scratch)
  }

  /// The languages of each group, by the group's code.
  private func members(_ languages: [String]) -> [String: [String]] {
    guard grouping == .byLanguage else { return [ConceptIndex.all: languages] }
    let reported = reportedLanguages.map { Set($0.map(ConceptIndex.prefix)) }
    var members: [String: [String]] = [ConceptIndex.other: []]
    for language in languages {
      let prefix = ConceptIndex.prefix(language)
      members[reported?.contains(prefix) ?? true ? prefix : ConceptIndex.other, default: []].append(language)
    }
    return members
  }
}
