internal import Core
internal import FileFormats

/// One language's file before and after.
struct LanguageFilePair {
  /// The file's name without its extension: `en`, `en.bigrams`.
  let language: String
  let files: Sides<ContentFile?>

  /// The files of JSON Lines of two contents; those with the same bytes are left out.
  /// - Returns: the pairs in the order of their names, and the number of languages of both together.
  static func changed(
    _ contents: Sides<ArtifactContent>
  ) -> (pairs: [LanguageFilePair], languages: Int) {
    let suffix = ".jsonl"
    let files = contents.map { content in
      Dictionary(
        content.files.filter { $0.name.hasSuffix(suffix) }.map { (String($0.name.dropLast(suffix.count)), $0) }
      ) { first, _ in first }
    }
    let names = Set(files.old.keys).union(files.new.keys).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    let pairs = names.map { name in LanguageFilePair(language: name, files: files.map { $0[name] }) }
    return (pairs.filter { $0.files.old?.digest != $0.files.new?.digest }, names.count)
  }

  /// Joins the two files by a field of their records.
  func join<Tally: RecordTally>(
    by field: String, _ tally: Tally, limits: DifferenceLimits, _ body: (RecordChange) throws -> Void
  ) throws -> RecordJoin<Tally>.Totals {
    let mapped = try files.map { file in try file.map { [try MappedBytes($0)] } ?? [] }
    return try RecordJoin<Tally>(files: mapped, format: .jsonLines(key: [field]), limits: limits).run(tally, body)
  }
}
