public import ArtifactTypes
public import Core
internal import Counting
internal import Imaging

/// Combines several corpora: of each language all documents, the first corpus's first.
public struct CombineCorpora: Stage {
  /// The corpora, in the order of their documents.
  public var corpora: [Corpus]
  /// The languages to take; all when `nil`.
  public var languages: [String]?

  /// Combines corpora.
  /// - Parameters:
  ///   - corpora: in the order of their documents.
  ///   - languages: the languages to take; all when `nil`.
  public init(_ corpora: Corpus..., languages: [String]? = nil) {
    self.corpora = corpora
    self.languages = languages
  }

  /// The digest of this module's sources.
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

  /// Copies the documents.
  /// - Throws: ``OperationError`` when no corpus has a language that was asked for.
  public func run(_ context: StageContext) async throws -> Corpus {
    let found = Set(corpora.flatMap(\.languages))
    let chosen = (languages ?? Array(found)).sorted { $0.precedes($1) }
    if let missing = chosen.first(where: { !found.contains($0) }) {
      throw OperationError(
        operation: "combine corpora", subject: missing,
        cause: "no corpus has this language; they have \(found.sorted())")
    }

    let corpora = corpora
    let folder = context.scratch
    let files = try await concurrentMap(
      count: chosen.count, threads: context.threads, progress: { context.progress($0, of: chosen.count, "languages") },
      { position in
        let writer = try CorpusWriter(language: chosen[position], folder: folder)
        for corpus in corpora where corpus.languages.contains(chosen[position]) {
          try corpus.forEach(in: chosen[position]) { try writer.write($0) }
        }
        return try writer.finish()
      })
    return try Corpus(files: files)
  }
}
