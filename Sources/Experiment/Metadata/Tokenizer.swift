internal import ArtifactTypes

/// Cuts running text into the words that n-grams are counted of.
///
/// Most languages: each CJK-like code point is a word, white space separates, all else accumulates; neither case nor Unicode
/// normalisation is touched. Chinese, Japanese, Thai, Lao, Khmer and Burmese, which have no spaces, are cut by ICU's dictionaries;
/// Tibetan and Dzongkha, for which it has none, code point by code point. Source: MetaCLIP 2, reference code of the n-gram counting.
///
/// A long-lived value with memory that is used again from text to text; used by one thread at a time.
package struct Tokenizer {
  private let breaker: WordBreaker?
  private let classes = CodePointClasses()
  private var tags = TagRemoval()

  /// - Parameter language: a code as CLDR or Wikipedia writes it.
  /// - Throws: ``LoadedLibraryError`` when the language needs ICU and it is not there.
  package init(language: String) throws {
    breaker = try SpacelessWriting.dictionary(of: language).map { try WordBreaker(locale: $0) }
  }

  /// Calls `word` with the bytes of each word and their offset in the text without tags, and `gap` where the row of words that may
  /// form bigrams is broken.
  /// - Parameters:
  ///   - text: valid UTF-8.
  ///   - end: called at the end; the words' bytes stay where they are until then.
  package mutating func forEachWord(
    in text: UnsafeRawBufferPointer, word: (UnsafeRawBufferPointer, Int) throws -> Void, gap: () -> Void,
    end: () throws -> Void = {}
  ) throws {
    let (classes, breaker) = (classes, breaker)
    try tags.withCleaned(text) { text in
      guard let bytes = text.bindMemory(to: UInt8.self).baseAddress else { return }
      if let breaker {
        try breaker.forEachPiece(in: text) { piece in
          let range = classes.stripped(bytes, piece)
          if range.isEmpty { return }
          if classes.isFragment(bytes, range) {
            gap()
          } else {
            try word(UnsafeRawBufferPointer(rebasing: text[range]), range.lowerBound)
          }
        }
      } else {
        try Self.forEachRun(in: bytes, text.count, classes, word: word, gap: gap)
      }
      try end()
    }
  }

  /// The default tokenizer. Words in its sense hold neither white space nor punctuation, so that only a code point alone can be
  /// dropped.
  private static func forEachRun(
    in bytes: UnsafePointer<UInt8>, _ count: Int, _ classes: CodePointClasses,
    word: (UnsafeRawBufferPointer, Int) throws -> Void, gap: () -> Void
  ) rethrows {
    var start = 0
    var index = 0
    while index < count {
      let (kind, width) = classes.classify(bytes, index)
      if kind.isEmpty {
        index += width
        continue
      }
      if index > start { try word(UnsafeRawBufferPointer(start: bytes + start, count: index - start), start) }
      if kind.contains(.punctuation) {
        gap()
      } else if kind == .alone {
        try word(UnsafeRawBufferPointer(start: bytes + index, count: width), index)
      }
      index += width
      start = index
    }
    if index > start { try word(UnsafeRawBufferPointer(start: bytes + start, count: index - start), start) }
  }
}

extension CodePointClasses {
  /// Brackets and quotation marks of which a word in a language without spaces holds as many of the one as of the other.
  private static let pairs: [(open: UInt32, close: UInt32)] = [
    ("(", ")"), ("[", "]"), ("{", "}"), ("“", "”"), ("‘", "’"), ("（", "）"), ("【", "】"), ("《", "》"), ("〈", "〉"),
    ("「", "」"),
  ].map { (open: Unicode.Scalar, close: Unicode.Scalar) in (open.value, close.value) }

  /// Whether a stripped piece begins with punctuation, as one that is all punctuation does, or holds one of a pair of brackets
  /// without the other.
  fileprivate func isFragment(_ bytes: UnsafePointer<UInt8>, _ range: Range<Int>) -> Bool {
    var hasPunctuation = false
    var index = range.lowerBound
    while index < range.upperBound {
      let (kind, width) = classify(bytes, index)
      if kind.contains(.punctuation) {
        if index == range.lowerBound { return true }
        hasPunctuation = true
      }
      index += width
    }
    guard hasPunctuation else { return false }
    let piece = String(
      decoding: UnsafeBufferPointer(start: bytes + range.lowerBound, count: range.count), as: UTF8.self)
    return Self.pairs.contains { pair in
      piece.unicodeScalars.count { $0.value == pair.open } != piece.unicodeScalars.count { $0.value == pair.close }
    }
  }
}
