internal import Core

/// One language's file before and after.
struct LanguageFilePair {
  /// The file's name without its extension: `en`, `en.bigrams`.
  var language: String
  var old: ContentFile?
  var new: ContentFile?

  /// The files of JSON Lines of two contents; those with the same bytes are left out.
  /// - Returns: the pairs in the order of their names, and how many languages there are in both together.
  static func changed(_ old: ArtifactContent, _ new: ArtifactContent) -> (pairs: [LanguageFilePair], languages: Int) {
    let suffix = ".jsonl"
    func files(_ content: ArtifactContent) -> [String: ContentFile] {
      Dictionary(
        content.files.filter { $0.name.hasSuffix(suffix) }.map { (String($0.name.dropLast(suffix.count)), $0) }
      ) { first, _ in first }
    }
    let before = files(old)
    let after = files(new)
    let names = Set(before.keys).union(after.keys).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    let pairs = names.map { LanguageFilePair(language: $0, old: before[$0], new: after[$0]) }
    return (pairs.filter { $0.old?.digest != $0.new?.digest }, names.count)
  }

  /// Joins the two files.
  func join(_ key: [String], _ limits: DifferenceLimits, _ body: (RecordChange) throws -> Void) throws
    -> RecordJoin<FileTally>.Totals
  {
    let before = try old.map { [try MappedFile($0)] } ?? []
    let after = try new.map { [try MappedFile($0)] } ?? []
    return try RecordJoin<FileTally>(old: before, new: after, format: .jsonLines(key: key), limits: limits)
      .run(FileTally(files: 1), body)
  }

}
