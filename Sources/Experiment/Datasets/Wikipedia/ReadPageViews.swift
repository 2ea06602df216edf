public import ArtifactTypes
public import Core
internal import Counting
internal import FileFormats
internal import Imaging
internal import Synchronization

/// Reads the numbers of views of the titles of each Wikipedia from hourly page-view files: candidates for metadata with
/// their views.
///
/// Each line `en.m Main_Page 42 0` counts for the wiki that its code names up to the first full stop, `.m` deleted
/// before, `-` becoming `_`; so `en.b` counts for `en`, unless ``wikipediaOnly``. In a title `_` is a space. Lines of
/// no wiki (`""`), titles without views or with a colon are left out; lines that have not four fields are noted.
/// Views of all files are added up; titles come by views, most first, equal ones by their bytes. Source: MetaCLIP 2,
/// reference code.
///
/// Files are read at the same time, and counted in bounded memory.
public struct ReadPageViews: Stage {
  /// The folder with files such as `pageviews-20240501-000000.gz`, in sub-folders too; other files are skipped.
  public var folder: InputFolder
  /// True to count only Wikipedia's lines; otherwise, as in the reference, those of Wiktionary, Wikibooks and so on
  /// count too.
  public var wikipediaOnly = false
  /// Titles with fewer views in all are left out.
  public var minimumViews = 1
  /// The spelling of the languages' codes.
  public var codes = WikipediaCodes.joined
  /// True to note a file that ends early and count it up to there; otherwise it is an error.
  public var allowsEarlyEnd = false

  private static let operation = "read page views"
  /// The bytes of memory for the counters of all files, and again for sorting. The result does not depend on it.
  private static let memoryLimit = 1 << 30

  /// Reads the page views of a folder.
  /// - Parameters:
  ///   - folder: the folder with the files.
  ///   - wikipediaOnly: whether only Wikipedia's lines count.
  ///   - minimumViews: titles with fewer views in all are left out.
  ///   - codes: the spelling of the languages' codes.
  public init(
    _ folder: InputFolder, wikipediaOnly: Bool = false, minimumViews: Int = 1, codes: WikipediaCodes = .joined
  ) {
    self.folder = folder
    self.wikipediaOnly = wikipediaOnly
    self.minimumViews = minimumViews
    self.codes = codes
  }

  /// The digest of this module's sources.
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

  /// Reads the titles; a list for each language.
  /// - Throws: ``OperationError`` when there is no file with page views, one cannot be read or ends early, or no
  ///   title is left.
  public func run(_ context: StageContext) async throws -> ConceptLists {
    let files = try folder.files().filter { $0.name.hasPrefix("pageviews-") }
    guard !files.isEmpty else {
      throw OperationError(
        operation: Self.operation, subject: folder.path,
        cause: "no file in it has page views: their names are like pageviews-20240501-000000.gz")
    }

    // Each worker has a counter of its own, and takes the next file when it has read one.
    let workers = min(context.threads, files.count)
    let counters = (0..<workers).map { _ in
      PageViewCounter(folder: context.scratch, memory: Self.memoryLimit / workers)
    }
    let next = Mutex(0)
    let tallies = try await concurrentMap(count: workers, threads: workers) { worker in
      var tally = PageViewTally()
      while let index = next.withLock({ next in
        next += 1
        return next <= files.count ? next - 1 : nil
      }) {
        context.progress(index, of: files.count, "files")
        try read(files[index], into: counters[worker].counter, &tally)
      }
      return tally
    }

    let sorted = try sort(counters, context)
    let lists = try write(sorted, context)
    var faults = FaultCounts()
    for tally in tallies { faults.merge(tally.faults) }
    guard let lists else {
      try faults.check(kept: 0, operation: Self.operation, subject: folder.path)
      // Not reached: nothing was kept, for which `check` throws.
      throw CancellationError()
    }
    faults.note(in: context)
    context.measure("lines", tallies.reduce(0) { $0 + Double($1.lines) })
    return lists
  }

  /// Counts the views of one file: a key is the language, a zero byte and the title.
  private func read(_ file: FolderFile, into counter: SpillingCounter, _ tally: inout PageViewTally) throws {
    var line = PageViewLine()
    var wiki: [UInt8] = []
    var key: [UInt8] = []
    // The bytes of the language and the zero byte; they stay from line to line of one wiki.
    var prefix = 0

    do {
      let reader = try LineReader(path: file.path)
      while let next = try reader.next() {
        tally.lines += 1
        if tally.lines.isMultiple(of: 4096) { try Task.checkCancellation() }
        switch line.read(next.bytes, wikipediaOnly: wikipediaOnly) {
        case .title:
          if line.wiki != wiki || prefix == 0 {
            wiki = line.wiki
            key = Array(codes.language(String(decoding: wiki, as: UTF8.self)).utf8) + [0]
            prefix = key.count
          }
          key.removeSubrange(prefix...)
          key.append(contentsOf: line.title)
          try key.withUnsafeBytes { try counter.add($0, count: line.views, position: 0) }
        case .unknownWiki, .leftOut: break
        case .broken:
          tally.faults.add("lines have no page views in them", "line \(next.number) of \(file.relativePath)")
        }
      }
    } catch let error as OperationError where allowsEarlyEnd && error.endsEarly {
      tally.faults.add("files end early", file.relativePath)
    }
  }

  /// Sorts the titles of each language by views, with a second counter whose keys sort so: language and zero byte,
  /// then the largest number less the views in eight bytes, most significant first, then the title.
  private func sort(_ counters: [PageViewCounter], _ context: StageContext) throws -> SpillingCounter {
    let sorted = SpillingCounter(folder: context.scratch, memoryLimit: Self.memoryLimit)
    var key: [UInt8] = []
    var found = 0
    try SpillingCounter.finish(counters.map(\.counter)) { counted, views, _ in
      found += 1
      if found.isMultiple(of: 4096) { try Task.checkCancellation() }
      guard views >= minimumViews, let zero = counted.firstIndex(of: 0) else { return }
      key.removeAll(keepingCapacity: true)
      key.append(contentsOf: counted[...zero])
      withUnsafeBytes(of: (UInt64.max - UInt64(views)).bigEndian) { key.append(contentsOf: $0) }
      key.append(contentsOf: counted[(zero + 1)...])
      try key.withUnsafeBytes { try sorted.add($0, count: views, position: 0) }
    }
    return sorted
  }

  /// Writes sorted titles.
  /// - Returns: `nil` when there is no title.
  private func write(_ sorted: SpillingCounter, _ context: StageContext) throws -> ConceptLists? {
    let writer = ConceptListsWriter(folder: context.scratch)
    var invalid = 0
    var written = 0
    try sorted.finish { key, views, _ in
      guard let zero = key.firstIndex(of: 0) else { return }
      let titleStart = zero + 1 + MemoryLayout<UInt64>.size
      guard let title = String(validating: key[titleStart...], as: UTF8.self) else {
        invalid += 1
        return
      }
      written += 1
      if written.isMultiple(of: 4096) { try Task.checkCancellation() }
      try writer.write(CountedText(title, count: views), of: String(decoding: key[..<zero], as: UTF8.self))
    }

    if invalid > 0 { context.note("\(invalid) titles are not UTF-8 and were left out") }
    context.measure("titles", Double(written))
    return written > 0 ? try writer.finish() : nil
  }
}

/// A counter for one task.
///
/// Sendable without a lock: one task of the group uses it, and when the group has ended, its parent.
private final class PageViewCounter: @unchecked Sendable {
  let counter: SpillingCounter

  init(folder: String, memory: Int) { counter = SpillingCounter(folder: folder, memoryLimit: memory) }
}

/// The lines and faults of the files that one task has read.
private struct PageViewTally: Sendable {
  var lines = 0
  var faults = FaultCounts()
}
