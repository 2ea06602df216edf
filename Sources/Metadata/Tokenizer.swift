internal import ArtifactTypes

/// Cuts running text into the words that n-grams are counted of.
///
/// Most languages: each CJK-like code point is a word, white space separates, all else accumulates; neither case nor Unicode
/// normalisation is touched. Chinese, Japanese, Thai, Lao, Khmer and Burmese, which have no spaces, are cut by ICU's dictionaries.
/// Source: MetaCLIP 2, reference code of the n-gram counting.
struct Tokenizer {
  /// Languages that join a bigram's words without a space. Source: MetaCLIP 2, reference code of the metadata.
  private static let withoutSpaces: Set<String> = [
    "bo", "dz", "ja", "km", "lo", "my", "ryu", "th", "zh", "zh_classical", "zh_yue", "yue",
  ]
  /// The locale of the dictionary that cuts a language's text.
  private static let dictionaries = [
    "zh": "zh", "yue": "zh", "ja": "ja", "ryu": "ja", "th": "th", "lo": "lo", "km": "km", "my": "my",
  ]
  /// Brackets and quotation marks of which a word in a language without spaces holds both or none.
  private static let pairs: [(open: Unicode.Scalar, close: Unicode.Scalar)] = [
    ("(", ")"), ("[", "]"), ("{", "}"), ("“", "”"), ("‘", "’"), ("（", "）"), ("【", "】"), ("《", "》"), ("〈", "〉"), ("「", "」"),
  ]

  /// Whether the language is written without spaces between words.
  let hasNoSpaces: Bool
  private let breaker: WordBreaker?

  /// - Parameter language: a code as CLDR or Wikipedia writes it.
  init(language: String) throws {
    hasNoSpaces = Self.hasNoSpaces(language)
    breaker = try Self.dictionaries[Self.base(language)].map { try WordBreaker(locale: $0) }
  }

  /// Whether a language is written without spaces between words.
  static func hasNoSpaces(_ language: String) -> Bool { withoutSpaces.contains(base(language)) }

  /// Calls `word` with each word, and `gap` where the row of words that may form bigrams is broken.
  func forEachWord(in text: String, word: (Substring) -> Void, gap: () -> Void) throws {
    for token in try tokens(Self.withoutTags(text)) {
      let scalars = token.unicodeScalars
      if scalars.allSatisfy(\.properties.isWhitespace) { continue }
      if scalars.allSatisfy(\.isMetadataPunctuation) || hasNoSpaces && Self.isFragment(scalars) {
        gap()
      } else {
        word(token)
      }
    }
  }

  private func tokens(_ text: String) throws -> [Substring] {
    if let breaker { return try breaker.pieces(text) }
    var tokens: [Substring] = []
    let scalars = text.unicodeScalars
    var start: String.Index?
    var index = scalars.startIndex
    while index < scalars.endIndex {
      let next = scalars.index(after: index)
      let scalar = scalars[index]
      let standsAlone = scalar.isCJKLike
      if standsAlone || scalar.properties.isWhitespace {
        if let begun = start { tokens.append(text[begun..<index]) }
        start = nil
        if standsAlone { tokens.append(text[index..<next]) }
      } else if start == nil {
        start = index
      }
      index = next
    }
    if let begun = start { tokens.append(text[begun...]) }
    return tokens
  }

  /// Whether a piece starts with punctuation or holds one of a pair of brackets without the other.
  private static func isFragment(_ scalars: Substring.UnicodeScalarView) -> Bool {
    if scalars.first?.isMetadataPunctuation ?? false { return true }
    return pairs.contains { pair in
      scalars.count { $0 == pair.open } != scalars.count { $0 == pair.close }
    }
  }

  /// The text without `<…>` and `&lt;…&gt;`, each from its start to the nearest end in the same line.
  static func withoutTags(_ text: String) -> String {
    let bytes = Array(text.utf8)
    guard bytes.contains(UInt8(ascii: "<")) || bytes.contains(UInt8(ascii: "&")) else { return text }
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var index = 0
    let tags: [(open: [UInt8], close: [UInt8])] = [(Array("&lt;".utf8), Array("&gt;".utf8)), (Array("<".utf8), Array(">".utf8))]
    scan: while index < bytes.count {
      for tag in tags where bytes[index...].starts(with: tag.open) {
        var end = index + tag.open.count
        while end < bytes.count, bytes[end] != 10, !bytes[end...].starts(with: tag.close) { end += 1 }
        if end < bytes.count, bytes[end] != 10 {
          index = end + tag.close.count
          continue scan
        }
      }
      result.append(bytes[index])
      index += 1
    }
    return String(decoding: result, as: UTF8.self)
  }

  private static func base(_ language: String) -> String {
    language == "zh_yue" || language == "zh_classical" ? "zh" : String(language.prefix { $0 != "_" })
  }
}
