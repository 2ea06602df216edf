public import ArtifactTypes
public import Core
internal import Counting
internal import FileFormats
internal import Synchronization

/// Counts the words of running text and the pairs of neighbouring words, in each language.
///
/// Pairs never cross documents. Takes about 3 GiB of memory for text of any size: counts that do not fit go through
/// sorted files in the scratch folder. Source: MetaCLIP 2, §3.1 and reference code.
public struct CountNgrams: Stage {
  /// The text to count.
  public var corpus: Corpus
  /// The languages to count; all of the corpus when `nil`.
  public var languages: [String]?

  /// The bytes of memory of all counters together. The counts do not depend on it.
  private static let memoryLimit = 3 << 30

  /// Counts a corpus.
  /// - Parameters:
  ///   - corpus: the text to count.
  ///   - languages: the languages to count; all of the corpus when `nil`.
  public init(corpus: Corpus, languages: [String]? = nil) {
    self.corpus = corpus
    self.languages = languages
  }

  /// The digest of this module's sources.
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }
  /// The version of ICU, whose dictionaries cut the words of languages without spaces.
  public static var environment: [EnvironmentFacet] { [WordBreaker.version] }

  /// Counts each language; words and pairs come by their counts, the commonest first.
  /// - Throws: ``OperationError`` when the corpus does not have a language that was asked for; ``LoadedLibraryError``
  ///   when a language needs ICU and it is missing.
  public func run(_ context: StageContext) async throws -> NgramCounts {
    try await run(context, memoryLimit: Self.memoryLimit, pieceSize: 1 << 22)
  }

  /// Counts with other limits, on which the counts do not depend.
  /// - Parameters:
  ///   - context: the run.
  ///   - memoryLimit: the bytes of memory of all counters together.
  ///   - pieceSize: about how many bytes of the corpus to count between two reports of progress.
  package func run(_ context: StageContext, memoryLimit: Int, pieceSize: Int) async throws -> NgramCounts {
    let chosen = languages.map { Set($0).sorted { $0.precedes($1) } } ?? corpus.languages
    if let missing = chosen.first(where: { !corpus.languages.contains($0) }) {
      throw OperationError(
        operation: "count n-grams", subject: missing,
        cause: "the corpus has only \(corpus.languages.joined(separator: ", "))")
    }

    let files = LanguageFiles(corpus.content)
    let counts = try chosen.compactMap { language in
      try files.lines(of: language).map { LanguageCount(language, $0, pieceSize: pieceSize) }
    }
    let total = counts.reduce(0) { $0 + $1.lines.byteCount }
    // A language gets as many counters as its share of the text is worth threads; the largest begin.
    let lanes = counts.flatMap { $0.lanes(threads: context.threads, total: total) }.sorted { $0.size > $1.size }
    let running = max(1, min(context.threads, lanes.count))
    // Half of the memory is for counters that wait for the others of their language.
    let limit = running == 1 ? memoryLimit : memoryLimit / 2 / running
    let waiting = MemoryForWaiting(memoryLimit / 2)

    let done = Mutex(0)
    let written = try await concurrentMap(count: lanes.count, threads: context.threads) { index in
      let lane = lanes[index]
      let counter = try NgramCounter(language: lane.count.language, folder: context.scratch, memoryLimit: limit)
      for piece in lane.pieces {
        try Task.checkCancellation()
        try lane.count.add(piece, to: counter)
        let bytes = done.withLock { done in
          done += piece.count
          return done
        }
        context.progress(bytes, of: total, "bytes")
      }
      return try lane.count.finish(counter, lane.number, waitingIn: waiting, folder: context.scratch)
    }

    let writer = NgramCountsWriter(folder: context.scratch)
    for case let files? in written { writer.add(files) }
    return try writer.finish()
  }
}

/// One language of a corpus, counted by several counters at the same time.
private final class LanguageCount: Sendable {
  /// The part of the language that one counter counts.
  struct Lane: Sendable {
    let count: LanguageCount
    let number: Int
    let pieces: ArraySlice<Range<Int>>

    var size: Int { pieces.reduce(0) { $0 + $1.count } }
  }

  let language: String
  let lines: LanguageLines
  private let pieces: [Range<Int>]
  /// The number of counters, those that are done, by their number, and the memory that those keep.
  private let state = Mutex<(lanes: Int, done: [Int: NgramCounter], memory: Int)>((0, [:], 0))

  init(_ language: String, _ lines: LanguageLines, pieceSize: Int) {
    self.language = language
    self.lines = lines
    pieces = lines.pieces(size: pieceSize)
  }

  /// Divides the pieces among counters. To be called once.
  func lanes(threads: Int, total: Int) -> [Lane] {
    let number = max(1, min(pieces.count, threads, (threads * lines.byteCount + total / 2) / max(1, total)))
    state.withLock { $0.lanes = number }
    return (0..<number).map { lane in
      Lane(
        count: self, number: lane, pieces: pieces[pieces.count * lane / number..<pieces.count * (lane + 1) / number])
    }
  }

  /// Counts a piece's documents. A document's position is that of its line, so that it does not depend on the lanes.
  func add(_ piece: Range<Int>, to counter: NgramCounter) throws {
    try lines.forEach(in: piece) { cursor, offset in
      try cursor.beginObject()
      while let key = try cursor.nextKey() {
        switch key {
        case "text":
          var text = try cursor.string()
          try text.withUTF8 { try counter.add(UnsafeRawBufferPointer($0), position: UInt64(offset)) }
        default: try cursor.skip()
        }
      }
    }
  }

  /// Takes a counter that is done; the last one writes the language.
  /// - Parameter waiting: the memory that counters may keep while they wait for the others; a counter for which there
  ///   is not enough waits on disk.
  func finish(
    _ counter: NgramCounter, _ number: Int, waitingIn waiting: MemoryForWaiting, folder: String
  ) throws -> LanguageNgramsWriter.Files? {
    let isOnly = state.withLock { $0.lanes == 1 }
    let memory = isOnly ? 0 : waiting.take(counter.memoryInUse)
    if memory == nil { try counter.park() }

    let (counters, kept) = state.withLock { state in
      state.done[number] = counter
      state.memory += memory ?? 0
      return (state.done.count == state.lanes ? state.done : nil, state.memory)
    }
    guard let counters else { return nil }
    defer { waiting.giveBack(kept) }
    let writer = try LanguageNgramsWriter(folder: folder, language: language)
    try NgramCounter.finish(counters.sorted { $0.key < $1.key }.map(\.value), into: writer)
    return try writer.finish()
  }
}

/// The memory that is left for counters that wait for the others of their language.
private final class MemoryForWaiting: Sendable {
  private let left: Mutex<Int>

  init(_ bytes: Int) { left = Mutex(bytes) }

  /// Takes some of the memory.
  /// - Returns: `nil` when there is not that much.
  func take(_ bytes: Int) -> Int? {
    left.withLock { left in
      guard left >= bytes else { return nil }
      left -= bytes
      return bytes
    }
  }

  func giveBack(_ bytes: Int) { left.withLock { $0 += bytes } }
}
