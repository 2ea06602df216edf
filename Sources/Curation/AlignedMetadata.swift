package import ArtifactTypes

/// Metadata whose languages are grouped as language identification reports them, with a matcher for each group.
///
/// A code with `_` joins the group of what stands before it (`zh_Hant` → `zh`). Languages that the identification never reports, and
/// texts in a language without metadata, go to `other`. A group's entries are united. Source: MetaCLIP 2, reference code of the
/// alignment.
package struct AlignedMetadata: Sendable {
  /// The group of texts whose language has no metadata.
  package static let other = "other"

  /// The groups in the order of their codes; `other` is always one of them.
  package let groups: [String]
  /// A matcher for each group.
  package let matchers: [ConceptMatcher]
  private let positions: [String: Int]

  /// - Parameter reported: the codes that texts may have; those of the metadata when `nil`.
  package init(_ metadata: ConceptMetadata, reported: [String]?, threads: Int) async throws {
    let reported = reported.map { Set($0.map(Self.prefix)) }
    var members: [String: [String]] = [Self.other: []]
    for language in metadata.languages {
      let prefix = Self.prefix(language)
      members[reported.map { $0.contains(prefix) } ?? true ? prefix : Self.other, default: []].append(language)
    }
    let groups = members.keys.sorted { $0.precedes($1) }
    let languages = members
    matchers = try await concurrentMap(count: groups.count, threads: threads) { index in
      ConceptMatcher(entries: try (languages[groups[index]] ?? []).flatMap { try metadata.entries(of: $0).map(\.text) })
    }
    self.groups = groups
    positions = Dictionary(uniqueKeysWithValues: zip(groups, groups.indices))
  }

  /// The position of a text's group.
  package func group(of language: String?) -> Int {
    language.flatMap { positions[Self.prefix($0)] } ?? positions[Self.other] ?? 0
  }

  private static func prefix(_ language: String) -> String { String(language.prefix { $0 != "_" }) }
}
