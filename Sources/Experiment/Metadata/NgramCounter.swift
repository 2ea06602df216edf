package import ArtifactTypes
internal import Counting

/// Counts the words and the pairs of neighbouring words of documents in one language, in bounded memory.
///
/// What comes out depends on the documents and their positions alone: not on the limit, and not on how the documents are shared out
/// among several counters.
///
/// Sendable without a lock: a counter is used by one thread at a time, and ``CountNgrams`` hands it over through one.
package final class NgramCounter: @unchecked Sendable {
  private var tokenizer: Tokenizer
  private let unigrams, bigrams: SpillingCounter
  /// A pair of words that does not stand in the text as it is counted.
  private var pair: [UInt8] = []

  /// - Parameters:
  ///   - folder: where to spill.
  ///   - memoryLimit: about how many bytes of memory to use.
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
    var previous = UnsafeRawBufferPointer(start: nil, count: 0)
    try tokenizer.forEachWord(
      in: document,
      word: { word, offset in
        let place = position + UInt64(offset)
        try unigrams.addLater(word, position: place)
        if let start = previous.baseAddress, let end = word.baseAddress {
          if start + previous.count + 1 == end, start.load(fromByteOffset: previous.count, as: UInt8.self) == 32 {
            let both = UnsafeRawBufferPointer(start: start, count: previous.count + 1 + word.count)
            try bigrams.addLater(both, position: place)
          } else {
            pair.removeAll(keepingCapacity: true)
            pair.append(contentsOf: previous)
            pair.append(32)
            pair.append(contentsOf: word)
            try pair.withUnsafeBytes { try bigrams.add($0, position: place) }
          }
        }
        previous = word
      },
      gap: { previous = UnsafeRawBufferPointer(start: nil, count: 0) },
      end: {
        try unigrams.flush()
        try bigrams.flush()
      })
  }

  /// About how many bytes of memory the counter takes now.
  package var memoryInUse: Int { unigrams.memoryInUse + bigrams.memoryInUse }

  /// Writes what was counted to disk and gives the memory back.
  package func park() throws {
    try unigrams.park()
    try bigrams.park()
  }

  /// Writes what several counters of one language have counted, the commonest first, and empties them.
  /// - Parameter counters: in the order of their documents' positions, which is fastest.
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
  /// Adds a number's eight bytes, the most significant first: as bytes it has the order that it has as a number.
  mutating func append(bigEndian value: UInt64) {
    Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
  }
}

extension UnsafeRawBufferPointer {
  /// The number whose eight bytes lie at an offset.
  func bigEndian(at offset: Int) -> UInt64 { UInt64(bigEndian: loadUnaligned(fromByteOffset: offset, as: UInt64.self)) }
}
