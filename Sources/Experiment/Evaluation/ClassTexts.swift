internal import ArtifactTypes
internal import Core

/// The classes that a language has words for, and the classes of the pictures.
struct ClassTexts {
  let language: String
  /// The classes' ids.
  private(set) var ids: [String] = []
  /// Each class's words: a name and its synonyms.
  private(set) var texts: [[String]] = []
  /// The pictures of these classes by their positions in the set, ascending, with the classes that are right for them.
  private(set) var pictures: [(position: Int, classes: [Int])] = []

  private static let operation = "classify zero-shot"

  /// The classes of every language, languages by their codes; those with fewer than two classes are left out and noted.
  /// - Parameters:
  ///   - labels: pairs that put pictures into classes by their groups; with `nil` every class's pair has its own
  ///     picture.
  ///   - languages: only these; all that occur when empty.
  ///   - fields: only texts of these fields are words for a class; of all when empty.
  /// - Throws: ``OperationError`` when the ids do not match, or no language has two classes with pictures.
  static func collect(
    _ classes: Pairs, labels: Pairs?, pictures: EvaluatedPictures, languages: [String], fields: [String],
    context: StageContext
  ) throws -> [ClassTexts] {
    let members = try labels.map { try Self.members($0, pictures) }
    var found: [String: ClassTexts] = [:]
    var owners: [String: [Int: [Int]]] = [:]
    var classCount = 0
    // swift-format-ignore: ReplaceForEachWithForLoop
    try classes.forEach { pair in
      classCount += 1
      // With labels of their own, classes without picture are candidates too: all of ImageNet's for Dollar Street.
      let own = members.map { $0[pair.id] ?? [] } ?? pictures.position(of: pair.image).map { [$0] } ?? []
      guard members != nil || !own.isEmpty else { return }

      var words: [String: [String]] = [:]
      for text in pair.texts where fields.isEmpty || fields.contains(text.field) {
        guard let language = text.language, languages.isEmpty || languages.contains(language) else { continue }
        words[language, default: []].append(text.text)
      }
      for (language, texts) in words {
        let number = found[language]?.ids.count ?? 0
        found[language, default: ClassTexts(language: language)].ids.append(pair.id)
        found[language]?.texts.append(texts)
        for position in own { owners[language, default: [:]][position, default: []].append(number) }
      }
    }
    let usable = found.values.filter { $0.ids.count > 1 && !(owners[$0.language] ?? [:]).isEmpty }
    guard !usable.isEmpty else {
      throw OperationError(
        operation: operation, subject: "\(classCount) classes and \(pictures.count) pictures",
        cause: cause(found.values.map { $0 }, members, languages: languages, fields: fields))
    }

    let missing = Set(languages.isEmpty ? Array(found.keys) : languages).subtracting(usable.map(\.language)).sorted()
    if !missing.isEmpty {
      context.note("languages without two named classes with pictures are left out: \(missing.joined(separator: ", "))")
    }
    return usable.sorted { $0.language.utf8.lexicographicallyPrecedes($1.language.utf8) }.map { group in
      var group = group
      group.pictures = (owners[group.language] ?? [:]).sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
      return group
    }
  }

  /// The pictures of each class, by the class's id.
  private static func members(_ labels: Pairs, _ pictures: EvaluatedPictures) throws -> [String: [Int]] {
    var members: [String: [Int]] = [:]
    var count = 0
    // swift-format-ignore: ReplaceForEachWithForLoop
    try labels.forEach { pair in
      count += 1
      guard let group = pair.group, let position = pictures.position(of: pair.image) else { return }
      if members[group]?.last != position { members[group, default: []].append(position) }
    }
    guard !members.isEmpty else {
      throw OperationError(
        operation: operation, subject: "\(count) labels and \(pictures.count) pictures",
        cause: "no label has a group, which names the class, and one of the pictures")
    }
    return members.mapValues { Array(Set($0)) }
  }

  /// The reason that no language has two classes with pictures.
  private static func cause(
    _ found: [ClassTexts], _ members: [String: [Int]]?, languages: [String], fields: [String]
  ) -> String {
    guard let largest = found.max(by: { $0.ids.count < $1.ids.count }) else {
      let asked = [languages, fields].map { $0.isEmpty ? "any" : $0.joined(separator: ", ") }
      return "no class has one of the pictures and a text (languages: \(asked[0]); fields: \(asked[1]))"
    }
    if largest.ids.count < 2 { return "no language has words for two of the classes" }
    return "the labels' groups are not ids of classes"
      + (members?.keys.min().map { ": groups are like “\($0)”, classes like “\(largest.ids[0])”" } ?? "")
  }
}
