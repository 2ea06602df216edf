public import ArtifactTypes
public import Core

/// The pairs and texts that meet conditions: the languages to train on, pictures that are there.
public struct SelectPairs: Stage {
  public var pairs: Pairs
  /// Only pairs whose picture is in this set.
  public var pictures: PictureSet?
  /// Only texts in these languages.
  public var languages: [String]?
  /// Only texts of these fields, such as `name`.
  public var fields: [String]?
  /// Leave out groups that are one of these or lie in one of these, such as `symbols`.
  public var withoutGroups: [String] = []
  /// At most so many of the pairs that are left, evenly spread; all when `nil`.
  public var limit: Int?

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

  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

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
      // The next of `limit` places on a line of `total` pairs.
      return number * limit / max(total, 1) != (number + 1) * limit / max(total, 1) || limit >= total ? selected : nil
    }
  }
}
