public import ArtifactTypes
public import Core
internal import Counting
internal import FileFormats
internal import Glibc
internal import Imaging
internal import Synchronization

/// Reads the articles of Wikipedias from their dumps, as plain text.
///
/// The folder holds dumps of any number of languages, `XXwiki-DATE-pages-articles*.xml` packed or not; several files of one wiki
/// belong together, in the order of their names. Files are read side by side and page by page: memory does not grow with them. An
/// article is a document, its id the title; pages of other namespaces and redirects are left out, and so is an article without text.
///
/// Wikitext becomes text as a counter of words wants it: templates, tables, references, formulas, pictures with their captions and
/// categories go; links leave their labels; titles of sections that have text, and entries of lists, are lines of their own.
public struct ReadWikipedia: Stage {
  /// With the dumps; other files in it are passed over.
  public var folder: InputFolder
  /// The languages to read, by the wiki's code or by the one that it gets here; all when `nil`.
  public var languages: [String]?
  /// How the languages are called.
  public var codes = WikipediaCodes.joined
  /// Whether a dump that breaks off counts up to there, and is noted; otherwise it is an error.
  public var allowsEarlyEnd = false
  /// Whether the title of a section that has text is a line.
  public var sectionTitles = true
  /// Whether entries of lists are lines.
  public var lists = true
  /// How many bytes of XML a page may have; a longer one is left out and noted. MediaWiki stores 2 MiB of text at most, which XML
  /// makes six times as long at worst.
  public var largestPage = 16 << 20

  public init(
    _ folder: InputFolder, languages: [String]? = nil, codes: WikipediaCodes = .joined, allowsEarlyEnd: Bool = false
  ) {
    self.folder = folder
    self.languages = languages
    self.codes = codes
    self.allowsEarlyEnd = allowsEarlyEnd
  }

  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

  public func run(_ context: StageContext) async throws -> Corpus {
    let parts = try parts(context)
    // The largest first, so that no thread is left alone with one at the end.
    let order = parts.indices.sorted { (parts[$0].byteCount, $1) > (parts[$1].byteCount, $0) }
    let progress = WikipediaProgress(total: parts.reduce(0) { $0 + $1.byteCount }, context)
    let results = try await concurrentMap(count: order.count, threads: context.threads) { position in
      try read(parts[order[position]], progress, context)
    }
    var sorted = [WikipediaPart.Result?](repeating: nil, count: parts.count)
    for (position, result) in zip(order, results) { sorted[position] = result }

    let groups = Dictionary(grouping: parts.indices, by: { parts[$0].language }).sorted { $0.key < $1.key }
    let done = sorted
    let files = try await concurrentMap(count: groups.count, threads: context.threads) { position in
      try join(groups[position].value.compactMap { done[$0] }, groups[position].key, context)
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
    let counts = Dictionary(chosen.map { (codes.language($0.wiki), $0.files.count) }, uniquingKeysWith: +)
    return try chosen.flatMap { wiki in wiki.files.map { ($0.file, codes.language(wiki.wiki)) } }.enumerated().map {
      number, part in
      try WikipediaPart(file: part.0, number: number, language: part.1, isAlone: counts[part.1] == 1)
    }
  }

  /// Writes the articles of one file.
  private func read(
    _ part: WikipediaPart, _ progress: WikipediaProgress, _ context: StageContext
  ) throws -> WikipediaPart.Result {
    let dump = try WikipediaDump(path: part.file.path, largestPage: largestPage, allowsEarlyEnd: allowsEarlyEnd)
    let converter = WikitextConverter(WikitextOptions(sectionTitles: sectionTitles, lists: lists))
    let writer =
      try part.isAlone
      ? CorpusWriter(language: part.language, folder: context.scratch)
      : CorpusWriter(part: context.file("part-\(part.number)"))
    var counts = WikipediaPart.Counts()
    var reported: Int64 = 0
    while let page = try dump.next() {
      try Task.checkCancellation()
      counts.pages += 1
      if counts.pages.isMultiple(of: 256) {
        progress.add(dump.packedPosition - reported)
        reported = dump.packedPosition
      }
      guard page.namespace == 0 || (page.namespace == nil && !page.title.contains(":")) else { continue }
      if page.isRedirect || page.text.isRedirect {
        counts.redirects += 1
      } else if page.isTooLong {
        counts.faults.add("pages are longer than \(largestPage) bytes and were left out", page.title)
      } else if !page.isWikitext {
        counts.faults.add("pages are not in wikitext and were left out", page.title)
      } else {
        let text = converter.convert(page.text, dump.namespaces)
        if text.isEmpty {
          counts.faults.add("articles have no text", page.title)
        } else {
          try writer.write(Corpus.Document(id: page.title, text: String(decoding: text, as: UTF8.self)))
        }
      }
    }
    if let earlyEnd = dump.earlyEnd { counts.faults.add("dumps end early", "\(part.file.relativePath): \(earlyEnd)") }
    progress.add(part.byteCount - reported)
    counts.articles = writer.count
    return WikipediaPart.Result(file: try writer.finish(), isAlone: part.isAlone, counts: counts)
  }

  /// A language's file; `nil` when it has no article.
  private func join(_ results: [WikipediaPart.Result], _ language: String, _ context: StageContext) throws
    -> ContentFile?
  {
    guard results.contains(where: { $0.counts.articles > 0 }) else { return nil }
    if let first = results.first, first.isAlone { return first.file }
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
  /// Among all files that are read.
  let number: Int
  let language: String
  /// Whether the language has no other file, so that this one's articles are all.
  let isAlone: Bool
  let byteCount: Int64

  init(file: FolderFile, number: Int, language: String, isAlone: Bool) throws {
    self.file = file
    self.number = number
    self.language = language
    self.isAlone = isAlone
    var status = stat()
    guard stat(file.path, &status) == 0 else {
      throw OperationError(operation: "read Wikipedia", subject: file.path, cause: String(cString: strerror(errno)))
    }
    byteCount = Int64(status.st_size)
  }

  struct Result: Sendable {
    let file: ContentFile
    let isAlone: Bool
    let counts: Counts
  }

  struct Counts: Sendable {
    var pages = 0
    var redirects = 0
    var articles = 0
    var faults = FaultCounts()
  }
}

/// How many packed bytes all threads together have read.
private final class WikipediaProgress: Sendable {
  private let total: Int64
  private let done = Mutex<Int64>(0)
  private let context: StageContext

  init(total: Int64, _ context: StageContext) {
    self.total = total
    self.context = context
  }

  func add(_ count: Int64) {
    let now = done.withLock { done in
      done += count
      return done
    }
    context.progress(now >> 20, of: max(1, total >> 20), "MiB")
  }
}

extension WikitextSource {
  /// Whether it begins with `#REDIRECT`; redirects in other languages' words are told by the dump.
  var isRedirect: Bool {
    let start = trimmed(0..<min(count, 64)).lowerBound
    let word = "#redirect".utf8
    return start + word.count <= count
      && zip(word, start..<count).allSatisfy { $0 == self[$1] | ($1 == start ? 0 : 0x20) }
  }
}
