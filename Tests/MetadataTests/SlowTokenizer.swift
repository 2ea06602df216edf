import ArtifactTypes
import Metadata

/// The tokenizer and the counting as their specification reads, code point by code point in Swift's own strings: the
/// oracle.
///
/// ICU's word boundaries are taken as they are.
struct SlowTokenizer {
  private static let pairs = ["()", "[]", "{}", "“”", "‘’", "（）", "【】", "《》", "〈〉", "「」"].map {
    Array($0.unicodeScalars)
  }
  private static let dictionaries = [
    "zh": "zh", "zh_yue": "zh", "ja": "ja", "th": "th", "lo": "lo", "km": "km", "my": "my",
  ]
  private static let withoutSpaces: Set<String> = [
    "bo", "dz", "ja", "km", "lo", "my", "ryu", "th", "zh", "zh_classical", "zh_yue",
  ]

  let language: String

  /// Words, and `nil` where the row is broken.
  func words(in text: String) throws -> [String?] {
    var words: [String?] = []
    for token in try tokens(Self.withoutTags(text)) {
      let token = token.stripped
      let scalars = Array(token.unicodeScalars)
      guard let first = scalars.first else { continue }
      let isUnbalanced = Self.pairs.contains { pair in
        scalars.count { $0 == pair[0] } != scalars.count { $0 == pair[1] }
      }
      let isFragment = Self.withoutSpaces.contains(language) && (first.isMetadataPunctuation || isUnbalanced)
      words.append(scalars.allSatisfy(\.isMetadataPunctuation) || isFragment ? nil : token)
    }
    return words
  }

  /// The n-grams in the order in which they were first seen.
  func ngrams(_ texts: [String]) throws -> (words: [CountedText], pairs: [CountedText]) {
    var words = Counts()
    var pairs = Counts()
    for text in texts {
      var previous: String?
      for word in try self.words(in: text) {
        if let word { words.add(word) }
        if let word, let previous { pairs.add("\(previous) \(word)") }
        previous = word
      }
    }
    return (words.all, pairs.all)
  }

  private struct Counts {
    private var positions: [[UInt8]: Int] = [:]
    private(set) var all: [CountedText] = []

    mutating func add(_ text: String) {
      if let position = positions[Array(text.utf8)] {
        all[position].count += 1
      } else {
        positions[Array(text.utf8)] = all.count
        all.append(CountedText(text, count: 1))
      }
    }
  }

  private func tokens(_ text: String) throws -> [String] {
    if let locale = Self.dictionaries[language] {
      let bytes = Array(text.utf8)
      var pieces: [String] = []
      try bytes.withUnsafeBytes { buffer in
        try WordBreaker(locale: locale).forEachPiece(in: buffer) {
          pieces.append(String(decoding: bytes[$0], as: UTF8.self))
        }
      }
      return pieces
    }
    var tokens: [String] = []
    var run = String.UnicodeScalarView()
    func end() {
      if !run.isEmpty { tokens.append(String(run)) }
      run = String.UnicodeScalarView()
    }
    for scalar in text.unicodeScalars {
      if scalar.isCJKLike || scalar.properties.isWhitespace {
        end()
        tokens.append(String(scalar))
      } else {
        run.append(scalar)
      }
    }
    end()
    return tokens
  }

  /// Every match of `(&lt;.*?&gt;|<.*?>)`, where `.` is all but a line feed, is left out.
  static func withoutTags(_ text: String) -> String {
    let scalars = Array(text.unicodeScalars)
    var kept = String.UnicodeScalarView()
    var index = 0
    while index < scalars.count {
      if let end = tagEnd(scalars, index, "&lt;", "&gt;") ?? tagEnd(scalars, index, "<", ">") {
        index = end
      } else {
        kept.append(scalars[index])
        index += 1
      }
    }
    return String(kept)
  }

  private static func tagEnd(_ scalars: [Unicode.Scalar], _ index: Int, _ open: String, _ close: String) -> Int? {
    guard scalars[index...].starts(with: open.unicodeScalars) else { return nil }
    var end = index + open.unicodeScalars.count
    while end < scalars.count {
      if scalars[end...].starts(with: close.unicodeScalars) { return end + close.unicodeScalars.count }
      if scalars[end] == "\n" { return nil }
      end += 1
    }
    return nil
  }
}
