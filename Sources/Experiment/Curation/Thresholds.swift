internal import ArtifactTypes
public import Core

/// How many texts an entry may have before it is sampled down: t for each language, and the share p of matches in the tail that
/// all of them have in common.
///
/// Source: MetaCLIP 2, §3.3.
public struct Thresholds: Artifact, Hashable {
  public static var format: String { "thresholds/1" }

  /// One language's threshold.
  public struct Language: Codable, Hashable, Sendable {
    /// Entries with fewer texts are tail: all their texts are kept. At least 1 unless parity with the reference was asked for.
    public var t: Int
    /// The share of matches that belong to the tail under this t; `nil` where nothing matched.
    public var tailShare: Double?
    /// All matches of the language.
    public var matches: Int

    public init(t: Int, tailShare: Double?, matches: Int) {
      self.t = t
      self.tailShare = tailShare
      self.matches = matches
    }
  }

  /// The language that p comes from.
  public var anchor: String
  /// The tail's share of the matches in the anchor language.
  public var p: Double
  public var languages: [String: Language]

  public init(anchor: String, p: Double, languages: [String: Language]) {
    self.anchor = anchor
    self.p = p
    self.languages = languages
  }

  /// The threshold of each language with the tail's share that it leads to.
  public func summary() -> Table {
    let ordered = languages.sorted { ($1.value.matches, $0.key) < ($0.value.matches, $1.key) }
    return Table(
      columns: [.init("language"), .init("t"), .init("tail share", style: .percent(2)), .init("matches")],
      rows: ordered.map {
        [
          .text($0.key), .integer($0.value.t), $0.value.tailShare.map { .number($0) } ?? .empty,
          .integer($0.value.matches),
        ]
      })
  }
}

extension Thresholds: Presentable {
  public var presentation: Presentation { .table(summary()) }
}
