internal import ArtifactTypes

/// Cuts running text into the words that n-grams are counted of.
///
/// In most languages each CJK-like code point is a word, white space separates, and all other code points accumulate;
/// neither case nor Unicode normalisation is touched. Chinese, Japanese, Thai, Lao, Khmer and Burmese, which have no
/// spaces, are cut by ICU's dictionaries; Tibetan and Dzongkha, for which it has none, code point by code point.
/// Source: MetaCLIP 2, reference code of the n-gram counting.
///
/// A long-lived value with memory that is used again from text to text; used by one thread at a time.
package struct Tokenizer {
  private let breaker: WordBreaker?
  private let classes = CodePointClasses()
  private var tags = TagRemoval()

  /// The tokenizer of a language.
  /// - Parameter language: a code as CLDR or Wikipedia writes it.
  /// - Throws: ``LoadedLibraryError`` when the language needs ICU and it is missing.
  package init(language: String) throws {
    breaker = try SpacelessWriting.dictionary(of: language).map { try WordBreaker(locale: $0) }
  }

  /// Calls `word` with the words of a text in order, and `gap` between two that do not form a bigram.
  /// - Parameters:
  ///   - text: valid UTF-8.
  ///   - word: takes the bytes of a word and their offset in the text without tags.
  ///   - gap: called where punctuation or a fragment is left out.
  ///   - end: called at the end; until then the words' bytes stay at their addresses.
  package mutating func forEachWord(
    in text: UnsafeRawBufferPointer, word: (UnsafeRawBufferPointer, Int) throws -> Void, gap: () -> Void,
    end: () throws -> Void = {}
  ) throws {
    let (classes, breaker) = (classes, breaker)
    try tags.withCleaned(text) { text in
      guard let bytes = text.bindMemory(to: UInt8.self).baseAddress else { return }

      if let breaker {
        try breaker.forEachPiece(in: text) { piece in
          // Pieces are spaces and punctuation marks too.
          let range = classes.stripped(bytes, piece)
          if range.isEmpty { return }
          if classes.isFragment(bytes, range) {
            gap()
          } else {
            try word(UnsafeRawBufferPointer(rebasing: text[range]), range.lowerBound)
          }
        }
      } else {
        try Self.forEachRun(in: bytes, text.count, classes: classes, word: word, gap: gap)
      }
      try end()
    }
  }

  /// The tokenizer of languages with spaces. Its words hold neither white space nor punctuation, so that only single
  /// code points are left out.
  private static func forEachRun(
    in bytes: UnsafePointer<UInt8>, _ count: Int, classes: CodePointClasses,
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

      // This code point ends the word before it.
      if index > start { try word(UnsafeRawBufferPointer(start: bytes + start, count: index - start), start) }
      if kind.contains(.punctuation) {
        gap()
      } else if kind == .word {
        try word(UnsafeRawBufferPointer(start: bytes + index, count: width), index)
      }
      index += width
      start = index
    }
    if index > start { try word(UnsafeRawBufferPointer(start: bytes + start, count: index - start), start) }
  }
}

extension CodePointClasses {
  /// Brackets and quotation marks: a word in a language without spaces holds as many opening as closing ones.
  private static let pairs: [(open: UInt32, close: UInt32)] = [
    ("(", ")"), ("[", "]"), ("{", "}"), ("“", "”"), ("‘", "’"), ("（", "）"), ("【", "】"), ("《", "》"), ("〈", "〉"),
    ("「", "」"),
  ].map { (open: Unicode.Scalar, close: Unicode.Scalar) in (open.value, close.value) }

  /// True when a stripped piece begins with punctuation, as one that is all punctuation does, or holds one of a pair of
  /// brackets without the other.
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
