package import ArtifactTypes
internal import Counting

/// Counts the words and the pairs of neighbouring words of documents in one language, in bounded memory.
///
/// The counts depend only on the documents and their positions: not on the limit, and not on how the documents are
/// divided among several counters.
///
/// Sendable without a lock: a counter is used by one thread at a time, and ``CountNgrams`` passes it on through one.
package final class NgramCounter: @unchecked Sendable {
  private var tokenizer: Tokenizer
  private let unigrams, bigrams: SpillingCounter
  /// A pair of words that are not next to each other in the text, with a space between them.
  private var pair: [UInt8] = []

  private static let space = UInt8(ascii: " ")

  /// An empty counter.
  /// - Parameters:
  ///   - language: a code as CLDR or Wikipedia writes it.
  ///   - folder: the folder for sorted parts that do not fit into memory.
  ///   - memoryLimit: about how many bytes of memory to use.
  /// - Throws: ``LoadedLibraryError`` when the language needs ICU and it is missing.
  package init(language: String, folder: String, memoryLimit: Int) throws {
    tokenizer = try Tokenizer(language: language)
    unigrams = SpillingCounter(folder: folder, memoryLimit: memoryLimit / 4, isSorted: false)
    bigrams = SpillingCounter(folder: folder, memoryLimit: memoryLimit - memoryLimit / 4, isSorted: false)
  }

  /// Counts a document.
  /// - Parameters:
  ///   - document: valid UTF-8.
  ///   - position: a number that orders the documents; the next one's is larger by at least the number of bytes.
  package func add(_ document: UnsafeRawBufferPointer, position: UInt64) throws {
    let none = UnsafeRawBufferPointer(start: nil, count: 0)
    var previous = none
    try tokenizer.forEachWord(
      in: document,
      word: { word, offset in
        let wordPosition = position + UInt64(offset)
        try unigrams.addLater(word, position: wordPosition)
        if !previous.isEmpty { try addPair(previous, word, position: wordPosition) }
        previous = word
      },
      gap: { previous = none },
      end: {
        try unigrams.flush()
        try bigrams.flush()
      })
  }

  /// Counts two words. Where one space is between them in the text, which is usual, nothing is copied.
  private func addPair(
    _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer, position: UInt64
  ) throws {
    if let start = first.baseAddress, start + first.count + 1 == second.baseAddress,
      start.load(fromByteOffset: first.count, as: UInt8.self) == Self.space
    {
      let both = UnsafeRawBufferPointer(start: start, count: first.count + 1 + second.count)
      return try bigrams.addLater(both, position: position)
    }
    pair.removeAll(keepingCapacity: true)
    pair.append(contentsOf: first)
    pair.append(Self.space)
    pair.append(contentsOf: second)
    try pair.withUnsafeBytes { try bigrams.add($0, position: position) }
  }

  /// About how many bytes of memory the counter takes now.
  package var memoryInUse: Int { unigrams.memoryInUse + bigrams.memoryInUse }

  /// Writes the counts to disk and releases the memory.
  package func park() throws {
    try unigrams.park()
    try bigrams.park()
  }

  /// Writes the counts of several counters of one language, the commonest first, and empties them.
  /// - Parameters:
  ///   - counters: in the order of their documents' positions, which is fastest.
  ///   - writer: takes all words, then all pairs.
  package static func finish(_ counters: [NgramCounter], into writer: LanguageNgramsWriter) throws {
    try commonestFirst(counters.map(\.unigrams)) { try writer.write(unigram: $0) }
    try commonestFirst(counters.map(\.bigrams)) { try writer.write(bigram: $0) }
  }

  private static func commonestFirst(_ counters: [SpillingCounter], _ body: (Ngram) throws -> Void) throws {
    try SpillingCounter.finishCommonestFirst(counters) { text, count, position in
      try body(Ngram(String(decoding: text, as: UTF8.self), count: count, first: position))
    }
  }
}

extension [UInt8] {
  /// Appends a number's eight bytes, the most significant first: as bytes it has the order that it has as a number.
  mutating func append(bigEndian value: UInt64) {
    Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
  }
}

extension UnsafeRawBufferPointer {
  /// The number whose eight bytes are at an offset.
  func bigEndian(at offset: Int) -> UInt64 { UInt64(bigEndian: loadUnaligned(fromByteOffset: offset, as: UInt64.self)) }
}
