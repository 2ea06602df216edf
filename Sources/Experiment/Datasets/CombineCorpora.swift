public import ArtifactTypes
public import Core
internal import Counting
internal import Imaging

/// Several corpora in one: of each language all documents, the first corpus's first.
public struct CombineCorpora: Stage {
  public var corpora: [Corpus]
  /// Only these languages; all when `nil`.
  public var languages: [String]?

  public init(_ corpora: Corpus..., languages: [String]? = nil) {
    self.corpora = corpora
    self.languages = languages
  }

  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

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
