internal import ArtifactTypes
internal import Core

/// The texts of one language, each with the picture that it belongs to.
struct LanguageTexts {
  let language: String
  /// For each class or caption: its texts and its picture's position in the set.
  private(set) var entries: [(texts: [String], picture: Int)] = []

  /// The texts of every language, languages by their codes.
  /// - Parameters:
  ///   - languages: only these; all that occur when empty.
  ///   - fields: only texts of these fields; of all when empty.
  /// - Throws: ``OperationError`` when there is no text.
  static func collect(
    _ pairs: Pairs, _ pictures: EvaluatedPictures, languages: [String], fields: [String], context: StageContext
  ) throws -> [LanguageTexts] {
    var collected: [String: LanguageTexts] = [:]
    // swift-format-ignore: ReplaceForEachWithForLoop
    try pairs.forEach { pair in
      guard let position = pictures.position(of: pair.image) else { return }
      var texts: [String: [String]] = [:]
      for text in pair.texts where fields.isEmpty || fields.contains(text.field) {
        guard let language = text.language, languages.isEmpty || languages.contains(language) else { continue }
        texts[language, default: []].append(text.text)
      }
      for (language, texts) in texts {
        collected[language, default: LanguageTexts(language: language)].entries.append((texts, position))
      }
    }

    guard !collected.isEmpty else {
      throw OperationError(
        operation: "evaluate", subject: "\(pictures.count) pictures",
        cause: "no pair has one of the pictures and a text of the languages and fields that were asked for")
    }
    let missing = languages.filter { collected[$0] == nil }
    if !missing.isEmpty { context.note("languages without texts are left out: \(missing.joined(separator: ", "))") }
    return collected.values.sorted { $0.language.utf8.lexicographicallyPrecedes($1.language.utf8) }
  }

  /// The pictures' positions in the set, each once, ascending, and the place of each among them.
  var pictures: (positions: [Int], places: [Int: Int]) {
    let positions = Set(entries.map(\.picture)).sorted()
    return (positions, Dictionary(uniqueKeysWithValues: zip(positions, positions.indices)))
  }
}
