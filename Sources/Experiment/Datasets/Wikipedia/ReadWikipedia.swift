public import ArtifactTypes
public import Core
internal import Counting
internal import FileFormats
internal import Glibc
internal import Imaging

/// Reads the articles of Wikipedias from their dumps, as plain text.
///
/// The folder holds dumps of any number of languages, `XXwiki-DATE-pages-articles*.xml`, compressed or not; several
/// files of one wiki belong together, in the order of their names. Files are read at the same time and page by page:
/// memory does not grow with them. An article is a document, its id the title; pages of other namespaces, redirects
/// and articles without text are left out.
///
/// Wikitext becomes the text that words are counted in: templates but a few that carry words of the sentence, tables,
/// references, formulas, pictures with their captions and categories are left out; links leave their labels; titles of
/// sections that have text, and entries of lists, are lines of their own.
public struct ReadWikipedia: Stage {
  /// The folder with the dumps; other files in it are skipped.
  public var folder: InputFolder
  /// The languages to read, by the wiki's code or by the one that it gets here; all when `nil`.
  public var languages: [String]?
  /// The spelling of the languages' codes.
  public var codes = WikipediaCodes.joined
  /// True to note a dump that breaks off and take it up to there; otherwise it is an error.
  public var allowsEarlyEnd = false
  /// True to make the title of a section that has text a line.
  public var sectionTitles = true
  /// True to make entries of lists lines.
  public var lists = true
  /// True to keep the text of the templates that carry words of the sentence, such as quotations, words of other
  /// languages and quantities; false to leave out every template, as WikiExtractor 3.0.6 does.
  public var textTemplates = true
  /// The bytes of XML that a page may have; a longer one is left out and noted. MediaWiki stores 2 MiB of text at most,
  /// which XML makes six times as long at worst.
  public var largestPage = 16 << 20

  /// Reads the dumps of a folder.
  /// - Parameters:
  ///   - folder: the folder with the dumps.
  ///   - languages: the languages to read; all when `nil`.
  ///   - codes: the spelling of the languages' codes.
  ///   - allowsEarlyEnd: whether a dump that breaks off counts up to there.
  public init(
    _ folder: InputFolder, languages: [String]? = nil, codes: WikipediaCodes = .joined, allowsEarlyEnd: Bool = false
  ) {
    self.folder = folder
    self.languages = languages
    self.codes = codes
    self.allowsEarlyEnd = allowsEarlyEnd
  }

  /// The digest of this module's sources.
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

  /// Reads the articles; a file for each language that has any.
  /// - Throws: ``OperationError`` when there is no dump, a language that was asked for is missing, a file is not a
  ///   dump or ends early, or no article is left.
  public func run(_ context: StageContext) async throws -> Corpus {
    let parts = try parts(context)
    // The largest first, so that no thread is still busy with one when all others are done.
    let order = parts.indices.sorted { (parts[$0].byteCount, $1) > (parts[$1].byteCount, $0) }
    let progress = ReadingProgress(context, byteCounts: parts.map(\.byteCount))
    let results = try await concurrentMap(count: order.count, threads: context.threads) { position in
      try read(parts[order[position]], progress: progress, context)
    }
    var sorted = [WikipediaPart.Result?](repeating: nil, count: parts.count)
    for (position, result) in zip(order, results) { sorted[position] = result }

    let groups = Dictionary(grouping: parts.indices, by: { parts[$0].language }).sorted { $0.key < $1.key }
    let done = sorted
    let files = try await concurrentMap(count: groups.count, threads: context.threads) { position in
      try join(groups[position].value.compactMap { done[$0] }, of: groups[position].key, context)
    }
    try report(sorted.compactMap(\.self), context)
    return try Corpus(files: files.compactMap(\.self))
  }

  /// The files to read with the language of each, the files of a language in order.
  private func parts(_ context: StageContext) throws -> [WikipediaPart] {
    let found = try folder.files().compactMap(WikipediaFile.init)
    guard !found.isEmpty else {
      throw OperationError(
        operation: "read Wikipedia", subject: folder.path,
        cause: "no file in it is a dump: their names are like enwiki-20240501-pages-articles.xml.bz2")
    }

    let wikis = WikipediaFile.choose(found) { context.note($0) }
    let known = Set(wikis.flatMap { [$0.wiki, codes.language($0.wiki)] })
    if let missing = languages?.first(where: { !known.contains($0) }) {
      throw OperationError(
        operation: "read Wikipedia", subject: folder.path,
        cause: "there is no dump of “\(missing)” in it; there are \(wikis.map(\.wiki).joined(separator: ", "))")
    }

    let chosen = wikis.filter { wiki in
      languages.map { $0.contains(wiki.wiki) || $0.contains(codes.language(wiki.wiki)) } ?? true
    }
    // With `joined` codes, two wikis may be of one language.
    let counts = Dictionary(chosen.map { (codes.language($0.wiki), $0.files.count) }, uniquingKeysWith: +)
    let files = chosen.flatMap { wiki in wiki.files.map { (file: $0.file, language: codes.language(wiki.wiki)) } }
    return try files.enumerated().map { number, part in
      try WikipediaPart(
        file: part.file, number: number, language: part.language, isOnly: counts[part.language] == 1)
    }
  }

  /// Writes the articles of one file.
  private func read(
    _ part: WikipediaPart, progress: ReadingProgress, _ context: StageContext
  ) throws -> WikipediaPart.Result {
    let dump = try WikipediaDump(path: part.file.path, largestPage: largestPage, allowsEarlyEnd: allowsEarlyEnd)
    let converter = WikitextConverter(
      WikitextOptions(sectionTitles: sectionTitles, lists: lists, textTemplates: textTemplates),
      language: part.language)
    // A language's only file is written in its final form; several are joined later.
    let writer =
      try part.isOnly
      ? CorpusWriter(language: part.language, folder: context.scratch)
      : CorpusWriter(part: context.file("part-\(part.number)"))
    var counts = WikipediaPart.Counts()

    while let page = try dump.next() {
      try Task.checkCancellation()
      counts.pages += 1
      if counts.pages.isMultiple(of: 256) { progress.set(dump.compressedPosition, of: part.number) }
      if let text = text(of: page, by: converter, namespaces: dump.namespaces, counts: &counts) {
        try writer.write(Corpus.Document(id: page.title, text: text))
      }
    }

    if let earlyEnd = dump.earlyEnd { counts.faults.add("dumps end early", "\(part.file.relativePath): \(earlyEnd)") }
    progress.set(part.byteCount, of: part.number)
    counts.articles = writer.count
    return WikipediaPart.Result(file: try writer.finish(), isOnly: part.isOnly, counts: counts)
  }

  /// The text of an article; `nil` for a page that is left out, which is counted.
  private func text(
    of page: WikipediaDump.Page, by converter: WikitextConverter, namespaces: WikipediaNamespaces,
    counts: inout WikipediaPart.Counts
  ) -> String? {
    guard page.namespace == 0 || (page.namespace == nil && !page.title.contains(":")) else { return nil }
    if page.isRedirect || page.text.isRedirect {
      counts.redirects += 1
    } else if page.isTooLong {
      counts.faults.add("pages are longer than \(largestPage) bytes and were left out", page.title)
    } else if !page.isWikitext {
      counts.faults.add("pages are not in wikitext and were left out", page.title)
    } else {
      let text = converter.convert(page.text, namespaces)
      if !text.isEmpty { return String(decoding: text, as: UTF8.self) }
      counts.faults.add("articles have no text", page.title)
    }
    return nil
  }

  /// A language's file; `nil` when it has no article.
  private func join(
    _ results: [WikipediaPart.Result], of language: String, _ context: StageContext
  ) throws -> ContentFile? {
    guard results.contains(where: { $0.counts.articles > 0 }) else { return nil }
    if let first = results.first, first.isOnly { return first.file }
    let writer = try CorpusWriter(language: language, folder: context.scratch)
    for result in results {
      try Task.checkCancellation()
      try writer.append(part: result.file, count: result.counts.articles)
      unlink(try result.file.path())
    }
    return try writer.finish()
  }

  private func report(_ results: [WikipediaPart.Result], _ context: StageContext) throws {
    var faults = FaultCounts()
    for result in results { faults.merge(result.counts.faults) }
    let articles = results.reduce(0) { $0 + $1.counts.articles }
    try faults.check(kept: articles, operation: "read Wikipedia", subject: folder.path)
    faults.note(in: context)
    context.measure("pages", Double(results.reduce(0) { $0 + $1.counts.pages }))
    context.measure("redirects", Double(results.reduce(0) { $0 + $1.counts.redirects }))
    context.measure("articles", Double(articles))
  }
}

/// One file of one language.
private struct WikipediaPart: Sendable {
  let file: FolderFile
  /// The position among all files that are read.
  let number: Int
  let language: String
  /// True when the language has no other file, so that this one's articles are all.
  let isOnly: Bool
  let byteCount: Int64

  init(file: FolderFile, number: Int, language: String, isOnly: Bool) throws {
    self.file = file
    self.number = number
    self.language = language
    self.isOnly = isOnly
    byteCount = try InputDescriptor(path: file.path).byteCount
  }

  struct Result: Sendable {
    let file: ContentFile
    let isOnly: Bool
    let counts: Counts
  }

  struct Counts: Sendable {
    var pages = 0
    var redirects = 0
    var articles = 0
    var faults = FaultCounts()
  }
}
