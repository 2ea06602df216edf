internal import ArtifactTypes
public import Core

/// The number of texts that an entry may have before it is sampled down: t for each language, and the share p of
/// matches in the tail that all of them have in common.
///
/// Source: MetaCLIP 2, §3.3.
public struct Thresholds: Artifact, Hashable {
  /// The name and version of the file format.
  public static var format: String { "thresholds/1" }

  /// One language's threshold.
  public struct Language: Codable, Hashable, Sendable {
    /// The threshold: entries with fewer texts are tail, of which all texts are kept. At least 1 unless parity with the
    /// reference was asked for.
    public var t: Int
    /// The share of matches, 0...1, that belong to the tail under this t; `nil` where nothing matched.
    public var tailShare: Double?
    /// The number of all matches of the language.
    public var matches: Int

    /// The threshold of a language.
    public init(t: Int, tailShare: Double?, matches: Int) {
      self.t = t
      self.tailShare = tailShare
      self.matches = matches
    }
  }

  /// The language that p comes from.
  public var anchor: String
  /// The tail's share of the matches in the anchor language, 0...1.
  public var p: Double
  /// The threshold of each language, by its code.
  public var languages: [String: Language]

  /// The thresholds of languages.
  public init(anchor: String, p: Double, languages: [String: Language]) {
    self.anchor = anchor
    self.p = p
    self.languages = languages
  }

  /// A table with the threshold of each language and the tail's share that it leads to, most matches first.
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
  /// The ``summary()``.
  public var presentation: Presentation { .table(summary()) }
}
