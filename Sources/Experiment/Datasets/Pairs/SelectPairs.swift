public import ArtifactTypes
public import Core

/// Selects the pairs and texts that meet conditions: the languages to train on, pictures that are there.
public struct SelectPairs: Stage {
  /// The pairs to select from.
  public var pairs: Pairs
  /// Only pairs whose picture is in this set; all when `nil`.
  public var pictures: PictureSet?
  /// Only texts in these languages; all when `nil`.
  public var languages: [String]?
  /// Only texts of these fields, such as `name`; all when `nil`.
  public var fields: [String]?
  /// Leave out groups that are one of these or are in one of these, such as `symbols`.
  public var withoutGroups: [String] = []
  /// The number of pairs to keep at most, evenly spread; all when `nil`.
  public var limit: Int?

  /// Selects pairs that meet all conditions, with those of their texts that do.
  /// - Parameters:
  ///   - pairs: the pairs to select from.
  ///   - pictures: only pairs whose picture is in this set.
  ///   - languages: only texts in these languages.
  ///   - fields: only texts of these fields.
  ///   - withoutGroups: groups to leave out, with the groups in them.
  public init(
    pairs: Pairs, pictures: PictureSet? = nil, languages: [String]? = nil, fields: [String]? = nil,
    withoutGroups: [String] = []
  ) {
    self.pairs = pairs
    self.pictures = pictures
    self.languages = languages
    self.fields = fields
    self.withoutGroups = withoutGroups
  }

  /// The digest of this module's sources.
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

  /// Copies the pairs in their order; a pair that is left without text is dropped.
  public func run(_ context: StageContext) async throws -> Pairs {
    let ids = try pictures.map { Set(try $0.ids()) }
    let languages = languages.map(Set.init)
    let fields = fields.map(Set.init)
    func select(_ pair: Pair) throws -> Pair? {
      try Task.checkCancellation()
      if let ids, !ids.contains(pair.image) { return nil }
      if let group = pair.group, withoutGroups.contains(where: { group == $0 || group.hasPrefix($0 + "/") }) {
        return nil
      }
      var pair = pair
      pair.texts.removeAll { text in
        languages.map { set in !(text.language.map(set.contains) ?? false) } ?? false
          || fields.map { !$0.contains(text.field) } ?? false
      }
      return pair.texts.isEmpty ? nil : pair
    }
    guard let limit else { return try pairs.map(into: context.file("pairs.jsonl"), select) }

    var total = 0
    // swift-format-ignore: ReplaceForEachWithForLoop
    try pairs.forEach { if try select($0) != nil { total += 1 } }
    var number = 0
    return try pairs.map(into: context.file("pairs.jsonl")) { pair in
      guard let selected = try select(pair) else { return nil }
      defer { number += 1 }
      // The next of `limit` positions on a line of `total` pairs.
      return number * limit / max(total, 1) != (number + 1) * limit / max(total, 1) || limit >= total ? selected : nil
    }
  }
}
